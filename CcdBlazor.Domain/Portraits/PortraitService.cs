using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Writes of portraits.</summary>
public sealed class PortraitService
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal PortraitService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>
    /// Saves what a colleague, or the customer himself, wrote. All traits of the draft or none. Refused: values that break their trait's rule, traits that
    /// are not the customer's to fill, and a trait to which somebody else gave a value after the form was read.
    /// </summary>
    public async Task<Result> FillAsync(Guid customerId, PortraitDraft draft, Actor by, CancellationToken ct)
    {
        var source = by.IsCustomer ? TraitSource.Customer : TraitSource.Form;
        var read = new List<(Trait Trait, TraitValue? Value)>();
        var wrong = new List<Refusal>();
        foreach (var input in draft.Traits)
        {
            if (Traits.Find(input.Trait) is not { } trait)
                return PortraitRefusals.TraitUnknown;
            var value = trait.Derived ? PortraitRefusals.OnlyDerived(trait) : source == TraitSource.Customer && !trait.CustomerMayFill ? PortraitRefusals.NotForCustomers(trait) : TraitValue.Read(trait, input.Text, input.Tags);
            if (value.Ok)
                read.Add((trait, value.Value));
            else
                wrong.Add(value.Refusal);
        }

        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (!await db.Customers.OpenTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (!by.IsCustomer && !(by.May(Permission.EditCustomers) && by.May(Permission.ViewPortraits)))
            return CommonRefusals.Forbidden;
        if (wrong.Count > 0)
            return wrong[0] with { Others = wrong[1..] };
        var now = clock.GetUtcNow();
        var portrait = await LockAsync(db, customerId, ct);
        if (read.Exists(r => portrait.Values.Any(v => v.Trait == r.Trait.Code && v.Source is TraitSource.Form or TraitSource.Customer && v.At > draft.ReadAt && v.ById != by.Id)))
            return CommonRefusals.ChangedMeanwhile;
        var taken = read.ConvertAll(r => portrait.Take(r.Trait, source, r.Value, by, now)).OfType<PortraitEntry>().ToList();
        if (taken.Count == 0)
            return PortraitRefusals.NothingChanged;
        db.AddRange(taken);
        // Which traits, not their values: income and assets stay in the portrait, where rights decide who reads them.
        db.Audit(by, now, "portrait.filled", new AuditSubject("customer", customerId, customerId), after: new { Traits = taken.Select(t => Traits.Find(t.Trait)!.Title) });
        Announce(db, customerId);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    /// <summary>Loads the portrait, made when there is none, and locks its row until the caller's transaction ends.</summary>
    internal static async Task<Portrait> LockAsync(CcdDbContext db, Guid customerId, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync(
            $"insert into portraits (customer_id, held, percent, updated_at) values ({customerId}, '[]', 0, '-infinity') on conflict (customer_id) do nothing", ct);
        await db.Database.ExecuteSqlAsync($"select 1 from portraits where customer_id = {customerId} for update", ct);
        return await db.Portraits.SingleAsync(p => p.CustomerId == customerId, ct);
    }

    internal static void Announce(CcdDbContext db, Guid customerId)
    {
        db.Announce(PortraitTopics.One(customerId));
        db.Announce(PortraitTopics.All);
    }
}
