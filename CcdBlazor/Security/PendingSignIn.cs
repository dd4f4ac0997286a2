using CcdBlazor.Domain.Staff;
using Microsoft.AspNetCore.DataProtection;

namespace CcdBlazor.Security;

/// <summary>Carries "name and password were right" from the first step of signing in to the second, sealed, for five minutes.</summary>
public sealed class PendingSignIn(IDataProtectionProvider protection)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly ITimeLimitedDataProtector protector = protection.CreateProtector("CcdBlazor.Security.PendingSignIn").ToTimeLimitedDataProtector();

    public string Seal(SignInOutcome.TwoFactorNeeded step) => protector.Protect($"{step.StaffId:N}|{step.SecurityStamp}", Life);

    /// <summary>None when it is older than five minutes or was not sealed here.</summary>
    public SignInOutcome.TwoFactorNeeded? Open(string? sealedText)
    {
        try
        {
            return protector.Unprotect(sealedText ?? "").Split('|') is [var id, var stamp] && Guid.TryParse(id, out var staffId)
                ? new SignInOutcome.TwoFactorNeeded(staffId, stamp)
                : null;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }
}
