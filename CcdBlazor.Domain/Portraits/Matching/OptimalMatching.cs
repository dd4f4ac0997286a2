namespace CcdBlazor.Domain.Portraits.Matching;

/// <summary>
/// Minimum-cost matching of customers to managers with minimum and maximum loads: optimal, with its own proof. Successive shortest paths on
/// the graph of managers (a few hundred nodes, however many customers). Every customer starts at the manager that is cheapest at given
/// prices, and only the places above a limit are exchanged along chains; large cases take their prices from a solved sample, so that few
/// exchanges remain. The prices at the end give the bound. Deterministic: of equal managers the emptiest, then the lower index.
/// </summary>
public static class OptimalMatching
{
    private const int SampleFrom = 3_000;
    private const int SampleShare = 6;

    /// <summary>Solves it. Progress is the share of the work in the last (full) step, 0 to 1.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing is kept.</exception>
    public static MatchingResult Solve(MatchingProblem problem, IProgress<double>? progress = null, CancellationToken ct = default)
    {
        var active = Enumerable.Range(0, problem.Customers).Where(c => problem.HasManager[c]).ToArray();
        var limits = problem.Limits.Append(new LoadLimits(0, int.MaxValue)).ToArray();
        var flow = SolveCore(problem, active, limits, progress, ct);
        progress?.Report(1);
        return Answer(problem, active, flow);
    }

    private static ManagerFlow SolveCore(MatchingProblem problem, int[] active, LoadLimits[] limits, IProgress<double>? progress, CancellationToken ct)
    {
        double[]? prices = null;
        if (active.Length >= SampleFrom && active.Length / SampleShare >= 4 * limits.Length)
        {
            var sample = Enumerable.Range(0, active.Length / SampleShare).Select(i => active[(int)(i * (long)active.Length / (active.Length / SampleShare))]).ToArray();
            var share = sample.Length / (double)active.Length;
            var smaller = limits.Select((l, j) => j == limits.Length - 1 ? l : new LoadLimits((int)(l.Minimum * share), (int)Math.Ceiling(l.Maximum * share))).ToArray();
            prices = SolveCore(problem, sample, smaller, null, ct).Prices();
        }

        var flow = new ManagerFlow(problem, active, limits, prices);
        flow.Run(progress, ct);
        return flow;
    }

    private static MatchingResult Answer(MatchingProblem problem, int[] active, ManagerFlow flow)
    {
        var managers = problem.Managers;
        var managerOf = new int[problem.Customers];
        Array.Fill(managerOf, -1);
        var prices = flow.Prices();
        var loads = new int[managers];
        var (total, bound) = (0.0, 0.0);
        for (var i = 0; i < active.Length; i++)
        {
            var customer = active[i];
            var at = flow.ManagerOf(i);
            var row = problem.Row(customer);
            var cheapest = double.PositiveInfinity;
            for (var j = 0; j <= managers; j++)
                cheapest = Math.Min(cheapest, row[j] + prices[j]);
            if (at < managers)
            {
                managerOf[customer] = at;
                loads[at]++;
                total += row[at];
                bound += cheapest;
            }
            else
            {
                total += problem.Must[customer] ? 0 : row[managers];
                bound += problem.Must[customer] ? cheapest - problem.MustCost : cheapest;
            }
        }

        var shortfalls = new List<MinimumShortfall>();
        for (var j = 0; j < managers; j++)
        {
            var limits = problem.Limits[j];
            if (loads[j] < limits.Minimum)
                shortfalls.Add(new(j, limits.Minimum - loads[j]));
            var binding = prices[j] > 0 ? Math.Min(limits.Maximum, active.Length) : Math.Min(limits.Minimum, loads[j]);
            bound -= prices[j] * binding;
        }

        var unassigned = new List<UnassignedCustomer>();
        for (var customer = 0; customer < managerOf.Length; customer++)
        {
            if (managerOf[customer] >= 0)
                continue;
            if (!problem.HasManager[customer] && !problem.Must[customer])
            {
                total += problem.UnassignedCost(customer);
                bound += problem.UnassignedCost(customer);
            }

            unassigned.Add(new(customer, Reason(problem, customer)));
        }

        return new MatchingResult(managerOf, loads, unassigned, shortfalls, total, bound, prices[..managers], flow.Augmentations);
    }

    private static UnassignedReason Reason(MatchingProblem problem, int customer)
    {
        if (!problem.HasManager[customer])
            return UnassignedReason.NoPermittedManager;
        if (problem.Must[customer])
            return UnassignedReason.Capacity;
        var cheapest = float.PositiveInfinity;
        foreach (var cost in problem.Row(customer)[..problem.Managers])
            cheapest = MathF.Min(cheapest, cost);
        return cheapest < problem.UnassignedCost(customer) ? UnassignedReason.Capacity : UnassignedReason.CheaperUnassigned;
    }
}
