namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>What a column of a portrait holds.</summary>
public enum FeatureKind
{
    /// <summary>A number (income, age, replies a month); scaled by median and quartiles, clipped.</summary>
    Number,
    /// <summary>One value of several (region, occupation).</summary>
    Category,
    /// <summary>Any number of values (needs, hobbies).</summary>
    Tags,
}

/// <summary>A column that takes part in the clustering.</summary>
/// <param name="Key">Stable key of the portrait field.</param>
/// <param name="Weight">1: a difference of one usual spread, or of the category, counts 1. 0 leaves the column out.</param>
public sealed record FeatureColumn(string Key, FeatureKind Kind, double Weight = 1);

/// <summary>
/// The portrait of one customer as input: values by kind, in the order in which the columns of that kind are listed. A number that is
/// missing, NaN or infinite counts as missing; so does an empty category.
/// </summary>
public sealed record FeatureRow(Guid Id, IReadOnlyList<double?> Numbers, IReadOnlyList<string?> Categories, IReadOnlyList<IReadOnlyCollection<string>> Tags);

/// <summary>How the values of one column become dimensions. Serialisable: a customer who comes later is placed with the space of the run.</summary>
/// <param name="Centre">Median of a number.</param>
/// <param name="Scale">Usual spread of a number (quartile distance ÷ 1.349, else the standard deviation); 0: all alike, the column says nothing.</param>
/// <param name="Values">The values that have a dimension of their own, most frequent first.</param>
/// <param name="HasOther">A category has a dimension for all rarer values.</param>
/// <param name="HasMissing">There is a dimension for "not known".</param>
/// <param name="First">Index of the first dimension.</param>
public sealed record FeatureEncoding(
    FeatureColumn Column, double Centre, double Scale, IReadOnlyList<string> Values, bool HasOther, bool HasMissing, int First)
{
    /// <summary>Number of dimensions.</summary>
    public int Dimensions => (Column.Kind == FeatureKind.Number ? 1 : Values.Count + (HasOther ? 1 : 0)) + (HasMissing ? 1 : 0);
}

/// <summary>What one dimension of the matrix stands for.</summary>
public enum DimensionMeaning
{
    /// <summary>The scaled number.</summary>
    Number,
    /// <summary>The customer has this value.</summary>
    Value,
    /// <summary>The customer has a value that is too rare for a dimension of its own.</summary>
    Other,
    /// <summary>The value is not known.</summary>
    Missing,
}

/// <summary>One dimension of the matrix.</summary>
public readonly record struct FeatureDimension(FeatureEncoding Encoding, DimensionMeaning Meaning, string? Value);
