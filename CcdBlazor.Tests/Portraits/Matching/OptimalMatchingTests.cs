using CcdBlazor.Domain.Portraits.Matching;

namespace CcdBlazor.Tests.Portraits.Matching;

public class OptimalMatchingTests
{
    private const float No = MatchingProblem.Forbidden;

    [Fact]
    public void Small_cases_cost_what_trying_everything_finds()
    {
        var random = new Random(1);
        for (var round = 0; round < 400; round++)
        {
            var (problem, _) = Random(random, random.Next(1, 7), random.Next(1, 4), whole: round % 2 == 0);
            var best = TryEverything(problem);
            var found = OptimalMatching.Solve(problem);
            if (best is null)
            {
                Assert.NotEmpty(found.Shortfalls);
                continue;
            }

            Assert.Empty(found.Shortfalls);
            Assert.Equal(best.Value.MustBeAssigned, Enumerable.Range(0, problem.Customers).Count(c => found.ManagerOf[c] < 0 && float.IsNaN(problem.UnassignedCost(c))));
            Assert.Equal(best.Value.Cost, found.TotalCost, 1e-3);
            Assert.Equal(0, found.Gap);
        }
    }

    [Theory]
    [InlineData(3_000, 40, 1)]
    [InlineData(9_000, 60, 2)]
    [InlineData(20_000, 100, 3)]
    public void Large_cases_reach_the_bound_of_linear_programming(int customers, int managers, int seed)
    {
        var (problem, limits) = Random(new Random(seed), customers, managers, whole: seed == 2, tight: true);
        var found = OptimalMatching.Solve(problem);
        Assert.Equal(Bound(problem, limits, found), found.Bound, 1e-4 * Math.Abs(found.Bound));
        Assert.Equal(0, found.Gap);
        Kept(problem, limits, found);
    }

    /// <summary>Beyond what can be tried out: another method, which shares nothing with this one, finds the same least cost.</summary>
    [Theory]
    [InlineData(40, 6)]
    [InlineData(120, 12)]
    [InlineData(250, 25)]
    public void Middle_cases_cost_what_the_Hungarian_method_finds(int customers, int managers)
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            var (problem, limits) = Random(new Random(seed), customers, managers, whole: seed % 2 == 0, tight: seed > 3, minimums: false);
            var found = OptimalMatching.Solve(problem);
            Kept(problem, limits, found);
            Assert.Equal(0, found.Gap);
            Assert.Equal(PlainAssignment.LeastCost(problem, 1e4), WorthOf(problem, found), 1e-2);
        }
    }

    [Fact]
    public void Limits_and_hard_rules_are_kept_and_greedy_never_costs_less()
    {
        var random = new Random(2);
        for (var round = 0; round < 150; round++)
        {
            var (problem, limits) = Random(random, random.Next(1, 400), random.Next(1, 20), whole: round % 3 == 0, minimums: false);
            var found = OptimalMatching.Solve(problem);
            var greedy = GreedyMatching.Solve(problem);
            Kept(problem, limits, found);
            Kept(problem, limits, greedy);
            Assert.True(WorthOf(problem, found) <= WorthOf(problem, greedy) + 1e-3, $"round {round}: {found.TotalCost} against {greedy.TotalCost}");
        }
    }

    [Fact]
    public void The_same_question_gets_the_same_answer_with_ties_too()
    {
        var limits = Enumerable.Repeat(new LoadLimits(1, 60), 10).ToArray();
        var costs = Enumerable.Range(0, 5_000).Select(i => (float)(i * 7919 % 3)).ToArray();
        var problem = MatchingProblem.FromMatrix(costs, 500, limits).Value;
        var first = OptimalMatching.Solve(problem);
        var again = OptimalMatching.Solve(MatchingProblem.FromMatrix(costs, 500, limits).Value);
        Assert.Equal(first.ManagerOf, again.ManagerOf);
        Assert.Equal(first.Prices, again.Prices);
    }

    [Fact]
    public void Of_equal_managers_the_emptiest_is_taken_then_the_first()
    {
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(new float[] { 5, 5, 5, 5 }, 2, [new(0, 1), new(0, 2)]).Value);
        Assert.Equal([1, 0], found.ManagerOf);
        Assert.Equal(0, OptimalMatching.Solve(MatchingProblem.FromMatrix(new float[] { 5, 5 }, 1, [new(0, 1), new(0, 1)]).Value).ManagerOf[0]);
    }

    [Fact]
    public void Whole_scores_that_tie_are_spread_before_any_chain_is_needed()
    {
        var random = new Random(6);
        var costs = Enumerable.Range(0, 4_000 * 20).Select(_ => (float)-random.Next(4)).ToArray();
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(costs, 4_000, [.. Enumerable.Repeat(new LoadLimits(0, 200), 20)]).Value);
        Assert.Equal(0, found.Gap);
        Assert.True(found.Augmentations < 200, $"{found.Augmentations} chains");
    }

    [Fact]
    public void Without_places_for_all_the_dearest_stay_out_and_are_told_why()
    {
        // Three customers, one place: the second gains most by it. The fourth may go to nobody.
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 9f, 1f, 5f, No }, 4, [new(0, 1)]).Value);
        Assert.Equal([-1, 0, -1, -1], found.ManagerOf);
        Assert.Equal(
            [new(0, UnassignedReason.Capacity), new(2, UnassignedReason.Capacity), new UnassignedCustomer(3, UnassignedReason.NoPermittedManager)], found.Unassigned);
        Assert.Equal(1, found.TotalCost, 1e-6);
        Assert.Equal(0, found.Gap);
        Assert.Equal(1, found.Assigned);
    }

    [Fact]
    public void A_customer_for_whom_nobody_is_worth_it_stays_unassigned()
    {
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 4f, 1f }, 2, [new(0, 5)], new[] { 3f, 3f }).Value);
        Assert.Equal([-1, 0], found.ManagerOf);
        Assert.Equal(UnassignedReason.CheaperUnassigned, Assert.Single(found.Unassigned).Reason);
        Assert.Equal(4, found.TotalCost, 1e-6);
    }

    [Fact]
    public void A_minimum_load_pulls_the_customers_whom_it_costs_least()
    {
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 0f, 9f, 0f, 2f, 0f, 5f }, 3, [new(0, 3), new(1, 3)]).Value);
        Assert.Equal([0, 1, 0], found.ManagerOf);
        Assert.Empty(found.Shortfalls);
        Assert.Equal(0, found.Gap);
        Assert.Equal(-2, found.Prices[1], 1e-6);
    }

    [Fact]
    public void A_minimum_that_nobody_can_fill_is_reported()
    {
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 1f, No, 1f, No, 1f, No }, 3, [new(0, 1), new(2, 5)]).Value);
        Assert.Equal(new MinimumShortfall(1, 2), Assert.Single(found.Shortfalls));
        Assert.Equal(1, found.Loads[0]);
        Assert.Equal(2, found.Unassigned.Count);
    }

    [Fact]
    public void More_minimum_places_than_customers_are_reported()
    {
        var found = OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 1f, 2f }, 1, [new(3, 5), new(2, 5)]).Value);
        Assert.Equal(4, found.Shortfalls.Sum(s => s.Missing));
        Assert.Empty(found.Unassigned);
    }

    [Fact]
    public void A_sticky_bonus_keeps_a_pair_that_the_score_alone_would_part()
    {
        float[] scores = [1f, 2f, 1f, 1f];
        LoadLimits[] limits = [new(0, 1), new(0, 1)];
        // The first customer is with the second manager today; without the bonus the two change places.
        Assert.Equal([0, 1], OptimalMatching.Solve(MatchingProblem.FromMatrix(scores, 2, limits).Value).ManagerOf);
        Assert.Equal([1, 0], OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 1f, 2f - 1.5f, 1f, 1f }, 2, limits).Value).ManagerOf);
    }

    [Fact]
    public void Nobody_and_an_absent_manager_are_fine()
    {
        Assert.Empty(OptimalMatching.Solve(MatchingProblem.FromMatrix(Array.Empty<float>(), 0, [new(0, 5)]).Value).ManagerOf);
        var absent = OptimalMatching.Solve(MatchingProblem.FromMatrix(new[] { 1f, 9f }, 1, [new(0, 0), new(0, 1)]).Value);
        Assert.Equal(1, absent.ManagerOf[0]);
    }

    [Fact]
    public void Wrong_input_is_refused()
    {
        Assert.Equal(MatchingRefusals.NoManagers, MatchingProblem.FromMatrix(Array.Empty<float>(), 0, []).Refusal);
        Assert.Equal(MatchingRefusals.CostNotANumber, MatchingProblem.FromMatrix(new[] { float.NaN }, 1, [new(0, 1)]).Refusal);
        Assert.Equal(MatchingRefusals.CostNotANumber, MatchingProblem.FromMatrix(new[] { float.NegativeInfinity }, 1, [new(0, 1)]).Refusal);
        Assert.Equal(MatchingRefusals.CostTooLarge, MatchingProblem.FromMatrix(new[] { 1e12f }, 1, [new(0, 1)]).Refusal);
        Assert.Equal(MatchingRefusals.LimitsWrong, MatchingProblem.FromMatrix(new[] { 1f }, 1, [new(2, 1)]).Refusal);
        Assert.Equal(MatchingRefusals.SizesDiffer, MatchingProblem.FromMatrix(new[] { 1f }, 2, [new(0, 1)]).Refusal);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        var (problem, _) = Random(new Random(5), 300, 8, whole: false, tight: true);
        Assert.Throws<OperationCanceledException>(() => OptimalMatching.Solve(problem, null, new CancellationToken(true)));
    }

    private static (MatchingProblem Problem, LoadLimits[] Limits) Random(Random random, int customers, int managers, bool whole, bool tight = false, bool minimums = true)
    {
        var limits = new LoadLimits[managers];
        for (var j = 0; j < managers; j++)
        {
            var most = tight ? (customers + managers - 1) / managers : random.Next(0, (2 * customers / managers) + 2);
            limits[j] = new(minimums ? random.Next(0, Math.Min(most, tight ? most / 2 : 2) + 1) : 0, most);
        }

        var liked = Enumerable.Range(0, managers).Select(_ => random.NextSingle() * 8).ToArray();
        var staying = !tight && random.Next(2) == 0;
        var problem = MatchingProblem.FromRows(
            customers, limits,
            (_, row) =>
            {
                for (var j = 0; j < row.Length; j++)
                {
                    var cost = whole ? random.Next(-3, 6) : (random.NextSingle() * 10) + liked[j];
                    row[j] = random.Next(tight ? 40 : 5) == 0 ? No : cost;
                }
            },
            _ => staying && random.Next(2) == 0 ? random.Next(0, 9) : MatchingProblem.MustAssign);
        return (problem.Value, limits);
    }

    private static void Kept(MatchingProblem problem, LoadLimits[] limits, MatchingResult found)
    {
        for (var j = 0; j < limits.Length; j++)
        {
            Assert.Equal(found.ManagerOf.Count(m => m == j), found.Loads[j]);
            Assert.True(found.Loads[j] <= limits[j].Maximum);
            if (found.Loads[j] < limits[j].Minimum)
                Assert.Contains(new MinimumShortfall(j, limits[j].Minimum - found.Loads[j]), found.Shortfalls);
        }

        for (var c = 0; c < problem.Customers; c++)
            Assert.True(found.ManagerOf[c] < 0 || !float.IsInfinity(problem.Cost(c, found.ManagerOf[c])));
        Assert.Equal(found.Unassigned.Select(u => u.Customer), Enumerable.Range(0, problem.Customers).Where(c => found.ManagerOf[c] < 0));
    }

    /// <summary>The cost with those who had to be assigned and are not at more than any exchange.</summary>
    private static double WorthOf(MatchingProblem problem, MatchingResult result) =>
        result.TotalCost + (1e4 * result.Unassigned.Count(u => float.IsNaN(problem.UnassignedCost(u.Customer))));

    /// <summary>The dual at the prices, worked out by another hand: what every customer would pay at best, less what the places are worth.</summary>
    private static double Bound(MatchingProblem problem, LoadLimits[] limits, MatchingResult found)
    {
        var bound = 0.0;
        for (var c = 0; c < problem.Customers; c++)
        {
            if (found.ManagerOf[c] < 0)
                continue;
            var least = double.PositiveInfinity;
            for (var j = 0; j < limits.Length; j++)
                least = Math.Min(least, problem.Cost(c, j) + found.Prices[j]);
            bound += least;
        }

        for (var j = 0; j < limits.Length; j++)
            bound -= found.Prices[j] * (found.Prices[j] > 0 ? limits[j].Maximum : limits[j].Minimum);
        return bound;
    }

    private static (int MustBeAssigned, double Cost)? TryEverything(MatchingProblem problem)
    {
        (int, double)? best = null;
        var loads = new int[problem.Managers];
        Try(0, 0, 0);
        return best;

        void Try(int customer, int out_, double cost)
        {
            if (customer == problem.Customers)
            {
                if (loads.Where((load, j) => load < problem.LoadLimits[j].Minimum).Any())
                    return;
                if (best is not { } known || out_ < known.Item1 || (out_ == known.Item1 && cost < known.Item2))
                    best = (out_, cost);
                return;
            }

            for (var j = 0; j < loads.Length; j++)
            {
                if (float.IsInfinity(problem.Cost(customer, j)) || loads[j] == problem.LoadLimits[j].Maximum)
                    continue;
                loads[j]++;
                Try(customer + 1, out_, cost + problem.Cost(customer, j));
                loads[j]--;
            }

            var stay = problem.UnassignedCost(customer);
            Try(customer + 1, out_ + (float.IsNaN(stay) ? 1 : 0), cost + (float.IsNaN(stay) ? 0 : stay));
        }
    }
}
