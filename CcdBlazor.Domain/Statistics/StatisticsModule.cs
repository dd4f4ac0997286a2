using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CcdBlazor.Domain.Statistics;

/// <summary>Wiring of the feature.</summary>
public static class StatisticsModule
{
    public static IServiceCollection AddStatistics(this IServiceCollection services)
    {
        services.AddSingleton(p => new StatisticsFolding(p.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton(p => new StatisticsQueries(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new TodayQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
