using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>Asks for runs and cancels them. The work itself is done by <see cref="SegmentRunner"/>, in the background.</summary>
public sealed class SegmentRunService
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal SegmentRunService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>Queues a run. Refused while another one waits or runs.</summary>
    public async Task<Result<Guid>> RequestAsync(SegmentRunDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePortraits))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        var run = SegmentRun.Request(draft, by, now);
        if (!run.Ok)
            return run.Refusal;
        await using var db = await contexts.CreateDbContextAsync(ct);
        db.Add(run.Value);
        db.Audit(by, now, "segments.requested", new AuditSubject("segment_run", run.Value.Id), after: new { draft.K, draft.From, draft.To, draft.Seed, Features = draft.Features.Select(f => f.Key) });
        db.Announce(SegmentTopics.All);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? run.Value.Id : saved.Refusal;
    }

    /// <summary>Ends a waiting or running run; the server that works on it notices within seconds.</summary>
    public async Task<Result> CancelAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePortraits))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        // The worker notes its progress in the same row: lock it, or the click would lose against a percent.
        await using var work = await db.BeginAsync(ct);
        var run = await db.SegmentRuns.FromSql($"select *, xmin from segment_runs where id = {id} for update").SingleOrDefaultAsync(ct);
        if (run is null)
            return CommonRefusals.NotFound;
        var cancelled = run.Cancel(now);
        if (!cancelled.Ok)
            return cancelled;
        db.Audit(by, now, "segments.cancelled", new AuditSubject("segment_run", id));
        db.Announce(SegmentTopics.All);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }
}
