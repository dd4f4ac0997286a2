using CcdBlazor.Components.Statistics;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Statistics;
using CcdBlazor.Tests.Customers;

namespace CcdBlazor.Tests.Statistics;

public sealed class StatisticsScopeTests(StatisticsWorld world) : IClassFixture<StatisticsWorld>
{
    [Fact]
    public async Task Each_reader_is_offered_what_is_theirs_and_refused_the_rest()
    {
        var (top, below, other) = await GivenDepartmentsAsync();
        var clerk = await world.GivenClerkAsync(below);
        var leader = await world.GivenClerkAsync(top, top, below);
        var finance = CustomersWorld.Staff(null, Permission.ViewStatistics);

        Assert.Equal([StatisticsScopeKind.Mine], (await world.Statistics.ScopesAsync(clerk, default)).Select(s => s.Kind));
        Assert.Equal([top, below, null], (await world.Statistics.ScopesAsync(leader, default)).Select(s => s.DepartmentId));
        Assert.Equal([StatisticsScopeKind.Everybody, StatisticsScopeKind.Mine], (await world.Statistics.ScopesAsync(finance, default)).Select(s => s.Kind));

        var all = new StatisticsScope(StatisticsScopeKind.Everybody, null, "");
        Assert.Equal(StatisticsRefusals.ScopeNotYours, (await world.Statistics.DashboardAsync(all, clerk, default)).Refusal);
        Assert.Equal(StatisticsRefusals.ScopeNotYours, (await world.Statistics.DashboardAsync(all, leader, default)).Refusal);
        Assert.Equal(StatisticsRefusals.ScopeNotYours, (await world.Statistics.DashboardAsync(Department(other), leader, default)).Refusal);
        Assert.True((await world.Statistics.DashboardAsync(Department(below), leader, default)).Ok);
        // Sees the numbers of everybody, but may not open the customers: no figure pretends to be a link.
        Assert.False((await world.DashboardAsync(all, finance)).ListsOpen);
        Assert.True((await world.DashboardAsync(all, world.Admin)).ListsOpen);
    }

    [Fact]
    public async Task A_figure_and_the_list_behind_it_are_of_the_same_length()
    {
        var (top, below, other) = await GivenDepartmentsAsync();
        var leader = await world.GivenClerkAsync(top, top, below);
        StaffActor[] clerks = [leader, await world.GivenClerkAsync(below), await world.GivenClerkAsync(other)];
        foreach (var clerk in clerks)
            foreach (var state in CustomerStateWords.All)
            {
                await world.GivenCustomerInAsync(state, clerk);
                world.Clock.Advance(TimeSpan.FromHours(20));
            }

        Assert.True((await world.MoveAsync(await world.GivenCustomerInAsync(CustomerState.InReview, clerks[1]), CustomerMove.ReturnForMore)).Ok);

        foreach (var (scope, reader) in new[]
        {
            (new StatisticsScope(StatisticsScopeKind.Everybody, null, ""), world.Admin), (Department(top), leader), (Department(below), leader),
            (new StatisticsScope(StatisticsScopeKind.Mine, null, ""), clerks[1]), (new StatisticsScope(StatisticsScopeKind.Mine, null, ""), leader),
        })
        {
            var shown = await world.DashboardAsync(scope, reader);
            Assert.True(shown.ListsOpen);
            Assert.NotEqual(0, shown.Customers.Total);
            await AssertListsAsync(shown, new StatisticsLinks(scope, reader.StaffId), reader);
        }

        Assert.Equal(6, (await world.DashboardAsync(Department(below), leader)).Customers.Total);
        Assert.Equal(11, (await world.DashboardAsync(Department(top), leader)).Customers.Total);
    }

    [Fact]
    public async Task The_page_of_today_counts_what_its_links_open()
    {
        var clerk = await world.GivenClerkAsync();
        var slow = await world.GivenCustomerInAsync(CustomerState.Collecting, clerk);
        world.Clock.Advance(TimeSpan.FromDays(TodayQueries.SlowDays + 1));
        var ready = await world.GivenCustomerInAsync(CustomerState.Complete, clerk);
        var back = await world.GivenCustomerInAsync(CustomerState.InReview, clerk);
        Assert.True((await world.MoveAsync(back, CustomerMove.ReturnForMore)).Ok);
        await world.GivenCustomerInAsync(CustomerState.InReview, clerk);

        var today = await world.Get<TodayQueries>().TodayAsync(clerk, default);

        Assert.Equal(slow, Assert.Single(today.Slow!.Rows).CustomerId);
        Assert.Equal(ready, Assert.Single(today.Ready!.Rows).CustomerId);
        Assert.Equal(back, Assert.Single(today.SentBack!.Rows).CustomerId);
        Assert.Equal((1, 1, 1, 0), (today.Slow.Count, today.Ready.Count, today.SentBack.Count, today.Uploads!.Count));
        Assert.Null(today.Review);
        foreach (var (filter, count) in new[] { (TodayLinks.SentBack(clerk), 1), (TodayLinks.Ready(clerk), 1), (TodayLinks.Slow(clerk), 1) })
            Assert.Equal(count, (await world.Get<CustomerQueries>().ListAsync(filter.Filter, new PageRequest(), clerk, default)).Total);

        var reviewer = await world.Get<TodayQueries>().TodayAsync(CustomersWorld.Reviewer(), default);
        Assert.Null(reviewer.Ready);
        Assert.Equal((await world.Get<DocumentQueries>().ReviewQueueAsync(new PageRequest(), CustomersWorld.Reviewer(), default)).Total, reviewer.Review!.Count);
    }

    [Fact]
    public async Task Uploads_of_customers_since_yesterday_are_news_to_their_owner_only()
    {
        var (owner, other) = (await world.GivenClerkAsync(), await world.GivenClerkAsync());
        var id = await world.GivenCustomerAsync(owner);
        var link = await world.Get<LinkService>().CreateAsync(id, owner, default);
        Assert.True(link.Ok, link.Refusal?.Text);
        await world.UploadAsync(id, owner);
        var customer = await world.Get<LinkService>().OpenAsync(link.Value.Token, null, default);
        Assert.True((await world.UploadAsync(id, customer.Value)).Ok);

        var news = (await world.Get<TodayQueries>().TodayAsync(owner, default)).Uploads!;
        Assert.Equal((1, id, 1), (news.Count, Assert.Single(news.Rows).CustomerId, news.Rows[0].Documents));
        var list = TodayLinks.Uploads(owner, CustomerNumbers.DayOf(world.Clock.GetUtcNow()).AddDays(-1), CustomerNumbers.DayOf(world.Clock.GetUtcNow()));
        Assert.Equal(1, (await world.Statistics.EventsAsync(list, new PageRequest(), owner, default)).Total);
        Assert.Equal(0, (await world.Get<TodayQueries>().TodayAsync(other, default)).Uploads!.Count);
        Assert.Equal(0, (await world.Statistics.EventsAsync(list, new PageRequest(), other, default)).Total);
    }

    private async Task AssertListsAsync(Dashboard shown, StatisticsLinks links, StaffActor reader)
    {
        async Task SameAsync(long figure, Components.Customers.CustomerListAddress list) =>
            Assert.Equal(figure, (await world.Get<CustomerQueries>().ListAsync(list.Filter, new PageRequest(), reader, default)).Total);
        async Task HappenedAsync(long figure, FileEventFilter list) =>
            Assert.Equal(figure, (await world.Statistics.EventsAsync(list, new PageRequest(), reader, default)).Total);

        await SameAsync(shown.Customers.Total, links.Customers());
        await SameAsync(shown.Customers.Collecting, links.Customers([CustomerState.Collecting]));
        await SameAsync(shown.Customers.Approved, links.Customers([CustomerState.Approved]));
        await SameAsync(shown.Customers.Filled, links.Customers(StatisticsLinks.Filled));
        await SameAsync(shown.Waiting.Count, links.Customers([CustomerState.InReview], sort: CustomerSort.StateSince));
        await SameAsync(shown.Funnel.Registered, links.Customers(from: shown.FirstDay, to: shown.Today));
        await SameAsync(shown.Funnel.Complete, links.Customers(StatisticsLinks.Filled, from: shown.FirstDay, to: shown.Today));
        await SameAsync(shown.Funnel.Submitted, links.Customers(StatisticsLinks.Submitted, from: shown.FirstDay, to: shown.Today));
        await SameAsync(shown.Funnel.Approved, links.Customers([CustomerState.Approved], from: shown.FirstDay, to: shown.Today));
        foreach (var day in shown.Trend.Where(d => d.Registered + d.Uploads > 0))
        {
            await SameAsync(day.Registered, links.Customers(from: day.Day, to: day.Day));
            await HappenedAsync(day.Uploads, links.Events(FileEventKind.Uploads, day.Day, day.Day));
            await HappenedAsync(day.Submitted, links.Events(FileEventKind.Submitted, day.Day, day.Day));
            await HappenedAsync(day.Returned, links.Events(FileEventKind.Returned, day.Day, day.Day));
            await HappenedAsync(day.Approved, links.Events(FileEventKind.Approved, day.Day, day.Day));
            await HappenedAsync(day.Rejected, links.Events(FileEventKind.Rejected, day.Day, day.Day));
        }

        foreach (var colleague in shown.Colleagues)
        {
            await SameAsync(colleague.Customers.Total, links.Customers(owner: colleague.StaffId));
            await SameAsync(colleague.Customers.InReview, links.Customers([CustomerState.InReview], colleague.StaffId));
            await HappenedAsync(colleague.Uploads, links.Events(FileEventKind.Uploads, shown.FirstDay, shown.Today, colleague.StaffId));
        }
    }

    private static StatisticsScope Department(Guid id) => new(StatisticsScopeKind.Department, id, "");

    private async Task<(Guid Top, Guid Below, Guid Other)> GivenDepartmentsAsync()
    {
        var top = await world.GivenDepartmentAsync();
        return (top, await world.GivenDepartmentAsync(top), await world.GivenDepartmentAsync());
    }
}
