namespace CcdBlazor.Domain.ApiKeys;

/// <summary>A key with which another system calls the HTTP API. Of its secrets only hashes are kept.</summary>
internal sealed class ApiKey
{
    public Guid Id { get; init; }

    public required string Name { get; set; }

    public ApiScopes Scopes { get; set; }

    /// <summary>The colleague who made it and answers for it.</summary>
    public Guid? OwnerId { get; init; }

    public required string OwnerName { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>SHA-256 of the whole text of the key.</summary>
    public required byte[] SecretHash { get; set; }

    /// <summary>The secret before the last rotation, good until <see cref="FormerUntil"/>.</summary>
    public byte[]? FormerHash { get; private set; }

    public DateTimeOffset? FormerUntil { get; private set; }

    public DateTimeOffset? RotatedAt { get; private set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public string? RevokedBy { get; private set; }

    public int PerSecond { get; set; }

    public int PerMinute { get; set; }

    public int Concurrency { get; set; }

    public uint Version { get; init; }

    /// <summary>A new secret; the one before stays good for the overlap, any older one ends now.</summary>
    public void Rotate(byte[] hash, TimeSpan overlap, DateTimeOffset now)
    {
        FormerHash = overlap > TimeSpan.Zero ? SecretHash : null;
        FormerUntil = overlap > TimeSpan.Zero ? now + overlap : null;
        SecretHash = hash;
        RotatedAt = now;
    }

    /// <summary>Ends it for good.</summary>
    public void Revoke(string by, DateTimeOffset now)
    {
        RevokedAt = now;
        RevokedBy = by;
        FormerHash = null;
        FormerUntil = null;
    }
}

/// <summary>When a key was last used. A row of its own, so that using a key does not get in the way of editing it.</summary>
internal sealed class ApiKeyUse
{
    public Guid KeyId { get; init; }

    public DateTimeOffset LastUsedAt { get; init; }
}
