using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Media;

/// <summary>
/// Starts the media worker, watches it, and starts it again when it dies or stops answering. The worker ends itself when its
/// standard input closes, so it outlives neither an orderly stop nor a killed program.
/// </summary>
internal sealed class MediaWorkerProcess : BackgroundService
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HealthEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    /// <summary>A worker that ran this long counts as sound, and its end starts the back-off anew.</summary>
    private static readonly TimeSpan SoundAfter = TimeSpan.FromMinutes(1);
    private const int HealthFailuresBeforeRestart = 3;
    /// <summary>So many quick ends in a row and callers are told at once instead of being made to wait.</summary>
    private const int QuickEndsBeforeDown = 4;
    /// <summary>All that the worker is told of the program's environment: it handles hostile files and needs no secret.</summary>
    private static readonly string[] PassedVariables = ["PATH", "HOME", "TMPDIR", "TZ"];

    private readonly MediaWorkerOptions options;
    private readonly string contentRoot;
    private readonly TimeProvider time;
    private readonly ILogger<MediaWorkerProcess> log;
    private readonly bool ownsFolder;
    private readonly HttpClient http;
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerState state = new(0, IsReady: false, IsDown: false, ProcessId: null);

    public MediaWorkerProcess(IOptions<MediaWorkerOptions> options, IHostEnvironment environment, TimeProvider time, ILogger<MediaWorkerProcess> log)
    {
        this.options = options.Value;
        this.time = time;
        this.log = log;
        contentRoot = environment.ContentRootPath;
        ownsFolder = string.IsNullOrWhiteSpace(this.options.SocketFolder);
        // mkdtemp semantics: readable by this user only.
        var folder = ownsFolder ? Directory.CreateTempSubdirectory("ccd-media-").FullName : Directory.CreateDirectory(this.options.SocketFolder!).FullName;
        SocketPath = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"media-{Environment.ProcessId}.sock"));
        http = UnixSocketHttp.Create(SocketPath);
    }

    public string SocketPath { get; }

    /// <summary>Of the running worker, none while there is none.</summary>
    internal int? ProcessId
    {
        get { lock (gate) return state.ProcessId; }
    }

    /// <summary>Counts the workers that became ready; a job that failed waits for a higher number before it is tried again.</summary>
    internal int Generation
    {
        get { lock (gate) return state.Generation; }
    }

    /// <summary>Waits for a worker newer than <paramref name="after"/>; false when none comes in time or starting keeps failing.</summary>
    internal async Task<bool> WaitForNewerAsync(int after, TimeSpan limit, CancellationToken ct)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(limit);
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (state.IsReady && state.Generation > after)
                    return true;
                if (state.IsDown)
                    return false;
                change = changed.Task;
            }
            try
            {
                await change.WaitAsync(limited.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    internal async Task<bool> AnswersAsync(CancellationToken ct)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(HealthLimit);
        try
        {
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), limited.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var quickEnds = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException or TimeoutException)
            {
                log.LogError(e, "The media worker could not be run");
            }
            quickEnds = time.GetElapsedTime(began) > SoundAfter ? 0 : quickEnds + 1;
            Become(current => current with { IsReady = false, ProcessId = null, IsDown = quickEnds >= QuickEndsBeforeDown });
            try
            {
                await Task.Delay(PauseAfter(quickEnds), time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        Become(current => current with { IsReady = false, ProcessId = null, IsDown = true });
    }

    private async Task RunOnceAsync(CancellationToken stopping)
    {
        using var process = Process.Start(Description())
            ?? throw new InvalidOperationException("No process was started for the media worker.");
        var errors = LogErrorsAsync(process);
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(stopping).AsTask().WaitAsync(StartLimit, time, stopping);
            if (line != "ready")
                throw new InvalidOperationException("The media worker ended before it was ready.");
            Become(current => new(current.Generation + 1, IsReady: true, IsDown: false, process.Id));
            log.LogInformation("Media worker {ProcessId} is ready", process.Id);
            await WatchAsync(process, stopping);
        }
        finally
        {
            Become(current => current with { IsReady = false, ProcessId = null });
            await EndAsync(process);
            // Bounded: a child that survived would hold the error stream open.
            await Task.WhenAny(errors, Task.Delay(StopLimit, CancellationToken.None));
        }
    }

    private async Task WatchAsync(Process process, CancellationToken stopping)
    {
        var failures = 0;
        var exit = process.WaitForExitAsync(stopping);
        while (await Task.WhenAny(exit, Task.Delay(HealthEvery, time, stopping)) != exit)
        {
            stopping.ThrowIfCancellationRequested();
            failures = await AnswersAsync(stopping) ? 0 : failures + 1;
            if (failures >= HealthFailuresBeforeRestart)
            {
                log.LogWarning("Media worker {ProcessId} does not answer and is replaced", process.Id);
                return;
            }
        }
        await exit;
        log.LogWarning("Media worker ended with code {ExitCode} and is replaced", process.ExitCode);
    }

    /// <summary>Closing its standard input asks the worker to end, with its children; it is killed only when it does not.</summary>
    private static async Task EndAsync(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private ProcessStartInfo Description()
    {
        var folder = FindFolder();
        var start = new ProcessStartInfo(options.NodePath)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Except(PassedVariables).ToArray())
            start.Environment.Remove(name);
        string[] arguments =
        [
            Path.Combine(folder, "server.mjs"),
            "--socket", SocketPath,
            "--concurrency", Text(options.Concurrency),
            "--timeout-ms", Text(options.TimeoutSeconds * 1000),
            "--memory-mb", Text(options.MemoryMegabytes),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (ownsFolder)
        {
            // The worker removes it at its end, after a kill of the program too, so a restart needs it again.
            var socketFolder = Path.GetDirectoryName(SocketPath)!;
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(socketFolder);
            else
                Directory.CreateDirectory(socketFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            start.ArgumentList.Add("--own-folder");
        }
        return start;
    }

    private string FindFolder()
    {
        if (!string.IsNullOrWhiteSpace(options.WorkerFolder))
            return Path.GetFullPath(options.WorkerFolder, contentRoot);
        foreach (var start in new[] { AppContext.BaseDirectory, contentRoot })
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "media-worker", "server.mjs")))
                    return Path.Combine(folder.FullName, "media-worker");
        throw new InvalidOperationException("media-worker/server.mjs was not found above the program; set Media:WorkerFolder.");
    }

    /// <summary>Only the worker's own lines are kept: what a library prints about a file may hold some of its content.</summary>
    private async Task LogErrorsAsync(Process process)
    {
        var foreign = 0;
        while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.StartsWith("media: ", StringComparison.Ordinal))
                log.LogWarning("Media worker: {Line}", line["media: ".Length..]);
            else
                foreign++;
        }
        if (foreign > 0)
            log.LogWarning("Media worker printed {Lines} further lines on its error stream", foreign);
    }

    private void Become(Func<WorkerState, WorkerState> next)
    {
        TaskCompletionSource before;
        lock (gate)
        {
            state = next(state);
            before = changed;
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        before.SetResult();
    }

    private static TimeSpan PauseAfter(int quickEnds)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(quickEnds, 12));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public override void Dispose()
    {
        http.Dispose();
        if (ownsFolder && Path.GetDirectoryName(SocketPath) is { } folder && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        base.Dispose();
    }

    private sealed record WorkerState(int Generation, bool IsReady, bool IsDown, int? ProcessId);
}
