using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>What a caller wants said to one person.</summary>
public sealed record MessageRequest
{
    /// <summary>The template's stable code.</summary>
    public required string Template { get; init; }

    public required MessageChannel Channel { get; init; }

    /// <summary>As the caller writes it; brought to the channel's form by <see cref="RecipientRules"/>. Empty for bots.</summary>
    public required string Recipient { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = EmptyVariables;

    /// <summary>Names of the variables that only the recipient may read; they stand encrypted in the record.</summary>
    public IReadOnlyList<string> Secret { get; init; } = [];

    /// <summary>
    /// For parts of the program, which offer all that they know to whatever text an administrator wrote: variables that the template does not use are left
    /// out. Without it an unknown variable is refused.
    /// </summary>
    public bool LeaveOutUnused { get; init; }

    /// <summary>0 (can wait) to 10 (urgent).</summary>
    public int Priority { get; init; } = 5;

    /// <summary>Not before this moment.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>So long after acceptance; instead of <see cref="At"/>.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>Worth nothing after this moment: then it is skipped.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>1 to 255 characters; the same key of the same caller within a day is the same message.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>At most 10, each at most 40 characters.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public Guid? CustomerId { get; init; }

    /// <summary>What else it is about (a ticket, an order), by its id.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>Bound to this account (its number): a bot, an application.</summary>
    public int? Account { get; init; }

    /// <summary>Passes quiet hours.</summary>
    public bool Urgent { get; init; }

    /// <summary>Tried in this order when the channel fails for good.</summary>
    public IReadOnlyList<Fallback> Fallbacks { get; init; } = [];

    private static readonly IReadOnlyDictionary<string, string> EmptyVariables = new Dictionary<string, string>();
}

/// <summary>Another way to the same person.</summary>
public sealed record Fallback(MessageChannel Channel, string Recipient);

/// <summary>Who hands a message in: an API key, a member of staff, or a part of the program.</summary>
/// <param name="Id">Separates idempotency keys of callers; none for the program itself.</param>
public sealed record MessageCaller(Guid? Id, Actor Actor);

/// <summary>Handed in and committed.</summary>
/// <param name="Id">Also the trace id.</param>
/// <param name="Repeated">The key was known: this is the earlier message.</param>
public readonly record struct AcceptedMessage(Guid Id, bool Repeated);

/// <summary>Refusals at the door.</summary>
public static class SendRefusals
{
    public static readonly Refusal Busy = new("messages.busy", "系统正忙，消息没有收下，请稍后再试。", RefusalKind.Unavailable);
    public static readonly Refusal KeyReused = new("messages.key_reused", "这个幂等键已用于另一条内容不同的请求。", RefusalKind.Conflict) { Field = "idempotencyKey" };
    public static readonly Refusal KeyTooLong = new("messages.key_length", "幂等键应为 1 到 255 个字符。") { Field = "idempotencyKey" };
    public static readonly Refusal PriorityRange = new("messages.priority_range", "优先级应在 0 到 10 之间。") { Field = "priority" };
    public static readonly Refusal AtPast = new("messages.at_past", "计划时间已经过去。") { Field = "at" };
    public static readonly Refusal AtAndAfter = new("messages.at_and_after", "“at”和“after”只能用一个。") { Field = "after" };
    public static readonly Refusal ExpiryBeforeStart = new("messages.expiry_before_start", "有效期早于计划发送时间。") { Field = "expiresAt" };
    public static readonly Refusal TooManyTags = new("messages.tags", "标签最多 10 个，每个最多 40 字。") { Field = "tags" };
    public static readonly Refusal TooFar = new("messages.at_too_far", "计划时间超过十年。") { Field = "at" };

    public static Refusal Recipient(MessageChannel channel) => new("messages.recipient_invalid", channel switch
    {
        MessageChannel.Sms => "手机号不正确，应为 11 位大陆手机号。",
        MessageChannel.Email => "邮箱地址不正确。",
        _ => "接收人不正确。",
    }) { Field = "recipient" };
}
