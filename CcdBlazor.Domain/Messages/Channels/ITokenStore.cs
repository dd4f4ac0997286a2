namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>
/// Keeps the access tokens of accounts for all nodes. Providers hand out one token per account and block an account whose nodes each fetch their own
/// (45033; with some endpoints every fetch kills the token before), so there is one token and one refresher.
/// </summary>
public interface ITokenStore
{
    /// <summary>The stored token, good or not; none when there is none or when it does not open (the master key was lost).</summary>
    Task<AccessToken?> FindAsync(Guid accountId, CancellationToken ct);

    /// <summary>Runs the work while no other node runs such work for the account. Read again inside: another node may have refreshed meanwhile.</summary>
    Task<T> AloneAsync<T>(Guid accountId, Func<CancellationToken, Task<T>> work, CancellationToken ct);

    Task SaveAsync(Guid accountId, AccessToken token, CancellationToken ct);

    /// <summary>Drops the token only if it still is the one that was refused: of many calls that fail at once, the late ones must not drop the successor.</summary>
    Task ExpireAsync(Guid accountId, string refusedValue, CancellationToken ct);
}

/// <param name="Value">A secret.</param>
/// <param name="IssuedFor">Fingerprint of application and address: a token of the application that the account was set to before is not used.</param>
/// <param name="RefreshAt">From when a successor is fetched; the token itself stays good until <paramref name="ExpiresAt"/>.</param>
public sealed record AccessToken(string Value, string IssuedFor, DateTimeOffset RefreshAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Never the secret, wherever it is printed.</summary>
    public override string ToString() => $"token until {ExpiresAt:O}";
}
