using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Domain.Messages.Failures;

/// <summary>One cause of failures. <see cref="Failure"/> is none for sends whose outcome nobody knows.</summary>
public sealed record FailureCause(MessageChannel Channel, FailureClass? Failure, string? Code);

/// <summary>Failures of one cause.</summary>
/// <param name="Count">Counted up to <see cref="DeadLetter.MostCounted"/>.</param>
/// <param name="Reason">What the provider said about the last one.</param>
/// <param name="Oldest">When the first of them failed.</param>
public sealed record FailureGroup(FailureCause Cause, int Count, string? Reason, DateTimeOffset Oldest, DateTimeOffset Newest);

/// <summary>A failed message, or one whose outcome nobody knows.</summary>
/// <param name="Recipient">Masked.</param>
public sealed record FailureRow(
    Guid Id, DateTimeOffset At, MessageChannel Channel, FailureClass? Failure, string? Code, string? Reason, string Template, string Recipient, Guid? BatchId, string? BatchNumber, int Attempt)
{
    /// <summary>It may have arrived: a person decides.</summary>
    public bool Unknown => Failure is null;
}

/// <summary>A stretch of failures, the newest first.</summary>
/// <param name="Next">Cursor of the next stretch; none at the end.</param>
public sealed record FailureStretch(IReadOnlyList<FailureRow> Rows, Guid? Next);

/// <summary>What a failed message said to whom, for correcting it.</summary>
/// <param name="Recipient">None for those who may not see it whole: then it stays unless they write another.</param>
/// <param name="Variables">As they were handed in.</param>
/// <param name="Fields">The variables of its template.</param>
public sealed record FailureDraft(Guid Id, MessageChannel Channel, string? Recipient, IReadOnlyDictionary<string, string> Variables, IReadOnlyList<TemplateVariable> Fields);

/// <summary>What came of sending again.</summary>
/// <param name="Replayed">Back in the queue.</param>
/// <param name="Left">Not: settled by somebody else meanwhile, or their batch was cancelled.</param>
/// <param name="More">There are more of the cause than one call takes.</param>
public sealed record ReplayOutcome(int Replayed, int Left, bool More = false);

/// <summary>Refusals around failures.</summary>
public static class FailureRefusals
{
    public static readonly Refusal Settled = new("messages.failure_settled", "这条消息已经由其他同事处理，或所在批次已取消。", RefusalKind.Conflict);
    public static readonly Refusal Secret = new("messages.failure_secret", "这条消息含有验证码或专属链接，不能查看或修正，请重新发起。", RefusalKind.Forbidden);
    public static readonly Refusal NothingChosen = new("messages.failure_none", "请先选择要处理的消息。");
    public static readonly Refusal TooMany = new("messages.failure_too_many", "一次最多选择 1,000 条。", RefusalKind.TooLarge);
}
