using System.Security.Cryptography;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Domain.Staff;

/// <summary>ASP.NET Core Identity over one context, with lockout and codes reckoned by the program's clock.</summary>
internal sealed class StaffUsers : UserManager<StaffMember>
{
    public const int FailuresUntilLockout = 5;
    public const int RecoveryCodeCount = 10;
    public static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(15);

    /// <summary>Without letters and digits that look alike.</summary>
    private const string ReadableCharacters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private readonly TimeProvider clock;
    private readonly StaffStore store;

    public StaffUsers(StaffStore store, IOptions<IdentityOptions> options, IPasswordHasher<StaffMember> hasher, ILookupNormalizer normalizer,
        TimeProvider clock, ILogger<UserManager<StaffMember>> log)
        : base(store, options, hasher, [], [new PasswordRulesValidator()], normalizer, new IdentityErrorDescriber(), null!, log)
    {
        this.clock = clock;
        this.store = store;
        RegisterTokenProvider(TokenOptions.DefaultAuthenticatorProvider, new Authenticator(clock));
    }

    public override Task<bool> IsLockedOutAsync(StaffMember user) => Task.FromResult(user.IsLocked(clock.GetUtcNow()));

    public override Task<IdentityResult> AccessFailedAsync(StaffMember user)
    {
        user.AccessFailedCount++;
        if (user.AccessFailedCount >= FailuresUntilLockout)
        {
            user.LockoutEnd = clock.GetUtcNow() + LockedFor;
            user.AccessFailedCount = 0;
        }

        return Task.FromResult(IdentityResult.Success);
    }

    public override string GenerateNewAuthenticatorKey() => Totp.NewSecret();

    /// <summary>Remembers a secret that is not in force yet. (Identity's own reset would end the session that is setting it up.)</summary>
    public Task SetAuthenticatorKeyAsync(StaffMember user, string secret) => store.SetAuthenticatorKeyAsync(user, secret, CancellationToken);

    /// <summary>The code of the app, or one of the recovery codes, which is then used up.</summary>
    public async Task<bool> AcceptsSecondFactorAsync(StaffMember user, string code) =>
        code.Length <= 40 && (await VerifyTwoFactorTokenAsync(user, TokenOptions.DefaultAuthenticatorProvider, code)
            || (await RedeemTwoFactorRecoveryCodeAsync(user, code)).Succeeded);

    /// <summary>What Identity turned down, as a refusal with our text.</summary>
    public static Refusal? Problem(IdentityResult result)
    {
        if (result.Succeeded)
            return null;
        Refusal[] problems = [.. result.Errors.Select(e => e.Code == nameof(IdentityErrorDescriber.PasswordMismatch)
            ? StaffRefusals.WrongPassword
            : new Refusal(e.Code, e.Description) { Field = "NewPassword" })];
        return problems[0] with { Others = problems[1..] };
    }

    /// <summary>A first password that nobody chose: 16 readable characters, 80 bits.</summary>
    public static string RandomPassword()
    {
        while (true)
        {
            var password = RandomNumberGenerator.GetString(ReadableCharacters, 16);
            if (PasswordRules.Check(password, "").Count == 0)
                return password;
        }
    }

    protected override string CreateTwoFactorRecoveryCode()
    {
        var code = RandomNumberGenerator.GetString(ReadableCharacters, 16);
        return $"{code[..4]}-{code[4..8]}-{code[8..12]}-{code[12..]}";
    }

    /// <summary>Codes of the authenticator app; each works once.</summary>
    private sealed class Authenticator(TimeProvider clock) : IUserTwoFactorTokenProvider<StaffMember>
    {
        public Task<string> GenerateAsync(string purpose, UserManager<StaffMember> manager, StaffMember user) =>
            throw new NotSupportedException("The codes come from the app.");

        public async Task<bool> ValidateAsync(string purpose, string token, UserManager<StaffMember> manager, StaffMember user)
        {
            if (await manager.GetAuthenticatorKeyAsync(user) is not { } secret || Totp.Match(secret, token, clock.GetUtcNow(), user.LastTotpStep) is not { } step)
                return false;
            user.LastTotpStep = step;
            return true;
        }

        public Task<bool> CanGenerateTwoFactorTokenAsync(UserManager<StaffMember> manager, StaffMember user) => Task.FromResult(user.TotpSecret is not null);
    }
}

/// <summary>Makes the Identity of one context. A singleton, so that services need one argument instead of six.</summary>
internal sealed class StaffIdentity(
    IOptions<IdentityOptions> options, IPasswordHasher<StaffMember> hasher, ILookupNormalizer normalizer, FieldCipher cipher, TimeProvider clock, ILogger<UserManager<StaffMember>> log)
{
    private readonly StaffMember nobody = new() { UserName = "nobody", Name = "nobody", CreatedAt = default };
    private string? nobodysHash;

    public StaffUsers Over(CcdDbContext db) => new(new StaffStore(db, cipher), options, hasher, normalizer, clock, log);

    public string Normalize(string userName) => normalizer.NormalizeName(userName.Trim())!;

    /// <summary>Checks a password; as much work for a name that nobody has, so that the time tells nothing.</summary>
    public bool PasswordFits(StaffMember? member, string password)
    {
        if (password.Length > PasswordRules.Longest)
            password = "";
        nobodysHash ??= hasher.HashPassword(nobody, StaffUsers.RandomPassword());
        var verdict = hasher.VerifyHashedPassword(member ?? nobody, member?.PasswordHash ?? nobodysHash, password);
        return member?.PasswordHash is not null && verdict is not PasswordVerificationResult.Failed;
    }
}
