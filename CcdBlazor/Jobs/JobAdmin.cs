using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Jobs;
using Quartz;

namespace CcdBlazor.Jobs;

/// <summary>How a job stands now.</summary>
public enum JobState
{
    /// <summary>Waits for its next time.</summary>
    Waiting,
    Running,
    Paused,
    /// <summary>Runs only when somebody asks for it.</summary>
    OnDemand,
}

/// <summary>A job as the administrator sees it.</summary>
public sealed record JobRow(ScheduledJob Job, JobState State, DateTimeOffset? NextRun, JobRunRow? LastRun);

/// <summary>What an administrator sees of the jobs and does with them. Every order goes to the audit first.</summary>
public sealed class JobAdmin(ISchedulerFactory schedulers, JobRuns runs, TimeProvider time)
{
    public async Task<Result<List<JobRow>>> ListAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageJobs))
            return CommonRefusals.Forbidden;
        var scheduler = await schedulers.GetScheduler(ct);
        var last = await runs.LastOfEachAsync(ct);
        var rows = new List<JobRow>();
        foreach (var job in JobSchedule.All)
        {
            var trigger = job.Cron is null ? null : await scheduler.GetTrigger(JobPlanner.TriggerOf(job.Name), ct);
            var paused = trigger is not null && await scheduler.GetTriggerState(trigger.Key, ct) == TriggerState.Paused;
            var run = last.GetValueOrDefault(job.Name);
            var state = run?.Outcome == JobOutcome.Running ? JobState.Running
                : paused ? JobState.Paused
                : trigger is null ? JobState.OnDemand : JobState.Waiting;
            rows.Add(new JobRow(job, state, paused ? null : trigger?.NextFireTimeUtc, run));
        }

        return rows;
    }

    /// <summary>The newest runs of one job.</summary>
    public async Task<Result<List<JobRunRow>>> RunsAsync(string name, Actor by, CancellationToken ct) =>
        by.May(Permission.ManageJobs) ? (await runs.OfAsync(name, 20, ct)).ToList() : CommonRefusals.Forbidden;

    /// <summary>Carries out an order. Running twice at once is not possible: a second run waits for the first.</summary>
    public async Task<Result> OrderAsync(JobOrder order, string name, Actor by, CancellationToken ct)
    {
        if (JobSchedule.Find(name) is not { } job)
            return CommonRefusals.NotFound;
        if (await runs.OrderAsync(order, job.Name, job.Title, by, time.GetUtcNow(), ct) is { Ok: false } refused)
            return refused;
        var scheduler = await schedulers.GetScheduler(ct);
        await (order switch
        {
            JobOrder.Run => scheduler.TriggerJob(JobPlanner.KeyOf(name), new JobDataMap { [RunScheduledJob.TriggeredBy] = by.Id?.ToString() ?? "" }, ct).AsTask(),
            JobOrder.Pause => scheduler.PauseJob(JobPlanner.KeyOf(name), ct).AsTask(),
            JobOrder.Resume => scheduler.ResumeJob(JobPlanner.KeyOf(name), ct).AsTask(),
        });
        return Result.Done;
    }
}
