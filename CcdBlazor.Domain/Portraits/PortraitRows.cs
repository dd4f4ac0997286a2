namespace CcdBlazor.Domain.Portraits;

/// <summary>One trait of a portrait as the card shows it.</summary>
/// <param name="Counts">The value that counts; none when nobody said anything.</param>
/// <param name="Others">What other sources say, the stronger first.</param>
/// <param name="HasPast">Somebody gave it or took it back once, so there is something to look up.</param>
public sealed record PortraitTraitRow(Trait Trait, HeldValue? Counts, IReadOnlyList<HeldValue> Others, bool HasPast)
{
    public string? Words => Counts?.Value.Words(Trait);
}

/// <summary>A customer's portrait for one reader.</summary>
/// <param name="Percent">Share of traits that have a value.</param>
/// <param name="ReadAt">To be handed back when saving: values that others gave later are not overwritten silently.</param>
public sealed record PortraitCard(Guid CustomerId, int Percent, IReadOnlyList<PortraitTraitRow> Traits, DateTimeOffset? UpdatedAt, DateTimeOffset ReadAt, bool MayEdit);

/// <summary>A value that was given or taken back.</summary>
/// <param name="Words">None when it was taken back.</param>
public sealed record PortraitHistoryRow(string Trait, TraitSource Source, string? Words, DateTimeOffset At, string ByName);

/// <summary>What a form holds about one trait.</summary>
/// <param name="Text">Number or code of a choice; blank takes the value back.</param>
/// <param name="Tags">Of a trait with tags; empty takes the value back.</param>
public sealed record TraitInput(string Trait, string? Text = null, IReadOnlyList<string>? Tags = null);

/// <summary>Changed traits of a form.</summary>
/// <param name="ReadAt">Of the card that the form started from.</param>
public sealed record PortraitDraft(IReadOnlyList<TraitInput> Traits, DateTimeOffset ReadAt);

/// <summary>
/// A customer as numbers, categories and tags: what segments are made of and scores are reckoned from. Only values that count; a trait without a value
/// is missing. Keys are the codes of <see cref="Traits"/>.
/// </summary>
public sealed record PortraitVector(
    Guid CustomerId, IReadOnlyDictionary<string, double> Numbers, IReadOnlyDictionary<string, string> Categories, IReadOnlyDictionary<string, IReadOnlyList<string>> Tags)
{
    public static readonly PortraitVector Nobody = new(Guid.Empty, new Dictionary<string, double>(), new Dictionary<string, string>(), new Dictionary<string, IReadOnlyList<string>>());

    public IReadOnlyList<string> TagsOf(string trait) => Tags.GetValueOrDefault(trait) ?? [];

    internal static PortraitVector Of(Guid customerId, IReadOnlyList<HeldValue> held)
    {
        var numbers = new Dictionary<string, double>();
        var categories = new Dictionary<string, string>();
        var tags = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var trait in Traits.All)
        {
            if (PortraitPrecedence.Winner(held, trait.Code)?.Value is not { } value)
                continue;
            if (value.Number is { } n && double.IsFinite(n))
                numbers[trait.Code] = n;
            else if (value.Category is { } c)
                categories[trait.Code] = c;
            else if (value.Tags is { } t)
                tags[trait.Code] = t;
        }

        return new PortraitVector(customerId, numbers, categories, tags);
    }
}

/// <summary>What pages listen to.</summary>
public static class PortraitTopics
{
    /// <summary>Any portrait changed.</summary>
    public const string All = "portraits";

    /// <summary>A manager's profile, or the list of conflicts.</summary>
    public const string Managers = "managers";

    /// <summary>A run of an assignment began, went on or ended.</summary>
    public const string Assignments = "assignments";

    public static string One(Guid customerId) => $"portrait:{customerId}";

    public static string Assignment(Guid runId) => $"assignment:{runId}";
}
