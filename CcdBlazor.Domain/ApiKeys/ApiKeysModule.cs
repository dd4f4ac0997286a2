using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.ApiKeys;

/// <summary>Wiring of the keys of the HTTP API.</summary>
public static class ApiKeysModule
{
    public static IServiceCollection AddApiKeys(this IServiceCollection services)
    {
        services.AddSingleton(p => new ApiKeyBook(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<ApiKeyBook>>()));
        services.AddSingleton(p => new ApiKeyService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ApiKeyLedger>();
        return services;
    }
}
