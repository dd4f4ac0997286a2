using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// One page of customer ids, quick whether three rows fit or three hundred thousand. PostgreSQL's guess of how many rows a list of
/// grams fits is often wrong by a factor of a hundred, and a wrong guess costs 100 ms at a million customers; so the list finds out:
/// <list type="number">
/// <item>Nothing but visibility: it walks the parts that the reader may see (<see cref="CustomerWalk"/>) and counts them along an index.</item>
/// <item>Otherwise it gathers the matches through one index scan of the grams, but no more than <see cref="Gathered"/>. If that was all, they
/// are sorted and counted exactly.</item>
/// <item>If there are more, matches are dense: it walks the parts in the order of the list and stops after the page. A guess far beyond
/// (<see cref="BelievedFrom"/>) spares the gathering; the walk then counts what it passes.</item>
/// <item>Unless the matches lie at the far end of that order (everybody called 张, by pinyin): the walk reads a bounded number of rows,
/// after which all matches are read in the order of the table and sorted.</item>
/// </list>
/// A total is exact, or it is what was counted (<see cref="Page{T}.TotalIsFloor"/>), never an estimate.
/// </summary>
internal static class CustomerList
{
    /// <summary>Counting stops here where counting is a walk along one index.</summary>
    public const int CountCeiling = 10_000;

    /// <summary>Gathering costs about 3 µs a row. Nobody pages through more than 2,000 matches of a search.</summary>
    public const int Gathered = 2_000;

    /// <summary>From here on even the index scan of the grams, before the first row is read, is slower than the walk.</summary>
    private const int BelievedFrom = 150_000;

    /// <summary>Rows that a walk reads before it gives up, at about 3 µs each; more on later pages, which lie further down.</summary>
    private const int WalkAtMost = 4_000;

    private const int WalkMorePerRow = 20;

    /// <summary>Rows that it reads where it has to count as well.</summary>
    private const int CountAtMost = 8_000;

    /// <summary>A part in order is read until the page is full, and not to its end to be sorted, whatever seems cheaper.</summary>
    private const string InOrder = "set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off; set local max_parallel_workers_per_gather = 0";

    private const string AnyOrder = "set local enable_seqscan = off; set local enable_bitmapscan = on; set local enable_sort = on";

    /// <summary>The order by pinyin cannot be bounded by rows (see <see cref="WalkByNameAsync"/>), so by time.</summary>
    private static readonly TimeSpan WalkByNameAtMost = TimeSpan.FromMilliseconds(100);

    public static async Task<(Guid[] Ids, int Total, bool IsFloor)> PageAsync(
        CcdDbContext db, CustomerMatch match, CustomerFilter filter, Actor by, PageRequest page, DateTimeOffset now, CancellationToken ct)
    {
        var customers = db.Customers.AsNoTracking();
        // Pages behind the ceiling are not offered; a number typed into the address must not read the whole table.
        var skip = Math.Min(page.Skip, CountCeiling - page.Size);
        // One transaction: its settings are those of this page only.
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!match.IsNarrowed)
        {
            var (all, more) = await CountAsync(customers, by, ct);
            return (await PageOfWalkAsync() ?? await SortAsync(db, match, filter, skip, page.Size, ct), all, more);
        }

        await db.Database.ExecuteSqlRawAsync("set local enable_seqscan = off", ct);
        if (match.HasKey || (match.HasGrams && await GuessAsync(db, match, ct) < BelievedFrom))
        {
            var found = match.HasKey ? match.Of(customers) : match.Fenced(customers);
            var gathered = await Sorted(found.Take(Gathered + 1), filter.Sort).Select(c => c.Id).ToArrayAsync(ct);
            if (gathered.Length <= Gathered)
                return ([.. gathered.Skip(skip).Take(page.Size)], gathered.Length, false);
            return (await PageOfWalkAsync() ?? await SortAsync(db, match, filter, skip, page.Size, ct), Gathered, true);
        }

        // What the walk passes is what is known of the total.
        var need = skip + page.Size + 1;
        if (await WalkAsync(db, match, filter, by, now, Math.Max(Gathered + 1, need), need, CountAtMost + (skip * WalkMorePerRow), ct) is { } passed)
            return ([.. passed.Skip(skip).Take(page.Size)], passed.Length - 1, true);
        await db.Database.ExecuteSqlRawAsync("set local enable_seqscan = on", ct);
        var total = await match.Of(customers).Take(Gathered + 1).CountAsync(ct);
        return (await SortAsync(db, match, filter, skip, page.Size, ct), Math.Min(total, Gathered), total > Gathered);

        async Task<Guid[]?> PageOfWalkAsync()
        {
            var end = skip + page.Size;
            return await WalkAsync(db, match, filter, by, now, end, end, WalkAtMost + (end * WalkMorePerRow), ct) is { } walked ? [.. walked.Skip(skip)] : null;
        }
    }

    private static async Task<(int Total, bool IsFloor)> CountAsync(IQueryable<Customer> customers, Actor by, CancellationToken ct)
    {
        var live = customers.Where(c => c.DeletedAt == null);
        var parts = by is StaffActor staff && !by.May(Permission.ViewAllCustomers) ? CustomerWalk.VisibleParts(live, staff) : [new(live)];
        if (parts is [var only])
            parts = [new(only.Rows.VisibleTo(by))];
        var total = 0;
        foreach (var part in parts)
        {
            total += await part.Alone.Take(CountCeiling + 1 - total).CountAsync(ct);
            if (total > CountCeiling)
                return (CountCeiling, true);
        }

        return (total, false);
    }

    /// <summary>What the planner believes that the index finds; costs a plan, reads no row.</summary>
    private static async Task<double> GuessAsync(CcdDbContext db, CustomerMatch match, CancellationToken ct)
    {
        await using var command = match.Candidates(db.Customers.AsNoTracking()).Select(c => c.Id).CreateDbCommand();
        command.CommandText = $"explain (format json) {command.CommandText}";
        using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync(ct))!);
        return plan.RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
    }

    /// <summary>
    /// The beginning of the list, read part by part: up to <paramref name="wanted"/> customers, at least <paramref name="atLeast"/> unless there
    /// are no more; none when a part would have to be read further than <paramref name="atMost"/> rows.
    /// </summary>
    private static async Task<Guid[]?> WalkAsync(
        CcdDbContext db, CustomerMatch match, CustomerFilter filter, Actor by, DateTimeOffset now, int wanted, int atLeast, int atMost, CancellationToken ct)
    {
        if (filter.Sort == CustomerSort.Name)
            return filter.Search is null ? await WalkByNameAsync(db, match, wanted, ct) : null;
        var parts = CustomerWalk.PartsOf(db.Customers.AsNoTracking().Where(c => c.DeletedAt == null), filter, by, now);
        var found = new List<(Guid Id, DateTimeOffset UpdatedAt)>();
        var gaveUp = false;
        foreach (var part in parts)
        {
            await db.Database.ExecuteSqlRawAsync(part.HasOrder ? InOrder : AnyOrder, ct);
            var rows = part.HasOrder ? Sorted(part.Rows, filter.Sort).Take(atMost) : part.Rows.Take(int.MaxValue);
            var some = await Sorted(match.Of(rows), filter.Sort).Take(wanted).Select(c => new { c.Id, c.UpdatedAt }).ToListAsync(ct);
            // Too few, because the part ended, or because the walk did?
            gaveUp = some.Count < atLeast && part.HasOrder && await part.Rows.Take(atMost + 1).CountAsync(ct) > atMost;
            if (gaveUp)
                break;
            found.AddRange(some.Select(c => (c.Id, c.UpdatedAt)));
        }

        await db.Database.ExecuteSqlRawAsync(AnyOrder, ct);
        if (gaveUp)
            return null;
        IEnumerable<(Guid Id, DateTimeOffset UpdatedAt)> inOrder = parts.Count == 1 ? found : found.DistinctBy(c => c.Id).OrderByDescending(c => c.UpdatedAt).ThenByDescending(c => c.Id);
        return [.. inOrder.Take(wanted).Select(c => c.Id)];
    }

    /// <summary>
    /// By pinyin there is no bound by rows: the order is an expression, and PostgreSQL would sort again what it read in order. None when it took too long.
    /// </summary>
    private static async Task<Guid[]?> WalkByNameAsync(CcdDbContext db, CustomerMatch match, int wanted, CancellationToken ct)
    {
        await db.Database.CurrentTransaction!.CreateSavepointAsync("walk", ct);
        await db.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"{InOrder}; set local statement_timeout = {(int)WalkByNameAtMost.TotalMilliseconds}"), ct);
        try
        {
            var ids = await Sorted(match.Of(db.Customers.AsNoTracking()), CustomerSort.Name).Take(wanted).Select(c => c.Id).ToArrayAsync(ct);
            await db.Database.ExecuteSqlRawAsync($"set local statement_timeout = 0; {AnyOrder}", ct);
            return ids;
        }
        catch (Exception e) when (!ct.IsCancellationRequested && (e as PostgresException ?? e.InnerException as PostgresException) is { SqlState: PostgresErrorCodes.QueryCanceled })
        {
            // The settings go with it.
            await db.Database.CurrentTransaction!.RollbackToSavepointAsync("walk", ct);
            return null;
        }
    }

    private static async Task<Guid[]> SortAsync(CcdDbContext db, CustomerMatch match, CustomerFilter filter, int skip, int size, CancellationToken ct)
    {
        var customers = db.Customers.AsNoTracking();
        await db.Database.ExecuteSqlRawAsync("set local enable_seqscan = on; set local enable_indexscan = off; set local enable_indexonlyscan = off", ct);
        return await Sorted(match.HasGrams ? match.Fenced(customers) : match.Of(customers), filter.Sort).Skip(skip).Take(size).Select(c => c.Id).ToArrayAsync(ct);
    }

    /// <summary>Each order is that of an index; the last key makes it total, so that no row shows on two pages.</summary>
    public static IOrderedQueryable<Customer> Sorted(IQueryable<Customer> customers, CustomerSort sort) => sort switch
    {
        CustomerSort.Updated => customers.OrderByDescending(c => c.UpdatedAt).ThenByDescending(c => c.Id),
        CustomerSort.Created => customers.OrderByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id),
        CustomerSort.Name => customers.OrderBy(c => EF.Functions.Collate(c.Name, CustomerMapping.NameOrder)).ThenBy(c => c.Id),
        CustomerSort.Completeness => customers.OrderByDescending(c => c.CompletenessPercent).ThenByDescending(c => c.UpdatedAt),
        CustomerSort.StateSince => customers.OrderBy(c => c.StateSince).ThenBy(c => c.Id),
        _ => throw new ArgumentOutOfRangeException(nameof(sort), sort, null),
    };
}
