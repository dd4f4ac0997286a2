using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CcdBlazor.Bench.Circuits;

/// <summary>The program itself as a process of its own, in Production, over the bench's database; and people who sign in to it.</summary>
internal sealed partial class ProgramNode : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);
    private readonly Process process;
    private readonly List<string> output = [];

    private ProgramNode(Process process, Uri root)
    {
        this.process = process;
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 64 })
        {
            BaseAddress = root,
            Timeout = TimeSpan.FromSeconds(120),
        };
    }

    public HttpClient Http { get; }

    public int Id => process.Id;

    /// <summary>Seconds of processor time so far.</summary>
    public double ProcessorSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Answers when the sign-in page does, or another one that is asked for.</summary>
    public static async Task<ProgramNode> StartAsync(BenchSettings settings, IReadOnlyDictionary<string, string> configuration, CancellationToken ct, string page = "/login")
    {
        var program = Path.Combine(settings.Root, "artifacts", "app", "CcdBlazor.dll");
        if (!File.Exists(program))
            throw new InvalidOperationException("The program is not published; start the benches by scripts/bench.");
        var root = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}/"));
        var start = new ProcessStartInfo("dotnet", [program, "--contentRoot", Path.GetDirectoryName(program)!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_URLS"] = root.ToString();
        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (name, value) in configuration)
            start.Environment[name] = value;
        var node = new ProgramNode(Process.Start(start)!, root);
        node.process.OutputDataReceived += (_, e) => node.Remember(e.Data);
        node.process.ErrorDataReceived += (_, e) => node.Remember(e.Data);
        node.process.BeginOutputReadLine();
        node.process.BeginErrorReadLine();
        try
        {
            await node.AnswersAsync(page, ct);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Settings that put a node on the database and the keys of the bench, with its limits out of the way.</summary>
    public static Dictionary<string, string> Over(BenchSettings settings, string connectionString)
    {
        var keys = JsonNode.Parse(File.ReadAllBytes(Path.Combine(settings.DataFolder, "keys.json")))!.AsObject();
        var configuration = new Dictionary<string, string>
        {
            ["ConnectionStrings__Default"] = connectionString,
            ["Storage__DataFolder"] = settings.DataFolder,
            ["Files__CurrentKey"] = keys["CurrentKey"]!.GetValue<string>(),
            ["Security__HashKey"] = keys["HashKey"]!.GetValue<string>(),
            ["Security__PagesPerPerson"] = "100000",
            ["Security__SignInsPerMinuteAndName"] = "100000",
            ["Security__SignInsPerMinuteAndAddress"] = "100000",
            ["Bench__MemoryEndpoint"] = "true",
        };
        foreach (var (id, key) in keys["Keys"]!.AsObject())
            configuration[$"Files__Keys__{id}"] = key!.GetValue<string>();
        return configuration;
    }

    /// <summary>Signs in by the form and answers the cookies that the browser would keep.</summary>
    public async Task<string> SignInAsync(string userName, CancellationToken ct)
    {
        using var form = await Http.GetAsync("/login", ct);
        var html = await form.Content.ReadAsStringAsync(ct);
        var cookies = new Dictionary<string, string>();
        Keep(form, cookies);
        var fields = HiddenFields().Matches(html).ToDictionary(m => WebUtility.HtmlDecode(m.Groups["name"].Value), m => WebUtility.HtmlDecode(m.Groups["value"].Value));
        fields["Entry.UserName"] = userName;
        fields["Entry.Password"] = BenchPeople.Password;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = new FormUrlEncodedContent(fields) };
        request.Headers.Add("Cookie", Header(cookies));
        using var answer = await Http.SendAsync(request, ct);
        Keep(answer, cookies);
        return cookies.ContainsKey("ccd") ? Header(cookies) : throw new InvalidOperationException($"{userName} could not sign in: {(int)answer.StatusCode}.");
    }

    /// <summary>Bytes of managed heap after forced collections.</summary>
    public async Task<long> HeapAsync(string administrator, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/memory?collect=true");
        request.Headers.Add("Cookie", administrator);
        using var answer = await Http.SendAsync(request, ct);
        answer.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
        return json.RootElement.GetProperty("heap").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!process.HasExited)
        {
            using var stop = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"")]
    private static partial Regex HiddenFields();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Header(Dictionary<string, string> cookies) => string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}"));

    private static void Keep(HttpResponseMessage answer, Dictionary<string, string> cookies)
    {
        if (!answer.Headers.TryGetValues("Set-Cookie", out var set))
            return;
        foreach (var cookie in set)
        {
            var pair = cookie.Split(';')[0];
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            cookies[pair[..equals]] = pair[(equals + 1)..];
        }
    }

    private void Remember(string? line)
    {
        if (line is null)
            return;
        lock (output)
        {
            output.Add(line);
            if (output.Count > 50)
                output.RemoveAt(0);
        }
    }

    /// <summary>The last lines that the process wrote.</summary>
    public string LastOutput()
    {
        lock (output)
            return string.Join('\n', output);
    }

    private async Task AnswersAsync(string page, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The program ended with {process.ExitCode}:\n{LastOutput()}");
            try
            {
                using var answer = await Http.GetAsync(page, ct);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(since) < StartPatience)
            {
                // Not listening yet.
            }

            await Task.Delay(20, ct);
        }
    }
}
