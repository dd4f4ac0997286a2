namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>A share with the numbers behind it.</summary>
/// <param name="Whole">Cases; the denominator.</param>
public readonly record struct EffectShare(int Part, int Whole)
{
    /// <summary>0..100; none when there are fewer cases than <paramref name="fewest"/>, or none at all.</summary>
    public double? Percent(int fewest) => Whole > 0 && Whole >= fewest ? 100.0 * Part / Whole : null;
}

/// <summary>Two shares compared: by how many percentage points the first lies above the second, and the interval in which the true difference lies with 95 %.</summary>
public sealed record EffectDifference(double Points, double Low, double High)
{
    private const double Z = 1.959964;

    /// <summary>False while chance alone may explain it.</summary>
    public bool Certain => Low > 0 || High < 0;

    /// <summary>
    /// Newcombe's interval (method 10: two Wilson scores), which holds for small numbers and for shares near 0 and 1. None when either has fewer cases than <paramref name="fewest"/>.
    /// </summary>
    public static EffectDifference? Of(EffectShare one, EffectShare other, int fewest)
    {
        if (one.Percent(fewest) is not { } p1 || other.Percent(fewest) is not { } p2)
            return null;
        var ((l1, u1), (l2, u2)) = (Wilson(one), Wilson(other));
        (p1, p2) = (p1 / 100, p2 / 100);
        var difference = p1 - p2;
        return new EffectDifference(
            100 * difference, 100 * (difference - Math.Sqrt(((p1 - l1) * (p1 - l1)) + ((u2 - p2) * (u2 - p2)))), 100 * (difference + Math.Sqrt(((u1 - p1) * (u1 - p1)) + ((p2 - l2) * (p2 - l2)))));
    }

    private static (double Low, double High) Wilson(EffectShare share)
    {
        var (n, p) = ((double)share.Whole, (double)share.Part / share.Whole);
        var centre = p + (Z * Z / (2 * n));
        var reach = Z * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4 * n * n)));
        var by = 1 + (Z * Z / n);
        return ((centre - reach) / by, (centre + reach) / by);
    }
}

/// <summary>What happened on a day of a timeline.</summary>
public readonly record struct EffectDay(int Day, int Entered, int Reached, int Ended, int Open);

/// <summary>
/// Times with those in them who have not arrived. Aalen and Johansen's estimate: on each day the share that arrives is taken of those who are under observation
/// (entered before, and neither arrived, nor ended otherwise, nor left open until then); who was refused never arrives, who is open counts as long as he was seen.
/// With everybody observed equally long from the beginning it is the plain share of all cases.
/// </summary>
public static class EffectTimes
{
    /// <summary>The first day by which the given share of all has arrived; none when that was not seen.</summary>
    /// <param name="days">In any order; days may repeat.</param>
    /// <param name="leastAtRisk">
    /// What happens while fewer are under observation is left out (Lai and Ying). Needed where customers enter late: of the two that were seen on their third day, one approval would
    /// count as half of everybody.
    /// </param>
    public static int? Within(IEnumerable<EffectDay> days, double share, int leastAtRisk = 1)
    {
        // At the same day: who enters on the day 0 is seen on day 0, and leaves at the earliest on day 1.
        var (atRisk, waiting, arrived) = (0L, 1.0, 0.0);
        foreach (var day in days.GroupBy(d => d.Day).OrderBy(g => g.Key))
        {
            var (reached, ended, open) = (day.Sum(d => (long)d.Reached), day.Sum(d => (long)d.Ended), day.Sum(d => (long)d.Open));
            var counts = atRisk >= Math.Max(1, leastAtRisk);
            if (counts && reached + ended > 0)
            {
                arrived += waiting * reached / atRisk;
                waiting *= Math.Max(0, 1 - ((double)(reached + ended) / atRisk));
            }

            // A rounding of the last sum must not cost the day.
            if (counts && reached > 0 && arrived >= share - 1e-9)
                return day.Key;
            atRisk += day.Sum(d => (long)d.Entered) - reached - ended - open;
        }

        return null;
    }

    /// <summary>True when more than half of those who arrived did so while fewer than <paramref name="leastAtRisk"/> were under observation.</summary>
    public static bool Thin(IEnumerable<EffectDay> days, int leastAtRisk)
    {
        var (atRisk, all, thin) = (0L, 0L, 0L);
        foreach (var day in days.GroupBy(d => d.Day).OrderBy(g => g.Key))
        {
            var reached = day.Sum(d => (long)d.Reached);
            all += reached;
            thin += atRisk < leastAtRisk ? reached : 0;
            atRisk += day.Sum(d => (long)d.Entered) - reached - day.Sum(d => (long)d.Ended + d.Open);
        }

        return 2 * thin > all;
    }
}
