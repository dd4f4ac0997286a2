using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Wiring of customer accounts. Needs data, files, settings, customers, products, the message platform and a <see cref="PublicAddress"/>.</summary>
public static class CustomerAccountsModule
{
    public static IServiceCollection AddCustomerAccounts(this IServiceCollection services)
    {
        services.AddSettings(CustomerAccountSettings.All);
        services.AddSingleton(p => new CustomerAccountService(p.Contexts(), p.GetRequiredService<MessageSender>(), p.GetRequiredService<PublicAddress>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new CustomerSignIn(
            p.Contexts(), p.GetRequiredService<MessageSender>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<FieldHash>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new CustomerSessions(p.Contexts(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new CustomerAccountQueries(
            p.Contexts(), p.GetRequiredService<MessageQueries>(), p.GetRequiredService<TemplateQueries>(), p.GetRequiredService<ProductQueries>(), p.GetRequiredService<SettingsReader>(),
            p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new CustomerAccountCleaning(p.Contexts()));
        return services;
    }

    private static IDbContextFactory<CcdDbContext> Contexts(this IServiceProvider services) => services.GetRequiredService<IDbContextFactory<CcdDbContext>>();
}
