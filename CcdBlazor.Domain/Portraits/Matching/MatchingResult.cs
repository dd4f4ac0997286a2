namespace CcdBlazor.Domain.Portraits.Matching;

/// <summary>Why a customer got no manager.</summary>
public enum UnassignedReason
{
    /// <summary>The hard rules leave no manager for this customer.</summary>
    NoPermittedManager,
    /// <summary>The permitted managers are full with customers for whom the place is worth more.</summary>
    Capacity,
    /// <summary>Staying unassigned costs no more than the cheapest permitted manager.</summary>
    CheaperUnassigned,
}

/// <summary>A customer without a manager.</summary>
public readonly record struct UnassignedCustomer(int Customer, UnassignedReason Reason);

/// <summary>A manager who got fewer customers than the minimum, because no more permitted customers exist.</summary>
/// <param name="Missing">How many are missing.</param>
public readonly record struct MinimumShortfall(int Manager, int Missing);

/// <summary>What the matching found, with the proof of how good it is.</summary>
/// <param name="ManagerOf">Manager by customer, −1 for unassigned.</param>
/// <param name="TotalCost">Costs of the pairs plus the given costs of those left unassigned.</param>
/// <param name="Bound">No matching that assigns as many can cost less (linear-programming dual at <paramref name="Prices"/>).</param>
/// <param name="Prices">What one more place at a manager is worth; negative: what the minimum load costs; 0: neither limit binds.</param>
/// <param name="Augmentations">Places that had to be exchanged through chains; tells how hard the case was.</param>
public sealed record MatchingResult(
    IReadOnlyList<int> ManagerOf, IReadOnlyList<int> Loads, IReadOnlyList<UnassignedCustomer> Unassigned, IReadOnlyList<MinimumShortfall> Shortfalls,
    double TotalCost, double Bound, IReadOnlyList<double> Prices, int Augmentations)
{
    /// <summary>How far above the bound the cost lies, as a share of it; 0 proves the optimum. Rounding below 1e-9 counts as 0.</summary>
    public double Gap
    {
        get
        {
            if (double.IsNegativeInfinity(Bound))
                return double.PositiveInfinity;
            var gap = (TotalCost - Bound) / Math.Max(1, Math.Abs(Bound));
            return gap < 1e-9 ? 0 : gap;
        }
    }

    /// <summary>How many customers have a manager.</summary>
    public int Assigned => ManagerOf.Count - Unassigned.Count;
}
