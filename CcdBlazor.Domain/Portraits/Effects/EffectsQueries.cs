using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Scoring;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>
/// Reads what became of assigned customers. Figures come from sums that <see cref="EffectsFold"/> keeps, never from the customers themselves. Who sees the statistics of everybody sees all of them;
/// who leads departments those of their customers; everybody else who may see portraits those of the customers that were his.
/// </summary>
public sealed class EffectsQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal EffectsQueries(IDbContextFactory<CcdDbContext> contexts, SettingsReader settings, TimeProvider clock)
    {
        this.contexts = contexts;
        this.settings = settings;
        this.clock = clock;
    }

    /// <summary>The figures. Refused: no right to see portraits, a department that is not the reader's, a run that is not there or was not carried out.</summary>
    public async Task<Result<EffectsView>> ViewAsync(EffectFilter filter, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var reach = await ReachAsync(db, filter.DepartmentId, by, ct);
        if (!reach.Ok)
            return reach.Refusal;
        var runs = await RunsAsync(db, ct);
        var run = runs.Find(r => r.Id == filter.RunId);
        if (filter.RunId is not null && run is null)
            return EffectRefusals.RunNotCounted;
        var fewest = settings.Get(EffectSettings.Fewest);
        var counts = await Within(db.EffectCounts, reach.Value).GroupBy(c => new { c.RunId, c.Cohort, c.ManagerId, c.Class, c.Exclusion })
            .Select(g => new Sum(g.Key.RunId, g.Key.Cohort, g.Key.ManagerId, g.Key.Class, g.Key.Exclusion, g.Sum(c => c.Cases), g.Sum(c => c.Approved), g.Sum(c => c.Rejected), g.Sum(c => c.Rated), g.Sum(c => c.Stars)))
            .ToListAsync(ct);
        var known = runs.Where(r => r.CountedAt is not null).ToDictionary(r => r.Id);
        counts.RemoveAll(c => !known.ContainsKey(c.RunId));
        var shown = known.Values.Where(r => filter.RunId is { } one ? r.Id == one : filter.Month is not { } month || r.Month == month).Select(r => r.Id).ToHashSet();
        var chosen = counts.Where(c => shown.Contains(c.RunId)).ToList();
        var cohorts = shown.Count == 0 ? [] : await CohortsAsync(db, [.. shown], chosen, reach.Value, fewest, ct);
        var counted = chosen.Where(c => c.Exclusion == EffectExclusion.Counted).ToList();
        EffectSums Group(EffectCohort cohort) => SumsOf(counted.Where(c => c.Cohort == cohort));
        return new EffectsView(
            filter, run, runs, reach.Value.Choices, cohorts, EffectDifference.Of(Group(EffectCohort.Moved).Converted, Group(EffectCohort.Stayed).Converted, fewest),
            EffectDifference.Of(Group(EffectCohort.Moved).Converted, Group(EffectCohort.Before).Converted, fewest), await ManagersAsync(db, counted, ct),
            [.. Enum.GetValues<ScoreClass>().Select(c => new ClassEffect(c, SumsOf(counted.Where(s => s.Class == c.ToString()))))], Months(counts, known), fewest, reach.Value.ListsOpen, reach.Value.OwnOnly is not null);
    }

    /// <summary>A page of the customers behind a figure that the reader may see, by name of the run and number.</summary>
    public async Task<Result<Page<EffectCaseRow>>> CasesAsync(EffectListFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var reach = await ReachAsync(db, filter.Of.DepartmentId, by, ct);
        if (!reach.Ok)
            return reach.Refusal;
        var (visible, runs) = (db.Customers.AsNoTracking().VisibleTo(by), db.EffectRuns);
        var since = CustomerSearch.MonthOf(clock.GetUtcNow() - EffectsFold.LookBack);
        var cases = Within(db.EffectCases, reach.Value).AsNoTracking();
        cases = filter.Of.RunId is { } run ? cases.Where(c => c.RunId == run)
            : filter.Of.Month is { } month ? cases.Where(c => runs.Any(r => r.RunId == c.RunId && r.Month == month)) : cases.Where(c => runs.Any(r => r.RunId == c.RunId && r.Month >= since));
        if (filter.Cohort is { } cohort)
            cases = cases.Where(c => c.Cohort == cohort);
        if (filter.Result is { } result)
            cases = cases.Where(c => c.Result == result);
        var exclusion = filter.Exclusion ?? EffectExclusion.Counted;
        cases = cases.Where(c => c.Exclusion == exclusion);
        if (filter.ManagerId is { } manager)
            cases = cases.Where(c => c.ManagerId == manager);
        if (filter.Class is { } scored)
            cases = cases.Where(c => c.Class == scored);
        if (filter.Rated)
            cases = cases.Where(c => c.Stars != null);
        var staff = db.StaffMembers;
        var numbered = db.AssignmentRuns;
        var rows = from e in cases
                   join c in visible on e.CustomerId equals c.Id
                   join r in numbered on e.RunId equals r.Id
                   select new { Case = e, c.Number, c.Name, r.Ordinal, Manager = staff.Where(s => s.Id == e.ManagerId).Select(s => s.Name).FirstOrDefault() };
        var total = await rows.CountAsync(ct);
        var found = await rows.OrderByDescending(r => r.Ordinal).ThenBy(r => r.Case.Cohort).ThenBy(r => r.Number).Skip(page.Skip).Take(page.Size).ToListAsync(ct);
        return new Page<EffectCaseRow>(
            [
                .. found.Select(r => new EffectCaseRow(
                    r.Case.CustomerId, r.Number, r.Name, $"FP-{r.Ordinal:0000}", r.Case.Cohort, r.Manager, r.Case.Class, r.Case.From, r.Case.Days, r.Case.Result, r.Case.DecidedDay, r.Case.CompleteDay,
                    r.Case.WasComplete, r.Case.Exclusion, r.Case.Stars)),
            ], total, false, page);
    }

    private static IQueryable<EffectCount> Within(IQueryable<EffectCount> counts, Reach reach)
    {
        if (reach.OwnOnly is { } me)
            counts = counts.Where(c => c.ManagerId == me);
        return reach.Departments is { } departments ? counts.Where(c => departments.Contains(c.DepartmentId)) : counts;
    }

    private static IQueryable<EffectCase> Within(IQueryable<EffectCase> cases, Reach reach)
    {
        if (reach.OwnOnly is { } me)
            cases = cases.Where(c => c.ManagerId == me);
        return reach.Departments is { } departments ? cases.Where(c => departments.Contains(c.DepartmentId)) : cases;
    }

    private static async Task<Result<Reach>> ReachAsync(CcdDbContext db, Guid? department, Actor by, CancellationToken ct)
    {
        var everybody = by.May(Permission.ViewStatistics) || by.May(Permission.ViewAllCustomers);
        var led = by is StaffActor { LedDepartments: { Count: > 0 } some } ? some.ToArray() : [];
        var choices = everybody || led.Length > 0
            ? await db.Departments.AsNoTracking().Where(d => everybody || led.Contains(d.Id)).OrderBy(d => d.Path.Length).ThenBy(d => d.Name).Select(d => new EffectDepartment(d.Id, d.Name)).ToListAsync(ct)
            : [];
        if (department is { } one)
        {
            if (!choices.Exists(c => c.Id == one))
                return EffectRefusals.DepartmentNotYours;
            return new Reach([.. await db.WithBelowAsync(one, ct)], null, choices, by.May(Permission.ViewAllCustomers) || led.Contains(one));
        }

        if (everybody)
            return new Reach(null, null, choices, by.May(Permission.ViewAllCustomers));
        return led.Length > 0 ? new Reach(led, null, choices, true) : new Reach(null, by.Id ?? Guid.Empty, [], true);
    }

    private async Task<List<EffectRunChoice>> RunsAsync(CcdDbContext db, CancellationToken ct)
    {
        var from = clock.GetUtcNow() - EffectsFold.LookBack;
        var (runs, counted) = (db.AssignmentRuns, db.EffectRuns);
        var found = await (from r in runs
                           where r.ApprovedAt != null && r.ApprovedAt >= @from
                           join e in counted on r.Id equals e.RunId into effects
                           from e in effects.DefaultIfEmpty()
                           orderby r.ApprovedAt descending, r.Id descending
                           select new { r.Id, r.Ordinal, r.State, r.ApprovedAt, r.OnlyOrphans, Effect = e }).AsNoTracking().ToListAsync(ct);
        return found.ConvertAll(r => new EffectRunChoice(
            r.Id, $"FP-{r.Ordinal:0000}", r.State, r.ApprovedAt!.Value, CustomerSearch.MonthOf(r.ApprovedAt!.Value), r.OnlyOrphans, r.Effect?.Span, r.Effect?.Days, r.Effect?.CountedAt));
    }

    private static async Task<IReadOnlyList<CohortEffect>> CohortsAsync(CcdDbContext db, Guid[] runs, List<Sum> chosen, Reach reach, int fewest, CancellationToken ct)
    {
        var times = reach.OwnOnly is { } me ? await OwnTimesAsync(db, runs, me, ct) : await TimesAsync(db, runs, reach, ct);
        return
        [
            .. Enum.GetValues<EffectCohort>().Select(cohort => new CohortEffect(
                cohort, SumsOf(chosen.Where(c => c.Cohort == cohort && c.Exclusion == EffectExclusion.Counted)), Duration(cohort, EffectTimeline.ToComplete), Duration(cohort, EffectTimeline.ToApproved),
                Duration(cohort, EffectTimeline.FromOpening),
                [.. chosen.Where(c => c.Cohort == cohort && c.Exclusion != EffectExclusion.Counted).GroupBy(c => c.Exclusion).OrderBy(g => g.Key).Select(g => (g.Key, g.Sum(c => c.Cases)))])),
        ];

        EffectDuration Duration(EffectCohort cohort, EffectTimeline timeline)
        {
            var days = times.Where(t => t.Cohort == cohort && t.Timeline == timeline).Select(t => new EffectDay(t.Day, t.Entered, t.Reached, t.Ended, t.Open)).ToList();
            var cases = days.Sum(d => d.Entered);
            if (cases < fewest)
                return new EffectDuration(cases, days.Sum(d => d.Reached), null, null);
            var least = timeline == EffectTimeline.FromOpening ? fewest : 1;
            return EffectTimes.Thin(days, least)
                ? new EffectDuration(cases, days.Sum(d => d.Reached), null, null, Thin: true)
                : new EffectDuration(cases, days.Sum(d => d.Reached), EffectTimes.Within(days, 0.5, least), EffectTimes.Within(days, 0.9, least));
        }
    }

    private static async Task<List<TimeSum>> TimesAsync(CcdDbContext db, Guid[] runs, Reach reach, CancellationToken ct)
    {
        var times = db.EffectTimes.Where(t => runs.Contains(t.RunId));
        if (reach.Departments is { } departments)
            times = times.Where(t => departments.Contains(t.DepartmentId));
        return await times.GroupBy(t => new { t.Cohort, t.Timeline, t.Day })
            .Select(g => new TimeSum(g.Key.Cohort, g.Key.Timeline, g.Key.Day, g.Sum(t => t.Entered), g.Sum(t => t.Reached), g.Sum(t => t.Ended), g.Sum(t => t.Open))).ToListAsync(ct);
    }

    /// <summary>Sums are kept by department; one manager's customers are few enough to be summed here.</summary>
    private static async Task<List<TimeSum>> OwnTimesAsync(CcdDbContext db, Guid[] runs, Guid me, CancellationToken ct)
    {
        var found = await db.Database.SqlQueryRaw<OwnTime>(
            $"""
            select k.cohort as "Cohort", t.timeline::smallint as "Timeline", e.day as "Day", sum(e.entered)::int as "Entered", sum(e.reached)::int as "Reached", sum(e.ended)::int as "Ended", sum(e.open)::int as "Open"
            from assignment_effect_cases k {EffectSql.Timelines}
            where k.manager_id = @me and k.run_id = any (@runs) and k.exclusion = 0 and t.counts group by 1, 2, 3
            """,
            new NpgsqlParameter<Guid>("me", me), new NpgsqlParameter("runs", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = runs }).ToListAsync(ct);
        return found.ConvertAll(t => new TimeSum((EffectCohort)t.Cohort, (EffectTimeline)t.Timeline, t.Day, t.Entered, t.Reached, t.Ended, t.Open));
    }

    private static async Task<IReadOnlyList<ManagerEffect>> ManagersAsync(CcdDbContext db, List<Sum> counted, CancellationToken ct)
    {
        var ids = counted.Select(c => c.ManagerId).Distinct().ToArray();
        var people = await db.StaffMembers.AsNoTracking().Where(s => ids.Contains(s.Id)).Select(s => new { s.Id, s.Name, s.Disabled }).ToDictionaryAsync(s => s.Id, ct);
        return
        [
            .. counted.GroupBy(c => c.ManagerId).Select(g => new ManagerEffect(
                g.Key, people.GetValueOrDefault(g.Key)?.Name, people.GetValueOrDefault(g.Key)?.Disabled ?? false, SumsOf(g.Where(c => c.Cohort == EffectCohort.Moved)),
                SumsOf(g.Where(c => c.Cohort == EffectCohort.Stayed)), SumsOf(g.Where(c => c.Cohort == EffectCohort.Before)))).OrderByDescending(m => m.Moved.Cases).ThenBy(m => m.Name).ThenBy(m => m.ManagerId),
        ];
    }

    private static IReadOnlyList<MonthEffect> Months(List<Sum> counts, Dictionary<Guid, EffectRunChoice> runs)
    {
        var byRun = counts.Where(c => c.Exclusion == EffectExclusion.Counted).ToLookup(c => c.RunId);
        return
        [
            .. runs.Values.GroupBy(r => r.Month).OrderBy(g => g.Key).Select(g =>
            {
                var cases = g.SelectMany(r => byRun[r.Id]).ToList();
                return new MonthEffect(
                    g.Key, g.Count(), g.All(r => r.Days >= r.Span), SumsOf(cases.Where(c => c.Cohort == EffectCohort.Moved)), SumsOf(cases.Where(c => c.Cohort == EffectCohort.Stayed)),
                    SumsOf(cases.Where(c => c.Cohort == EffectCohort.Before)));
            }),
        ];
    }

    private static EffectSums SumsOf(IEnumerable<Sum> rows) => rows.Aggregate(
        EffectSums.None, (s, r) => new EffectSums(s.Cases + r.Cases, s.Approved + r.Approved, s.Rejected + r.Rejected, s.Rated + r.Rated, s.Stars + r.Stars));

    /// <summary>Whose figures a reader sees.</summary>
    /// <param name="Departments">None: all.</param>
    /// <param name="OwnOnly">The manager to whose customers the figures are narrowed.</param>
    private sealed record Reach(Guid[]? Departments, Guid? OwnOnly, IReadOnlyList<EffectDepartment> Choices, bool ListsOpen);

    private sealed record Sum(Guid RunId, EffectCohort Cohort, Guid ManagerId, string Class, EffectExclusion Exclusion, int Cases, int Approved, int Rejected, int Rated, int Stars);

    private sealed record TimeSum(EffectCohort Cohort, EffectTimeline Timeline, int Day, int Entered, int Reached, int Ended, int Open);

    private sealed record OwnTime(short Cohort, short Timeline, int Day, int Entered, int Reached, int Ended, int Open);
}
