using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>
/// What ASP.NET Core Identity reads and writes of an account, on the caller's context. It never saves: the caller does, in one commit with
/// the audit row. The authenticator's secret is encrypted and recovery codes are hashed here, so that Identity sees them plain and the table does not.
/// </summary>
internal sealed class StaffStore(CcdDbContext db, FieldCipher cipher) :
    IUserPasswordStore<StaffMember>, IUserSecurityStampStore<StaffMember>, IUserLockoutStore<StaffMember>,
    IUserTwoFactorStore<StaffMember>, IUserAuthenticatorKeyStore<StaffMember>, IUserTwoFactorRecoveryCodeStore<StaffMember>
{
    private const string SecretContext = "staff.totp";

    public Task<string> GetUserIdAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.Id.ToString());

    public Task<string?> GetUserNameAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.UserName);

    public Task SetUserNameAsync(StaffMember user, string? userName, CancellationToken cancellationToken) => Done(() => user.UserName = userName ?? "");

    public Task<string?> GetNormalizedUserNameAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.NormalizedUserName);

    public Task SetNormalizedUserNameAsync(StaffMember user, string? normalizedName, CancellationToken cancellationToken) => Done(() => user.NormalizedUserName = normalizedName ?? "");

    public Task<IdentityResult> CreateAsync(StaffMember user, CancellationToken cancellationToken)
    {
        db.Add(user);
        return Task.FromResult(IdentityResult.Success);
    }

    // The context follows the changes of what it loaded.
    public Task<IdentityResult> UpdateAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(IdentityResult.Success);

    public Task<IdentityResult> DeleteAsync(StaffMember user, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Accounts are disabled, never deleted.");

    public Task<StaffMember?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        Guid.TryParse(userId, out var id) ? db.StaffMembers.SingleOrDefaultAsync(s => s.Id == id, cancellationToken) : Task.FromResult<StaffMember?>(null);

    public Task<StaffMember?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        db.StaffMembers.SingleOrDefaultAsync(s => s.NormalizedUserName == normalizedUserName, cancellationToken);

    public Task SetPasswordHashAsync(StaffMember user, string? passwordHash, CancellationToken cancellationToken) => Done(() => user.PasswordHash = passwordHash);

    public Task<string?> GetPasswordHashAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash);

    public Task<bool> HasPasswordAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash is not null);

    public Task SetSecurityStampAsync(StaffMember user, string stamp, CancellationToken cancellationToken) => Done(() => user.SecurityStamp = stamp);

    public Task<string?> GetSecurityStampAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.SecurityStamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.LockoutEnd);

    public Task SetLockoutEndDateAsync(StaffMember user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken) => Done(() => user.LockoutEnd = lockoutEnd);

    public Task<int> IncrementAccessFailedCountAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(++user.AccessFailedCount);

    public Task ResetAccessFailedCountAsync(StaffMember user, CancellationToken cancellationToken) => Done(() => user.AccessFailedCount = 0);

    public Task<int> GetAccessFailedCountAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.AccessFailedCount);

    public Task<bool> GetLockoutEnabledAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task SetLockoutEnabledAsync(StaffMember user, bool enabled, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetTwoFactorEnabledAsync(StaffMember user, bool enabled, CancellationToken cancellationToken) => Done(() => user.TwoFactorEnabled = enabled);

    public Task<bool> GetTwoFactorEnabledAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.TwoFactorEnabled);

    public Task SetAuthenticatorKeyAsync(StaffMember user, string key, CancellationToken cancellationToken) =>
        Done(() => user.TotpSecret = cipher.Encrypt(key, $"{SecretContext}.{user.Id:N}"));

    public Task<string?> GetAuthenticatorKeyAsync(StaffMember user, CancellationToken cancellationToken) =>
        Task.FromResult(user.TotpSecret is null ? null : cipher.Decrypt(user.TotpSecret, $"{SecretContext}.{user.Id:N}"));

    public Task ReplaceCodesAsync(StaffMember user, IEnumerable<string> recoveryCodes, CancellationToken cancellationToken) =>
        Done(() => user.RecoveryCodes = [.. recoveryCodes.Select(Hash)]);

    public Task<bool> RedeemCodeAsync(StaffMember user, string code, CancellationToken cancellationToken) => Task.FromResult(user.RecoveryCodes.Remove(Hash(code)));

    public Task<int> CountCodesAsync(StaffMember user, CancellationToken cancellationToken) => Task.FromResult(user.RecoveryCodes.Count);

    public void Dispose()
    {
        // The context belongs to the caller.
    }

    private static Task Done(Action set)
    {
        set();
        return Task.CompletedTask;
    }

    /// <summary>Plain SHA-256 is enough for 80 random bits. People type them with and without dashes.</summary>
    private static string Hash(string code) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code.Replace("-", "", StringComparison.Ordinal).Trim().ToUpperInvariant())));
}
