using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CcdBlazor.Simulator;

/// <summary>The simulator as a whole: started by its own program, or inside a test.</summary>
public sealed class SimulatorServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private SimulatorServer(WebApplication app) => this.app = app;

    public Uri Address { get; private set; } = null!;

    public Simulation World => app.Services.GetRequiredService<Simulation>();

    public SmtpServer Mail => app.Services.GetRequiredService<SmtpServer>();

    /// <summary>Runs until stopped, or until the program that it was started for (<c>--Parent</c>, a process id) has ended.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var server = await StartAsync(args);
        await Console.Out.WriteLineAsync($"模拟器已启动：{server.Address}  SMTP {server.Mail.StartTlsPort} (STARTTLS), {server.Mail.TlsPort} (TLS)");
        if (server.app.Configuration.GetValue<int?>("Parent") is { } parent)
            _ = server.StopWithAsync(parent);
        await server.app.WaitForShutdownAsync();
        return 0;
    }

    /// <param name="args"><c>--urls</c>, <c>--Smtp:StartTlsPort</c>, <c>--Smtp:TlsPort</c>, <c>--Smtp:CertificateFile</c>, <c>--Receipts:Program</c>.</param>
    public static async Task<SimulatorServer> StartAsync(string[] args, TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.AddFilter((_, _, level) => level >= LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(o => o.AddServerHeader = false);
        if (builder.Configuration["urls"] is null)
            builder.WebHost.UseUrls("http://127.0.0.1:5090");
        var configuration = builder.Configuration;
        var services = builder.Services;
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSingleton(new SimAccounts(configuration["Receipts:Program"]));
        services.AddSingleton<ReceivedMessages>();
        services.AddSingleton<Script>();
        services.AddSingleton<Limits>();
        services.AddSingleton<SmsBook>();
        services.AddSingleton<Receipts>();
        services.AddHostedService(p => p.GetRequiredService<Receipts>());
        services.AddHttpClient(Receipts.ClientName, c => c.Timeout = TimeSpan.FromSeconds(10)).RemoveAllLoggers();
        services.AddSingleton<Simulation>();
        services.AddSingleton(new MailOptions(
            configuration.GetValue("Smtp:StartTlsPort", 5091), configuration.GetValue("Smtp:TlsPort", 5092), configuration["Smtp:CertificateFile"]));
        services.AddSingleton<SmtpServer>();
        services.AddHostedService(p => p.GetRequiredService<SmtpServer>());
        var app = builder.Build();
        MapProviders(app);
        app.MapControl();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new SimulatorServer(app) { Address = new Uri(address) };
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true)); // at once: whoever hangs here hangs on purpose
        await app.DisposeAsync();
    }

    private static void MapProviders(WebApplication app)
    {
        var sim = app.Services.GetRequiredService<Simulation>();
        var push = new PushEndpoint(sim);
        app.MapPost("/v1/push", http => push.HandleAsync(http, ping: false));
        app.MapPost("/v1/ping", http => push.HandleAsync(http, ping: true));

        var aliyun = new AliyunSmsEndpoint(sim);
        var tencent = new TencentSmsEndpoint(sim);
        // Both have one address for everything; their headers tell them apart.
        app.MapPost("/", http => http.Request.Headers.ContainsKey("X-TC-Action") ? tencent.HandleAsync(http) : aliyun.HandleAsync(http));
        new WeChatEndpoints(sim).Map(app);
        new FeishuEndpoints(sim).Map(app);
    }

    private async Task StopWithAsync(int parent)
    {
        try
        {
            using var process = Process.GetProcessById(parent);
            await process.WaitForExitAsync();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }

        app.Lifetime.StopApplication();
    }
}
