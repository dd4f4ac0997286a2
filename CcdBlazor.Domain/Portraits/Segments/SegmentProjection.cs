namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// The two directions in which rows differ most (principal components), for the map of segments. By power iteration from a fixed start:
/// reproducible. Stored with the run, so that a new customer falls into the same picture.
/// </summary>
/// <param name="Explained">Share of the scatter that each direction shows, 0 to 1.</param>
public sealed record SegmentProjection(IReadOnlyList<double> Mean, IReadOnlyList<double> First, IReadOnlyList<double> Second, double Explained, double SecondExplained)
{
    private const int Rounds = 500;
    private const int SampleRows = 50_000;

    /// <summary>Finds the directions; with one dimension the second is nothing.</summary>
    public static SegmentProjection Of(FeatureMatrix data, int seed = 1)
    {
        var sample = data.Rows > SampleRows ? data.Select(new SegmentRandom((ulong)seed ^ 0xACE).Sample(data.Rows, SampleRows)) : data;
        var columns = data.Columns;
        var mean = new double[columns];
        for (var i = 0; i < sample.Rows; i++)
            for (var d = 0; d < columns; d++)
                mean[d] += sample.Row(i)[d] / (double)sample.Rows;
        var covariance = new double[columns, columns];
        var centred = new double[columns];
        for (var i = 0; i < sample.Rows; i++)
        {
            var row = sample.Row(i);
            for (var d = 0; d < columns; d++)
                centred[d] = row[d] - mean[d];
            for (var d = 0; d < columns; d++)
                for (var e = d; e < columns; e++)
                    covariance[d, e] += centred[d] * centred[e] / sample.Rows;
        }

        var trace = 0.0;
        for (var d = 0; d < columns; d++)
        {
            trace += covariance[d, d];
            for (var e = 0; e < d; e++)
                covariance[d, e] = covariance[e, d];
        }

        var (first, largest) = Direction(covariance, null);
        var (second, next) = Direction(covariance, first);
        return new SegmentProjection(mean, first, second, trace > 0 ? largest / trace : 0, trace > 0 ? next / trace : 0);
    }

    /// <summary>Where a row lies on the map.</summary>
    public (double X, double Y) Place(ReadOnlySpan<float> row)
    {
        var (x, y) = (0.0, 0.0);
        for (var d = 0; d < row.Length; d++)
        {
            x += (row[d] - Mean[d]) * First[d];
            y += (row[d] - Mean[d]) * Second[d];
        }

        return (x, y);
    }

    private static (double[] Direction, double Variance) Direction(double[,] covariance, double[]? without)
    {
        var columns = covariance.GetLength(0);
        var v = new double[columns];
        for (var d = 0; d < columns; d++)
            v[d] = 1 + (d * 0.01); // not at right angles to anything by accident
        var length = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            if (without is not null)
            {
                var along = v.Zip(without).Sum(p => p.First * p.Second);
                for (var d = 0; d < columns; d++)
                    v[d] -= along * without[d];
            }

            length = Math.Sqrt(v.Sum(x => x * x));
            if (length < 1e-12)
                return (new double[columns], 0);
            for (var d = 0; d < columns; d++)
                v[d] /= length;
            var next = new double[columns];
            for (var d = 0; d < columns; d++)
                for (var e = 0; e < columns; e++)
                    next[d] += covariance[d, e] * v[e];
            v = next;
        }

        length = Math.Sqrt(v.Sum(x => x * x));
        if (length < 1e-12)
            return (new double[columns], 0);
        var largest = v.MaxBy(Math.Abs);
        return ([.. v.Select(x => x / length * Math.Sign(largest))], length);
    }
}
