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

    /// <summary>
    /// The Lorenz curve: which share of everything the lowest-placed share of people has, from (0, 0) to (1, 1), one point per person. The area between it and the diagonal is half
    /// of <see cref="Gini"/>. Nobody, or nothing to spread, gives the diagonal. Negative and non-finite values throw.
    /// </summary>
    public static IReadOnlyList<(double People, double Share)> Lorenz(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (Array.Exists(sorted, v => !double.IsFinite(v) || v < 0))
            throw new ArgumentOutOfRangeException(nameof(values));
        var sum = sorted.Sum();
        if (sum == 0)
            return [(0, 0), (1, 1)];
        var points = new List<(double, double)>(sorted.Length + 1) { (0, 0) };
        var so = 0d;
        for (var i = 0; i < sorted.Length; i++)
            points.Add(((i + 1d) / sorted.Length, i == sorted.Length - 1 ? 1 : (so += sorted[i]) / sum));
        return points;
    }
}
