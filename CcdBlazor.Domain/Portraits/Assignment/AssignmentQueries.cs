using System.Runtime.CompilerServices;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>A run in the list.</summary>
public sealed record RunRow(
    Guid Id, int Ordinal, RunState State, string RequestedBy, DateTimeOffset RequestedAt, bool WholeCompany, bool OnlyOrphans, int Progress, string Step, string? Failure, RunFigures? Figures,
    string? ApprovedBy, DateTimeOffset? ApprovedAt, string? Note, string? EndedBy, DateTimeOffset? EndedAt, ScoreRules Rules)
{
    public string Number => $"FP-{Ordinal:0000}";
}

/// <summary>What the rows of a run are narrowed to.</summary>
/// <param name="Search">Part of the customer's name, or its number.</param>
/// <param name="Manager">The new manager or the present owner.</param>
public sealed record RunRowFilter(PlanKind? Kind = null, RowOutcome? Outcome = null, string? Search = null, Guid? Manager = null);

/// <summary>A customer of a run.</summary>
public sealed record RunPairRow(
    Guid CustomerId, string Number, string Name, Guid FromOwnerId, string? From, Guid? ToManagerId, string? To, PlanKind Kind, double Score, ScoreClass? Class, double? Today, IReadOnlyList<string> Reasons,
    RowOutcome Outcome, string? Why);

/// <summary>A run, and how many of its rows the reader sees, by kind and by what became of them.</summary>
/// <param name="ChangesLeft">Changes that nobody carried out or skipped.</param>
public sealed record RunDetail(RunRow Run, int Kept, int Moved, int Unassigned, int ChangesLeft, int Applied, int Skipped, int Undone, bool MayApprove, bool MayManage);

/// <summary>A manager proposed for a customer.</summary>
/// <param name="Blocked">Chinese: why the pair is not possible now; none when it is.</param>
public sealed record Suggestion(ManagerRow Manager, PairScore Score, bool IsOwner, string? Blocked);

/// <summary>Reads of assignments.</summary>
public sealed class AssignmentQueries
{
    private const int MostSuggestions = 5;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly PortraitQueries portraits;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal AssignmentQueries(IDbContextFactory<CcdDbContext> contexts, PortraitQueries portraits, SettingsReader settings, TimeProvider clock)
    {
        this.contexts = contexts;
        this.portraits = portraits;
        this.settings = settings;
        this.clock = clock;
    }

    /// <summary>Runs, newest first.</summary>
    public async Task<Result<Page<RunRow>>> ListAsync(PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var total = await db.AssignmentRuns.CountAsync(ct);
        var runs = await db.AssignmentRuns.AsNoTracking().OrderByDescending(r => r.RequestedAt).ThenByDescending(r => r.Id).Skip(page.Skip).Take(page.Size).ToListAsync(ct);
        return new Page<RunRow>([.. runs.Select(Row)], total, false, page);
    }

    /// <summary>A run; its counts are of the customers that the reader may see.</summary>
    public async Task<Result<RunDetail>> DetailAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.AssignmentRuns.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct) is not { } run)
            return CommonRefusals.NotFound;
        var counts = await Visible(db, id, by).GroupBy(r => new { r.Kind, r.Outcome }).Select(g => new { g.Key.Kind, g.Key.Outcome, Count = g.Count() }).ToListAsync(ct);
        int Of(PlanKind kind) => counts.Where(c => c.Kind == kind).Sum(c => c.Count);
        int After(RowOutcome outcome) => counts.Where(c => c.Outcome == outcome).Sum(c => c.Count);
        return new RunDetail(
            Row(run), Of(PlanKind.Kept), Of(PlanKind.Moved), Of(PlanKind.Unassigned), counts.Where(c => c is { Kind: PlanKind.Moved, Outcome: RowOutcome.Open }).Sum(c => c.Count),
            After(RowOutcome.Applied), After(RowOutcome.Skipped), After(RowOutcome.Undone), by.May(Permission.AssignManagers), by.May(Permission.ManagePortraits));
    }

    /// <summary>A page of a run's customers that the reader may see: those who get another manager first, then by number.</summary>
    public async Task<Result<Page<RunPairRow>>> RowsAsync(Guid id, RunRowFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var rows = Narrowed(db, id, filter, by);
        var total = await rows.CountAsync(ct);
        var found = await Ordered(rows).Skip(page.Skip).Take(page.Size).ToListAsync(ct);
        return new Page<RunPairRow>(await NamedAsync(db, found, ct), total, false, page);
    }

    /// <summary>All of those, as lines of a CSV file with its head.</summary>
    public async IAsyncEnumerable<string> ExportAsync(Guid id, RunRowFilter filter, Actor by, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return "\uFEFF" + Csv.Line(["客户编号", "客户", "现负责人", "分配给", "结果", "得分", "等级", "现得分", "理由", "执行情况"]);
        for (var number = 1; ; number++)
        {
            var page = await RowsAsync(id, filter, new PageRequest(number, PageRequest.LargestSize), by, ct);
            if (!page.Ok)
                yield break;
            foreach (var r in page.Value.Rows)
                yield return Csv.Line(
                [
                    r.Number, r.Name, r.From, r.To, r.Kind.Label(), r.Score.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture), r.Class?.ToString(),
                    r.Today?.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture), string.Join("；", r.Reasons), r.Why is null ? r.Outcome.Label() : $"{r.Outcome.Label()}：{r.Why}",
                ]);
            if (number >= page.Value.Pages)
                yield break;
        }
    }

    /// <summary>
    /// The managers who fit a visible customer best, with reasons: five who could take it now, and the present owner in any case. Ties go to who has less to do.
    /// </summary>
    public async Task<Result<IReadOnlyList<Suggestion>>> SuggestAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.Id == customerId).Select(c => new { c.OwnerId }).SingleOrDefaultAsync(ct);
        if (customer is null)
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        var card = await portraits.CardAsync(customerId, by, ct);
        if (!card.Ok)
            return card.Refusal;
        var vector = PortraitVector.Of(customerId, [.. card.Value.Traits.Select(t => t.Counts).OfType<HeldValue>()]);
        var managers = await ManagerQueries.RowsAsync(db, clock.GetUtcNow(), ct);
        var conflicts = await db.ManagerConflicts.Where(c => c.CustomerId == customerId).ToDictionaryAsync(c => c.ManagerId, c => c.Reason, ct);
        var book = new ScoreBook(managers, ScoreRules.Of(settings));
        var all = managers.Select((m, i) =>
        {
            var score = book.Explain(vector, i);
            var isOwner = m.Id == customer.OwnerId;
            var blocked = conflicts.TryGetValue(m.Id, out var why) ? $"须回避：{why}" : score.Excluded ?? (m.AbsentNow ? "正在休假" : !isOwner && m.Open >= m.Maximum ? "名额已满" : null);
            return new Suggestion(m, score, isOwner, blocked);
        }).ToList();
        return (Suggestion[])
        [
            .. all.Where(s => s.IsOwner),
            .. all.Where(s => !s.IsOwner && s.Blocked is null).OrderByDescending(s => s.Score.Score).ThenBy(s => s.Score.Class)
                .ThenBy(s => s.Manager.Maximum == 0 ? 1 : (double)s.Manager.Open / s.Manager.Maximum).ThenBy(s => s.Manager.Id).Take(MostSuggestions),
        ];
    }

    private static IQueryable<AssignmentRow> Visible(CcdDbContext db, Guid id, Actor by)
    {
        var customers = db.Customers.VisibleTo(by);
        return db.AssignmentRows.AsNoTracking().Where(r => r.RunId == id && customers.Any(c => c.Id == r.CustomerId));
    }

    private static IQueryable<AssignmentRow> Narrowed(CcdDbContext db, Guid id, RunRowFilter filter, Actor by)
    {
        var rows = Visible(db, id, by);
        var customers = db.Customers;
        if (filter.Kind is { } kind)
            rows = rows.Where(r => r.Kind == kind);
        if (filter.Outcome is { } outcome)
            rows = rows.Where(r => r.Outcome == outcome);
        if (filter.Manager is { } manager)
            rows = rows.Where(r => r.ToManagerId == manager || r.FromOwnerId == manager);
        if (filter.Search?.Trim() is { Length: > 0 } text)
        {
            var part = text.Length > 50 ? text[..50] : text;
            rows = rows.Where(r => customers.Any(c => c.Id == r.CustomerId && (c.Name.Contains(part) || c.Number == part)));
        }

        return rows;
    }

    private static IQueryable<AssignmentRow> Ordered(IQueryable<AssignmentRow> rows) =>
        rows.OrderBy(r => r.Kind == PlanKind.Moved ? 0 : r.Kind == PlanKind.Unassigned ? 1 : 2).ThenByDescending(r => r.Score - (r.Today ?? 0)).ThenBy(r => r.CustomerId);

    private static async Task<IReadOnlyList<RunPairRow>> NamedAsync(CcdDbContext db, List<AssignmentRow> rows, CancellationToken ct)
    {
        var ids = rows.Select(r => r.CustomerId).ToArray();
        var customers = await db.Customers.AsNoTracking().Where(c => ids.Contains(c.Id)).Select(c => new { c.Id, c.Number, c.Name }).ToDictionaryAsync(c => c.Id, ct);
        var people = rows.Select(r => r.FromOwnerId).Concat(rows.Select(r => r.ToManagerId).OfType<Guid>()).Distinct().ToArray();
        var names = await db.StaffMembers.Where(s => people.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return
        [
            .. rows.Select(r => new RunPairRow(
                r.CustomerId, customers[r.CustomerId].Number, customers[r.CustomerId].Name, r.FromOwnerId, names.GetValueOrDefault(r.FromOwnerId), r.ToManagerId,
                r.ToManagerId is { } to ? names.GetValueOrDefault(to) : null, r.Kind, r.Score, r.Class, r.Today, r.Reasons, r.Outcome, r.Why)),
        ];
    }

    private static RunRow Row(AssignmentRun r) => new(
        r.Id, r.Ordinal, r.State, r.RequestedByName, r.RequestedAt, r.DepartmentIds is null, r.OnlyOrphans, r.Progress, r.Step, r.Failure,
        r.Figures is null ? null : JsonSerializer.Deserialize<RunFigures>(r.Figures, AssignmentRun.Json), r.ApprovedByName, r.ApprovedAt, r.Note, r.EndedByName, r.EndedAt,
        JsonSerializer.Deserialize<ScoreRules>(r.Rules, AssignmentRun.Json) ?? new ScoreRules());
}
