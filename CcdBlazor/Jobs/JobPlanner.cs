using Quartz;

namespace CcdBlazor.Jobs;

/// <summary>
/// Brings the store in line with <see cref="JobSchedule"/> at the start: new jobs in, gone ones out, changed cadences replaced.
/// What is unchanged stays untouched, so that a pause outlives a restart.
/// </summary>
public sealed class JobPlanner(ISchedulerFactory schedulers, ILogger<JobPlanner> log) : IHostedService
{
    private const string Group = "ccd";

    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    public static JobKey KeyOf(string name) => new(name, Group);

    public static TriggerKey TriggerOf(string name) => new(name, Group);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        foreach (var job in JobSchedule.All)
            try
            {
                await PlanAsync(scheduler, job, cancellationToken);
            }
            catch (ObjectAlreadyExistsException)
            {
                log.LogDebug("Job {Job} was planned by another node at the same moment", job.Name);
            }

        foreach (var known in await scheduler.GetJobKeys(GroupMatcher<JobKey>.GroupEquals(Group), cancellationToken))
            if (JobSchedule.Find(known.Name) is null)
                await scheduler.DeleteJob(known, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task PlanAsync(IScheduler scheduler, ScheduledJob job, CancellationToken ct)
    {
        if (!await scheduler.Exists(KeyOf(job.Name), ct))
            await scheduler.AddJob(
                JobBuilder.Create<RunScheduledJob>().WithIdentity(KeyOf(job.Name)).StoreDurably().RequestRecovery().Build(), cancellationToken: ct);

        var existing = await scheduler.GetTrigger(TriggerOf(job.Name), ct);
        if (job.Cron is null)
        {
            if (existing is not null)
                await scheduler.UnscheduleJob(existing.Key, ct);
            return;
        }

        // After a time without any node one run catches up, however many were missed.
        var trigger = TriggerBuilder.Create().WithIdentity(TriggerOf(job.Name)).ForJob(KeyOf(job.Name))
            .WithCronSchedule(job.Cron, cron => cron.InTimeZone(Shanghai).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)).Build();
        if (existing is null)
            await scheduler.ScheduleJob(trigger, cancellationToken: ct);
        else if (existing is not ICronTrigger { CronExpressionString: var cron } || cron != job.Cron)
            await scheduler.RescheduleJob(existing.Key, trigger, ct);
    }
}
