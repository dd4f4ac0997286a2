namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>Traits as columns of the feature space, and portraits as its rows.</summary>
public static class SegmentFeatures
{
    /// <summary>Every trait, weight 1.</summary>
    public static IReadOnlyList<FeatureColumn> All { get; } = [.. Traits.All.Select(t => new FeatureColumn(t.Code, KindOf(t.Kind)))];

    /// <summary>Titles, units and words of the traits.</summary>
    public static IReadOnlyDictionary<string, FeatureLabel> Labels { get; } = Traits.All.ToDictionary(
        t => t.Code, t => new FeatureLabel(t.Title, t.Unit ?? "", t.Choices.ToDictionary(c => c.Code, c => c.Label)));

    /// <summary>The row of a portrait; none when it knows nothing of the columns.</summary>
    public static FeatureRow? RowOf(IReadOnlyList<FeatureColumn> columns, PortraitVector vector)
    {
        var numbers = new List<double?>();
        var categories = new List<string?>();
        var tags = new List<IReadOnlyCollection<string>>();
        var known = false;
        foreach (var column in columns)
            switch (column.Kind)
            {
                case FeatureKind.Number:
                    var has = vector.Numbers.TryGetValue(column.Key, out var number);
                    numbers.Add(has ? number : null);
                    known |= has;
                    break;
                case FeatureKind.Category:
                    categories.Add(vector.Categories.GetValueOrDefault(column.Key));
                    known |= categories[^1] is not null;
                    break;
                case FeatureKind.Tags:
                    tags.Add([.. vector.TagsOf(column.Key)]);
                    known |= tags[^1].Count > 0;
                    break;
            }

        return known ? new FeatureRow(vector.CustomerId, numbers, categories, tags) : null;
    }

    private static FeatureKind KindOf(TraitKind kind) => kind switch
    {
        TraitKind.Number => FeatureKind.Number,
        TraitKind.Category => FeatureKind.Category,
        TraitKind.Tags => FeatureKind.Tags,
    };
}
