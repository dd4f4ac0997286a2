using System.Diagnostics;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// Does the runs that were asked for, one at a time in the whole cluster. Portraits are streamed twice (once to settle the space, once into the matrix),
/// so that memory holds the matrix and one portrait. A run that lost its server begins again: nothing of it was stored.
/// </summary>
public sealed class SegmentRunner
{
    /// <summary>Finished runs whose members are kept; older ones keep their figures only.</summary>
    public const int RunsWithMembers = 3;

    private const int PointsOnMap = 800;
    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(1);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly PortraitQueries portraits;
    private readonly TimeProvider clock;
    private readonly ILogger<SegmentRunner> log;

    internal SegmentRunner(IDbContextFactory<CcdDbContext> contexts, PortraitQueries portraits, TimeProvider clock, ILogger<SegmentRunner> log)
    {
        this.contexts = contexts;
        this.portraits = portraits;
        this.clock = clock;
        this.log = log;
    }

    /// <summary>Takes up the run that waits, or that lost its server, and does it; false when there is none.</summary>
    public async Task<bool> RunNextAsync(CancellationToken ct)
    {
        if (await ClaimAsync(ct) is not { } run)
            return false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var progress = new Progress();
        var noting = NoteAsync(run.Id, progress, stop);
        string? failure = null;
        try
        {
            failure = await DoAsync(run, progress, stop.Token);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw; // the program stops: the run stays open and is taken up again
        }
        catch (OperationCanceledException)
        {
            // Cancelled by a person: the row says so already.
        }
        catch (Exception e)
        {
            log.LogError(e, "Segment run {Run} failed", run.Id);
            failure = $"计算出错（{e.GetType().Name}），详见程序日志";
        }
        finally
        {
            await stop.CancelAsync();
            await noting;
        }

        if (failure is not null)
            await EndAsync(run.Id, r => r.Fail(failure, clock.GetUtcNow()), ct);
        return true;
    }

    private async Task<SegmentRun?> ClaimAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var now = clock.GetUtcNow();
        var lost = now - SegmentRun.LostAfter;
        await using var work = await db.BeginAsync(ct);
        var run = await db.SegmentRuns.FromSql(
            $"select *, xmin from segment_runs where open and (state = 'Queued' or heard_of_at < {lost}) limit 1 for update skip locked").SingleOrDefaultAsync(ct);
        if (run is null)
            return null;
        run.Begin(now);
        db.Announce(SegmentTopics.All);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
        return run;
    }

    /// <summary>The work; answers with the reason when there is nothing to cluster.</summary>
    private async Task<string?> DoAsync(SegmentRun run, Progress progress, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        var draft = run.ReadDraft();
        var (space, customers, matrix, left) = await ReadAsync(draft.Features, ct);
        if (customers.Count == 0)
            return SegmentRefusals.NoRows.Text;
        progress.Say(20, "正在比较分群数量");
        var settings = new KMeansSettings(draft.K ?? 2, draft.Seed);
        SegmentCurve? curve = null;
        if (draft.K is null)
        {
            var drawn = await Task.Run(() => SegmentCurve.Draw(matrix, draft.From, draft.To, settings, new Report<double>(s => progress.Say(20 + (int)(30 * s), "正在比较分群数量")), ct), ct);
            if (!drawn.Ok)
                return drawn.Refusal.Text;
            curve = drawn.Value;
            settings = settings with { K = curve.Recommended };
        }

        progress.Say(50, "正在分群");
        var fit = await Task.Run(() => KMeans.Fit(matrix, settings, null, new Report<KMeansProgress>(p => progress.Say(50 + (int)(25 * p.Share), "正在分群")), ct), ct);
        if (!fit.Ok)
            return fit.Refusal.Text;
        progress.Say(75, "正在评估和命名");
        var former = await FormerAsync(run.Id, ct);
        var (outcome, model, highest) = await Task.Run(() => Conclude(space, matrix, customers, left, fit.Value, curve, draft.Seed, former), ct);
        progress.Say(85, "正在保存");
        await StoreAsync(run.Id, outcome with { Seconds = Stopwatch.GetElapsedTime(since).TotalSeconds }, model, highest, customers, matrix, fit.Value, ct);
        return null;
    }

    private async Task<(FeatureSpace Space, List<Guid> Customers, FeatureMatrix Matrix, int Left)> ReadAsync(IReadOnlyList<FeatureColumn> columns, CancellationToken ct)
    {
        var builder = new FeatureSpaceBuilder(columns);
        await foreach (var vector in portraits.StreamAsync(ct))
            if (SegmentFeatures.RowOf(columns, vector) is { } row)
                builder.Observe(row);
        var space = builder.Build();
        var customers = new List<Guid>();
        var (width, left) = (Math.Max(1, space.Dimensions), 0);
        var values = new float[1024 * width];
        await foreach (var vector in portraits.StreamAsync(ct))
        {
            if (SegmentFeatures.RowOf(columns, vector) is not { } row)
            {
                left++;
                continue;
            }

            if ((customers.Count + 1) * (long)width > values.Length)
                Array.Resize(ref values, (int)Math.Min(Array.MaxLength, values.Length * 2L));
            space.Encode(row, values.AsSpan(customers.Count * width, width));
            customers.Add(vector.CustomerId);
        }

        return (space, customers, new FeatureMatrix(customers.Count, width, values), left);
    }

    private sealed record Former(Dictionary<Guid, int> Members, IReadOnlyList<SegmentShown> Segments, int HighestNumber);

    private async Task<Former> FormerAsync(Guid run, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var before = await db.SegmentRuns.AsNoTracking().Where(r => r.State == SegmentRunState.Done && r.Id != run).OrderByDescending(r => r.RequestedAt)
            .Select(r => new { r.Id, r.Outcome, r.HighestNumber }).FirstOrDefaultAsync(ct);
        if (before is null)
            return new Former([], [], 0);
        var members = new Dictionary<Guid, int>();
        await foreach (var m in db.SegmentMembers.AsNoTracking().Where(m => m.RunId == before.Id).Select(m => new { m.CustomerId, m.Segment }).AsAsyncEnumerable().WithCancellation(ct))
            members[m.CustomerId] = m.Segment;
        return new Former(members, SegmentRun.Read<SegmentOutcome>(before.Outcome!).Segments, before.HighestNumber);
    }

    private static (SegmentOutcome Outcome, SegmentModel Model, int HighestNumber) Conclude(
        FeatureSpace space, FeatureMatrix matrix, List<Guid> customers, int left, KMeansFit fit, SegmentCurve? curve, int seed, Former former)
    {
        var quality = SegmentQuality.Measure(matrix, fit, seed);
        var names = SegmentNaming.Name(space, matrix, fit, SegmentFeatures.Labels);
        var radar = SegmentRadar.Of(space, matrix, fit, SegmentFeatures.Labels);
        var projection = SegmentProjection.Of(matrix, seed);
        var (numbers, drift) = SegmentContinuity.Continue(
            former.Members, [.. former.Segments.Select(s => s.Number)], [.. customers.Select((c, i) => (c, fit.Labels[i]))], fit.K, former.HighestNumber);
        var kept = numbers.Select(n => n.Former is { } f ? former.Segments[f].Name : null).ToArray();
        var used = kept.OfType<string>().ToHashSet(StringComparer.Ordinal);
        var segments = new List<SegmentShown>();
        for (var c = 0; c < fit.K; c++)
        {
            var name = kept[c];
            for (var i = 1; name is null; i++)
                if (used.Add(i == 1 ? names[c].Name : $"{names[c].Name}（新{i}）"))
                    name = i == 1 ? names[c].Name : $"{names[c].Name}（新{i}）";
            var (x, y) = projection.Place(fit.Centroid(c));
            segments.Add(new SegmentShown(
                c, numbers[c].Number, name, numbers[c].Former is null, quality.Sizes[c], quality.Sizes[c] / (double)matrix.Rows, quality.SilhouetteOf[c], numbers[c].Overlap,
                names[c].Traits, x, y, radar.Values[c]));
        }

        var outcome = new SegmentOutcome(
            matrix.Rows, left, curve, quality, former.Segments.Count == 0 ? null : drift, segments, radar.Axes, projection.Explained + projection.SecondExplained, fit.Iterations, 0);
        return (outcome, new SegmentModel(space, fit.Centroids, projection), Math.Max(former.HighestNumber, numbers.Max(n => n.Number)));
    }

    private async Task StoreAsync(
        Guid id, SegmentOutcome outcome, SegmentModel model, int highest, List<Guid> customers, FeatureMatrix matrix, KMeansFit fit, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var run = await db.SegmentRuns.FromSql($"select *, xmin from segment_runs where id = {id} for update").SingleAsync(ct);
        if (!run.Open)
            return; // cancelled in the last moment: nothing is kept
        await CopyAsync(db, id, customers, matrix, model.Projection, fit, ct);
        run.Finish(outcome, model, highest, clock.GetUtcNow());
        db.Announce(SegmentTopics.All);
        await db.SaveChangesAsync(ct);
        await db.Database.ExecuteSqlAsync(
            $"delete from segment_members where run_id not in (select id from segment_runs where state = 'Done' order by requested_at desc limit {RunsWithMembers})", ct);
        await work.CommitAsync(ct);
    }

    /// <summary>By COPY into a table of this transaction and from there: a customer who was erased meanwhile falls away instead of failing the run.</summary>
    private static async Task CopyAsync(CcdDbContext db, Guid run, List<Guid> customers, FeatureMatrix matrix, SegmentProjection projection, KMeansFit fit, CancellationToken ct)
    {
        await db.Database.ExecuteSqlRawAsync("create temp table segment_staging (customer_id uuid, segment smallint, x real, y real, on_map boolean) on commit drop", ct);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var every = Math.Max(1, (customers.Count + PointsOnMap - 1) / PointsOnMap);
        await using (var copy = await connection.BeginBinaryImportAsync("copy segment_staging (customer_id, segment, x, y, on_map) from stdin (format binary)", ct))
        {
            for (var i = 0; i < customers.Count; i++)
            {
                var (x, y) = projection.Place(matrix.Row(i));
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(customers[i], NpgsqlDbType.Uuid, ct);
                await copy.WriteAsync((short)fit.Labels[i], NpgsqlDbType.Smallint, ct);
                await copy.WriteAsync((float)x, NpgsqlDbType.Real, ct);
                await copy.WriteAsync((float)y, NpgsqlDbType.Real, ct);
                await copy.WriteAsync(i % every == 0, NpgsqlDbType.Boolean, ct);
            }

            await copy.CompleteAsync(ct);
        }

        await db.Database.ExecuteSqlAsync(
            $"insert into segment_members (run_id, customer_id, segment, x, y, on_map) select {run}, s.customer_id, s.segment, s.x, s.y, s.on_map from segment_staging s join customers c on c.id = s.customer_id", ct);
    }

    /// <summary>Every second: progress and a sign of life into the row; a row that is closed ends the work. A database that is away ends nothing.</summary>
    private async Task NoteAsync(Guid id, Progress progress, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(NoteEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                try
                {
                    if (!await NoteOnceAsync(id, progress, stop.Token))
                        await stop.CancelAsync();
                }
                catch (Exception e) when (e is NpgsqlException or DbUpdateException or TimeoutException || e.InnerException is NpgsqlException)
                {
                    log.LogWarning("The progress of segment run {Run} could not be noted ({Error})", id, e.GetType().Name);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work is over.
        }
    }

    private async Task<bool> NoteOnceAsync(Guid id, Progress progress, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (percent, text) = progress.Now;
        var now = clock.GetUtcNow();
        var open = await db.SegmentRuns.Where(r => r.Id == id && r.Open).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Percent, percent).SetProperty(r => r.Text, text).SetProperty(r => r.HeardOfAt, now), ct);
        db.Announce(SegmentTopics.All);
        await db.SaveChangesAsync(ct); // nothing but the announcement
        return open > 0;
    }

    private async Task EndAsync(Guid id, Action<SegmentRun> end, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var run = await db.SegmentRuns.FromSql($"select *, xmin from segment_runs where id = {id} for update").SingleAsync(ct);
        if (!run.Open)
            return;
        end(run);
        db.Announce(SegmentTopics.All);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
    }

    private sealed class Progress
    {
        private volatile Tuple<int, string> now = Tuple.Create(0, "正在读取画像");

        public (int Percent, string Text) Now => (now.Item1, now.Item2);

        public void Say(int percent, string text) => now = Tuple.Create(percent, text);
    }

    /// <summary>Unlike <see cref="Progress{T}"/> it calls at once, on the thread that works.</summary>
    private sealed class Report<T>(Action<T> say) : IProgress<T>
    {
        void IProgress<T>.Report(T value) => say(value);
    }
}
