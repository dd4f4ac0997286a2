using System.Globalization;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits;

/// <summary>Where a value comes from. The names are stored.</summary>
public enum TraitSource
{
    /// <summary>Concluded from what the customer does (uploads, amounts).</summary>
    Behaviour,
    /// <summary>Ticked in the customer's record, and not confirmed by a decision on the file.</summary>
    Record,
    /// <summary>Written by a colleague.</summary>
    Form,
    /// <summary>Written by the customer.</summary>
    Customer,
    /// <summary>Read from a confirmed paper or number.</summary>
    Document,
}

/// <summary>A value of a trait: exactly one of the three is set, by the trait's kind.</summary>
public sealed record TraitValue
{
    public double? Number { get; init; }

    public string? Category { get; init; }

    /// <summary>In their one form (trimmed, no doubles), sorted.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    public static TraitValue Of(double number) => new() { Number = number };

    public static TraitValue Of(string category) => new() { Category = category };

    public static TraitValue Of(IEnumerable<string> tags) => new() { Tags = [.. TidyTags(tags)] };

    public bool Says(TraitValue? other) =>
        other is not null && Number.Equals(other.Number) && Category == other.Category
        && (Tags is null ? other.Tags is null : other.Tags is not null && Tags.SequenceEqual(other.Tags, StringComparer.Ordinal));

    /// <summary>As people read it.</summary>
    public string Words(Trait trait) => this switch
    {
        { Number: { } n } => $"{n.ToString("#,0.##", CultureInfo.InvariantCulture)} {trait.Unit}".TrimEnd(),
        { Category: { } code } => trait.LabelOf(code),
        { Tags: { } tags } => string.Join("、", tags.Select(trait.LabelOf)),
        _ => "",
    };

    /// <summary>
    /// Reads what somebody typed; none when it is blank. Refuses what is no number (NaN and infinity included), numbers outside the trait's bounds, unknown
    /// choices, more than <see cref="Traits.MostTags"/> tags, and tags longer than <see cref="Traits.LongestTag"/>.
    /// </summary>
    public static Result<TraitValue?> Read(Trait trait, string? text, IReadOnlyCollection<string>? tags)
    {
        switch (trait.Kind)
        {
            case TraitKind.Number:
                var folded = (text ?? "").Normalize(System.Text.NormalizationForm.FormKC).Replace(",", "", StringComparison.Ordinal).Trim();
                if (folded.Length == 0)
                    return (TraitValue?)null;
                if (folded.Length > 30 || !double.TryParse(folded, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                    return PortraitRefusals.NumberUnreadable(trait);
                return Check(trait, Of(number)) is { } wrong ? wrong : Of(number);
            case TraitKind.Category:
                if (string.IsNullOrWhiteSpace(text))
                    return (TraitValue?)null;
                return Check(trait, Of(text.Trim())) is { } unknown ? unknown : Of(text.Trim());
            case TraitKind.Tags:
                if ((tags?.Count ?? 0) > Traits.MostTags * 20)
                    return PortraitRefusals.TooManyTags(trait, tags!.Count);
                var read = Of(tags ?? []);
                if (read.Tags!.Count == 0)
                    return (TraitValue?)null;
                return Check(trait, read) is { } problem ? problem : read;
            default:
                throw new ArgumentOutOfRangeException(nameof(trait), trait.Kind, null);
        }
    }

    /// <summary>What is wrong with a value, whoever brings it; none when it may be stored.</summary>
    public static Refusal? Check(Trait trait, TraitValue value)
    {
        switch (trait.Kind)
        {
            case TraitKind.Number:
                if (value.Number is not { } number || !double.IsFinite(number))
                    return PortraitRefusals.NumberUnreadable(trait);
                return number < trait.Bounds.Least || number > trait.Bounds.Most ? PortraitRefusals.OutOfBounds(trait) : null;
            case TraitKind.Category:
                return value.Category is { } code && trait.Choices.Any(c => c.Code == code) ? null : PortraitRefusals.ChoiceUnknown(trait);
            case TraitKind.Tags:
                if (value.Tags is not { Count: > 0 } tags)
                    return PortraitRefusals.ChoiceUnknown(trait);
                if (tags.Count > Traits.MostTags)
                    return PortraitRefusals.TooManyTags(trait, tags.Count);
                if (trait.Choices.Count > 0)
                    return tags.All(t => trait.Choices.Any(c => c.Code == t)) ? null : PortraitRefusals.ChoiceUnknown(trait);
                return tags.All(t => t.Length <= Traits.LongestTag && !t.Any(char.IsControl)) ? null : PortraitRefusals.TagTooLong(trait);
            default:
                throw new ArgumentOutOfRangeException(nameof(trait), trait.Kind, null);
        }
    }

    /// <summary>Tags in their one form: trimmed, inner spaces folded, no doubles whatever the case, in a fixed order.</summary>
    public static IEnumerable<string> TidyTags(IEnumerable<string> tags) => tags
        .Select(t => string.Join(' ', t.Normalize(System.Text.NormalizationForm.FormKC).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        .Where(t => t.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal);
}
