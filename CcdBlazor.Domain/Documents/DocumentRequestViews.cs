using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Documents;

/// <summary>What somebody wants asked of a customer.</summary>
/// <param name="Key">Made when the form is opened; the same key twice is one request.</param>
/// <param name="Items">Codes of checklist items; none for everything that is required and missing.</param>
/// <param name="Phone">Place among <see cref="RequestForm.Phones"/>, for text messages.</param>
/// <param name="Email">For mails.</param>
/// <param name="Due">The last day, in Shanghai.</param>
public sealed record RequestDraft(Guid Key, IReadOnlyList<string> Items, string Template, MessageChannel Channel, int Phone, string? Email, DateOnly Due);

/// <summary>An item that can be asked for now.</summary>
/// <param name="Needed">Required and not there yet: asked for unless somebody takes it out.</param>
/// <param name="Why">Chinese: what is missing, or why it was returned.</param>
public sealed record RequestItem(string Code, string Title, bool Needed, string? Why);

/// <summary>A template that can be filled with what is known about a customer.</summary>
public sealed record RequestTemplate(string Code, string Name, IReadOnlyList<MessageChannel> Channels);

/// <summary>Everything that the form offers.</summary>
/// <param name="Phones">The customer's mobile numbers, masked.</param>
/// <param name="Today">In Shanghai.</param>
public sealed record RequestForm(
    IReadOnlyList<RequestItem> Items, IReadOnlyList<RequestTemplate> Templates, IReadOnlyList<string> Phones, DateOnly Today, DateOnly Due, DateOnly LatestDue);

/// <summary>A request as colleagues see it.</summary>
/// <param name="Recipient">Masked.</param>
/// <param name="State">Of the message; none when the record is no longer kept.</param>
/// <param name="Reason">Chinese: why it waits, was held back or failed.</param>
public sealed record RequestRow(
    Guid Id, string Items, IReadOnlyList<string> ItemCodes, MessageChannel Channel, string Recipient, DateOnly DueOn, string AskedByName, DateTimeOffset AskedAt,
    Guid MessageId, MessageState? State, string? Reason, DateTimeOffset? At)
{
    /// <summary>Whether something that it asked for is still not there.</summary>
    public bool IsOpen(CompletenessReport report) =>
        ItemCodes.Any(code => report.Find(code) is { State: ItemState.Missing or ItemState.Partial or ItemState.Returned });

    /// <summary>The last day has passed and something is still missing.</summary>
    public bool IsOverdue(CompletenessReport report, DateOnly today) => today > DueOn && IsOpen(report);
}

/// <summary>A request as the customer himself reads it: not who asked, nor what became of the message.</summary>
/// <param name="Recipient">Masked.</param>
/// <param name="IsOpen">Something that it asked for is still missing.</param>
/// <param name="CanUpload">And its link still takes it.</param>
public sealed record OwnRequestRow(Guid Id, string Items, MessageChannel Channel, string Recipient, DateOnly DueOn, DateTimeOffset AskedAt, bool IsOpen, bool CanUpload);

/// <summary>The words for what became of a request's message.</summary>
public static class RequestWords
{
    public static string Of(MessageState? state) => state switch
    {
        null => "记录已归档",
        MessageState.Waiting => "排队中",
        MessageState.Sent => "已发送",
        MessageState.Delivered => "已送达",
        MessageState.Failed => "发送失败",
        MessageState.Skipped => "没有发送",
        MessageState.Cancelled => "已取消",
        MessageState.Unknown => "结果不明",
        _ => throw new InvalidOperationException($"Unknown state {state}."),
    };

    public static string ColourOf(MessageState? state) => state switch
    {
        MessageState.Waiting or MessageState.Sent => "blue",
        MessageState.Delivered => "green",
        MessageState.Failed => "red",
        MessageState.Skipped or MessageState.Unknown => "amber",
        _ => "grey",
    };

    public static string Of(WaitReason reason) => reason switch
    {
        WaitReason.Scheduled => "等待计划时间",
        WaitReason.Retry => "上次没有成功，稍后重试",
        WaitReason.Quota => "等待渠道额度",
        WaitReason.RecipientLimit => "等待对方号码的限额",
        WaitReason.QuietHours => "免打扰时段，稍后发出",
        WaitReason.Paused => "已暂停",
        WaitReason.ProviderThrottled => "服务商限流，稍后重试",
        WaitReason.NoAccount => "没有可用的发送账号",
        _ => "等待中",
    };
}
