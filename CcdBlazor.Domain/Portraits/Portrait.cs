using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits;

/// <summary>The newest value of a trait from one source, with who gave it and when.</summary>
public sealed record HeldValue(string Trait, TraitSource Source, TraitValue Value, DateTimeOffset At, Guid? ById, string ByName);

/// <summary>
/// A customer's portrait: per trait the newest value of each source, of which <see cref="PortraitPrecedence"/> chooses the one that counts. Every value that
/// was ever given stands in <see cref="PortraitEntry"/>. One row, so that a million portraits are one sequential read.
/// </summary>
internal sealed class Portrait
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter() },
    };

    private List<HeldValue>? held;

    public required Guid CustomerId { get; init; }

    /// <summary>The held values as JSON.</summary>
    public string Held { get; private set; } = "[]";

    /// <summary>Share of the traits that somebody can fill that have a value, 0..100.</summary>
    public short Percent { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>When the values of record, documents and behaviour were last concluded.</summary>
    public DateTimeOffset? DerivedAt { get; private set; }

    public uint Version { get; private set; }

    public IReadOnlyList<HeldValue> Values => held ??= Read(Held);

    public static List<HeldValue> Read(string json) => JsonSerializer.Deserialize<List<HeldValue>>(json, Json) ?? [];

    /// <summary>
    /// Takes a value, or takes it back when it is none. The answer is the entry for the history; none when the same source said the same already.
    /// </summary>
    public PortraitEntry? Take(Trait trait, TraitSource source, TraitValue? value, Actor by, DateTimeOffset now)
    {
        var before = Values.FirstOrDefault(v => v.Trait == trait.Code && v.Source == source);
        if (value is null ? before is null : value.Says(before?.Value))
            return null;
        held!.Remove(before!);
        if (value is not null)
            held.Add(new HeldValue(trait.Code, source, value, now, by.Id, by.DisplayName));
        Held = JsonSerializer.Serialize(held, Json);
        Percent = (short)(Traits.Fillable.Count(t => held.Exists(v => v.Trait == t.Code)) * 100 / Traits.Fillable.Count);
        UpdatedAt = now;
        return new PortraitEntry
        {
            CustomerId = CustomerId, Trait = trait.Code, Source = source, Value = value is null ? null : JsonSerializer.Serialize(value, Json), At = now, ById = by.Id, ByName = by.DisplayName,
        };
    }

    public void Derived(DateTimeOffset now)
    {
        DerivedAt = now;
        if (UpdatedAt == default)
            UpdatedAt = now;
    }

    internal static TraitValue? ReadValue(string? json) => json is null ? null : JsonSerializer.Deserialize<TraitValue>(json, Json);
}

/// <summary>A value that was given or taken back; never changed.</summary>
internal sealed class PortraitEntry
{
    public long Id { get; private init; }

    public required Guid CustomerId { get; init; }

    public required string Trait { get; init; }

    public required TraitSource Source { get; init; }

    /// <summary>JSON of a <see cref="TraitValue"/>; none when it was taken back.</summary>
    public required string? Value { get; init; }

    public required DateTimeOffset At { get; init; }

    public Guid? ById { get; init; }

    public required string ByName { get; init; }
}

/// <summary>
/// Which of several values counts: a confirmed document over what a person wrote, that over the boxes of the customer's record, that over conclusions from
/// behaviour. Colleague and customer are equals; between equals the newer one counts.
/// </summary>
public static class PortraitPrecedence
{
    public static int RankOf(TraitSource source) => source switch
    {
        TraitSource.Document => 3,
        TraitSource.Form or TraitSource.Customer => 2,
        TraitSource.Record => 1,
        TraitSource.Behaviour => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, null),
    };

    public static IEnumerable<HeldValue> Order(IEnumerable<HeldValue> values) => values.OrderByDescending(v => RankOf(v.Source)).ThenByDescending(v => v.At);

    /// <summary>The value of a trait that counts.</summary>
    public static HeldValue? Winner(IEnumerable<HeldValue> values, string trait)
    {
        HeldValue? best = null;
        foreach (var v in values)
            if (v.Trait == trait && (best is null || (RankOf(v.Source), v.At).CompareTo((RankOf(best.Source), best.At)) > 0))
                best = v;
        return best;
    }
}
