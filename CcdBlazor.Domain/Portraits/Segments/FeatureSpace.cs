using System.Text.Json.Serialization;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// Turns portraits into rows of numbers, always finite: numbers by their robust distance from the median, clipped; categories and tags as
/// weighted indicators; missing numbers stand at the median, and that they are missing is a dimension of its own. Made by
/// <see cref="FeatureSpaceBuilder"/>, stored with the run.
/// </summary>
public sealed class FeatureSpace
{
    /// <summary>Numbers further out than this many usual spreads are brought back to it: one outlier must not own a segment.</summary>
    public const double Clip = 3;

    /// <summary>"Not known" counts half of what a value would.</summary>
    public const double MissingWeight = 0.5;

    private readonly Dictionary<string, int>[] indexes;

    [JsonConstructor]
    public FeatureSpace(IReadOnlyList<FeatureEncoding> encodings)
    {
        Encodings = encodings;
        Dimensions = encodings.Count == 0 ? 0 : encodings[^1].First + encodings[^1].Dimensions;
        indexes = [.. encodings.Select(e => e.Values.Select((value, i) => (value, i)).ToDictionary(v => v.value, v => v.i, StringComparer.Ordinal))];
    }

    public IReadOnlyList<FeatureEncoding> Encodings { get; }

    /// <summary>Width of a row.</summary>
    [JsonIgnore]
    public int Dimensions { get; }

    /// <summary>What each dimension stands for.</summary>
    public IReadOnlyList<FeatureDimension> Describe()
    {
        var all = new List<FeatureDimension>(Dimensions);
        foreach (var encoding in Encodings)
        {
            if (encoding.Column.Kind == FeatureKind.Number)
                all.Add(new(encoding, DimensionMeaning.Number, null));
            all.AddRange(encoding.Values.Select(value => new FeatureDimension(encoding, DimensionMeaning.Value, value)));
            if (encoding.HasOther)
                all.Add(new(encoding, DimensionMeaning.Other, null));
            if (encoding.HasMissing)
                all.Add(new(encoding, DimensionMeaning.Missing, null));
        }

        return all;
    }

    /// <summary>Writes the row of a customer; every value is finite, whatever the portrait holds.</summary>
    public void Encode(FeatureRow row, Span<float> into)
    {
        into[..Dimensions].Clear();
        var (number, category, tags) = (0, 0, 0);
        for (var e = 0; e < Encodings.Count; e++)
        {
            var encoding = Encodings[e];
            var target = into.Slice(encoding.First, encoding.Dimensions);
            switch (encoding.Column.Kind)
            {
                case FeatureKind.Number:
                    Number(encoding, row.Numbers[number++], target);
                    break;
                case FeatureKind.Category:
                    Category(encoding, indexes[e], row.Categories[category++], target);
                    break;
                case FeatureKind.Tags:
                    Tags(encoding, indexes[e], row.Tags[tags++], target);
                    break;
            }
        }
    }

    /// <summary>A number of the matrix back in its own unit.</summary>
    public static double Unscale(FeatureEncoding encoding, double value) =>
        encoding.Column.Weight == 0 ? encoding.Centre : encoding.Centre + (value / encoding.Column.Weight * encoding.Scale);

    /// <summary>The size of the indicator of a category: two customers of different categories are then one weight apart.</summary>
    internal static float Indicator(FeatureEncoding encoding) => (float)(encoding.Column.Weight / Math.Sqrt(2));

    private static void Number(FeatureEncoding encoding, double? value, Span<float> target)
    {
        if (value is { } known && double.IsFinite(known))
            target[0] = encoding.Scale > 0 ? (float)(Math.Clamp((known - encoding.Centre) / encoding.Scale, -Clip, Clip) * encoding.Column.Weight) : 0;
        else if (encoding.HasMissing)
            target[^1] = (float)(encoding.Column.Weight * MissingWeight);
    }

    private static void Category(FeatureEncoding encoding, Dictionary<string, int> index, string? value, Span<float> target)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            if (encoding.HasMissing)
                target[^1] = (float)(encoding.Column.Weight * MissingWeight / Math.Sqrt(2));
            return;
        }

        if (index.TryGetValue(value, out var at))
            target[at] = Indicator(encoding);
        else if (encoding.HasOther)
            target[encoding.Values.Count] = Indicator(encoding);
    }

    /// <summary>The tags of a customer share one weight, so that a portrait of 500 tags lies no further out than one of five.</summary>
    private static void Tags(FeatureEncoding encoding, Dictionary<string, int> index, IReadOnlyCollection<string> tags, Span<float> target)
    {
        var found = 0;
        foreach (var tag in tags)
            if (index.TryGetValue(tag, out var at) && target[at] == 0)
            {
                target[at] = 1;
                found++;
            }

        if (found > 0)
        {
            var each = (float)(encoding.Column.Weight / Math.Sqrt(found));
            for (var i = 0; i < encoding.Values.Count; i++)
                target[i] *= each;
        }
        else if (tags.Count == 0 && encoding.HasMissing)
            target[^1] = (float)(encoding.Column.Weight * MissingWeight);
    }
}
