using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Files;

/// <summary>How far an upload is. The names are stored.</summary>
public enum UploadState
{
    /// <summary>Bytes are still missing.</summary>
    Receiving,
    /// <summary>All bytes are on the disk; content check, renditions and encryption are still to come.</summary>
    Received,
    /// <summary>A document was made of it.</summary>
    Stored,
    /// <summary>Its content was turned down; the bytes are gone.</summary>
    Refused,
    /// <summary>It was not finished in time; the bytes are gone.</summary>
    Expired,
}

/// <summary>One file on its way in, over as many connections as it takes.</summary>
internal sealed class Upload
{
    public required Guid Id { get; init; }

    /// <summary><see cref="Actor.Kind"/> of the sender.</summary>
    public required string SenderKind { get; init; }

    /// <summary>The account, or the link that the customer came through.</summary>
    public required Guid SenderId { get; init; }

    public required string SenderName { get; init; }

    public string? SenderFrom { get; init; }

    public required Guid CustomerId { get; init; }

    public required string ItemCode { get; init; }

    public Guid? ReplacesDocumentId { get; init; }

    /// <summary>Made by the sender's browser, unique per sender: the same file sent again after a crash meets its earlier upload.</summary>
    public required string ClientKey { get; init; }

    public required string FileName { get; init; }

    /// <summary>What the browser claims; noted, never believed.</summary>
    public string? DeclaredType { get; init; }

    public required long Length { get; init; }

    /// <summary>Bytes that are certainly on the disk.</summary>
    public long Offset { get; private set; }

    public UploadState State { get; private set; }

    public string? RefusalCode { get; private set; }

    public string? RefusalText { get; private set; }

    /// <summary>The stored file that becomes of it; fixed from the start, so that storing twice after a crash stores once.</summary>
    public required Guid FileId { get; init; }

    public Guid? DocumentId { get; private set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When an unfinished upload is thrown away; pushed back by every byte that arrives.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>While received: when the next one may try to process it. In the future while somebody is at it.</summary>
    public DateTimeOffset? NextAttemptAt { get; private set; }

    public int Attempts { get; private set; }

    public uint Version { get; private set; }

    /// <summary>
    /// The sender as he was when the upload began, for the audit and for "the uploader may not review". Whether he may upload was asked
    /// then, and every request since was his own; so this actor's rights are not asked again.
    /// </summary>
    public Actor Sender => SenderKind switch
    {
        "staff" => new StaffActor(SenderId, SenderName, null, new HashSet<Permission> { Permission.CollectDocuments }, new HashSet<Guid>()) { From = SenderFrom },
        "link" => new LinkActor(SenderId, CustomerId) { From = SenderFrom },
        _ => throw new InvalidOperationException($"Uploads of a '{SenderKind}' are not known."),
    };

    /// <summary>True when a second creation under the same key means the same file for the same place.</summary>
    public bool IsSameAs(UploadRequest request) =>
        Length == request.Length && CustomerId == request.CustomerId && ItemCode == request.ItemCode && ReplacesDocumentId == request.ReplacesDocumentId;

    /// <summary>Notes how many bytes are safe. With the last one the upload is received, and the caller has until <paramref name="leaseEnd"/> to process it.</summary>
    public void Advance(long offset, DateTimeOffset expiresAt, DateTimeOffset leaseEnd)
    {
        if (State != UploadState.Receiving || offset > Length)
            throw new InvalidOperationException("Only an upload that is still receiving takes bytes, and never more than its length.");
        Offset = offset;
        ExpiresAt = expiresAt;
        if (offset == Length)
        {
            State = UploadState.Received;
            NextAttemptAt = leaseEnd;
        }
    }

    /// <summary>Somebody takes it up for processing.</summary>
    public void Claim(DateTimeOffset leaseEnd)
    {
        NextAttemptAt = leaseEnd;
        Attempts++;
    }

    /// <summary>What is needed does not answer now: 15 s, 30 s, 1 min … up to 1 h later.</summary>
    public void Postpone(DateTimeOffset now) => NextAttemptAt = now + TimeSpan.FromSeconds(Math.Min(3600, 15 * Math.Pow(2, Math.Min(Attempts, 10))));

    public void BecomeDocument(Guid documentId)
    {
        DocumentId = documentId;
        State = UploadState.Stored;
        NextAttemptAt = null;
    }

    public void Refuse(Refusal refusal)
    {
        RefusalCode = refusal.Code;
        RefusalText = refusal.Text;
        State = UploadState.Refused;
        NextAttemptAt = null;
    }

    public void Expire() => State = UploadState.Expired;

    public UploadView View(long? offset = null) => new(
        Id, State, offset ?? Offset, Length, CustomerId, ItemCode, ReplacesDocumentId, ClientKey, FileName, DeclaredType, ExpiresAt, DocumentId,
        RefusalCode is null ? null : new Refusal(RefusalCode, RefusalText ?? "", RefusalKind.Gone));
}

/// <summary>What a sender asks for when an upload begins.</summary>
/// <param name="ItemCode">The item of the customer's checklist.</param>
/// <param name="ClientKey">Made by the browser, one per file; at most 100 characters.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ReplacesDocumentId">The returned document that this one takes the place of.</param>
public sealed record UploadRequest(
    Guid CustomerId, string ItemCode, string ClientKey, string FileName, string? DeclaredType, long Length, Guid? ReplacesDocumentId = null);

/// <summary>An upload as its sender sees it.</summary>
/// <param name="Offset">Bytes that arrived and are safe; sending goes on from here.</param>
/// <param name="Refusal">Why it was turned down, once it was.</param>
public sealed record UploadView(
    Guid Id, UploadState State, long Offset, long Length, Guid CustomerId, string ItemCode, Guid? ReplacesDocumentId, string ClientKey,
    string FileName, string? DeclaredType, DateTimeOffset ExpiresAt, Guid? DocumentId, Refusal? Refusal);
