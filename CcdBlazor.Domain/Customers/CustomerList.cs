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
/// <item>A guess far above the ceiling is believed as long as the walk below fills the page: gathering would first collect them all.</item>
/// <item>It gathers the matches through the indexes, but no more than <see cref="Gathered"/>. If that was all, they are sorted and counted exactly.</item>
/// <item>If there are more, matches are dense: it walks the index of the sort order and stops after the page.</item>
/// <item>Unless they all lie at the far end of that order (everybody called 张, by pinyin; a month of long ago, newest change first):
/// then the walk would read the whole table in the order of an index, 10 s and more. It is given <see cref="WalkAtMost"/>, after which
/// all matches are read in the order of the table and sorted.</item>
/// </list>
/// </summary>
internal static class CustomerList
{
    /// <summary>Counting stops here where counting is a walk along one index.</summary>
    public const int CountCeiling = 10_000;

    /// <summary>
    /// Gathering costs about 2 µs a row; walking, at this density (0.2 % of a million), 10,000 rows for a page of 20. Nobody pages
    /// through more than 2,000 matches of a search.
    /// </summary>
    public const int Gathered = 2_000;

    /// <summary>Guesses are wrong downwards (words of a name depend on each other) far more often than upwards.</summary>
    private const int BelievedFrom = 3 * Gathered;

    /// <summary>A walk that finds its page needs a few milliseconds; sorting what a broad filter leaves of a million, a few hundred.</summary>
    private static readonly TimeSpan WalkAtMost = TimeSpan.FromMilliseconds(100);

    private static readonly string WalkSettings = string.Create(
        CultureInfo.InvariantCulture,
        $"set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off; set local max_parallel_workers_per_gather = 0; set local statement_timeout = {(int)WalkAtMost.TotalMilliseconds}");

    /// <param name="hint">What the filter says about the order; only ever a matter of speed.</param>
    public static async Task<(Guid[] Ids, int Total, bool IsFloor)> PageAsync(
        CcdDbContext db, IQueryable<Customer> matches, CustomerSort sort, PageRequest page, ListHint hint, CancellationToken ct)
    {
        if (hint == ListHint.Walk)
        {
            var all = await matches.Take(CountCeiling + 1).CountAsync(ct);
            return (await WalkAsync(db, matches, sort, page, ct) ?? await SortAsync(db, matches, sort, page, ct), Math.Min(all, CountCeiling), all > CountCeiling);
        }

        if (hint == ListHint.Unknown && await GuessAsync(db, matches, ct) >= BelievedFrom
            && await WalkAsync(db, matches, sort, page, ct) is { } full && full.Length == page.Size)
            return (full, Gathered, true);

        var gathered = await GatherAsync(db, matches, ct);
        if (gathered.Length == 0)
            return ([], 0, false);
        if (gathered.Length > Gathered)
        {
            var dense = hint == ListHint.Sort ? null : await WalkAsync(db, matches, sort, page, ct);
            return (dense ?? await SortAsync(db, matches, sort, page, ct), Gathered, true);
        }

        var customers = db.Customers.AsNoTracking().Where(c => gathered.Contains(c.Id));
        return (await Sorted(customers, sort).Skip(page.Skip).Take(page.Size).Select(c => c.Id).ToArrayAsync(ct), gathered.Length, false);
    }

    /// <summary>What the planner believes; costs a plan, reads no row.</summary>
    private static async Task<double> GuessAsync(CcdDbContext db, IQueryable<Customer> matches, CancellationToken ct)
    {
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await using var command = matches.Select(c => c.Id).CreateDbCommand();
            command.CommandText = $"explain (format json) {command.CommandText}";
            using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync(ct))!);
            return plan.RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    private static async Task<Guid[]> GatherAsync(CcdDbContext db, IQueryable<Customer> matches, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Settings of this transaction only.
        await db.Database.ExecuteSqlAsync($"set local enable_seqscan = off", ct);
        return await matches.Select(c => c.Id).Take(Gathered + 1).ToArrayAsync(ct);
    }

    /// <summary>None when it took too long.</summary>
    private static async Task<Guid[]?> WalkAsync(CcdDbContext db, IQueryable<Customer> matches, CustomerSort sort, PageRequest page, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlRawAsync(WalkSettings, ct);
        try
        {
            return await Paged(matches, sort, page).ToArrayAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested && (e as PostgresException ?? e.InnerException as PostgresException) is { SqlState: PostgresErrorCodes.QueryCanceled })
        {
            return null;
        }
    }

    private static async Task<Guid[]> SortAsync(CcdDbContext db, IQueryable<Customer> matches, CustomerSort sort, PageRequest page, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"set local enable_indexscan = off; set local enable_indexonlyscan = off", ct);
        return await Paged(matches, sort, page).ToArrayAsync(ct);
    }

    /// <summary>Pages behind the ceiling are not offered; a number typed into the address must not read the whole table.</summary>
    private static IQueryable<Guid> Paged(IQueryable<Customer> matches, CustomerSort sort, PageRequest page) =>
        Sorted(matches, sort).Skip(Math.Min(page.Skip, CountCeiling - page.Size)).Take(page.Size).Select(c => c.Id);

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

/// <summary>How the matches of a filter lie in the order that is asked for.</summary>
internal enum ListHint
{
    /// <summary>Nobody knows: gather first.</summary>
    Unknown,

    /// <summary>Nothing is left out along an index: walk at once.</summary>
    Walk,

    /// <summary>Filter and order depend on each other: never walk.</summary>
    Sort,
}
