using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Tests.Staff;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("Short1234", "password.too_short")]
    [InlineData("onlyletters", "password.needs_letters_and_digits")]
    [InlineData("8765432190", "password.needs_letters_and_digits")]
    [InlineData("xxWangFang82", "password.holds_user_name")]
    [InlineData("Password2026", "password.too_common")]
    [InlineData("P@ssw0rd99", "password.too_common")]
    [InlineData("Qwerty12345", "password.too_common")]
    [InlineData("a1a1a1a1a1a1", "password.too_common")]
    public void A_weak_password_is_refused_by_its_rule(string password, string code) =>
        Assert.Contains(PasswordRules.Check(password, "wangfang"), p => p.Code == code);

    [Theory]
    [InlineData("Right-Horse-77")]
    [InlineData("春天的风筝飞得很高2026")]
    [InlineData("Kx7mQz2pLw")]
    public void A_good_password_passes_every_rule(string password) => Assert.Empty(PasswordRules.Check(password, "wangfang"));

    [Fact]
    public void A_password_over_128_characters_is_refused() =>
        Assert.Contains(StaffRefusals.PasswordTooLong, PasswordRules.Check(string.Concat(Enumerable.Repeat("Kx7mQz2pLw", 13)), "wangfang"));

    [Fact]
    public void A_generated_password_passes_the_rules() => Assert.Empty(PasswordRules.Check(StaffUsers.RandomPassword(), ""));
}
