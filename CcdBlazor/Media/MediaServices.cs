using CcdBlazor.Domain.Files;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CcdBlazor.Media;

public static class MediaServices
{
    /// <summary>The media worker: its process, kept running with the program, and <see cref="IMediaWorker"/> to ask it.</summary>
    public static IServiceCollection AddMediaWorker(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.Configure<MediaWorkerOptions>(configuration.GetSection(MediaWorkerOptions.Section));
        services.AddSingleton<MediaWorkerProcess>();
        services.AddHostedService(provider => provider.GetRequiredService<MediaWorkerProcess>());
        services.AddSingleton<MediaWorkerClient>();
        services.AddSingleton<IMediaWorker>(provider => provider.GetRequiredService<MediaWorkerClient>());
        return services;
    }
}
