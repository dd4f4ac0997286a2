using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace CcdBlazor.Hosting;

/// <summary>
/// The processes of one cluster that are alive, whoever started them. They are told by their command line, which every user may read:
/// the server by its data folder, its workers by the cluster's name in their title. Process ids from a lock file are not trusted: after a crash
/// the same number may belong to somebody else.
/// </summary>
internal sealed class ServerProcesses(string clusterFolder, string clusterName)
{
    private const int Interrupt = 2;
    private const int Kill9 = 9;

    internal IReadOnlyList<int> Alive()
    {
        if (!Directory.Exists("/proc/self"))
        {
            return [];
        }
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && IsOurs(id))
            {
                found.Add(id);
            }
        }
        return found;
    }

    /// <summary>The server process, if one runs.</summary>
    internal int? Server => Alive().Where(id => IsServer(CommandLine(id))).Cast<int?>().FirstOrDefault();

    /// <summary>
    /// Makes sure that none is left before a new server starts: waits for those that are ending (their watcher does that when the program
    /// was killed), asks the server to end in case its watcher was killed too, and kills what remains.
    /// </summary>
    internal async Task ClearAsync(ILogger logger, TimeSpan patience, CancellationToken ct)
    {
        var left = Alive();
        if (left.Count == 0)
        {
            return;
        }
        logger.LogWarning("A PostgreSQL of an earlier run is still alive ({Processes} processes); ending it", left.Count);
        if (Server is { } server)
        {
            Signal(server, Interrupt);
        }
        var deadline = TimeProvider.System.GetTimestamp();
        var killed = false;
        while ((left = Alive()).Count > 0)
        {
            var waited = TimeProvider.System.GetElapsedTime(deadline);
            if (waited > patience && !killed)
            {
                killed = true;
                foreach (var id in left)
                {
                    Signal(id, Kill9);
                }
            }
            else if (waited > patience + TimeSpan.FromSeconds(10))
            {
                throw new InvalidOperationException($"A PostgreSQL of an earlier run does not end (process {left[0]}), perhaps because another user started it.");
            }
            await Task.Delay(20, ct);
        }
    }

    private bool IsOurs(int id)
    {
        var command = CommandLine(id);
        return IsServer(command) || command.StartsWith($"postgres: {clusterName}: ", StringComparison.Ordinal);
    }

    /// <summary>Starts with the program (a watching shell has it further behind), and names this data folder.</summary>
    private bool IsServer(string command)
    {
        var arguments = command.Split('\0');
        return arguments.Length > 2 && arguments[0].EndsWith("/postgres", StringComparison.Ordinal)
            && arguments[1] == "-D" && arguments[2] == clusterFolder;
    }

    private static string CommandLine(int id)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // Ended meanwhile, or hidden from us and so not ours.
        }
    }

    internal static void Signal(int process, int signal) => _ = kill(process, signal);

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
