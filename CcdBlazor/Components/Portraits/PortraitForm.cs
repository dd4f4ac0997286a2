using CcdBlazor.Domain.Portraits;

namespace CcdBlazor.Components.Portraits;

/// <summary>What somebody is writing into a portrait, and what of it differs from the start.</summary>
public sealed class PortraitForm
{
    private readonly Dictionary<string, Field> fields = [];
    private readonly PortraitCard card;

    public PortraitForm(PortraitCard card)
    {
        this.card = card;
        foreach (var row in card.Traits.Where(t => !t.Trait.Derived))
        {
            // What people wrote comes first; a conclusion of the program is only a proposal that is saved when somebody changes it.
            var start = row.Others.Prepend(row.Counts).FirstOrDefault(v => v?.Source is TraitSource.Form or TraitSource.Customer) ?? row.Counts;
            var text = start?.Value.Number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? start?.Value.Category ?? "";
            fields[row.Trait.Code] = new Field { Text = text, Tags = [.. start?.Value.Tags ?? []], StartText = text, StartTags = [.. start?.Value.Tags ?? []] };
        }
    }

    public Field this[string trait] => fields[trait];

    /// <summary>Only what was changed.</summary>
    public PortraitDraft Draft() => new(
        [
            .. card.Traits.Where(row => !row.Trait.Derived).Select(row => (row.Trait, Field: fields[row.Trait.Code])).Where(t => t.Field.Changed)
                .Select(t => new TraitInput(t.Trait.Code, t.Trait.Kind == TraitKind.Tags ? null : t.Field.Text, t.Trait.Kind == TraitKind.Tags ? t.Field.Tags : null)),
        ],
        card.ReadAt);

    /// <summary>One trait in the form.</summary>
    public sealed class Field
    {
        public string Text { get; set; } = "";

        public List<string> Tags { get; set; } = [];

        public required string StartText { get; init; }

        public required IReadOnlyList<string> StartTags { get; init; }

        public bool Changed => Text.Trim() != StartText || !Tags.ToHashSet().SetEquals(StartTags);
    }
}
