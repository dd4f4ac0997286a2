using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Statistics;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Statistics;

public sealed class FiguresStayExactTests(StatisticsWorld world) : IClassFixture<StatisticsWorld>
{
    [Theory]
    [InlineData(1)]
    [InlineData(20261120)]
    public async Task Figures_equal_a_plain_count_after_random_work_of_many_at_once(int seed)
    {
        var (north, south) = (await world.GivenDepartmentAsync(), await world.GivenDepartmentAsync());
        StaffActor[] clerks = [await world.GivenClerkAsync(north), await world.GivenClerkAsync(south), await world.GivenClerkAsync(south)];
        var customers = new List<Guid>();
        for (var i = 0; i < 12; i++)
        {
            customers.Add(await world.GivenCustomerAsync(clerks[i % clerks.Length]));
            world.Clock.Advance(TimeSpan.FromHours(7));
        }

        // The customers are shared, so the workers meet on them; folding goes on in between.
        using var done = new CancellationTokenSource();
        var folding = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await world.Folding.FoldAsync(default);
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => WorkAsync(new Random(seed + worker), clerks, customers))));
        await done.CancelAsync();
        await folding;
        await AssertExactAsync(clerks, [north, south]);

        // A colleague changes department, and takes the customers along.
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync($"update staff set department_id = {north} where id = {clerks[1].StaffId}");
        await AssertExactAsync(clerks, [north, south]);
        Assert.Empty(await world.Folding.RecomputeAsync(default));
    }

    [Fact]
    public async Task Handing_over_takes_every_figure_along()
    {
        var (from, to) = (await world.GivenClerkAsync(), await world.GivenClerkAsync());
        var approved = await world.GivenCustomerInAsync(CustomerState.Approved, from);
        await world.GivenCustomerInAsync(CustomerState.Collecting, from);

        Assert.Equal(1, (await world.Get<CustomerService>().AssignAsync([approved], to.StaffId, world.Admin, default)).Value);

        var (left, received) = (await world.MineAsync(from), await world.MineAsync(to));
        Assert.Equal(new StateCounts(1, 0, 0, 0, 0), left.Customers);
        Assert.Equal((0, 0), (left.Trend[^1].Uploads, left.Trend[^1].Approved));
        Assert.Equal(new StateCounts(0, 0, 0, 1, 0), received.Customers);
        Assert.Equal((1, 1, 1, 1), (received.Trend[^1].Registered, received.Trend[^1].Uploads, received.Trend[^1].Submitted, received.Trend[^1].Approved));
        Assert.Equal(new Funnel(1, 1, 1, 1), received.Funnel);
    }

    /// <summary>The trigger sees a statement's rows together, and must not mistake one customer's change for another's.</summary>
    [Fact]
    public async Task One_statement_that_hands_over_deletes_and_leaves_alone_is_counted_row_by_row()
    {
        var (from, to) = (await world.GivenClerkAsync(), await world.GivenClerkAsync());
        var handed = await world.GivenCustomerInAsync(CustomerState.Approved, from);
        var back = await world.GivenCustomerInAsync(CustomerState.Approved, to);
        var deleted = await world.GivenCustomerInAsync(CustomerState.Rejected, from);
        var same = await world.GivenCustomerInAsync(CustomerState.Collecting, from);
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync(
                $"""
                update customers set
                  owner_id = case id when {handed} then {to.StaffId} when {back} then {from.StaffId} else owner_id end,
                  deleted_at = case when id = {deleted} then created_at else deleted_at end
                where id in ({handed}, {back}, {deleted}, {same})
                """);

        await AssertExactAsync([from, to], []);
        Assert.Equal(new StateCounts(1, 0, 0, 1, 0), (await world.MineAsync(from)).Customers);
        Assert.Equal(new StateCounts(0, 0, 0, 1, 0), (await world.MineAsync(to)).Customers);
        Assert.Empty(await world.Folding.RecomputeAsync(default));
    }

    [Fact]
    public async Task Deleting_takes_a_customer_out_of_every_figure_and_restoring_brings_it_back()
    {
        var clerk = await world.GivenClerkAsync();
        var id = await world.GivenCustomerInAsync(CustomerState.Rejected, clerk);
        var before = await world.MineAsync(clerk);

        Assert.True((await world.Get<CustomerService>().DeleteAsync(id, "重复", world.Admin, default)).Ok);
        var deleted = await world.MineAsync(clerk);
        Assert.Equal(0, deleted.Customers.Total);
        Assert.Equal((0, 0, 0), (deleted.Trend.Sum(d => d.Registered), deleted.Trend.Sum(d => d.Uploads), deleted.Trend.Sum(d => d.Rejected)));

        Assert.True((await world.Get<CustomerService>().RestoreAsync(id, world.Admin, default)).Ok);
        var restored = await world.MineAsync(clerk);
        Assert.Equal(before.Customers, restored.Customers);
        Assert.Equal(before.Trend, restored.Trend);
    }

    [Fact]
    public async Task Folding_changes_no_sum()
    {
        var clerk = await world.GivenClerkAsync();
        await world.GivenCustomerInAsync(CustomerState.Approved, clerk);
        await world.GivenCustomerInAsync(CustomerState.InReview, clerk);
        var before = await world.MineAsync(clerk);

        Assert.True(await world.Folding.FoldAsync(default) > 0);

        var after = await world.MineAsync(clerk);
        Assert.Equal((before.Customers, before.Funnel, before.Waiting), (after.Customers, after.Funnel, after.Waiting));
        Assert.Equal(before.Trend, after.Trend);
        Assert.Equal(0, await world.Folding.FoldAsync(default));
    }

    [Fact]
    public async Task Counting_again_names_a_planted_error_and_corrects_it()
    {
        var clerk = await world.GivenClerkAsync();
        await world.GivenCustomerInAsync(CustomerState.Complete, clerk);
        await world.Folding.FoldAsync(default);
        Assert.DoesNotContain(await world.Folding.RecomputeAsync(default), d => d.OwnerId == clerk.StaffId);
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync($"update figures set n = n + 7 where owner_id = {clerk.StaffId} and kind = {(short)CustomerState.Complete}");
        Assert.Equal(8, (await world.MineAsync(clerk)).Customers.Complete);

        var found = await world.Folding.RecomputeAsync(default);

        Assert.Equal(new FigureDifference((short)CustomerState.Complete, DateOnly.MinValue, clerk.StaffId, Guid.Empty, Counted: 1, Stored: 8), Assert.Single(found));
        Assert.Equal(1, (await world.MineAsync(clerk)).Customers.Complete);
        Assert.Empty(await world.Folding.RecomputeAsync(default));
    }

    [Fact]
    public async Task An_upload_counts_on_the_day_of_Shanghai()
    {
        var clerk = await world.GivenClerkAsync();
        var id = await world.GivenCustomerAsync(clerk);
        // 23:30 in Shanghai, then 00:30: in UTC both are the same day.
        var now = world.Clock.GetUtcNow();
        var late = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1).AddHours(15.5), TimeSpan.Zero);
        world.Clock.Advance(late - now);
        Assert.True((await world.UploadAsync(id, clerk)).Ok);
        world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True((await world.UploadAsync(id, clerk)).Ok);

        var trend = (await world.MineAsync(clerk)).Trend;
        Assert.Equal((1, 1), (trend[^2].Uploads, trend[^1].Uploads));
    }

    private async Task WorkAsync(Random random, StaffActor[] clerks, List<Guid> customers)
    {
        for (var step = 0; step < 35; step++)
        {
            var id = customers[random.Next(customers.Count)];
            var clerk = clerks[random.Next(clerks.Length)];
            var service = world.Get<CustomerService>();
            // A refusal is as good as a success here: neither may disturb a figure.
            switch (random.Next(11))
            {
                case 0:
                    await world.GivenCustomerAsync(clerk);
                    break;
                case 1 or 2:
                    await world.UploadAsync(id, clerk);
                    break;
                case 3 or 4:
                    await world.MoveAsync(id, CustomerMove.SubmitForReview);
                    break;
                case 5:
                    await world.AcceptAllAsync(id);
                    await world.MoveAsync(id, CustomerMove.Approve);
                    break;
                case 6:
                    await world.MoveAsync(id, random.Next(2) == 0 ? CustomerMove.Reject : CustomerMove.ReturnForMore);
                    break;
                case 7:
                    await world.MoveAsync(id, CustomerMove.Reopen);
                    break;
                case 8:
                    await service.AssignAsync([id, customers[random.Next(customers.Count)]], clerk.StaffId, world.Admin, default);
                    break;
                case 9:
                    await service.DeleteAsync(id, "测试", world.Admin, default);
                    break;
                case 10:
                    await service.RestoreAsync(id, world.Admin, default);
                    break;
            }
        }
    }

    /// <summary>Against counts that know nothing of figures.</summary>
    private async Task AssertExactAsync(StaffActor[] clerks, Guid[] departments)
    {
        await using var db = await world.DbAsync();
        var customers = await db.Customers.AsNoTracking().Where(c => c.DeletedAt == null)
            .Select(c => new { c.Id, c.State, c.OwnerId, c.DepartmentId, c.CreatedAt, c.StateSince }).ToListAsync();
        var documents = await db.Documents.AsNoTracking().Select(d => new { d.CustomerId, d.UploadedAt }).ToListAsync();
        var decisions = await db.FileDecisions.AsNoTracking().Select(d => new { d.CustomerId, d.Move, d.At }).ToListAsync();
        Assert.NotEmpty(decisions);

        async Task CompareAsync(Dashboard shown, Func<Guid?, Guid?, bool> inScope)
        {
            await Task.CompletedTask;
            var mine = customers.Where(c => inScope(c.OwnerId, c.DepartmentId)).ToList();
            var ids = mine.Select(c => c.Id).ToHashSet();
            long In(CustomerState state) => mine.Count(c => c.State == state);
            Assert.Equal(new StateCounts(In(CustomerState.Collecting), In(CustomerState.Complete), In(CustomerState.InReview), In(CustomerState.Approved), In(CustomerState.Rejected)), shown.Customers);
            long Decided(CustomerMove move, DateOnly day) => decisions.Count(d => d.Move == move && ids.Contains(d.CustomerId) && CustomerNumbers.DayOf(d.At) == day);
            Assert.Equal(
                shown.Trend.Select(t => new TrendDay(
                    t.Day, mine.Count(c => CustomerNumbers.DayOf(c.CreatedAt) == t.Day), documents.Count(d => ids.Contains(d.CustomerId) && CustomerNumbers.DayOf(d.UploadedAt) == t.Day),
                    Decided(CustomerMove.SubmitForReview, t.Day), Decided(CustomerMove.ReturnForMore, t.Day), Decided(CustomerMove.Approve, t.Day), Decided(CustomerMove.Reject, t.Day))),
                shown.Trend);
            var waiting = mine.Where(c => c.State == CustomerState.InReview).Select(c => c.StateSince).Order().ToList();
            Assert.Equal(waiting.Count == 0 ? null : waiting[0], shown.Waiting.OldestSince);
            Assert.Equal(waiting.Count == 0 ? null : waiting[(waiting.Count - 1) / 2], shown.Waiting.MedianSince);
            foreach (var colleague in shown.Colleagues)
                Assert.Equal(mine.Count(c => c.OwnerId == colleague.StaffId), colleague.Customers.Total);
        }

        await CompareAsync(await world.EverybodyAsync(), (_, _) => true);
        foreach (var clerk in clerks)
            await CompareAsync(await world.MineAsync(clerk), (owner, _) => owner == clerk.StaffId);
        foreach (var department in departments)
            await CompareAsync(
                await world.DashboardAsync(new StatisticsScope(StatisticsScopeKind.Department, department, ""), world.Admin with { LedDepartments = new HashSet<Guid> { department } }),
                (_, of) => of == department);
    }
}
