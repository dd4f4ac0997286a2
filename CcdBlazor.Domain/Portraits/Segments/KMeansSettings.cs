namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>How to cluster.</summary>
/// <param name="K">Segments wanted, 1 to <see cref="LargestK"/>; fewer come out when there are fewer different rows.</param>
/// <param name="Seed">The same seed on the same rows gives the same bits, with any number of threads.</param>
/// <param name="Starts">Independent starts; for many rows they run on a sample, and the best goes on with all rows.</param>
/// <param name="Tolerance">Ends when the centroids together move less than this share of the mean variance (squared), as in scikit-learn.</param>
/// <param name="SampleSize">Rows of the sample on which the starts run; 0: chosen by K.</param>
/// <param name="Threads">0: all cores.</param>
public sealed record KMeansSettings(int K, int Seed = 1, int Starts = 8, int MaxIterations = 300, double Tolerance = 1e-4, int SampleSize = 0, int Threads = 0)
{
    public const int LargestK = 200;

    internal int Cores => Threads > 0 ? Threads : Environment.ProcessorCount;

    internal int Sample => SampleSize > 0 ? SampleSize : Math.Max(16_000, 400 * K);
}

/// <summary>How far a clustering is: the share done, 0 to 1, and the pass over all rows it is in (0 while the starts run).</summary>
public readonly record struct KMeansProgress(double Share, int Iteration);

/// <summary>Segments found.</summary>
/// <param name="Centroids">Row-major, <paramref name="K"/> × <paramref name="Columns"/>.</param>
/// <param name="Labels">Segment by row.</param>
/// <param name="Inertia">Weighted sum of squared distances to the own centroid.</param>
/// <param name="RequestedK">What was asked for; more than <paramref name="K"/> when there were fewer different rows.</param>
/// <param name="Converged">False when the largest number of passes ended it.</param>
public sealed record KMeansFit(int K, int Columns, float[] Centroids, int[] Labels, double Inertia, int Iterations, int RequestedK, bool Converged)
{
    /// <summary>The centroid of a segment.</summary>
    public ReadOnlySpan<float> Centroid(int segment) => Centroids.AsSpan(segment * Columns, Columns);

    /// <summary>Where a new row belongs, at once and without clustering again; ties go to the lower segment.</summary>
    public (int Segment, double Distance) Place(ReadOnlySpan<float> row) => SegmentPlacing.Nearest(Centroids, Columns, row);
}

/// <summary>Places single rows with stored centroids.</summary>
public static class SegmentPlacing
{
    /// <summary>The nearest centroid and the distance to it, in the units of the feature space.</summary>
    public static (int Segment, double Distance) Nearest(ReadOnlySpan<float> centroids, int columns, ReadOnlySpan<float> row)
    {
        var (best, least) = (0, double.PositiveInfinity);
        for (var c = 0; c < centroids.Length / columns; c++)
        {
            var sum = 0.0;
            for (var d = 0; d < columns; d++)
            {
                var difference = (double)row[d] - centroids[(c * columns) + d];
                sum += difference * difference;
            }

            if (sum < least)
                (best, least) = (c, sum);
        }

        return (best, Math.Sqrt(least));
    }
}
