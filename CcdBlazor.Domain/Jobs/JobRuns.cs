using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Jobs;

/// <summary>A run as the administrator sees it.</summary>
public sealed record JobRunRow(
    Guid Id, string Job, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, JobOutcome Outcome, string? Text, string Node, Guid? TriggeredBy)
{
    public TimeSpan? Duration => FinishedAt - StartedAt;
}

/// <summary>What an administrator may do to a job.</summary>
public enum JobOrder
{
    Run,
    Pause,
    Resume,
}

/// <summary>The diary of the scheduled jobs.</summary>
public sealed class JobRuns
{
    /// <summary>Listeners of this topic hear when any run starts or ends.</summary>
    public const string Topic = "jobs";

    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    private readonly IDbContextFactory<CcdDbContext> contexts;

    internal JobRuns(IDbContextFactory<CcdDbContext> contexts) => this.contexts = contexts;

    /// <summary>Writes down that a run began; the answer is needed to end it.</summary>
    public async Task<Guid> StartedAsync(string job, string node, Guid? triggeredBy, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        // One run at a time in the cluster: an older one that still counts as running lost its node.
        foreach (var lost in await db.JobRuns.Where(run => run.Job == job && run.Outcome == JobOutcome.Running).ToListAsync(ct))
            lost.Finish(JobOutcome.Cancelled, "运行中断（程序停止）。", now);
        var run = new JobRun { Job = job, Node = node, TriggeredBy = triggeredBy, StartedAt = now };
        db.Add(run);
        db.Announce(Topic, job);
        await db.SaveChangesAsync(ct);
        return run.Id;
    }

    /// <summary>Writes down how a run ended. <paramref name="text"/> holds no personal data.</summary>
    public async Task FinishedAsync(Guid id, JobOutcome outcome, string? text, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.JobRuns.FindAsync([id], ct) is not { } run)
            return;
        run.Finish(outcome, text, now);
        db.Announce(Topic, run.Job);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Writes an administrator's order to the audit. Refused without <see cref="Permission.ManageJobs"/>; obey it only when this says so.</summary>
    public async Task<Result> OrderAsync(JobOrder order, string job, string title, Actor by, DateTimeOffset now, CancellationToken ct)
    {
        if (!by.May(Permission.ManageJobs))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var action = order switch
        {
            JobOrder.Run => "job.triggered",
            JobOrder.Pause => "job.paused",
            JobOrder.Resume => "job.resumed",
        };
        db.Audit(by, now, action, new AuditSubject("job", null), after: new { Job = job, Title = title });
        db.Announce(Topic, job);
        return await db.TrySaveAsync(ct);
    }

    /// <summary>The last run of each job that ever ran.</summary>
    public async Task<IReadOnlyDictionary<string, JobRunRow>> LastOfEachAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var runs = await db.JobRuns.FromSqlRaw("select distinct on (job) * from job_runs order by job, started_at desc").AsNoTracking().ToListAsync(ct);
        return runs.ToDictionary(run => run.Job, Row);
    }

    /// <summary>The newest runs of one job.</summary>
    public async Task<IReadOnlyList<JobRunRow>> OfAsync(string job, int take, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var runs = await db.JobRuns.AsNoTracking().Where(run => run.Job == job).OrderByDescending(run => run.StartedAt).Take(take).ToListAsync(ct);
        return [.. runs.Select(Row)];
    }

    /// <summary>Forgets runs older than <see cref="KeptFor"/>; answers how many.</summary>
    public async Task<int> ForgetOldAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var before = now - KeptFor;
        return await db.JobRuns.Where(run => run.StartedAt < before).ExecuteDeleteAsync(ct);
    }

    private static JobRunRow Row(JobRun run) =>
        new(run.Id, run.Job, run.StartedAt, run.FinishedAt, run.Outcome, run.Text, run.Node, run.TriggeredBy);
}
