using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.FollowUps;

/// <summary>Wiring of the feature. Needs customers, files and the media worker.</summary>
public static class FollowUpsModule
{
    public static IServiceCollection AddFollowUps(this IServiceCollection services)
    {
        services.AddSingleton(p => new FollowUpService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<FileStore>(), p.GetRequiredService<IMediaWorker>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new FollowUpQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new FollowUpReminders(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<ChangeFeed>()));
        return services;
    }
}
