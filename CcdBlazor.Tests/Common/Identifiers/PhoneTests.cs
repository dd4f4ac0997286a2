using CcdBlazor.Domain.Common.Identifiers;

namespace CcdBlazor.Tests.Common.Identifiers;

public class PhoneTests
{
    [Theory]
    [InlineData("13800138000")]
    [InlineData("138 0013 8000")]
    [InlineData("138-0013-8000")]
    [InlineData("+86 138 0013 8000")]
    [InlineData("(+86)13800138000")]
    [InlineData("008613800138000")]
    [InlineData("8613800138000")]
    [InlineData("１３８００１３８０００")]
    [InlineData("＋８６　１３８００１３８０００")]
    [InlineData("\u202D13800138000\u202C")]
    public void A_mobile_number_is_understood_however_it_is_typed(string typed)
    {
        var phone = MobilePhone.Parse(typed).Value;

        Assert.Equal("13800138000", phone.Value);
        Assert.Equal("138****8000", phone.Masked);
        Assert.Equal("8000", phone.Tail);
        Assert.Equal(phone.Masked, phone.ToString());
    }

    [Theory]
    [InlineData("", "mobile.empty")]
    [InlineData("+86", "mobile.empty")]
    [InlineData("1380013800", "mobile.length")]
    [InlineData("138001380000", "mobile.length")]
    [InlineData("12800138000", "mobile.shape")]
    [InlineData("23800138000", "mobile.shape")]
    [InlineData("1380013800a", "mobile.characters")]
    public void A_wrong_mobile_number_is_refused_with_what_is_wrong(string typed, string code) =>
        Assert.Equal(code, MobilePhone.Parse(typed).Refusal?.Code);

    [Theory]
    [InlineData("16412345678")]
    [InlineData("19412345678")]
    public void The_carrier_is_not_judged(string typed) => Assert.True(MobilePhone.Parse(typed).Ok);

    [Theory]
    [InlineData("010-88886666", "010-88886666", "010-****6666")]
    [InlineData("01088886666", "010-88886666", "010-****6666")]
    [InlineData("(0755) 2688 1234", "0755-26881234", "0755-****1234")]
    [InlineData("0591－8765432", "0591-8765432", "0591-****5432")]
    [InlineData("+86 21 6888 1234", "021-68881234", "021-****1234")]
    public void A_landline_is_understood_however_it_is_typed(string typed, string value, string masked)
    {
        var line = Landline.Parse(typed).Value;

        Assert.Equal(value, line.Value);
        Assert.Equal(masked, line.Masked);
    }

    [Theory]
    [InlineData("", "landline.empty")]
    [InlineData("88886666", "landline.shape")]
    [InlineData("010-888866", "landline.shape")]
    [InlineData("13800138000", "landline.shape")]
    [InlineData("0755-2688123a", "landline.shape")]
    public void A_wrong_landline_is_refused(string typed, string code) => Assert.Equal(code, Landline.Parse(typed).Refusal?.Code);

    [Fact]
    public void Synthetic_phones_are_valid_and_differ()
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 100_000; i++)
        {
            var phone = MobilePhone.SyntheticAt(i);
            Assert.True(seen.Add(phone.Value));
            Assert.Equal(phone, MobilePhone.Parse(phone.Value).Value);
        }

        var line = Landline.Synthetic(new Random(3));
        Assert.Equal(line, Landline.Parse(line.Value).Value);
    }
}
