using System.Diagnostics;
using System.Globalization;

namespace CcdBlazor.Bench.Messages;

/// <summary>CPU time that was used, in seconds.</summary>
/// <param name="Program">This process: clients, engine and workers.</param>
internal readonly record struct CpuUse(double Program, double Broker, double Database)
{
    public double Sum => Program + Broker + Database;

    public static CpuUse operator -(CpuUse a, CpuUse b) => new(a.Program - b.Program, a.Broker - b.Broker, a.Database - b.Database);

    public CpuUse Per(double count) => new(Program / count, Broker / count, Database / count);
}

/// <summary>What a stage of a bench reached, and what one message cost there.</summary>
internal readonly record struct Measured(double PerSecond, CpuUse PerMessage);

/// <summary>
/// Reads what program, broker and database used, from Linux. On two cores that all three share it says more than a rate, and it stays true when something else is running.
/// </summary>
internal sealed class CpuMeter(int broker, Func<int?> database)
{
    private const double TicksPerSecond = 100;

    public Run Start() => new(this);

    private CpuUse Now()
    {
        var processes = Processes();
        var server = database() ?? 0;
        return new CpuUse(Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds, Tree(processes, broker), Tree(processes, server));
    }

    /// <summary>A process with all below it, those that have ended included.</summary>
    private static double Tree(Dictionary<int, (int Parent, double Own, double Ended)> processes, int root)
    {
        if (!processes.TryGetValue(root, out var top))
            return 0;
        var sum = top.Own + top.Ended;
        foreach (var (id, process) in processes)
            if (process.Parent == root)
                sum += Tree(processes, id);
        return sum;
    }

    private static Dictionary<int, (int Parent, double Own, double Ended)> Processes()
    {
        var found = new Dictionary<int, (int, double, double)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                // After the name, which may hold anything: state, parent, ..., user, system, and the same of children that ended.
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                double Ticks(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture) / TicksPerSecond;
                found[id] = (int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(11) + Ticks(12), Ticks(13) + Ticks(14));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }

    internal readonly struct Run(CpuMeter meter)
    {
        private readonly CpuUse before = meter.Now();
        private readonly long since = Stopwatch.GetTimestamp();

        public Measured Stop(int count)
        {
            var took = Stopwatch.GetElapsedTime(since);
            return new Measured(count / took.TotalSeconds, (meter.Now() - before).Per(count));
        }
    }
}
