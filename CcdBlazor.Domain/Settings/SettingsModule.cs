using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Settings;

/// <summary>Wiring of the configuration centre, and what a feature's module calls to register its settings.</summary>
public static class SettingsModule
{
    /// <summary>Registers the settings of a feature (and the centre itself, once).</summary>
    public static IServiceCollection AddSettings(this IServiceCollection services, IReadOnlyList<Setting> settings)
    {
        services.AddSingleton(new SettingSet(settings));
        return services.AddSettings();
    }

    /// <summary>The centre alone: catalogue, reader, service and queries.</summary>
    public static IServiceCollection AddSettings(this IServiceCollection services)
    {
        services.TryAddSingleton(p => new SettingsCatalogue(p.GetServices<SettingSet>().SelectMany(set => set.Settings)));
        services.TryAddSingleton(p => new SettingsReader(
            p.GetRequiredService<SettingsCatalogue>(), p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<ChangeFeed>(),
            p.GetRequiredService<ILogger<SettingsReader>>()));
        services.TryAddSingleton(p => new SettingsService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<SettingsCatalogue>(), p.GetRequiredService<SettingsReader>(),
            p.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(p => new SettingsQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<SettingsCatalogue>()));
        services.TryAddSingleton<SettingMetrics>();
        return services;
    }

    /// <summary>Registers a figure that the page draws around each change of a setting, see <see cref="SettingMetric"/>.</summary>
    public static IServiceCollection AddSettingMetric(this IServiceCollection services, SettingMetric metric) => services.AddSingleton(metric);
}
