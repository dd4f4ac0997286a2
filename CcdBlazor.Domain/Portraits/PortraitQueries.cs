using System.Runtime.CompilerServices;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Reads of portraits.</summary>
public sealed class PortraitQueries
{
    private const int LongestHistory = 100;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly DerivedTraits derived;
    private readonly TimeProvider clock;

    internal PortraitQueries(IDbContextFactory<CcdDbContext> contexts, DerivedTraits derived, TimeProvider clock)
    {
        this.contexts = contexts;
        this.derived = derived;
        this.clock = clock;
    }

    /// <summary>
    /// The portrait of a visible customer. What record, documents and behaviour say is reckoned now, so that the card does not wait for the job that stores it.
    /// </summary>
    public async Task<Result<PortraitCard>> CardAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.OpenTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (!by.IsCustomer && !by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        var stored = await db.Portraits.AsNoTracking().SingleOrDefaultAsync(p => p.CustomerId == customerId, ct);
        var fresh = (await derived.OfAsync(db, [customerId], now, ct)).GetValueOrDefault(customerId) ?? [];
        var held = (stored?.Values ?? []).Where(v => v.Source is TraitSource.Form or TraitSource.Customer)
            .Concat(fresh.Select(f => Kept(stored, f) ?? new HeldValue(f.Trait, f.Source, f.Value, f.At, null, "系统"))).ToList();
        // Only staff look things up.
        var past = by.IsCustomer ? [] : await db.PortraitEntries.AsNoTracking().Where(e => e.CustomerId == customerId).Select(e => e.Trait).Distinct().ToListAsync(ct);
        var rows = new List<PortraitTraitRow>();
        foreach (var trait in Traits.All.Where(t => !by.IsCustomer || t.CustomerMayFill))
        {
            var ordered = PortraitPrecedence.Order(held.Where(v => v.Trait == trait.Code && (!by.IsCustomer || v.Source == TraitSource.Customer))).ToList();
            rows.Add(new PortraitTraitRow(trait, ordered.FirstOrDefault(), ordered.Count > 1 ? ordered[1..] : [], past.Contains(trait.Code)));
        }

        return new PortraitCard(
            customerId, rows.Count(r => !r.Trait.Derived && r.Counts is not null) * 100 / rows.Count(r => !r.Trait.Derived), rows, held.Count == 0 ? null : held.Max(v => v.At), now, by.IsCustomer || by.May(Permission.EditCustomers));
    }

    /// <summary>Every value that a customer's trait ever had, newest first; all traits without one.</summary>
    public async Task<Result<IReadOnlyList<PortraitHistoryRow>>> HistoryAsync(Guid customerId, string? trait, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        var entries = await db.PortraitEntries.AsNoTracking().Where(e => e.CustomerId == customerId && (trait == null || e.Trait == trait))
            .OrderByDescending(e => e.Id).Take(LongestHistory).ToListAsync(ct);
        PortraitHistoryRow[] rows =
        [
            .. entries.Select(e => new PortraitHistoryRow(e.Trait, e.Source, Traits.Find(e.Trait) is { } known ? Portrait.ReadValue(e.Value)?.Words(known) : null, e.At, e.ByName)),
        ];
        return rows;
    }

    /// <summary>
    /// All live customers with what is stored about them, in the order of their ids, one row at a time: for segments and assignments, which are the program's own
    /// work and show nobody what he may not see. A customer without a portrait comes with empty values.
    /// </summary>
    public async IAsyncEnumerable<PortraitVector> StreamAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (customers, portraits) = (db.Customers, db.Portraits);
        var rows = from c in customers
                   where c.DeletedAt == null
                   join p in portraits on c.Id equals p.CustomerId into found
                   from p in found.DefaultIfEmpty()
                   orderby c.Id
                   select new { c.Id, Held = (string?)p!.Held };
        await foreach (var row in rows.AsNoTracking().AsAsyncEnumerable().WithCancellation(ct))
            yield return PortraitVector.Of(row.Id, row.Held is null ? [] : Portrait.Read(row.Held));
    }

    /// <summary>The vectors of some customers; those without a portrait come with empty values, deleted ones not at all.</summary>
    public async Task<IReadOnlyDictionary<Guid, PortraitVector>> VectorsAsync(IReadOnlyCollection<Guid> customerIds, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (customers, portraits) = (db.Customers, db.Portraits);
        var rows = await (from c in customers
                          where c.DeletedAt == null && customerIds.Contains(c.Id)
                          join p in portraits on c.Id equals p.CustomerId into found
                          from p in found.DefaultIfEmpty()
                          select new { c.Id, Held = (string?)p!.Held }).AsNoTracking().ToListAsync(ct);
        return rows.ToDictionary(r => r.Id, r => PortraitVector.Of(r.Id, r.Held is null ? [] : Portrait.Read(r.Held)));
    }

    /// <summary>A value that was stored already keeps the moment at which it was concluded.</summary>
    private static HeldValue? Kept(Portrait? stored, DerivedValue fresh) =>
        stored?.Values.FirstOrDefault(v => v.Trait == fresh.Trait && v.Source == fresh.Source && v.Value.Says(fresh.Value));
}
