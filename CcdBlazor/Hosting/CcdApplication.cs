using System.Globalization;
using CcdBlazor.Api;
using CcdBlazor.Channels;
using CcdBlazor.Components;
using CcdBlazor.DevTools;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Segments;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Satisfaction;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Domain.Statistics;
using CcdBlazor.Endpoints;
using CcdBlazor.Files;
using CcdBlazor.Live;
using CcdBlazor.Media;
using CcdBlazor.Messages;
using CcdBlazor.Messages.RabbitMq;
using CcdBlazor.Operations;
using CcdBlazor.Security;
using Microsoft.AspNetCore.HttpOverrides;
using Npgsql;
using Radzen;

namespace CcdBlazor.Hosting;

/// <summary>
/// Builds and runs the program. Reads as its table of contents: database, services of each feature, pipeline, pages, first start.
/// </summary>
public static class CcdApplication
{
    /// <summary>Runs until stopped. Verbs: <c>--seed NAME</c>, <c>--verify-audit</c> and <c>--list-routes</c> do one thing and end.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var chinese = CultureInfo.GetCultureInfo("zh-CN");
        CultureInfo.DefaultThreadCurrentCulture = chinese;
        CultureInfo.DefaultThreadCurrentUICulture = chinese;

        var builder = WebApplication.CreateBuilder(args);
        RabbitMqSettings? broker;
        try
        {
            broker = RabbitMqSettings.Read(builder.Configuration, builder.Environment.IsProduction());
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        var dataFolder = DatabaseHosting.DataFolder(builder.Configuration, builder.Environment.ContentRootPath);
        Directory.CreateDirectory(dataFolder);
        using var startLog = LoggerFactory.Create(logging => logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole());
        await using var database = await DatabaseHosting.ResolveAsync(builder.Configuration, dataFolder, startLog.CreateLogger("Database"));

        AddServices(builder, database, dataFolder, broker);
        await using var app = builder.Build();
        UsePipeline(app, worker: broker is { Worker: true });
        database.Embedded?.Restarted += app.Services.GetRequiredService<Database>().DropIdleConnections;
        if (args.Contains("--list-routes"))
        {
            RouteList.Print(app, Console.Out);
            return 0;
        }

        // The server may have a crash to recover from, and the model takes as long to build: both at once.
        await Task.WhenAll(database.Ready, Task.Run(app.Services.GetRequiredService<Database>().Warm));
        FirstStart first;
        try
        {
            first = await FirstStart.PrepareAsync(app.Services, app.Configuration, app.Environment, CancellationToken.None);
        }
        catch (NpgsqlException e) when (database.Embedded is null)
        {
            // Somebody mistyped a connection string, or the server is not up: that wants a sentence and no stack.
            await Console.Error.WriteLineAsync($"The database of ConnectionStrings:Default (--db) does not answer or does not let this program in: {e.Message}");
            return 1;
        }

        if (app.Configuration["seed"] is { Length: > 0 } scenario)
            return await SeedScenarios.RunAsync(scenario, app.Services, CancellationToken.None);
        if (app.Configuration.GetValue("verify-audit", false) || args.Contains("--verify-audit"))
            return await AuditVerifyVerb.RunAsync(app.Services, Console.Out);

        await app.StartAsync();
        first.Announce(app);
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static void AddServices(WebApplicationBuilder builder, DatabaseHosting database, string dataFolder, RabbitMqSettings? broker)
    {
        var services = builder.Services;
        var configuration = builder.Configuration;
        var production = builder.Environment.IsProduction();

        services.AddData(database.ConnectionString);
        // A worker delivers and nothing else: jobs, alarms and pages are for the nodes that people use.
        var worker = broker is { Worker: true };
        builder.AddOperations(database.ConnectionString, dataFolder, jobs: !worker);
        services.AddPublicAddress(configuration, builder.Environment);
        services.AddSettings();
        services.AddStaff();
        services.AddProducts();
        services.AddCustomers();
        services.AddFollowUps();
        services.AddPool();
        services.AddDocuments();
        services.AddSatisfaction();
        services.AddStatistics();
        services.AddPortraits();
        services.AddSegments();
        services.AddCustomerAccounts();
        services.AddMessages(configuration.GetValue<TimeSpan?>("Messages:Heartbeat"));
        services.AddMessageApi();
        services.AddPortraitApi();
        services.AddSingleton<RecipientLists>();
        services.AddFiles(
            KeyRingFile.Load(configuration, dataFolder, mustBeConfigured: production && database.Embedded is null),
            new UploadOptions(Path.Combine(dataFolder, "uploads")) { ReserveBytes = BlobStoreServices.ReserveBytes(configuration) });
        services.AddBlobStore(configuration, dataFolder);
        services.AddMediaWorker(configuration);
        services.AddChannels(configuration.GetValue<TimeSpan?>("Messages:ListedAfter") is { } listed ? new ChannelSettings { ListedAfter = listed } : null);
        services.AddSecurity(configuration);
        services.AddSharedProtectionKeys();
        services.AddSingleton<PresenceBoard>();
        services.AddHostedService<ChangeRelayHost>();
        services.AddHostedService<PresenceHost>();
        services.AddHostedService<DeliveryHost>();
        if (!worker)
        {
            services.AddHostedService<AlarmHost>();
            services.AddHostedService<SegmentHost>();
            services.AddHostedService<AssignmentHost>();
        }

        services.AddRabbitMq(broker);
        services.AddSingleton<ResolveUploadSender>(UploadSenders.ResolveAsync);

        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            // When a network fails, a thousand pages come back at once: a kept circuit returns for the price of a connection, a new page costs two renders and all of its reads.
            circuits.DisconnectedCircuitMaxRetained = 1_200;
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        })
        // The text of a mail template travels as one message, and Chinese letters as six characters each; the framework's 32 KB would cut the connection.
        .AddHubOptions(hub => hub.MaximumReceiveMessageSize = 256 * 1024);
        services.AddLeanCircuits();
        services.AddCascadingAuthenticationState();
        services.AddRadzenComponents();
        services.AddHttpContextAccessor();
        services.AddProblemDetails();
        services.Configure<ForwardedHeadersOptions>(o => o.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto);
    }

    private static void UsePipeline(WebApplication app, bool worker)
    {
        app.UseRequestLog();
        app.UseForwardedHeaders();
        if (!app.Environment.IsDevelopment())
            app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseSecurityHeaders();
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseSecurity();
        app.UseAntiforgery();

        app.MapStaticAssets().AllowAnonymous();
        app.MapOperations();
        if (worker)
            return;
        app.MapBenchMemory();
        app.MapSecurityEndpoints();
        app.MapUploads();
        app.MapCollection();
        app.MapCustomerAccounts();
        app.MapDocumentFiles();
        app.MapCustomerExport();
        app.MapFollowUps();
        app.MapMessageFiles();
        app.MapAssignmentExport();
        app.MapEffectsExport();
        app.MapProductExamples();
        app.MapConfig();
        app.MapMessageApi();
        app.MapPortraitApi();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}
