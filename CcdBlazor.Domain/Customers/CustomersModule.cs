using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CcdBlazor.Domain.Customers;

/// <summary>Wiring of the Customers feature. Needs data, files, and (from Documents and Products) the completeness check and the loan products.</summary>
public static class CustomersModule
{
    public static IServiceCollection AddCustomers(this IServiceCollection services)
    {
        services.TryAddSingleton<IValidator<CustomerDraft>, CustomerDraftValidator>();
        services.TryAddSingleton<ILoanProducts>(p => new CatalogueProducts(p.GetRequiredService<ProductQueries>()));
        services.AddSingleton(p => new CustomerService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<IValidator<CustomerDraft>>(),
            p.GetRequiredService<FieldCipher>(), p.GetRequiredService<FieldHash>(),
            p.GetRequiredService<ICompletenessCheck>(), p.GetRequiredService<ILoanProducts>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new CustomerQueries(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<FieldCipher>(), p.GetRequiredService<FieldHash>(),
            p.GetRequiredService<ILoanProducts>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new CustomerViewService(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
