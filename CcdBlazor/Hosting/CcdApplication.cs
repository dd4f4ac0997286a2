using CcdBlazor.Components;
using CcdBlazor.Live;
using Radzen;

namespace CcdBlazor.Hosting;

/// <summary>Builds and runs the program. Reads as its table of contents; the tests build the same application on another port.</summary>
public static class CcdApplication
{
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = await BuildAsync(args);
        await app.RunAsync();
        return 0;
    }

    public static Task<WebApplication> BuildAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddPages();
        var app = builder.Build();
        app.UseSecurityHeaders();
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        return Task.FromResult(app);
    }

    private static void AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddCascadingAuthenticationState();
        services.AddRadzenComponents();
        services.AddHttpContextAccessor();
        services.AddSingleton<PresenceBoard>();
    }
}
