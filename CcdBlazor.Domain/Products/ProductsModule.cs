using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Products;

/// <summary>Wiring of the feature.</summary>
public static class ProductsModule
{
    public static IServiceCollection AddProducts(this IServiceCollection services)
    {
        services.AddSingleton(p => new ProductQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>()));
        services.AddSingleton(p => new ProductService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ProductSeed(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<ProductService>()));
        return services;
    }
}
