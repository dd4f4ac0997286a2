using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>
/// A link that lets its holder set the password of one account, once, within <see cref="Life"/>. Only the hash of the token is stored. At most one
/// link of an account is open: a newer one ends it, and so do a new password, another e-mail address and closing the account.
/// </summary>
internal sealed class PasswordLink
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private PasswordLink()
    {
    }

    public Guid Id { get; private init; }

    public Guid StaffId { get; private init; }

    public byte[] TokenHash { get; private init; } = [];

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset ExpiresAt { get; private init; }

    /// <summary>A password was set through it.</summary>
    public DateTimeOffset? UsedAt { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    /// <summary>A new link and its token, which exists only here: 256 random bits.</summary>
    public static (PasswordLink Link, string Token) Create(Guid staffId, DateTimeOffset now)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (new PasswordLink { Id = Guid.CreateVersion7(now), StaffId = staffId, TokenHash = HashOf(token), CreatedAt = now, ExpiresAt = now + Life }, token);
    }

    /// <summary>Tokens are random and long, so a plain hash is enough; looking up by hash needs no comparison that could leak time.</summary>
    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public Refusal? WhyClosed(DateTimeOffset now) => UsedAt is null && RevokedAt is null && now < ExpiresAt ? null : StaffRefusals.PasswordLinkOver;

    public void Use(DateTimeOffset now) => UsedAt = now;

    public void Revoke(DateTimeOffset now)
    {
        if (UsedAt is null)
            RevokedAt ??= now;
    }
}
