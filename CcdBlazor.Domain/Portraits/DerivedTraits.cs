using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits;

/// <summary>A value that nobody wrote into the portrait.</summary>
internal sealed record DerivedValue(string Trait, TraitSource Source, TraitValue Value, DateTimeOffset At);

/// <summary>
/// What the customer's record, confirmed papers and behaviour say. An identity number that passed its check digit tells age and region; the boxes of the record
/// count as confirmed once the file was approved. Behaviour: who uploads through his link is reached online; what is asked for tells interest and value;
/// how fast and how often he answers stands in <see cref="Replies"/>. Payments will be one more source here once there are any.
/// </summary>
internal sealed class DerivedTraits(FieldCipher cipher, ILoanProducts products)
{
    /// <summary>Uploads through a link from which on a customer counts as one who settles things online.</summary>
    private const int OnlineFrom = 3;

    /// <summary>Sums of wanted loans, in CNY, from which on a customer is of a higher class of value.</summary>
    private static readonly (decimal From, string Class)[] ValueClasses = [(3_000_000, "v4"), (1_000_000, "v3"), (300_000, "v2"), (0.01m, "v1")];

    private static readonly HashSet<string> Provinces = [.. Regions.All.Select(r => r.Code)];

    /// <summary>The values of some live customers, for as many as are found.</summary>
    public async Task<IReadOnlyDictionary<Guid, List<DerivedValue>>> OfAsync(CcdDbContext db, IReadOnlyCollection<Guid> customerIds, DateTimeOffset now, CancellationToken ct)
    {
        var customers = await db.Customers.AsNoTracking().Include(c => c.Loans).Where(c => customerIds.Contains(c.Id)).ToListAsync(ct);
        var names = await products.AllAsync(db, ct);
        var uploads = await db.Documents.Where(d => customerIds.Contains(d.CustomerId) && d.UploaderKind == "link").GroupBy(d => d.CustomerId)
            .Select(g => new { g.Key, Count = g.Count(), Last = g.Max(d => d.UploadedAt) }).ToDictionaryAsync(g => g.Key, g => (g.Count, g.Last), ct);
        var replies = await Replies.OfAsync(db, customerIds, now, ct);
        return customers.ToDictionary(c => c.Id, c => (List<DerivedValue>)[.. Of(c, id => names.GetValueOrDefault(id)?.Name, uploads.GetValueOrDefault(c.Id), now), .. Of(replies.GetValueOrDefault(c.Id))]);
    }

    private static IEnumerable<DerivedValue> Of(Replies? replies)
    {
        if (replies is null)
            yield break;
        yield return new(Traits.ReplyRate, TraitSource.Behaviour, TraitValue.Of(replies.Percent), replies.At);
        if (replies.Hours is { } hours)
            yield return new(Traits.ReplyHours, TraitSource.Behaviour, TraitValue.Of(Math.Min(hours, Traits.LongestReplyHours)), replies.At);
    }

    private IEnumerable<DerivedValue> Of(Customer c, Func<Guid, string?> product, (int Count, DateTimeOffset Last) uploads, DateTimeOffset now)
    {
        if (c.Kind == CustomerKind.Person && NumberOf(c, now) is { } number)
        {
            var age = number.AgeOn(DateOnly.FromDateTime(now.UtcDateTime.AddHours(8)));
            if (age is >= 0 and <= 120)
                yield return new(Traits.Age, TraitSource.Document, TraitValue.Of(age), c.UpdatedAt);
            if (number.AreaCode[..2] is var province && Provinces.Contains(province))
                yield return new(Traits.Region, TraitSource.Document, TraitValue.Of(province), c.UpdatedAt);
        }

        var (source, at) = c is { State: CustomerState.Approved, DecidedAt: { } decided } ? (TraitSource.Document, decided) : (TraitSource.Record, c.UpdatedAt);
        var family = c.Facts.Contains(CustomerFacts.Married) ? "married" : c.Facts.Contains(CustomerFacts.Divorced) ? "divorced" : c.Facts.Contains(CustomerFacts.Single) ? "single" : null;
        if (family is not null)
            yield return new(Traits.Family, source, TraitValue.Of(family), at);
        var occupation = c.Facts.Contains(CustomerFacts.SelfEmployed) ? "self_employed" : c.Facts.Contains(CustomerFacts.Salaried) ? "employee" : c.Kind == CustomerKind.Company ? "owner" : null;
        if (occupation is not null)
            yield return new(Traits.Occupation, source, TraitValue.Of(occupation), at);

        var interest = c.Loans.Select(l => product(l.ProductId)).OfType<string>().Select(n => n.Length > Traits.LongestTag ? n[..Traits.LongestTag] : n).ToList();
        if (interest.Count > 0)
            yield return new(Traits.Interest, TraitSource.Behaviour, TraitValue.Of(interest), c.UpdatedAt);
        var wanted = c.Loans.Sum(l => l.Amount);
        if (ValueClasses.FirstOrDefault(v => wanted >= v.From).Class is { } valueClass)
            yield return new(Traits.ValueClass, TraitSource.Behaviour, TraitValue.Of(valueClass), c.UpdatedAt);
        if (uploads.Count >= OnlineFrom)
            yield return new(Traits.Channel, TraitSource.Behaviour, TraitValue.Of("online"), uploads.Last);
    }

    private CitizenNumber? NumberOf(Customer c, DateTimeOffset now)
    {
        if (c.IdentityCipher is null)
            return null;
        var read = CitizenNumber.Parse(cipher.Decrypt(c.IdentityCipher, CustomerService.IdentityContext), DateOnly.FromDateTime(now.UtcDateTime.AddHours(8)));
        return read.Ok ? read.Value : null;
    }
}
