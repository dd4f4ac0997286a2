using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace CcdBlazor.Tests.Support;

/// <summary>
/// The real program as a process of its own, on a free port, with a database and a data folder that nobody else uses. Disposing stops it and clears
/// both away; it also stops by itself when the test process is gone.
/// </summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    /// <summary>Of all demo accounts.</summary>
    internal const string DemoPassword = "Demo-2026-ccd";

    /// <summary>
    /// Starts the program ($@), names its process id, and asks it to end when standard input closes: by us, or because we were killed. Standard output is
    /// left to the program alone, so that its end can be seen.
    /// </summary>
    private const string Keeper = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        echo "pid $!"
        exec >&- 2>&-
        while read -r _ <&3; do :; done
        kill -TERM $! 2>/dev/null
        wait $!
        """;

    private readonly Process keeper;
    private readonly string? ownDatabase;
    private readonly string? ownFolder;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningProgram(Process keeper, string connectionString, string dataFolder, string? ownDatabase, string? ownFolder)
    {
        this.keeper = keeper;
        this.ownDatabase = ownDatabase;
        this.ownFolder = ownFolder;
        ConnectionString = connectionString;
        DataFolder = dataFolder;
    }

    /// <summary>Where it answers, such as <c>http://127.0.0.1:43210</c>.</summary>
    internal Uri Address { get; private set; } = null!;

    /// <summary>Of the program itself, for tests that end or stop it from outside.</summary>
    internal int ProcessId { get; private set; }

    internal string ConnectionString { get; }

    internal string DataFolder { get; }

    /// <summary>What it has printed so far.</summary>
    internal string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="demo">With demo people (and, filled in while it runs, demo customers); else with shipped roles and products only.</param>
    /// <param name="connectionString">A database to use and keep; a new one that is dropped at the end when left out.</param>
    /// <param name="dataFolder">A folder to use and keep; a new one that is deleted at the end when left out.</param>
    /// <param name="arguments">Further arguments, such as <c>--Section:Key=value</c>.</param>
    internal static async Task<RunningProgram> StartAsync(bool demo = false, string? connectionString = null, string? dataFolder = null, params string[] arguments)
    {
        var ownDatabase = connectionString is null ? await TestCluster.CreateDatabaseAsync() : null;
        var ownFolder = dataFolder is null ? Directory.CreateTempSubdirectory("ccd-program-").FullName : null;
        var program = new RunningProgram(
            Process.Start(HowToStart(connectionString ?? ownDatabase!,
            [
                "--urls", "http://127.0.0.1:0", $"--Storage:DataFolder={dataFolder ?? ownFolder}", .. demo ? (string[])[] : ["--Demo:Empty=true"], .. arguments,
            ]))!,
            connectionString ?? ownDatabase!, (dataFolder ?? ownFolder)!, ownDatabase, ownFolder);
        try
        {
            _ = program.ListenAsync(program.keeper.StandardOutput);
            _ = program.ListenAsync(program.keeper.StandardError);
            program.Address = await program.address.Task.WaitAsync(TimeSpan.FromMinutes(2));
            return program;
        }
        catch (Exception e)
        {
            await program.DisposeAsync();
            throw new InvalidOperationException($"The program did not start: {e.Message}\n{program.Output}", e);
        }
    }

    /// <summary>Runs a verb of the program, such as <c>--list-routes</c>, to its end and answers what it printed.</summary>
    internal static async Task<string> AskAsync(params string[] arguments)
    {
        // No verb that is asked here opens the database; naming one keeps the embedded server from starting.
        var (exitCode, answer, errors) = await RunVerbAsync("Host=/nowhere", arguments);
        return exitCode == 0 ? answer : throw new InvalidOperationException($"The program ended with {exitCode}: {answer}\n{errors}");
    }

    /// <summary>Runs a verb on a database to its end, whatever that is.</summary>
    internal static async Task<(int ExitCode, string Answer, string Errors)> RunVerbAsync(string connectionString, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("ccd-verb-").FullName;
        try
        {
            using var process = Process.Start(HowToStart(connectionString, ["--urls", "http://127.0.0.1:0", $"--Storage:DataFolder={folder}", .. arguments]))!;
            var errors = process.StandardError.ReadToEndAsync();
            _ = await process.StandardOutput.ReadLineAsync();
            var answer = await process.StandardOutput.ReadToEndAsync();
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            return (process.ExitCode, answer, await errors);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A browser without a session: keeps cookies, follows no redirect.</summary>
    internal HttpClient Browser(CookieContainer? cookies = null) =>
        new(new SocketsHttpHandler { CookieContainer = cookies ?? new CookieContainer(), AllowAutoRedirect = false }, disposeHandler: true) { BaseAddress = Address };

    /// <summary>A browser in which this account has signed in.</summary>
    internal async Task<HttpClient> SignInAsync(string userName, string password = DemoPassword, CookieContainer? cookies = null)
    {
        var browser = Browser(cookies);
        var form = new Dictionary<string, string> { ["Entry.UserName"] = userName, ["Entry.Password"] = password };
        foreach (Match field in HiddenField().Matches(await browser.GetStringAsync("/login")))
            form[field.Groups["name"].Value] = WebUtility.HtmlDecode(field.Groups["value"].Value);
        using var answer = await browser.PostAsync("/login", new FormUrlEncodedContent(form));
        if (answer.StatusCode is not (HttpStatusCode.Redirect or HttpStatusCode.Found or HttpStatusCode.SeeOther))
            throw new InvalidOperationException($"{userName} was not let in: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        if (!keeper.HasExited)
        {
            keeper.StandardInput.Close();
            try
            {
                await keeper.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
            }
            catch (OperationCanceledException)
            {
                keeper.Kill(entireProcessTree: true);
                await keeper.WaitForExitAsync();
            }
        }

        keeper.Dispose();
        if (ownDatabase is not null)
            await TestCluster.DropDatabaseAsync(ownDatabase);
        if (ownFolder is not null)
            Directory.Delete(ownFolder, recursive: true);
    }

    private static ProcessStartInfo HowToStart(string connectionString, string[] arguments)
    {
        // CcdBlazor.Tests/bin/Debug/net10.0 -> CcdBlazor/bin/Debug/net10.0
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var project = Path.Combine(build.Parent!.Parent!.Parent!.Parent!.FullName, "CcdBlazor");
        var start = new ProcessStartInfo("sh",
        [
            "-c", Keeper, "keeper", "dotnet", Path.Combine(project, "bin", build.Parent.Name, build.Name, "CcdBlazor.dll"), "--contentRoot", project, .. arguments,
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        // In the environment and not an argument: every user of the machine can read those.
        start.Environment["ConnectionStrings__Default"] = connectionString;
        return start;
    }

    private async Task ListenAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (output)
                output.AppendLine(line);
            if (line.StartsWith("pid ", StringComparison.Ordinal))
                ProcessId = int.Parse(line.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture);
            else if (Started().Match(line) is { Success: true } started)
                address.TrySetResult(new Uri(started.Groups[1].Value));
        }

        if (reader == keeper.StandardOutput)
            address.TrySetException(new InvalidOperationException("It ended before it answered."));
    }

    [GeneratedRegex("已启动.*(http://127\\.0\\.0\\.1:[0-9]+)")]
    private static partial Regex Started();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"")]
    private static partial Regex HiddenField();
}
