using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CcdBlazor.Hosting;
using Npgsql;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// The platform beside job queues on the same server, in turns, each over the same number. Twice, because one comparison alone would flatter somebody:
/// <list type="bullet">
/// <item>the same sends: everybody's jobs go to the simulator over HTTP, signed, 500 in a call. Ours are rendered and pass every limit besides, the peers' are not;</item>
/// <item>the queue alone: nobody's jobs do anything, and ours pass no limits per person, which the peers have not.</item>
/// </list>
/// Traces are off in both: the peers keep none.
/// </summary>
internal static class PeersBench
{
    private const int Rounds = 3;
    private static readonly string[] Peers = ["graphile", "boss"];

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_messages", ct);
        using var simulator = await SimulatorProcess.StartAsync(settings.Root, ct);
        var figures = new Dictionary<(string Who, bool Alone), List<double>>();
        for (var round = 0; round <= Rounds; round++)
            foreach (var alone in new[] { false, true })
            {
                var (sent, _) = await MessageBenches.DeliveryAsync(connection, settings, simulator, traces: false, ct, queueAlone: alone);
                Keep("ours", alone, sent);
                foreach (var peer in Peers)
                {
                    await simulator.ResetAsync(receipts: false, ct);
                    var (queued, worked) = await PeerAsync(settings, postgres, peer, alone ? null : simulator, ct);
                    Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{peer}, {(alone ? "jobs that do nothing" : "the same sends")}: queued {queued:N0}/s in bulk, worked off {worked:N0}/s"));
                    if (!alone && await simulator.CountAsync(ct) is var took && took != MessageBenches.Crowd)
                        throw new InvalidOperationException($"The simulator has {took} messages of {peer}");
                    Keep(peer, alone, worked);
                }

                // The first round only warms up.
                void Keep(string who, bool a, double value)
                {
                    if (round > 0)
                        (figures.TryGetValue((who, a), out var list) ? list : figures[(who, a)] = []).Add(value);
                }
            }

        foreach (var alone in new[] { false, true })
        {
            var what = alone ? "the queue alone" : "the same sends";
            foreach (var who in Peers.Prepend("ours"))
                Figures.Value($"{what}: {who}", Median(figures[(who, alone)]), "/s");
            Figures.Value($"{what}: ratio to the best peer", Median(figures[("ours", alone)]) / Peers.Max(p => Median(figures[(p, alone)])), "", goalAtLeast: 1);
        }
    }

    private static async Task<(double Queued, double Worked)> PeerAsync(BenchSettings settings, EmbeddedPostgres postgres, string peer, SimulatorProcess? sendTo, CancellationToken ct)
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
        if (sendTo is not null)
            start.Environment["CCD_BENCH_SEND_TO"] = sendTo.Address;
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
