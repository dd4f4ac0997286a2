using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Files;

/// <summary>
/// The feature that uploads are for. It implements this; so Files needs to know nothing of checklists, and a test can stand in.
/// </summary>
public interface IUploadTarget
{
    /// <summary>Asked before the first byte: may this sender add such a file to that item? Not visible is <see cref="CommonRefusals.NotFound"/>.</summary>
    Task<Result<UploadTargetFacts>> CheckAsync(Actor by, UploadRequest request, CancellationToken ct);

    /// <summary>
    /// Asked when the file was checked and stored; answers the id of the document that it became. May be asked again with the same
    /// upload after a crash, and then answers the same document. The sender's rights were asked before; here only the state of the
    /// world can refuse (the file was approved meanwhile, the item does not take this kind of content). Also asked by a job, long after.
    /// </summary>
    Task<Result<Guid>> AcceptAsync(Actor by, UploadedFile file, CancellationToken ct);
}

/// <summary>What the target says of an item.</summary>
/// <param name="MaxBytes">Largest file that the item takes.</param>
public sealed record UploadTargetFacts(long MaxBytes);

/// <summary>A finished upload, its content known and stored.</summary>
public sealed record UploadedFile(Guid UploadId, Guid FileId, Guid CustomerId, string ItemCode, Guid? ReplacesDocumentId, string FileName, long Bytes, MediaFacts Media);
