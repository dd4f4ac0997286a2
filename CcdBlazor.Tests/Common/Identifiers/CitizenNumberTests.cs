using CcdBlazor.Domain.Common.Identifiers;
using FsCheck;
using FsCheck.Fluent;

namespace CcdBlazor.Tests.Common.Identifiers;

public class CitizenNumberTests
{
    private static readonly DateOnly Today = new(2026, 11, 20);

    private static readonly Arbitrary<int> Ordinals = Gen.Choose(0, 479_999_999).ToArbitrary();

    [Theory]
    [InlineData("11010519491231002X")]
    [InlineData("11010519491231002x")]
    [InlineData(" 110105 19491231 002X ")]
    [InlineData("１１０１０５１９４９１２３１００２Ｘ")]
    [InlineData("110105-19491231-002X\u200B")]
    public void The_published_number_is_accepted_however_it_is_typed(string typed)
    {
        var number = CitizenNumber.Parse(typed, Today).Value;

        Assert.Equal("11010519491231002X", number.Value);
        Assert.Equal(new DateOnly(1949, 12, 31), number.BirthDate);
        Assert.Equal(Sex.Female, number.Sex);
        Assert.Equal("110105", number.AreaCode);
        Assert.Equal("110105********002X", number.Masked);
        Assert.Equal("002X", number.Tail);
    }

    [Theory]
    [InlineData("", "citizen_number.empty")]
    [InlineData(null, "citizen_number.empty")]
    [InlineData("11010519491231002", "citizen_number.length")]
    [InlineData("11010519491231002XX", "citizen_number.length")]
    [InlineData("1101051949123100AX", "citizen_number.characters")]
    [InlineData("1101051949123100XX", "citizen_number.characters")]
    [InlineData("11010519491231002Y", "citizen_number.characters")]
    [InlineData("00010519491231002X", "citizen_number.area")]
    [InlineData("11010519490230002X", "citizen_number.birth_date")]
    [InlineData("11010519490001002X", "citizen_number.birth_date")]
    [InlineData("11010520991231002X", "citizen_number.birth_in_future")]
    [InlineData("110105194912310021", "citizen_number.check_digit")]
    [InlineData("110105491231002", "citizen_number.old_form")]
    public void A_wrong_number_is_refused_with_what_is_wrong(string? typed, string code)
    {
        var refused = CitizenNumber.Parse(typed, Today);

        Assert.Equal(code, refused.Refusal?.Code);
    }

    [Fact]
    public void An_old_number_is_upgraded_only_where_old_files_are_accepted() =>
        Assert.Equal("11010519491231002X", CitizenNumber.Parse("110105491231002", Today, acceptOldForm: true).Value.Value);

    [Fact]
    public void The_length_refusal_says_how_long_the_number_is() =>
        Assert.Contains("17 位", CitizenNumber.Parse("11010519491231002", Today).Refusal!.Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("81000019900101001", CitizenNumberKind.HongKong)]
    [InlineData("82000019900101001", CitizenNumberKind.Macao)]
    [InlineData("83000019900101001", CitizenNumberKind.Taiwan)]
    [InlineData("93144019900101001", CitizenNumberKind.ForeignPermanentResident)]
    public void Residence_permits_follow_the_same_rule(string first17, CitizenNumberKind kind)
    {
        var valid = "0123456789X".Select(check => CitizenNumber.Parse(first17 + check, Today)).Where(result => result.Ok).ToList();

        Assert.Equal(kind, Assert.Single(valid).Value.Kind);
    }

    [Fact]
    public void Born_today_is_accepted_and_born_tomorrow_is_refused()
    {
        Assert.True(CitizenNumber.Parse(CitizenNumber.Synthetic(new Random(1), Today, Sex.Male).Value, Today).Ok);
        Assert.Equal(
            "citizen_number.birth_in_future",
            CitizenNumber.Parse(CitizenNumber.Synthetic(new Random(1), Today.AddDays(1), Sex.Male).Value, Today).Refusal?.Code);
    }

    [Fact]
    public void Age_counts_whole_years()
    {
        var number = CitizenNumber.Synthetic(new Random(1), new DateOnly(2008, 2, 29), Sex.Male);

        Assert.Equal(17, number.AgeOn(new DateOnly(2026, 2, 27)));
        Assert.Equal(18, number.AgeOn(new DateOnly(2026, 3, 1)));
    }

    [Fact]
    public void Every_synthetic_number_is_valid() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ordinals, ordinal => CitizenNumber.Parse(CitizenNumber.SyntheticAt(ordinal).Value, Today).Ok));

    [Fact]
    public void Synthetic_numbers_differ_for_every_ordinal()
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 200_000; i++)
            Assert.True(seen.Add(CitizenNumber.SyntheticAt(i).Value));
    }

    [Fact]
    public void A_synthetic_number_has_the_birth_date_and_sex_that_were_asked_for()
    {
        var number = CitizenNumber.Synthetic(new Random(7), new DateOnly(1988, 8, 8), Sex.Female);

        Assert.Equal(new DateOnly(1988, 8, 8), CitizenNumber.Parse(number.Value, Today).Value.BirthDate);
        Assert.Equal(Sex.Female, number.Sex);
    }

    [Fact]
    public void Any_one_changed_digit_is_refused() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ordinals, ordinal =>
        {
            var valid = CitizenNumber.SyntheticAt(ordinal).Value;
            return Enumerable.Range(0, 18).All(at => "0123456789X"
                .Where(c => c != valid[at])
                .All(c => !CitizenNumber.Parse(valid[..at] + c + valid[(at + 1)..], Today).Ok));
        }));

    [Fact]
    public void Two_neighbouring_digits_exchanged_are_refused() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ordinals, ordinal =>
        {
            var valid = CitizenNumber.SyntheticAt(ordinal).Value;
            return Enumerable.Range(0, 17)
                .Where(at => valid[at] != valid[at + 1])
                .All(at => !CitizenNumber.Parse($"{valid[..at]}{valid[at + 1]}{valid[at]}{valid[(at + 2)..]}", Today).Ok);
        }));

    [Fact]
    public void The_number_does_not_slip_out_when_it_is_printed() =>
        Assert.DoesNotContain("19491231", $"{CitizenNumber.Parse("11010519491231002X", Today).Value}", StringComparison.Ordinal);

    [Fact]
    public void Random_text_is_refused_and_never_throws() =>
        Check.QuickThrowOnFailure(Prop.ForAll<string>(ArbMap.Default.ArbFor<string>(), text => !CitizenNumber.Parse(text, Today).Ok));
}
