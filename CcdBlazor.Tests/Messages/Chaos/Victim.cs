using System.Diagnostics;
using System.Text;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages.Chaos;

/// <summary>A program that is killed again and again and comes back each time, also when the database is down at that moment.</summary>
internal sealed class Victim(string name, string connectionString, string folder, TimeSpan ceiling, params string[] arguments) : IAsyncDisposable
{
    private static readonly string[] Telling = ["Took over", "declared dead", "taken over", "[ERR]", "fail:", "Unhandled"];

    private readonly StringBuilder story = new();
    private readonly List<int> lives = [];
    private RunningProgram? program;
    private Task coming = Task.CompletedTask;

    /// <summary>What its lives said about takeovers and errors.</summary>
    public string Story => $"{story}{Tell(program)}";

    /// <summary>As the steps of messages name it: one name per life.</summary>
    public string[] Hosts
    {
        get
        {
            lock (lives)
                return [.. lives.Select(id => $"{(Environment.MachineName.Length > 20 ? Environment.MachineName[..20] : Environment.MachineName)}:{id}")];
        }
    }

    /// <summary>It is not on its way back.</summary>
    public bool Stands => coming.IsCompleted;

    public override string ToString() => name;

    public async Task StartAsync()
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                program = await RunningProgram.StartAsync(
                    connectionString: connectionString, dataFolder: folder, arguments: ["--Messages:Heartbeat=00:00:00.500", "--Messages:ListedAfter=00:00:10", .. arguments]);
                lock (lives)
                    lives.Add(program.ProcessId);
                return;
            }
            catch (InvalidOperationException e) when (since.Elapsed < ceiling)
            {
                // It disposed of itself. The database was on its way, down or up.
                story.Append("A start failed: ").AppendLine(e.Message.Split('\n')[0]);
            }
        }
    }

    /// <summary>The end without a word; the next life begins by itself.</summary>
    public async Task KillAsync()
    {
        await coming;
        var dying = program!;
        program = null;
        using (var process = Process.GetProcessById(dying.ProcessId))
            process.Kill();
        story.Append(Tell(dying));
        coming = ComeBackAsync(dying);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await coming;
        }
        finally
        {
            if (program is { } last)
                await last.DisposeAsync();
        }
    }

    private async Task ComeBackAsync(RunningProgram dead)
    {
        await dead.DisposeAsync();
        await StartAsync();
    }

    private static string Tell(RunningProgram? program) =>
        program is null ? "" : $"life {program.ProcessId}\n{string.Join('\n', program.Output.Split('\n').Where(l => Telling.Any(t => l.Contains(t, StringComparison.Ordinal))).TakeLast(20))}\n";
}
