using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Portraits;

/// <summary>Each test on a database of its own: a run takes up everything that is open.</summary>
public sealed class AssignmentServiceTests : IAsyncLifetime
{
    private readonly PortraitsWorld world = new();
    private StaffActor lead = default!;

    private AssignmentService Assignments => world.Get<AssignmentService>();

    private AssignmentQueries Queries => world.Get<AssignmentQueries>();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        lead = await world.PersonAsync("吴主管");
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_dry_run_changes_nobody_and_says_what_it_would_change_and_why()
    {
        var (house, car, customer) = await BuyerAsync();
        var run = await RunAsync();
        Assert.Equal(RunState.Ready, run.Run.State);
        var row = Assert.Single(await RowsAsync(run.Run.Id));
        Assert.Equal((PlanKind.Moved, car.StaffId, house.StaffId, 4d), (row.Kind, row.FromOwnerId, row.ToManagerId!.Value, row.Score));
        Assert.Contains("需求相符 4 项：", row.Reasons[0], StringComparison.Ordinal);
        Assert.Equal((4d, 0d, 1), (run.Run.Figures!.Optimal.Score, run.Run.Figures.Today.Score, run.Run.Figures.Optimal.Moved));
        Assert.Equal(car.StaffId, await OwnerAsync(customer));
    }

    [Fact]
    public async Task An_approved_run_hands_over_and_an_undone_one_gives_back()
    {
        var (house, car, customer) = await BuyerAsync();
        var run = await RunAsync();
        var applied = await Assignments.ApplyAsync(run.Run.Id, null, "季度调整", lead, default);
        Assert.Equal(new AssignmentOutcome(1, 0), applied.Value);
        Assert.Equal(house.StaffId, await OwnerAsync(customer));
        var after = (await Queries.DetailAsync(run.Run.Id, lead, default)).Value;
        Assert.Equal((RunState.Applied, "吴主管", 0, 1), (after.Run.State, after.Run.ApprovedBy, after.ChangesLeft, after.Applied));
        var change = (await world.Get<CustomerQueries>().OwnerHistoryAsync(customer, lead, default))[0];
        Assert.Equal((OwnerChangeCause.AutoAssigned, "季度调整", "吴主管"), (change.Cause, change.Reason, change.By));

        Assert.Equal(new AssignmentOutcome(1, 0), (await Assignments.UndoAsync(run.Run.Id, lead, default)).Value);
        Assert.Equal(car.StaffId, await OwnerAsync(customer));
        Assert.Equal(AssignmentRefusals.NotApplied, (await Assignments.UndoAsync(run.Run.Id, lead, default)).Refusal);
    }

    [Fact]
    public async Task Only_chosen_customers_are_handed_over_and_the_rest_can_follow()
    {
        var (house, _, first) = await BuyerAsync();
        var other = await world.ManagerAsync("别人");
        var second = await BuyingAsync(other);
        var run = await RunAsync();
        Assert.Equal(2, run.ChangesLeft);
        Assert.Equal(1, (await Assignments.ApplyAsync(run.Run.Id, [second], null, lead, default)).Value.Changed);
        Assert.NotEqual(house.StaffId, await OwnerAsync(first));
        Assert.Equal(1, (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value.Changed);
        Assert.Equal((house.StaffId, house.StaffId), (await OwnerAsync(first), await OwnerAsync(second)));
        Assert.Equal(AssignmentRefusals.NothingToApply, (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Refusal);
    }

    [Fact]
    public async Task Nothing_is_approved_by_the_program_or_by_who_may_not()
    {
        await BuyerAsync();
        var run = await RunAsync();
        Assert.Equal(AssignmentRefusals.NeedsPerson, (await Assignments.ApplyAsync(run.Run.Id, null, null, new SystemActor("job"), default)).Refusal);
        var clerk = await world.PersonAsync("客服", null, Permission.ViewAllCustomers, Permission.ViewPortraits, Permission.ManagePortraits);
        Assert.Equal(CommonRefusals.Forbidden, (await Assignments.ApplyAsync(run.Run.Id, null, null, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Assignments.UndoAsync(run.Run.Id, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Assignments.StartAsync(false, await world.PersonAsync("客服", null, Permission.ViewAllCustomers), default)).Refusal);
    }

    [Fact]
    public async Task Two_runs_at_once_are_refused_until_the_first_is_through()
    {
        await BuyerAsync();
        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Assignments.StartAsync(false, lead, default)));
        var first = Assert.Single(started, s => s.Ok);
        Assert.All(started.Where(s => !s.Ok), s => Assert.Equal(AssignmentRefusals.Running, s.Refusal));
        Assert.True(await world.Get<AssignmentWork>().StepAsync(default));
        Assert.False(await world.Get<AssignmentWork>().StepAsync(default));
        Assert.Equal(RunState.Ready, (await Queries.DetailAsync(first.Value, lead, default)).Value.Run.State);
        Assert.True((await Assignments.StartAsync(false, lead, default)).Ok);
    }

    [Fact]
    public async Task A_run_that_a_dead_node_left_is_computed_anew()
    {
        await BuyerAsync();
        var id = (await Assignments.StartAsync(false, lead, default)).Value;
        await using (var db = await world.DbAsync())
        {
            var run = await db.AssignmentRuns.SingleAsync(r => r.Id == id);
            run.TakeUp(new(), world.Clock.GetUtcNow());
            await db.SaveChangesAsync();
        }

        Assert.False(await world.Get<AssignmentWork>().StepAsync(default));
        world.Clock.Advance(AssignmentRun.LostAfter + TimeSpan.FromSeconds(1));
        Assert.True(await world.Get<AssignmentWork>().StepAsync(default));
        Assert.Equal(RunState.Ready, (await Queries.DetailAsync(id, lead, default)).Value.Run.State);
    }

    [Fact]
    public async Task A_manager_who_left_after_the_run_gets_nobody()
    {
        var (house, car, customer) = await BuyerAsync();
        var run = await RunAsync();
        await using (var db = await world.DbAsync())
            await db.StaffMembers.Where(s => s.Id == house.StaffId).ExecuteUpdateAsync(s => s.SetProperty(m => m.Disabled, true));
        Assert.Equal(new AssignmentOutcome(0, 1), (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value);
        Assert.Equal(car.StaffId, await OwnerAsync(customer));
        Assert.Equal((RowOutcome.Skipped, "客户经理已离岗"), Outcome(Assert.Single(await RowsAsync(run.Run.Id))));
    }

    [Fact]
    public async Task A_manager_who_leaves_while_the_run_is_computed_gets_nobody_and_the_run_still_ends()
    {
        var (house, car, customer) = await BuyerAsync();
        // The first row that is stored finds the account still open; when it is stored, the account is closed. Definitions take no parameters.
        var leaves =
            $"create function leaves() returns trigger language plpgsql as $$ begin update staff set disabled = true where id = '{house.StaffId}'; return null; end $$; create trigger leaves after insert on assignment_rows execute function leaves()";
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlRawAsync(leaves);
        var run = await RunAsync();
        Assert.Equal((RunState.Ready, 1), (run.Run.State, run.ChangesLeft));
        Assert.Equal(new AssignmentOutcome(0, 1), (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value);
        Assert.Equal((RowOutcome.Skipped, "客户经理已离岗"), Outcome(Assert.Single(await RowsAsync(run.Run.Id))));
        Assert.Equal(car.StaffId, await OwnerAsync(customer));
        // The next run does without.
        Assert.Equal(0, (await RunAsync()).ChangesLeft);
    }

    [Fact]
    public async Task With_fewer_places_than_customers_it_is_told_who_stays_without_and_why()
    {
        var orphanage = await world.PersonAsync("前同事");
        var (first, second) = (await BuyingAsync(orphanage), await world.CustomerAsync(orphanage));
        var only = await world.ManagerAsync("唯一", new ManagerDraft { Capabilities = ["购房"], Maximum = 1 });
        var run = await RunAsync();
        Assert.Equal((1, 1), (run.Run.Figures!.Optimal.Assigned, run.Run.Figures.Optimal.Unassigned));
        var rows = (await RowsAsync(run.Run.Id)).ToDictionary(r => r.CustomerId);
        Assert.Equal((PlanKind.Moved, only.StaffId), (rows[first].Kind, rows[first].ToManagerId!.Value));
        Assert.Equal(PlanKind.Unassigned, rows[second].Kind);
        Assert.Contains("名额", rows[second].Reasons[0], StringComparison.Ordinal);
        Assert.Equal(new AssignmentOutcome(1, 0), (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value);
        Assert.Equal((only.StaffId, orphanage.StaffId), (await OwnerAsync(first), await OwnerAsync(second)));
    }

    [Fact]
    public async Task What_changed_since_the_run_is_skipped_with_its_reason()
    {
        var (house, car, moved) = await BuyerAsync();
        var (deleted, avoided) = (await BuyingAsync(car), await BuyingAsync(car));
        var run = await RunAsync();
        Assert.Equal(3, run.ChangesLeft);
        var third = await world.ManagerAsync("第三人");
        Assert.True((await world.Get<CustomerService>().ChangeOwnerAsync(moved, third.StaffId, lead, default)).Ok);
        Assert.True((await world.Get<CustomerService>().DeleteAsync(deleted, "重复", lead, default)).Ok);
        Assert.True((await world.Managers.AvoidAsync(avoided, house.StaffId, "亲属", lead, default)).Ok);
        // A deleted customer is seen by nobody any more, and so is no part of what is carried out.
        Assert.Equal(new AssignmentOutcome(0, 2), (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value);
        var rows = (await RowsAsync(run.Run.Id)).ToDictionary(r => r.CustomerId);
        Assert.Equal((AssignmentRecheck.OwnerChanged, "已登记回避"), (rows[moved].Why, rows[avoided].Why));
        Assert.Equal(third.StaffId, await OwnerAsync(moved));
    }

    [Fact]
    public async Task A_manager_whose_places_were_taken_meanwhile_gets_no_more_than_fit()
    {
        var (house, car, _) = await BuyerAsync(maximum: 2);
        await BuyingAsync(car);
        var run = await RunAsync();
        Assert.Equal(2, run.ChangesLeft);
        await world.CustomerAsync(house);
        Assert.Equal(new AssignmentOutcome(1, 1), (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value);
        Assert.Equal(2, (await world.ManagerQueries.FindAsync(house.StaffId, lead, default)).Value.Open);
    }

    [Fact]
    public async Task Undoing_leaves_alone_what_somebody_changed_since()
    {
        var (_, car, first) = await BuyerAsync();
        var second = await BuyingAsync(car);
        var run = await RunAsync();
        Assert.Equal(2, (await Assignments.ApplyAsync(run.Run.Id, null, null, lead, default)).Value.Changed);
        var third = await world.ManagerAsync("第三人");
        Assert.True((await world.Get<CustomerService>().ChangeOwnerAsync(second, third.StaffId, lead, default)).Ok);
        Assert.Equal(new AssignmentOutcome(1, 1), (await Assignments.UndoAsync(run.Run.Id, lead, default)).Value);
        Assert.Equal((car.StaffId, third.StaffId), (await OwnerAsync(first), await OwnerAsync(second)));
    }

    [Fact]
    public async Task Without_managers_a_run_fails_in_words()
    {
        await world.CustomerAsync(await world.PersonAsync("客服"));
        var run = await RunAsync();
        Assert.Equal((RunState.Failed, "没有可以参与分配的客户经理。"), (run.Run.State, run.Run.Failure));
    }

    [Fact]
    public async Task A_lead_shares_out_the_own_department_only_and_sees_no_others_customers_in_it()
    {
        var (_, _, foreign) = await BuyerAsync();
        var department = Guid.CreateVersion7();
        await using (var db = await world.DbAsync())
        {
            db.Add(new Department { Id = department, Name = "华东一部", Path = $"/{department:N}/" });
            await db.SaveChangesAsync();
        }

        var (own, mine) = (await world.ManagerAsync("自己人", new ManagerDraft { Capabilities = ["购房"] }), await world.PersonAsync("同事", null, Permission.EditCustomers));
        await using (var db = await world.DbAsync())
            await db.StaffMembers.Where(s => s.Id == own.StaffId || s.Id == mine.StaffId).ExecuteUpdateAsync(s => s.SetProperty(m => m.DepartmentId, department));
        var customer = await world.CustomerAsync(mine with { DepartmentId = department });
        var leader = lead with { Permissions = new HashSet<Permission> { Permission.ViewPortraits, Permission.ManagePortraits, Permission.AssignManagers }, LedDepartments = new HashSet<Guid> { department } };
        var run = await RunAsync(leader);
        Assert.False(run.Run.WholeCompany);
        var row = Assert.Single((await Queries.RowsAsync(run.Run.Id, new(), new PageRequest(), leader, default)).Value.Rows);
        Assert.Equal((customer, own.StaffId), (row.CustomerId, row.ToManagerId));

        Assert.True((await Assignments.DiscardAsync(run.Run.Id, lead, default)).Ok);
        var whole = await RunAsync();
        Assert.DoesNotContain((await Queries.RowsAsync(whole.Run.Id, new(), new PageRequest(), leader, default)).Value.Rows, r => r.CustomerId == foreign);
        Assert.Equal(AssignmentRefusals.NoReach, (await Assignments.StartAsync(false, leader with { LedDepartments = new HashSet<Guid>() }, default)).Refusal);
    }

    [Fact]
    public async Task Suggestions_name_the_best_first_and_leave_out_who_cannot()
    {
        var (house, car, customer) = await BuyerAsync();
        var full = await world.ManagerAsync("已满", new ManagerDraft { Capabilities = ["购房", "装修", "低利率", "大额"], Maximum = 0 });
        var rows = (await Queries.SuggestAsync(customer, lead, default)).Value;
        Assert.Equal((car.StaffId, true), (rows[0].Manager.Id, rows[0].IsOwner));
        Assert.Equal(house.StaffId, rows[1].Manager.Id);
        Assert.Contains("需求相符", rows[1].Score.Factors[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain(rows, r => r.Manager.Id == full.StaffId);
    }

    [Fact]
    public async Task By_hand_a_customer_goes_to_whom_the_lead_says_within_the_rules()
    {
        var (house, _, customer) = await BuyerAsync(maximum: 0);
        Assert.Equal("manager.full", (await Assignments.AssignByHandAsync(customer, house.StaffId, null, false, lead, default)).Refusal?.Code);
        Assert.True((await Assignments.AssignByHandAsync(customer, house.StaffId, "客户要求", true, lead, default)).Ok);
        Assert.Equal(house.StaffId, await OwnerAsync(customer));
        Assert.Equal(AssignmentRefusals.AlreadyHis, (await Assignments.AssignByHandAsync(customer, house.StaffId, null, true, lead, default)).Refusal);
        var conflicted = await world.ManagerAsync("亲属");
        Assert.True((await world.Managers.AvoidAsync(customer, conflicted.StaffId, "表兄弟", lead, default)).Ok);
        Assert.Equal("manager.conflicted", (await Assignments.AssignByHandAsync(customer, conflicted.StaffId, null, true, lead, default)).Refusal?.Code);
        var absent = await world.ManagerAsync("休假", new ManagerDraft { AbsentFrom = new DateOnly(2026, 11, 1) });
        Assert.Equal("manager.absent", (await Assignments.AssignByHandAsync(customer, absent.StaffId, null, true, lead, default)).Refusal?.Code);
        Assert.Equal(ManagerRefusals.NotAManager, (await Assignments.AssignByHandAsync(customer, lead.StaffId, null, true, lead, default)).Refusal);
    }

    [Fact]
    public async Task A_profile_that_somebody_saved_meanwhile_is_not_overwritten_and_rules_of_limits_hold()
    {
        var manager = await world.ManagerAsync("李经理", new ManagerDraft { Maximum = 30 });
        var version = await world.VersionAsync(manager.StaffId);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, (await world.Managers.SaveAsync(manager.StaffId, new ManagerDraft(), 0, lead, default)).Refusal);
        Assert.Equal(nameof(ManagerDraft.Minimum), (await world.Managers.SaveAsync(manager.StaffId, new ManagerDraft { Minimum = 9, Maximum = 3 }, version, lead, default)).Refusal?.Field);
        Assert.Equal(ManagerRefusals.NotAManager, (await world.Managers.SaveAsync(lead.StaffId, new ManagerDraft(), 0, lead, default)).Refusal);
        Assert.True((await world.Managers.SaveAsync(manager.StaffId, new ManagerDraft { Maximum = 20 }, version, lead, default)).Ok);
    }

    [Fact]
    public async Task The_export_holds_every_row_and_no_formula()
    {
        var (_, car, _) = await BuyerAsync();
        await world.CustomerAsync(car, d => d.Name = "=CMD()");
        var run = await RunAsync();
        var text = "";
        await foreach (var line in Queries.ExportAsync(run.Run.Id, new(), lead, default))
            text += line;
        Assert.Contains("'=CMD()", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    /// <summary>Somebody who wants a house, with the manager for cars; the manager for houses has room.</summary>
    private async Task<(StaffActor House, StaffActor Car, Guid Customer)> BuyerAsync(int maximum = 50)
    {
        var house = await world.ManagerAsync("房产经理", new ManagerDraft { Capabilities = ["购房", "装修", "低利率", "大额"], Maximum = maximum });
        var car = await world.ManagerAsync("车贷经理", new ManagerDraft { Capabilities = ["购车"] });
        return (house, car, await BuyingAsync(car));
    }

    private async Task<Guid> BuyingAsync(StaffActor owner)
    {
        var customer = await world.CustomerAsync(owner);
        await world.FillAsync(customer, owner, new TraitInput(Traits.Needs, Tags: ["购房", "装修", "低利率", "大额"]));
        return customer;
    }

    private async Task<RunDetail> RunAsync(StaffActor? by = null)
    {
        var started = await Assignments.StartAsync(false, by ?? lead, default);
        Assert.True(started.Ok, started.Refusal?.Text);
        Assert.True(await world.Get<AssignmentWork>().StepAsync(default));
        return (await Queries.DetailAsync(started.Value, by ?? lead, default)).Value;
    }

    private async Task<IReadOnlyList<RunPairRow>> RowsAsync(Guid run) => (await Queries.RowsAsync(run, new(), new PageRequest(), lead, default)).Value.Rows;

    private static (RowOutcome, string?) Outcome(RunPairRow row) => (row.Outcome, row.Why);

    private async Task<Guid?> OwnerAsync(Guid customer) => (await world.Get<CustomerQueries>().DetailAsync(customer, lead, default)).Value.OwnerId;
}
