using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>Messages that this node took out of the queue together. The claim's row goes when the last of them has left it.</summary>
/// <param name="Lease">Under which they were taken: without it nothing of the group may be sent any more.</param>
internal sealed record ClaimedGroup(Guid Id, NodeLease Lease, int Lane, short Class, DateTimeOffset At, List<MessageRow> Rows);

/// <summary>How a message leaves its claim.</summary>
internal enum ExitKind : short
{
    /// <summary>A final state.</summary>
    Final,
    /// <summary>Back into the queue at a moment (retry, quota, quiet hours, pause).</summary>
    Later,
    /// <summary>On to the next channel of its list.</summary>
    NextChannel,
}

/// <summary>The way a message leaves a claim, with its trace rows. Written in groups.</summary>
internal readonly record struct MessageExit(MessageRow Row, Guid Claim, ExitKind Kind)
{
    public MessageState State { get; init; }
    public FailureClass? Failure { get; init; }
    public int? Account { get; init; }
    public string? ProviderId { get; init; }

    /// <summary>Receipts will name the message by <see cref="ProviderId"/> only.</summary>
    public bool FoundByProviderId { get; init; }

    public string? Code { get; init; }
    public string? Reason { get; init; }
    public int? CostMilli { get; init; }

    /// <summary>An attempt was made (as opposed to a wait or a skip before it).</summary>
    public bool Attempted { get; init; }

    /// <summary>When the call began and ended.</summary>
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>The "process" row was already committed before the call.</summary>
    public bool ProcessTraced { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }
    public WaitReason Why { get; init; }

    /// <summary>Its receipts have to be asked for; from then on.</summary>
    public DateTimeOffset? AskAt { get; init; }

    /// <summary>The next channel and recipient.</summary>
    public (MessageChannel Channel, string Recipient, string? Left)? Next { get; init; }
}

/// <summary>Where in its life a trace row was written. The numbers are stored.</summary>
public enum TraceNode : short
{
    Queue = 0,
    Process = 1,
    Send = 2,
    Callback = 3,
}

/// <summary>What a trace row says. The numbers are stored.</summary>
public enum TraceResult : short
{
    Done = 0,
    /// <summary>Put off; the code is the reason's name.</summary>
    Waits = 1,
    /// <summary>Held back for good.</summary>
    Skipped = 2,
    Failed = 3,
    Unknown = 4,
    Cancelled = 5,
    /// <summary>Its node died; taken over.</summary>
    Recovered = 6,
    /// <summary>Handed to the next channel.</summary>
    NextChannel = 7,
    /// <summary>A person put it back into the queue.</summary>
    Replayed = 8,
}
