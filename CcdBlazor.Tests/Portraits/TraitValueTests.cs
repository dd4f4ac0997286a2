using System.Globalization;
using CcdBlazor.Domain.Portraits;

namespace CcdBlazor.Tests.Portraits;

public sealed class TraitValueTests
{
    private static readonly Trait Income = Traits.Find(Traits.Income)!;
    private static readonly Trait Hobbies = Traits.Find(Traits.Hobbies)!;

    [Theory]
    [InlineData("NaN")]
    [InlineData("∞")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("1e400")]
    [InlineData("12a")]
    [InlineData("--5")]
    public void What_is_no_finite_number_is_refused(string text) =>
        Assert.Equal("portrait.number_unreadable", TraitValue.Read(Income, text, null).Refusal?.Code);

    [Theory]
    [InlineData("-1")]
    [InlineData("100000.5")]
    [InlineData("999999999999")]
    public void A_number_outside_what_is_believable_is_refused(string text) =>
        Assert.Equal("portrait.out_of_bounds", TraitValue.Read(Income, text, null).Refusal?.Code);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_number_that_code_brings_is_checked_like_one_that_was_typed(double number) =>
        Assert.Equal("portrait.number_unreadable", TraitValue.Check(Income, TraitValue.Of(number))?.Code);

    [Theory]
    [InlineData("１２，５", 125)]
    [InlineData(" 1,250.5 ", 1250.5)]
    [InlineData("0", 0)]
    public void Full_width_digits_and_separators_are_read(string text, double number) =>
        Assert.Equal(number, TraitValue.Read(Income, text, null).Value!.Number);

    [Theory]
    [InlineData(51)]
    [InlineData(500)]
    [InlineData(5000)]
    public void More_tags_than_a_portrait_holds_are_refused_and_not_cut(int count)
    {
        var read = TraitValue.Read(Hobbies, null, [.. Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture))]);
        Assert.Equal("portrait.too_many_tags", read.Refusal?.Code);
        Assert.Contains(count.ToString(CultureInfo.InvariantCulture), read.Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Fifty_tags_are_taken_and_the_same_word_counts_once() =>
        Assert.Equal(50, TraitValue.Read(Hobbies, null, [.. Enumerable.Range(0, 50).SelectMany(i => new[] { $"爱好{i}", $" 爱好{i} " })]).Value!.Tags!.Count);

    [Fact]
    public void A_choice_that_is_not_listed_is_refused() =>
        Assert.Equal("portrait.choice_unknown", TraitValue.Read(Traits.Find(Traits.Risk)!, "r9", null).Refusal?.Code);

    [Fact]
    public void Codes_of_the_catalogue_are_unique_and_every_trait_can_be_filled()
    {
        Assert.Equal(Traits.All.Count, Traits.All.Select(t => t.Code).Distinct().Count());
        Assert.All(Traits.All, t => Assert.True(t.Kind switch
        {
            TraitKind.Number => t.Bounds.Least < t.Bounds.Most,
            TraitKind.Category => t.Choices.Count > 1,
            TraitKind.Tags => true,
            _ => false,
        }, t.Code));
    }

    [Fact]
    public void What_is_only_concluded_is_no_part_of_completeness_and_nobody_fills_it()
    {
        Assert.Equal([Traits.ReplyHours, Traits.ReplyRate], Traits.All.Except(Traits.Fillable).Select(t => t.Code));
        Assert.All(Traits.All.Where(t => t.Derived), t => Assert.False(t.CustomerMayFill));
    }

    [Fact]
    public void The_stronger_source_counts_and_between_equals_the_newer()
    {
        var then = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        HeldValue Held(TraitSource source, int day) => new(Traits.Age, source, TraitValue.Of(day), then.AddDays(day), null, "某人");
        Assert.Equal(TraitSource.Document, PortraitPrecedence.Winner([Held(TraitSource.Form, 9), Held(TraitSource.Document, 1), Held(TraitSource.Behaviour, 10)], Traits.Age)!.Source);
        Assert.Equal(TraitSource.Customer, PortraitPrecedence.Winner([Held(TraitSource.Form, 2), Held(TraitSource.Customer, 3)], Traits.Age)!.Source);
        Assert.Equal(TraitSource.Form, PortraitPrecedence.Winner([Held(TraitSource.Form, 1), Held(TraitSource.Record, 3), Held(TraitSource.Behaviour, 4)], Traits.Age)!.Source);
        Assert.Null(PortraitPrecedence.Winner([], Traits.Age));
    }

    [Theory]
    [InlineData(new double[] { }, 0)]
    [InlineData(new double[] { 5 }, 0)]
    [InlineData(new double[] { 0, 0, 0 }, 0)]
    [InlineData(new double[] { 3, 3, 3, 3 }, 0)]
    [InlineData(new double[] { 0, 0, 0, 8 }, 0.75)]
    [InlineData(new double[] { 1, 3 }, 0.25)]
    public void The_gini_coefficient_is_the_textbooks(double[] values, double gini) => Assert.Equal(gini, Fairness.Gini(values), 12);

    [Fact]
    public void The_gini_coefficient_of_no_number_is_a_bug() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Fairness.Gini([1, double.NaN]));
}
