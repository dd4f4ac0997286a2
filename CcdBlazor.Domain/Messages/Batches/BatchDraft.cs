using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>What a batch says and when; the recipients come beside it.</summary>
public sealed record BatchDraft
{
    public required string Name { get; init; }

    public required string Template { get; init; }

    public required MessageChannel Channel { get; init; }

    /// <summary>Bound to this account.</summary>
    public int? Account { get; init; }

    /// <summary>0 to 10.</summary>
    public int Priority { get; init; } = 3;

    public bool Urgent { get; init; }

    /// <summary>Start by itself (at <see cref="At"/>, or at once); otherwise it stays a draft.</summary>
    public bool Start { get; init; }

    public DateTimeOffset? At { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Percent of the recipients that go first and wait for a person's word; 0 for none.</summary>
    public int CanaryPercent { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>When some rows are bad: take the good ones. Otherwise nothing is taken and the bad ones are listed.</summary>
    public bool AcceptGood { get; init; }

    public string? IdempotencyKey { get; init; }
}

/// <summary>One recipient of a batch.</summary>
public sealed record BatchRecipient(string Recipient, IReadOnlyDictionary<string, string> Variables, Guid? CustomerId = null);

/// <summary>A row that cannot be sent, and why.</summary>
/// <param name="Row">From 1, as in the caller's list.</param>
public sealed record BadRow(int Row, string Recipient, Refusal Refusal);

/// <summary>What came of a batch at the door.</summary>
/// <param name="Id">None when nothing was taken.</param>
public sealed record BatchAccepted(Guid? Id, string? Number, int Accepted, IReadOnlyList<BadRow> Bad, bool Repeated = false);

/// <summary>Refusals around batches.</summary>
public static class BatchRefusals
{
    /// <summary>Most recipients of one batch (issue 3, line 4).</summary>
    public const int MostRecipients = 10_000;

    public static readonly Refusal Empty = new("messages.batch_empty", "没有接收人。") { Field = "recipients" };
    public static readonly Refusal TooMany = new("messages.batch_too_many", "一批最多 10,000 个接收人，请拆成几批。", RefusalKind.TooLarge) { Field = "recipients" };
    public static readonly Refusal NameMissing = new("messages.batch_name", "请填写批次名称（最多 100 字）。") { Field = "Name" };
    public static readonly Refusal CanaryRange = new("messages.batch_canary", "试发比例应在 0 到 50 之间。") { Field = "CanaryPercent" };
    public static readonly Refusal Duplicate = new("messages.batch_duplicate", "与前面的行是同一个接收人。");
    public static readonly Refusal AllBad = new("messages.batch_all_bad", "没有一行可以发送。") { Field = "recipients" };
    public static readonly Refusal SecondPerson = new("messages.batch_second_person", "创建人不能批准自己的批次。", RefusalKind.Forbidden);
    public static readonly Refusal NotEditable = new("messages.batch_not_editable", "批次已经开始，不能再改计划时间。", RefusalKind.Conflict);

    public static readonly Refusal NothingToResend = new("messages.batch_nothing_to_resend", "没有可以重发的失败消息：它们已经重发，或由其他同事处理。", RefusalKind.Conflict);
    public static readonly Refusal ResendTooEarly = new("messages.batch_resend_early", "批次还没有结束，结束后再重发失败的消息。", RefusalKind.Conflict);

    public static Refusal MoveNotAllowed(BatchState state, BatchMove move) =>
        new("messages.batch_move", $"批次“{BatchWorkflow.Words(state)}”，不能{BatchWorkflow.Words(move)}。", RefusalKind.Conflict);
}
