using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Bench.Circuits;

namespace CcdBlazor.Bench;

/// <summary>From the start of the process to the first page, with everything built already: once on an empty folder with demo data, then again; and what it holds when idle.</summary>
internal static class StartBench
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        var folder = Path.Combine(settings.Folder, "start");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var configuration = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["Storage__DataFolder"] = folder };
        await OnceAsync(settings, configuration, "first start: new database, demo people", 15, demo: true, ct);
        await OnceAsync(settings, configuration, "second start", 10, demo: false, ct);
    }

    private static async Task OnceAsync(BenchSettings settings, Dictionary<string, string> configuration, string what, double goal, bool demo, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        await using var node = await ProgramNode.StartAsync(settings, configuration, ct);
        Figures.Value($"{what}: to the first page", Stopwatch.GetElapsedTime(since).TotalSeconds, "s", goalBelow: goal);
        // Idle begins when the demo customers are there; they come while people can already look around.
        while (demo && !node.LastOutput().Contains("Demo customers are in place", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(since) < Patience)
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        if (demo)
            Figures.Note($"demo customers after {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s");
        await Task.Delay(Rest, ct);
        var parts = Family(node.Id).GroupBy(p => p.Name).Select(g => (g.Key, Megabytes: g.Sum(p => p.Megabytes), Count: g.Count())).OrderByDescending(p => p.Megabytes).ToList();
        Figures.Note(string.Join(", ", parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} x{p.Count} {p.Megabytes:0} MB"))));
        Figures.Value($"{what}: idle, program, database and media worker", parts.Sum(p => p.Megabytes), "MB", goalBelow: 400);
    }

    /// <summary>A process and everything below it, each with its share of memory: pages used by several are divided among them, not counted again.</summary>
    private static List<(string Name, double Megabytes)> Family(int root)
    {
        var all = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
            .Select(name => Status(int.Parse(name!, CultureInfo.InvariantCulture))).OfType<(int Id, int Parent, string Name)>().ToList();
        var family = new HashSet<int> { root };
        while (all.Any(p => family.Contains(p.Parent) && family.Add(p.Id)))
        {
            // Until no child is new.
        }

        return [.. all.Where(p => family.Contains(p.Id)).Select(p => (p.Name, Share(p.Id)))];
    }

    private static (int Id, int Parent, string Name)? Status(int id)
    {
        try
        {
            var lines = File.ReadLines($"/proc/{id}/status").Take(10).ToDictionary(l => l.Split(':')[0], l => l.Split(':')[1].Trim());
            return (id, int.Parse(lines["PPid"], CultureInfo.InvariantCulture), lines["Name"]);
        }
        catch (IOException)
        {
            return null; // It ended meanwhile.
        }
    }

    private static double Share(int id)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{id}/smaps_rollup"))
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                    return double.Parse(line.AsSpan(4).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended, or another account's process that this one may not look into.
        }

        return Figures.ResidentMegabytes(id);
    }
}
