using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;
using CcdBlazor.Domain.Settings;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Wiring of portraits, managers and assignments. Needs data, files, settings, customers and staff.</summary>
public static class PortraitsModule
{
    public static IServiceCollection AddPortraits(this IServiceCollection services)
    {
        services.TryAddSingleton<IValidator<ManagerDraft>, ManagerDraftValidator>();
        services.AddSingleton(p => new DerivedTraits(p.GetRequiredService<FieldCipher>(), p.GetRequiredService<ILoanProducts>()));
        services.AddSingleton(p => new PortraitService(p.Contexts(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PortraitQueries(p.Contexts(), p.GetRequiredService<DerivedTraits>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PortraitDerivation(p.Contexts(), p.GetRequiredService<DerivedTraits>()));
        services.AddSingleton(p => new ManagerService(p.Contexts(), p.GetRequiredService<IValidator<ManagerDraft>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ManagerQueries(p.Contexts(), p.GetRequiredService<TimeProvider>()));
        services.AddSettings(PortraitSettings.All);
        services.AddSingleton(p => new ScorePreview(p.Contexts(), p.GetRequiredService<PortraitQueries>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new AssignmentService(p.Contexts(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new AssignmentQueries(p.Contexts(), p.GetRequiredService<PortraitQueries>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new AssignmentWork(
            p.Contexts(), p.GetRequiredService<PortraitQueries>(), p.GetRequiredService<PortraitDerivation>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSettings(EffectSettings.All);
        services.AddSingleton(p => new EffectsFold(p.Contexts(), p.GetRequiredService<SettingsReader>()));
        services.AddSingleton(p => new EffectsQueries(p.Contexts(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new EffectsExport(p.GetRequiredService<EffectsQueries>()));
        return services;
    }

    private static IDbContextFactory<CcdDbContext> Contexts(this IServiceProvider services) => services.GetRequiredService<IDbContextFactory<CcdDbContext>>();
}
