using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CcdBlazor.Hosting;
using Npgsql;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// The platform beside job queues on the same server, in turns: each works off the same number. The peers' jobs do nothing at all; ours are
/// rendered, pass the gate, and are sent over HTTP to the simulator. So a ratio of one is more than it looks.
/// </summary>
internal static class PeersBench
{
    private const int Rounds = 3;

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_messages", ct);
        using var simulator = await SimulatorProcess.StartAsync(settings.Root, ct);
        var ours = new List<double>();
        var theirs = new Dictionary<string, List<double>> { ["graphile"] = [], ["boss"] = [] };
        for (var round = 0; round <= Rounds; round++)
        {
            var (sent, _) = await MessageBenches.DeliveryAsync(connection, settings, simulator, traces: false, ct);
            if (round > 0)
                ours.Add(sent);
            foreach (var (peer, figures) in theirs)
            {
                var (queued, worked) = await PeerAsync(settings, postgres, peer, ct);
                Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{peer}: queued {queued:N0}/s in bulk, worked off {worked:N0}/s"));
                if (round > 0)
                    figures.Add(worked);
            }
        }

        var best = theirs.MaxBy(p => Median(p.Value));
        foreach (var (peer, figures) in theirs)
            Figures.Value($"{(peer == "boss" ? "pg-boss" : "graphile-worker")}, jobs that do nothing", Median(figures), "jobs/s");
        Figures.Value("delivered over HTTP, traces off", Median(ours), "msg/s");
        Figures.Value("ratio to the best peer", Median(ours) / Median(best.Value), "", goalAtLeast: 1);
    }

    private static async Task<(double Queued, double Worked)> PeerAsync(BenchSettings settings, EmbeddedPostgres postgres, string peer, CancellationToken ct)
    {
        var folder = Path.Combine(settings.Root, "CcdBlazor.Bench", "peers");
        // A fresh database each round: what a peer keeps of finished jobs would slow its next round down.
        var to = new NpgsqlConnectionStringBuilder(await BenchHost.EmptyDatabaseAsync(postgres, $"ccd_bench_{peer}", ct));
        var start = new ProcessStartInfo(Path.Combine(folder, "node_modules", ".bin", "node"), ["peers.mjs", peer, MessageBenches.Crowd.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        start.Environment["CCD_BENCH_PEER"] = $"postgres://{to.Username}@/{to.Database}?host={Uri.EscapeDataString(to.Host!)}&port={to.Port}";
        using var process = Process.Start(start)!;
        await using var stop = ct.Register(() => process.Kill(entireProcessTree: true));
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{peer} ended with {process.ExitCode}: {output}");
        using var answer = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        double Rate(string what) => MessageBenches.Crowd / answer.RootElement.GetProperty(what).GetDouble();
        return (Rate("queued"), Rate("worked"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
