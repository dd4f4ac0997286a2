using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Pool;

/// <summary>Wiring of the feature. Needs customers, products and files.</summary>
public static class PoolModule
{
    public static IServiceCollection AddPool(this IServiceCollection services)
    {
        services.AddSingleton(p => new PoolService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PoolSettings(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PoolRelease(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<ChangeFeed>()));
        services.AddSingleton(p => new PoolQueries(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<FieldCipher>(), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
