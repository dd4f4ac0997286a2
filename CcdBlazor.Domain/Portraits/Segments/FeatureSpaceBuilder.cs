namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>
/// Looks at every portrait once, in any number, and settles the space: medians and spreads over a fixed-size sample per number, the most
/// frequent values per category and tag column. Memory is bounded whatever the portraits hold. Deterministic for the order of rows.
/// </summary>
public sealed class FeatureSpaceBuilder(IReadOnlyList<FeatureColumn> columns)
{
    /// <summary>Categories with a dimension of their own, per column.</summary>
    public const int MostCategories = 20;

    /// <summary>Tags with a dimension of their own, per column; rarer ones do not take part.</summary>
    public const int MostTags = 30;

    /// <summary>A value of fewer customers than this share gets no dimension (but at least two customers are asked for).</summary>
    public const double LeastShare = 0.002;

    private const int SampleSize = 50_000;
    private const int MostDistinct = 20_000;

    private readonly Tally[] tallies = [.. columns.Where(c => c.Weight > 0).Select(c => new Tally(c))];
    private readonly bool[] taken = [.. columns.Select(c => c.Weight > 0)];
    private long rows;

    /// <summary>Takes notice of a portrait.</summary>
    public void Observe(FeatureRow row)
    {
        rows++;
        var (number, category, tags, next) = (0, 0, 0, 0);
        for (var c = 0; c < columns.Count; c++)
        {
            var tally = taken[c] ? tallies[next++] : null;
            switch (columns[c].Kind)
            {
                case FeatureKind.Number:
                    tally?.Number(row.Numbers[number]);
                    number++;
                    break;
                case FeatureKind.Category:
                    tally?.Category(row.Categories[category]);
                    category++;
                    break;
                case FeatureKind.Tags:
                    tally?.Tags(row.Tags[tags]);
                    tags++;
                    break;
            }
        }
    }

    /// <summary>The space; columns with the weight 0 are in it without a dimension that could differ.</summary>
    public FeatureSpace Build()
    {
        var encodings = new List<FeatureEncoding>(columns.Count);
        var (first, next) = (0, 0);
        for (var c = 0; c < columns.Count; c++)
        {
            var encoding = taken[c] ? tallies[next++].Settle(rows, first) : new FeatureEncoding(columns[c], 0, 0, [], false, false, first);
            encodings.Add(encoding);
            first += encoding.Dimensions;
        }

        return new FeatureSpace(encodings);
    }

    /// <summary>Both passes over rows in memory.</summary>
    public static (FeatureSpace Space, FeatureMatrix Matrix) Encode(IReadOnlyList<FeatureColumn> columns, IReadOnlyList<FeatureRow> rows)
    {
        var builder = new FeatureSpaceBuilder(columns);
        foreach (var row in rows)
            builder.Observe(row);
        var space = builder.Build();
        var values = new float[rows.Count * space.Dimensions];
        for (var i = 0; i < rows.Count; i++)
            space.Encode(rows[i], values.AsSpan(i * space.Dimensions, space.Dimensions));
        return (space, new FeatureMatrix(rows.Count, space.Dimensions, values));
    }

    private sealed class Tally(FeatureColumn column)
    {
        private readonly List<double> sample = [];
        private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
        private readonly HashSet<string> once = new(StringComparer.Ordinal);
        private SegmentRandom random = new(0x5EED);
        private long known;
        private long missing;

        public void Number(double? value)
        {
            if (value is not { } number || !double.IsFinite(number))
            {
                missing++;
                return;
            }

            known++;
            if (sample.Count < SampleSize)
                sample.Add(number);
            else if ((random.Next() % (ulong)known) is var at && at < SampleSize)
                sample[(int)at] = number;
        }

        public void Category(string? value)
        {
            if (string.IsNullOrWhiteSpace(value))
                missing++;
            else
                Count(value);
        }

        public void Tags(IReadOnlyCollection<string> tags)
        {
            if (tags.Count == 0)
                missing++;
            once.Clear();
            foreach (var tag in tags)
                if (once.Add(tag))
                    Count(tag);
        }

        public FeatureEncoding Settle(long rows, int first)
        {
            // "Not known" says something only when it holds for some and not for all.
            var hasMissing = missing > 0 && missing < rows;
            if (column.Kind == FeatureKind.Number)
            {
                var (centre, scale) = Spread();
                return new FeatureEncoding(column, centre, scale, [], false, hasMissing, first);
            }

            var most = column.Kind == FeatureKind.Category ? MostCategories : MostTags;
            var least = Math.Min(Math.Max(2, (long)(rows * LeastShare)), Math.Max(1, rows));
            var frequent = counts.Where(v => v.Value >= least).OrderByDescending(v => v.Value).ThenBy(v => v.Key, StringComparer.Ordinal).Take(most).Select(v => v.Key).ToList();
            return new FeatureEncoding(column, 0, 0, frequent, column.Kind == FeatureKind.Category && counts.Count > frequent.Count, hasMissing, first);
        }

        private void Count(string value)
        {
            if (counts.TryGetValue(value, out var count))
                counts[value] = count + 1;
            else if (counts.Count < MostDistinct)
                counts[value] = 1;
        }

        private (double Centre, double Scale) Spread()
        {
            if (sample.Count == 0)
                return (0, 0);
            sample.Sort();
            var centre = Quantile(0.5);
            var scale = (Quantile(0.75) - Quantile(0.25)) / 1.349;
            if (scale <= 0)
            {
                // More than half are alike: the spread of all, with the extremes brought in.
                var (low, high) = (Quantile(0.01), Quantile(0.99));
                var held = sample.Select(v => Math.Clamp(v, low, high)).ToList();
                var mean = held.Average();
                scale = Math.Sqrt(held.Average(v => (v - mean) * (v - mean)));
            }

            return (centre, double.IsFinite(scale) ? scale : 0);
        }

        private double Quantile(double share)
        {
            var at = share * (sample.Count - 1);
            var low = (int)at;
            var high = Math.Min(low + 1, sample.Count - 1);
            return sample[low] + ((at - low) * (sample[high] - sample[low]));
        }
    }
}
