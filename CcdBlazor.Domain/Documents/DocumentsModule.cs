using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Documents;

/// <summary>Wiring of the feature.</summary>
public static class DocumentsModule
{
    public static IServiceCollection AddDocuments(this IServiceCollection services)
    {
        services.AddSingleton(p => new DocumentService(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IUploadTarget>(p => p.GetRequiredService<DocumentService>());
        services.AddSingleton<ICompletenessCheck>(p => p.GetRequiredService<DocumentService>());
        services.AddSingleton(p => new ReviewService(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new LinkService(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DocumentQueries(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new RulesUpgrade(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new SharedFileReads(
            Contexts(p), p.GetRequiredService<CustomerQueries>(), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static IDbContextFactory<CcdDbContext> Contexts(IServiceProvider provider) => provider.GetRequiredService<IDbContextFactory<CcdDbContext>>();
}
