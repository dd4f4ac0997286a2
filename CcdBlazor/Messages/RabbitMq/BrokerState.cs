namespace CcdBlazor.Messages.RabbitMq;

/// <summary>How this node stands to the message broker. Always there and knows no broker itself; without <c>RabbitMQ:Uri</c> it says "not configured".</summary>
public sealed class BrokerState
{
    private volatile Standing? current;

    /// <summary>None when no broker is configured.</summary>
    public Standing? Current => current;

    internal void Set(bool up, DateTimeOffset now)
    {
        if (current?.Up != up)
            current = new Standing(up, now);
    }

    /// <param name="Since">When it became so.</param>
    public sealed record Standing(bool Up, DateTimeOffset Since);
}
