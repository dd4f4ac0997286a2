using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Pool;

/// <summary>Reads. Whoever may pick sees what the pool shows and nothing else of a customer.</summary>
public sealed class PoolQueries
{
    private const int MostNumber = 32;
    private const int CountedTo = 10_000;

    /// <summary>Of a narrowed list: what does not fit costs time too while counting.</summary>
    private const int CountedNarrowed = 1_000;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FieldCipher cipher;
    private readonly ProductQueries products;
    private readonly TimeProvider time;

    internal PoolQueries(IDbContextFactory<CcdDbContext> contexts, FieldCipher cipher, ProductQueries products, TimeProvider time)
    {
        this.contexts = contexts;
        this.cipher = cipher;
        this.products = products;
        this.time = time;
    }

    /// <summary>The pools that the reader may look into, with what the reader may still do today. Empty for who may neither pick nor assign.</summary>
    public async Task<IReadOnlyList<PoolStanding>> PoolsAsync(StaffActor by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var day = CustomerNumbers.DayOf(now);
        await using var db = await contexts.CreateDbContextAsync(ct);
        var pools = await (await db.PoolsForAsync(by, ct)).AsNoTracking().OrderBy(p => p.DepartmentId != null).ThenBy(p => p.Name).ToListAsync(ct);
        var ids = pools.ConvertAll(p => p.Id);
        var customers = db.Customers;
        // Each counted to the same bound as the list of it: a full count of a large pool would be most of the page's time.
        var counts = await db.PublicPools.Where(p => ids.Contains(p.Id))
            .Select(p => new { p.Id, Count = customers.Where(c => c.DeletedAt == null && c.PoolId == p.Id).Take(CountedTo + 1).Count() }).ToDictionaryAsync(p => p.Id, p => p.Count, ct);
        var views = await db.PoolViews.Where(v => v.StaffId == by.StaffId && v.Day == day).GroupBy(v => v.PoolId).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var limits = await PickLimits.ReadAsync(db, by.StaffId, [], now, ct);
        return
        [
            .. pools.Select(p => new PoolStanding(
                p.Id, p.Name, Math.Min(CountedTo, counts.GetValueOrDefault(p.Id)), counts.GetValueOrDefault(p.Id) > CountedTo, limits.PicksLeft(p), limits.HeldLeft(p),
                p.ViewsPerDay is { } most ? Math.Max(0, most - views.GetValueOrDefault(p.Id)) : null, by.May(Permission.PickFromPool),
                by.May(Permission.ReassignCustomers) || by.May(Permission.ManagePools))),
        ];
    }

    /// <summary>A page of a pool, newest first. A pool that the reader may not look into is not found.</summary>
    public async Task<Result<Page<PoolRow>>> ListAsync(Guid poolId, PoolFilter filter, PageRequest page, StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await (await db.PoolsForAsync(by, ct)).AsNoTracking().SingleOrDefaultAsync(p => p.Id == poolId, ct) is not { } pool)
            return CommonRefusals.NotFound;
        var found = Narrow(db.Customers.AsNoTracking().Where(c => c.DeletedAt == null && c.PoolId == poolId), pool, filter);
        var most = filter == new PoolFilter() ? CountedTo : CountedNarrowed;
        var total = await found.Take(most + 1).CountAsync(ct);
        var customers = await found.OrderByDescending(c => c.OwnerSince).ThenByDescending(c => c.Id).Skip(page.Skip).Take(page.Size).Include(c => c.Loans).ToListAsync(ct);
        return new Page<PoolRow>(await RowsAsync(db, customers, pool, by, ct), Math.Min(total, most), total > most, page);
    }

    /// <summary>
    /// Opens the detail and counts it against the views of the day (<see cref="PoolRefusals.ViewLimit"/>). A customer that is in no pool of the reader's is not found.
    /// </summary>
    public async Task<Result<PoolDetail>> OpenAsync(Guid customerId, StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var reach = await db.PoolsForAsync(by, ct);
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).SingleOrDefaultAsync(c => c.Id == customerId && c.DeletedAt == null && c.PoolId != null, ct);
        if (customer is null || await reach.AsNoTracking().SingleOrDefaultAsync(p => p.Id == customer.PoolId, ct) is not { } pool)
            return CommonRefusals.NotFound;
        var left = await PoolService.ViewAsync(db, customer, pool, by, time.GetUtcNow(), ct);
        if (!left.Ok)
            return left.Refusal;
        await work.CommitAsync(ct);
        var row = (await RowsAsync(db, [customer], pool, by, ct))[0];
        var changes = await db.CustomerOwnerChanges.AsNoTracking().Where(h => h.CustomerId == customerId).OrderByDescending(h => h.Id).Take(50).ToListAsync(ct);
        var names = await NamesAsync(db, changes.SelectMany(h => new[] { h.FromOwnerId, h.ToOwnerId }), ct);
        var owners = changes.ConvertAll(h => new OwnerChangeRow(
            h.Id, h.At, h.Cause, h.FromOwnerId, NameOf(names, h.FromOwnerId), h.FromPoolId, h.ToOwnerId, NameOf(names, h.ToOwnerId), h.ToPoolId, null, h.ByName, []));
        return new PoolDetail(row, customer.Source, customer.MissingCount, changes.Count > 0 ? changes[0].Reason : null, owners, left.Value);
    }

    /// <summary>When these customers go into a pool; those that are not visible, or that no rule releases, are left out.</summary>
    public async Task<IReadOnlyDictionary<Guid, Countdown>> CountdownsAsync(IReadOnlyCollection<Guid> ids, Actor by, CancellationToken ct)
    {
        if (ids.Count == 0)
            return new Dictionary<Guid, Countdown>();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var wanted = ids.ToArray();
        var visible = await db.Customers.AsNoTracking().VisibleTo(by).Where(c => wanted.Contains(c.Id) && c.OwnerId != null).Select(c => c.Id).ToArrayAsync(ct);
        var found = await db.Database.SqlQueryRaw<Due>(
            $"""
            select c.id as "Id", due.at as "At", goal.name as "Pool" from customers c {PoolSql.Terms} join public_pools goal on goal.id = pool.target
            where c.id = any (@ids) and {PoolSql.Releasable}
            """,
            new NpgsqlParameter("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = visible }).ToListAsync(ct);
        return found.ToDictionary(d => d.Id, d => new Countdown(d.Id, d.At, d.Pool));
    }

    /// <summary>Names of all pools, old ones too, for the history of owners.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> NamesAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.PublicPools.AsNoTracking().ToDictionaryAsync(p => p.Id, p => p.Name, ct);
    }

    private static IQueryable<Customer> Narrow(IQueryable<Customer> customers, PublicPool pool, PoolFilter filter)
    {
        if (filter.Kind is { } kind)
            customers = customers.Where(c => c.Kind == kind);
        if (filter.Level is { } level)
            customers = customers.Where(c => c.Level == level);
        // The grams of the customers' search: what is rare is found by their index, what is common by walking the pool; the database knows which is which.
        var grams = new List<string>();
        if (filter.ProductId is { } product)
        {
            grams.Add(CustomerSearch.ProductGram(product));
            customers = customers.Where(c => c.Loans.Any(l => l.ProductId == product));
        }

        customers = Searched(customers, pool, filter, grams);
        if (grams.Count == 0)
            return customers;
        grams.Add(CustomerSearch.PoolGram(pool.Id));
        var wanted = grams.ToArray();
        return customers.Where(c => wanted.All(g => c.SearchGrams.Contains(g)));
    }

    /// <summary>Reads names, unless they are hidden, and numbers: a phone that was typed finds nobody, so nothing hidden can be guessed digit by digit.</summary>
    private static IQueryable<Customer> Searched(IQueryable<Customer> customers, PublicPool pool, PoolFilter filter, List<string> grams)
    {
        if (string.IsNullOrWhiteSpace(filter.Search))
            return customers;
        var typed = filter.Search.Trim().ToUpperInvariant();
        var number = typed.Length > MostNumber ? typed[..MostNumber] : typed;
        var key = CustomerSearch.KeyOf(filter.Search);
        // "KH" begins every number: only then can the two be told apart from a name.
        if (number.StartsWith("KH", StringComparison.Ordinal) || pool.HidesName || key.Length == 0)
            return customers.Where(c => c.Number.StartsWith(number));
        grams.AddRange(CustomerSearch.GramsOfName(key));
        return customers.Where(c => c.NameKey.Contains(key));
    }

    private async Task<IReadOnlyList<PoolRow>> RowsAsync(CcdDbContext db, List<Customer> customers, PublicPool pool, StaffActor by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var ids = customers.Select(c => c.Id).ToArray();
        var limits = await PickLimits.ReadAsync(db, by.StaffId, ids, now, ct);
        var last = await db.CustomerOwnerChanges.AsNoTracking().Where(h => ids.Contains(h.CustomerId)).GroupBy(h => h.CustomerId)
            .Select(g => g.OrderByDescending(h => h.Id).First()).ToDictionaryAsync(h => h.CustomerId, ct);
        var names = await NamesAsync(db, last.Values.Select(h => h.FromOwnerId), ct);
        var known = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => p.Name);
        return
        [
            .. customers.Select(c =>
            {
                var change = last.GetValueOrDefault(c.Id);
                var (cool, safe) = (limits.CoolsUntil(c.Id, pool, now), PickLimits.ProtectedUntil(c.OwnerSince, pool, now));
                return new PoolRow(
                    c.Id, c.Number, c.Kind, pool.HidesName ? MaskedName(c.Name) : c.Name,
                    pool.HidesPhone ? null : c.Phones.Select(ContactPhone.Mask).FirstOrDefault(),
                    pool.HidesIdentity ? null : CustomerForms.MaskedIdentity(c.Kind, c.IdentityCipher, cipher),
                    [.. c.Loans.OrderBy(l => l.Position).Select(l => known.GetValueOrDefault(l.ProductId, "（已删除的产品）"))], c.Loans.Sum(l => l.Amount), c.Level,
                    c.CompletenessPercent, c.OwnerSince, NameOf(names, change?.FromOwnerId), change?.Cause, c.LastFollowUpAt, cool > safe || safe is null ? cool : safe);
            }),
        ];
    }

    private static string MaskedName(string name) => name.Length == 0 ? "" : $"{name[..1]}**";

    private static string? NameOf(Dictionary<Guid, string> names, Guid? staff) => staff is { } id ? names.GetValueOrDefault(id) : null;

    private static async Task<Dictionary<Guid, string>> NamesAsync(CcdDbContext db, IEnumerable<Guid?> ids, CancellationToken ct)
    {
        var wanted = ids.OfType<Guid>().Distinct().ToArray();
        return wanted.Length == 0 ? [] : await db.StaffMembers.AsNoTracking().Where(s => wanted.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
    }

    private sealed record Due(Guid Id, DateTimeOffset At, string Pool);
}
