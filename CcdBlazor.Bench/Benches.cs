using System.Globalization;
using System.Runtime.InteropServices;
using CcdBlazor.Bench.Circuits;
using CcdBlazor.Bench.Messages;
using CcdBlazor.Bench.Portraits;

namespace CcdBlazor.Bench;

/// <summary>The table of benches. Each prints its command, its conditions, and the goal beside the figure.</summary>
internal static class Benches
{
    private static readonly (string Name, string What, Func<BenchSettings, CancellationToken, Task> Run)[] All =
    [
        ("list", "pages of the customer list and every kind of search, as three readers", QueryBenches.ListAsync),
        ("detail", "a customer's page: record and checklist", QueryBenches.DetailAsync),
        ("completeness", "completeness of 50 customers", QueryBenches.CompletenessAsync),
        ("dashboard", "figures of the dashboard", QueryBenches.DashboardAsync),
        ("photos", "photos per second through the whole chain, against plain sharp", PhotoBench.RunAsync),
        ("files", "MB/s of the encrypted store", FilesAsync),
        ("audit", "cost per audited write, verification of 1,000,000 rows", AuditAsync),
        ("start", "start to the first page, memory when idle", StartBench.RunAsync),
        ("circuits", "open pages: memory, clicks, bytes of a changed row", CircuitBenches.CircuitsAsync),
        ("watchers", "one change seen by many, on one node and on two", CircuitBenches.WatchersAsync),
        ("messages", "batches accepted, messages delivered, time to the start", MessageBenches.RunAsync),
        ("reconnect", "everybody back after all connections dropped", CircuitBenches.ReconnectAsync),
        ("portraits", "clustering and matching against a plain reference and the bound", PortraitBench.RunAsync),
        ("pool", "release by rule, reminders, pages of the pool, several who pick at once", PoolBench.RunAsync),
        ("messages-peers", "the same number of messages and of jobs of pg-boss and graphile-worker, in turns", PeersBench.RunAsync),
        ("messages-recovery", "SIGKILL of program and database under load: time to the first accepted send", RecoveryBench.RunAsync),
        ("messages-accept", "durable single sends through the full endpoint at 500 callers", AcceptBench.RunAsync),
        ("messages-backlog", "what a million that wait cost", BacklogBench.BacklogAsync),
        ("messages-snapshot", "what a snapshot that stays open for minutes costs", BacklogBench.SnapshotAsync),
        ("messages-relay", "messages through RabbitMQ, against the bare client", RelayBench.RunAsync),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [AcceptClient.Verb, ..])
            return AcceptClient.Run(args);
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (BenchSettings.Read(args) is not { } settings || settings.Names.Except(All.Select(b => b.Name).Append("all").Append("data")).Any())
        {
            Help();
            return 2;
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            stop.Cancel();
        };
        // Ended from outside: the database and the programs under test end with it.
        using var ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        Figures.Conditions(settings);
        if (settings.Names.Contains("data"))
        {
            await using var host = await BenchHost.StartAsync(settings, stop.Token);
        }

        foreach (var (name, what, run) in All)
            if (settings.Names.Contains(name) || settings.Names.Contains("all"))
            {
                Figures.Title(name, what, settings);
                try
                {
                    await run(settings, stop.Token);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    Figures.Note("stopped");
                    return 130;
                }
            }

        return Figures.Missed == 0 ? 0 : 1;
    }

    private static void Help()
    {
        Console.WriteLine("scripts/bench [NAME ...] [--customers N] [--runs N] [--circuits N] [--watchers N] [--minutes N] [--messages N] [--statements] [--data FOLDER]");
        Console.WriteLine("  data              fill the database only");
        foreach (var (name, what, _) in All)
            Console.WriteLine($"  {name,-17} {what}");
        Console.WriteLine("  all               everything above (the default)");
    }

    private static Task FilesAsync(BenchSettings settings, CancellationToken ct) => FileStoreBench.RunAsync(Path.Combine(settings.Folder, "files"), ct);

    private static async Task AuditAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var met = await AuditBench.RunAsync(await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_audit", ct), Console.Out, ct);
        Figures.Goal("audit", met);
    }
}
