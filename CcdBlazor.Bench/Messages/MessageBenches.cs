using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// The message platform against the simulator (a process of its own on 127.0.0.1), on a durable database of its own: batches accepted,
/// messages delivered with all four trace rows, time from the door to the start, and an urgent message behind a crowd.
/// </summary>
internal static class MessageBenches
{
    internal const int Crowd = 200_000;
    private static readonly MessageCaller Caller = new(null, new SystemActor("bench"));

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_messages", ct);
        using var simulator = await SimulatorProcess.StartAsync(settings.Root, ct);
        await BatchesAsync(connection, settings, simulator, ct);
        await DeliveriesAsync(connection, settings, simulator, ct);
        await StartsAsync(connection, settings, simulator, ct);
    }

    private static async Task BatchesAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        await using var node = await MessageNode.StartAsync(connection, settings, simulator, deliver: false, ct);
        var times = new double[40];
        using var self = Process.GetCurrentProcess();
        var (program, database) = (0.0, 0.0);
        // A program that has run for a while has no methods left to compile: that takes one of two cores for the first ten seconds.
        for (var round = -80; round < times.Length; round++)
        {
            if (round == 0)
                await StatementFigures.ResetAsync(ct);
            if (round == 0)
                (program, database) = (self.TotalProcessorTime.TotalSeconds, AcceptBench.PostgresSeconds(settings));
            var rows = Enumerable.Range(0, 10_000).Select(i => new BatchRecipient($"device-{round}-{i}", Values(i))).ToList();
            var since = Stopwatch.GetTimestamp();
            var made = await node.Get<BatchService>().CreateAsync(new BatchDraft { Name = "bench", Template = node.Template, Channel = MessageChannel.Push }, rows, Caller, null, ct);
            if (made.Refusal is { } refusal)
                throw new InvalidOperationException(refusal.Code);
            if (round >= 0)
                times[round] = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        }

        self.Refresh();
        Figures.Note(string.Create(CultureInfo.InvariantCulture,
            $"processor per batch: program {(self.TotalProcessorTime.TotalSeconds - program) / times.Length * 1e3:0} ms (making its rows included), database {(AcceptBench.PostgresSeconds(settings) - database) / times.Length * 1e3:0} ms"));
        await StatementFigures.PrintAsync("a batch", times.Length, ct);
        Figures.Latency("batch of 10,000 accepted", times, goalP95: 200);
        await node.ExecuteAsync("truncate messages, message_batch_progress; delete from message_batches", ct);
    }

    /// <summary>With and without traces in turns, so that a disturbance meets both; the first round only warms up. Medians.</summary>
    private static async Task DeliveriesAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        var traced = new List<(double Sent, double Confirmed)>();
        var plain = new List<double>();
        for (var round = 0; round < 4; round++)
        {
            var with = await DeliveryAsync(connection, settings, simulator, traces: true, ct);
            var without = await DeliveryAsync(connection, settings, simulator, traces: false, ct);
            if (round == 0)
                continue;
            traced.Add(with);
            plain.Add(without.Sent);
        }

        Figures.Value("delivered, traces on, until the last outcome", traced.Select(t => t.Sent).Order().ElementAt(1), "msg/s");
        Figures.Value("delivered, traces on, until the last receipt", traced.Select(t => t.Confirmed).Order().ElementAt(1), "msg/s", goalAtLeast: 15_000);
        Figures.Value("delivered, traces off", plain.Order().ElementAt(1), "msg/s");
    }

    /// <summary>A crowd in the queue until its last outcome, and until its last receipt where traces are kept.</summary>
    /// <param name="queueAlone">A client that answers at once instead of HTTP, and none of the limits per person: what a bare job queue does.</param>
    internal static async Task<(double Sent, double Confirmed)> DeliveryAsync(
        string connection, BenchSettings settings, SimulatorProcess simulator, bool traces, CancellationToken ct, bool queueAlone = false)
    {
        await using var node = await MessageNode.StartAsync(connection, settings, simulator, deliver: false, ct);
        var policy = new DeliveryPolicy { QuietFrom = default, QuietUntil = default, Traces = traces };
        node.Get<DeliveryPolicySource>().Current = queueAlone ? policy with { SameContentWindow = TimeSpan.Zero, DailyCap = 0 } : policy;
        await node.FillAsync(Crowd, priority: 5, ct);
        await node.OnlyAsync(queueAlone ? NothingProvider.KindName : PushWebhookProvider.KindName, ct);
        await simulator.ResetAsync(receipts: traces, ct);
        await StatementFigures.ResetAsync(ct);
        using var self = Process.GetCurrentProcess();
        var before = (Program: self.TotalProcessorTime.TotalSeconds, Database: AcceptBench.PostgresSeconds(settings), Simulator: simulator.ProcessorSeconds);
        var since = Stopwatch.GetTimestamp();
        node.Deliver();
        await node.UntilAsync($"select coalesce(sum(n), 0) from message_minutes where result in ({(int)MessageState.Sent}, {(int)MessageState.Delivered})", Crowd, ct);
        var (sent, confirmed) = (Crowd / Stopwatch.GetElapsedTime(since).TotalSeconds, 0.0);
        if (traces)
        {
            await node.UntilAsync($"select coalesce(sum(n), 0) from message_minutes where result = {ReceiptBook.Confirmed}", Crowd, ct);
            confirmed = Crowd / Stopwatch.GetElapsedTime(since).TotalSeconds;
            if (await node.CountAsync("select count(*) from message_traces", ct) is var rows && rows != 4L * Crowd)
                throw new InvalidOperationException($"{rows} trace rows of {4L * Crowd}");
        }

        self.Refresh();
        var what = queueAlone ? "the queue alone" : traces ? "traces on" : "traces off";
        Figures.Note(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {sent:N0}/s{(traces ? $", with receipts {confirmed:N0}/s" : "")}; processor per message: program {(self.TotalProcessorTime.TotalSeconds - before.Program) / Crowd * 1e6:0} µs, "
            + $"database {(AcceptBench.PostgresSeconds(settings) - before.Database) / Crowd * 1e6:0} µs, simulator {(simulator.ProcessorSeconds - before.Simulator) / Crowd * 1e6:0} µs"));
        await StatementFigures.PrintAsync(what, Crowd, ct);
        return (sent, confirmed);
    }

    private static async Task StartsAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        await using var node = await MessageNode.StartAsync(connection, settings, simulator, deliver: true, ct);
        node.Get<DeliveryPolicySource>().Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default };
        var doors = new List<double>();
        async Task<double> StartAsync(int i, int priority)
        {
            var since = Stopwatch.GetTimestamp();
            var accepted = await node.Get<MessageSender>().SendAsync(
                new MessageRequest { Template = node.Template, Channel = MessageChannel.InApp, Recipient = Guid.NewGuid().ToString(), Variables = Values(i), Priority = priority }, Caller, null, ct);
            doors.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            var began = await node.Watch.BeganAsync(accepted.Value.Id, ct);
            return Stopwatch.GetElapsedTime(since, began).TotalMilliseconds;
        }

        for (var i = 0; i < 50; i++)
            await StartAsync(i, 5);
        await StatementFigures.ResetAsync(ct);
        var idle = new double[500];
        for (var i = 0; i < idle.Length; i++)
        {
            await Task.Delay(5, ct);
            idle[i] = await StartAsync(i, 5);
        }

        Figures.Latency("idle: accepted, the commit included", [.. doors[^idle.Length..]]);
        await StatementFigures.PrintAsync("an idle start", idle.Length, ct);
        Figures.Latency("idle: from the call at the door to the start", idle, goalP99: 8);
        Figures.Value("idle: median", Figures.Percentile(idle, 0.5), "ms", goalBelow: 1.5);

        node.Watch.CallTakes = TimeSpan.FromMilliseconds(20);
        await node.FillAsync(100_000, priority: 1, ct, MessageChannel.InApp);
        await Task.Delay(1_000, ct);
        var urgent = new double[40];
        for (var i = 0; i < urgent.Length; i++)
        {
            urgent[i] = await StartAsync(i, 10);
            await Task.Delay(25, ct);
        }

        Figures.Note($"still waiting behind: {await node.CountAsync("select count(*) from ready_messages", ct):N0}");
        Figures.Latency("priority 10 behind 100,000 of priority 1: start", urgent, goalP99: 50);
    }

    private static Dictionary<string, string> Values(int i) => new() { ["name"] = $"客户{i}", ["number"] = "KH-20261120-0001" };
}
