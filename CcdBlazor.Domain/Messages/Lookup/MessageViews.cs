using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>A message as it stands now.</summary>
/// <param name="Recipient">Masked unless the one who asks handed it in.</param>
/// <param name="WaitsUntil">When it enters the queue, while it waits for a moment; none while it waits without end.</param>
public sealed record MessageView(
    Guid Id, MessageState State, MessageChannel Channel, string? Template, int TemplateVersion, string Recipient, int Priority, bool Urgent,
    DateTimeOffset AcceptedAt, DateTimeOffset? NotBefore, DateTimeOffset? ExpiresAt, DateTimeOffset? FinishedAt, DateTimeOffset? ReceiptAt, int Attempt,
    int? Account, FailureClass? Failure, string? Code, string? Reason, int? CostMilli, Guid? BatchId, Guid? CustomerId, Guid? SubjectId,
    IReadOnlyList<string> Tags, Guid? Caller, WaitReason? Waits, DateTimeOffset? WaitsUntil);

/// <summary>A step on a message's way.</summary>
/// <param name="Host">The node that did it.</param>
public sealed record TraceView(
    DateTimeOffset At, TraceNode Node, TraceResult Result, int Attempt, string? Host, string? Code, string? ProviderId, string? Detail);

/// <summary>What is looked for among messages; every part narrows.</summary>
/// <param name="People">Customers' ids and hashes of recipients (<see cref="RecipientRules.PersonOf"/>); a message to any of them.</param>
/// <param name="Caller">Handed in by this key or member of staff.</param>
public sealed record MessageFilter(
    IReadOnlyList<Guid>? People = null, Guid? MessageId = null, Guid? BatchId = null, string? Template = null, MessageState? State = null, MessageChannel? Channel = null,
    DateTimeOffset? From = null, DateTimeOffset? Until = null, Guid? Caller = null);

/// <summary>One stretch of a list, newest first.</summary>
/// <param name="Next">Cursor of the next stretch; none at the end.</param>
public sealed record MessageStretch(IReadOnlyList<MessageView> Rows, Guid? Next);
