using CcdBlazor.Domain.Changes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace CcdBlazor.Domain.Data;

/// <summary>Wiring of database, announcements and clock: what every feature stands on.</summary>
public static class DataModule
{
    public static IServiceCollection AddData(this IServiceCollection services, string connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        services.AddDbContextFactory<CcdDbContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton(provider => new Database(
            provider.GetRequiredService<IDbContextFactory<CcdDbContext>>(), provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<ChangeRelay>();
        return services;
    }
}
