using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Lets an idle lane claim messages in the very commit that accepts them: no queue entry to write, to find and to remove, and one commit less to wait for.
/// A lane that has anything waiting, or no room to begin at once, makes no offer; then the messages go through the queue as all others.
/// </summary>
internal sealed class DirectStart
{
    private volatile Func<int, short, int, DateTimeOffset, DirectClaim?>? offers;

    /// <summary>Opens or closes (null) the lanes of this process. Asked with lane, priority class, how many, and the moment; must answer at once.</summary>
    public void Open(Func<int, short, int, DateTimeOffset, DirectClaim?>? lanes) => offers = lanes;

    /// <summary>A claim for so many messages of one lane and class, or null. Each must be ended by <see cref="DirectClaim.Begin"/> or <see cref="DirectClaim.Abandon"/>.</summary>
    public DirectClaim? Offer(int lane, short priorityClass, int messages, DateTimeOffset now) => offers?.Invoke(lane, priorityClass, messages, now);
}

/// <summary>
/// A claim that a lane holds ready. It is in the table exactly when the commit of its messages is. A commit whose answer was lost leaves it there under this node's
/// name while this process knows nothing of it: it is given back like a dead node's, and its messages come later instead of never.
/// </summary>
/// <param name="Begin">Starts the messages that were accepted; none of them is the same as <paramref name="Abandon"/>.</param>
/// <param name="Abandon">Nothing came of it.</param>
internal sealed record DirectClaim(Guid Id, Guid Node, int Account, DateTimeOffset At, Action<List<MessageRow>> Begin, Action Abandon);
