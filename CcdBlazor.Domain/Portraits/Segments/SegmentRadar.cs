namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>One axis of the radar.</summary>
/// <param name="Title">Chinese.</param>
public sealed record SegmentAxis(string Title);

/// <summary>The few dimensions in which segments differ most, for a radar per segment: 0.5 is everybody's mean, the rim two standard deviations above it.</summary>
/// <param name="Values">By segment, then by axis, 0 to 1.</param>
public sealed record SegmentRadar(IReadOnlyList<SegmentAxis> Axes, IReadOnlyList<IReadOnlyList<double>> Values)
{
    private const int MostAxes = 7;
    private const int MostOfOneColumn = 2;

    /// <summary>Chooses the axes and reads the values.</summary>
    public static SegmentRadar Of(FeatureSpace space, FeatureMatrix data, KMeansFit fit, IReadOnlyDictionary<string, FeatureLabel> labels)
    {
        var dimensions = space.Describe();
        var (sizes, means, _) = SegmentNaming.Means(data, fit);
        var (mean, deviation) = SegmentNaming.Spread(data);
        double Standardised(int segment, int d) => deviation[d] < 1e-6 ? 0 : (means[segment][d] - mean[d]) / deviation[d];
        var between = Enumerable.Range(0, dimensions.Count)
            .Where(d => dimensions[d].Meaning is DimensionMeaning.Number or DimensionMeaning.Value && deviation[d] >= 1e-6)
            .Select(d => (d, Power: Enumerable.Range(0, fit.K).Sum(c => sizes[c] * Standardised(c, d) * Standardised(c, d))))
            .OrderByDescending(p => p.Power).ThenBy(p => p.d);
        var chosen = new List<int>();
        foreach (var (d, _) in between)
            if (chosen.Count < MostAxes && chosen.Count(c => dimensions[c].Encoding == dimensions[d].Encoding) < MostOfOneColumn)
                chosen.Add(d);
        chosen.Sort();
        return new SegmentRadar(
            [.. chosen.Select(d => new SegmentAxis(Title(dimensions[d], labels)))],
            [.. Enumerable.Range(0, fit.K).Select(c => (IReadOnlyList<double>)[.. chosen.Select(d => Math.Clamp(0.5 + (Standardised(c, d) / 4), 0, 1))])]);
    }

    private static string Title(FeatureDimension dimension, IReadOnlyDictionary<string, FeatureLabel> labels)
    {
        var label = labels.GetValueOrDefault(dimension.Encoding.Column.Key) ?? new FeatureLabel(dimension.Encoding.Column.Key);
        return dimension.Meaning == DimensionMeaning.Number ? label.Title : label.Word(dimension.Value!);
    }
}
