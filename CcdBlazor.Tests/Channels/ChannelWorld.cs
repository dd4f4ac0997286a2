using System.Collections.Concurrent;
using System.Text;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Channels;

/// <summary>The simulator in this process, reached over real HTTP and SMTP, and the real clients beside it. Both read the same clock.</summary>
public sealed class ChannelWorld : IAsyncLifetime
{
    private ServiceProvider services = null!;

    internal SimulatorServer Simulator { get; private set; } = null!;

    internal Simulation World => Simulator.World;

    internal ShiftedClock Clock { get; } = new();

    internal MemoryTokens Tokens { get; } = new();

    public async Task InitializeAsync()
    {
        Simulator = await SimulatorServer.StartAsync(["--urls", "http://127.0.0.1:0", "--Smtp:StartTlsPort=0", "--Smtp:TlsPort=0"], Clock);
        services = Clients(new ChannelSettings());
    }

    public async Task DisposeAsync()
    {
        await services.DisposeAsync();
        await Simulator.DisposeAsync();
    }

    internal T Provider<T>() where T : notnull => services.GetRequiredService<T>();

    /// <summary>Clients with other settings, such as a time limit that is meant to be met.</summary>
    internal ServiceProvider Clients(ChannelSettings settings) =>
        new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).AddSingleton<ITokenStore>(Tokens).AddChannels(settings).BuildServiceProvider();

    /// <summary>
    /// Clients that give up soon, for providers that hang. Their connection is made before: on a busy machine that alone may take longer than the limit,
    /// and a call that never left is another case.
    /// </summary>
    internal async Task<(ServiceProvider Clients, T Provider)> HastyAsync<T>(ProviderAccount account) where T : IMessageProvider
    {
        var clients = Clients(new ChannelSettings { CallTimeout = TimeSpan.FromSeconds(1) });
        var provider = clients.GetRequiredService<T>();
        await Eventually.TrueAsync(async () => (await provider.ProbeAsync(account, CancellationToken.None)).Usable);
        return (clients, provider);
    }

    /// <summary>Forgets what was sent, all scripts and used limits.</summary>
    internal void Reset()
    {
        World.Script.Replace([]);
        World.Limits.Restore();
        World.Sms.Reset();
        World.Messages.Reset();
        World.Receipts.Reset();
    }

    internal void Script(params ScriptRule[] rules) => World.Script.Replace(rules);

    internal CountsOfKind Counts(string kind) => World.Messages.Counts()[kind];

    internal IReadOnlyList<SeenMessage> Seen(string kind) => World.Messages.Find(kind, null, null, 0, 10_000, latest: false);

    internal ProviderAccount Account(string kind, MessageChannel channel, Dictionary<string, string> values, Dictionary<string, string> secrets, Uri? address = null) =>
        new(Guid.NewGuid(), 1, kind, channel, "模拟", address ?? Simulator.Address, values, secrets);

    internal ProviderAccount Push(Uri? address = null, string secret = "sim-push-secret") =>
        Account("push-webhook", MessageChannel.Push, new() { ["KeyId"] = "sim-push" }, new() { ["Secret"] = secret }, address);

    internal ProviderAccount Aliyun(string secret = "sim-aliyun-secret") => Account(
        "aliyun-sms", MessageChannel.Sms, new() { ["AccessKeyId"] = "sim-aliyun-id", ["SignName"] = "信贷助手" },
        new() { ["AccessKeySecret"] = secret, ["ReceiptKey"] = "sim-receipt-key" });

    internal ProviderAccount Tencent(string secret = "sim-tencent-secret") => Account(
        "tencent-sms", MessageChannel.Sms, new() { ["SecretId"] = "sim-tencent-id", ["SmsSdkAppId"] = "1400000001", ["SignName"] = "信贷助手", ["PriceMilli"] = "45" },
        new() { ["SecretKey"] = secret });

    internal ProviderAccount OfficialAccount(string secret = "sim-oa-secret") =>
        Account("oa", MessageChannel.OfficialAccount, new() { ["AppId"] = "wxsim0000000001" }, new() { ["AppSecret"] = secret, ["Token"] = "simcallback", ["EncodingAESKey"] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG" });

    internal ProviderAccount WeCom(string secret = "sim-wecom-secret") =>
        Account("wecom-app", MessageChannel.WeCom, new() { ["CorpId"] = "wwsim0000000001", ["AgentId"] = "1000002" }, new() { ["Secret"] = secret });

    internal ProviderAccount Robot(string key = "sim-robot-key") => Account("wecom-robot", MessageChannel.WeCom, [], new() { ["Key"] = key });

    internal ProviderAccount FeishuBot(string secret = "sim-hook-secret") => Account("feishu-bot", MessageChannel.Feishu, [], new() { ["HookId"] = "sim-hook", ["Secret"] = secret });

    internal ProviderAccount FeishuApp(string secret = "sim-feishu-secret") =>
        Account("feishu-app", MessageChannel.Feishu, new() { ["AppId"] = "cli_sim" }, new() { ["AppSecret"] = secret });

    internal static OutgoingMessage Form(string form, string recipient, string text, string? subject = null, string? url = null, string? template = null, params (string Name, string Value)[] parameters) =>
        new(Guid.CreateVersion7(), recipient, new RenderedContent(form, subject, text, null, url, template, [.. parameters.Select(p => KeyValuePair.Create(p.Name, p.Value))]));

    internal ProviderAccount Mail(bool implicitTls = true, string password = "sim-smtp-password", string? pin = null) => Account(
        "smtp", MessageChannel.Email,
        new() { ["From"] = "notice@sim.test", ["FromName"] = "信贷助手", ["UserName"] = "notice@sim.test", ["PinnedCertificate"] = pin ?? Simulator.Mail.Thumbprint },
        new() { ["Password"] = password },
        new Uri(implicitTls ? $"smtps://127.0.0.1:{Simulator.Mail.TlsPort}" : $"smtp://127.0.0.1:{Simulator.Mail.StartTlsPort}"));

    internal static OutgoingMessage Message(string recipient, string text = "您的资料已收到", string? subject = null, string? html = null, string? url = null, DateTimeOffset? sentAround = null) =>
        new(Guid.CreateVersion7(), recipient, new RenderedContent("text", subject, text, html, url, null, []), sentAround);

    internal static OutgoingMessage Sms(string mobile, string template = "SMS_1001", DateTimeOffset? sentAround = null, params (string Name, string Value)[] parameters) =>
        new(Guid.CreateVersion7(), mobile, new RenderedContent(
            "sms", null, "短信", null, null, template, [.. parameters.Select(p => KeyValuePair.Create(p.Name, p.Value))]), sentAround);
}

/// <summary>The real clock, moved by hand. Only its reading moves, so waits stay real.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    internal TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}

/// <summary>Tokens of a single node.</summary>
internal sealed class MemoryTokens : ITokenStore
{
    private readonly ConcurrentDictionary<Guid, AccessToken> tokens = new();
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> locks = new();

    public Task<AccessToken?> FindAsync(Guid accountId, CancellationToken ct) => Task.FromResult(tokens.GetValueOrDefault(accountId));

    public async Task<T> AloneAsync<T>(Guid accountId, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        var gate = locks.GetOrAdd(accountId, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(ct);
        try
        {
            return await work(ct);
        }
        finally
        {
            gate.Release();
        }
    }

    public Task SaveAsync(Guid accountId, AccessToken token, CancellationToken ct)
    {
        tokens[accountId] = token;
        return Task.CompletedTask;
    }

    public Task ExpireAsync(Guid accountId, string refusedValue, CancellationToken ct)
    {
        if (tokens.TryGetValue(accountId, out var token) && token.Value == refusedValue)
            tokens.TryRemove(KeyValuePair.Create(accountId, token));
        return Task.CompletedTask;
    }
}

/// <summary>Stands where the program takes receipts, and keeps them.</summary>
internal sealed class ReceiptCatcher : IAsyncDisposable
{
    private readonly WebApplication app;

    private ReceiptCatcher(WebApplication app) => this.app = app;

    internal ConcurrentQueue<(string Path, Dictionary<string, string> Query, Dictionary<string, string> Headers, byte[] Body)> Caught { get; } = new();

    /// <summary>How many requests are answered with 503 before one is taken.</summary>
    internal int Refuse { get; set; }

    internal string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    internal static async Task<ReceiptCatcher> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var catcher = new ReceiptCatcher(app);
        app.MapPost("/{**any}", async (HttpContext http) =>
        {
            if (catcher.Refuse > 0)
            {
                catcher.Refuse--;
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }

            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            catcher.Caught.Enqueue((
                http.Request.Path, http.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString()), http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString()), body.ToArray()));
            await http.Response.WriteAsync("{}", Encoding.UTF8);
        });
        await app.StartAsync();
        return catcher;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
