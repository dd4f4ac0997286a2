using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Monitor;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

public sealed class MonitorTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    private static readonly StaffActor Watcher = new(Guid.CreateVersion7(), "主管", null, new HashSet<Permission> { Permission.ViewMessages }, new HashSet<Guid>());

    [Fact]
    public async Task However_many_watch_the_database_is_read_at_most_twice_a_second()
    {
        var board = world.First.Get<MonitorBoard>();
        var before = board.Readings;
        var watch = System.Diagnostics.Stopwatch.StartNew();

        for (var round = 0; round < 5; round++)
            await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => board.ReadAsync(Watcher, default)));

        Assert.InRange(board.Readings - before, 1, (int)(watch.Elapsed.TotalSeconds * 2) + 2);
    }

    [Fact]
    public async Task Without_the_permission_nothing_is_shown() =>
        Assert.Equal(CommonRefusals.Forbidden, (await world.First.Get<MonitorBoard>().ReadAsync(Watcher with { Permissions = new HashSet<Permission>() }, default)).Refusal);

    [Fact]
    public async Task What_was_sent_and_what_failed_is_counted_by_channel_and_in_the_week()
    {
        var template = await world.TemplateAsync();
        var before = await ViewAsync();
        for (var i = 0; i < 3; i++)
            await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, $"device-{i}"), MessageState.Sent);
        world.Sms.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Failed, FailureClass.InvalidRecipient, Code: "bad");
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800138000"), MessageState.Failed);

        var view = await ViewAsync();

        Assert.Equal((3, 1), (view.Today.Sent - before.Today.Sent, view.Today.Failed - before.Today.Failed));
        Assert.Equal(view.Today, view.Days[^1].Counts);
        Assert.Equal(7, view.Days.Count);
        Assert.True(view.Channels.Single(c => c.Channel == MessageChannel.Push).Counts.Sent >= 3);
        Assert.NotNull(view.Times.P95);
    }

    [Fact]
    public async Task A_queue_that_nobody_can_serve_shows_depth_age_and_reason_of_every_node()
    {
        await world.StartNodeAsync();
        var accepted = await world.First.Sender.SendAsync(MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Feishu, "chat-1"), MessagesWorld.Program, null, default);
        Assert.True(accepted.Ok);
        await world.RunAsync("update messages set accepted_at = accepted_at - interval '3 minutes' where id = $1", accepted.Value.Id);

        LaneView? lane = null;
        await Eventually.TrueAsync(async () =>
        {
            var view = await ViewAsync();
            lane = view.Lanes.Single(l => l.Channel == MessageChannel.Feishu);
            return view.Nodes >= 2 && lane.Pools.Count >= 2 && lane.Bottleneck == Bottleneck.NoAccount;
        });

        Assert.Equal((1, false), (lane!.Waiting, lane.MoreWaiting));
        Assert.InRange(lane.Oldest!.Value, TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(5));
        Assert.Equal("没有可用的账号", BottleneckWords.Of(lane.Bottleneck));
    }

    [Fact]
    public void The_age_of_a_place_is_told_by_the_numbers_that_were_given_before_it()
    {
        var ages = new QueueAges();
        var start = new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);
        for (var minute = 0; minute < 60; minute++)
            ages.Note(start.AddMinutes(minute), minute * 100);
        var now = start.AddMinutes(60);

        Assert.Equal(TimeSpan.FromMinutes(50), ages.AgeOf(1_000, now));
        Assert.Equal(TimeSpan.FromMinutes(49), ages.AgeOf(1_001, now));
        Assert.Equal(TimeSpan.FromMinutes(60), ages.AgeOf(0, now));
        Assert.Equal(TimeSpan.Zero, ages.AgeOf(9_999, now));
    }

    [Fact]
    public void A_day_of_notes_takes_a_bounded_room_and_still_tells_old_from_young()
    {
        var ages = new QueueAges();
        var start = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 17_280; i++)
            ages.Note(start.AddSeconds(5 * i), i);
        var now = start.AddDays(1);

        Assert.InRange(ages.AgeOf(0, now), TimeSpan.FromHours(12), TimeSpan.FromHours(24));
        Assert.InRange(ages.AgeOf(17_000, now), TimeSpan.FromMinutes(23), TimeSpan.FromMinutes(24));
    }

    private async Task<MonitorView> ViewAsync() => (await world.First.Get<MonitorBoard>().ReadAsync(Watcher, default)).Value;
}
