using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Products;

/// <summary>Wiring of the feature. Example pictures need the Files feature and a media worker.</summary>
public static class ProductsModule
{
    public static IServiceCollection AddProducts(this IServiceCollection services)
    {
        services.AddSingleton(p => new ProductQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>()));
        services.AddSingleton(p => new ProductService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ProductSeed(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<ProductService>()));
        services.AddSingleton(p => new ProductExamples(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<FileStore>(), p.GetRequiredService<IMediaWorker>(),
            p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
