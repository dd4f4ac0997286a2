using CcdBlazor.Domain.Portraits.Matching;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>How a new segment continues a former one.</summary>
/// <param name="Number">Number shown to people; kept from the former run where the segment goes on, else the next free one.</param>
/// <param name="Former">Index in the former run, or none for a new segment.</param>
/// <param name="Overlap">Common customers ÷ customers of either (Jaccard), 0 to 1.</param>
public readonly record struct SegmentContinuation(int Number, int? Former, double Overlap);

/// <summary>What changed against the former run.</summary>
/// <param name="Moved">Share of the customers of both runs who are in another segment now.</param>
/// <param name="SizeShift">Population stability index of the sizes; below 0.1 calm, above 0.25 a different clientele.</param>
public sealed record SegmentDrift(double Moved, double SizeShift, int Common, int New, int Ended);

/// <summary>Keeps numbers and names of segments over re-runs: new segments are matched to the former ones by their members, optimally.</summary>
public static class SegmentContinuity
{
    /// <summary>With less in common, a segment is a new one.</summary>
    public const double LeastOverlap = 0.2;

    /// <summary>Continues the former run.</summary>
    /// <param name="former">Former segment by customer; customers who were not in it are missing.</param>
    /// <param name="formerNumbers">Numbers of the former segments, by their index.</param>
    /// <param name="now">Customer and new segment.</param>
    /// <param name="highestNumber">The highest number ever given, so that none is used twice.</param>
    public static (IReadOnlyList<SegmentContinuation> Segments, SegmentDrift Drift) Continue(
        IReadOnlyDictionary<Guid, int> former, IReadOnlyList<int> formerNumbers, IReadOnlyList<(Guid Customer, int Segment)> now, int k, int highestNumber)
    {
        var formerK = formerNumbers.Count;
        var common = new int[k, formerK];
        var (sizes, formerSizes) = (new int[k], new int[formerK]);
        foreach (var segment in former.Values)
            formerSizes[segment]++;
        var both = 0;
        foreach (var (customer, segment) in now)
        {
            sizes[segment]++;
            if (!former.TryGetValue(customer, out var before))
                continue;
            common[segment, before]++;
            both++;
        }

        var pairs = Pair(common, sizes, formerSizes);
        var numbers = new SegmentContinuation[k];
        var next = Math.Max(highestNumber, formerNumbers.DefaultIfEmpty().Max());
        for (var segment = 0; segment < k; segment++)
            numbers[segment] = pairs[segment] is { } before
                ? new(formerNumbers[before], before, Overlap(common, sizes, formerSizes, segment, before))
                : new(++next, null, 0);
        var stayed = Enumerable.Range(0, k).Sum(s => pairs[s] is { } before ? common[s, before] : 0);
        var drift = new SegmentDrift(both == 0 ? 0 : 1 - (stayed / (double)both), SizeShift(pairs, sizes, formerSizes), both, now.Count - both, former.Count - both);
        return (numbers, drift);
    }

    private static int?[] Pair(int[,] common, int[] sizes, int[] formerSizes)
    {
        var (k, formerK) = (sizes.Length, formerSizes.Length);
        var pairs = new int?[k];
        if (formerK == 0)
            return pairs;
        // Each former segment goes on at most once; a segment that resembles none stays unmatched and becomes a new one.
        var problem = MatchingProblem.FromRows(
            k, [.. Enumerable.Repeat(new LoadLimits(0, 1), formerK)],
            (segment, row) =>
            {
                for (var before = 0; before < row.Length; before++)
                {
                    var overlap = Overlap(common, sizes, formerSizes, segment, before);
                    row[before] = overlap < LeastOverlap ? MatchingProblem.Forbidden : (float)(1 - overlap);
                }
            },
            _ => 2);
        var solved = OptimalMatching.Solve(problem.Value).ManagerOf;
        for (var segment = 0; segment < k; segment++)
            pairs[segment] = solved[segment] < 0 ? null : solved[segment];
        return pairs;
    }

    private static double Overlap(int[,] common, int[] sizes, int[] formerSizes, int segment, int before)
    {
        // Customers who came or went are on neither side alone: a growing clientele does not break a segment.
        double shared = common[segment, before];
        var (here, there) = (0, 0);
        for (var f = 0; f < formerSizes.Length; f++)
            here += common[segment, f];
        for (var s = 0; s < sizes.Length; s++)
            there += common[s, before];
        var either = here + there - shared;
        return either == 0 ? 0 : shared / either;
    }

    private static double SizeShift(int?[] pairs, int[] sizes, int[] formerSizes)
    {
        var (all, formerAll) = (Math.Max(1, sizes.Sum()), Math.Max(1, formerSizes.Sum()));
        if (formerSizes.Length == 0)
            return 0;
        var shift = 0.0;
        for (var segment = 0; segment < sizes.Length; segment++)
            shift += Part(sizes[segment] / (double)all, pairs[segment] is { } before ? formerSizes[before] / (double)formerAll : 0);
        for (var before = 0; before < formerSizes.Length; before++)
            if (!pairs.Contains(before))
                shift += Part(0, formerSizes[before] / (double)formerAll);
        return shift;
    }

    private static double Part(double now, double before)
    {
        const double Floor = 1e-3; // an empty side would be infinite
        (now, before) = (Math.Max(now, Floor), Math.Max(before, Floor));
        return (now - before) * Math.Log(now / before);
    }
}
