using CcdBlazor.Domain.Jobs;
using Npgsql;
using Quartz;

namespace CcdBlazor.Jobs;

/// <summary>The scheduler, on tables of our own database, shared by all nodes.</summary>
public static class JobServices
{
    public static IServiceCollection AddJobs(this IServiceCollection services, string connectionString)
    {
        services.AddJobRuns();
        services.AddSingleton<JobAdmin>();
        // The planner stands before the scheduler's own hosted service: it plans first, then things start.
        services.AddHostedService<JobPlanner>();
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(options =>
            {
                options.InstanceName = "ccd";
                options.GenerateInstanceId = true;
            });
            quartz.UseDefaultThreadPool(maxConcurrency: 4);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(NpgsqlFactory.Instance, connectionString);
                store.UseSystemTextJsonSerializer();
                store.UseClustering();
                store.ConfigureStore(options =>
                {
                    options.TablePrefix = "qrtz_";
                    options.StoreJobDataAsStrings = true;
                });
            });
        });
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        return services;
    }
}
