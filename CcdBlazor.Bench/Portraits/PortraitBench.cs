using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CcdBlazor.Domain.Portraits.Matching;
using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Bench.Portraits;

/// <summary>
/// Clustering and matching at the sizes of the goals. Rows: 50 normal clusters (deviation 4, once 9, where they run into each other) around centres in a
/// cube of edge 20, the usual "blobs". Pairs: uniform costs, skewed ones, where some managers are everybody's favourite, and whole scores, which tie by the thousand.
/// </summary>
internal static class PortraitBench
{
    private const int Segments = 50;
    private const int Rounds = 3;
    private const int Restarts = 10;

    private enum Pairs
    {
        Uniform,
        Skewed,
        WholeScores,
    }

    public static Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        var factor = Math.Min(1.0, settings.Customers / 1_000_000.0); // --customers makes everything smaller, for trying out
        int Size(int full) => Math.Max(2_000, (int)(full * factor));
        foreach (var kind in Enum.GetValues<Pairs>())
            Match(Size(10_000), 100, kind, 0.8, true, ct);
        foreach (var kind in Enum.GetValues<Pairs>())
            Match(Size(100_000), 200, kind, 30, false, ct);
        // What is timed comes first: the reference takes both cores for minutes.
        List<(FeatureMatrix Data, string Name, KMeansFit Fit)> compared =
        [
            Cluster(Size(100_000), 16, 0.6, factor < 1, ct),
            Cluster(Size(100_000), 16, 0, factor < 1, ct, deviation: 9),
            Cluster(Size(1_000_000), 16, 6, factor < 1, ct),
        ];
        Cluster(Size(1_000_000), 30, 0, factor < 1, ct);
        foreach (var (data, name, fit) in compared)
            Compare(data, name, fit, ct);
        return Task.CompletedTask;
    }

    private static (FeatureMatrix Data, string Name, KMeansFit Fit) Cluster(int n, int columns, double goal, bool small, CancellationToken ct, double deviation = 4)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{n:N0} x {columns}{(deviation > 4 ? ", overlapping" : "")}");
        var rows = Blobs(n, columns, 7, deviation);
        var data = new FeatureMatrix(n, columns, rows);
        KMeans.Fit(new FeatureMatrix(Math.Min(n, 40_000), columns, rows), new KMeansSettings(Segments), ct: ct); // compiled before it is timed
        var (times, prints) = (new List<double>(), new HashSet<string>());
        KMeansFit? fit = null;
        var collected = GC.GetTotalAllocatedBytes(true);
        for (var round = 0; round < Rounds; round++)
        {
            var since = Stopwatch.GetTimestamp();
            fit = KMeans.Fit(data, new KMeansSettings(Segments), ct: ct).Value;
            times.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
            prints.Add(Print(fit));
        }

        var allocated = (GC.GetTotalAllocatedBytes(true) - collected) / Rounds;
        Figures.Value($"k-means {name}, k = {Segments}, median of {Rounds}", Median(times), "s", goalBelow: small ? 0 : goal);
        Figures.Note(string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(" ", times.Select(t => $"{t:0.00}"))} s; inertia per row {fit!.Inertia / n:0.0000}, {fit.Iterations} passes over all rows, data {rows.Length / 262_144.0:0} MB, allocated {allocated >> 20} MB a run"));
        foreach (var threads in new[] { 1, 2 })
        {
            var since = Stopwatch.GetTimestamp();
            var other = KMeans.Fit(data, new KMeansSettings(Segments, Threads: threads), ct: ct).Value;
            Figures.Value($"  with {threads} {(threads == 1 ? "thread" : "threads")}", Stopwatch.GetElapsedTime(since).TotalSeconds, "s");
            prints.Add(Print(other));
        }

        Figures.Goal($"k-means {name}: same bytes (centroids, labels, inertia) for the same seed, {Rounds + 2} runs, with 1 thread and with 2", prints.Count == 1);
        var place = Stopwatch.GetTimestamp();
        for (var i = 0; i < 10_000; i++)
            fit.Place(data.Row(i % n));
        Figures.Value("  a new row placed", Stopwatch.GetElapsedTime(place).TotalMicroseconds / 10_000, "us");
        return (data, name, fit);
    }

    /// <summary>Inertia against ten restarts of the plain reference.</summary>
    private static void Compare(FeatureMatrix data, string name, KMeansFit fit, CancellationToken ct)
    {
        var n = data.Rows;
        Figures.Note($"k-means {name}, against the reference:");
        var plain = new (double Inertia, int Iterations, double Seconds)[Restarts];
        Parallel.For(0, Restarts, new ParallelOptions { CancellationToken = ct }, restart =>
        {
            var since = Stopwatch.GetTimestamp();
            var (inertia, _, iterations) = PlainKMeans.Run(data.Values, n, data.Columns, Segments, 100 + restart, ct: ct);
            plain[restart] = (inertia, iterations, Stopwatch.GetElapsedTime(since).TotalSeconds);
            // At once: ten of them over a million rows take minutes.
            Figures.Note(string.Create(CultureInfo.InvariantCulture, $"  reference {restart + 1}: inertia per row {inertia / n:0.0000}, ours {(fit.Inertia / inertia * 100) - 100:+0.00;-0.00} %, {iterations} passes, {plain[restart].Seconds:0} s"));
        });
        var best = plain.Min(p => p.Inertia);
        Figures.Note(string.Create(CultureInfo.InvariantCulture,
            $"plain reference, {Restarts} restarts: inertia per row {best / n:0.0000} .. {plain.Max(p => p.Inertia) / n:0.0000}, {plain.Average(p => p.Seconds):0.0} s each"));
        Figures.Value("  inertia against the best of the reference", (fit.Inertia / best * 100) - 100, "%");
        Figures.Goal("  within 0.1 % of it", fit.Inertia <= best * 1.001);
    }

    private static void Match(int customers, int managers, Pairs kind, double goal, bool exact, CancellationToken ct)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{customers:N0} -> {managers}, {kind}");
        var costs = Costs(customers, managers, kind);
        var limits = Enumerable.Repeat(new LoadLimits(0, (customers + managers - 1) / managers), managers).ToArray();
        var small = MatchingProblem.FromMatrix(costs.AsMemory(0, 1_000 * managers), 1_000, [.. limits.Select(_ => new LoadLimits(0, (1_000 / managers) + 1))]);
        for (var i = 0; i < 5; i++)
            OptimalMatching.Solve(small.Value, ct: ct);
        var times = new List<double>();
        MatchingResult? result = null;
        MatchingProblem? problem = null;
        for (var round = 0; round < Rounds; round++)
        {
            var since = Stopwatch.GetTimestamp();
            problem = MatchingProblem.FromMatrix(costs, customers, limits).Value;
            result = OptimalMatching.Solve(problem, ct: ct);
            times.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }

        var greedy = GreedyMatching.Solve(problem!);
        Figures.Value($"matching {name}, every place taken, median of {Rounds}", Median(times), "s", goalBelow: goal);
        Figures.Note(string.Create(CultureInfo.InvariantCulture,
            $"cost {result!.TotalCost:0.0000}, bound {result.Bound:0.0000}, gap {result.Gap:0.0E0}, exchanges {result.Augmentations:N0}, greedy {greedy.TotalCost:0.00} (+{(greedy.TotalCost - result.TotalCost) / Math.Abs(result.TotalCost) * 100:0.0} %)"));
        Figures.Goal($"matching {name}: gap {(exact ? "0" : "< 0.1 %")}, everybody assigned, no manager over the limit",
            (exact ? result.Gap == 0 : result.Gap < 0.001) && result.Unassigned.Count == 0 && result.Loads.Zip(limits).All(l => l.First <= l.Second.Maximum));
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>Of every byte that came out.</summary>
    private static string Print(KMeansFit fit)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(fit.Centroids.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(fit.Labels.AsSpan()));
        hash.AppendData(BitConverter.GetBytes(fit.Inertia));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static float[] Costs(int customers, int managers, Pairs kind)
    {
        var random = new Random(11);
        var liked = Enumerable.Range(0, managers).Select(_ => kind == Pairs.Skewed ? random.NextSingle() * 60 : 0).ToArray();
        var costs = new float[customers * managers];
        for (var i = 0; i < costs.Length; i++)
            costs[i] = kind == Pairs.WholeScores ? -random.Next(12) : (random.NextSingle() * 100) + liked[i % managers];
        return costs;
    }

    private static float[] Blobs(int n, int columns, int seed, double deviation)
    {
        var random = new Random(seed);
        var centres = Enumerable.Range(0, Segments * columns).Select(_ => (random.NextDouble() * 20) - 10).ToArray();
        var rows = new float[n * columns];
        for (var i = 0; i < n; i++)
        {
            var centre = random.Next(Segments);
            for (var d = 0; d < columns; d++)
                rows[(i * columns) + d] = (float)(centres[(centre * columns) + d] + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return rows;
    }
}
