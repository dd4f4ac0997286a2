using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// What a queue in PostgreSQL is known to suffer from: a deep backlog, and an old snapshot (a forgotten transaction, a long report) that keeps vacuum
/// from removing what was worked off. Each against the same work without it, in turns.
/// </summary>
internal static class BacklogBench
{
    private const int Crowd = 200_000;
    private const int Backlog = 1_000_000;
    private const int Rounds = 3;

    /// <summary>What comes and goes per second while the snapshot is open.</summary>
    private const int Stream = 3_000;

    public static Task BacklogAsync(BenchSettings settings, CancellationToken ct) => RunAsync(BacklogAsync, settings, ct);

    public static Task SnapshotAsync(BenchSettings settings, CancellationToken ct) => RunAsync(SnapshotAsync, settings, ct);

    private static async Task RunAsync(Func<string, BenchSettings, SimulatorProcess, CancellationToken, Task> part, BenchSettings settings, CancellationToken ct)
    {
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_messages", ct);
        using var simulator = await SimulatorProcess.StartAsync(settings.Root, ct);
        await part(connection, settings, simulator, ct);
    }

    private static async Task BacklogAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        var (shallow, deep) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var alone = await FirstOfAsync(Crowd);
            var behind = await FirstOfAsync(Backlog);
            Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{(round == 0 ? "warming up" : $"round {round}")}: {Crowd:N0} of {Crowd:N0} at {alone:N0}/s, the first {Crowd:N0} of {Backlog:N0} at {behind:N0}/s"));
            if (round == 0)
                continue;
            shallow.Add(alone);
            deep.Add(behind);
        }

        Figures.Value($"cost of a backlog of {Backlog:N0}", (1 - Median(deep) / Median(shallow)) * 100, "%", goalBelow: 20);

        async Task<double> FirstOfAsync(int waiting)
        {
            await using var node = await NodeAsync(connection, settings, simulator, ct);
            await node.FillAsync(waiting, priority: 5, ct);
            await simulator.ResetAsync(receipts: false, ct);
            var since = Stopwatch.GetTimestamp();
            node.Deliver();
            await node.UntilAsync(Done, Crowd, ct);
            return Crowd / Stopwatch.GetElapsedTime(since).TotalSeconds;
        }
    }

    /// <summary>
    /// A stream comes and goes for some minutes under an open snapshot; then a crowd with it still open, and again with it closed and the garbage removed. The tables
    /// are as large both times, so the difference is the snapshot's.
    /// </summary>
    private static async Task SnapshotAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        await using var node = await NodeAsync(connection, settings, simulator, ct);
        await node.FillAsync(1_000, priority: 5, ct);
        await simulator.ResetAsync(receipts: false, ct);
        node.Deliver();
        var sent = 1_000L;
        await node.UntilAsync(Done, sent, ct);
        await CrowdAsync();
        var before = await CrowdAsync();

        var open = new List<double>();
        var since = Stopwatch.GetTimestamp();
        await using (var old = new NpgsqlConnection(connection))
        {
            await old.OpenAsync(ct);
            await using var transaction = await old.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
            await using (var look = new NpgsqlCommand("select count(*) from messages where id is null", old, transaction))
                await look.ExecuteScalarAsync(ct);
            for (var second = 1; Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(settings.Minutes); second++)
            {
                await node.AppendAsync(Stream, priority: 5, ct);
                sent += Stream;
                if (TimeSpan.FromSeconds(second) - Stopwatch.GetElapsedTime(since) is { Ticks: > 0 } rest)
                    await Task.Delay(rest, ct);
            }

            await node.UntilAsync(Done, sent, ct);
            var dead = await DeadAsync();
            Figures.Note(string.Create(CultureInfo.InvariantCulture,
                $"a snapshot open for {Stopwatch.GetElapsedTime(since).TotalMinutes:0.0} minutes, {sent:N0} messages through the queue; dead rows in it {dead:N0}"));
            for (var i = 0; i < Rounds; i++)
                open.Add(await CrowdAsync());
            await transaction.RollbackAsync(ct);
        }

        // Each by itself: statements that are sent together are one transaction.
        foreach (var table in new[] { "ready_messages", "messages", "message_contents", "person_days", "message_claims" })
            await node.ExecuteAsync($"vacuum (analyze) {table}", ct);
        var closed = new List<double>();
        for (var i = 0; i < Rounds; i++)
            closed.Add(await CrowdAsync());
        Figures.Note(string.Create(CultureInfo.InvariantCulture, $"before {before:N0}/s; open {string.Join(", ", open.Select(o => o.ToString("N0", CultureInfo.InvariantCulture)))}/s; closed {string.Join(", ", closed.Select(c => c.ToString("N0", CultureInfo.InvariantCulture)))}/s"));
        Figures.Value($"cost of a snapshot open for {settings.Minutes} minutes", (1 - Median(open) / Median(closed)) * 100, "%", goalBelow: 10);

        async Task<double> CrowdAsync()
        {
            await node.AppendAsync(Crowd, priority: 5, ct);
            var from = await node.CountAsync(Done, ct);
            sent += Crowd;
            var started = Stopwatch.GetTimestamp();
            await node.UntilAsync(Done, sent, ct);
            return (sent - from) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        Task<long> DeadAsync() => node.CountAsync("select n_dead_tup from pg_stat_user_tables where relname = 'ready_messages'", ct);
    }

    private static readonly string Done = $"select coalesce(sum(n), 0) from message_minutes where result = {(int)MessageState.Sent}";

    private static async Task<MessageNode> NodeAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        var node = await MessageNode.StartAsync(connection, settings, simulator, deliver: false, ct);
        node.Get<DeliveryPolicySource>().Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default };
        await node.OnlyAsync(PushWebhookProvider.KindName, ct);
        return node;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
