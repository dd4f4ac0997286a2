using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

public class SegmentNamingTests
{
    private static readonly Dictionary<string, FeatureLabel> Labels = new()
    {
        ["income"] = new("月收入", "元"),
        ["region"] = new("地区", "", new Dictionary<string, string> { ["north"] = "华北", ["south"] = "华南" }),
        ["needs"] = new("需求"),
    };

    [Fact]
    public void A_segment_is_named_by_what_sets_it_apart_with_the_figures()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 400).Select(i => i % 4 == 0
            ? FeatureSpaceTests.Row(30_000 + random.Next(2_000), "south", "理财")
            : FeatureSpaceTests.Row(8_000 + random.Next(2_000), "north", "消费贷")).ToList();
        var (space, matrix) = FeatureSpaceBuilder.Encode(
            [new("income", FeatureKind.Number), new("region", FeatureKind.Category), new("needs", FeatureKind.Tags)], rows);
        var fit = KMeans.Fit(matrix, new KMeansSettings(2)).Value;
        var names = SegmentNaming.Name(space, matrix, fit, Labels);
        var rich = names[fit.Labels[0]];
        Assert.Contains(rich.Name.Split('·'), w => w is "月收入高" or "华南" or "理财");
        Assert.Contains(rich.Traits, t => t.Short == "华南" && t.Text == "地区：华南占 100%（全体 25%）");
        Assert.Contains(rich.Traits, t => t.Short == "月收入高" && t.Here > t.Overall && t.Difference > 1);
        Assert.NotEqual(names[0].Name, names[1].Name);
    }

    [Fact]
    public void Segments_with_nothing_of_their_own_are_called_ordinary_and_counted()
    {
        var (space, matrix) = FeatureSpaceBuilder.Encode([new("income", FeatureKind.Number)], [.. Enumerable.Range(0, 8).Select(_ => FeatureSpaceTests.Row(5) with { Categories = [], Tags = [] })]);
        var fit = new KMeansFit(2, 1, [0, 0], [0, 1, 0, 1, 0, 1, 0, 1], 0, 1, 2, true);
        Assert.Equal(["普通客户", "普通客户（2）"], SegmentNaming.Name(space, matrix, fit, Labels).Select(n => n.Name));
    }

    [Fact]
    public void Numbers_stay_with_the_customers_when_the_order_changes()
    {
        var customers = Enumerable.Range(0, 90).Select(_ => Guid.NewGuid()).ToArray();
        var former = customers.Select((c, i) => (c, i)).ToDictionary(p => p.c, p => p.i / 30);
        // The first segment is now the third, one customer moved, ten came.
        var now = customers.Select((c, i) => (c, i == 0 ? 1 : 2 - (i / 30))).Concat(Enumerable.Range(0, 10).Select(_ => (Guid.NewGuid(), 0))).ToList();
        var (segments, drift) = SegmentContinuity.Continue(former, [1, 2, 3], now, 3, 3);
        Assert.Equal([3, 2, 1], segments.Select(s => s.Number));
        Assert.Equal(1 / 90.0, drift.Moved, 1e-9);
        Assert.Equal((90, 10, 0), (drift.Common, drift.New, drift.Ended));
        Assert.True(drift.SizeShift < 0.1);
    }

    [Fact]
    public void A_segment_that_continues_none_gets_a_number_never_used_before()
    {
        var customers = Enumerable.Range(0, 40).Select(_ => Guid.NewGuid()).ToArray();
        var former = customers.Take(20).Select((c, i) => (c, i)).ToDictionary(p => p.c, p => p.i / 10);
        var now = customers.Select((c, i) => (c, i / 10)).ToList();
        var (segments, _) = SegmentContinuity.Continue(former, [4, 2], now, 4, 9);
        Assert.Equal([4, 2, 10, 11], segments.Select(s => s.Number));
        Assert.Null(segments[3].Former);
    }

    [Fact]
    public void The_first_run_counts_from_one()
    {
        var (segments, drift) = SegmentContinuity.Continue(new Dictionary<Guid, int>(), [], [(Guid.NewGuid(), 0), (Guid.NewGuid(), 1)], 2, 0);
        Assert.Equal([1, 2], segments.Select(s => s.Number));
        Assert.Equal((0.0, 0.0), (drift.Moved, drift.SizeShift));
    }
}
