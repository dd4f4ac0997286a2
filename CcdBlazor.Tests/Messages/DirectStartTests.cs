using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

/// <summary>Messages that an idle lane claims in the commit that accepts them.</summary>
public sealed class DirectStartTests : IAsyncLifetime
{
    private readonly MessagesWorld world = new();
    private string template = "";

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        template = await world.TemplateAsync();
        // Until the lanes know their accounts, everything goes through the queue.
        foreach (var (channel, recipient) in new[] { (MessageChannel.Push, "first"), (MessageChannel.Email, "first@example.com") })
            await world.SendUntilAsync(MessagesWorld.Request(template, channel, recipient), MessageState.Sent);
        await QuietAsync();
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task What_an_idle_lane_begins_at_once_never_enters_the_queue()
    {
        var before = await QueuedAsync();
        for (var i = 0; i < 5; i++)
        {
            await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, $"d{i}"), MessageState.Sent);
            await QuietAsync();
        }

        Assert.Equal(before, await QueuedAsync());
        Assert.Equal(6, world.Push.Received.Count);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 0);
        // All rows of the trace that a message through the queue has.
        Assert.Equal(6 * 3, await world.CountAsync("select count(*) from message_traces t join messages m on m.id = t.message_id where m.channel = $1", (short)MessageChannel.Push));
    }

    [Fact]
    public async Task More_than_can_begin_at_once_is_sent_exactly_once_all_the_same()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Task.Run(() =>
            world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Email, $"p{i}@example.com"), MessagesWorld.Program, null, default).AsTask())));
        Assert.All(answers, a => Assert.True(a.Ok, a.Refusal?.Code));
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from messages where state = $1", (short)MessageState.Sent) == 302);
        Assert.Equal(301, world.Mail.Received.Select(r => r.Recipient).Distinct().Count());
        Assert.Equal(301, world.Mail.Received.Count);
        await QuietAsync();
    }

    [Fact]
    public async Task A_repeated_key_leaves_no_claim_behind()
    {
        var request = MessagesWorld.Request(template, MessageChannel.Push, "keyed") with { IdempotencyKey = "k" };
        await world.SendUntilAsync(request, MessageState.Sent);
        await QuietAsync();
        for (var i = 0; i < 3; i++)
            Assert.True((await world.First.Sender.SendAsync(request, MessagesWorld.Program, null, default)).Value.Repeated);
        await QuietAsync();
        Assert.Equal(0, await world.CountAsync("select count(*) from message_claims"));
        Assert.Single(world.Push.Received, r => r.Recipient == "keyed");
    }

    [Fact]
    public async Task A_refused_commit_gives_the_claim_back()
    {
        await world.RunAsync("alter table message_claims add constraint test_refuses check (open < 0) not valid");
        var refused = await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, "refused"), MessagesWorld.Program, null, default);
        Assert.Equal("messages.busy", refused.Refusal?.Code);
        await world.RunAsync("alter table message_claims drop constraint test_refuses");
        await QuietAsync();
        Assert.DoesNotContain(world.Push.Received, r => r.Recipient == "refused");
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "after"), MessageState.Sent);
    }

    [Fact]
    public async Task The_end_of_a_node_waits_for_what_was_begun_at_the_door()
    {
        var going = await world.StartNodeAsync();
        // The new node's lanes have to have looked once.
        await Eventually.TrueAsync(() => Task.FromResult(going.Get<AccountBook>().Known.Any()));
        using var stuck = new SemaphoreSlim(0);
        world.Push.Hold = ct => stuck.WaitAsync(ct);
        var accepted = await going.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, "held"), MessagesWorld.Program, null, default);
        Assert.True(accepted.Ok, accepted.Refusal?.Code);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 1);
        var ending = world.EndAsync(going);
        await Task.Delay(300);
        Assert.False(ending.IsCompleted);
        stuck.Release(100);
        await ending;
        Assert.Equal(MessageState.Sent, await world.StateAsync(accepted.Value.Id));
        Assert.Single(world.Push.Received, r => r.Recipient == "held");
    }

    [Fact]
    public void A_lane_with_anything_waiting_is_not_idle()
    {
        var queue = new LaneQueue(TimeProvider.System);
        Assert.True(queue.Idle);
        queue.Raise(1, 3);
        Assert.False(queue.Idle);
        var next = queue.Next((_, _) => true)!.Value;
        queue.Claimed(1, 3, 10, drained: false, next.Signals);
        Assert.False(queue.Idle);
        next = queue.Next((_, _) => true)!.Value;
        // It began where the last one ended: what was committed late would be missed.
        Assert.Equal(10, next.After);
        queue.Claimed(1, 3, 20, drained: true, next.Signals);
        Assert.False(queue.Idle);
        next = queue.Next((_, _) => true)!.Value;
        Assert.Equal(0, next.After);
        queue.Claimed(1, 3, 0, drained: true, next.Signals);
        Assert.True(queue.Idle);
    }

    [Fact]
    public void Claims_of_a_backlog_walk_over_nothing_twice_and_come_back_for_what_was_late()
    {
        var clock = new Stopped();
        var queue = new LaneQueue(clock);
        queue.Raise(1, 3);
        long Claim(long last, bool drained = false)
        {
            var next = queue.Next((_, _) => true)!.Value;
            queue.Claimed(1, 3, last, drained, next.Signals);
            return next.After;
        }

        Assert.Equal(0, Claim(500));
        Assert.Equal(500, Claim(1_000));
        Assert.Equal(1_000, Claim(1_500));
        clock.Advance(TimeSpan.FromSeconds(1.5));
        // A second later once with the margin of three: nothing is older.
        Assert.Equal(0, Claim(2_000));
        Assert.Equal(2_000, Claim(2_500));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1_500, Claim(3_000));
        Assert.Equal(3_000, Claim(3_500));
        clock.Advance(TimeSpan.FromSeconds(18));
        Assert.Equal(0, Claim(4_000));
        Assert.Equal(4_000, Claim(4_000, drained: true));
        Assert.Equal(3_500, Claim(4_000, drained: true));
        Assert.True(queue.Idle);
    }

    [Fact]
    public void A_look_from_the_start_that_takes_long_is_taken_rarely_but_never_forgotten()
    {
        var clock = new Stopped();
        var queue = new LaneQueue(clock);
        queue.Raise(1, 3);
        var first = queue.Next((_, _) => true)!.Value;
        clock.Advance(TimeSpan.FromSeconds(2));
        queue.Claimed(1, 3, 500, drained: false, first.Signals);
        for (var seconds = 2; seconds < 100; seconds += 10)
        {
            var next = queue.Next((_, _) => true)!.Value;
            // The first has nothing that is older than its margin.
            if (seconds > 2)
                Assert.NotEqual(0, next.After);
            queue.Claimed(1, 3, next.After + 500, drained: false, next.Signals);
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(0, queue.Next((_, _) => true)!.Value.After);
    }

    /// <summary>Its timestamps move with it.</summary>
    private sealed class Stopped : TimeProvider
    {
        private long now = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan by) => now += by.Ticks;
    }

    private Task<long> QueuedAsync() => world.CountAsync("select last_value from ready_messages_seq");

    /// <summary>Nothing is under way, and no lane believes that something waits.</summary>
    private Task QuietAsync() => Eventually.TrueAsync(async () =>
        world.First.Get<DeliveryEngine>().Gauges.All(g => g.UnderWay == 0) && world.First.Get<DeliveryEngine>().Idle && await world.CountAsync("select count(*) from message_claims") == 0);
}
