using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// One page of customer ids, quick whether three rows fit or three hundred thousand. PostgreSQL's guess of how many rows a list of
/// grams fits is often wrong by a factor of a hundred, and a wrong guess costs 100 ms at a million customers; so the list finds out:
/// <list type="number">
/// <item>It gathers the matches through the indexes, but no more than <see cref="Gathered"/>. If that was all, they are sorted and counted exactly.</item>
/// <item>If there are more, matches are dense: it walks the index of the sort order and stops after the page.</item>
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

    public static async Task<(Guid[] Ids, int Total, bool IsFloor)> PageAsync(
        CcdDbContext db, IQueryable<Customer> matches, CustomerSort sort, PageRequest page, bool everything, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (everything)
        {
            var all = await matches.Take(CountCeiling + 1).CountAsync(ct);
            return (await WalkAsync(db, matches, sort, page, ct), Math.Min(all, CountCeiling), all > CountCeiling);
        }

        // Settings of this transaction only.
        await db.Database.ExecuteSqlAsync($"set local enable_seqscan = off", ct);
        var gathered = await matches.Select(c => c.Id).Take(Gathered + 1).ToArrayAsync(ct);
        if (gathered.Length > Gathered)
            return (await WalkAsync(db, matches, sort, page, ct), Gathered, true);
        if (gathered.Length == 0)
            return ([], 0, false);
        var customers = db.Customers.AsNoTracking().Where(c => gathered.Contains(c.Id));
        return (await Sorted(customers, sort).Skip(page.Skip).Take(page.Size).Select(c => c.Id).ToArrayAsync(ct), gathered.Length, false);
    }

    private static async Task<Guid[]> WalkAsync(CcdDbContext db, IQueryable<Customer> matches, CustomerSort sort, PageRequest page, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off; set local max_parallel_workers_per_gather = 0", ct);
        // Pages behind the ceiling are not offered; a number typed into the address must not read the whole table.
        var skip = Math.Min(page.Skip, CountCeiling - page.Size);
        return await Sorted(matches, sort).Skip(skip).Take(page.Size).Select(c => c.Id).ToArrayAsync(ct);
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
