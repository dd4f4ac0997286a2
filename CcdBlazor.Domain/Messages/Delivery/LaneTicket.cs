using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// A claimed group on its way to a worker process. It names the claim and nothing else: what is to be sent stays in the database, so a ticket that
/// arrives late, twice or never decides nothing.
/// </summary>
/// <param name="Claim">The claim that the relaying node made.</param>
/// <param name="Node">The node that made it. Who takes the claim over puts itself in its place, once.</param>
/// <param name="Lane">Of all messages of the group.</param>
/// <param name="Class">Of all messages of the group.</param>
public readonly record struct LaneTicket(Guid Claim, Guid Node, int Lane, short Class)
{
    public MessageChannel Channel => Sending.Lane.ChannelOf(Lane);
}

/// <summary>Takes claimed groups of some channels to worker processes on other machines.</summary>
public interface ILaneCarrier
{
    /// <summary>Whether this channel is handed to workers at all.</summary>
    bool Carries(MessageChannel channel);

    /// <summary>Whether a worker listens now; until then the messages wait in the database.</summary>
    bool Ready(MessageChannel channel, short priorityClass);

    /// <summary>True once the carrier keeps the ticket durably; false when that is not certain. Never throws.</summary>
    Task<bool> HandOverAsync(LaneTicket ticket);
}
