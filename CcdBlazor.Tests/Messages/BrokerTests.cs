using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Messages.RabbitMq;
using CcdBlazor.Tests.Support;
using RabbitMQ.Client;

namespace CcdBlazor.Tests.Messages;

/// <summary>Requests and receipts over a real broker.</summary>
[Collection(BrokerTogether.Name)]
public sealed class BrokerTests(RabbitBroker broker) : IAsyncLifetime
{
    private BrokerWorld at = null!;

    public async Task InitializeAsync() => at = await BrokerWorld.StartAsync(broker);

    public async Task DisposeAsync() => await at.DisposeAsync();

    [Fact]
    public async Task A_request_that_comes_twice_is_one_message_and_its_receipts_arrive()
    {
        var answers = await at.QueueAsync();
        var receipts = await at.QueueAsync($"{at.Key.Id:D}.*");
        await at.AskAsync(at.Body("d1"), "order-1", answers);
        await at.AskAsync(at.Body("d1"), "order-1", answers);

        var first = Json(await at.NextAsync(answers)).GetProperty("id").GetGuid();
        Assert.Equal(first, Json(await at.NextAsync(answers)).GetProperty("id").GetGuid());
        await at.World.UntilAsync(first, MessageState.Sent);
        Assert.Single(at.World.Push.Received);

        var accepted = await at.NextAsync(receipts);
        var sent = await at.NextAsync(receipts);
        Assert.Equal(("accepted", first, "d1"), (Json(accepted).GetProperty("state").GetString(), Json(accepted).GetProperty("id").GetGuid(), Json(accepted).GetProperty("tags")[0].GetString()));
        Assert.Equal($"{at.Key.Id:D}.sent", sent.RoutingKey);
        Assert.True(long.Parse(sent.BasicProperties.MessageId!, null) > long.Parse(accepted.BasicProperties.MessageId!, null));
        await Eventually.TrueAsync(async () => await at.World.CountAsync("select count(*) from caller_receipts") == 0);
    }

    [Fact]
    public async Task A_refusal_goes_to_whoever_asked_or_else_to_the_dead_letters_without_the_key()
    {
        var answers = await at.QueueAsync();
        await at.AskAsync(at.Body("d1"), "1", answers, key: "ccd_wrong");
        var refused = await at.NextAsync(answers);
        Assert.Equal("api.key_not_accepted", Json(refused).GetProperty("code").GetString());
        Assert.Equal("1", refused.BasicProperties.CorrelationId);

        await DeadAsync("{", "2", "api.malformed_json");
        await DeadAsync(at.Body("d1"), null, "broker.message_id");
        await DeadAsync(at.Body("d1").Replace(at.Template, "nothing", StringComparison.Ordinal), "3", "messages.template_unknown");
        // An answer to one of our own queues would be a message to our workers.
        await DeadAsync("{", "4", "api.malformed_json", replyTo: Topology.Dead);
        await DeadAsync("{", "5", "api.malformed_json", replyTo: "nobody-listens");
        Assert.Empty(at.World.Push.Received);
    }

    [Fact]
    public async Task A_batch_is_taken_and_the_same_key_with_another_body_is_refused()
    {
        var answers = await at.QueueAsync();
        string Batch(string name) => JsonSerializer.Serialize(new
        {
            name, template = at.Template, channel = "push", recipients = new[] { new { recipient = "a", variables = new { name = "一" } }, new { recipient = "b", variables = new { name = "二" } } },
        });
        await at.AskAsync(Batch("一月"), "batch-1", answers, routingKey: Topology.SendBatch);
        Assert.Equal(2, Json(await at.NextAsync(answers)).GetProperty("accepted").GetInt32());
        await Eventually.TrueAsync(async () => await at.SentAsync() == 2);
        await at.AskAsync(Batch("二月"), "batch-1", answers, routingKey: Topology.SendBatch);
        Assert.Equal("messages.key_reused", Json(await at.NextAsync(answers)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task While_the_broker_is_away_everything_else_works_and_receipts_wait()
    {
        var receipts = await at.QueueAsync("#");
        await broker.KillAsync();
        await Eventually.TrueAsync(() => at.World.First.Get<BrokerState>().Current is { Up: false }, TimeSpan.FromSeconds(60));
        var sender = at.World.First.Sender;
        var caller = new MessageCaller(at.Key.Id, new Domain.Common.SystemActor("test"));
        var accepted = await sender.SendAsync(MessagesWorld.Request(at.Template, MessageChannel.Push, "d1"), caller, null, default);
        await at.World.UntilAsync(accepted.Value.Id, MessageState.Sent);
        Assert.Equal(2, await at.World.CountAsync("select count(*) from caller_receipts"));

        // A node that starts meanwhile works too.
        var second = await at.World.StartNodeAsync(with: at.World.With);
        Assert.Equal(false, second.Get<BrokerState>().Current?.Up);
        var other = await second.Sender.SendAsync(MessagesWorld.Request(at.Template, MessageChannel.Push, "d2"), caller, null, default);
        await at.World.UntilAsync(other.Value.Id, MessageState.Sent);

        await broker.StartAsync();
        await at.ConnectAsync();
        var heard = new HashSet<string>();
        // At least once: what comes again has a number that is known.
        while (heard.Count < 4)
            heard.Add((await at.NextAsync(receipts)).BasicProperties.MessageId!);
        // A confirm that the restart swallowed costs another try.
        await Eventually.TrueAsync(async () => await at.World.CountAsync("select count(*) from caller_receipts") == 0, TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task Requests_are_neither_lost_nor_doubled_when_the_broker_dies_among_them()
    {
        const int Count = 400;
        for (var i = 0; i < Count; i++)
            await at.AskAsync(at.Body($"d{i}"), $"r{i}");
        await broker.KillAsync();
        await broker.StartAsync();
        await at.ConnectAsync();
        // Whoever heard nothing asks again.
        for (var i = 0; i < Count; i++)
            await at.AskAsync(at.Body($"d{i}"), $"r{i}");
        await Eventually.TrueAsync(async () => await at.SentAsync() == Count && await Theirs(Topology.Requests) == 0, TimeSpan.FromSeconds(90));
        Assert.Equal(Count, at.World.Push.Received.Select(r => r.Recipient).Distinct().Count());
        Assert.Equal(Count, at.World.Push.Received.Count);
    }

    private async Task<uint> Theirs(string queue) => await at.Theirs.MessageCountAsync(queue);

    private async Task DeadAsync(string body, string? id, string code, string? replyTo = null)
    {
        await at.AskAsync(body, id, replyTo);
        var dead = await at.NextAsync(Topology.Dead);
        Assert.Equal(code, Encoding.UTF8.GetString((byte[])dead.BasicProperties.Headers![RequestConsumer.CodeHeader]!));
        Assert.DoesNotContain(RequestConsumer.KeyHeader, dead.BasicProperties.Headers.Keys);
        Assert.Equal(body, Encoding.UTF8.GetString(dead.Body.Span));
    }

    private static JsonElement Json(BasicGetResult message) => JsonDocument.Parse(message.Body).RootElement.Clone();
}

/// <summary>Lanes that workers serve.</summary>
[Collection(BrokerTogether.Name)]
public sealed class LaneWorkerTests(RabbitBroker broker) : IAsyncLifetime
{
    private const int Crowd = 3_000;

    private BrokerWorld at = null!;

    public async Task InitializeAsync() => at = await BrokerWorld.StartAsync(broker, MessageChannel.Push);

    public async Task DisposeAsync() => await at.DisposeAsync();

    [Fact]
    public async Task Without_a_worker_messages_wait_in_the_database_and_other_lanes_go_on()
    {
        await SendAsync(1);
        await at.World.SendUntilAsync(MessagesWorld.Request(at.Template, MessageChannel.Email, "a@example.com"), MessageState.Sent);
        Assert.Equal(1, await at.World.CountAsync("select count(*) from ready_messages"));
        await Eventually.TrueAsync(() => at.World.First.Get<DeliveryEngine>().Gauges.Single(g => g.Channel == MessageChannel.Push).Bottleneck == Bottleneck.Broker);

        await at.StartWorkerAsync();
        await DoneAsync(1, also: 1);
    }

    [Fact]
    public async Task Two_workers_share_a_lane_and_deliver_each_message_once()
    {
        using var gate = new SemaphoreSlim(0);
        at.World.Push.Hold = ct => gate.WaitAsync(ct);
        MessagesWorld.Node[] workers = [await at.StartWorkerAsync(), await at.StartWorkerAsync()];
        await SendAsync(Crowd);
        await Eventually.TrueAsync(() => workers.All(w => w.Get<DeliveryEngine>().Gauges.Single(g => g.Channel == MessageChannel.Push).UnderWay > 0), TimeSpan.FromSeconds(60));
        at.World.Push.Hold = _ => Task.CompletedTask;
        gate.Release(Crowd);
        await DoneAsync(Crowd);

        // A ticket that is shown again, or that nobody knows, sends nothing; what is no ticket ends among the dead letters.
        await ShowAsync(LaneTicketText.Write(new LaneTicket(Guid.CreateVersion7(), Guid.CreateVersion7(), Lane.Of(MessageChannel.Push), 2)));
        await ShowAsync("no ticket"u8.ToArray());
        Assert.Equal("no ticket", Encoding.UTF8.GetString((await at.NextAsync(Topology.Dead)).Body.Span));
        Assert.Equal(Crowd, at.World.Push.Received.Count);
    }

    [Fact]
    public async Task A_broker_that_dies_in_the_middle_and_a_worker_that_ends_lose_nothing_and_double_nothing()
    {
        await at.StartWorkerAsync();
        var ends = await at.StartWorkerAsync();
        await SendAsync(Crowd);
        await Eventually.TrueAsync(() => at.World.Push.Received.Count > Crowd / 10, TimeSpan.FromSeconds(60));
        await broker.KillAsync();
        await SendAsync(100, from: Crowd);
        await broker.StartAsync();
        await at.ConnectAsync();
        await at.World.EndAsync(ends);
        await DoneAsync(Crowd + 100);
    }

    [Fact]
    public async Task A_claim_changes_hands_once()
    {
        var store = at.World.First.Get<TicketStore>();
        await SendAsync(2);
        var (relay, claim) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await at.World.RunAsync("insert into message_nodes (id, name, started_at, seen_at) values ($1, 'relay', now(), now() + interval '1 hour')", relay);
        var (count, _) = await at.World.First.Get<ClaimStore>().ReserveAsync(claim, relay, Lane.Of(MessageChannel.Push), 2, 100, 0, DateTimeOffset.UtcNow, default);
        Assert.Equal(2, count);
        var ticket = new LaneTicket(claim, relay, Lane.Of(MessageChannel.Push), 2);

        // Taken back: the ticket is worth nothing.
        await store.ReturnAsync([claim], relay, default);
        await store.ReturnAsync([claim], relay, default);
        Assert.Equal(2, await at.World.CountAsync("select count(*) from ready_messages"));
        Assert.Null(await store.TakeOverAsync(ticket, Lease(), 1, DateTimeOffset.UtcNow, default));

        // Taken over: nobody else gets it, and the relay cannot take it back.
        var worker = Lease();
        await at.World.First.Get<ClaimStore>().ReserveAsync(claim, relay, ticket.Lane, 2, 100, 0, DateTimeOffset.UtcNow, default);
        await at.World.RunAsync("insert into message_nodes (id, name, started_at, seen_at) values ($1, 'worker', now(), now() + interval '1 hour')", worker.Id);
        Assert.Equal(2, (await store.TakeOverAsync(ticket, worker, 1, DateTimeOffset.UtcNow, default))!.Rows.Count);
        Assert.Null(await store.TakeOverAsync(ticket, Lease(), 1, DateTimeOffset.UtcNow, default));
        Assert.Empty(await store.OpenAsync([claim], relay, default));
        await store.ReturnAsync([claim], relay, default);
        Assert.Equal(0, await at.World.CountAsync("select count(*) from ready_messages"));

        // The worker dies: as with every node, its claim is taken over by the others.
        await at.World.RunAsync("delete from message_nodes where id = any($1)", new[] { relay, worker.Id });
        await Eventually.TrueAsync(async () => await at.World.CountAsync("select count(*) from ready_messages") == 2);
    }

    private static NodeLease Lease() => new(TimeSpan.FromHours(1), TimeProvider.System);

    private Task ShowAsync(byte[] body) => at.Theirs.BasicPublishAsync("", Topology.Lane(MessageChannel.Push, 2), mandatory: true, new BasicProperties { Persistent = true }, body).AsTask();

    private async Task SendAsync(int count, int from = 0)
    {
        var accepted = await Task.WhenAll(Enumerable.Range(from, count).Select(i =>
            at.World.First.Sender.SendAsync(MessagesWorld.Request(at.Template, MessageChannel.Push, $"d{i}"), MessagesWorld.Program, null, default).AsTask()));
        Assert.All(accepted, a => Assert.True(a.Ok));
    }

    private async Task DoneAsync(int count, int also = 0)
    {
        await Eventually.TrueAsync(async () => await at.SentAsync() == count + also, TimeSpan.FromSeconds(90));
        await Eventually.TrueAsync(async () => await at.World.CountAsync("select count(*) from message_claims") == 0);
        Assert.Equal(count, at.World.Push.Received.Count);
        Assert.Equal(count, at.World.Push.Received.Select(r => r.Recipient).Distinct().Count());
    }
}
