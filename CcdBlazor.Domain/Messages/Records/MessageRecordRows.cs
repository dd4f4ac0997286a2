using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Domain.Messages.Records;

/// <summary>A message in the list.</summary>
/// <param name="Recipient">Masked.</param>
/// <param name="Waits">Why it waits, while it waits for a moment.</param>
/// <param name="WaitsUntil">None while it waits without end.</param>
public sealed record RecordRow(
    Guid Id, DateTimeOffset AcceptedAt, MessageChannel Channel, MessageState State, string Template, string Recipient, Guid? BatchId, string? BatchNumber, Guid? CustomerId,
    int Attempt, DateTimeOffset? FinishedAt, WaitReason? Waits, DateTimeOffset? WaitsUntil, FailureClass? Failure, string? Code, string? Reason)
{
    /// <summary>Chinese: where it stands and why; never empty.</summary>
    public string Says => RecordWords.Says(this);
}

/// <summary>A stretch of the list, newest first.</summary>
/// <param name="Next">Cursor of the next stretch; none at the end.</param>
public sealed record RecordStretch(IReadOnlyList<RecordRow> Rows, Guid? Next);

/// <summary>A step of a message's way, in words.</summary>
/// <param name="Host">The node that took it.</param>
/// <param name="Since">Since the step before; none for the first.</param>
/// <param name="Good">True for progress, false for trouble, null for a wait or a note.</param>
public sealed record RecordStep(DateTimeOffset At, string What, string? Why, int Attempt, string? Host, string? ProviderId, TimeSpan? Since, bool? Good);

/// <summary>Everything about one message.</summary>
/// <param name="Recipient">Whole only for those who may see it.</param>
/// <param name="Text">As it was or will be sent; none when it must not be shown (a code) or cannot be rendered any more.</param>
/// <param name="Account">Name of the account that sent it, or tried last.</param>
/// <param name="Scheduled">It waits for its own moment and may be called back or moved.</param>
/// <param name="TraceKept">False when the days of its steps are over.</param>
public sealed record RecordDetail(
    RecordRow Row, string Recipient, MessageCategory Category, string? Text, int TemplateVersion, int Priority, bool Urgent, DateTimeOffset? NotBefore, DateTimeOffset? ExpiresAt,
    DateTimeOffset? ReceiptAt, string? Account, int CostMilli, IReadOnlyList<string> Tags, bool Scheduled, IReadOnlyList<RecordStep> Steps, bool TraceKept);

/// <summary>The Chinese words of states, waits and steps.</summary>
public static class RecordWords
{
    public static string Of(MessageState state) => state switch
    {
        MessageState.Waiting => "等待中",
        MessageState.Sent => "已发出",
        MessageState.Delivered => "已送达",
        MessageState.Failed => "失败",
        MessageState.Skipped => "未发送",
        MessageState.Cancelled => "已取消",
        MessageState.Unknown => "结果不明",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string Of(WaitReason why) => why switch
    {
        WaitReason.Scheduled => "定时发送",
        WaitReason.Retry => "失败后等待重试",
        WaitReason.Quota => "账号额度已用完",
        WaitReason.RecipientLimit => "对方号码达到频率上限",
        WaitReason.QuietHours => "免打扰时段",
        WaitReason.Paused => "批次已暂停",
        WaitReason.ProviderThrottled => "服务商限流",
        WaitReason.NoAccount => "没有可用账号",
        _ => throw new ArgumentOutOfRangeException(nameof(why), why, null),
    };

    /// <summary>The words of a stored code: ours in Chinese, a provider's as it is.</summary>
    public static string? Of(string? code) => code switch
    {
        null or "" => null,
        "interrupted" => "发送中断，正在确认",
        "no_answer" => "服务商没有答复",
        "client_error" => "本系统调用出错",
        "account_gone" => "原渠道账号已停用",
        "not_begun" => "尚未开始发送",
        "node_died" => "发送时程序中断",
        "never_arrived" => "服务商没有收到",
        _ => SkipCodes.Words(code),
    };

    internal static string Says(RecordRow row) => row.State switch
    {
        MessageState.Waiting when row.Waits is { } why => Of(why),
        MessageState.Waiting => "排队或正在发送",
        MessageState.Sent or MessageState.Delivered => Of(row.State),
        _ => Join(Of(row.State), row.Reason ?? Of(row.Code)),
    };

    internal static (string What, string? Why, bool? Good) Step(TraceNode node, TraceResult result, string? code, string? detail) => (node, result) switch
    {
        (_, TraceResult.Waits) => ("等待", Join(Enum.TryParse<WaitReason>(code, out var why) && Enum.IsDefined(why) ? Of(why) : Of(code), detail), null),
        (_, TraceResult.Skipped) => ("未发送", Join(Of(code), detail), false),
        (_, TraceResult.Cancelled) => ("已取消", Join(Of(code), detail), null),
        (_, TraceResult.Recovered) => ("所在服务器中断，由其他服务器接手", Join(Of(code), detail), null),
        (_, TraceResult.NextChannel) => ("转到下一个渠道", Join(Of(code), detail), null),
        (_, TraceResult.Replayed) => ("人工重新发送", detail, null),
        (_, TraceResult.Unknown) => ("结果不明，需要人工确认", Join(Of(code), detail), false),
        (TraceNode.Queue, TraceResult.Done) => ("进入队列", detail, true),
        (TraceNode.Process, TraceResult.Done) => ("开始发送", detail, true),
        (TraceNode.Process, TraceResult.Failed) => ("处理失败", Join(Of(code), detail), false),
        (TraceNode.Send, TraceResult.Done) => ("服务商已接收", detail, true),
        (TraceNode.Send, TraceResult.Failed) => ("发送失败", Join(Of(code), detail), false),
        (TraceNode.Callback, TraceResult.Done) => ("回执：已送达", detail, true),
        (TraceNode.Callback, TraceResult.Failed) => ("回执：未送达", Join(Of(code), detail), false),
        (_, TraceResult.Done) => ("完成", detail, true),
        _ => ("失败", Join(Of(code), detail), false),
    };

    private static string Join(string? first, string? second) =>
        (first, second) switch { (null, _) => second ?? "", (_, null) or (_, "") => first, _ when first == second => first, _ => $"{first}：{second}" };
}

/// <summary>Whom a searched text may mean.</summary>
public static class RecordPeople
{
    /// <summary>The hashes of a recipient on every channel that takes such a text; a customer's own messages are found by the customer's id besides.</summary>
    public static IReadOnlyList<Guid> Of(string text) =>
        [.. Enum.GetValues<MessageChannel>().Select(c => (Channel: c, Recipient: RecipientRules.Normalise(c, text))).Where(c => c.Recipient is { Length: > 0 })
            .Select(c => RecipientRules.PersonOf(null, c.Channel, c.Recipient!)).Distinct()];
}
