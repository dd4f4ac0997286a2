using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Hosting;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit.Abstractions;

namespace CcdBlazor.Tests.Messages.Chaos;

/// <summary>
/// Ten thousand recipients over a provider that recognises our ids, one that can be asked and one that cannot tell, while two real programs are killed, sessions of the
/// database are ended, the database itself is killed and answers of a provider are lost: twenty blows at random moments. One of the programs hands its push messages to a worker
/// process through a real broker, the other one sends them itself; the worker is killed like the programs, and the broker once, in the middle, as blow twenty-one. The simulator's own
/// record decides: nobody is left out, nobody gets a message twice. <c>CCD_CHAOS_SEED</c> repeats a run with the blows of another one. Where Debian's broker is not installed, it goes on
/// without broker and worker.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private enum Blow
    {
        KillProgram,
        EndSessions,
        KillDatabase,
        KillBroker,
    }

    /// <summary>Longer than any busy machine needs; nothing waits for its end in a good run.</summary>
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(6);

    private static readonly Blow[] Blows =
        [.. Enumerable.Repeat(Blow.KillProgram, 7), .. Enumerable.Repeat(Blow.EndSessions, 11), .. Enumerable.Repeat(Blow.KillDatabase, 2)];

    [Fact]
    public async Task Nobody_is_left_out_and_nobody_hears_twice_whatever_is_killed()
    {
        var folder = TestCluster.MakeFolder("chaos");
        try
        {
            // Durable, unlike the other tests' server: a killed database that forgets what it had committed would prove nothing.
            await using var postgres = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions { DataFolder = Path.Combine(folder, "db") }, NullLogger.Instance, CancellationToken.None);
            await using var simulator = await SimulatorServer.StartAsync(["--urls", "http://127.0.0.1:0", "--Smtp:StartTlsPort=0", "--Smtp:TlsPort=0"], TimeProvider.System);
            await using var broker = await ChaosBroker.StartAsync(output.WriteLine);
            await RunAsync(postgres, simulator, broker, Path.Combine(folder, "program"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RunAsync(EmbeddedPostgres postgres, SimulatorServer simulator, ChaosBroker? broker, string folder)
    {
        Directory.CreateDirectory(folder);
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CCD_CHAOS_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Environment.TickCount;
        Log($"seed {seed}");
        var random = new Random(seed);
        simulator.World.Limits.Replace("*", []);
        // Now and then an answer of the provider is lost after it took the call.
        simulator.World.Script.Replace([new ScriptRule { Kind = "aliyun-sms", Operation = "Send*", Action = "cut", Probability = 0.1, Times = 4, Seed = seed }]);
        await using var first = new Victim("the first program", postgres.ConnectionString, folder, Ceiling);
        await using var second = new Victim("the second program", postgres.ConnectionString, folder, Ceiling, broker?.Program ?? []);
        await using var worker = new Victim("the worker", postgres.ConnectionString, folder, Ceiling, broker?.Worker ?? []);
        Victim[] victims = broker is null ? [first, second] : [first, second, worker];
        var protocol = new ChaosProtocol(postgres.ConnectionString, simulator, output.WriteLine);
        try
        {
            // The first one brings the database to its schema.
            await first.StartAsync();
            await Task.WhenAll(victims[1..].Select(v => v.StartAsync()));
            if (broker is not null)
                await broker.ServedAsync();
            var batches = await ChaosBatches.BeginAsync(postgres.ConnectionString, folder, simulator);
            // A part has gone through the worker before the first blow; how much later is luck.
            if (broker is not null)
                await Eventually.TrueAsync(async () => await ThroughAsync(postgres, worker) > 0, Ceiling, "the worker delivers");
            await StrikeAsync(random, postgres, simulator, broker, victims);
            Log("all blows have fallen");
            await Eventually.TrueAsync(async () => await OpenAsync(postgres) == 0, Ceiling, "all batches are finished");
            Log("all batches are finished");
            await Eventually.TrueAsync(async () => await LeftAsync(postgres) == 0, Ceiling, "nothing is left in queue or claims");
            await protocol.CheckAsync(batches);
            if (broker is not null)
                Log($"{await ThroughAsync(postgres, worker)} went through the worker");
            Log("checked");
        }
        catch
        {
            await protocol.TellAsync();
            Log($"seed {seed}\n{string.Join('\n', victims.Select(v => $"--- {v} ---\n{v.Story}"))}");
            throw;
        }
    }

    /// <summary>The blows are spread over the whole of the sending; where it stands still, the next one falls after a while all the same.</summary>
    private async Task StrikeAsync(Random random, EmbeddedPostgres postgres, SimulatorServer simulator, ChaosBroker? broker, Victim[] victims)
    {
        var shuffled = (Blow[])Blows.Clone();
        random.Shuffle(shuffled);
        List<Blow> blows = [.. shuffled];
        if (broker is not null)
            blows.Insert(random.Next(blows.Count / 3, blows.Count * 2 / 3), Blow.KillBroker);
        for (var i = 0; i < blows.Count; i++)
        {
            var until = (long)(ChaosBatches.Total * 0.85 * (i + random.NextDouble()) / blows.Count);
            var choice = random.Next(int.MaxValue);
            var share = 0.3 + random.NextDouble() / 2;
            await Eventually.WithinAsync(() => Shown(simulator) >= until, TimeSpan.FromSeconds(3));
            // Whoever is on his way back is not waited for while another one stands: on a busy machine the messages would be out before the blows.
            Victim[] standing = [.. victims.Where(v => v.Stands)];
            var victim = standing.Length > 0 ? standing[choice % standing.Length] : victims[choice % victims.Length];
            Log($"blow {i + 1}: {blows[i]}{(blows[i] == Blow.KillProgram ? $" ({victim})" : "")}, {Shown(simulator)} shown");
            switch (blows[i])
            {
                case Blow.KillProgram:
                    await victim.KillAsync();
                    break;
                case Blow.KillDatabase:
                    await KillDatabaseAsync(postgres);
                    break;
                case Blow.EndSessions:
                    await EndSessionsAsync(postgres, share);
                    break;
                case Blow.KillBroker:
                    await broker!.KillAsync();
                    break;
                default:
                    throw new UnreachableException();
            }
        }

        if (broker is not null)
            await broker.BackAsync();
    }

    private static long Shown(SimulatorServer simulator) => simulator.World.Messages.Counts().Values.Sum(c => c.Shown);

    private static async Task KillDatabaseAsync(EmbeddedPostgres postgres)
    {
        var restarts = postgres.Restarts;
        await Eventually.TrueAsync(() => postgres.ServerId is not null, Ceiling);
        using (var server = Process.GetProcessById(postgres.ServerId!.Value))
            server.Kill();
        await Eventually.TrueAsync(() => postgres.Restarts > restarts, Ceiling);
    }

    private static async Task EndSessionsAsync(EmbeddedPostgres postgres, double share)
    {
        try
        {
            await CountAsync(postgres, "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and random() < $1", share);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            // The database was not back yet: as good a blow as any.
        }
    }

    private static Task<long> ThroughAsync(EmbeddedPostgres postgres, Victim worker) =>
        AskedAsync(postgres, $"select count(*) from message_traces where node = {(short)TraceNode.Send} and host = any($1)", worker.Hosts);

    private static Task<long> OpenAsync(EmbeddedPostgres postgres) => AskedAsync(postgres, "select count(*) from message_batches where state <> $1", (short)BatchState.Finished);

    private static Task<long> LeftAsync(EmbeddedPostgres postgres) =>
        AskedAsync(postgres, "select (select count(*) from ready_messages) + (select count(*) from later_messages) + (select count(*) from message_claims) + $1", 0L);

    private static async Task<long> AskedAsync(EmbeddedPostgres postgres, string sql, object value)
    {
        try
        {
            return await CountAsync(postgres, sql, value);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            return -1;
        }
    }

    private static async Task<long> CountAsync(EmbeddedPostgres postgres, string sql, object value)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(value);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private void Log(string line) => output.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {line}");
}
