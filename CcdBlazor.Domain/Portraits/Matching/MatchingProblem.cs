using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Matching;

/// <summary>How many customers one manager must and may hold after the matching. A manager who is absent has a maximum of 0.</summary>
/// <param name="Minimum">Fewer is reported as a shortfall, never thrown.</param>
/// <param name="Maximum">Never exceeded.</param>
public readonly record struct LoadLimits(int Minimum, int Maximum);

/// <summary>Refusals of the matching.</summary>
public static class MatchingRefusals
{
    public static readonly Refusal NoManagers = new("matching.no_managers", "没有可以参与分配的客户经理。");
    public static readonly Refusal CostNotANumber = new("matching.cost_not_a_number", "匹配评分中有无效数值，无法计算分配。");
    public static readonly Refusal CostTooLarge = new("matching.cost_too_large", "匹配评分超出可计算的范围。");
    public static readonly Refusal LimitsWrong = new("matching.limits_wrong", "客户经理的最小负荷不能为负，也不能大于最大负荷。");
    public static readonly Refusal SizesDiffer = new("matching.sizes_differ", "匹配评分与客户、客户经理的数量不一致。");
}

/// <summary>
/// Customers, managers with limits, and what each pair costs. The caller puts everything it wishes into the cost: the negated score, a
/// bonus for the present manager (sticky relations), soft rules. A hard rule is the cost <see cref="Forbidden"/>.
/// </summary>
public sealed class MatchingProblem
{
    /// <summary>The cost of a pair that a hard rule excludes.</summary>
    public const float Forbidden = float.PositiveInfinity;

    /// <summary>The cost of staying unassigned of a customer who is to be assigned whenever there is room: dearer than any exchange.</summary>
    public const float MustAssign = float.NaN;

    /// <summary>Largest magnitude of a cost; beyond it sums would lose the digits that decide.</summary>
    public const float LargestCost = 1e9f;

    private MatchingProblem(float[] costs, int stride, int customers, LoadLimits[] managers, bool[] mustAssign, bool[] hasManager, double mustCost)
    {
        Costs = costs;
        Stride = stride;
        Customers = customers;
        Limits = managers;
        Must = mustAssign;
        HasManager = hasManager;
        MustCost = mustCost;
    }

    /// <summary>Number of customers; they are known by their index.</summary>
    public int Customers { get; }

    /// <summary>Number of managers; they are known by their index.</summary>
    public int Managers => Limits.Length;

    /// <summary>Limits by manager.</summary>
    public IReadOnlyList<LoadLimits> LoadLimits => Limits;

    /// <summary>Row per customer: the managers, then "unassigned", then padding with infinity up to a multiple of eight lanes.</summary>
    internal float[] Costs { get; }

    internal int Stride { get; }

    internal LoadLimits[] Limits { get; }

    internal bool[] Must { get; }

    internal bool[] HasManager { get; }

    /// <summary>What stands in the "unassigned" column of a customer who must be assigned: more than the dearest chain of exchanges.</summary>
    internal double MustCost { get; }

    /// <summary>The cost of a pair.</summary>
    public float Cost(int customer, int manager) => Costs[(customer * (long)Stride) + manager];

    /// <summary>What staying unassigned costs; <see cref="MustAssign"/> where the caller gave none.</summary>
    public float UnassignedCost(int customer) => Must[customer] ? MustAssign : Costs[(customer * (long)Stride) + Managers];

    internal ReadOnlySpan<float> Row(int customer) => Costs.AsSpan(checked(customer * Stride), Stride);

    /// <summary>From a dense matrix, one row of managers per customer.</summary>
    /// <param name="costs">Row-major, customers × managers.</param>
    /// <param name="unassigned">What staying unassigned costs by customer; none: everybody is assigned while there is room.</param>
    public static Result<MatchingProblem> FromMatrix(ReadOnlyMemory<float> costs, int customers, IReadOnlyList<LoadLimits> managers, ReadOnlyMemory<float>? unassigned = null) =>
        costs.Length != (long)customers * managers.Count || unassigned is { } given && given.Length != customers
            ? MatchingRefusals.SizesDiffer
            : FromRows(customers, managers, (customer, row) => costs.Span.Slice(customer * managers.Count, managers.Count).CopyTo(row), unassigned is { } own ? c => own.Span[c] : null);

    /// <summary>From a function that fills the costs of one customer; called once per customer, in order.</summary>
    public static Result<MatchingProblem> FromRows(int customers, IReadOnlyList<LoadLimits> managers, Action<int, Span<float>> fillRow, Func<int, float>? unassigned = null)
    {
        if (managers.Count == 0)
            return MatchingRefusals.NoManagers;
        if (managers.Any(m => m.Minimum < 0 || m.Minimum > m.Maximum))
            return MatchingRefusals.LimitsWrong;
        var count = managers.Count;
        var stride = (count + 2 + 7) / 8 * 8;
        if ((long)stride * customers > Array.MaxLength)
            return MatchingRefusals.SizesDiffer;
        var costs = GC.AllocateUninitializedArray<float>(stride * customers);
        var must = new bool[customers];
        var hasManager = new bool[customers];
        var (least, most) = (float.PositiveInfinity, float.NegativeInfinity);
        for (var customer = 0; customer < customers; customer++)
        {
            var row = costs.AsSpan(customer * stride, stride);
            row[count..].Fill(float.PositiveInfinity);
            fillRow(customer, row[..count]);
            foreach (var cost in row[..count])
            {
                if (float.IsNaN(cost) || float.IsNegativeInfinity(cost))
                    return MatchingRefusals.CostNotANumber;
                if (float.IsPositiveInfinity(cost))
                    continue;
                hasManager[customer] = true;
                (least, most) = (MathF.Min(least, cost), MathF.Max(most, cost));
            }

            var own = unassigned?.Invoke(customer) ?? MustAssign;
            if (float.IsInfinity(own))
                return MatchingRefusals.CostNotANumber;
            must[customer] = float.IsNaN(own);
            row[count] = own;
            if (!must[customer])
                (least, most) = (MathF.Min(least, own), MathF.Max(most, own));
        }

        if (most > LargestCost || least < -LargestCost)
            return MatchingRefusals.CostTooLarge;
        // A chain of exchanges passes each manager once, so it can cost no more than the number of managers times the range.
        var mustCost = (float)((count + 2) * (double)(most >= least ? most - least : 0) + MathF.Max(0, most >= least ? most : 0) + 1);
        for (var customer = 0; customer < customers; customer++)
            if (must[customer])
                costs[(customer * stride) + count] = mustCost;
        return new MatchingProblem(costs, stride, customers, [.. managers], must, hasManager, mustCost);
    }
}
