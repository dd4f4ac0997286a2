using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.FollowUps;

/// <summary>Reads. A follow-up is visible as its customer is.</summary>
public sealed class FollowUpQueries
{
    private const int ShownPerDay = 3;
    private const int MostInMonth = 2_000;
    private const int MostExported = 10_000;
    private const int ExportedAtOnce = 500;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider time;

    internal FollowUpQueries(IDbContextFactory<CcdDbContext> contexts, TimeProvider time)
    {
        this.contexts = contexts;
        this.time = time;
    }

    /// <summary>Of one customer, newest first.</summary>
    public async Task<Page<FollowUpRow>> OfCustomerAsync(Guid customerId, PageRequest page, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (by is not StaffActor || !await db.Customers.AsNoTracking().VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return new Page<FollowUpRow>([], 0, false, page);
        var all = db.FollowUps.AsNoTracking().Where(f => f.CustomerId == customerId);
        var found = await all.OrderByDescending(f => f.At).ThenByDescending(f => f.Id).Skip(page.Skip).Take(page.Size)
            .Include(f => f.Files).Join(db.StaffMembers, f => f.StaffId, s => s.Id, (f, s) => new { FollowUp = f, s.Name }).ToListAsync(ct);
        // A page that is not full is the last one: nearly always the first.
        var total = found.Count < page.Size && (found.Count > 0 || page.Skip == 0) ? page.Skip + found.Count : await all.CountAsync(ct);
        var now = time.GetUtcNow();
        return new Page<FollowUpRow>(
            [
                .. found.OrderByDescending(x => x.FollowUp.At).ThenByDescending(x => x.FollowUp.Id).Select(x => new FollowUpRow(
                    x.FollowUp.Id, x.FollowUp.Kind, x.FollowUp.What, x.FollowUp.Result, x.FollowUp.NextOn, x.FollowUp.NextWhat, x.FollowUp.DoneById is not null,
                    x.FollowUp.StaffId, x.Name, x.FollowUp.At, x.FollowUp.EditedAt, x.FollowUp.MayChange(by, now),
                    [.. x.FollowUp.Files.OrderBy(f => f.Position).Select(f => new FollowUpFileRow(f.FileId, f.FileName))])),
            ],
            total, false, page);
    }

    /// <summary>What is arranged and not done, the oldest day first.</summary>
    public async Task<Page<DueRow>> DueAsync(DueFilter filter, PageRequest page, StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var due = Due(db, filter, by);
        var total = await due.CountAsync(ct);
        var rows = await Rows(db, due.OrderBy(f => f.NextOn).ThenBy(f => f.Id).Skip(page.Skip).Take(page.Size)).ToListAsync(ct);
        return new Page<DueRow>([.. rows.OrderBy(r => r.NextOn).ThenBy(r => r.Id)], total, false, page);
    }

    /// <summary>The figures on the tabs, under the same filter.</summary>
    public async Task<DueCounts> CountsAsync(DueFilter filter, StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var today = CustomerNumbers.DayOf(time.GetUtcNow());
        var sunday = Sunday(today);
        var counted = await Due(db, filter with { When = DueWhen.All, On = null }, by).GroupBy(_ => 1).Select(g => new DueCounts(
            g.Count(f => f.NextOn < today), g.Count(f => f.NextOn == today), g.Count(f => f.NextOn >= today && f.NextOn <= sunday), g.Count())).FirstOrDefaultAsync(ct);
        return counted ?? new DueCounts(0, 0, 0, 0);
    }

    /// <summary>The days of a month on which something is arranged; each with its first few.</summary>
    public async Task<IReadOnlyList<DueDay>> MonthAsync(int year, int month, DueFilter filter, StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var first = new DateOnly(year, month, 1);
        var last = first.AddMonths(1).AddDays(-1);
        var due = Due(db, filter with { When = DueWhen.All, On = null }, by).Where(f => f.NextOn >= first && f.NextOn <= last);
        var counts = await due.GroupBy(f => f.NextOn!.Value).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        var rows = (await Rows(db, due.OrderBy(f => f.NextOn).ThenBy(f => f.Id).Take(MostInMonth)).ToListAsync(ct)).OrderBy(r => r.Id).ToLookup(r => r.NextOn);
        return [.. counts.OrderBy(c => c.Key).Select(c => new DueDay(c.Key, c.Count, [.. rows[c.Key].Take(ShownPerDay)]))];
    }

    /// <summary>The due list as CSV, in pieces; needs <see cref="Permission.ExportCustomers"/>, up to 10,000 rows, noted in the audit.</summary>
    public async Task<Result<IAsyncEnumerable<string>>> ExportAsync(DueFilter filter, StaffActor by, CancellationToken ct)
    {
        if (!by.May(Permission.ExportCustomers))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var ids = await Due(db, filter, by).OrderBy(f => f.NextOn).ThenBy(f => f.Id).Take(MostExported + 1).Select(f => f.Id).ToArrayAsync(ct);
        if (ids.Length > MostExported)
            return FollowUpRefusals.TooManyToExport;
        db.Audit(by, time.GetUtcNow(), "follow_ups.exported", new AuditSubject("follow_up", null), after: new { Rows = ids.Length });
        await db.SaveChangesAsync(ct);
        return Result<IAsyncEnumerable<string>>(PiecesAsync(ids, ct));
    }

    /// <summary>Monday is the first day of a week.</summary>
    internal static DateOnly Sunday(DateOnly day) => day.AddDays((7 - (int)day.DayOfWeek) % 7);

    private static Result<T> Result<T>(T value) => value;

    private async IAsyncEnumerable<string> PiecesAsync(Guid[] ids, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return "\uFEFF" + Csv.Line(["下次跟进", "下一步", "客户编号", "客户", "上次方式", "上次内容", "上次结果", "上次时间", "跟进人"]);
        foreach (var some in ids.Chunk(ExportedAtOnce))
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            var rows = await Rows(db, db.FollowUps.AsNoTracking().Where(f => some.Contains(f.Id))).ToListAsync(ct);
            var text = new StringBuilder();
            foreach (var r in rows.OrderBy(r => r.NextOn).ThenBy(r => r.Id))
                text.Append(Csv.Line([
                    r.NextOn.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), r.NextWhat, r.Number, r.Customer, r.LastKind.Label(), r.Last, r.LastResult,
                    CustomerNumbers.OnScreen(r.LastAt), r.Staff,
                ]));
            yield return text.ToString();
        }
    }

    /// <summary>Customers that lie in a pool have nobody to do the step.</summary>
    private IQueryable<FollowUp> Due(CcdDbContext db, DueFilter filter, StaffActor by)
    {
        var today = CustomerNumbers.DayOf(time.GetUtcNow());
        var sunday = Sunday(today);
        var me = by.StaffId;
        var customers = db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.DeletedAt == null && c.OwnerId != null);
        var due = db.FollowUps.AsNoTracking().Where(f => f.NextOn != null && f.DoneById == null);
        due = filter.Mine
            ? due.Where(f => customers.Any(c => c.Id == f.CustomerId && (f.StaffId == me || c.OwnerId == me)))
            : due.Where(f => customers.Any(c => c.Id == f.CustomerId));
        if (filter.Kind is { } kind)
            due = due.Where(f => f.Kind == kind);
        if (filter.On is { } on)
            return due.Where(f => f.NextOn == on);
        return filter.When switch
        {
            DueWhen.Overdue => due.Where(f => f.NextOn < today),
            DueWhen.Today => due.Where(f => f.NextOn == today),
            DueWhen.ThisWeek => due.Where(f => f.NextOn >= today && f.NextOn <= sunday),
            DueWhen.All => due,
            _ => due,
        };
    }

    private static IQueryable<DueRow> Rows(CcdDbContext db, IQueryable<FollowUp> due) => due
        .Join(db.Customers.AsNoTracking(), f => f.CustomerId, c => c.Id, (f, c) => new { f, c.Number, c.Name })
        .Join(db.StaffMembers.AsNoTracking(), x => x.f.StaffId, s => s.Id, (x, s) => new DueRow(
            x.f.Id, x.f.CustomerId, x.Number, x.Name, x.f.NextOn!.Value, x.f.NextWhat, x.f.Kind, x.f.What, x.f.Result, x.f.At, x.f.StaffId, s.Name));
}
