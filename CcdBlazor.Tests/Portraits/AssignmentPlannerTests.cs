using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Tests.Portraits;

public sealed class AssignmentPlannerTests
{
    [Fact]
    public void Every_rule_holds_in_every_world()
    {
        for (var seed = 0; seed < 120; seed++)
        {
            var input = RandomWorld(seed);
            var planned = AssignmentPlanner.Plan(input, null, default);
            if (!input.Managers.Any(m => m.TakesPart))
            {
                Assert.Equal("matching.no_managers", planned.Refusal?.Code);
                continue;
            }

            var plan = planned.Value;
            var managers = input.Managers.ToDictionary(m => m.Id);
            var portraits = input.Customers.ToDictionary(c => c.Id, c => c.Portrait);
            foreach (var (id, load) in plan.Pairs.Where(p => p.ToManagerId is not null).GroupBy(p => p.ToManagerId!.Value).Select(g => (g.Key, g.Count())))
                Assert.True(load + input.ElsewhereLoad.GetValueOrDefault(id) <= Math.Max(managers[id].Maximum, input.ElsewhereLoad.GetValueOrDefault(id)), $"capacity, seed {seed}");
            foreach (var pair in plan.Pairs.Where(p => p.ToManagerId is not null))
            {
                var manager = managers[pair.ToManagerId!.Value];
                Assert.True(manager.TakesPart, $"absent, seed {seed}");
                Assert.DoesNotContain((pair.CustomerId, manager.Id), input.Conflicts);
                Assert.Null(new ScoreBook([manager], input.Rules).Explain(portraits[pair.CustomerId], 0).Excluded);
                Assert.Equal(pair.Kind == PlanKind.Kept, pair.FromOwnerId == manager.Id);
                Assert.NotEmpty(pair.Reasons);
            }

            Assert.Equal(input.Customers.Count, plan.Pairs.Count + plan.Left);
            Assert.All(plan.Pairs.Where(p => p.Kind == PlanKind.Unassigned), p => Assert.NotEmpty(p.Reasons[0]));
            Assert.Equal(0, plan.Gap);
            // As good as greedy where both assign as many; never fewer.
            Assert.True(plan.Optimal.Assigned >= plan.Greedy.Assigned, $"fewer than greedy, seed {seed}");
            // Greedy assignment knows no minimum, so it may be dearer to keep one.
            if (plan.Optimal.Assigned == plan.Greedy.Assigned && input.Managers.All(m => m.Minimum == 0))
                Assert.True(Worth(plan.Optimal) >= Worth(plan.Greedy) - 1e-3, $"worse than greedy, seed {seed}");

            double Worth(PlanFigures figures) => figures.Score + (figures.Assigned - figures.Moved) * input.Rules.Sticky;
        }
    }

    [Fact]
    public void The_same_input_gives_the_same_plan_in_whatever_order_it_comes()
    {
        var input = RandomWorld(11);
        var turned = input with { Customers = [.. input.Customers.Reverse()], Managers = [.. input.Managers.Reverse()] };
        static IEnumerable<(Guid, Guid?)> Of(AssignmentInput i) => AssignmentPlanner.Plan(i, null, default).Value.Pairs.Select(p => (p.CustomerId, p.ToManagerId));
        Assert.Equal(Of(input), Of(turned));
    }

    [Fact]
    public void A_relation_is_kept_unless_another_manager_fits_better_by_more_than_it_is_worth()
    {
        var (present, better) = (ScoreTests.Manager("现任", [], []), ScoreTests.Manager("更合适", ["购房", "装修", "教育"], []));
        var customer = Open(present.Id, ScoreTests.Customer(["购房", "装修", "教育"], []));
        Assert.Equal(PlanKind.Kept, Plan([customer], [present, better], new ScoreRules { Sticky = 3.5 }).Pairs[0].Kind);
        var moved = Plan([customer], [present, better], new ScoreRules { Sticky = 2.5 }).Pairs[0];
        Assert.Equal((PlanKind.Moved, better.Id, 3d, 0d), (moved.Kind, moved.ToManagerId, moved.Score, moved.Today));
    }

    [Fact]
    public void With_too_few_places_the_best_pairs_get_them_and_the_rest_hears_why()
    {
        var manager = ScoreTests.Manager("唯一", ["购房"], [], maximum: 1);
        var (good, poor) = (Open(Guid.NewGuid(), ScoreTests.Customer(["购房"], [])), Open(Guid.NewGuid(), ScoreTests.Customer([], [])));
        var plan = Plan([poor, good], [manager], new ScoreRules());
        Assert.Equal(manager.Id, plan.Pairs.Single(p => p.CustomerId == good.Id).ToManagerId);
        var left = plan.Pairs.Single(p => p.CustomerId == poor.Id);
        Assert.Equal((PlanKind.Unassigned, true), (left.Kind, left.Reasons[0].Contains("名额", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_may_have_no_manager_hears_which_rule_it_was()
    {
        var manager = ScoreTests.Manager("李经理", [], [], ["zh"]);
        var customer = Open(Guid.NewGuid(), ScoreTests.Customer([], [], "id"));
        var plan = Plan([customer], [manager], new ScoreRules { LanguageRule = RuleStrength.Hard });
        Assert.Contains("语言", plan.Pairs[0].Reasons[0], StringComparison.Ordinal);
        var avoided = Plan([customer], [manager], new ScoreRules(), [(customer.Id, manager.Id)]);
        Assert.Contains("回避", avoided.Pairs[0].Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Customers_of_absent_and_of_excepted_managers_stay_and_can_be_taken_from_the_absent_by_a_setting()
    {
        var (absent, excepted, ready) = (ScoreTests.Manager("休假", [], [], absent: true), ScoreTests.Manager("不参与", [], [], noAutomatic: true), ScoreTests.Manager("在岗", [], []));
        OpenCustomer[] customers = [Open(absent.Id, PortraitVector.Nobody), Open(excepted.Id, PortraitVector.Nobody), Open(ready.Id, PortraitVector.Nobody)];
        Assert.Equal((2, 1), (Plan(customers, [absent, excepted, ready], new ScoreRules()).Left, Plan(customers, [absent, excepted, ready], new ScoreRules()).Pairs.Count));
        var taken = Plan(customers, [absent, excepted, ready], new ScoreRules { MoveFromAbsent = true });
        Assert.Equal((1, ready.Id), (taken.Left, taken.Pairs.Single(p => p.CustomerId == customers[0].Id).ToManagerId));
    }

    [Fact]
    public void A_minimum_is_filled_and_one_that_cannot_be_is_named()
    {
        var (busy, idle) = (ScoreTests.Manager("忙", ["购房"], []), ScoreTests.Manager("闲", [], [], minimum: 2));
        OpenCustomer[] three = [.. Enumerable.Range(0, 3).Select(_ => Open(busy.Id, ScoreTests.Customer(["购房"], [])))];
        Assert.Equal(2, Plan(three, [busy, idle], new ScoreRules()).Pairs.Count(p => p.ToManagerId == idle.Id));
        Assert.Contains("闲还差 1 位", Assert.Single(Plan(three[..1], [busy, idle], new ScoreRules()).Shortfalls), StringComparison.Ordinal);
    }

    [Fact]
    public void All_customers_equal_one_manager_and_no_customer_are_no_trouble()
    {
        var (one, two) = (ScoreTests.Manager("甲", [], [], maximum: 2), ScoreTests.Manager("乙", [], [], maximum: 2));
        OpenCustomer[] equal = [.. Enumerable.Range(0, 6).Select(_ => Open(Guid.NewGuid(), PortraitVector.Nobody))];
        var plan = Plan(equal, [one, two], new ScoreRules());
        Assert.Equal((4, 2, 0d), (plan.Optimal.Assigned, plan.Optimal.Unassigned, plan.Optimal.LoadGini));
        Assert.Empty(Plan([], [one], new ScoreRules()).Pairs);
        Assert.Equal(2, Plan(equal, [one], new ScoreRules()).Optimal.Assigned);
    }

    [Fact]
    public void Customers_that_a_manager_has_elsewhere_fill_places()
    {
        var manager = ScoreTests.Manager("李经理", [], [], maximum: 3);
        OpenCustomer[] customers = [.. Enumerable.Range(0, 3).Select(_ => Open(Guid.NewGuid(), PortraitVector.Nobody))];
        var plan = AssignmentPlanner.Plan(new AssignmentInput(customers, [manager], new HashSet<(Guid, Guid)>(), new Dictionary<Guid, int> { [manager.Id] = 2 }, new ScoreRules()), null, default).Value;
        Assert.Equal((1, 3), (plan.Optimal.Assigned, plan.Loads[manager.Id]));
    }

    private static AssignmentPlan Plan(OpenCustomer[] customers, ManagerRow[] managers, ScoreRules rules, (Guid, Guid)[]? conflicts = null)
    {
        var plan = AssignmentPlanner.Plan(new AssignmentInput(customers, managers, (conflicts ?? []).ToHashSet(), new Dictionary<Guid, int>(), rules), null, default);
        Assert.True(plan.Ok, plan.Refusal?.Text);
        return plan.Value;
    }

    private static OpenCustomer Open(Guid owner, PortraitVector portrait) => new(Guid.CreateVersion7(), owner, 100_000, portrait);

    private static AssignmentInput RandomWorld(int seed)
    {
        var random = new Random(seed);
        string[] Some(IEnumerable<string> of) => [.. of.Where(_ => random.Next(3) == 0)];
        var words = Traits.OfferedNeeds.Take(10).ToArray();
        string[] languages = ["zh", "yue", "en", "id"];
        string[] regions = ["11", "31", "44"];
        ManagerRow[] managers =
        [
            .. Enumerable.Range(0, random.Next(1, 7)).Select(i =>
            {
                var maximum = random.Next(0, 8);
                return ScoreTests.Manager(
                    $"经理{i}", Some(words), Some(words), Some(languages), Some(regions), (ManagerLevel)random.Next(4), maximum, seed % 2 == 0 ? 0 : random.Next(0, maximum + 1), random.Next(8) == 0, random.Next(8) == 0);
            }),
        ];
        OpenCustomer[] customers =
        [
            .. Enumerable.Range(0, random.Next(0, 30)).Select(_ => Open(
                random.Next(3) == 0 ? Guid.NewGuid() : managers[random.Next(managers.Length)].Id,
                ScoreTests.Customer(Some(words), Some(words), random.Next(2) == 0 ? languages[random.Next(4)] : null, random.Next(2) == 0 ? regions[random.Next(3)] : null))),
        ];
        var conflicts = customers.Where(_ => random.Next(5) == 0).Select(c => (c.Id, managers[random.Next(managers.Length)].Id)).ToHashSet();
        return new AssignmentInput(
            customers, managers, conflicts, managers.Where(_ => random.Next(3) == 0).ToDictionary(m => m.Id, _ => random.Next(3)),
            new ScoreRules { LanguageRule = (RuleStrength)random.Next(3), RegionRule = (RuleStrength)random.Next(3), Sticky = random.Next(5), MoveFromAbsent = random.Next(2) == 0 });
    }
}
