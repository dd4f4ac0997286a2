using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>One number of segments that was tried.</summary>
/// <param name="Inertia">Per row, so that points of different samples compare.</param>
public readonly record struct SegmentCurvePoint(int K, double Inertia, double Silhouette, double Simplified);

/// <summary>How many segments fit the data, with the curve behind the answer.</summary>
/// <param name="BestSilhouette">The number with the highest silhouette.</param>
/// <param name="Elbow">Where the inertia stops falling fast (largest distance to the chord of the curve).</param>
/// <param name="Recommended">Of the numbers whose silhouette is nearly the highest, the one next to the elbow; the smaller of equals.</param>
public sealed record SegmentCurve(IReadOnlyList<SegmentCurvePoint> Points, int BestSilhouette, int Elbow, int Recommended)
{
    /// <summary>Silhouettes this close are the same for the eye.</summary>
    public const double NearlyBest = 0.02;

    private const int SampleRows = 20_000;
    private const int SilhouetteRows = 2_000;

    /// <summary>Clusters (a sample of) the rows for every number from <paramref name="from"/> to <paramref name="to"/>. Stops early where there are no more different rows.</summary>
    public static Result<SegmentCurve> Draw(
        FeatureMatrix data, int from, int to, KMeansSettings settings, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        if (from < 1 || to < from || to > KMeansSettings.LargestK)
            return SegmentRefusals.WrongCount;
        var work = data.Rows > SampleRows ? data.Select(new SegmentRandom((ulong)settings.Seed ^ 0xC0FFEE).Sample(data.Rows, SampleRows)) : data;
        var points = new List<SegmentCurvePoint>();
        for (var k = from; k <= to; k++)
        {
            var fit = KMeans.Fit(work, settings with { K = k, SampleSize = SampleRows }, null, null, ct);
            if (!fit.Ok)
                return fit.Refusal;
            if (fit.Value.K < k && points.Count > 0)
                break;
            var quality = SegmentQuality.Measure(work, fit.Value, settings.Seed, SilhouetteRows);
            points.Add(new(fit.Value.K, fit.Value.Inertia / work.Rows, quality.Silhouette, quality.Simplified));
            progress?.Report((k - from + 1) / (double)(to - from + 1));
        }

        var best = points.MaxBy(p => p.Silhouette);
        var elbow = ElbowOf(points);
        var recommended = points.Where(p => p.Silhouette >= best.Silhouette - NearlyBest).OrderBy(p => Math.Abs(p.K - elbow)).ThenBy(p => p.K).First().K;
        return new SegmentCurve(points, best.K, elbow, recommended);
    }

    /// <summary>The point furthest below the chord between the ends, both axes scaled to 1.</summary>
    internal static int ElbowOf(IReadOnlyList<SegmentCurvePoint> points)
    {
        var (first, last) = (points[0], points[^1]);
        if (points.Count < 3 || first.Inertia <= last.Inertia)
            return first.K;
        return points.MaxBy(p => 1 - ((p.K - first.K) / (double)(last.K - first.K)) - ((p.Inertia - last.Inertia) / (first.Inertia - last.Inertia))).K;
    }
}
