using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Domain.Jobs;

/// <summary>Wiring of the jobs' diary. When and what runs is the web project's <c>JobSchedule</c>.</summary>
public static class JobsModule
{
    public static IServiceCollection AddJobRuns(this IServiceCollection services) =>
        services.AddSingleton(provider => new JobRuns(provider.GetRequiredService<IDbContextFactory<CcdDbContext>>()));
}
