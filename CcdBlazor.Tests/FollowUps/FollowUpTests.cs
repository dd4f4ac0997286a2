using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Tests.Customers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Tests.FollowUps;

public sealed class FollowUpTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly StaffActor Admin = CustomersWorld.Administrator();

    // No test here attaches a file: store and worker are never asked.
    private FollowUpService Service => new(world.Get<IDbContextFactory<CcdDbContext>>(), null!, null!, world.Clock);

    private FollowUpQueries Queries => world.Get<FollowUpQueries>();

    private DateOnly Today => CustomerNumbers.DayOf(world.Clock.GetUtcNow());

    private NoticeBook Notices => new(world.Get<NpgsqlDataSource>(), world.Get<ChangeFeed>(), world.Clock);

    [Fact]
    public async Task A_follow_up_is_seen_as_the_customer_is_and_counts_as_the_last_contact()
    {
        var owner = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(owner);
        world.Clock.Advance(TimeSpan.FromHours(2));
        await AddAsync(id, owner, "问了流水");
        Assert.Equal("问了流水", Assert.Single((await Queries.OfCustomerAsync(id, new PageRequest(), owner, default)).Rows).What);
        Assert.Empty((await Queries.OfCustomerAsync(id, new PageRequest(), CustomersWorld.Clerk(), default)).Rows);
        Assert.Equal(world.Clock.GetUtcNow(), (await CustomerAsync(id)).LastFollowUpAt);
        Assert.Equal(CommonRefusals.NotFound, (await Service.AddAsync(id, Draft(), await world.KnownAsync(CustomersWorld.Clerk()), default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Service.AddAsync(Guid.CreateVersion7(), Draft(), owner, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Service.AddAsync(id, Draft(), CustomersWorld.Staff(null, Permission.ViewAllCustomers), default)).Refusal);
    }

    [Fact]
    public void What_is_typed_is_checked_at_its_field()
    {
        var now = world.Clock.GetUtcNow();
        Refusal? Of(FollowUpDraft draft) => FollowUpService.Wrong(draft, null, now);
        Assert.Equal(FollowUpRefusals.WhatMissing, Of(Draft(" ")));
        Assert.Equal(FollowUpRefusals.WhatTooLong, Of(Draft(new string('长', 1001))));
        Assert.Null(Of(Draft(new string('长', 1000))));
        Assert.Equal(FollowUpRefusals.ResultTooLong, Of(Draft() with { Result = new string('长', 1001) }));
        Assert.Equal(FollowUpRefusals.NextTooLong, Of(Draft() with { NextOn = Today, NextWhat = new string('长', 201) }));
        Assert.Equal(FollowUpRefusals.NextWithoutDay, Of(Draft() with { NextWhat = "再打" }));
        Assert.Equal(FollowUpRefusals.NextInThePast, Of(Draft() with { NextOn = Today.AddDays(-1) }));
        Assert.Null(Of(Draft() with { NextOn = Today }));
        Assert.Equal(FollowUpRefusals.NextTooFar, Of(Draft() with { NextOn = Today.AddDays(367) }));
        Assert.Equal(FollowUpRefusals.KindUnknown, Of(Draft() with { Kind = (FollowUpKind)9 }));
    }

    [Fact]
    public async Task Only_the_author_changes_it_and_only_within_a_day()
    {
        var (owner, helper) = (CustomersWorld.Clerk(), await world.KnownAsync(CustomersWorld.Clerk()));
        var id = await world.GivenCustomerAsync(owner);
        Assert.True((await world.Service.SetCollaboratorsAsync(id, [helper.StaffId], owner, default)).Ok);
        var one = await AddAsync(id, owner, "第一次");
        Assert.Equal(FollowUpRefusals.NotYours, (await Service.EditAsync(one, Draft("改"), helper, default)).Refusal);
        Assert.Equal(FollowUpRefusals.NotYours, (await Service.DeleteAsync(one, helper, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Service.DeleteAsync(one, CustomersWorld.Clerk(), default)).Refusal);
        world.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.True((await Service.EditAsync(one, Draft("改过"), owner, default)).Ok);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(FollowUpRefusals.TooOld, (await Service.EditAsync(one, Draft("再改"), owner, default)).Refusal);
        Assert.Equal(FollowUpRefusals.TooOld, (await Service.DeleteAsync(one, owner, default)).Refusal);
        Assert.Equal("改过", Assert.Single((await Queries.OfCustomerAsync(id, new PageRequest(), owner, default)).Rows).What);
    }

    [Fact]
    public async Task Removing_the_last_one_brings_back_the_one_before_and_opens_what_it_had_done()
    {
        var owner = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(owner);
        var first = world.Clock.GetUtcNow();
        await AddAsync(id, owner, "约了明天", Today.AddDays(1));
        world.Clock.Advance(TimeSpan.FromHours(1));
        var second = await AddAsync(id, owner, "提前打了");
        Assert.Empty((await Queries.DueAsync(new DueFilter(), new PageRequest(), owner, default)).Rows);
        Assert.True((await Service.DeleteAsync(second, owner, default)).Ok);
        Assert.Equal(first, (await CustomerAsync(id)).LastFollowUpAt);
        Assert.Single((await Queries.DueAsync(new DueFilter(), new PageRequest(), owner, default)).Rows);
    }

    [Fact]
    public async Task The_due_list_knows_overdue_today_and_this_week()
    {
        var owner = CustomersWorld.Clerk();
        var today = Today;
        var days = new[] { 0, 1, 30 };
        foreach (var day in days)
            await AddAsync(await world.GivenCustomerAsync(owner), owner, $"约 {day}", today.AddDays(day));
        world.Clock.Advance(TimeSpan.FromDays(1));
        var counts = await Queries.CountsAsync(new DueFilter(), owner, default);
        Assert.Equal((1, 1, 3), (counts.Overdue, counts.Today, counts.All));
        Assert.Equal(today, Assert.Single((await Queries.DueAsync(new DueFilter(DueWhen.Overdue), new PageRequest(), owner, default)).Rows).NextOn);
        Assert.Equal(today.AddDays(30), Assert.Single((await Queries.DueAsync(new DueFilter(On: today.AddDays(30)), new PageRequest(), owner, default)).Rows).NextOn);
        var month = await Queries.MonthAsync(today.Year, today.Month, new DueFilter(), owner, default);
        Assert.Contains(month, d => d.Day == today && d.Count == 1 && d.Rows.Count == 1);
        Assert.Equal(CommonRefusals.Forbidden, (await Queries.ExportAsync(new DueFilter(), owner, default)).Refusal);
        Assert.Empty((await Queries.DueAsync(new DueFilter(Mine: false), new PageRequest(), CustomersWorld.Clerk(), default)).Rows);
    }

    [Theory]
    [InlineData("2026-11-16", "2026-11-22")]
    [InlineData("2026-11-21", "2026-11-22")]
    [InlineData("2026-11-22", "2026-11-22")]
    public void A_week_ends_on_sunday(string day, string sunday) =>
        Assert.Equal(DateOnly.Parse(sunday, null), FollowUpQueries.Sunday(DateOnly.Parse(day, null)));

    [Fact]
    public async Task Each_step_is_reminded_of_once_and_goes_to_the_new_owner_after_a_hand_over()
    {
        var (owner, next) = (CustomersWorld.Clerk(), await world.KnownAsync(CustomersWorld.Clerk()));
        await world.KnownAsync(Admin);
        var (kept, handed) = (await world.GivenCustomerAsync(owner), await world.GivenCustomerAsync(owner));
        await AddAsync(kept, owner, "约", Today.AddDays(1));
        await AddAsync(handed, owner, "约", Today.AddDays(1));
        Assert.True((await world.Service.ChangeOwnerAsync(handed, next.StaffId, Admin, default)).Ok);
        var job = world.Get<FollowUpReminders>();
        await job.RemindAsync(world.Clock.GetUtcNow(), default);
        Assert.Equal(0, await Notices.UnreadAsync(owner, default));
        world.Clock.Advance(TimeSpan.FromDays(1));
        await job.RemindAsync(world.Clock.GetUtcNow(), default);
        await job.RemindAsync(world.Clock.GetUtcNow(), default);
        Assert.Equal("今天有 1 项跟进安排", Assert.Single((await Notices.PageAsync(null, owner, default)).Rows).Title);
        Assert.Single((await Notices.PageAsync(null, next, default)).Rows);
    }

    private static FollowUpDraft Draft(string what = "电话沟通") => new() { Kind = FollowUpKind.Call, What = what };

    private async Task<Guid> AddAsync(Guid customer, StaffActor by, string what, DateOnly? next = null)
    {
        var added = await Service.AddAsync(customer, Draft(what) with { NextOn = next, NextWhat = next is null ? null : "回访" }, by, default);
        Assert.True(added.Ok, added.Refusal?.Text);
        return added.Value;
    }

    private async Task<Customer> CustomerAsync(Guid id)
    {
        await using var db = await world.DbAsync();
        return await db.Customers.AsNoTracking().SingleAsync(c => c.Id == id);
    }
}
