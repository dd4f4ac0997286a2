using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Hosting;

/// <summary>
/// Under which system account PostgreSQL runs. It refuses to run as root, so root hands it to an account of its own that can
/// do nothing else; anybody else runs it as himself.
/// </summary>
internal sealed class ServerAccount
{
    internal const string RootsServant = "ccd-postgres";

    /// <summary>Where things go that the account cannot reach where they are (below a home folder that is closed, as /root is).</summary>
    private const string ReachableFolder = "/var/lib/ccdblazor";

    private readonly bool drops;

    private ServerAccount(bool drops, string name)
    {
        this.drops = drops;
        Name = name;
    }

    /// <summary>The account's name.</summary>
    internal string Name { get; }

    /// <summary>The accounts that may connect: the program's own, and nobody else on the machine.</summary>
    internal static string ProgramsAccount => Environment.UserName;

    internal static async Task<ServerAccount> ChooseAsync(CancellationToken ct)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServerAccount(drops: false, Environment.UserName);
        }
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("PostgreSQL does not run as root: start the program as an ordinary user.");
        }
        if ((await RunAsync(["id", "-u", RootsServant], ct)).Status != 0)
        {
            var (status, output) = await RunAsync(
                ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", RootsServant], ct);
            // Two programs that start at once both try; the second finds it made.
            if (status != 0 && (await RunAsync(["id", "-u", RootsServant], ct)).Status != 0)
            {
                throw new InvalidOperationException($"PostgreSQL does not run as root, and the account {RootsServant} could not be made: {output}");
            }
        }
        return new ServerAccount(drops: true, RootsServant);
    }

    /// <summary>The command as this account runs it.</summary>
    internal string[] As(params IEnumerable<string> command) => drops
        ? ["setpriv", "--reuid", Name, "--regid", Name, "--clear-groups", "--no-new-privs", .. command]
        : [.. command];

    /// <summary>As <see cref="As"/>, and the command also ends when the process directly above it does.</summary>
    internal string[] Tied(string signal, params IEnumerable<string> command) =>
        drops ? ["setpriv", "--reuid", Name, "--regid", Name, "--clear-groups", "--no-new-privs", "--pdeathsig", signal, .. command]
        : File.Exists("/usr/bin/setpriv") ? ["setpriv", "--pdeathsig", signal, .. command]
        : [.. command];

    /// <summary>A folder that only the account (and root) may enter.</summary>
    internal async Task MakePrivateFolderAsync(string folder, CancellationToken ct) =>
        await MustAsync(drops ? ["install", "-d", "-m", "0700", "-o", Name, "-g", Name, folder] : ["install", "-d", "-m", "0700", folder], ct);

    /// <summary>
    /// The folder itself when the account can reach it; else a folder in <see cref="ReachableFolder"/>, noted as the link <c>moved</c> in it.
    /// The link decides and not a name made from the path, so that a data folder that was deleted starts empty.
    /// </summary>
    internal async Task<string> ReachableAsync(string folder, CancellationToken ct)
    {
        if (!drops || (await RunAsync(As("test", "-x", folder), ct)).Status == 0)
        {
            return folder;
        }
        var link = new FileInfo(Path.Combine(folder, "moved"));
        if (link.LinkTarget is { } target)
        {
            if (!Directory.Exists(target))
            {
                throw new InvalidOperationException($"The database of {folder} lies in {target}, which is gone. Restore it, or delete {link.FullName} to start with an empty one.");
            }
            return target;
        }
        if (Directory.Exists(Path.Combine(folder, "cluster")))
        {
            throw new InvalidOperationException($"The account {Name} may not enter {folder}, where the database lies: open its parent folders (chmod o+x) or move the data folder.");
        }
        var reachable = Path.Combine(ReachableFolder, "data-" + Guid.CreateVersion7().ToString("N"));
        await MustAsync(["install", "-d", "-m", "0711", ReachableFolder, reachable], ct);
        File.CreateSymbolicLink(link.FullName, reachable);
        return reachable;
    }

    /// <summary>The programs where the account can run them; copied once per version when they lie out of reach.</summary>
    internal async Task<string> RunnableAsync(string programs, CancellationToken ct)
    {
        if (!drops || (await RunAsync(As(Path.Combine(programs, "bin", "postgres"), "--version"), ct)).Status == 0)
        {
            return programs;
        }
        // Named by content (the server itself stands for the rest), so that an update makes a new copy.
        await using var server = File.OpenRead(Path.Combine(programs, "bin", "postgres"));
        var copy = Path.Combine(ReachableFolder, "programs-" + Convert.ToHexStringLower((await SHA256.HashDataAsync(server, ct))[..8]));
        if (!Directory.Exists(copy))
        {
            var half = $"{copy}.{Environment.ProcessId}";
            await MustAsync(["install", "-d", "-m", "0711", ReachableFolder], ct);
            await MustAsync(["cp", "-R", programs, half], ct);
            await MustAsync(["chmod", "-R", "a+rX", half], ct);
            // -T: never into a copy that another program finished meanwhile.
            if ((await RunAsync(["mv", "-T", half, copy], ct)).Status != 0)
            {
                Directory.Delete(half, recursive: true);
            }
        }
        var (status, output) = await RunAsync(As(Path.Combine(copy, "bin", "postgres"), "--version"), ct);
        return status == 0 ? copy : throw new InvalidOperationException($"The account {Name} cannot run PostgreSQL from {copy}: {output}");
    }

    /// <summary>Runs a command of the system to its end.</summary>
    internal static async Task<(int Status, string Output)> RunAsync(string[] command, CancellationToken ct, string? folder = null)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in CleanEnvironment)
        {
            start.Environment[name] = value;
        }
        var output = new StringBuilder();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += Append;
        process.ErrorDataReceived += Append;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return (process.ExitCode, output.ToString().Trim());

        void Append(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        }
    }

    /// <summary>Nothing of the program's own environment: it may hold secrets, and PG* variables would change what the server does.</summary>
    internal static IReadOnlyDictionary<string, string> CleanEnvironment { get; } = new Dictionary<string, string>
    {
        ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ["LC_ALL"] = "C",
        ["TZ"] = "UTC",
    };

    private static async Task MustAsync(string[] command, CancellationToken ct)
    {
        var (status, output) = await RunAsync(command, ct);
        if (status != 0)
        {
            throw new InvalidOperationException($"`{string.Join(' ', command)}` failed: {output}");
        }
    }
}
