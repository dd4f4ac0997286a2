using System.Globalization;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>How a portrait field is called and written on screen; given by the caller.</summary>
/// <param name="Title">Chinese, short: 月收入.</param>
/// <param name="Unit">Written after a figure: 元, 岁.</param>
/// <param name="Values">Words for stored values; a value that is not in it is shown as it is.</param>
public sealed record FeatureLabel(string Title, string Unit = "", IReadOnlyDictionary<string, string>? Values = null)
{
    /// <summary>The word for a stored value.</summary>
    public string Word(string value) => Values?.GetValueOrDefault(value) ?? value;
}

/// <summary>One thing that sets a segment apart.</summary>
/// <param name="Difference">Standardised: distance of the segment's mean from the mean of all, in standard deviations.</param>
/// <param name="Here">The figure in the segment: a mean in its own unit (outliers brought in, as the clustering sees them), or a share 0 to 1.</param>
/// <param name="Overall">The same over everybody.</param>
/// <param name="Short">Chinese, for a name: 月收入高.</param>
/// <param name="Text">Chinese, with the figures: 月收入高（平均约 25,000元，全体 12,000元）.</param>
public sealed record SegmentTrait(string Key, string? Value, double Difference, double Here, double Overall, string Short, string Text);

/// <summary>The name of a segment and what it rests on, the most telling first.</summary>
public sealed record SegmentName(string Name, IReadOnlyList<SegmentTrait> Traits);

/// <summary>Names segments by what sets them apart.</summary>
public static class SegmentNaming
{
    /// <summary>Weaker differences are not worth a word.</summary>
    public const double LeastDifference = 0.25;

    private const int MostTraits = 6;
    private const int NameTraits = 2;
    private static readonly NumberFormatInfo Figures = CultureInfo.InvariantCulture.NumberFormat;

    /// <summary>Names by segment. Equal names are told apart by a further trait, then by a number.</summary>
    public static IReadOnlyList<SegmentName> Name(FeatureSpace space, FeatureMatrix data, KMeansFit fit, IReadOnlyDictionary<string, FeatureLabel> labels)
    {
        var dimensions = space.Describe();
        var (sizes, means, have) = Means(data, fit);
        var all = Enumerable.Range(0, data.Columns).Select(d => have.Sum(h => h[d])).ToArray();
        var (mean, deviation) = Spread(data);
        var traits = new List<SegmentTrait>[fit.K];
        for (var segment = 0; segment < fit.K; segment++)
        {
            traits[segment] = [];
            for (var d = 0; d < dimensions.Count; d++)
            {
                if (dimensions[d].Meaning == DimensionMeaning.Other || deviation[d] < 1e-6)
                    continue;
                var difference = (means[segment][d] - mean[d]) / deviation[d];
                if (Math.Abs(difference) >= LeastDifference)
                    traits[segment].Add(Trait(
                        dimensions[d], difference, FigureOf(dimensions[d], means[segment][d], have[segment][d], sizes[segment]),
                        FigureOf(dimensions[d], mean[d], all[d], data.Rows), labels));
            }

            // What a segment has says more than what it lacks; "not known" says least.
            traits[segment] = [.. traits[segment].OrderByDescending(t => Math.Abs(t.Difference) * Telling(t)).ThenBy(t => t.Key, StringComparer.Ordinal).ThenBy(t => t.Value, StringComparer.Ordinal).Take(MostTraits)];
        }

        return Distinct(traits);
    }

    private static double Telling(SegmentTrait trait) => trait.Value switch
    {
        null => 1,
        "" => 0.4,
        _ => trait.Difference < 0 ? 0.5 : 1,
    };

    private static List<SegmentName> Distinct(List<SegmentTrait>[] traits)
    {
        var names = new List<SegmentName>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var of in traits)
        {
            var words = of.Select(t => t.Short).Distinct().ToList();
            var take = Math.Min(NameTraits, words.Count);
            var name = words.Count == 0 ? "普通客户" : string.Join('·', words.Take(take));
            while (used.Contains(name) && take < words.Count)
                name = string.Join('·', words.Take(++take));
            var numbered = name;
            for (var i = 2; !used.Add(numbered); i++)
                numbered = string.Create(Figures, $"{name}（{i}）");
            names.Add(new(numbered, of));
        }

        return names;
    }

    private static SegmentTrait Trait(
        FeatureDimension dimension, double difference, double here, double overall, IReadOnlyDictionary<string, FeatureLabel> labels)
    {
        var key = dimension.Encoding.Column.Key;
        var label = labels.GetValueOrDefault(key) ?? new FeatureLabel(key);
        var (title, what) = dimension.Meaning switch
        {
            DimensionMeaning.Number => (label.Title + (difference > 0 ? "高" : "低"), null),
            DimensionMeaning.Value => ((difference > 0 ? "" : "少") + label.Word(dimension.Value!), dimension.Value),
            DimensionMeaning.Other => (label.Title + "其他", null),
            DimensionMeaning.Missing => (label.Title + (difference > 0 ? "未知" : "已知"), ""),
        };
        var text = dimension.Meaning == DimensionMeaning.Number
            ? string.Create(Figures, $"{title}（平均约 {Figure(here)}{label.Unit}，全体 {Figure(overall)}{label.Unit}）")
            : string.Create(Figures, $"{label.Title}：{(dimension.Meaning == DimensionMeaning.Value ? label.Word(dimension.Value!) : "未知")}占 {here * 100:0.#}%（全体 {overall * 100:0.#}%）");
        return new SegmentTrait(key, what, difference, here, overall, title, text);
    }

    private static string Figure(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "#,0", >= 10 => "0.#", _ => "0.##" }, Figures);

    /// <summary>A mean in its own unit, or the share of rows that have the value.</summary>
    private static double FigureOf(FeatureDimension dimension, double mean, double have, double rows) =>
        dimension.Meaning == DimensionMeaning.Number ? FeatureSpace.Unscale(dimension.Encoding, mean) : have / Math.Max(1, rows);

    /// <summary>By segment: rows, means, and how many rows have a value at all in a dimension.</summary>
    internal static (int[] Sizes, double[][] Means, int[][] Have) Means(FeatureMatrix data, KMeansFit fit)
    {
        var sizes = new int[fit.K];
        var means = Enumerable.Range(0, fit.K).Select(_ => new double[data.Columns]).ToArray();
        var have = Enumerable.Range(0, fit.K).Select(_ => new int[data.Columns]).ToArray();
        for (var i = 0; i < data.Rows; i++)
        {
            var row = data.Row(i);
            var (mean, some) = (means[fit.Labels[i]], have[fit.Labels[i]]);
            sizes[fit.Labels[i]]++;
            for (var d = 0; d < row.Length; d++)
            {
                mean[d] += row[d];
                if (row[d] != 0)
                    some[d]++;
            }
        }

        for (var c = 0; c < fit.K; c++)
            for (var d = 0; d < data.Columns; d++)
                means[c][d] /= Math.Max(1, sizes[c]);
        return (sizes, means, have);
    }

    internal static (double[] Mean, double[] Deviation) Spread(FeatureMatrix data)
    {
        var (mean, squares) = (new double[data.Columns], new double[data.Columns]);
        for (var i = 0; i < data.Rows; i++)
            for (var d = 0; d < data.Columns; d++)
            {
                double value = data.Row(i)[d];
                mean[d] += value / data.Rows;
                squares[d] += value * value / data.Rows;
            }

        return (mean, [.. squares.Select((s, d) => Math.Sqrt(Math.Max(0, s - (mean[d] * mean[d]))))]);
    }
}
