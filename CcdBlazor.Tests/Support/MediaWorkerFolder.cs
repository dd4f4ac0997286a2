using System.Diagnostics;

namespace CcdBlazor.Tests.Support;

/// <summary>The checked-out media worker with its packages, which test pictures borrow as their JPEG encoder.</summary>
public static class MediaWorkerFolder
{
    public static string Path { get; } = Find();

    /// <summary>Runs a script with the worker's packages; what it writes to standard output is the answer.</summary>
    public static byte[] RunNode(string script, byte[] input, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", ["--input-type=module", "-e", script, "--", .. arguments])
        {
            WorkingDirectory = Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var feeding = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"node failed: {errors.GetAwaiter().GetResult()}");
        feeding.GetAwaiter().GetResult();
        return output.ToArray();
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "media-worker");
            if (!File.Exists(System.IO.Path.Combine(candidate, "server.mjs")))
                continue;
            return Directory.Exists(System.IO.Path.Combine(candidate, "node_modules", "sharp"))
                ? candidate
                : throw new InvalidOperationException("The media worker's packages are missing: run scripts/test, or `npm ci` in media-worker.");
        }
        throw new InvalidOperationException("media-worker/server.mjs was not found above the tests.");
    }
}
