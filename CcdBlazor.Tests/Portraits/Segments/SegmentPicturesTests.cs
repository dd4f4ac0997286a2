using Bunit;
using CcdBlazor.Components.Portraits.Segments;
using CcdBlazor.Domain.Portraits.Segments;

namespace CcdBlazor.Tests.Portraits.Segments;

public class SegmentPicturesTests : BunitContext
{
    private static readonly SegmentShown[] Two =
    [
        new(0, 3, "年收入高·购房", false, 60, 0.6, 0.41, 0.9, [new("income", null, 1.8, 90, 40, "年收入高", "年收入高（平均约 90万元，全体 40万元）")], 1, 1, [0.9, 0.5, 0.1]),
        new(1, 5, "退休", true, 40, 0.4, null, 0, [], -1, -1, [0.2, 0.5, 0.8]),
    ];

    [Fact]
    public void A_point_names_its_customer_only_to_those_who_may_see_him()
    {
        var id = Guid.NewGuid();
        var map = Render<SegmentMap>(p => p
            .Add(m => m.Points, [new(0, 0.5, 0.5, id, "张三", "KH-1"), new(1, -1, -1, null, null, null)]).Add(m => m.Segments, Two).Add(m => m.Explained, 0.4));
        Assert.Equal("张三（KH-1）· 年收入高·购房", map.Find($"a[href='/customers/{id}'] title").TextContent);
        Assert.Equal("您无权查看的客户 · 退休", map.Find("svg > g:not(.segment-mark) title").TextContent);
        Assert.Contains("40%", map.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Choosing_a_segment_shows_its_points_alone()
    {
        int? chosen = null;
        var map = Render<SegmentMap>(p => p
            .Add(m => m.Points, [new(0, 0.5, 0.5, Guid.NewGuid(), "张三", "KH-1"), new(1, -1, -1, null, null, null)]).Add(m => m.Segments, Two).Add(m => m.Explained, 0.4)
            .Add(m => m.Chosen, 1).Add(m => m.OnChoose, c => chosen = c));
        Assert.Empty(map.FindAll("svg > a"));
        Assert.Single(map.FindAll("svg > g:not(.segment-mark)"));
        map.FindAll(".segment-legend button")[0].Click();
        Assert.Equal(0, chosen);
    }

    [Fact]
    public void Points_that_all_fall_together_stand_in_the_middle()
    {
        var map = Render<SegmentMap>(p => p
            .Add(m => m.Points, [new(0, 2, 2, null, null, null)]).Add(m => m.Segments, [Two[0] with { X = 2, Y = 2 }]).Add(m => m.Explained, 0));
        Assert.StartsWith("M316 200a", map.Find("svg > g:not(.segment-mark) path").GetAttribute("d"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_card_says_what_sets_the_segment_apart_and_reads_its_radar_aloud()
    {
        var card = Render<SegmentCard>(p => p.Add(c => c.Segment, Two[0]).Add(c => c.Axes, [new("年收入"), new("年龄"), new("需求")]));
        Assert.Contains("年收入高（平均约 90万元，全体 40万元）", card.Find(".segment-traits").TextContent, StringComparison.Ordinal);
        Assert.Equal("年收入高·购房的特征雷达图：年收入 高于平均，年龄 接近平均，需求 低于平均", card.Find("svg").GetAttribute("aria-label"));
        Assert.Contains("重合 90%", card.Markup, StringComparison.Ordinal);
        Assert.Contains("新群", Render<SegmentCard>(p => p.Add(c => c.Segment, Two[1])).Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("新群", Render<SegmentCard>(p => p.Add(c => c.Segment, Two[1]).Add(c => c.First, true)).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void The_curve_marks_the_number_that_was_used()
    {
        var curve = new SegmentCurve([new(2, 9, 0.3, 0), new(3, 4, 0.5, 0), new(4, 3, 0.4, 0)], 3, 3, 3);
        var drawn = Render<SegmentCurveChart>(p => p.Add(c => c.Curve, curve).Add(c => c.Used, 3));
        Assert.All(drawn.FindAll(".trend-mark"), mark => Assert.Equal("145", mark.GetAttribute("x1")));
        Assert.Equal(3, drawn.FindAll("tbody tr").Count);
    }
}
