using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Effects;

namespace CcdBlazor.Tests.Portraits;

public sealed class EffectMeasuresTests
{
    [Fact]
    public void There_is_no_share_of_nobody_and_none_of_too_few()
    {
        Assert.Null(new EffectShare(0, 0).Percent(1));
        Assert.Null(new EffectShare(0, 0).Percent(0));
        Assert.Null(new EffectShare(9, 9).Percent(10));
        Assert.Equal(90, new EffectShare(9, 10).Percent(10));
        Assert.Equal(100, new EffectShare(1, 1).Percent(1));
    }

    [Fact]
    public void The_open_are_in_every_denominator()
    {
        var sums = new EffectSums(20, 5, 3, 4, 18);
        Assert.Equal((12, 25d, 40d), (sums.Open, sums.Converted.Percent(10)!.Value, sums.Decided.Percent(10)!.Value));
        Assert.Equal(4.5, sums.MeanStars(4));
        Assert.Null(sums.MeanStars(5));
        Assert.Null(EffectSums.None.MeanStars(1));
    }

    /// <summary>Newcombe 1998, table II, method 10: 56/70 against 48/80 gives 0.0524 to 0.3339; 9/10 against 3/10 gives 0.1705 to 0.8090; 10/10 against 0/20 gives 0.6791 to 1.</summary>
    [Theory]
    [InlineData(56, 70, 48, 80, 5.24, 33.39)]
    [InlineData(9, 10, 3, 10, 17.05, 80.90)]
    [InlineData(10, 10, 0, 20, 67.91, 100)]
    [InlineData(10, 10, 0, 10, 60.75, 100)]
    public void A_difference_has_the_interval_of_the_literature(int one, int of, int other, int among, double low, double high)
    {
        var found = EffectDifference.Of(new EffectShare(one, of), new EffectShare(other, among), 5)!;
        Assert.Equal((low, high), (Math.Round(found.Low, 2), Math.Round(found.High, 2)));
        Assert.True(found.Certain);
        var turned = EffectDifference.Of(new EffectShare(other, among), new EffectShare(one, of), 5)!;
        Assert.Equal((Math.Round(-found.High, 9), Math.Round(-found.Low, 9)), (Math.Round(turned.Low, 9), Math.Round(turned.High, 9)));
    }

    [Fact]
    public void Equal_shares_are_no_certain_difference_and_too_few_are_none()
    {
        var same = EffectDifference.Of(new EffectShare(10, 40), new EffectShare(5, 20), 10)!;
        Assert.Equal((0d, false), (same.Points, same.Certain));
        Assert.Null(EffectDifference.Of(new EffectShare(10, 40), new EffectShare(5, 9), 10));
        Assert.Null(EffectDifference.Of(new EffectShare(0, 0), new EffectShare(0, 0), 0));
    }

    [Fact]
    public void A_time_counts_those_who_have_not_arrived()
    {
        // Ten cases: four arrive on the days 1 to 4, one is refused, five are open after 30 days.
        EffectDay[] days = [new(0, 10, 0, 0, 0), new(1, 0, 1, 0, 0), new(2, 0, 1, 0, 0), new(3, 0, 1, 1, 0), new(4, 0, 1, 0, 0), new(30, 0, 0, 0, 5)];
        Assert.Equal(4, EffectTimes.Within(days, 0.4));
        // Half never arrived: the median of the four would be two days, and a lie.
        Assert.Null(EffectTimes.Within(days, 0.5));
    }

    [Fact]
    public void Nobody_all_open_and_a_single_case_have_their_answers()
    {
        Assert.Null(EffectTimes.Within([], 0.5));
        Assert.Null(EffectTimes.Within([new(0, 8, 0, 0, 0), new(30, 0, 0, 0, 8)], 0.5));
        Assert.Null(EffectTimes.Within([new(0, 1, 0, 0, 1)], 0.5));
        Assert.Equal(3, EffectTimes.Within([new(0, 1, 0, 0, 0), new(3, 0, 1, 0, 0)], 0.9));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1234)]
    public void With_everybody_observed_equally_long_a_time_is_the_plain_share(int seed)
    {
        var random = new Random(seed);
        var cases = Enumerable.Range(0, 137).Select(_ => (Day: random.Next(1, 31), How: random.Next(3))).ToList();
        var days = cases.Select(c => c.How switch { 0 => new EffectDay(c.Day, 0, 1, 0, 0), 1 => new EffectDay(c.Day, 0, 0, 1, 0), _ => new EffectDay(30, 0, 0, 0, 1) }).Prepend(new EffectDay(0, cases.Count, 0, 0, 0)).ToList();
        var arrived = cases.Where(c => c.How == 0).Select(c => c.Day).Order().ToList();
        foreach (var share in new[] { 0.05, 0.1, 0.2, 0.3, 0.5 })
        {
            var needed = (int)Math.Ceiling((share * cases.Count) - 1e-9);
            Assert.Equal(needed <= arrived.Count ? arrived[needed - 1] : null, EffectTimes.Within(days, share));
        }
    }

    [Fact]
    public void Who_leaves_open_early_counts_as_long_as_he_was_seen()
    {
        // Two of four arrive on day 5; the other two were seen for two days only, and say nothing about day 5.
        EffectDay[] days = [new(0, 4, 0, 0, 0), new(2, 0, 0, 0, 2), new(5, 0, 1, 0, 0), new(9, 0, 1, 0, 0)];
        Assert.Equal((5, 9), (EffectTimes.Within(days, 0.5), EffectTimes.Within(days, 0.9)));
    }

    [Fact]
    public void Days_on_which_hardly_anybody_was_under_observation_decide_nothing()
    {
        // One was seen from his second day on and approved on the third; thirty came under observation at the age of 40 days.
        EffectDay[] days = [new(2, 1, 0, 0, 0), new(3, 0, 1, 0, 0), new(40, 30, 0, 0, 0), .. Enumerable.Range(41, 20).Select(d => new EffectDay(d, 0, 1, 0, 0)), new(70, 0, 0, 0, 10)];
        Assert.Equal(3, EffectTimes.Within(days, 0.5));
        Assert.Equal(55, EffectTimes.Within(days, 0.5, leastAtRisk: 10));
        Assert.Equal((false, true), (EffectTimes.Thin(days, 10), EffectTimes.Thin(days, 31)));
    }

    [Fact]
    public void The_Lorenz_curve_encloses_half_of_the_Gini_coefficient()
    {
        foreach (var values in new double[][] { [1, 2, 3, 4], [5, 5, 5], [0, 0, 10], [7], [3, 1, 4, 1, 5, 9, 2, 6] })
        {
            var curve = Fairness.Lorenz(values);
            var under = curve.Zip(curve.Skip(1)).Sum(p => (p.Second.People - p.First.People) * (p.First.Share + p.Second.Share) / 2);
            Assert.Equal(Fairness.Gini(values), values.Length < 2 ? 0 : 1 - (2 * under), 9);
            Assert.Equal(((0d, 0d), (1d, 1d)), (curve[0], curve[^1]));
        }

        Assert.Equal([(0d, 0d), (1d, 1d)], Fairness.Lorenz([]));
        Assert.Equal([(0d, 0d), (1d, 1d)], Fairness.Lorenz([0, 0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fairness.Lorenz([1, double.NaN]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fairness.Lorenz([-1, 2]));
    }

    [Fact]
    public void A_reply_is_timed_from_the_question_and_a_reminder_is_no_question_of_its_own()
    {
        var start = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        AskedOf[] asked =
        [
            new(start, start.AddDays(7), ["front", "pages"]), new(start.AddDays(2), start.AddDays(9), ["pages"]),
            new(start.AddDays(10), start.AddDays(17), ["extra"]), new(start.AddDays(20), start.AddDays(27), ["late"]),
        ];
        AnswerOf[] answers = [new(start.AddHours(-5), "front"), new(start.AddDays(3), "pages"), new(start.AddDays(3.5), "front"), new(start.AddDays(29), "late")];
        var found = Replies.Of(asked, answers, start.AddDays(40))!;
        // Answered after three days and, late, after nine; "extra" never.
        Assert.Equal((144d, 66), (found.Hours, found.Percent));
        Assert.Equal(start.AddDays(29), found.At);
    }

    [Fact]
    public void What_is_still_within_its_time_says_nothing_and_nothing_asked_is_no_reply()
    {
        var start = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Null(Replies.Of([], [new(start, "front")], start));
        AskedOf[] asked = [new(start, start.AddDays(7), ["front"])];
        Assert.Null(Replies.Of(asked, [], start.AddDays(6)));
        Assert.Equal((null, 0), (Replies.Of(asked, [], start.AddDays(7))!.Hours, Replies.Of(asked, [], start.AddDays(7))!.Percent));
        Assert.Equal((0d, 100), (Replies.Of(asked, [new(start, "front")], start)!.Hours, Replies.Of(asked, [new(start, "front")], start)!.Percent));
    }
}
