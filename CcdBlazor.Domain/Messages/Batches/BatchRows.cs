using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>What the list of batches is narrowed to.</summary>
/// <param name="Search">Part of number or name.</param>
/// <param name="Open">Only those that still want something: drafts, waiting, running, paused.</param>
public sealed record BatchFilter(string? Search = null, BatchState? State = null, bool Mine = false, bool Open = false);

/// <summary>How far a batch is. All figures are recipients; every one of them ends in exactly one.</summary>
/// <param name="Fed">Handed to the queue so far.</param>
/// <param name="Sent">Taken by a provider, delivered and bounced ones included.</param>
/// <param name="Bounced">Sent, but a receipt said that it did not arrive.</param>
public sealed record BatchProgress(int Total, int Fed, int Sent, int Delivered, int Failed, int Skipped, int Cancelled, int Unknown, int Bounced, long CostMilli)
{
    /// <summary>With an outcome.</summary>
    public int Done => Sent + Failed + Skipped + Cancelled + Unknown;

    public int Left => Math.Max(0, Total - Done);

    /// <summary>Percent, rounded down: 100 only when all are done.</summary>
    public int Percent => Total == 0 ? 100 : (int)(100L * Done / Total);

    /// <summary>What the dead letter holds of it, apart from what was settled there.</summary>
    public int Trouble => Failed + Unknown + Bounced;
}

/// <summary>A batch in the list.</summary>
public sealed record BatchRow(
    Guid Id, string Number, string Name, string Template, MessageChannel Channel, BatchState State, BatchProgress Progress,
    DateTimeOffset CreatedAt, DateTimeOffset? StartAt, string CallerName);

/// <summary>A batch as its page shows it.</summary>
/// <param name="RatePerSecond">Outcomes per second over the last minute; 0 when nothing moves.</param>
/// <param name="EndsAt">When the rest will be done; none when it does not run or nothing can be said.</param>
/// <param name="LimitedBy">Chinese: what holds it back, or what the estimate rests on.</param>
/// <param name="Moves">What may be done now, by this reader.</param>
/// <param name="OpenFailures">Failures that nobody settled yet: what "resend the failed" takes.</param>
public sealed record BatchDetail(
    BatchRow Row, int Priority, bool Urgent, int Canary, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, DateTimeOffset? ExpiresAt, string? Account,
    double RatePerSecond, DateTimeOffset? EndsAt, string? LimitedBy, IReadOnlyList<BatchMove> Moves, int OpenFailures, bool MayResend, bool MayEdit,
    (Guid Id, string Number)? ResendOf, IReadOnlyList<(Guid Id, string Number)> Resends);

/// <summary>A recipient of a batch.</summary>
/// <param name="No">Its place, from 1.</param>
/// <param name="Recipient">Masked.</param>
/// <param name="Why">Chinese; none where there is nothing to explain.</param>
public sealed record BatchRecipientRow(int No, Guid MessageId, string Recipient, MessageState State, string? Why, int Attempt, DateTimeOffset? FinishedAt);

/// <summary>A stretch of recipients in their order.</summary>
/// <param name="Next">Cursor (the last place) of the next stretch; none at the end.</param>
public sealed record BatchRecipientStretch(IReadOnlyList<BatchRecipientRow> Rows, int? Next);

/// <summary>The outcomes of a batch as rows of a file.</summary>
public sealed record BatchExport(string Number, IReadOnlyList<string> Heads, IAsyncEnumerable<IReadOnlyList<string>> Rows);
