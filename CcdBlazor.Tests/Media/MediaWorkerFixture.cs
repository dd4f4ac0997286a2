using CcdBlazor.Media;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Tests.Media;

/// <summary>The real worker with its process, and a folder for the files of the tests.</summary>
public sealed class MediaWorkerFixture : IAsyncLifetime
{
    private readonly MediaWorkerRun run = new();

    internal MediaWorkerClient Worker => run.Client;

    internal string Folder => run.Folder;

    internal string Keep(byte[] content, string name = "upload.jpg") => run.Keep(content, name);

    public Task InitializeAsync() => run.StartAsync();

    public async Task DisposeAsync() => await run.DisposeAsync();
}

/// <summary>One worker, started and stopped by a test, with limits of its own.</summary>
internal sealed class MediaWorkerRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public MediaWorkerRun(int timeoutSeconds = 60, int memoryMegabytes = 768)
    {
        var options = Options.Create(new MediaWorkerOptions
        {
            TimeoutSeconds = timeoutSeconds,
            MemoryMegabytes = memoryMegabytes,
            WorkerFolder = MediaWorkerFolder.Path,
        });
        Process = new(options, new Surroundings(), TimeProvider.System, NullLogger<MediaWorkerProcess>.Instance);
        Client = new(Process, options, NullLogger<MediaWorkerClient>.Instance);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("ccd-media-tests-").FullName;

    public MediaWorkerProcess Process { get; }

    public MediaWorkerClient Client { get; }

    public async Task StartAsync()
    {
        await Process.StartAsync(default);
        Assert.True(await Process.WaitForNewerAsync(0, Patience, default), "The media worker did not become ready.");
    }

    /// <summary>Writes a file of this content; the name never matters, only its folder.</summary>
    public string Keep(byte[] content, string name = "upload.jpg")
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, Guid.NewGuid().ToString("N"))).FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A pipe that nobody writes to: whoever opens it waits for ever, like a decoder in an endless loop.</summary>
    public string EndlessFile()
    {
        var path = Path.Combine(Folder, Guid.NewGuid().ToString("N"));
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        return path;
    }

    /// <summary>Opens the pipe for writing, which waits for its reader, and closes it: the reader finds an empty file. Nothing is written,
    /// because the reader may be gone by then.</summary>
    public static Task ReleaseAsync(string endlessFile) =>
        Task.Run(() => File.OpenHandle(endlessFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose());

    public async ValueTask DisposeAsync()
    {
        await Process.StopAsync(default);
        Client.Dispose();
        Process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private sealed class Surroundings : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = Environments.Development;
        public string ApplicationName { get; set; } = "CcdBlazor.Tests";
        public string ContentRootPath { get; set; } = AppContext.BaseDirectory;
        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
