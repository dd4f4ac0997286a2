using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// K-Means++ over rows of numbers: several greedy seedings, each run to rest (for many rows on a sample), exchanges of
/// centroids on the best of them, then all rows.
/// Numbers, categories and tags become rows in <see cref="FeatureSpace"/>.
/// </summary>
public static class KMeans
{
    private const int SampleIterations = 100;

    /// <summary>
    /// Clusters. Segments come out in the order of their weight, the heaviest first. Refused: no rows, a value that is not a finite number,
    /// weights that are negative or all zero. More segments than different rows: one for each different row.
    /// </summary>
    /// <param name="weights">By row; none: every row counts 1.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing is kept.</exception>
    public static Result<KMeansFit> Fit(
        FeatureMatrix data, KMeansSettings settings, float[]? weights = null, IProgress<KMeansProgress>? progress = null, CancellationToken ct = default)
    {
        if (Check(data, settings, weights) is { } refusal)
            return refusal;
        weights ??= [];
        var rows = data.Rows > settings.Sample ? new SegmentRandom((ulong)settings.Seed * 0x51ED270B).Sample(data.Rows, settings.Sample) : null;
        var work = rows is null ? data : data.Select(rows);
        var workWeights = rows is null || weights.Length == 0 ? weights : [.. rows.Select(r => weights[r])];
        var smallestMove = settings.Tolerance * MeanVariance(work, workWeights);

        var best = BestStart(work, workWeights, smallestMove, settings, progress, ct);
        if (rows is not null && best.Centroids.Length < settings.K * data.Columns)
        {
            // Nearly all rows are alike and the sample missed the others: seed with all rows.
            var random = new SegmentRandom((ulong)settings.Seed);
            best = best with { Centroids = KMeansSeeding.Seed(data, weights, settings.K, ref random) };
        }

        if (rows is not null || best.Labels.Length != data.Rows)
            best = Lloyd.Run(
                data, weights, best.Centroids, smallestMove, settings.MaxIterations, settings.Cores,
                i => progress?.Report(new(0.3 + (0.7 * (1 - Math.Exp(-i / 25.0))), i)), ct);
        progress?.Report(new(1, best.Iterations));
        return Ordered(best, data, weights, settings.K);
    }

    /// <summary>The refusal for what cannot be clustered, or none.</summary>
    private static Refusal? Check(FeatureMatrix data, KMeansSettings settings, float[]? weights)
    {
        if (data.Rows == 0)
            return SegmentRefusals.NoRows;
        if (settings.K is < 1 or > KMeansSettings.LargestK)
            return SegmentRefusals.WrongCount;
        if (weights is not null && (weights.Length != data.Rows || weights.Any(w => !(w >= 0) || float.IsInfinity(w)) || weights.All(w => w == 0)))
            return SegmentRefusals.WrongWeights;
        foreach (var value in data.Values.AsSpan(0, data.Rows * data.Columns))
            if (!float.IsFinite(value))
                return SegmentRefusals.NotANumber;
        return null;
    }

    private static LloydOutcome BestStart(
        FeatureMatrix work, float[] weights, double smallestMove, KMeansSettings settings, IProgress<KMeansProgress>? progress, CancellationToken ct)
    {
        var outcomes = new LloydOutcome[Math.Max(1, settings.Starts)];
        var done = 0;
        Parallel.For(0, outcomes.Length, new ParallelOptions { MaxDegreeOfParallelism = settings.Cores, CancellationToken = ct }, start =>
        {
            var random = new SegmentRandom(((ulong)settings.Seed << 20) + (ulong)start);
            var seeds = KMeansSeeding.Seed(work, weights, settings.K, ref random);
            outcomes[start] = Lloyd.Run(work, weights, seeds, smallestMove, Math.Min(SampleIterations, settings.MaxIterations), 1, null, ct);
            progress?.Report(new(0.3 * Interlocked.Increment(ref done) / outcomes.Length, 0));
        });
        var best = outcomes.MinBy(o => o.Inertia)!; // the first of equals
        return KMeansExchange.Improve(
            work, weights, best, smallestMove, Math.Min(SampleIterations, settings.MaxIterations), new SegmentRandom(((ulong)settings.Seed << 20) ^ 0xE8C4A96E), ct);
    }

    private static double MeanVariance(FeatureMatrix data, float[] weights)
    {
        var (sum, squares, total) = (new double[data.Columns], new double[data.Columns], 0.0);
        for (var i = 0; i < data.Rows; i++)
        {
            double weight = weights.Length == 0 ? 1 : weights[i];
            total += weight;
            var row = data.Row(i);
            for (var d = 0; d < row.Length; d++)
            {
                sum[d] += weight * row[d];
                squares[d] += weight * row[d] * row[d];
            }
        }

        return total == 0 ? 0 : Enumerable.Range(0, data.Columns).Average(d => Math.Max(0, (squares[d] / total) - (sum[d] / total * (sum[d] / total))));
    }

    /// <summary>Heaviest first; segments without a row fall away.</summary>
    private static KMeansFit Ordered(LloydOutcome outcome, FeatureMatrix data, float[] weights, int requested)
    {
        var columns = data.Columns;
        var weight = new double[outcome.Centroids.Length / columns];
        var rows = new int[weight.Length];
        for (var i = 0; i < data.Rows; i++)
        {
            weight[outcome.Labels[i]] += weights.Length == 0 ? 1 : weights[i];
            rows[outcome.Labels[i]]++;
        }

        var order = Enumerable.Range(0, weight.Length).Where(c => rows[c] > 0).OrderByDescending(c => weight[c]).ThenBy(c => c).ToArray();
        var position = new int[weight.Length];
        var centroids = new float[order.Length * columns];
        for (var c = 0; c < order.Length; c++)
        {
            position[order[c]] = c;
            outcome.Centroids.AsSpan(order[c] * columns, columns).CopyTo(centroids.AsSpan(c * columns));
        }

        var labels = outcome.Labels;
        for (var i = 0; i < labels.Length; i++)
            labels[i] = position[labels[i]];
        return new KMeansFit(order.Length, columns, centroids, labels, outcome.Inertia, outcome.Iterations, requested, outcome.Converged);
    }
}
