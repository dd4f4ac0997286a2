using CcdBlazor.Domain.Common;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CcdBlazor.Hosting;

/// <summary>Where people reach the program: <c>PublicAddress</c> in the configuration. Outside Production the address that it serves on will do.</summary>
internal static class PublicAddressHosting
{
    private const string Key = "PublicAddress";

    public static IServiceCollection AddPublicAddress(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        Uri? configured = null;
        if (configuration[Key] is { Length: > 0 } text
            && !(Uri.TryCreate(text, UriKind.Absolute, out configured) && configured.Scheme is "https" or "http" && configured is { Query: "", Fragment: "" }))
            throw new InvalidOperationException($"{Key} is not an address like https://ccd.example.com: {text}");
        var guess = !environment.IsProduction();
        return services.AddSingleton(provider => new PublicAddress(() => configured ?? (guess ? ServedOn(provider) : null)));
    }

    private static Uri? ServedOn(IServiceProvider provider) =>
        provider.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses
            .Select(a => Uri.TryCreate(a.Replace("//[::]", "//localhost", StringComparison.Ordinal).Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal), UriKind.Absolute, out var uri) ? uri : null)
            .FirstOrDefault(uri => uri is not null);
}
