using System.Globalization;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Messages.RabbitMq;
using RabbitMQ.Client;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// Messages through the broker, against the bare client on the same broker (<see cref="BareClient"/>), in turns. Ours: a lane that a worker serves, from the queue in PostgreSQL to the
/// committed outcome with all trace rows; requests, from the other system's publish to the committed message; receipts, from the rows to the confirm. For each the CPU time per
/// message of program, broker and database, which says what the rows cost that the bare client does not write.
/// </summary>
internal static class RelayBench
{
    private const int Rounds = 5;
    private const int AcknowledgedTogether = 100;

    private static readonly HashSet<MessageChannel> Lanes = [MessageChannel.Push];

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        var count = settings.Messages;
        settings = settings with { Folder = Path.Combine(settings.Folder, "relay") };
        Directory.CreateDirectory(settings.DataFolder);
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_relay", ct);
        await using var broker = await BenchBroker.StartAsync(ct);
        await using var theirs = await broker.ConnectAsync(ct);
        var meter = new CpuMeter(broker.KeeperId, () => postgres.ServerId);
        await using var door = await RelaySide.StartAsync("the door", connection, settings, new RabbitMqSettings(broker.Uri, false, true, false, new HashSet<MessageChannel>(), BareClient.Prefetch), ct);
        var (template, templateId) = await door.PrepareAsync(ct);
        await using var worker = await RelaySide.StartAsync("the worker", connection, settings, new RabbitMqSettings(broker.Uri, true, false, false, Lanes, BareClient.Prefetch), ct);
        door.Run(deliver: false, ticketsOnly: false);
        worker.Run(deliver: true, ticketsOnly: true);
        await Task.WhenAll(door.ConnectedAsync(ct), worker.ConnectedAsync(ct));
        var key = (await door.Get<ApiKeyService>().CreateAsync(
            new ApiKeyDraft { Name = "bench", Scopes = ApiScopes.MessagesSend, PerSecond = 100_000, PerMinute = 6_000_000, Concurrency = 1_000 }, new SystemActor("bench"), ct)).Value;

        var relaying = new RabbitMqSettings(broker.Uri, false, false, false, Lanes, BareClient.Prefetch);
        (string Name, Func<int, Task<Measured>> Run)[] stages =
        [
            ("bare", round => BareClient.RoundTripAsync(theirs, meter, count, AcknowledgedTogether, i => BareClient.Request(key.Text, template, $"bare-{round}", i), ct)),
            ("singly", round => BareClient.RoundTripAsync(theirs, meter, count, 1, i => BareClient.Request(key.Text, template, $"singly-{round}", i), ct)),
            ("lane", _ => LaneAsync("the relay", relaying)),
            ("here", _ => LaneAsync("the node without a broker", null)),
            ("requests", round => RequestsAsync(theirs, door, meter, count, key.Text, template, round, ct)),
            ("publish", _ => BareClient.PublishOnlyAsync(theirs, meter, count, $"{key.Id:D}.sent", BareClient.Receipt, ct)),
            ("receipts", _ => ReceiptsAsync(theirs, door, meter, count, key.Id, ct)),
        ];
        var figures = stages.ToDictionary(stage => stage.Name, _ => new List<Measured>());
        for (var round = 0; round <= Rounds; round++)
        {
            var line = new List<string>();
            foreach (var (name, run) in stages)
            {
                var measured = await run(round);
                line.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {measured.PerSecond:N0}/s"));
                if (round > 0)
                    figures[name].Add(measured);
            }

            Figures.Note($"{(round == 0 ? "warming up" : $"round {round}")}: {string.Join(", ", line)}");
        }

        double Rate(string name) => Median(figures[name].Select(m => m.PerSecond));
        double Ratio(string ours, string theirs) => Median(figures[ours].Zip(figures[theirs], (a, b) => a.PerSecond / b.PerSecond));
        void Cpu(string name)
        {
            double Part(Func<CpuUse, double> part) => 1e6 * Median(figures[name].Select(m => part(m.PerMessage)));
            Figures.Note(string.Create(CultureInfo.InvariantCulture,
                $"  CPU per message: {Part(c => c.Sum):0.0} µs (program {Part(c => c.Program):0.0}, broker {Part(c => c.Broker):0.0}, database {Part(c => c.Database):0.0})"));
        }

        void Line(string name, string what)
        {
            Figures.Value(what, Rate(name), "msg/s");
            Cpu(name);
        }

        Line("bare", "bare client: publish, confirm, take, acknowledge");
        Line("singly", "bare client that acknowledges each by itself");
        Line("publish", "bare client: publish and confirm");
        Line("lane", "lane through the broker, to the outcome");
        Figures.Value("  against the bare client", Ratio("lane", "bare"), "x", goalAtLeast: 0.8);
        Figures.Value("  against the one that acknowledges each", Ratio("lane", "singly"), "x");
        Line("here", "the same lane without a broker");
        Figures.Value("  lane through the broker against it", Ratio("lane", "here"), "x");
        Line("requests", "requests, to the committed message");
        Figures.Value("  against the bare client", Ratio("requests", "bare"), "x", goalAtLeast: 0.8);
        Figures.Value("  against the one that acknowledges each", Ratio("requests", "singly"), "x");
        Line("receipts", "receipts, from the row to the confirm");
        Figures.Value("  against the bare client's publish", Ratio("receipts", "publish"), "x", goalAtLeast: 0.8);

        // An engine runs once, so each round has its own.
        async Task<Measured> LaneAsync(string name, RabbitMqSettings? through)
        {
            await using var side = await RelaySide.StartAsync(name, connection, settings, through, ct);
            if (through is not null)
                await side.ConnectedAsync(ct);
            await side.FillAsync(templateId, count, ct);
            var run = meter.Start();
            side.Run(deliver: true, ticketsOnly: false);
            await side.UntilAsync("outcomes", $"select coalesce(sum(n), 0) from message_minutes where result = {(int)MessageState.Sent}", count, ct);
            return run.Stop(count);
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static async Task<Measured> RequestsAsync(IConnection connection, RelaySide door, CpuMeter meter, int count, string key, string template, int round, CancellationToken ct)
    {
        await door.ExecuteAsync(RelaySide.Empty, ct);
        var run = meter.Start();
        await BareClient.PublishAsync(connection, Topology.Requests, Topology.Send, count, i => BareClient.Request(key, template, $"request-{round}", i), ct);
        await door.UntilAsync("messages", "select count(*) from messages", count, ct);
        return run.Stop(count);
    }

    private static async Task<Measured> ReceiptsAsync(IConnection connection, RelaySide door, CpuMeter meter, int count, Guid key, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        await using var publishing = await ConfirmedChannel.OpenAsync(connection, ct);
        await channel.ExchangeDeclareAsync(Topology.Receipts, ExchangeType.Topic, durable: true, cancellationToken: ct);
        var queue = await BareClient.QuorumAsync(channel, $"receipts-{Guid.NewGuid():N}", ct);
        await channel.QueueBindAsync(queue, Topology.Receipts, "#", cancellationToken: ct);
        await door.ExecuteAsync($"insert into caller_receipts (message_id, caller, at, state, channel) select id, '{key}', now(), 3, channel from messages limit {count}; analyze caller_receipts", ct);
        var receipts = door.Get<CallerReceipts>();
        var run = meter.Start();
        var passed = 0;
        while (await ReceiptPublisher.PassOnAsync(receipts, publishing, ct) is > 0 and var some)
            passed += some;
        var measured = run.Stop(passed);
        await channel.QueueDeleteAsync(queue, cancellationToken: ct);
        return measured;
    }
}
