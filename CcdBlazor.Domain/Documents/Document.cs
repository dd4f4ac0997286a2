using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// One paper that was handed in for an item of the checklist. Never overwritten: a better one is a further document, and this one says
/// which replaced it. The bytes lie in Files; a decision about it is a <see cref="DocumentReview"/> row.
/// </summary>
internal sealed class Document
{
    /// <summary>A customer may take back an own upload for this long (what document-request tools do; domain facts, section 4).</summary>
    public static readonly TimeSpan CustomerMayWithdrawFor = TimeSpan.FromMinutes(30);

    private Document()
    {
    }

    public Guid Id { get; private init; }

    public Guid CustomerId { get; private init; }

    /// <summary>Code of the checklist rule that it answers.</summary>
    public string ItemCode { get; private init; } = "";

    public Guid FileId { get; private init; }

    public string FileName { get; private init; } = "";

    public DocumentState State { get; private set; }

    /// <summary>Which one it is of its item, from 1; versions stay.</summary>
    public int Ordinal { get; private init; }

    public Guid? ReplacedById { get; private set; }

    public DateTimeOffset UploadedAt { get; private init; }

    /// <summary><c>staff</c>, <c>link</c> or <c>system</c>.</summary>
    public string UploaderKind { get; private init; } = "";

    public Guid? UploaderId { get; private init; }

    public string UploaderName { get; private init; } = "";

    /// <summary>Why it was returned, for the checklist and for the customer's page.</summary>
    public string? ReturnReason { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    public Guid? DecidedById { get; private set; }

    public string? DecidedByName { get; private set; }

    public uint Version { get; private set; }

    public bool IsCurrent => State is not (DocumentState.Replaced or DocumentState.Withdrawn);

    public static Document HandedIn(Guid customerId, string itemCode, Guid fileId, string fileName, int ordinal, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        CustomerId = customerId,
        ItemCode = itemCode,
        FileId = fileId,
        FileName = fileName,
        Ordinal = ordinal,
        State = DocumentState.Uploaded,
        UploadedAt = now,
        UploaderKind = by.Kind,
        UploaderId = by.Id,
        UploaderName = by.DisplayName,
    };

    public Result ReplaceBy(Document newer)
    {
        if (State == DocumentState.Accepted)
            return DocumentRefusals.AcceptedStays;
        if (!IsCurrent)
            return DocumentRefusals.ReplacedMeanwhile;
        State = DocumentState.Replaced;
        ReplacedById = newer.Id;
        return Result.Done;
    }

    /// <summary>Taken back by staff, or by the customer within <see cref="CustomerMayWithdrawFor"/> of an own upload.</summary>
    public Result Withdraw(Actor by, DateTimeOffset now)
    {
        if (State == DocumentState.Accepted)
            return DocumentRefusals.AcceptedStays;
        if (!IsCurrent)
            return DocumentRefusals.ReplacedMeanwhile;
        if (by is LinkActor && !MayWithdraw(by, now))
            return DocumentRefusals.TooLateToWithdraw;
        State = DocumentState.Withdrawn;
        return Result.Done;
    }

    /// <summary>Whether this customer may still take it back: an own upload, still undecided, within the allowed time.</summary>
    public bool MayWithdraw(Actor by, DateTimeOffset now) =>
        State == DocumentState.Uploaded && UploaderKind == by.Kind && UploaderId == by.Id && now - UploadedAt <= CustomerMayWithdrawFor;

    /// <summary>
    /// A reviewer's verdict. <paramref name="seen"/> is the row version that the reviewer had on the screen: a verdict on something else is refused.
    /// </summary>
    public Result<DocumentReview> Decide(DocumentVerdict verdict, string? reason, uint seen, Actor by, DateTimeOffset now)
    {
        if (!IsCurrent)
            return DocumentRefusals.ReplacedMeanwhile;
        if (by.Id is not null && by.Kind == UploaderKind && by.Id == UploaderId)
            return DocumentRefusals.UploaderMayNotReview;
        if (seen != Version)
            return DocumentRefusals.DecidedMeanwhile(DecidedByName, State);
        if (verdict == DocumentVerdict.Returned && string.IsNullOrWhiteSpace(reason))
            return DocumentRefusals.ReasonMissing;
        if (reason?.Length > CustomerWorkflow.LongestReason)
            return CustomerRefusals.ReasonTooLong;
        State = verdict switch
        {
            DocumentVerdict.Accepted => DocumentState.Accepted,
            DocumentVerdict.Returned => DocumentState.Returned,
        };
        ReturnReason = verdict == DocumentVerdict.Returned ? reason!.Trim() : null;
        DecidedAt = now;
        DecidedById = by.Id;
        DecidedByName = by.DisplayName;
        return DocumentReview.Of(this, verdict, ReturnReason, by, now);
    }
}

/// <summary>What a reviewer says of one document.</summary>
public enum DocumentVerdict
{
    Accepted = 1,
    Returned = 2,
}

/// <summary>A decision is a row: who, when, verdict, reason. A later decision on the same document is a further row.</summary>
internal sealed class DocumentReview
{
    private DocumentReview()
    {
    }

    public Guid Id { get; private init; }

    public Guid DocumentId { get; private init; }

    public Guid CustomerId { get; private init; }

    public DocumentVerdict Verdict { get; private init; }

    public string? Reason { get; private init; }

    public Guid? ReviewerId { get; private init; }

    public string ReviewerName { get; private init; } = "";

    public DateTimeOffset At { get; private init; }

    internal static DocumentReview Of(Document document, DocumentVerdict verdict, string? reason, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        DocumentId = document.Id,
        CustomerId = document.CustomerId,
        Verdict = verdict,
        Reason = reason,
        ReviewerId = by.Id,
        ReviewerName = by.DisplayName,
        At = now,
    };
}
