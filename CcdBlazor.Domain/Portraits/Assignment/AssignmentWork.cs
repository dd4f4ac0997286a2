using System.Diagnostics;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>Computes requested runs, one at a time over all nodes; called by a background loop. A node that dies leaves its run to the next.</summary>
public sealed class AssignmentWork
{
    private const int RowsPerSave = 1_000;
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly PortraitQueries portraits;
    private readonly PortraitDerivation derivation;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal AssignmentWork(IDbContextFactory<CcdDbContext> contexts, PortraitQueries portraits, PortraitDerivation derivation, SettingsReader settings, TimeProvider clock)
    {
        this.contexts = contexts;
        this.portraits = portraits;
        this.derivation = derivation;
        this.settings = settings;
        this.clock = clock;
    }

    /// <summary>Takes up the run that waits, or that a dead node left, and computes it. False when there is none.</summary>
    public async Task<bool> StepAsync(CancellationToken ct)
    {
        var rules = ScoreRules.Of(settings);
        if (await TakeUpAsync(rules, ct) is not { } run)
            return false;
        try
        {
            await ComputeAsync(run, rules, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await ChangeAsync(run.Id, r => r.Fail("计算中出现意外错误，请稍后重试；若再次出现请联系管理员。", clock.GetUtcNow()), CancellationToken.None);
            throw;
        }

        return true;
    }

    private async Task<AssignmentRun?> TakeUpAsync(ScoreRules rules, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var now = clock.GetUtcNow();
        if (await db.Database.SqlQuery<Guid>($"""select id as "Value" from assignment_runs where busy is not null for update skip locked""").ToListAsync(ct) is not [var id])
            return null;
        var run = await db.AssignmentRuns.SingleAsync(r => r.Id == id, ct);
        if (!run.MayBeTakenUp(now))
            return null;
        // What a node that died had written so far.
        await db.AssignmentRows.Where(r => r.RunId == id).ExecuteDeleteAsync(ct);
        run.TakeUp(rules, now);
        Announce(db, id);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
        return run;
    }

    private async Task ComputeAsync(AssignmentRun run, ScoreRules rules, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        // What the job would store in the next minutes counts already.
        await derivation.RunAsync(clock.GetUtcNow(), ct);
        var (input, before) = await SnapshotAsync(run, rules, ct);
        await ChangeAsync(run.Id, r => r.Report(20, $"为 {input.Customers.Count} 位客户匹配 {input.Managers.Count(m => m.TakesPart)} 位客户经理", clock.GetUtcNow()), ct);

        var share = 0d;
        var solving = Task.Run(() => AssignmentPlanner.Plan(input, new Last(value => Volatile.Write(ref share, value)), ct), ct);
        using (var timer = new PeriodicTimer(ReportEvery))
        {
            while (!solving.IsCompleted)
            {
                await Task.WhenAny(solving, timer.WaitForNextTickAsync(ct).AsTask());
                if (!solving.IsCompleted)
                    await ChangeAsync(run.Id, r => r.Report(20 + (int)(60 * Volatile.Read(ref share)), "匹配中", clock.GetUtcNow()), ct);
            }
        }

        var plan = await solving;
        if (!plan.Ok)
        {
            await ChangeAsync(run.Id, r => r.Fail(plan.Refusal.Text, clock.GetUtcNow()), ct);
            return;
        }

        var found = plan.Value;
        for (var at = 0; at < found.Pairs.Count; at += RowsPerSave)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            db.AddRange(found.Pairs.Skip(at).Take(RowsPerSave).Select(p => new AssignmentRow
            {
                RunId = run.Id, CustomerId = p.CustomerId, FromOwnerId = p.FromOwnerId, ToManagerId = p.ToManagerId, Kind = p.Kind, Score = Math.Round(p.Score, 2), Class = p.Class,
                Today = p.Today is { } today ? Math.Round(today, 2) : null, Reasons = [.. p.Reasons],
            }));
            await db.SaveChangesAsync(ct);
            await ChangeAsync(run.Id, r => r.Report(80 + (int)(19.0 * at / found.Pairs.Count), "保存结果", clock.GetUtcNow()), ct);
        }

        var amounts = input.Customers.ToDictionary(c => c.Id, c => c.Amount);
        var moves = found.Pairs.Where(p => p.Kind == PlanKind.Moved).ToList();
        var came = moves.ToLookup(p => p.ToManagerId!.Value, p => amounts[p.CustomerId]);
        var went = moves.ToLookup(p => p.FromOwnerId, p => amounts[p.CustomerId]);
        var figures = new RunFigures(
            found.Optimal, found.Greedy, found.Today, found.Pairs.Count, found.Left, found.Gap, Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 2), found.Shortfalls,
            [
                .. input.Managers.Where(m => m.TakesPart).Select(m => new ManagerLoad(
                    m.Id, m.Name, before.GetValueOrDefault(m.Id), found.Loads.GetValueOrDefault(m.Id), m.Maximum, m.Minimum, m.OpenAmount, m.OpenAmount + came[m.Id].Sum() - went[m.Id].Sum())),
            ]);
        await ChangeAsync(run.Id, r => r.Finish(figures, clock.GetUtcNow()), ct);
    }

    /// <summary>Customers and managers as they are now, and how many open customers each manager has.</summary>
    private async Task<(AssignmentInput Input, IReadOnlyDictionary<Guid, int> Before)> SnapshotAsync(AssignmentRun run, ScoreRules rules, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var managers = await ManagerQueries.RowsAsync(db, clock.GetUtcNow(), ct);
        var before = managers.ToDictionary(m => m.Id, m => m.Open);
        var reach = db.Customers.Where(c => c.DeletedAt == null && c.OwnerId != null && c.State != CustomerState.Approved && c.State != CustomerState.Rejected);
        if (run.DepartmentIds is { } departments)
        {
            reach = reach.Where(c => c.DepartmentId != null && departments.Contains(c.DepartmentId.Value));
            var inside = await db.StaffInAsync(departments, ct);
            managers = [.. managers.Where(m => inside.Contains(m.Id))];
        }

        if (run.OnlyOrphans)
        {
            Guid?[] owners = [.. before.Keys];
            reach = reach.Where(c => !owners.Contains(c.OwnerId));
        }

        var loans = db.CustomerLoans;
        var open = await reach.OrderBy(c => c.Id).Select(c => new { c.Id, OwnerId = c.OwnerId!.Value, Amount = loans.Where(l => l.CustomerId == c.Id).Sum(l => l.Amount) }).ToListAsync(ct);
        var vectors = new Dictionary<Guid, PortraitVector>(open.Count);
        foreach (var ids in open.Select(c => c.Id).Chunk(2_000))
            foreach (var (id, vector) in await portraits.VectorsAsync(ids, ct))
                vectors[id] = vector;
        var inRun = open.GroupBy(c => c.OwnerId).ToDictionary(g => g.Key, g => g.Count());
        var conflicts = await db.ManagerConflicts.AsNoTracking().Select(c => new { c.CustomerId, c.ManagerId }).ToListAsync(ct);
        return (new AssignmentInput(
            [.. open.Select(c => new OpenCustomer(c.Id, c.OwnerId, c.Amount, vectors.GetValueOrDefault(c.Id) ?? PortraitVector.Nobody))], managers,
            conflicts.Select(c => (c.CustomerId, c.ManagerId)).ToHashSet(),
            managers.ToDictionary(m => m.Id, m => Math.Max(0, m.Open - inRun.GetValueOrDefault(m.Id))), rules), before);
    }

    private async Task ChangeAsync(Guid id, Action<AssignmentRun> change, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from assignment_runs where id = {id} for update", ct);
        var run = await db.AssignmentRuns.SingleAsync(r => r.Id == id, ct);
        change(run);
        Announce(db, id);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
    }

    internal static void Announce(CcdDbContext db, Guid id)
    {
        db.Announce(PortraitTopics.Assignments);
        db.Announce(PortraitTopics.Assignment(id));
    }

    /// <summary>Unlike <see cref="Progress{T}"/> it calls at once, on the thread that reports.</summary>
    private sealed class Last(Action<double> take) : IProgress<double>
    {
        public void Report(double value) => take(value);
    }
}
