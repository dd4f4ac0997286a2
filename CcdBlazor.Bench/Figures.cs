using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CcdBlazor.Bench;

/// <summary>Measures and prints.</summary>
internal static class Figures
{
    private static readonly List<string> Misses = [];

    /// <summary>Goals that were not reached.</summary>
    public static int Missed => Misses.Count;

    public static void Conditions(BenchSettings settings) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTimeOffset.Now:yyyy-MM-dd HH:mm}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, load {LoadAverage()}; embedded PostgreSQL, durable, {settings.Customers:N0} customers, {settings.Customers * (long)BenchSettings.DocumentsPerCustomer:N0} documents"));

    public static void Title(string name, string what, BenchSettings settings) =>
        Console.WriteLine($"\n== {name}: {what}\n   scripts/bench {settings.CommandLine} · load average {LoadAverage()}");

    /// <summary>One line of a table; a goal of 0 means that there is none.</summary>
    public static void Latency(string name, double[] milliseconds, double goalP95 = 0, double goalP99 = 0)
    {
        var (p50, p95, p99) = (Percentile(milliseconds, 0.5), Percentile(milliseconds, 0.95), Percentile(milliseconds, 0.99));
        var goal = goalP95 > 0 ? Verdict(name, p95 < goalP95, string.Create(CultureInfo.InvariantCulture, $"p95 < {goalP95:0} ms"))
            : goalP99 > 0 ? Verdict(name, p99 < goalP99, string.Create(CultureInfo.InvariantCulture, $"p99 < {goalP99:0} ms")) : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {name,-52} p50 {p50,8:0.00}  p95 {p95,8:0.00}  p99 {p99,8:0.00} ms   n {milliseconds.Length,-6} {goal}"));
    }

    public static void Value(string name, double value, string unit, double goalBelow = 0, double goalAtLeast = 0)
    {
        var goal = goalBelow > 0 ? Verdict(name, value < goalBelow, string.Create(CultureInfo.InvariantCulture, $"< {goalBelow:0.##} {unit}"))
            : goalAtLeast > 0 ? Verdict(name, value >= goalAtLeast, string.Create(CultureInfo.InvariantCulture, $">= {goalAtLeast:0.##} {unit}")) : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   {name,-52} {value,12:N2} {unit,-8} {goal}"));
    }

    public static void Note(string text) => Console.WriteLine($"   {text}");

    public static void Goal(string name, bool met) => Console.WriteLine($"   {name}: {Verdict(name, met, "goals of the bench")}");

    /// <summary>Warms up, then runs and times one after the other.</summary>
    public static async Task<double[]> TimeAsync(int runs, Func<int, Task> work)
    {
        for (var i = 0; i < Math.Min(20, runs); i++)
            await work(i);
        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var since = Stopwatch.GetTimestamp();
            await work(i);
            times[i] = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        }

        return times;
    }

    public static double Percentile(double[] values, double share)
    {
        if (values.Length == 0)
            return double.NaN;
        var sorted = values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>Resident memory of a process, in MB; 0 when it is gone or the system does not tell.</summary>
    public static double ResidentMegabytes(int process)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                    return double.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            // It ended meanwhile.
        }

        return 0;
    }

    private static string Verdict(string name, bool met, string goal)
    {
        if (!met)
            Misses.Add(name);
        return $"goal {goal}: {(met ? "met" : "MISSED")}";
    }

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
}
