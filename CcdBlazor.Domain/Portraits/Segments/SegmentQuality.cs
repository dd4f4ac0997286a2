using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>How good a clustering is, told as it is.</summary>
/// <param name="Silhouette">−1 to 1 over a sample of rows, by the distances between rows; 0 when there is one segment.</param>
/// <param name="Simplified">The same by the distances to the centroids, over all rows.</param>
/// <param name="SilhouetteOf">Sampled silhouette by segment; none where the sample holds no row of it.</param>
/// <param name="Sizes">Rows by segment.</param>
/// <param name="Inertia">Weighted sum of squared distances.</param>
/// <param name="Explained">Share of the scatter that the segments explain, 0 to 1.</param>
public sealed record SegmentQuality(
    double Silhouette, double Simplified, IReadOnlyList<double?> SilhouetteOf, IReadOnlyList<int> Sizes, double Inertia, double Explained)
{
    private const int SampleRows = 3_000;

    /// <summary>Measures it. The sample depends on the seed alone.</summary>
    public static SegmentQuality Measure(FeatureMatrix data, KMeansFit fit, int seed = 1, int sampleRows = SampleRows)
    {
        var sizes = new int[fit.K];
        foreach (var label in fit.Labels)
            sizes[label]++;
        var (silhouette, byLabel) = Sampled(data, fit.Labels, fit.K, seed, sampleRows);
        var mean = new double[data.Columns];
        for (var i = 0; i < data.Rows; i++)
            for (var d = 0; d < data.Columns; d++)
                mean[d] += data.Row(i)[d] / (double)data.Rows;
        var scatter = 0.0;
        for (var i = 0; i < data.Rows; i++)
            for (var d = 0; d < data.Columns; d++)
                scatter += (data.Row(i)[d] - mean[d]) * (data.Row(i)[d] - mean[d]);
        return new SegmentQuality(silhouette, SimplifiedOf(data, fit), byLabel, sizes, fit.Inertia, scatter > 0 ? Math.Clamp(1 - (fit.Inertia / scatter), 0, 1) : 1);
    }

    /// <summary>Silhouette over a sample; exact when the sample holds every row. A segment with one row counts 0, as usual.</summary>
    public static (double Mean, IReadOnlyList<double?> ByLabel) Sampled(FeatureMatrix data, IReadOnlyList<int> labels, int k, int seed, int sampleRows = SampleRows)
    {
        if (k < 2)
            return (0, new double?[k]);
        var chosen = new SegmentRandom((ulong)seed ^ 0x5117).Sample(data.Rows, sampleRows);
        var sample = data.Select(chosen);
        var of = chosen.Select(i => labels[i]).ToArray();
        var sizes = new int[k];
        foreach (var label in of)
            sizes[label]++;
        var values = new double[of.Length];
        var tile = new CentroidTile(of.Length, data.Columns);
        tile.Load(sample.Values);
        Parallel.For(0, (of.Length + 3) / 4, quad =>
        {
            var distances = new float[4 * tile.Width];
            var last = of.Length - 1;
            tile.Distances(ref At(sample, quad * 4), ref At(sample, Math.Min((quad * 4) + 1, last)), ref At(sample, Math.Min((quad * 4) + 2, last)), ref At(sample, Math.Min((quad * 4) + 3, last)), distances);
            var sums = new double[k];
            for (var r = 0; r < 4 && (quad * 4) + r < of.Length; r++)
            {
                Array.Clear(sums);
                for (var j = 0; j < of.Length; j++)
                    sums[of[j]] += Math.Sqrt(distances[(r * tile.Width) + j]);
                values[(quad * 4) + r] = Value(sums, sizes, of[(quad * 4) + r]);
            }
        });
        var byLabel = new double?[k];
        for (var c = 0; c < k; c++)
            if (sizes[c] > 0)
                byLabel[c] = of.Zip(values).Where(v => v.First == c).Average(v => v.Second);
        return (values.Average(), byLabel);
    }

    private static double Value(double[] sums, int[] sizes, int own)
    {
        if (sizes[own] < 2)
            return 0;
        var inside = sums[own] / (sizes[own] - 1);
        var outside = double.PositiveInfinity;
        for (var c = 0; c < sums.Length; c++)
            if (c != own && sizes[c] > 0)
                outside = Math.Min(outside, sums[c] / sizes[c]);
        var larger = Math.Max(inside, outside);
        return double.IsInfinity(outside) || larger == 0 ? 0 : (outside - inside) / larger;
    }

    private static double SimplifiedOf(FeatureMatrix data, KMeansFit fit)
    {
        if (fit.K < 2)
            return 0;
        var tile = new CentroidTile(fit.K, data.Columns);
        tile.Load(fit.Centroids);
        const int Chunk = 8192;
        var parts = new double[(data.Rows + Chunk - 1) / Chunk];
        Parallel.For(0, parts.Length, part =>
        {
            var distances = new float[4 * tile.Width];
            var to = Math.Min((part + 1) * Chunk, data.Rows);
            var sum = 0.0;
            for (var i = part * Chunk; i < to; i += 4)
            {
                tile.Distances(ref At(data, i), ref At(data, Math.Min(i + 1, to - 1)), ref At(data, Math.Min(i + 2, to - 1)), ref At(data, Math.Min(i + 3, to - 1)), distances);
                for (var r = 0; r < 4 && i + r < to; r++)
                {
                    var (_, nearest, second) = CentroidTile.NearestTwo(distances.AsSpan(r * tile.Width, tile.Width));
                    sum += second > 0 ? 1 - (Math.Sqrt(nearest) / Math.Sqrt(second)) : 0;
                }
            }

            parts[part] = sum;
        });
        return parts.Sum() / data.Rows;
    }

    private static ref float At(FeatureMatrix data, int row) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(data.Values), (nint)row * data.Columns);
}
