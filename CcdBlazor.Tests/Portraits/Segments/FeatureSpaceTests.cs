using System.Text.Json;
using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

public class FeatureSpaceTests
{
    private static readonly FeatureColumn[] Columns =
        [new("income", FeatureKind.Number), new("region", FeatureKind.Category, 2), new("needs", FeatureKind.Tags)];

    [Fact]
    public void Numbers_are_scaled_by_their_usual_spread_and_outliers_are_clipped()
    {
        var rows = Enumerable.Range(0, 101).Select(i => Row(i * 100)).Append(Row(1e15)).Append(Row(-1e300)).ToList();
        var (space, matrix) = FeatureSpaceBuilder.Encode([Columns[0]], [.. rows.Select(r => r with { Categories = [], Tags = [] })]);
        Assert.Equal(5_000, space.Encodings[0].Centre, 1);
        Assert.Equal(0, matrix.Row(50)[0], 0.02);
        Assert.Equal((float)FeatureSpace.Clip, matrix.Row(101)[0]);
        Assert.Equal(-(float)FeatureSpace.Clip, matrix.Row(102)[0]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void A_missing_number_stands_at_the_median_and_says_so(double? missing)
    {
        var (space, matrix) = FeatureSpaceBuilder.Encode(Columns, [Row(1), Row(2), Row(3), Row(missing)]);
        Assert.True(space.Encodings[0].HasMissing);
        Assert.Equal([0f, (float)FeatureSpace.MissingWeight], matrix.Row(3)[..2].ToArray());
        Assert.Equal(0, matrix.Row(1)[1]);
        Assert.All(matrix.Values, v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Customers_of_different_categories_are_one_weight_apart()
    {
        var (_, matrix) = FeatureSpaceBuilder.Encode(Columns, [Row(1, "north"), Row(1, "south"), Row(1, "north"), Row(1, "south")]);
        Assert.Equal(2, Math.Sqrt(CentroidTile.Squared(matrix.Row(0), matrix.Row(1))), 1e-5);
        Assert.Equal(0, CentroidTile.Squared(matrix.Row(0), matrix.Row(2)));
    }

    [Fact]
    public void Rare_categories_share_a_place_and_unknown_ones_join_them()
    {
        var rows = Enumerable.Range(0, 60).SelectMany(i => Enumerable.Repeat(Row(1, $"region {i:00}"), i < 5 ? 20 : 1)).ToList();
        var (space, _) = FeatureSpaceBuilder.Encode(Columns, rows);
        var encoding = space.Encodings[1];
        Assert.Equal(5, encoding.Values.Count);
        Assert.True(encoding.HasOther);
        var row = new float[space.Dimensions];
        space.Encode(Row(1, "a region that came later"), row);
        Assert.True(row[encoding.First + 5] > 0);
    }

    [Fact]
    public void A_portrait_of_500_tags_lies_no_further_out_than_one_of_five()
    {
        var many = Enumerable.Range(0, 500).Select(i => $"tag {i}").ToArray();
        var rows = Enumerable.Range(0, 200).Select(i => Row(1, "north", many[(i % 40)..((i % 40) + 5)])).Append(Row(1, "north", many)).ToList();
        var (space, matrix) = FeatureSpaceBuilder.Encode(Columns, rows);
        var encoding = space.Encodings[2];
        Assert.Equal(FeatureSpaceBuilder.MostTags, encoding.Values.Count);
        var length = matrix.Row(200).Slice(encoding.First, encoding.Values.Count).ToArray().Sum(v => (double)v * v);
        Assert.Equal(1, length, 1e-4);
        Assert.True(KMeans.Fit(matrix, new KMeansSettings(4)).Ok);
    }

    [Fact]
    public void A_column_without_weight_and_one_that_is_all_alike_change_no_distance()
    {
        FeatureColumn[] columns = [new("income", FeatureKind.Number, 0), new("age", FeatureKind.Number)];
        var rows = Enumerable.Range(0, 9).Select(i => new FeatureRow(Guid.NewGuid(), [i, 40], [], [])).ToList();
        var (_, matrix) = FeatureSpaceBuilder.Encode(columns, rows);
        Assert.All(matrix.Values, v => Assert.Equal(0, v));
    }

    [Fact]
    public void A_number_that_is_zero_for_most_still_has_a_spread()
    {
        var rows = Enumerable.Range(0, 100).Select(i => Row(i < 80 ? 0 : i)).ToList();
        var (space, matrix) = FeatureSpaceBuilder.Encode(Columns, rows);
        Assert.True(space.Encodings[0].Scale > 1);
        Assert.True(matrix.Row(99)[0] > 1);
    }

    [Fact]
    public void A_space_that_was_stored_places_a_new_customer_as_before()
    {
        var random = new Random(2);
        var rows = Enumerable.Range(0, 300).Select(i => Row(i % 7 == 0 ? null : random.Next(9_000), i % 3 == 0 ? "north" : "south", i % 2 == 0 ? ["car"] : ["house", "car"])).ToList();
        var (space, matrix) = FeatureSpaceBuilder.Encode(Columns, rows);
        var read = JsonSerializer.Deserialize<FeatureSpace>(JsonSerializer.Serialize(space))!;
        var row = new float[read.Dimensions];
        for (var i = 0; i < rows.Count; i++)
        {
            read.Encode(rows[i], row);
            Assert.Equal(matrix.Row(i).ToArray(), row);
        }
    }

    internal static FeatureRow Row(double? income, string? region = "north", params string[] needs) => new(Guid.NewGuid(), [income], [region], [needs]);
}
