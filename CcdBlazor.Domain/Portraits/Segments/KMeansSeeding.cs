using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// K-Means++ seeding, greedy: each centroid is the best of a few candidates drawn by weighted squared distance, as scikit-learn does it. The better
/// start is worth its price: it saves passes and ends lower.
/// </summary>
internal static class KMeansSeeding
{
    private const int MostCandidates = 8;

    /// <summary>Centroids, row-major; fewer than asked when there are fewer different rows.</summary>
    public static float[] Seed(FeatureMatrix data, ReadOnlySpan<float> weights, int k, ref SegmentRandom random)
    {
        var (n, columns) = (data.Rows, data.Columns);
        var candidates = Math.Min(MostCandidates, 2 + (int)Math.Log(k));
        var tile = new CentroidTile(MostCandidates, columns);
        var chosen = new float[k * columns];
        var nearest = new float[n];
        Array.Fill(nearest, float.PositiveInfinity);
        var cumulative = new double[n];
        var offered = new float[((n + 3) / 4 * 4) * tile.Width];
        var rows = new int[MostCandidates];
        var candidateRows = new float[MostCandidates * columns];
        var have = 0;
        while (have < k)
        {
            var total = 0.0;
            for (var i = 0; i < n; i++)
                cumulative[i] = total += Weight(weights, i) * (have == 0 ? 1 : nearest[i]);
            if (!(total > 0))
                break; // every row is a centroid already
            var count = have == 0 ? 1 : candidates;
            for (var c = 0; c < MostCandidates; c++)
            {
                rows[c] = c < count ? Draw(cumulative, random.NextDouble() * total) : rows[0];
                data.Row(rows[c]).CopyTo(candidateRows.AsSpan(c * columns));
            }

            tile.Load(candidateRows);
            Offer(data, tile, offered);
            var best = count == 1 ? 0 : BestCandidate(offered, tile.Width, nearest, weights, count);
            data.Row(rows[best]).CopyTo(chosen.AsSpan(have * columns));
            for (var i = 0; i < n; i++)
                nearest[i] = MathF.Min(nearest[i], offered[(i * tile.Width) + best]);
            have++;
        }

        return chosen[..(have * columns)];
    }

    private static float Weight(ReadOnlySpan<float> weights, int row) => weights.IsEmpty ? 1 : weights[row];

    private static int Draw(double[] cumulative, double at)
    {
        var found = Array.BinarySearch(cumulative, at);
        found = found < 0 ? ~found : found + 1;
        found = Math.Min(found, cumulative.Length - 1);
        // Never a row without weight or distance: go back to where the sum last rose.
        while (found > 0 && cumulative[found] <= cumulative[found - 1])
            found--;
        return found;
    }

    private static void Offer(FeatureMatrix data, CentroidTile tile, float[] offered)
    {
        var (n, columns) = (data.Rows, data.Columns);
        ref var values = ref MemoryMarshal.GetArrayDataReference(data.Values);
        for (var i = 0; i < n; i += 4)
        {
            ref var a = ref At(ref values, i, n, columns);
            ref var b = ref At(ref values, i + 1, n, columns);
            ref var c = ref At(ref values, i + 2, n, columns);
            ref var d = ref At(ref values, i + 3, n, columns);
            tile.Distances(ref a, ref b, ref c, ref d, offered.AsSpan(i * tile.Width, 4 * tile.Width));
        }
    }

    private static ref float At(ref float values, int row, int n, int columns) =>
        ref System.Runtime.CompilerServices.Unsafe.Add(ref values, (nint)Math.Min(row, n - 1) * columns);

    private static int BestCandidate(float[] offered, int width, float[] nearest, ReadOnlySpan<float> weights, int count)
    {
        var (low, high) = (Vector256<double>.Zero, Vector256<double>.Zero);
        ref var from = ref MemoryMarshal.GetArrayDataReference(offered);
        for (var i = 0; i < nearest.Length; i++)
        {
            var now = Vector256.Min(Vector256.LoadUnsafe(ref from, (nuint)(i * width)), Vector256.Create(nearest[i])) * Weight(weights, i);
            low += Vector256.WidenLower(now);
            high += Vector256.WidenUpper(now);
        }

        var best = 0;
        for (var c = 1; c < count; c++)
            if (Lane(c) < Lane(best))
                best = c;
        return best;

        double Lane(int c) => c < 4 ? low[c] : high[c - 4];
    }
}
