namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Durations in buckets whose bounds are quarter-powers of two of a microsecond: percentiles from a few counts, at most 19 % off.
/// </summary>
public static class LatencyBuckets
{
    public static short Of(TimeSpan duration) => (short)Math.Max(0, Math.Ceiling(4 * Math.Log2(Math.Max(1, duration.TotalMicroseconds))));

    /// <summary>Upper bound of a bucket.</summary>
    public static TimeSpan UpperBound(int bucket) => TimeSpan.FromMicroseconds(Math.Pow(2, bucket / 4.0));

    /// <summary>The duration that a share (0 to 1) of all stays under; null without any.</summary>
    public static TimeSpan? Percentile(IEnumerable<(short Bucket, long Count)> counts, double share)
    {
        var sorted = counts.OrderBy(c => c.Bucket).ToList();
        var total = sorted.Sum(c => c.Count);
        if (total == 0)
            return null;
        var wanted = (long)Math.Ceiling(share * total);
        var seen = 0L;
        foreach (var (bucket, count) in sorted)
            if ((seen += count) >= wanted)
                return UpperBound(bucket);
        return UpperBound(sorted[^1].Bucket);
    }
}
