using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Audit;

/// <summary>Wiring of the audit: sequencer, verifier, queries.</summary>
public static class AuditModule
{
    /// <param name="headsPath">File outside the database that keeps heads of the chain; its folder must exist.</param>
    public static IServiceCollection AddAudit(this IServiceCollection services, string headsPath)
    {
        services.AddSingleton(new AuditHeadFile(headsPath));
        services.AddSingleton<AuditSequencer>();
        services.AddSingleton<AuditVerifier>();
        services.AddSingleton(provider => new AuditQueries(provider.GetRequiredService<IDbContextFactory<CcdDbContext>>()));
        return services;
    }
}
