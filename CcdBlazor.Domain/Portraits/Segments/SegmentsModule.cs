using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>Wiring of segment runs. Needs data and portraits.</summary>
public static class SegmentsModule
{
    public static IServiceCollection AddSegments(this IServiceCollection services)
    {
        services.AddSingleton(p => new SegmentRunService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new SegmentRunQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<PortraitQueries>()));
        services.AddSingleton(p => new SegmentRunner(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<PortraitQueries>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<SegmentRunner>>()));
        return services;
    }
}
