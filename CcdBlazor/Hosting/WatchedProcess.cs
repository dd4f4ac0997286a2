using System.Diagnostics;

namespace CcdBlazor.Hosting;

/// <summary>
/// A child process that cannot outlive this program. A small shell stands between: it holds the read end of a pipe whose write
/// end only this program has, and signals the child when the pipe closes, be it by <see cref="StopAsync"/> or because the program was
/// killed with no chance to say so. (PR_SET_PDEATHSIG cannot do this from .NET: it is bound to the thread that started the child.)
/// The child leads a session of its own, so that Ctrl-C in a terminal reaches only the program, which then stops it in its own order.
/// One object is one run; who wants a restart starts another.
/// </summary>
public sealed class WatchedProcess : IAsyncDisposable
{
    // The read loop needs no process of its own (a `cat` would be left over). TERM, INT and HUP are ignored by the shell only after the
    // child was started: an ignored signal would be inherited.
    private const string Watcher = """
        signal=$1; shift
        exec 3<&0
        "$@" </dev/null 3<&- &
        child=$!
        trap '' TERM INT HUP
        { while read -r _; do :; done; kill -s "$signal" "$child"; } <&3 3<&- >/dev/null 2>&1 &
        reader=$!
        exec </dev/null 3<&-
        wait "$child"; status=$?
        kill -s KILL "$reader" 2>/dev/null
        exit "$status"
        """;

    private const int KeptLines = 40;

    private readonly Process process;
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> lastLines = new();
    private readonly Action<string>? onLine;
    private int openOutputs = 2;

    private WatchedProcess(Process process, Action<string>? onLine)
    {
        this.process = process;
        this.onLine = onLine;
    }

    /// <summary>Completes with the exit status when the child has ended. Does not wait for others that still hold its output open.</summary>
    public Task<int> Exited => exited.Task;

    /// <summary>Process id of the watching shell (the child is below it).</summary>
    public int Id => process.Id;

    /// <summary>What a child that has ended wrote last, for the error that says why: its end is often known before its last words.</summary>
    public async Task<string> LastWordsAsync()
    {
        // Bounded, for somebody else may hold its output open.
        await Task.WhenAny(outputEnded.Task, Task.Delay(TimeSpan.FromSeconds(1)));
        lock (lastLines)
        {
            return string.Join('\n', lastLines);
        }
    }

    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">The whole environment of the child; secrets of this program are not handed on by accident.</param>
    /// <param name="signal">What asks the child to end: a signal name without SIG.</param>
    /// <param name="onLine">Called for each line that the child writes.</param>
    public static WatchedProcess Start(
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string> environment,
        string signal = "TERM",
        string? workingFolder = null,
        Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "/",
        };
        string[] wrapper = File.Exists("/usr/bin/setsid") ? ["/usr/bin/setsid", "/bin/sh"] : ["/bin/sh"];
        start.FileName = wrapper[0];
        foreach (var argument in (string[])[.. wrapper[1..], "-c", Watcher, "watched", signal, .. command])
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var watched = new WatchedProcess(process, onLine);
        process.Exited += (_, _) => watched.exited.TrySetResult(process.ExitCode);
        process.OutputDataReceived += watched.Keep;
        process.ErrorDataReceived += watched.Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return watched;
    }

    /// <summary>Asks the child to end and waits for it; one that does not end in time is killed.</summary>
    /// <returns>False when it had to be killed.</returns>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Already gone.
        }
        try
        {
            await Exited.WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            await Exited;
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(10));
        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            if (Interlocked.Decrement(ref openOutputs) == 0)
            {
                outputEnded.TrySetResult();
            }
            return;
        }
        lock (lastLines)
        {
            lastLines.Enqueue(line.Data);
            if (lastLines.Count > KeptLines)
            {
                lastLines.Dequeue();
            }
        }
        onLine?.Invoke(line.Data);
    }
}
