using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Stores what records, papers and behaviour say, so that segments and assignments read it in one row. Body of a job.</summary>
public sealed class PortraitDerivation
{
    private const int Batch = 500;

    /// <summary>Ages move on without anybody writing: every portrait is looked at again after this.</summary>
    private static readonly TimeSpan AgainAfter = TimeSpan.FromDays(30);

    private static readonly SystemActor Self = new("portraits");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly DerivedTraits derived;

    internal PortraitDerivation(IDbContextFactory<CcdDbContext> contexts, DerivedTraits derived)
    {
        this.contexts = contexts;
        this.derived = derived;
    }

    /// <summary>Brings up to date every portrait whose customer changed since; answers how many were looked at. May be broken off and repeated.</summary>
    public async Task<int> RunAsync(DateTimeOffset now, CancellationToken ct)
    {
        var looked = 0;
        while (true)
        {
            var ids = await WaitingAsync(now, ct);
            if (ids.Count == 0)
                return looked;
            await DeriveAsync(ids, now, ct);
            looked += ids.Count;
        }
    }

    private async Task<List<Guid>> WaitingAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var old = now - AgainAfter;
        var (customers, portraits) = (db.Customers, db.Portraits);
        return await (from c in customers
                      join p in portraits on c.Id equals p.CustomerId into found
                      from p in found.DefaultIfEmpty()
                      // A customer that changes while this runs waits for the next run, whose "now" is later.
                      where c.DeletedAt == null && (p == null || p.DerivedAt == null || p.DerivedAt < old || (p.DerivedAt < c.UpdatedAt && p.DerivedAt < now))
                      orderby c.Id
                      select c.Id).Take(Batch).ToListAsync(ct);
    }

    private async Task DeriveAsync(IReadOnlyCollection<Guid> ids, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var wanted = ids.ToArray();
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into portraits (customer_id, held, percent, updated_at)
            select id, '[]', 0, '-infinity' from customers where id = any({wanted}) order by id on conflict (customer_id) do nothing
            """, ct);
        await db.Database.ExecuteSqlAsync($"select 1 from portraits where customer_id = any({wanted}) order by customer_id for update", ct);
        var found = await derived.OfAsync(db, ids, now, ct);
        foreach (var portrait in await db.Portraits.Where(p => wanted.Contains(p.CustomerId)).ToListAsync(ct))
        {
            var fresh = found.GetValueOrDefault(portrait.CustomerId) ?? [];
            var changed = false;
            foreach (var trait in Traits.All)
                foreach (var source in new[] { TraitSource.Document, TraitSource.Record, TraitSource.Behaviour })
                    if (portrait.Take(trait, source, fresh.Find(f => f.Trait == trait.Code && f.Source == source)?.Value, Self, now) is { } entry)
                    {
                        db.Add(entry);
                        changed = true;
                    }

            portrait.Derived(now);
            if (changed)
                db.Announce(PortraitTopics.One(portrait.CustomerId));
        }

        db.Announce(PortraitTopics.All);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
    }
}
