using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// One page of customer ids, quick whether three rows fit or three hundred thousand. Two ways lead there, and each is bounded:
/// <list type="bullet">
/// <item><b>Walking</b>: read the parts of the table that the reader may see in the order of the list (<see cref="CustomerWalk"/>), and stop after the
/// page: about 1 µs a row, because neighbours in that order lie close to each other. For matches that are not rare.</item>
/// <item><b>Gathering</b>: let one index scan of the grams find all matches, up to <see cref="Gathered"/>, and sort them: about 4 µs a row, which may
/// lie anywhere, but no row too many. For rare matches; the total is exact then.</item>
/// </list>
/// PostgreSQL's guess of how many rows a list of grams fits decides which is tried first; it may be wrong by a factor of a hundred, and then the
/// other way is taken. Only matches that are many and all lie at the far end of the order (everybody called 张, by pinyin) are read and sorted altogether.
/// A total is exact, or it is what was counted on the way (<see cref="Page{T}.TotalIsFloor"/>), never an estimate; <see cref="CountAsync"/> goes on counting.
/// </summary>
internal static class CustomerList
{
    /// <summary>Counting stops here where counting is a walk along one index.</summary>
    public const int CountCeiling = 10_000;

    /// <summary>Nobody pages through more than 2,000 matches of a search.</summary>
    public const int Gathered = 2_000;

    /// <summary>Fewer are gathered at once.</summary>
    private const int Rare = 500;

    /// <summary>From here on even the index scan of the grams, before the first row is read, costs more than reading rows until they are counted.</summary>
    private const int Everywhere = 150_000;

    /// <summary>Rows that a walk reads before it gives up: when the guess is that gathering would do as well, and when it would not.</summary>
    private const int ShortWalk = 3_000;

    private const int LongWalk = 12_000;

    /// <summary>Later pages lie further down.</summary>
    private const int WalkMorePerRow = 20;

    /// <summary>
    /// A part in order is read until the page is full, and not to its end to be sorted, whatever seems cheaper. Its index is not taken for scattered:
    /// newest changes are the newest rows, and in memory.
    /// </summary>
    private const string InOrder =
        "set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off; set local random_page_cost = 1.1; set local max_parallel_workers_per_gather = 0";

    private const string AnyOrder = "set local enable_seqscan = off; set local enable_bitmapscan = on; set local enable_sort = on; set local random_page_cost to default";

    /// <summary>The order by pinyin cannot be bounded by rows (see <see cref="WalkByNameAsync"/>), so by time.</summary>
    private static readonly TimeSpan WalkByNameAtMost = TimeSpan.FromMilliseconds(100);

    public static async Task<(Guid[] Ids, int Total, bool IsFloor)> PageAsync(
        CcdDbContext db, CustomerMatch match, CustomerFilter filter, Actor by, PageRequest page, DateTimeOffset now, CancellationToken ct)
    {
        var customers = db.Customers.AsNoTracking();
        // Pages behind the ceiling are not offered; a number typed into the address must not read the whole table.
        var skip = Math.Min(page.Skip, CountCeiling - page.Size);
        var end = skip + page.Size;
        // One transaction: its settings are those of this page only.
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!match.IsNarrowed)
        {
            var (all, more) = await CountVisibleAsync(customers, by, ct);
            var first = await WalkAsync(db, match, filter, by, now, end, end, LongWalk + end, ct);
            return (first is null ? await SortAsync(db, match, filter, skip, page.Size, ct) : [.. first.Ids.Skip(skip)], all, more);
        }

        var guess = match.HasKey || match.IsRare ? 0 : match.HasGrams ? await GuessAsync(db, match, ct) : double.MaxValue;
        var further = LongWalk + (skip * WalkMorePerRow);
        var budget = guess < Rare || (guess < Gathered && by.May(Permission.ViewAllCustomers)) ? 0 : guess < Gathered ? ShortWalk + (skip * WalkMorePerRow) : further;
        var walked = budget == 0 ? null : await WalkAsync(db, match, filter, by, now, end + 1, end, budget, ct);
        // One more than the page shows that there is a next one.
        if (walked is not null)
            return ([.. walked.Ids.Skip(skip).Take(page.Size)], walked.Ids.Length, !walked.IsAll);

        if (match.HasKey || match.HasGrams)
        {
            await db.Database.ExecuteSqlRawAsync("set local enable_seqscan = off", ct);
            var gathered = await Sorted(Found(match, customers).Take(Gathered + 1), filter.Sort).Select(c => c.Id).ToArrayAsync(ct);
            if (gathered.Length <= Gathered)
                return ([.. gathered.Skip(skip).Take(page.Size)], gathered.Length, false);
            // More than was guessed: then they are dense enough.
            walked = budget > 0 ? null : await WalkAsync(db, match, filter, by, now, end, end, further, ct);
            return (walked is null ? await SortAsync(db, match, filter, skip, page.Size, ct) : [.. walked.Ids.Skip(skip)], Gathered, true);
        }

        var (total, isFloor) = await CountAsync(db, match, ct);
        return (await SortAsync(db, match, filter, skip, page.Size, ct), total, isFloor);
    }

    /// <summary>How many match, exactly up to <see cref="Gathered"/>, within a transaction. Takes longer than a page where they are many.</summary>
    public static async Task<(int Total, bool IsFloor)> CountAsync(CcdDbContext db, CustomerMatch match, CancellationToken ct)
    {
        var customers = db.Customers.AsNoTracking();
        var byGrams = match.HasGrams && !match.HasKey && await GuessAsync(db, match, ct) < Everywhere;
        await db.Database.ExecuteSqlRawAsync(byGrams ? AnyOrder : "set local enable_seqscan = on", ct);
        var total = await (byGrams ? Found(match, customers) : match.Of(customers)).Take(Gathered + 1).CountAsync(ct);
        return (Math.Min(total, Gathered), total > Gathered);
    }

    private static IQueryable<Customer> Found(CustomerMatch match, IQueryable<Customer> customers) => match.HasKey ? match.Of(customers) : match.Fenced(customers);

    private static async Task<(int Total, bool IsFloor)> CountVisibleAsync(IQueryable<Customer> customers, Actor by, CancellationToken ct)
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
    private static async Task<Walked?> WalkAsync(
        CcdDbContext db, CustomerMatch match, CustomerFilter filter, Actor by, DateTimeOffset now, int wanted, int atLeast, int atMost, CancellationToken ct)
    {
        if (filter.Sort == CustomerSort.Name)
            return filter.Search is null ? await WalkByNameAsync(db, match, wanted, ct) : null;
        var parts = CustomerWalk.PartsOf(db.Customers.AsNoTracking().Where(c => c.DeletedAt == null), filter, by, now);
        var found = new List<(Guid Id, DateTimeOffset UpdatedAt)>();
        var (isAll, gaveUp) = (true, false);
        foreach (var part in parts)
        {
            await db.Database.ExecuteSqlRawAsync(part.HasOrder ? InOrder : AnyOrder, ct);
            var rows = part.HasOrder ? Sorted(part.Rows, filter.Sort).Take(atMost) : part.Rows.Take(int.MaxValue);
            var some = await Sorted(match.Of(rows), filter.Sort).Take(wanted).Select(c => new { c.Id, c.UpdatedAt }).ToListAsync(ct);
            // Fewer than wanted, because the part ended, or because the walk did?
            var cut = some.Count == wanted || (part.HasOrder && await part.Rows.Take(atMost + 1).CountAsync(ct) > atMost);
            gaveUp = cut && some.Count < atLeast;
            if (gaveUp)
                break;
            isAll &= !cut;
            found.AddRange(some.Select(c => (c.Id, c.UpdatedAt)));
        }

        await db.Database.ExecuteSqlRawAsync(AnyOrder, ct);
        if (gaveUp)
            return null;
        IEnumerable<(Guid Id, DateTimeOffset UpdatedAt)> inOrder = parts.Count == 1 ? found : found.DistinctBy(c => c.Id).OrderByDescending(c => c.UpdatedAt).ThenByDescending(c => c.Id);
        // In order up to atLeast; behind it, a part that was cut may miss some, and the others only count.
        var ids = inOrder.Select(c => c.Id).ToArray();
        return new Walked(ids.Length > wanted ? ids[..wanted] : ids, isAll && ids.Length <= wanted);
    }

    private sealed record Walked(Guid[] Ids, bool IsAll);

    /// <summary>
    /// By pinyin there is no bound by rows: the order is an expression, and PostgreSQL would sort again what it read in order. None when it took too long.
    /// </summary>
    private static async Task<Walked?> WalkByNameAsync(CcdDbContext db, CustomerMatch match, int wanted, CancellationToken ct)
    {
        await db.Database.CurrentTransaction!.CreateSavepointAsync("walk", ct);
        await db.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"{InOrder}; set local statement_timeout = {(int)WalkByNameAtMost.TotalMilliseconds}"), ct);
        try
        {
            var ids = await Sorted(match.Of(db.Customers.AsNoTracking()), CustomerSort.Name).Take(wanted).Select(c => c.Id).ToArrayAsync(ct);
            await db.Database.ExecuteSqlRawAsync($"set local statement_timeout = 0; {AnyOrder}", ct);
            return new Walked(ids, ids.Length < wanted);
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
