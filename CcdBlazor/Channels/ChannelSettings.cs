namespace CcdBlazor.Channels;

/// <summary>Limits of calls to providers.</summary>
public sealed record ChannelSettings
{
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the first byte to the last of the answer, connecting included.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Largest answer that is read.</summary>
    public int LargestAnswer { get; init; } = 1024 * 1024;

    /// <summary>
    /// A provider that is asked for a message lists it only after a while. Earlier than this after the first attempt "not listed" does not mean "never arrived".
    /// </summary>
    public TimeSpan ListedAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections to one mail server that are kept for the next message.</summary>
    public int KeptMailConnections { get; init; } = 8;

    /// <summary>Mail servers close idle connections after a few minutes; ours go first.</summary>
    public TimeSpan MailConnectionIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A refusal to hand out a token is remembered this long: WeCom blocks the address for an hour after too many wrong secrets.</summary>
    public TimeSpan TokenRefusalKept { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest difference of clocks at which a signed receipt still counts.</summary>
    public TimeSpan ReceiptClockSkew { get; init; } = TimeSpan.FromMinutes(5);
}
