using CcdBlazor.Domain.Jobs;
using Quartz;

namespace CcdBlazor.Jobs;

/// <summary>
/// What the scheduler calls for every job: runs the body, writes the diary, and never throws (a job that throws would be retried or
/// dropped by rules that nobody sees). One run at a time in the whole cluster.
/// </summary>
[DisallowConcurrentExecution]
public sealed class RunScheduledJob(IServiceProvider services, JobRuns runs, TimeProvider time, ILogger<RunScheduledJob> log) : IJob
{
    /// <summary>Key in the trigger's data: the member of staff who asked for the run.</summary>
    public const string TriggeredBy = "triggered-by";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (JobSchedule.Find(context.JobDetail.Key.Name) is not { } job)
            return;
        Guid? by = Guid.TryParse(context.MergedJobDataMap.GetString(TriggeredBy), out var id) ? id : null;
        try
        {
            await RunAsync(job, context.Scheduler.SchedulerInstanceId, by, cancellationToken);
        }
        catch (Exception e)
        {
            // The diary itself could not be written: the database is away. The next run finds it again.
            log.LogError("Job {Job} could not write its diary: {Error}", job.Name, e.GetType().Name);
        }
    }

    internal async Task RunAsync(ScheduledJob job, string node, Guid? by, CancellationToken ct)
    {
        var run = await runs.StartedAsync(job.Name, node, by, time.GetUtcNow(), ct);
        var (outcome, text) = await BodyAsync(job, ct);
        // Not cancellable: a stop of the program must not leave the run open.
        await runs.FinishedAsync(run, outcome, text, time.GetUtcNow(), CancellationToken.None);
    }

    private async Task<(JobOutcome, string)> BodyAsync(ScheduledJob job, CancellationToken ct)
    {
        try
        {
            return (JobOutcome.Succeeded, await job.Body(services, time.GetUtcNow(), ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return (JobOutcome.Cancelled, "程序停止，下次继续。");
        }
        catch (JobFailedException e)
        {
            log.LogError("Job {Job} failed: {Text}", job.Name, e.Message);
            return (JobOutcome.Failed, e.Message);
        }
        catch (Exception e)
        {
            // Messages of exceptions may quote data, so the diary gets the type only.
            log.LogError(e, "Job {Job} failed", job.Name);
            return (JobOutcome.Failed, $"运行出错（{e.GetType().Name}），详见程序日志。");
        }
    }
}
