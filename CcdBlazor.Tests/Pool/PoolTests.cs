using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Customers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Tests.Pool;

public sealed class PoolTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly StaffActor Admin = CustomersWorld.Administrator();

    private PoolService Service => world.Get<PoolService>();

    private PoolQueries Queries => world.Get<PoolQueries>();

    private PoolRelease Release => world.Get<PoolRelease>();

    private DateTimeOffset Now => world.Clock.GetUtcNow();

    [Fact]
    public async Task Seven_days_after_the_last_follow_up_to_the_second_and_never_by_the_registration()
    {
        var (pool, owner) = await GivenPoolAsync();
        var id = await world.GivenCustomerAsync(owner);
        world.Clock.Advance(TimeSpan.FromDays(6));
        await FollowUpAsync(id, owner);
        var followed = Now;
        world.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.Equal(followed.AddDays(7), (await Queries.CountdownsAsync([id], owner, default))[id].DueAt);
        await Release.ReleaseAsync(Now, default);
        Assert.Equal(owner.StaffId, (await CustomerAsync(id)).OwnerId);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await Release.ReleaseAsync(Now, default);
        var released = await CustomerAsync(id);
        Assert.Equal((null, pool), (released.OwnerId, released.PoolId));
        Assert.Equal(OwnerChangeCause.ReleasedByRule, (await world.Queries.OwnerHistoryAsync(id, Admin, default))[0].Cause);
        Assert.Equal(0, await Release.ReleaseAsync(Now, default));
    }

    [Fact]
    public async Task Who_was_never_followed_counts_from_the_beginning_of_the_ownership()
    {
        var (_, owner) = await GivenPoolAsync();
        var next = await world.KnownAsync(Picker(owner.DepartmentId));
        await world.KnownAsync(Admin);
        var id = await world.GivenCustomerAsync(owner);
        world.Clock.Advance(TimeSpan.FromDays(6));
        Assert.True((await world.Service.ChangeOwnerAsync(id, next.StaffId, Admin, default)).Ok);
        Assert.Equal(Now.AddDays(7), (await Queries.CountdownsAsync([id], next, default))[id].DueAt);
    }

    [Fact]
    public async Task A_file_in_review_rests_and_what_the_review_gave_back_counts_anew()
    {
        var (_, owner) = await GivenPoolAsync();
        var id = await world.GivenCustomerAsync(owner);
        await world.GivenStateAsync(id, CustomerState.InReview);
        world.Clock.Advance(TimeSpan.FromDays(30));
        await Release.ReleaseAsync(Now, default);
        Assert.Equal(owner.StaffId, (await CustomerAsync(id)).OwnerId);
        Assert.Empty(await Queries.CountdownsAsync([id], owner, default));
        await world.MoveAsync(id, CustomerMove.ReturnForMore, Admin, "流水不清晰");
        await Release.ReleaseAsync(Now, default);
        Assert.Equal(Now.AddDays(7), (await Queries.CountdownsAsync([id], owner, default))[id].DueAt);
        Assert.Equal("customer.not_releasable", (await ReleasedAsync(owner, CustomerState.InReview)).Refusal?.Code);
        Assert.Equal("customer.not_releasable", (await ReleasedAsync(owner, CustomerState.Approved)).Refusal?.Code);
        Assert.True((await ReleasedAsync(owner, CustomerState.Complete)).Ok);
    }

    [Fact]
    public async Task Of_two_who_pick_the_same_customer_at_once_one_wins_and_the_other_is_told()
    {
        var (_, owner) = await GivenPoolAsync();
        var pickers = new List<StaffActor>();
        for (var i = 0; i < 6; i++)
            pickers.Add(await world.KnownAsync(Picker(owner.DepartmentId)));
        var id = await PooledAsync(owner);
        var answers = await Task.WhenAll(pickers.Select(p => Service.PickAsync([id], p, default)));
        var winner = Assert.Single(answers, a => a.Ok);
        Assert.Equal(id, Assert.Single(winner.Value.Picked));
        Assert.All(answers.Where(a => !a.Ok), a => Assert.Equal(PoolRefusals.AlreadyTaken, a.Refusal));
        Assert.Single((await world.Queries.OwnerHistoryAsync(id, Admin, default)), h => h.Cause == OwnerChangeCause.Picked);
    }

    [Fact]
    public async Task Nobody_passes_the_daily_limit_or_the_capacity_even_with_many_hands_at_once()
    {
        var (_, owner) = await GivenPoolAsync(d => d with { PicksPerDay = 3, MostHeld = 5 });
        var picker = await world.KnownAsync(Picker(owner.DepartmentId));
        var ids = new List<Guid>();
        for (var i = 0; i < 9; i++)
            ids.Add(await PooledAsync(owner));
        var answers = await Task.WhenAll(ids.Take(5).Select(id => Service.PickAsync([id], picker, default)));
        Assert.Equal(3, answers.Count(a => a.Ok));
        Assert.All(answers.Where(a => !a.Ok), a => Assert.Equal("pool.daily_limit", a.Refusal!.Code));
        // Midnight in Shanghai begins a new day; then the capacity is the edge.
        world.Clock.Advance(CustomerNumbers.StartOf(CustomerNumbers.DayOf(Now).AddDays(1)) - Now);
        var left = ids[5..];
        var many = await Service.PickAsync(left, picker, default);
        Assert.Equal(2, many.Value.Picked.Count);
        Assert.All(many.Value.Refused, r => Assert.Equal("pool.capacity", r.Refusal.Code));
        Assert.Equal(0, (await Queries.PoolsAsync(picker, default)).Single(p => p.HeldLeft is not null).MayStillPick);
    }

    [Fact]
    public async Task The_former_owner_cools_down_and_what_is_new_in_the_pool_is_protected()
    {
        var (pool, owner) = await GivenPoolAsync(d => d with { CoolDownDays = 3, ProtectionDays = 1 });
        var other = await world.KnownAsync(Picker(owner.DepartmentId));
        var id = await PooledAsync(owner);
        Assert.Equal("pool.protected", (await Service.PickAsync([id], other, default)).Refusal?.Code);
        Assert.Equal("pool.cool_down", (await Service.PickAsync([id], owner, default)).Refusal?.Code);
        world.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        Assert.Equal("pool.protected", (await Service.PickAsync([id], other, default)).Refusal?.Code);
        var row = Assert.Single((await Queries.ListAsync(pool, new PoolFilter(), new PageRequest(), owner, default)).Value.Rows);
        Assert.Equal(Now.AddDays(2).AddSeconds(1), row.NotBefore);
        world.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("pool.cool_down", (await Service.PickAsync([id], owner, default)).Refusal?.Code);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await Service.PickAsync([id], owner, default)).Ok);
    }

    [Fact]
    public async Task Who_may_pick_sees_the_masked_row_and_not_the_file()
    {
        var (pool, owner) = await GivenPoolAsync(d => d with { HidesName = true, ViewsPerDay = 2 });
        var (picker, stranger) = (await world.KnownAsync(Picker(owner.DepartmentId)), await world.KnownAsync(Picker(null)));
        const string phone = "13912345678";
        var id = await world.GivenCustomerAsync(owner, CustomersWorld.Draft("欧阳明月", phone, CustomersWorld.FreshIdentity()));
        Assert.True((await Service.ReleaseAsync([id], null, "联系不上", owner, default)).Ok);

        Assert.Equal(CommonRefusals.NotFound, (await world.Queries.DetailAsync(id, picker, default)).Refusal);
        Assert.Empty((await world.Queries.ListAsync(new CustomerFilter("欧阳明月"), new PageRequest(), picker, default)).Rows);
        Assert.Empty(await world.Queries.OwnerHistoryAsync(id, picker, default));
        Assert.Empty(await Queries.CountdownsAsync([id], picker, default));
        var row = Assert.Single((await Queries.ListAsync(pool, new PoolFilter(), new PageRequest(), picker, default)).Value.Rows);
        Assert.Equal(("欧**", null, null), (row.Name, row.Phone, row.Identity));
        foreach (var guess in new[] { phone, phone[^4..], "阳明", "欧阳" })
            Assert.Empty((await Queries.ListAsync(pool, new PoolFilter(guess), new PageRequest(), picker, default)).Value.Rows);
        Assert.Single((await Queries.ListAsync(pool, new PoolFilter(row.Number), new PageRequest(), picker, default)).Value.Rows);
        var detail = (await Queries.OpenAsync(id, picker, default)).Value;
        Assert.DoesNotContain("5678", detail.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("阳明", detail.ToString(), StringComparison.Ordinal);

        Assert.Equal(CommonRefusals.NotFound, (await Queries.ListAsync(pool, new PoolFilter(), new PageRequest(), stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Queries.OpenAsync(id, stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Service.PickAsync([id], stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Service.PickAsync([id], CustomersWorld.Clerk(owner.DepartmentId), default)).Refusal);
    }

    [Fact]
    public async Task The_same_detail_counts_once_a_day_and_beyond_the_limit_none_opens()
    {
        var (_, owner) = await GivenPoolAsync(d => d with { ViewsPerDay = 2 });
        var picker = await world.KnownAsync(Picker(owner.DepartmentId));
        var ids = new[] { await PooledAsync(owner), await PooledAsync(owner), await PooledAsync(owner) };
        Assert.Equal(1, (await Queries.OpenAsync(ids[0], picker, default)).Value.ViewsLeft);
        Assert.Equal(1, (await Queries.OpenAsync(ids[0], picker, default)).Value.ViewsLeft);
        Assert.Equal(0, (await Queries.OpenAsync(ids[1], picker, default)).Value.ViewsLeft);
        Assert.Equal("pool.view_limit", (await Queries.OpenAsync(ids[2], picker, default)).Refusal?.Code);
        Assert.True((await Queries.OpenAsync(ids[0], picker, default)).Ok);
    }

    [Fact]
    public async Task A_release_loses_nothing_and_tells_owner_and_leader()
    {
        var (pool, owner) = await GivenPoolAsync();
        var leader = await world.KnownAsync(Picker(owner.DepartmentId) with { LedDepartments = new HashSet<Guid> { owner.DepartmentId!.Value } });
        var helper = await world.KnownAsync(CustomersWorld.Clerk());
        await using (var db = await world.DbAsync())
            await db.Departments.Where(d => d.Id == owner.DepartmentId).ExecuteUpdateAsync(s => s.SetProperty(d => d.LeaderId, leader.StaffId));
        var draft = CustomersWorld.Draft();
        draft.Tags = ["重点"];
        draft.Loans = [new LoanDraft { ProductId = FakeProducts.Personal.Id, Amount = 50_000m }];
        var id = await world.GivenCustomerAsync(owner, draft);
        Assert.True((await world.Service.SetCollaboratorsAsync(id, [helper.StaffId], owner, default)).Ok);
        await FollowUpAsync(id, owner);
        var before = (await world.Queries.DetailAsync(id, owner, default)).Value;
        world.Clock.Advance(TimeSpan.FromDays(7));
        await Release.ReleaseAsync(Now, default);

        Assert.Equal(CommonRefusals.NotFound, (await world.Queries.DetailAsync(id, owner, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await world.Queries.DetailAsync(id, helper, default)).Refusal);
        var after = (await world.Queries.DetailAsync(id, leader, default)).Value;
        Assert.Equal((before.Name, before.Number, before.Tags[0], before.Loans[0], before.State), (after.Name, after.Number, after.Tags[0], after.Loans[0], after.State));
        Assert.Equal((null, pool), (after.OwnerId, after.PoolId));
        Assert.Single((await world.Get<FollowUpQueries>().OfCustomerAsync(id, new PageRequest(), leader, default)).Rows);
        var line = (await world.Queries.OwnerHistoryAsync(id, leader, default))[0];
        Assert.Equal([helper.Name], line.FormerCollaborators);
        var notices = new NoticeBook(world.Get<NpgsqlDataSource>(), world.Get<ChangeFeed>(), world.Clock);
        Assert.Contains((await notices.PageAsync(null, owner, default)).Rows, n => n.Title == "1 位客户到期未跟进，已进入公海");
        Assert.Contains((await notices.PageAsync(null, leader, default)).Rows, n => n.Title == "1 位本部门客户到期未跟进，已进入公海");
        Assert.Equal(CustomerRefusals.InPool, (await world.Service.SetCollaboratorsAsync(id, [helper.StaffId], leader, default)).Refusal);
    }

    [Fact]
    public async Task Owners_are_reminded_on_the_third_fifth_and_seventh_day_once_each()
    {
        var (_, owner) = await GivenPoolAsync();
        await world.GivenCustomerAsync(owner);
        await world.GivenCustomerAsync(owner);
        var notices = new NoticeBook(world.Get<NpgsqlDataSource>(), world.Get<ChangeFeed>(), world.Clock);
        var titles = new List<string>();
        for (var day = 1; day <= 7; day++)
        {
            world.Clock.Advance(TimeSpan.FromDays(1) - (day == 7 ? TimeSpan.FromMinutes(30) : TimeSpan.Zero));
            await Release.RemindAsync(Now, default);
            await Release.RemindAsync(Now, default);
            titles.Add($"{day}:{(await notices.PageAsync(null, owner, default)).Rows.Count}");
        }

        Assert.Equal(["1:0", "2:0", "3:1", "4:1", "5:2", "6:2", "7:3"], titles);
        var texts = (await notices.PageAsync(null, owner, default)).Rows.Select(n => n.Text).ToArray();
        Assert.Equal(["今天 2 位。及时跟进后重新计时。", "2 天后 2 位。及时跟进后重新计时。", "4 天后 2 位。及时跟进后重新计时。"], texts);
    }

    [Fact]
    public async Task Each_refusal_of_release_and_move_says_why()
    {
        var (pool, owner) = await GivenPoolAsync();
        var id = await world.GivenCustomerAsync(owner);
        var lead = await world.KnownAsync(CustomersWorld.Staff(owner.DepartmentId, Permission.ReassignCustomers, Permission.PickFromPool, Permission.EditCustomers)
            with { LedDepartments = new HashSet<Guid> { owner.DepartmentId!.Value } });
        Assert.Equal(PoolRefusals.ReasonMissing, (await Service.ReleaseAsync([id], null, " ", owner, default)).Refusal);
        Assert.Equal(PoolRefusals.ReasonTooLong, (await Service.ReleaseAsync([id], null, new string('长', 501), owner, default)).Refusal);
        Assert.Equal(PoolRefusals.TooManyAtOnce, (await Service.ReleaseAsync([.. Enumerable.Range(0, 101).Select(_ => Guid.CreateVersion7())], null, "原因", owner, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Service.ReleaseAsync([id], null, "原因", Picker(owner.DepartmentId), default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Service.ReleaseAsync([id], null, "原因", CustomersWorld.Staff(null, Permission.ViewAllCustomers), default)).Refusal);
        Assert.Equal(PoolRefusals.TargetUnknown, (await Service.ReleaseAsync([id], Guid.CreateVersion7(), "原因", owner, default)).Refusal);
        Assert.True((await Service.ReleaseAsync([id], null, "联系不上", lead, default)).Ok);
        Assert.Equal(CommonRefusals.Forbidden, (await Service.MoveAsync([id], pool, "原因", owner, default)).Refusal);
        Assert.Equal(CustomerRefusals.InThisPool, (await Service.MoveAsync([id], pool, "原因", lead, default)).Refusal);
        Assert.Equal(CustomerRefusals.InPool, (await new FollowUpService(world.Get<IDbContextFactory<CcdDbContext>>(), null!, null!, world.Clock)
            .AddAsync(id, new FollowUpDraft { What = "问" }, lead, default)).Refusal);
        Assert.True((await world.Service.ChangeOwnerAsync(id, owner.StaffId, lead, default)).Ok);
        Assert.Equal(OwnerChangeCause.AssignedFromPool, (await world.Queries.OwnerHistoryAsync(id, owner, default))[0].Cause);
    }

    [Fact]
    public async Task Settings_are_refused_without_the_permission_and_when_they_break_a_rule()
    {
        var settings = world.Get<PoolSettings>();
        Assert.Equal(CommonRefusals.Forbidden, (await settings.SaveAsync(new PoolDraft { Name = "某" }, Picker(null), default)).Refusal);
        Assert.Equal(PoolRefusals.NameWrong, new PoolDraft().Wrong());
        Assert.Equal(PoolRefusals.LimitWrong, new PoolDraft { Name = "某", PicksPerDay = 0 }.Wrong());
        Assert.Equal(PoolRefusals.DaysWrong, new PoolDraft { Name = "某", CoolDownDays = -1 }.Wrong());
        Assert.Equal(PoolRefusals.RuleWrong, new PoolDraft { Name = "某", Rules = [new ReleaseRuleDraft { Days = 5 }] }.Wrong());
        Assert.Equal(PoolRefusals.RuleTwice, new PoolDraft { Name = "某", Rules = [new ReleaseRuleDraft(), new ReleaseRuleDraft()] }.Wrong());
        var (pool, owner) = await GivenPoolAsync();
        var draft = (await settings.AllAsync(Admin, default)).Value.Single(p => p.Id == pool);
        Assert.Equal(PoolRefusals.DepartmentTaken, (await settings.SaveAsync(new PoolDraft { Name = $"又一个{pool:N}", DepartmentId = owner.DepartmentId }, Admin, default)).Refusal);
        Assert.Equal(PoolRefusals.NameTaken, (await settings.SaveAsync(new PoolDraft { Name = draft.Name, Active = false }, Admin, default)).Refusal);
        await PooledAsync(owner);
        Assert.Equal(PoolRefusals.NotEmpty, (await settings.SaveAsync(draft with { Active = false }, Admin, default)).Refusal);
        Assert.True((await settings.SaveAsync(draft with { PicksPerDay = 4 }, Admin, default)).Ok);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, (await settings.SaveAsync(draft with { PicksPerDay = 5 }, Admin, default)).Refusal);
    }

    private static StaffActor Picker(Guid? department) => CustomersWorld.Staff(department, Permission.EditCustomers, Permission.PickFromPool);

    /// <summary>A department of its own with a pool of its own, and somebody who works there.</summary>
    private async Task<(Guid Pool, StaffActor Owner)> GivenPoolAsync(Func<PoolDraft, PoolDraft>? with = null)
    {
        var owner = await world.KnownAsync(Picker(Guid.CreateVersion7()));
        await world.KnownAsync(Admin);
        var draft = new PoolDraft { Name = $"公海 {Guid.CreateVersion7():N}", DepartmentId = owner.DepartmentId };
        var saved = await world.Get<PoolSettings>().SaveAsync(with?.Invoke(draft) ?? draft, Admin, default);
        Assert.True(saved.Ok, saved.Refusal?.Text);
        return (saved.Value, owner);
    }

    private async Task<Guid> PooledAsync(StaffActor owner)
    {
        var id = await world.GivenCustomerAsync(owner);
        var released = await Service.ReleaseAsync([id], null, "联系不上", owner, default);
        Assert.True(released.Ok, released.Refusal?.Text);
        return id;
    }

    private async Task<Result<int>> ReleasedAsync(StaffActor owner, CustomerState state)
    {
        var id = await world.GivenCustomerAsync(owner);
        await world.GivenStateAsync(id, state);
        return await Service.ReleaseAsync([id], null, "联系不上", owner, default);
    }

    private async Task FollowUpAsync(Guid id, StaffActor by) => Assert.True((await new FollowUpService(world.Get<IDbContextFactory<CcdDbContext>>(), null!, null!, world.Clock)
        .AddAsync(id, new FollowUpDraft { Kind = FollowUpKind.Visit, What = "上门" }, by, default)).Ok);

    private async Task<Customer> CustomerAsync(Guid id)
    {
        await using var db = await world.DbAsync();
        return await db.Customers.AsNoTracking().SingleAsync(c => c.Id == id);
    }
}
