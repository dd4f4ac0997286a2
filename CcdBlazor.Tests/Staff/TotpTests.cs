using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Tests.Staff;

public sealed class TotpTests
{
    /// <summary>"12345678901234567890" of RFC 6238, appendix B, in base 32.</summary>
    private const string RfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(RfcSecret, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds))));

    [Theory]
    [InlineData(-60, false)]
    [InlineData(-30, true)]
    [InlineData(0, true)]
    [InlineData(30, true)]
    [InlineData(60, false)]
    public void A_code_is_accepted_one_step_early_or_late(int seconds, bool accepted)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var code = Totp.Code(RfcSecret, Totp.StepAt(now.AddSeconds(seconds)));
        Assert.Equal(accepted, Totp.Match(RfcSecret, code, now, after: null) is not null);
    }

    [Fact]
    public void A_code_that_was_used_is_not_accepted_again()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var code = Totp.Code(RfcSecret, Totp.StepAt(now));
        var used = Totp.Match(RfcSecret, code, now, after: null);
        Assert.Null(Totp.Match(RfcSecret, code, now, used));
    }
}
