using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Statistics;

/// <summary>What the page 统计 reads. Exact at the moment of reading; see README.md of this folder.</summary>
public sealed class StatisticsQueries
{
    /// <summary>Days of the trend and of the funnel, today included.</summary>
    public const int Days = 30;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly NpgsqlDataSource source;
    private readonly TimeProvider clock;

    internal StatisticsQueries(IDbContextFactory<CcdDbContext> contexts, NpgsqlDataSource source, TimeProvider clock)
    {
        this.contexts = contexts;
        this.source = source;
        this.clock = clock;
    }

    /// <summary>The scopes that the reader may choose, the widest first. Never empty: one's own customers are always there.</summary>
    public async Task<IReadOnlyList<StatisticsScope>> ScopesAsync(StaffActor by, CancellationToken ct)
    {
        var scopes = new List<StatisticsScope>();
        if (SeesEverybody(by))
            scopes.Add(new StatisticsScope(StatisticsScopeKind.Everybody, null, "全公司"));
        if (by.LedDepartments.Count > 0)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            var led = by.LedDepartments.ToArray();
            var departments = await db.Departments.AsNoTracking().Where(d => led.Contains(d.Id)).OrderBy(d => d.Path.Length).ThenBy(d => d.Name)
                .Select(d => new { d.Id, d.Name }).ToListAsync(ct);
            scopes.AddRange(departments.Select(d => new StatisticsScope(StatisticsScopeKind.Department, d.Id, d.Name)));
        }

        scopes.Add(new StatisticsScope(StatisticsScopeKind.Mine, null, "我负责的"));
        return scopes;
    }

    /// <summary>The figures of a scope. Refuses a scope that is not the reader's.</summary>
    public async Task<Result<Dashboard>> DashboardAsync(StatisticsScope scope, StaffActor by, CancellationToken ct)
    {
        var allowed = scope.Kind switch
        {
            StatisticsScopeKind.Everybody => SeesEverybody(by),
            StatisticsScopeKind.Department => scope.DepartmentId is { } id && by.LedDepartments.Contains(id),
            StatisticsScopeKind.Mine => true,
        };
        if (!allowed)
            return StatisticsRefusals.ScopeNotYours;

        var now = clock.GetUtcNow();
        var today = CustomerNumbers.DayOf(now);
        var first = today.AddDays(1 - Days);
        await using var db = await contexts.CreateDbContextAsync(ct);
        var owner = scope.Kind == StatisticsScopeKind.Mine ? by.StaffId : (Guid?)null;
        var departments = scope.Kind == StatisticsScopeKind.Department ? await db.WithBelowAsync(scope.DepartmentId!.Value, ct) : null;
        var sums = await SumsAsync(first, owner, departments, ct);

        var counts = CountsOf(state => sums.ByDay.GetValueOrDefault((FigureKinds.InState(state), DateOnly.MinValue)));
        var waiting = await WaitingAsync(db, counts.InReview, owner, departments, ct);
        var trend = Enumerable.Range(0, Days).Select(n => first.AddDays(n)).Select(day => new TrendDay(
            day,
            CustomerStateWords.All.Sum(state => sums.ByDay.GetValueOrDefault((FigureKinds.RegisteredAndInState(state), day))),
            sums.ByDay.GetValueOrDefault((FigureKinds.Uploads, day)),
            sums.ByDay.GetValueOrDefault((FigureKinds.Submitted, day)),
            sums.ByDay.GetValueOrDefault((FigureKinds.Returned, day)),
            sums.ByDay.GetValueOrDefault((FigureKinds.Approved, day)),
            sums.ByDay.GetValueOrDefault((FigureKinds.Rejected, day)))).ToList();
        var registered = CountsOf(state => sums.ByDay.Where(s => s.Key.Kind == FigureKinds.RegisteredAndInState(state)).Sum(s => s.Value));
        var funnel = new Funnel(registered.Total, registered.Filled, registered.Filled - registered.Complete, registered.Approved);
        var colleagues = scope.Kind == StatisticsScopeKind.Mine ? [] : await ColleaguesAsync(db, sums.ByOwner, ct);
        var listsOpen = scope.Kind != StatisticsScopeKind.Everybody || by.May(Permission.ViewAllCustomers);
        return new Dashboard(scope, listsOpen, today, now, counts, waiting, funnel, trend, colleagues);
    }

    /// <summary>The list behind a figure of the past: what happened on customers that the reader may see. Newest first.</summary>
    public async Task<Page<FileEventRow>> EventsAsync(FileEventFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customers = db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.DeletedAt == null);
        if (filter.OwnerId is { } owner)
            customers = customers.Where(c => c.OwnerId == owner);
        if (filter.DepartmentId is { } department)
        {
            var below = await db.WithBelowAsync(department, ct);
            customers = customers.Where(c => below.Contains(c.DepartmentId!.Value));
        }

        var from = CustomerNumbers.StartOf(filter.From);
        var before = filter.To == DateOnly.MaxValue ? DateTimeOffset.MaxValue : CustomerNumbers.StartOf(filter.To.AddDays(1));
        IQueryable<FileEventRow> events;
        if (filter.Kind is FileEventKind.Uploads or FileEventKind.CustomerUploads)
        {
            var documents = db.Documents.AsNoTracking().Where(d => d.UploadedAt >= from && d.UploadedAt < before);
            if (filter.Kind == FileEventKind.CustomerUploads)
                documents = documents.Where(d => d.UploaderKind == "link");
            events = documents.Join(customers, d => d.CustomerId, c => c.Id, (d, c) => new FileEventRow
            {
                Id = d.Id, At = d.UploadedAt, CustomerId = c.Id, Number = c.Number, Name = c.Name, What = d.FileName, By = d.UploaderName,
            });
        }
        else
        {
            var move = MoveOf(filter.Kind);
            events = db.FileDecisions.AsNoTracking().Where(d => d.Move == move && d.At >= from && d.At < before)
                .Join(customers, d => d.CustomerId, c => c.Id, (d, c) => new FileEventRow
                {
                    Id = d.Id, At = d.At, CustomerId = c.Id, Number = c.Number, Name = c.Name, What = d.Reason, By = d.ByName,
                });
        }

        var total = await events.CountAsync(ct);
        var rows = await events.OrderByDescending(e => e.At).ThenBy(e => e.Id).Skip(page.Skip).Take(page.Size).ToListAsync(ct);
        return new Page<FileEventRow>(rows, total, false, page);
    }

    private static bool SeesEverybody(Actor by) => by.May(Permission.ViewStatistics) || by.May(Permission.ViewAllCustomers);

    private static CustomerMove MoveOf(FileEventKind kind) => kind switch
    {
        FileEventKind.Submitted => CustomerMove.SubmitForReview,
        FileEventKind.Returned => CustomerMove.ReturnForMore,
        FileEventKind.Approved => CustomerMove.Approve,
        FileEventKind.Rejected => CustomerMove.Reject,
        FileEventKind.Uploads or FileEventKind.CustomerUploads => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a decision."),
    };

    private static StateCounts CountsOf(Func<CustomerState, long> count) => new(
        count(CustomerState.Collecting), count(CustomerState.Complete), count(CustomerState.InReview), count(CustomerState.Approved), count(CustomerState.Rejected));

    /// <summary>Figures and deltas in one statement, so in one snapshot: folding in between changes nothing.</summary>
    private async Task<Sums> SumsAsync(DateOnly first, Guid? owner, Guid[]? departments, CancellationToken ct)
    {
        var of = owner is not null ? "and owner_id = @owner" : departments is not null ? "and department_id = any(@departments)" : "";
        // No scope of a single person is broken down by owner.
        var sets = owner is null ? "grouping sets ((kind, day), (kind, owner_id))" : "kind, day";
        await using var command = source.CreateCommand(
            $"""
            select kind, day, {(owner is null ? "owner_id" : "null::uuid as owner_id")}, sum(n)::bigint
            from (select kind, day, owner_id, n from figures where (day = '-infinity' or day >= @first) {of}
                  union all
                  select kind, day, owner_id, n from figure_deltas where (day = '-infinity' or day >= @first) {of}) f
            group by {sets} having sum(n) <> 0
            """);
        command.Parameters.AddWithValue("first", first);
        if (owner is not null)
            command.Parameters.AddWithValue("owner", owner.Value);
        if (departments is not null)
            command.Parameters.AddWithValue("departments", departments);
        var sums = new Sums([], []);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var kind = reader.GetInt16(0);
            if (!await reader.IsDBNullAsync(1, ct))
                sums.ByDay[(kind, reader.GetFieldValue<DateOnly>(1))] = reader.GetInt64(3);
            else
                sums.ByOwner[(reader.GetGuid(2), kind)] = reader.GetInt64(3);
        }

        return sums;
    }

    /// <summary>Both ends of the walk are along an index of customers in review, ordered by since when.</summary>
    private static async Task<WaitingFiles> WaitingAsync(CcdDbContext db, long count, Guid? owner, Guid[]? departments, CancellationToken ct)
    {
        if (count <= 0)
            return new WaitingFiles(0, null, null);
        var waiting = db.Customers.AsNoTracking().Where(c => c.DeletedAt == null && c.State == CustomerState.InReview);
        if (owner is not null)
            waiting = waiting.Where(c => c.OwnerId == owner);
        if (departments is not null)
            waiting = waiting.Where(c => departments.Contains(c.DepartmentId!.Value));
        var since = waiting.OrderBy(c => c.StateSince).Select(c => (DateTimeOffset?)c.StateSince);
        return new WaitingFiles(count, await since.FirstOrDefaultAsync(ct), await since.Skip((int)((count - 1) / 2)).FirstOrDefaultAsync(ct));
    }

    private static async Task<List<ColleagueFigures>> ColleaguesAsync(CcdDbContext db, Dictionary<(Guid Owner, short Kind), long> sums, CancellationToken ct)
    {
        // What lies in a public pool has no owner; it counts in the sums above.
        var owners = sums.Keys.Select(k => k.Owner).Where(id => id != Guid.Empty).Distinct().ToArray();
        var names = await db.StaffMembers.AsNoTracking().Where(s => owners.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return
        [
            .. owners.Select(owner => new ColleagueFigures(
                    owner, names.GetValueOrDefault(owner, "（已删除）"),
                    CountsOf(state => sums.GetValueOrDefault((owner, FigureKinds.InState(state)))),
                    CustomerStateWords.All.Sum(state => sums.GetValueOrDefault((owner, FigureKinds.RegisteredAndInState(state)))),
                    sums.GetValueOrDefault((owner, FigureKinds.Uploads)), sums.GetValueOrDefault((owner, FigureKinds.Submitted)),
                    sums.GetValueOrDefault((owner, FigureKinds.Approved))))
                .OrderByDescending(c => c.Customers.Total).ThenBy(c => c.StaffId),
        ];
    }

    private sealed record Sums(Dictionary<(short Kind, DateOnly Day), long> ByDay, Dictionary<(Guid Owner, short Kind), long> ByOwner);
}
