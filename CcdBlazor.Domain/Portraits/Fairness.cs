namespace CcdBlazor.Domain.Portraits;

/// <summary>How evenly something is spread over people.</summary>
public static class Fairness
{
    /// <summary>
    /// The Gini coefficient: 0 when all have the same, towards 1 when one has everything. None of it (nobody, or nothing to spread) counts as even.
    /// Negative and non-finite values are a bug of the caller and throw.
    /// </summary>
    public static double Gini(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (Array.Exists(sorted, v => !double.IsFinite(v) || v < 0))
            throw new ArgumentOutOfRangeException(nameof(values));
        var sum = sorted.Sum();
        if (sorted.Length < 2 || sum == 0)
            return 0;
        var weighted = 0d;
        for (var i = 0; i < sorted.Length; i++)
            weighted += (2d * (i + 1) - sorted.Length - 1) * sorted[i];
        return weighted / (sorted.Length * sum);
    }
}
