using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Documents;

/// <summary>Wiring of the feature.</summary>
public static class DocumentsModule
{
    public static IServiceCollection AddDocuments(this IServiceCollection services)
    {
        services.AddSettings(DocumentSettings.All);
        services.AddSettingMetric(new SettingMetric(DocumentSettings.LinkLifetime, "生成客户上传链接", "个 / 5 分钟", LinkFigures.CreatedAsync));
        services.AddSingleton(p => new DocumentService(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IUploadTarget>(p => p.GetRequiredService<DocumentService>());
        services.AddSingleton<ICompletenessCheck>(p => p.GetRequiredService<DocumentService>());
        services.AddSingleton(p => new ReviewService(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new LinkService(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        // Needs the message platform and a PublicAddress; the rest of the feature does not.
        services.AddSingleton(p => new DocumentRequests(
            Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<MessageSender>(), p.GetRequiredService<TemplateQueries>(),
            p.GetRequiredService<MessageQueries>(), p.GetRequiredService<PublicAddress>(), p.GetRequiredService<FieldCipher>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DocumentQueries(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new RulesUpgrade(Contexts(p), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new SharedFileReads(
            Contexts(p), p.GetRequiredService<CustomerQueries>(), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<ChangeFeed>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static IDbContextFactory<CcdDbContext> Contexts(IServiceProvider provider) => provider.GetRequiredService<IDbContextFactory<CcdDbContext>>();
}
