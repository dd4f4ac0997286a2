using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Settings;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>Wiring of the feature. Needs customers, documents and settings; asking by message also the message platform and a <see cref="PublicAddress"/>.</summary>
public static class SatisfactionModule
{
    public static IServiceCollection AddSatisfaction(this IServiceCollection services)
    {
        services.TryAddSingleton<IValidator<RatingDraft>, RatingDraftValidator>();
        services.AddSettings(SatisfactionSettings.All);
        services.AddSingleton(p => new SatisfactionService(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<IValidator<RatingDraft>>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new SatisfactionQueries(p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new SatisfactionAsking(
            p.GetRequiredService<IDbContextFactory<CcdDbContext>>(), p.GetRequiredService<MessageSender>(), p.GetRequiredService<SettingsReader>(), p.GetRequiredService<PublicAddress>()));
        return services;
    }
}
