using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Domain.Portraits.Scoring;
using CcdBlazor.Domain.Satisfaction;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Portraits;

/// <summary>Each test on a database of its own: a run takes up everything that is open.</summary>
public sealed class EffectsTests : IAsyncLifetime
{
    private readonly PortraitsWorld world = new();
    private readonly EffectsWorld house;

    public EffectsTests() => house = new EffectsWorld(world);

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        await house.FurnishAsync();
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task The_moved_are_compared_with_those_that_stayed_and_with_the_span_before()
    {
        var (buyers, drivers, early) = (await house.BuyersAsync(4), await house.DriversAsync(3), await house.DriversAsync(2));
        house.Pass(40);
        await house.DecideAsync(early[0], CustomerMove.Approve);
        house.Pass(5);
        var run = await house.RunAsync();
        house.Pass(3.5);
        await house.DecideAsync(buyers[0], CustomerMove.Approve, 5);
        await house.DecideAsync(drivers[0], CustomerMove.Reject, 2);
        house.Pass(6);
        await house.DecideAsync(buyers[1], CustomerMove.Approve, 4);
        house.Pass(30);
        // After the span: open at its end, whatever came later.
        await house.DecideAsync(buyers[2], CustomerMove.Approve, 5);

        var view = await house.CountAsync();
        var (moved, stayed, before) = (view.Of(EffectCohort.Moved)!, view.Of(EffectCohort.Stayed)!, view.Of(EffectCohort.Before)!);
        Assert.Equal(new EffectSums(4, 2, 0, 2, 9), moved.Sums);
        Assert.Equal(new EffectSums(4, 0, 1, 1, 2), stayed.Sums);
        // One span before the run there were nine, all open; one was approved until the run.
        Assert.Equal(new EffectSums(9, 1, 0, 0, 0), before.Sums);
        Assert.Equal(new EffectDuration(4, 2, 10, null), moved.ToApproved);
        Assert.Equal(50, view.Against!.Points);
        Assert.Equal((run, 30, 30), (Assert.Single(view.Runs).Id, view.Runs[0].Span!.Value, view.Runs[0].Days!.Value));
        Assert.Empty(moved.Excluded);
    }

    [Fact]
    public async Task Counting_again_changes_nothing()
    {
        var buyers = await house.BuyersAsync(3);
        house.Pass(1);
        await house.RunAsync();
        house.Pass(2);
        await house.DecideAsync(buyers[0], CustomerMove.Approve, 4);
        house.Pass(40);
        var first = await house.CountAsync();
        var second = await house.CountAsync();
        Assert.Equal(first.Cohorts.Select(c => (c.Sums, c.ToApproved, c.ToComplete, c.FromOpening)), second.Cohorts.Select(c => (c.Sums, c.ToApproved, c.ToComplete, c.FromOpening)));
        await using var db = await world.DbAsync();
        Assert.Equal(3, await db.EffectCases.CountAsync(c => c.Cohort == EffectCohort.Moved));
    }

    [Fact]
    public async Task While_the_span_lasts_the_undecided_are_open_and_the_run_is_named_as_early()
    {
        await house.BuyersAsync(2);
        house.Pass(1);
        await house.RunAsync();
        house.Pass(4.2);
        var view = await house.CountAsync();
        Assert.Equal(new EffectSums(2, 0, 0, 0, 0), view.Of(EffectCohort.Moved)!.Sums);
        Assert.All((await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter()), new PageRequest(), house.Lead, default)).Value.Rows, r => Assert.Equal((null, null), (r.DecidedDay, r.CompleteDay)));
        Assert.Equal((4, false), (view.Runs[0].Days, Assert.Single(view.Months).Full));
        Assert.Null(view.Of(EffectCohort.Moved)!.ToApproved.MedianDays);
    }

    [Fact]
    public async Task Too_few_cases_have_a_number_and_no_share()
    {
        Assert.True((await world.Get<Domain.Settings.SettingsService>().ChangeAsync(EffectSettings.Fewest, 5, 1, "测试", new SystemActor("test"), default)).Ok);
        await world.Get<Domain.Settings.SettingsReader>().LoadAsync(default);
        var buyers = await house.BuyersAsync(4);
        await house.RunAsync();
        house.Pass(1);
        await house.DecideAsync(buyers[0], CustomerMove.Approve, 5);
        var view = await house.CountAsync();
        var moved = view.Of(EffectCohort.Moved)!;
        Assert.Equal((4, null, null, null), (moved.Sums.Cases, moved.Sums.Converted.Percent(view.Fewest), moved.Sums.MeanStars(view.Fewest), moved.ToApproved.MedianDays));
        Assert.Null(view.Against);
        Assert.Contains("客户太少", string.Concat(EffectsExport.Figures(view)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_undone_is_named_and_not_counted()
    {
        await house.BuyersAsync(3);
        var run = await house.RunAsync();
        house.Pass(2);
        Assert.True((await house.Assignments.UndoAsync(run, house.Lead, default)).Ok);
        house.Pass(40);
        var view = await house.CountAsync(new EffectFilter(run));
        Assert.Equal((RunState.Undone, 0), (view.Run!.State, view.Of(EffectCohort.Moved)!.Sums.Cases));
        Assert.Equal([(EffectExclusion.Undone, 3)], view.Of(EffectCohort.Moved)!.Excluded);
        Assert.Equal(3, (await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter(run), EffectCohort.Moved, Exclusion: EffectExclusion.Undone), new PageRequest(), house.Lead, default)).Value.Total);
    }

    [Fact]
    public async Task Who_changes_hands_before_a_decision_belongs_to_neither_side_and_after_one_it_does_not_matter()
    {
        var (buyers, drivers) = (await house.BuyersAsync(3), await house.DriversAsync(2));
        await house.RunAsync();
        house.Pass(1);
        await house.HandToAsync(buyers[0], house.Car);
        await house.HandToAsync(drivers[0], house.House);
        await house.DecideAsync(buyers[1], CustomerMove.Approve);
        house.Pass(1);
        await house.HandToAsync(buyers[1], house.Car);
        house.Pass(40);
        var view = await house.CountAsync();
        Assert.Equal((new EffectSums(2, 1, 0, 0, 0), new EffectSums(1, 0, 0, 0, 0)), (view.Of(EffectCohort.Moved)!.Sums, view.Of(EffectCohort.Stayed)!.Sums));
        Assert.Equal([(EffectExclusion.ChangedHands, 1)], view.Of(EffectCohort.Moved)!.Excluded);
        Assert.Equal([(EffectExclusion.ChangedHands, 1)], view.Of(EffectCohort.Stayed)!.Excluded);
    }

    [Fact]
    public async Task A_file_that_was_reopened_within_the_span_is_open_and_one_decided_before_is_named()
    {
        var (buyers, drivers) = (await house.BuyersAsync(1), await house.DriversAsync(1));
        var run = await house.DryRunAsync();
        await house.DecideAsync(drivers[0], CustomerMove.Approve);
        house.Pass(0.5);
        Assert.True((await house.Assignments.ApplyAsync(run, null, null, house.Lead, default)).Ok);
        house.Pass(1);
        await house.DecideAsync(buyers[0], CustomerMove.Approve);
        house.Pass(1);
        await house.DecideAsync(buyers[0], CustomerMove.Reopen);
        house.Pass(40);
        var view = await house.CountAsync();
        Assert.Equal(new EffectSums(1, 0, 0, 0, 0), view.Of(EffectCohort.Moved)!.Sums);
        Assert.Equal([(EffectExclusion.DecidedBefore, 1)], view.Of(EffectCohort.Stayed)!.Excluded);
    }

    [Fact]
    public async Task The_deleted_are_named_and_not_counted()
    {
        var buyers = await house.BuyersAsync(2);
        await house.RunAsync();
        house.Pass(3);
        Assert.True((await world.Get<CustomerService>().DeleteAsync(buyers[0], "重复登记", house.Lead, default)).Ok);
        house.Pass(40);
        var moved = (await house.CountAsync()).Of(EffectCohort.Moved)!;
        Assert.Equal(1, moved.Sums.Cases);
        Assert.Equal([(EffectExclusion.Deleted, 1)], moved.Excluded);
    }

    [Fact]
    public async Task The_time_to_completion_leaves_out_who_was_complete_before()
    {
        var buyers = await house.BuyersAsync(3);
        await house.CompleteAsync(buyers[0]);
        await house.RunAsync();
        house.Pass(1.5);
        await house.CompleteAsync(buyers[1]);
        house.Pass(40);
        Assert.Equal(new EffectDuration(2, 1, 2, null), (await house.CountAsync()).Of(EffectCohort.Moved)!.ToComplete);
    }

    [Fact]
    public async Task Classes_and_managers_add_up_to_the_groups_and_an_account_in_disuse_keeps_its_figures()
    {
        var (buyers, drivers) = (await house.BuyersAsync(2), await house.DriversAsync(1));
        await house.RunAsync();
        house.Pass(1);
        await house.DecideAsync(buyers[0], CustomerMove.Approve);
        await house.DecideAsync(drivers[0], CustomerMove.Approve);
        house.Pass(40);
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync($"update staff set disabled = true where id = {house.House.StaffId}");
        var view = await house.CountAsync();
        // Four needs and the lift make a C; one need is an E.
        Assert.Equal((2, 1), (view.Classes.Single(c => c.Class == ScoreClass.C).Sums.Cases, view.Classes.Single(c => c.Class == ScoreClass.C).Sums.Approved));
        Assert.Equal(view.Cohorts.Where(c => c.Cohort != EffectCohort.Before).Sum(c => c.Sums.Cases), view.Classes.Sum(c => c.Sums.Cases));
        var of = view.Managers.ToDictionary(m => m.ManagerId);
        Assert.Equal((2, 1, true), (of[house.House.StaffId].Moved.Cases, of[house.House.StaffId].Moved.Approved, of[house.House.StaffId].Disabled));
        Assert.Equal((1, 0), (of[house.Car.StaffId].Stayed.Cases, of[house.Car.StaffId].Moved.Cases));
        // An account that is not there at all (a figure of long ago) has its figures without a name.
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync($"update assignment_effect_counts set manager_id = {Guid.NewGuid()} where manager_id = {house.House.StaffId}");
        Assert.Contains((await house.ViewAsync()).Managers, m => m.Name is null && m.Moved.Cases == 2);
    }

    [Fact]
    public async Task A_part_that_is_applied_later_is_followed_from_its_own_moment()
    {
        var buyers = await house.BuyersAsync(2);
        var run = await house.RunAsync([buyers[0]]);
        house.Pass(10);
        Assert.True((await house.Assignments.ApplyAsync(run, null, null, house.Lead, default)).Ok);
        house.Pass(25);
        await house.DecideAsync(buyers[1], CustomerMove.Approve);
        house.Pass(1);
        var view = await house.CountAsync();
        Assert.Equal(new EffectSums(2, 1, 0, 0, 0), view.Of(EffectCohort.Moved)!.Sums);
        Assert.Equal(26, view.Runs[0].Days);
    }

    [Fact]
    public async Task A_leader_sees_the_customers_of_his_departments_a_manager_his_own_and_others_nothing()
    {
        var buyers = await house.BuyersAsync(3);
        await house.RunAsync();
        house.Pass(2);
        await house.DecideAsync(buyers[0], CustomerMove.Approve);
        var east = await house.DepartmentAsync("华东", buyers[0]);
        var west = await house.DepartmentAsync("华西", buyers[1]);
        house.Pass(40);
        var all = await house.CountAsync();
        Assert.Equal((3, true, false), (all.Of(EffectCohort.Moved)!.Sums.Cases, all.ListsOpen, all.OwnOnly));
        Assert.Equal(1, (await house.ViewAsync(new EffectFilter(DepartmentId: west))).Of(EffectCohort.Moved)!.Sums.Cases);

        var leader = new StaffActor(Guid.CreateVersion7(), "东主管", east, new HashSet<Permission> { Permission.ViewPortraits }, new HashSet<Guid> { east });
        var led = await house.ViewAsync(by: leader);
        Assert.Equal((new EffectSums(1, 1, 0, 0, 0), 1), (led.Of(EffectCohort.Moved)!.Sums, led.Of(EffectCohort.Moved)!.ToApproved.Reached));
        Assert.Equal(buyers[0], Assert.Single((await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter(), EffectCohort.Moved), new PageRequest(), leader, default)).Value.Rows).CustomerId);
        Assert.Equal(EffectRefusals.DepartmentNotYours, (await house.Queries.ViewAsync(new EffectFilter(DepartmentId: west), leader, default)).Refusal);
        Assert.Equal(EffectRefusals.DepartmentNotYours, (await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter(DepartmentId: west)), new PageRequest(), leader, default)).Refusal);

        var own = await house.ViewAsync(by: house.House);
        Assert.Equal((true, 3, 3), (own.OwnOnly, own.Of(EffectCohort.Moved)!.Sums.Cases, own.Of(EffectCohort.Moved)!.ToApproved.Cases));
        Assert.Equal(0, (await house.ViewAsync(by: house.Car)).Of(EffectCohort.Moved)!.Sums.Cases);

        var nobody = new StaffActor(Guid.CreateVersion7(), "路人", null, new HashSet<Permission>(), new HashSet<Guid>());
        Assert.Equal(CommonRefusals.Forbidden, (await house.Queries.ViewAsync(new EffectFilter(), nobody, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter()), new PageRequest(), nobody, default)).Refusal);
        var figures = new StaffActor(Guid.CreateVersion7(), "统计员", null, new HashSet<Permission> { Permission.ViewPortraits, Permission.ViewStatistics }, new HashSet<Guid>());
        Assert.Equal((3, false), ((await house.ViewAsync(by: figures)).Of(EffectCohort.Moved)!.Sums.Cases, (await house.ViewAsync(by: figures)).ListsOpen));
        Assert.Equal(0, (await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter()), new PageRequest(), figures, default)).Value.Total);
    }

    [Fact]
    public async Task A_run_that_was_not_carried_out_has_no_effect_and_is_not_found()
    {
        await house.BuyersAsync(1);
        var run = await house.DryRunAsync();
        Assert.Empty((await house.CountAsync()).Runs);
        Assert.Equal(EffectRefusals.RunNotCounted, (await house.Queries.ViewAsync(new EffectFilter(run), house.Lead, default)).Refusal);
        Assert.Equal(EffectRefusals.RunNotCounted, (await house.Queries.ViewAsync(new EffectFilter(Guid.NewGuid()), house.Lead, default)).Refusal);
    }

    [Fact]
    public async Task Every_figure_is_as_long_as_its_list_and_the_export_names_the_same_customers()
    {
        var (buyers, drivers) = (await house.BuyersAsync(3), await house.DriversAsync(2));
        await house.RunAsync();
        house.Pass(1);
        await house.DecideAsync(buyers[0], CustomerMove.Approve, 4);
        await house.DecideAsync(drivers[0], CustomerMove.Reject);
        house.Pass(40);
        var view = await house.CountAsync();
        foreach (var cohort in view.Cohorts)
            foreach (var (result, expected) in new[] { (EffectResult.Approved, cohort.Sums.Approved), (EffectResult.Rejected, cohort.Sums.Rejected), (EffectResult.Open, cohort.Sums.Open) })
                Assert.Equal(expected, (await house.Queries.CasesAsync(new EffectListFilter(new EffectFilter(), cohort.Cohort, result), new PageRequest(), house.Lead, default)).Value.Total);
        var rated = new EffectListFilter(new EffectFilter(), EffectCohort.Moved, Rated: true);
        var lines = new List<string>();
        await foreach (var line in world.Get<EffectsExport>().CasesAsync(rated, house.Lead, default))
            lines.Add(line);
        Assert.Equal(2, lines.Count);
        Assert.Contains(",已更换负责人,房产经理,C,", lines[1], StringComparison.Ordinal);
        Assert.Contains("已通过", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_a_customer_answers_is_a_trait_with_source_and_date_that_nobody_writes()
    {
        var customer = (await house.BuyersAsync(1))[0];
        var decision = await house.DecideAsync(customer, CustomerMove.Approve);
        var asked = world.Clock.GetUtcNow();
        await using (var db = await world.DbAsync())
        {
            db.Add(new SatisfactionRequest { DecisionId = decision, CustomerId = customer, AskedAt = asked, MessageId = Guid.NewGuid() });
            await db.SaveChangesAsync();
        }

        Assert.Null((await world.TraitAsync(customer, Traits.ReplyRate)).Counts);
        house.Pass(0.25);
        await using (var db = await world.DbAsync())
        {
            db.Add(SatisfactionRating.Give(decision, customer, new RatingDraft(5), new LinkActor(Guid.NewGuid(), customer), world.Clock.GetUtcNow()));
            await db.SaveChangesAsync();
        }

        var (hours, rate) = (await world.TraitAsync(customer, Traits.ReplyHours), await world.TraitAsync(customer, Traits.ReplyRate));
        Assert.Equal((6d, TraitSource.Behaviour, asked.AddHours(6)), (hours.Counts!.Value.Number!.Value, hours.Counts.Source, hours.Counts.At));
        Assert.Equal(100, rate.Counts!.Value.Number);
        var filled = await world.Portraits.FillAsync(customer, new PortraitDraft([new TraitInput(Traits.ReplyHours, "1")], world.Clock.GetUtcNow()), house.Lead, default);
        Assert.Equal("portrait.only_derived", filled.Refusal!.Code);
    }
}
