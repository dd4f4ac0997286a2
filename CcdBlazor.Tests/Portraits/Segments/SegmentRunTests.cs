using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Segments;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Portraits.Segments;

public sealed class SegmentRunTests : IAsyncLifetime
{
    private static readonly SegmentRunDraft Two = new(2, 2, 2, 1, [new(Traits.Income, FeatureKind.Number), new(Traits.Needs, FeatureKind.Tags, 2)]);
    private readonly PortraitsWorld world = new();
    private StaffActor owner = default!;

    private SegmentRunService Service => world.Get<SegmentRunService>();

    private SegmentRunQueries Queries => world.Get<SegmentRunQueries>();

    private SegmentRunner Runner => world.Get<SegmentRunner>();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        owner = await world.PersonAsync("周经理");
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_run_finds_the_groups_names_them_and_shows_them_on_a_map()
    {
        await GivenTwoGroupsAsync();
        var unknown = await world.CustomerAsync(owner);

        var found = await RunAsync(Two);

        Assert.Equal(SegmentRunState.Done, found.Row.State);
        var outcome = found.Outcome!;
        Assert.Equal((16, 2), (outcome.Customers, outcome.Segments.Count));
        Assert.True(outcome.Left >= 1);
        Assert.Equal([8, 8], outcome.Segments.Select(s => s.Size));
        Assert.Equal([1, 2], outcome.Segments.Select(s => s.Number));
        Assert.Contains(outcome.Segments, s => s.Distinction.Any(t => t.Text.Contains("购房", StringComparison.Ordinal)));
        Assert.True(outcome.Quality.Silhouette > 0.5);
        Assert.Null(outcome.Drift);
        Assert.Equal(16, found.Map.Count);
        Assert.All(found.Map, p => Assert.NotNull(p.Name));
        Assert.DoesNotContain(found.Map, p => p.CustomerId == unknown);
    }

    [Fact]
    public async Task The_number_of_segments_is_chosen_by_the_curve()
    {
        await GivenTwoGroupsAsync();
        var outcome = (await RunAsync(Two with { K = null, From = 2, To = 6 })).Outcome!;
        Assert.Equal(2, outcome.Curve!.Recommended);
        Assert.Equal(5, outcome.Curve.Points.Count);
    }

    [Fact]
    public async Task Numbers_and_names_go_on_in_the_next_run_and_drift_is_told()
    {
        var (rich, _) = await GivenTwoGroupsAsync();
        var first = (await RunAsync(Two)).Outcome!;
        var before = await Queries.OfCustomerAsync(rich[0], PortraitsWorld.Lead, default);
        // One customer changes sides; the larger group comes first now, and keeps its number all the same.
        await world.FillAsync(rich[7], PortraitsWorld.Lead, new TraitInput(Traits.Income, "8"), new TraitInput(Traits.Needs, null, ["购车"]));
        var second = (await RunAsync(Two with { Seed = 9 })).Outcome!;
        var after = await Queries.OfCustomerAsync(rich[0], PortraitsWorld.Lead, default);

        Assert.Equal((before.Value!.Number, before.Value.Name), (after.Value!.Number, after.Value.Name));
        Assert.Equal(first.Segments.Select(s => (s.Number, s.Name)).Order(), second.Segments.Select(s => (s.Number, s.Name)).Order());
        Assert.Equal(1 / 16.0, second.Drift!.Moved, 1e-9);
        Assert.Equal((16, 0, 0), (second.Drift.Common, second.Drift.New, second.Drift.Ended));
    }

    [Fact]
    public async Task A_customer_who_comes_later_is_placed_without_a_new_run()
    {
        var (rich, _) = await GivenTwoGroupsAsync();
        await RunAsync(Two);
        var late = await world.CustomerAsync(owner);
        Assert.Null((await Queries.OfCustomerAsync(late, PortraitsWorld.Lead, default)).Value);

        await world.FillAsync(late, PortraitsWorld.Lead, new TraitInput(Traits.Income, "95"), new TraitInput(Traits.Needs, null, ["购房"]));

        var (there, here) = ((await Queries.OfCustomerAsync(rich[0], PortraitsWorld.Lead, default)).Value!, (await Queries.OfCustomerAsync(late, PortraitsWorld.Lead, default)).Value!);
        Assert.Equal(there.Number, here.Number);
        Assert.Equal((false, true), (there.Placed, here.Placed));
    }

    [Fact]
    public async Task Two_runs_at_once_are_refused()
    {
        Assert.True((await Service.RequestAsync(Two, PortraitsWorld.Lead, default)).Ok);
        Assert.Equal(SegmentRunRefusals.AlreadyRunning, (await Service.RequestAsync(Two, PortraitsWorld.Lead, default)).Refusal);
    }

    [Fact]
    public async Task Of_many_who_ask_at_the_same_moment_one_is_heard()
    {
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Service.RequestAsync(Two, PortraitsWorld.Lead, default)));
        Assert.Equal(1, asked.Count(a => a.Ok));
        Assert.All(asked.Where(a => !a.Ok), a => Assert.Equal(SegmentRunRefusals.AlreadyRunning, a.Refusal));
    }

    [Fact]
    public async Task Without_any_portrait_the_run_fails_and_says_so()
    {
        var found = await RunAsync(Two);
        Assert.Equal((SegmentRunState.Failed, SegmentRefusals.NoRows.Text), (found.Row.State, found.Row.Text));
    }

    [Fact]
    public async Task A_cancelled_run_is_not_done_and_another_may_begin()
    {
        var id = (await Service.RequestAsync(Two, PortraitsWorld.Lead, default)).Value;
        Assert.True((await Service.CancelAsync(id, PortraitsWorld.Lead, default)).Ok);
        Assert.False(await Runner.RunNextAsync(default));
        Assert.Equal(SegmentRunRefusals.NotRunning, (await Service.CancelAsync(id, PortraitsWorld.Lead, default)).Refusal);
        Assert.True((await Service.RequestAsync(Two, PortraitsWorld.Lead, default)).Ok);
    }

    [Fact]
    public async Task A_run_whose_server_was_lost_is_taken_up_again_and_one_at_work_is_left_alone()
    {
        await GivenTwoGroupsAsync();
        var id = (await Service.RequestAsync(Two, PortraitsWorld.Lead, default)).Value;
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync($"update segment_runs set state = 'Running', started_at = {world.Clock.GetUtcNow()}, heard_of_at = {world.Clock.GetUtcNow()} where id = {id}");
        Assert.False(await Runner.RunNextAsync(default));
        world.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.True(await Runner.RunNextAsync(default));
        Assert.Equal(SegmentRunState.Done, (await Queries.DetailAsync(id, PortraitsWorld.Lead, default)).Value.Row.State);
    }

    [Fact]
    public async Task Customers_whom_the_reader_may_not_see_have_no_name_on_the_map()
    {
        await GivenTwoGroupsAsync();
        var id = (await RunAsync(Two)).Row.Id;
        var stranger = await world.PersonAsync("新同事", null, Permission.ViewPortraits);
        var map = (await Queries.DetailAsync(id, stranger, default)).Value.Map;
        Assert.Equal(16, map.Count);
        Assert.All(map, p => Assert.Equal((null, null, null), (p.CustomerId, p.Name, p.Number)));
    }

    [Fact]
    public async Task Asking_and_reading_need_their_permissions()
    {
        var reader = await world.PersonAsync("读者", null, Permission.ViewPortraits);
        var nobody = await world.PersonAsync("无权", null, Permission.EditCustomers);
        Assert.Equal(CommonRefusals.Forbidden, (await Service.RequestAsync(Two, reader, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Service.CancelAsync(Guid.NewGuid(), reader, default)).Refusal);
        Assert.True((await Queries.ListAsync(reader, default)).Ok);
        Assert.Equal(CommonRefusals.Forbidden, (await Queries.ListAsync(nobody, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Queries.DetailAsync(null, nobody, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Queries.OfCustomerAsync(Guid.NewGuid(), nobody, default)).Refusal);
    }

    [Fact]
    public async Task Wrong_wishes_are_refused()
    {
        Assert.Equal(SegmentRunRefusals.NoFeatures, (await Service.RequestAsync(Two with { Features = [] }, PortraitsWorld.Lead, default)).Refusal);
        Assert.Equal(SegmentRunRefusals.NoFeatures, (await Service.RequestAsync(Two with { Features = [new("shoe_size", FeatureKind.Number)] }, PortraitsWorld.Lead, default)).Refusal);
        Assert.Equal(SegmentRunRefusals.WrongWeight, (await Service.RequestAsync(Two with { Features = [new(Traits.Age, FeatureKind.Number, double.NaN)] }, PortraitsWorld.Lead, default)).Refusal);
        Assert.Equal(SegmentRunRefusals.WrongRange, (await Service.RequestAsync(Two with { K = 1 }, PortraitsWorld.Lead, default)).Refusal);
        Assert.Equal(SegmentRunRefusals.WrongRange, (await Service.RequestAsync(Two with { K = null, From = 9, To = 3 }, PortraitsWorld.Lead, default)).Refusal);
    }

    [Fact]
    public async Task Members_of_old_runs_are_let_go()
    {
        await GivenTwoGroupsAsync();
        for (var i = 0; i < SegmentRunner.RunsWithMembers + 1; i++)
            await RunAsync(Two with { Seed = i });

        await using var db = await world.DbAsync();
        Assert.Equal(SegmentRunner.RunsWithMembers, await db.SegmentMembers.Select(m => m.RunId).Distinct().CountAsync());
        Assert.Equal(SegmentRunner.RunsWithMembers + 1, await db.SegmentRuns.CountAsync());
    }

    private async Task<SegmentRunDetail> RunAsync(SegmentRunDraft draft)
    {
        world.Clock.Advance(TimeSpan.FromMinutes(1)); // the newest run is told by its moment
        var id = await Service.RequestAsync(draft, PortraitsWorld.Lead, default);
        Assert.True(id.Ok, id.Refusal?.Text);
        Assert.True(await Runner.RunNextAsync(default));
        return (await Queries.DetailAsync(id.Value, PortraitsWorld.Lead, default)).Value;
    }

    /// <summary>Eight who earn much and want a house, eight who earn little and want a car.</summary>
    private async Task<(List<Guid> Rich, List<Guid> Poor)> GivenTwoGroupsAsync()
    {
        var (rich, poor) = (new List<Guid>(), new List<Guid>());
        for (var i = 0; i < 8; i++)
        {
            rich.Add(await world.CustomerAsync(owner));
            await world.FillAsync(rich[^1], PortraitsWorld.Lead, new TraitInput(Traits.Income, (90 + i).ToString(CultureInfo.InvariantCulture)), new TraitInput(Traits.Needs, null, ["购房"]));
            poor.Add(await world.CustomerAsync(owner));
            await world.FillAsync(poor[^1], PortraitsWorld.Lead, new TraitInput(Traits.Income, (5 + i).ToString(CultureInfo.InvariantCulture)), new TraitInput(Traits.Needs, null, ["购车"]));
        }

        return (rich, poor);
    }
}
