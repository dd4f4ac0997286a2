namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>
/// A browser in which a customer has signed in. Its row is asked at every request, so that ending it here ends it there; the cookie only names it.
/// </summary>
internal sealed class CustomerSession
{
    /// <summary>So exactly is it known when a session was last used; not every request writes.</summary>
    public static readonly TimeSpan SeenStep = TimeSpan.FromMinutes(1);

    public required Guid Id { get; init; }

    public required Guid AccountId { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    public required DateTimeOffset LastSeenAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>IP address of the sign-in.</summary>
    public string? From { get; init; }
}
