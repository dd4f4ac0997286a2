using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>Reads of runs and segments.</summary>
public sealed class SegmentRunQueries
{
    private const int MostRuns = 30;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly PortraitQueries portraits;
    private volatile Tuple<Guid, SegmentModel, SegmentOutcome>? newest; // of the newest run; models do not change

    internal SegmentRunQueries(IDbContextFactory<CcdDbContext> contexts, PortraitQueries portraits)
    {
        this.contexts = contexts;
        this.portraits = portraits;
    }

    /// <summary>The newest runs, newest first.</summary>
    public async Task<Result<IReadOnlyList<SegmentRunRow>>> ListAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        return (SegmentRunRow[])[.. await Rows(db).Take(MostRuns).ToListAsync(ct)];
    }

    /// <summary>One run; without an id the newest finished one, or the newest at all.</summary>
    public async Task<Result<SegmentRunDetail>> DetailAsync(Guid? id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var run = await db.SegmentRuns.AsNoTracking().Where(r => id == null ? r.State == SegmentRunState.Done : r.Id == id).OrderByDescending(r => r.RequestedAt).FirstOrDefaultAsync(ct);
        if (run is null)
            return CommonRefusals.NotFound;
        var row = new SegmentRunRow(
            run.Id, run.State, run.ByName, run.RequestedAt, run.StartedAt, run.FinishedAt, run.Percent, run.Text, run.K, run.Customers, run.Silhouette);
        var outcome = run.Outcome is null ? null : SegmentRun.Read<SegmentOutcome>(run.Outcome);
        return new SegmentRunDetail(row, run.ReadDraft(), outcome, await MapAsync(db, run.Id, by, ct), by.May(Permission.ManagePortraits));
    }

    /// <summary>
    /// The segment of a visible customer by the newest finished run. A customer who came after it, or had no portrait then, is placed now by the nearest
    /// centre; none when there is no run, or nothing is known about the customer.
    /// </summary>
    public async Task<Result<CustomerSegment?>> OfCustomerAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (await db.SegmentRuns.AsNoTracking().Where(r => r.State == SegmentRunState.Done).OrderByDescending(r => r.RequestedAt)
                .Select(r => new { r.Id, r.FinishedAt }).FirstOrDefaultAsync(ct) is not { } run)
            return (CustomerSegment?)null;
        var (_, model, outcome) = await ModelAsync(db, run.Id, ct);
        var member = await db.SegmentMembers.AsNoTracking().Where(m => m.RunId == run.Id && m.CustomerId == customerId).Select(m => (short?)m.Segment).FirstOrDefaultAsync(ct);
        int index;
        if (member is { } known)
            index = known;
        else
        {
            var columns = model.Space.Encodings.Select(e => e.Column).ToList();
            if ((await portraits.VectorsAsync([customerId], ct)).GetValueOrDefault(customerId) is not { } vector || SegmentFeatures.RowOf(columns, vector) is not { } row)
                return (CustomerSegment?)null;
            var values = new float[model.Space.Dimensions];
            model.Space.Encode(row, values);
            index = SegmentPlacing.Nearest([.. model.Centroids], model.Space.Dimensions, values).Segment;
        }

        var segment = outcome.Segments[index];
        return new CustomerSegment(run.Id, segment.Number, segment.Name, member is null, run.FinishedAt!.Value);
    }

    private async Task<Tuple<Guid, SegmentModel, SegmentOutcome>> ModelAsync(CcdDbContext db, Guid run, CancellationToken ct)
    {
        if (newest is { } kept && kept.Item1 == run)
            return kept;
        var stored = await db.SegmentRuns.AsNoTracking().Where(r => r.Id == run).Select(r => new { r.Model, r.Outcome }).SingleAsync(ct);
        return newest = Tuple.Create(run, SegmentRun.Read<SegmentModel>(stored.Model!), SegmentRun.Read<SegmentOutcome>(stored.Outcome!));
    }

    private static async Task<IReadOnlyList<SegmentPoint>> MapAsync(CcdDbContext db, Guid run, Actor by, CancellationToken ct)
    {
        var points = await db.SegmentMembers.AsNoTracking().Where(m => m.RunId == run && m.OnMap).OrderBy(m => m.CustomerId).ToListAsync(ct);
        var ids = points.Select(p => p.CustomerId).ToArray();
        var names = await db.Customers.VisibleTo(by).AsNoTracking().Where(c => ids.Contains(c.Id)).Select(c => new { c.Id, c.Name, c.Number }).ToDictionaryAsync(c => c.Id, ct);
        return [.. points.Select(p => names.GetValueOrDefault(p.CustomerId) is { } seen
            ? new SegmentPoint(p.Segment, p.X, p.Y, seen.Id, seen.Name, seen.Number)
            : new SegmentPoint(p.Segment, p.X, p.Y, null, null, null))];
    }

    private static IQueryable<SegmentRunRow> Rows(CcdDbContext db) => db.SegmentRuns.AsNoTracking().OrderByDescending(r => r.RequestedAt).Select(r => new SegmentRunRow(
        r.Id, r.State, r.ByName, r.RequestedAt, r.StartedAt, r.FinishedAt, r.Percent, r.Text, r.K, r.Customers, r.Silhouette));
}
