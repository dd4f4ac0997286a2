using CcdBlazor.Domain.Common.Identifiers;
using FsCheck;
using FsCheck.Fluent;

namespace CcdBlazor.Tests.Common.Identifiers;

public class UnifiedCreditCodeTests
{
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    private static readonly Arbitrary<int> Ordinals = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Theory]
    [InlineData("91350100M000100Y43")]
    [InlineData("91350100m000100y43")]
    [InlineData("９１３５０１００Ｍ０００１００Ｙ４３")]
    [InlineData(" 9135 0100 M000 100Y 43")]
    public void The_published_code_is_accepted_however_it_is_typed(string typed)
    {
        var code = UnifiedCreditCode.Parse(typed).Value;

        Assert.Equal("91350100M000100Y43", code.Value);
        Assert.Equal("9135************43", code.Masked);
        Assert.Equal("0Y43", code.Tail);
        Assert.Equal("350100", code.AreaCode);
        Assert.Equal(code.Masked, code.ToString());
    }

    [Theory]
    [InlineData("", "credit_code.empty")]
    [InlineData("91350100M000100Y4", "credit_code.length")]
    [InlineData("91350100M000100Y4Z", "credit_code.characters")]
    [InlineData("9135O100M000100Y43", "credit_code.characters")]
    [InlineData("91350100M000100中43", "credit_code.characters")]
    [InlineData("B1350100M000100Y43", "credit_code.registrar")]
    [InlineData("913A0100M000100Y43", "credit_code.area")]
    [InlineData("91350100M000100Y44", "credit_code.check_digit")]
    public void A_wrong_code_is_refused_with_what_is_wrong(string typed, string code) =>
        Assert.Equal(code, UnifiedCreditCode.Parse(typed).Refusal?.Code);

    [Fact]
    public void A_letter_that_looks_like_a_digit_is_named_with_its_place() =>
        Assert.Equal("统一社会信用代码第 5 位不能是字母 O，请核对是否为数字 0。", UnifiedCreditCode.Parse("9135O100M000100Y43").Refusal!.Text);

    [Fact]
    public void Every_synthetic_code_is_valid() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ordinals, ordinal => UnifiedCreditCode.Parse(UnifiedCreditCode.SyntheticAt(ordinal).Value).Ok));

    [Fact]
    public void Synthetic_codes_differ_for_every_ordinal()
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 100_000; i++)
            Assert.True(seen.Add(UnifiedCreditCode.SyntheticAt(i).Value));
    }

    [Fact]
    public void Any_one_changed_character_is_refused() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ordinals, ordinal =>
        {
            var valid = UnifiedCreditCode.SyntheticAt(ordinal).Value;
            return Enumerable.Range(0, 18).All(at => Alphabet
                .Where(c => c != valid[at])
                .All(c => !UnifiedCreditCode.Parse(valid[..at] + c + valid[(at + 1)..]).Ok));
        }));

    [Fact]
    public void Two_neighbouring_characters_exchanged_are_refused() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ordinals, ordinal =>
        {
            var valid = UnifiedCreditCode.SyntheticAt(ordinal).Value;
            return Enumerable.Range(0, 17)
                .Where(at => valid[at] != valid[at + 1])
                .All(at => !UnifiedCreditCode.Parse($"{valid[..at]}{valid[at + 1]}{valid[at]}{valid[(at + 2)..]}").Ok);
        }));
}
