using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Tests.Staff;

public sealed class SessionCookieTests
{
    [Theory]
    [InlineData("/customers?state=1", "/customers?state=1")]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("https://elsewhere.example/", "/")]
    [InlineData("//elsewhere.example/", "/")]
    [InlineData("/\\elsewhere.example/", "/")]
    [InlineData("/\t/elsewhere.example/", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("/login?returnUrl=%2Flogin", "/")]
    public void The_way_back_never_leads_out_of_the_program(string? asked, string taken) => Assert.Equal(taken, SessionCookie.Local(asked));

    [Fact]
    public async Task A_policy_that_is_no_permission_is_a_mistake()
    {
        var policies = new PermissionPolicies(Options.Create(new AuthorizationOptions()));
        Assert.NotNull(await policies.GetPolicyAsync(nameof(Permission.ManageStaff)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => policies.GetPolicyAsync("ManageStuff"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => policies.GetPolicyAsync("999"));
    }

    [Fact]
    public void The_first_step_travels_sealed_to_the_second()
    {
        var pending = new PendingSignIn(new EphemeralDataProtectionProvider());
        var step = new SignInOutcome.TwoFactorNeeded(Guid.NewGuid(), "stamp");
        var sealedText = pending.Seal(step);
        Assert.Equal(step, pending.Open(sealedText));
        Assert.Null(pending.Open(sealedText[..^2] + "xx"));
        Assert.Null(pending.Open(null));
    }

    [Fact]
    public void Attempts_are_bounded_per_name_and_per_address()
    {
        using var limiter = new SignInLimiter(Options.Create(new SecurityOptions { SignInsPerMinuteAndName = 2, SignInsPerMinuteAndAddress = 3 }));
        Assert.True(limiter.MayTry("10.0.0.1", "wang"));
        Assert.True(limiter.MayTry("10.0.0.1", "Wang "));
        Assert.False(limiter.MayTry("10.0.0.1", "WANG"));
        Assert.True(limiter.MayTry("10.0.0.1", "li"));
        Assert.False(limiter.MayTry("10.0.0.1", "zhao"));
        Assert.True(limiter.MayTry("10.0.0.2", "wang"));
    }

    [Fact]
    public void Every_permission_has_its_words() =>
        Assert.All(Enum.GetValues<Permission>(), p => Assert.NotEmpty(PermissionText.Of(p).Explanation));
}
