using CcdBlazor.DevTools;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Hosting;

/// <summary>
/// What happens before the first request: the schema is brought up to date, shipped roles and products are there, and there is somebody
/// who can sign in. Demo people and passwords exist only outside Production, and only when <c>Demo:Empty</c> is not set.
/// </summary>
internal sealed class FirstStart
{
    private readonly FirstAdministrator administrator;
    private readonly bool demo;
    private readonly bool seedDemo;

    private FirstStart(FirstAdministrator administrator, bool demo, bool seedDemo)
    {
        this.administrator = administrator;
        this.demo = demo;
        this.seedDemo = seedDemo;
    }

    public static async Task<FirstStart> PrepareAsync(IServiceProvider services, IConfiguration configuration, IHostEnvironment environment, CancellationToken ct)
    {
        await services.GetRequiredService<Database>().MigrateAsync(ct);
        await services.GetRequiredService<SettingsReader>().LoadAsync(ct);
        services.GetRequiredService<PolicyFromSettings>().Follow();
        await services.GetRequiredService<InAppAccount>().EnsureAsync(ct);
        var staff = services.GetRequiredService<StaffSeed>();
        await staff.EnsureRolesAsync(ct);
        await services.GetRequiredService<ProductSeed>().EnsureShippedAsync(ct);
        await services.GetRequiredService<PoolSettings>().EnsureAsync(ct);
        await services.GetRequiredService<TemplateSeed>().EnsureShippedAsync(ct);

        var demo = !environment.IsProduction() && !configuration.GetValue("Demo:Empty", false);
        if (demo && Uri.TryCreate(configuration["Demo:Simulator"], UriKind.Absolute, out var simulator))
            await TrySimulatorAsync(services, simulator, ct);
        if (demo && await DemoPeople.IsEmptyAsync(services, ct))
        {
            await DemoPeople.CreateAsync(services, ct);
            return new FirstStart(new FirstAdministrator(false, StaffSeed.FirstAdministratorName, null), demo: true, seedDemo: configuration.GetValue("Demo:Customers", true));
        }

        var first = await staff.EnsureFirstAdministratorAsync(Environment.GetEnvironmentVariable("CCD_ADMIN_PASSWORD"), ct);
        if (!first.Ok)
            throw new InvalidOperationException($"CCD_ADMIN_PASSWORD cannot be used: {first.Refusal.Text}");
        return new FirstStart(first.Value, demo && await DemoPeople.AreThereAsync(services, ct), seedDemo: false);
    }

    /// <summary>Says where the program is and who may sign in; and starts filling in demo customers while people can already look around.</summary>
    public void Announce(WebApplication app)
    {
        foreach (var url in app.Urls)
            Console.WriteLine($"CcdBlazor 已启动：{url}");
        if (administrator is { Created: true, GeneratedPassword: { } password })
            Console.WriteLine($"首次登录：用户名 {administrator.UserName}，一次性密码 {password}（只显示这一次，登录后须修改）");
        if (demo)
            DemoPeople.Print(Console.Out);
        Console.Out.Flush();
        if (seedDemo)
            _ = SeedInBackgroundAsync(app);
    }

    private static async Task TrySimulatorAsync(IServiceProvider services, Uri simulator, CancellationToken ct)
    {
        try
        {
            await DemoAccounts.EnsureAsync(services, simulator, ct);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            services.GetRequiredService<ILogger<FirstStart>>().LogWarning("The simulator at {Address} does not answer; its accounts are left as they are", simulator);
        }
    }

    private static async Task SeedInBackgroundAsync(WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILogger<FirstStart>>();
        try
        {
            await SeedScenarios.DemoCustomersAsync(app.Services, app.Lifetime.ApplicationStopping);
            log.LogInformation("Demo customers are in place");
            // Once, after much work that does not come again: the program rests with what it needs.
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
        catch (OperationCanceledException)
        {
            log.LogInformation("Stopped while demo customers were being made");
        }
        catch (Exception e)
        {
            log.LogError(e, "Demo customers could not be made");
        }
    }
}
