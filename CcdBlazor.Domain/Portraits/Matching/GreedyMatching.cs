namespace CcdBlazor.Domain.Portraits.Matching;

/// <summary>
/// The usual way, for comparison only: customers in their order, each to the cheapest permitted manager who still has room. Minimum
/// loads are not looked at, and there is no bound (minus infinity).
/// </summary>
public static class GreedyMatching
{
    /// <summary>Runs it. Ties go to the lower manager index.</summary>
    public static MatchingResult Solve(MatchingProblem problem)
    {
        var managerOf = new int[problem.Customers];
        var loads = new int[problem.Managers];
        var unassigned = new List<UnassignedCustomer>();
        var total = 0.0;
        for (var customer = 0; customer < problem.Customers; customer++)
        {
            var (best, cost) = (-1, float.PositiveInfinity);
            for (var manager = 0; manager < loads.Length; manager++)
                if (loads[manager] < problem.Limits[manager].Maximum && problem.Cost(customer, manager) < cost)
                    (best, cost) = (manager, problem.Cost(customer, manager));
            var stay = problem.UnassignedCost(customer);
            if (best >= 0 && !(stay <= cost)) // NaN: must be assigned
            {
                managerOf[customer] = best;
                loads[best]++;
                total += cost;
                continue;
            }

            managerOf[customer] = -1;
            total += float.IsNaN(stay) ? 0 : stay;
            unassigned.Add(new(customer, !problem.HasManager[customer] ? UnassignedReason.NoPermittedManager : best >= 0 ? UnassignedReason.CheaperUnassigned : UnassignedReason.Capacity));
        }

        var shortfalls = problem.Limits.Select((limits, manager) => new MinimumShortfall(manager, limits.Minimum - loads[manager])).Where(s => s.Missing > 0);
        return new MatchingResult(managerOf, loads, unassigned, [.. shortfalls], total, double.NegativeInfinity, new double[problem.Managers], 0);
    }
}
