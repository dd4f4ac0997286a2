using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// Lloyd's iteration cannot move a centroid across a gap: where two of them share one cluster and another cluster has none of its own, it stays so. This
/// takes the centroid that is missed least, puts it where the scatter is largest, and keeps the exchange when the sum falls.
/// </summary>
internal static class KMeansExchange
{
    private const int MostRounds = 40;
    private const int MostFailures = 6;
    private const int Iterations = 12;

    /// <summary>A gain below this share of the sum is not worth a move.</summary>
    private const double LeastGain = 1e-4;

    /// <summary>Exchanges while it helps; the outcome is never worse than <paramref name="best"/>. Deterministic for the state of <paramref name="random"/>.</summary>
    public static LloydOutcome Improve(FeatureMatrix data, float[] weights, LloydOutcome best, double smallestMove, int mostIterations, SegmentRandom random, CancellationToken ct)
    {
        var k = best.Centroids.Length / data.Columns;
        if (k < 3)
            return best;
        var (failures, changed) = (0, false);
        for (var round = 0; round < MostRounds && failures < MostFailures; round++)
        {
            var (scatter, loss, squared) = Look(data, weights, best, k);
            // After a failure the next best pair is tried: the two clusters of largest scatter with the three centroids that are missed least.
            var from = Nth(Enumerable.Range(0, k).OrderByDescending(c => scatter[c]), failures % 2);
            var away = Nth(Enumerable.Range(0, k).Where(c => c != from).OrderBy(c => loss[c]), failures / 2 % (k - 1));
            if (Draw(best.Labels, weights, squared, from, scatter[from], ref random) is not { } row)
                break;
            float[] centroids = [.. best.Centroids];
            data.Row(row).CopyTo(centroids.AsSpan(away * data.Columns));
            var tried = Lloyd.Run(data, weights, centroids, smallestMove, Math.Min(Iterations, mostIterations), 1, null, ct);
            if (tried.Inertia < best.Inertia * (1 - LeastGain))
                (best, failures, changed) = (tried, 0, true);
            else
                failures++;
        }

        return changed ? Lloyd.Run(data, weights, best.Centroids, smallestMove, mostIterations, 1, null, ct) : best;
    }

    /// <summary>By centroid: the sum of squared distances, and by how much it would grow without the centroid; by row the squared distance.</summary>
    private static (double[] Scatter, double[] Loss, float[] Squared) Look(FeatureMatrix data, float[] weights, LloydOutcome best, int k)
    {
        var (scatter, loss, squared) = (new double[k], new double[k], new float[data.Rows]);
        var tile = new CentroidTile(k, data.Columns);
        tile.Load(best.Centroids);
        var distances = new float[4 * tile.Width];
        var last = data.Rows - 1;
        for (var i = 0; i < data.Rows; i += 4)
        {
            tile.Distances(ref At(data, i), ref At(data, Math.Min(i + 1, last)), ref At(data, Math.Min(i + 2, last)), ref At(data, Math.Min(i + 3, last)), distances);
            for (var r = 0; r < 4 && i + r <= last; r++)
            {
                var (nearest, first, second) = CentroidTile.NearestTwo(distances.AsSpan(r * tile.Width, tile.Width));
                double weight = weights.Length == 0 ? 1 : weights[i + r];
                scatter[nearest] += weight * first;
                loss[nearest] += weight * (second - first);
                squared[i + r] = first;
            }
        }

        return (scatter, loss, squared);
    }

    private static int? Draw(int[] labels, float[] weights, float[] squared, int cluster, double total, ref SegmentRandom random)
    {
        var left = random.NextDouble() * total;
        int? found = null;
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] != cluster || squared[i] == 0 || (weights.Length > 0 && weights[i] == 0))
                continue;
            found = i;
            left -= (weights.Length == 0 ? 1 : weights[i]) * (double)squared[i];
            if (left <= 0)
                break;
        }

        return found;
    }

    private static int Nth(IOrderedEnumerable<int> order, int index) => order.ThenBy(c => c).ElementAt(index);

    private static ref float At(FeatureMatrix data, int row) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(data.Values), (nint)row * data.Columns);
}
