using System.Numerics;
using System.Runtime.InteropServices;

namespace CcdBlazor.Bench.Portraits;

/// <summary>
/// K-Means as the textbook has it, to compare with: K-Means++ seeding with one candidate, Lloyd's iteration without any bound, double
/// precision, one thread. Nothing in it could be wrong in an interesting way; only the distances of one row to all centroids are taken side by side,
/// without which ten restarts over a million rows would be an hour's work. Each distance still adds its columns in their order.
/// </summary>
internal static class PlainKMeans
{
    public static (double Inertia, int[] Labels, int Iterations) Run(float[] rows, int n, int columns, int k, int seed, double tolerance = 1e-4, int mostIterations = 300, CancellationToken ct = default)
    {
        var random = new Random(seed);
        var centroids = Seed(rows, n, columns, k, random);
        var smallestMove = tolerance * MeanVariance(rows, n, columns);
        var labels = new int[n];
        var distances = new double[Padded(k)];
        for (var iteration = 1; ; iteration++)
        {
            ct.ThrowIfCancellationRequested();
            var inertia = 0.0;
            var sums = new double[k * columns];
            var counts = new int[k];
            var turned = Turned(centroids, k, columns);
            for (var i = 0; i < n; i++)
            {
                var (nearest, squared) = Nearest(rows.AsSpan(i * columns, columns), turned, distances, k);
                labels[i] = nearest;
                inertia += squared;
                counts[nearest]++;
                for (var d = 0; d < columns; d++)
                    sums[(nearest * columns) + d] += rows[(i * columns) + d];
            }

            var moved = 0.0;
            for (var c = 0; c < k; c++)
                for (var d = 0; d < columns && counts[c] > 0; d++)
                {
                    var mean = sums[(c * columns) + d] / counts[c];
                    moved += (mean - centroids[(c * columns) + d]) * (mean - centroids[(c * columns) + d]);
                    centroids[(c * columns) + d] = mean;
                }

            if (moved <= smallestMove || iteration == mostIterations)
                return (inertia, labels, iteration);
        }
    }

    private static double[] Seed(float[] rows, int n, int columns, int k, Random random)
    {
        var centroids = new double[k * columns];
        var nearest = new double[n];
        Array.Fill(nearest, double.PositiveInfinity);
        for (var c = 0; c < k; c++)
        {
            var chosen = random.Next(n);
            if (c > 0)
            {
                var left = random.NextDouble() * nearest.Sum();
                for (chosen = 0; chosen < n - 1 && (left -= nearest[chosen]) > 0; chosen++)
                {
                }
            }

            for (var d = 0; d < columns; d++)
                centroids[(c * columns) + d] = rows[(chosen * columns) + d];
            for (var i = 0; i < n; i++)
                nearest[i] = Math.Min(nearest[i], Squared(rows, i, columns, centroids, c));
        }

        return centroids;
    }

    /// <summary>The squared distances of one row to all centroids, then the least of them; of equals the first.</summary>
    private static (int Nearest, double Squared) Nearest(ReadOnlySpan<float> row, double[] turned, double[] distances, int k)
    {
        var width = distances.Length;
        for (var at = 0; at < width; at += Vector<double>.Count)
        {
            var sum = Vector<double>.Zero;
            for (var d = 0; d < row.Length; d++)
            {
                var difference = new Vector<double>(row[d]) - Vector.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(turned), (nuint)((d * width) + at));
                sum += difference * difference;
            }

            sum.StoreUnsafe(ref distances[at]);
        }

        var nearest = 0;
        for (var c = 1; c < k; c++)
            if (distances[c] < distances[nearest])
                nearest = c;
        return (nearest, distances[nearest]);
    }

    /// <summary>Column by column, so that neighbouring centroids stand side by side.</summary>
    private static double[] Turned(double[] centroids, int k, int columns)
    {
        var width = Padded(k);
        var turned = new double[width * columns];
        for (var c = 0; c < k; c++)
            for (var d = 0; d < columns; d++)
                turned[(d * width) + c] = centroids[(c * columns) + d];
        return turned;
    }

    private static int Padded(int k) => (k + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    private static double Squared(float[] rows, int row, int columns, double[] centroids, int c)
    {
        var sum = 0.0;
        for (var d = 0; d < columns; d++)
        {
            var difference = rows[(row * columns) + d] - centroids[(c * columns) + d];
            sum += difference * difference;
        }

        return sum;
    }

    private static double MeanVariance(float[] rows, int n, int columns)
    {
        var total = 0.0;
        for (var d = 0; d < columns; d++)
        {
            var (sum, squares) = (0.0, 0.0);
            for (var i = 0; i < n; i++)
            {
                sum += rows[(i * columns) + d];
                squares += (double)rows[(i * columns) + d] * rows[(i * columns) + d];
            }

            total += (squares / n) - (sum / n * (sum / n));
        }

        return total / columns;
    }
}
