namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>How deliveries behave, as the configuration centre says at this moment.</summary>
public sealed record DeliveryPolicy
{
    public int PoolLeast { get; init; } = 10;
    public int PoolMost { get; init; } = 100;

    /// <summary>Attempts on one channel before a message fails or moves to the next channel.</summary>
    public int MostAttempts { get; init; } = 6;

    /// <summary>Doubled with every attempt, with jitter.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Rest of an account that pushed back without saying for how long.</summary>
    public TimeSpan ThrottleRest { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Rest of an account whose keys or balance were refused.</summary>
    public TimeSpan CredentialsRest { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Failures in a row that open an account's circuit.</summary>
    public int BreakerFailures { get; init; } = 5;
    public TimeSpan BreakerRest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Same content to the same person within this time is held back (issue 3, line 6: five minutes); zero for never.</summary>
    public TimeSpan SameContentWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most messages to one person and day over all channels, codes and urgent ones apart; 0 for no cap.</summary>
    public int DailyCap { get; init; } = 20;

    public TimeOnly QuietFrom { get; init; } = new(22, 0);
    public TimeOnly QuietUntil { get; init; } = new(8, 0);

    /// <summary>Released messages spread over this time after the quiet hours, so that the morning does not begin with a flood.</summary>
    public TimeSpan QuietSmear { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Only recipients of the white list get anything.</summary>
    public bool TestMode { get; init; }

    /// <summary>Keep the rows of a message's way; off only for measuring.</summary>
    public bool Traces { get; init; } = true;
}

/// <summary>The policy in force. Replaced as a whole when a setting changes; readers take it once per group.</summary>
public sealed class DeliveryPolicySource
{
    private volatile DeliveryPolicy current = new();

    public DeliveryPolicy Current
    {
        get => current;
        set => current = value;
    }
}
