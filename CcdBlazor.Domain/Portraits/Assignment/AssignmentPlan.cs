using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>An open customer as a run takes it up.</summary>
/// <param name="OwnerId">Whoever owns it today; perhaps no account manager.</param>
/// <param name="Amount">Wanted, in CNY.</param>
public sealed record OpenCustomer(Guid Id, Guid OwnerId, decimal Amount, PortraitVector Portrait);

/// <summary>Everything that an assignment is reckoned from.</summary>
/// <param name="Managers">All account managers in the run's reach, those that take no part included.</param>
/// <param name="Conflicts">Pairs (customer, manager) that must stay apart.</param>
/// <param name="ElsewhereLoad">Open customers of a manager that are not among <paramref name="Customers"/>; they fill places, too.</param>
public sealed record AssignmentInput(
    IReadOnlyList<OpenCustomer> Customers, IReadOnlyList<ManagerRow> Managers, IReadOnlySet<(Guid Customer, Guid Manager)> Conflicts, IReadOnlyDictionary<Guid, int> ElsewhereLoad, ScoreRules Rules);

/// <summary>What became of a customer in a plan. The names are stored.</summary>
public enum PlanKind
{
    /// <summary>Stays with the present owner.</summary>
    Kept,
    /// <summary>Goes to another manager.</summary>
    Moved,
    /// <summary>Gets no manager; the present owner stays.</summary>
    Unassigned,
}

/// <summary>One customer of a plan.</summary>
/// <param name="Today">Score with the present owner; none when that is no manager of the run.</param>
/// <param name="Reasons">Chinese, one per factor; for unassigned customers why there is no manager.</param>
public sealed record PlannedPair(Guid CustomerId, Guid FromOwnerId, Guid? ToManagerId, PlanKind Kind, double Score, ScoreClass? Class, double? Today, IReadOnlyList<string> Reasons);

/// <summary>How good one way of sharing out the customers is.</summary>
/// <param name="Score">Sum over customers with a manager.</param>
/// <param name="LoadGini">Over the managers that take part.</param>
public sealed record PlanFigures(double Score, int Assigned, int Unassigned, int Moved, double LoadGini, double AmountGini);

/// <summary>A finished plan, with what greedy assignment would give, and with how it is today.</summary>
/// <param name="Left">Customers that were left where they are because their manager takes no part.</param>
/// <param name="Gap">How far the plan may be from the best possible, as a share; 0 proves that there is no better one.</param>
/// <param name="Shortfalls">Chinese: managers that could not be given their minimum.</param>
public sealed record AssignmentPlan(
    IReadOnlyList<PlannedPair> Pairs, PlanFigures Optimal, PlanFigures Greedy, PlanFigures Today, int Left, double Gap, IReadOnlyList<string> Shortfalls, IReadOnlyDictionary<Guid, int> Loads);
