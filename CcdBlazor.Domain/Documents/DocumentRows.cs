using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Domain.Documents;

/// <summary>One document as the checklist and the review show it.</summary>
/// <param name="Version">Row version, to be given back with a verdict.</param>
/// <param name="MayReview">The viewer may decide on it now: in review, has the permission, and did not upload it.</param>
public sealed record DocumentRow(
    Guid Id, string ItemCode, string FileName, DocumentState State, int Ordinal, string UploaderKind, string UploaderName, DateTimeOffset UploadedAt,
    string? ReturnReason, string? DecidedByName, DateTimeOffset? DecidedAt, Guid? ReplacedById, uint Version,
    long Bytes, string MediaType, bool HasPreview, int? Pages, bool MayReview, bool MayWithdraw)
{
    public bool IsCurrent => State is not (DocumentState.Replaced or DocumentState.Withdrawn);
}

/// <summary>One line of a customer's checklist with everything that was handed in for it, newest first.</summary>
public sealed record ChecklistLine(ItemReport Report, IReadOnlyList<DocumentRow> Documents)
{
    public ChecklistRule Rule => Report.Rule;

    public IEnumerable<DocumentRow> Current => Documents.Where(d => d.IsCurrent);

    public IEnumerable<DocumentRow> Earlier => Documents.Where(d => !d.IsCurrent);
}

/// <summary>The whole checklist of one customer.</summary>
/// <param name="Strays">Documents whose item left the checklist with a newer rule version; they stay visible.</param>
/// <param name="MayCollect">The viewer may upload now.</param>
/// <param name="LastReturn">Why the file was sent back, while it is with the clerk or in the review that followed.</param>
public sealed record ChecklistView(
    Guid CustomerId, CustomerState State, CompletenessReport Report, IReadOnlyList<ChecklistLine> Lines, IReadOnlyList<DocumentRow> Strays, bool MayCollect, bool MayReview,
    FileReturn? LastReturn = null);

/// <summary>A whole file was sent back.</summary>
/// <param name="Answer">What the clerk wrote when submitting it again.</param>
public sealed record FileReturn(string Words, string ByName, DateTimeOffset At, string? Answer);

/// <summary>A link as staff see it; the token is not among it.</summary>
public sealed record LinkRow(Guid Id, string CreatedByName, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? FirstOpenedAt, DateTimeOffset? LastOpenedAt, int Items)
{
    public bool IsOpen(DateTimeOffset now) => RevokedAt is null && ExpiresAt > now;
}

/// <summary>A file that waits for review.</summary>
public sealed record ReviewRow(Guid CustomerId, string Number, string Name, CustomerKind Kind, string Products, DateTimeOffset WaitingSince, int Documents, int Decided, Guid? OwnerId, bool Mine);

/// <summary>A document found for viewing: which stored file it is and whose.</summary>
public sealed record DocumentFile(Guid DocumentId, Guid CustomerId, Guid FileId, string FileName, string ItemCode, DocumentState State);

/// <summary>What the customer's own page shows.</summary>
/// <param name="ReturnNote">With what words a reviewer sent the whole file back; null when it was not.</param>
public sealed record CollectionPage(
    string CustomerName, IReadOnlyList<string> Products, DateTimeOffset? ExpiresAt, int Percent, bool Open, string? ReturnNote, IReadOnlyList<CollectionItem> Items);

/// <summary>One item on the customer's own page.</summary>
public sealed record CollectionItem(ItemReport Report, bool CanUpload, string? Group, IReadOnlyList<CollectionDocument> Documents);

/// <summary>A paper on the customer's own page: its name and state, never its content.</summary>
public sealed record CollectionDocument(Guid Id, string FileName, DocumentState State, string? ReturnReason, DateTimeOffset UploadedAt, bool CanWithdraw);
