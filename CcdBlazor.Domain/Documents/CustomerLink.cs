using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// A link by which a customer hands in papers without an account. Only the hash of the token is stored: who reads the database cannot open
/// a link. It names the items that were open when it was made, and nothing else can be handed in through it.
/// </summary>
internal sealed class CustomerLink
{
    /// <summary>So long before its end the colleagues of the customer are told.</summary>
    public static readonly TimeSpan WarnBefore = TimeSpan.FromHours(24);

    private CustomerLink()
    {
    }

    public Guid Id { get; private init; }

    public Guid CustomerId { get; private init; }

    public byte[] TokenHash { get; private init; } = [];

    public string[] ItemCodes { get; private init; } = [];

    public Guid? CreatedById { get; private init; }

    public string CreatedByName { get; private init; } = "";

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset ExpiresAt { get; private init; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public string? RevokedByName { get; private set; }

    public DateTimeOffset? FirstOpenedAt { get; private set; }

    public DateTimeOffset? LastOpenedAt { get; private set; }

    /// <summary>When the timeline said that the link is about to end; once is enough.</summary>
    public DateTimeOffset? ExpiryNotedAt { get; private set; }

    /// <summary>A new link and its token, which exists only here: 256 random bits.</summary>
    public static (CustomerLink Link, string Token) Create(Guid customerId, IEnumerable<string> itemCodes, TimeSpan lifetime, Actor by, DateTimeOffset now)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (new CustomerLink
        {
            Id = Guid.CreateVersion7(now),
            CustomerId = customerId,
            TokenHash = HashOf(token),
            ItemCodes = [.. itemCodes],
            CreatedById = by.Id,
            CreatedByName = by.DisplayName,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        }, token);
    }

    /// <summary>Tokens are random and long, so a plain hash is enough; looking up by hash needs no comparison that could leak time.</summary>
    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public Refusal? WhyClosed(DateTimeOffset now) =>
        RevokedAt is not null ? LinkRefusals.Revoked : now >= ExpiresAt ? LinkRefusals.Expired : null;

    public Result Revoke(Actor by, DateTimeOffset now)
    {
        if (RevokedAt is not null)
            return Result.Done;
        RevokedAt = now;
        RevokedByName = by.DisplayName;
        return Result.Done;
    }

    public void NoteExpiry(DateTimeOffset now) => ExpiryNotedAt ??= now;

    /// <summary>True when this is the first time.</summary>
    public bool Opened(DateTimeOffset now)
    {
        var first = FirstOpenedAt is null;
        FirstOpenedAt ??= now;
        LastOpenedAt = now;
        return first;
    }
}
