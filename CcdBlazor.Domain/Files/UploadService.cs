using System.Collections.Concurrent;
using System.Security.Cryptography;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Files;

/// <summary>What a sender says the bytes of one request hash to.</summary>
/// <param name="Algorithm">SHA-1 or SHA-256.</param>
public sealed record UploadChecksum(HashAlgorithmName Algorithm, byte[] Expected);

/// <summary>
/// Takes files in, over as many connections as it takes. Bytes are on the disk before the row says so; so whatever was interrupted
/// (connection, program, database), the smaller of the two is true, and nothing that was acknowledged is lost.
/// An upload is visible to its sender only.
/// </summary>
public sealed class UploadService
{
    /// <summary>How long a request that received the last byte has to process the file before the job takes it up.</summary>
    internal static readonly TimeSpan ProcessingLease = TimeSpan.FromMinutes(5);

    /// <summary>How long one who wants to go on waits for his own earlier request to notice that its connection broke.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(2);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IUploadTarget target;
    private readonly UploadProcessing processing;
    private readonly UploadFolder folder;
    private readonly UploadOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<UploadService> log;
    private readonly ConcurrentDictionary<(Guid Upload, Guid Sender), TaskCompletionSource> busy = new();

    internal UploadService(
        IDbContextFactory<CcdDbContext> contexts, IUploadTarget target, UploadProcessing processing, UploadFolder folder, UploadOptions options,
        TimeProvider clock, ILogger<UploadService> log)
    {
        this.contexts = contexts;
        this.target = target;
        this.processing = processing;
        this.folder = folder;
        this.options = options;
        this.clock = clock;
        this.log = log;
    }

    /// <summary>Largest file that the program takes at all, in bytes.</summary>
    public long MaxBytes => options.MaxBytes;

    /// <summary>
    /// Begins an upload, or finds the one that the same sender began under the same client key. Refusals: those of the target,
    /// <see cref="MediaRefusals.Empty"/>, too large, storage full, too many open, client key reused; the refusal of the earlier upload
    /// when that was turned down.
    /// </summary>
    public Task<Result<UploadView>> CreateAsync(UploadRequest request, Actor by, CancellationToken ct) =>
        GuardAsync(() => CreateUnguardedAsync(request with { FileName = FileNames.Clean(request.FileName) }, by, ct));

    /// <summary>
    /// Takes bytes from <paramref name="offset"/> on. When the connection breaks, what arrived is kept, unless a checksum was to prove it.
    /// With the last byte the file is processed at once; when a part that is needed does not answer, the upload stays received and a job
    /// finishes it. Refusals: <see cref="UploadRefusals"/>, those of content, those of the target.
    /// </summary>
    /// <param name="bodyLength">Bytes that the request announces, if it does.</param>
    public async Task<Result<UploadView>> AppendAsync(
        Guid id, long offset, Stream body, long? bodyLength, UploadChecksum? checksum, Actor by, CancellationToken ct)
    {
        if (by.Id is not { } sender)
            return CommonRefusals.NotFound;
        // Keyed with the sender, so that nobody learns of somebody else's upload from its being busy.
        if (!Enter(id, sender))
            return UploadRefusals.Busy;
        try
        {
            return await GuardAsync(() => AppendAloneAsync(id, offset, body, bodyLength, checksum, by, ct));
        }
        finally
        {
            Leave(id, sender);
        }
    }

    /// <summary>Where an upload stands. Refused and expired ones are answered too; the view says so.</summary>
    public Task<Result<UploadView>> StatusAsync(Guid id, Actor by, CancellationToken ct) => GuardAsync(async () =>
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await FindAsync(db, id, by, ct) is { } upload ? Describe(upload) : (Result<UploadView>)CommonRefusals.NotFound;
    });

    /// <summary>
    /// The same for one who wants to go on sending. After a break he is often back before his earlier request has ended, and would be
    /// told an offset that is about to move; so he waits a moment for it.
    /// </summary>
    public async Task<Result<UploadView>> StatusForResumingAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (by.Id is { } sender && busy.TryGetValue((id, sender), out var earlier))
        {
            try
            {
                await earlier.Task.WaitAsync(SettlingTime, ct);
            }
            catch (TimeoutException)
            {
                // Still sending, on another page perhaps: what is committed so far is the answer.
            }
        }

        return await StatusAsync(id, by, ct);
    }

    /// <summary>The sender gives up: row and bytes go. What was received whole stays.</summary>
    public async Task<Result> TerminateAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (by.Id is not { } sender)
            return CommonRefusals.NotFound;
        if (!Enter(id, sender))
            return UploadRefusals.Busy;
        try
        {
            var ended = await GuardAsync(async () =>
            {
                await using var db = await contexts.CreateDbContextAsync(ct);
                var upload = await FindAsync(db, id, by, ct);
                if (upload is null)
                    return CommonRefusals.NotFound;
                if (upload.State is UploadState.Received or UploadState.Stored)
                    return UploadRefusals.AlreadyReceived;
                db.Remove(upload);
                var saved = await db.TrySaveAsync(ct);
                return saved.Ok ? upload.View() : (Result<UploadView>)saved.Refusal;
            });
            if (ended.Ok)
                folder.Delete(id);
            return ended.WithoutValue();
        }
        finally
        {
            Leave(id, sender);
        }
    }

    private async Task<Result<UploadView>> CreateUnguardedAsync(UploadRequest request, Actor by, CancellationToken ct)
    {
        if (by.Id is not { } sender)
            return CommonRefusals.Forbidden;
        if (request.ClientKey.Length is 0 or > 100 || request.ClientKey.Any(char.IsControl))
            return UploadRefusals.Malformed("clientKey");
        if (request.ItemCode.Length is 0 or > 64 || request.ItemCode.Any(char.IsControl))
            return UploadRefusals.Malformed("item");
        if (by is LinkActor link && link.CustomerId != request.CustomerId)
            return CommonRefusals.NotFound;

        // Before the target is asked: the earlier upload may itself be what fills the item.
        if (await AgainAsync(request, by, sender, ct) is { } again)
            return again;
        var facts = await target.CheckAsync(by, request, ct);
        if (!facts.Ok)
            return facts.Refusal;
        if (request.Length <= 0)
            return MediaRefusals.Empty;
        var limit = Math.Min(options.MaxBytes, facts.Value.MaxBytes);
        if (request.Length > limit)
            return UploadRefusals.TooLarge(limit);
        if (!folder.HasRoomFor(request.Length))
            return UploadRefusals.StorageFull;

        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.Uploads.CountAsync(u => u.SenderKind == by.Kind && u.SenderId == sender && u.State == UploadState.Receiving, ct) >= options.MaxOpenPerSender)
            return UploadRefusals.TooManyOpen;
        var now = clock.GetUtcNow();
        var upload = new Upload
        {
            Id = Guid.CreateVersion7(now),
            SenderKind = by.Kind,
            SenderId = sender,
            SenderName = by.DisplayName,
            SenderFrom = by.From,
            CustomerId = request.CustomerId,
            ItemCode = request.ItemCode,
            ReplacesDocumentId = request.ReplacesDocumentId,
            ClientKey = request.ClientKey,
            FileName = request.FileName,
            DeclaredType = request.DeclaredType is { Length: <= 100 } type && !type.Any(char.IsControl) ? type : null,
            Length = request.Length,
            FileId = Guid.CreateVersion7(now),
            CreatedAt = now,
            ExpiresAt = now + options.KeepUnfinished,
        };
        db.Add(upload);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            return upload.View();
        // Two creations under one key at once: the other one was first.
        return await AgainAsync(request, by, sender, ct) ?? saved.Refusal;
    }

    /// <summary>The upload that was begun under the same key; none when there was none, or when it ran out and is begun anew.</summary>
    private async Task<Result<UploadView>?> AgainAsync(UploadRequest request, Actor by, Guid sender, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var earlier = await db.Uploads.SingleOrDefaultAsync(u => u.SenderKind == by.Kind && u.SenderId == sender && u.ClientKey == request.ClientKey, ct);
        if (earlier is null)
            return null;
        if (earlier.State == UploadState.Expired || HasRunOut(earlier))
        {
            db.Remove(earlier);
            var removed = await db.TrySaveAsync(ct);
            if (!removed.Ok)
                return removed.Refusal;
            folder.Delete(earlier.Id);
            return null;
        }

        if (!earlier.IsSameAs(request))
            return UploadRefusals.ClientKeyReused;
        var view = Describe(earlier);
        return view.Refusal is { } refusal ? refusal : view;
    }

    private async Task<Result<UploadView>> AppendAloneAsync(
        Guid id, long offset, Stream body, long? bodyLength, UploadChecksum? checksum, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var upload = await FindAsync(db, id, by, ct);
        if (upload is null)
            return CommonRefusals.NotFound;
        var view = Describe(upload);
        if (view.Refusal is { } over)
            return over;
        if (offset != view.Offset)
            return UploadRefusals.OffsetMismatch;
        // The answer to the last byte got lost and the sender asks again.
        if (view.State is UploadState.Received or UploadState.Stored)
            return view;
        if (bodyLength > upload.Length - offset)
            return UploadRefusals.LongerThanDeclared;

        Refusal? refusal;
        using (var part = folder.OpenAlone(id))
        {
            if (part is null)
                return UploadRefusals.Busy;
            // Between the look above and the lock another node may have written.
            if (part.Length < offset)
                return UploadRefusals.OffsetMismatch;
            refusal = await ReceiveAsync(db, upload, part, offset, body, announced: bodyLength is not null, checksum, ct);
        }

        if (refusal is not null)
            return refusal;
        // The sender may be gone by now; what he sent whole is worth finishing.
        return upload.State == UploadState.Received ? await processing.ProcessAsync(id, clock.GetUtcNow(), CancellationToken.None) : upload.View();
    }

    private async Task<Refusal?> ReceiveAsync(
        CcdDbContext db, Upload upload, FileStream part, long start, Stream body, bool announced, UploadChecksum? checksum, CancellationToken ct)
    {
        // What must be provable or refusable as a whole is committed as a whole; anything else now and then, for the day the program dies.
        var writer = new PartWriter(part, start, upload.Length, commitOnTheWay: announced && checksum is null);
        try
        {
            using var hash = checksum is null ? null : IncrementalHash.CreateHash(checksum.Algorithm);
            while (await writer.TakeAsync(body, hash, ct))
            {
                if (writer.IsTooLong)
                {
                    writer.Discard();
                    return UploadRefusals.LongerThanDeclared;
                }

                if (writer.IsTimeToCommit && await CommitAsync(db, upload, writer) is { } refusal)
                    return refusal;
            }

            if (hash is not null && (writer.WasCut || !CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), checksum!.Expected)))
            {
                writer.Discard();
                return UploadRefusals.ChecksumMismatch;
            }

            return await CommitAsync(db, upload, writer);
        }
        catch (IOException e) when (StorageFullException.IsFull(e))
        {
            log.LogError("No room to receive upload {UploadId}", upload.Id);
            writer.Discard();
            return UploadRefusals.StorageFull;
        }
    }

    /// <summary>Disk first, then row. Not cancelled with the request: a broken connection is the very case in which the bytes are to be kept.</summary>
    private async Task<Refusal?> CommitAsync(CcdDbContext db, Upload upload, PartWriter writer)
    {
        writer.Flush();
        var now = clock.GetUtcNow();
        upload.Advance(writer.Position, now + options.KeepUnfinished, now + ProcessingLease);
        var saved = await db.TrySaveAsync(CancellationToken.None);
        writer.Committed();
        // The cleaning job or another node was quicker.
        return saved.Ok ? null : UploadRefusals.Busy;
    }

    private bool Enter(Guid id, Guid sender) => busy.TryAdd((id, sender), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Leave(Guid id, Guid sender)
    {
        if (busy.TryRemove((id, sender), out var ended))
            ended.SetResult();
    }

    private static Task<Upload?> FindAsync(CcdDbContext db, Guid id, Actor by, CancellationToken ct) =>
        db.Uploads.SingleOrDefaultAsync(u => u.Id == id && u.SenderKind == by.Kind && u.SenderId == by.Id, ct);

    private bool HasRunOut(Upload upload) => upload.State == UploadState.Receiving && upload.ExpiresAt <= clock.GetUtcNow();

    private UploadView Describe(Upload upload) => upload.State switch
    {
        UploadState.Receiving when HasRunOut(upload) => upload.View() with { State = UploadState.Expired, Refusal = UploadRefusals.Expired },
        UploadState.Receiving => upload.View(Math.Min(upload.Offset, folder.LengthOf(upload.Id))),
        UploadState.Expired => upload.View() with { Refusal = UploadRefusals.Expired },
        UploadState.Received or UploadState.Stored or UploadState.Refused => upload.View(),
    };

    private async Task<Result<UploadView>> GuardAsync(Func<Task<Result<UploadView>>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (DatabaseTrouble.IsPassing(e))
        {
            log.LogWarning(e, "The database did not answer an upload request");
            return UploadRefusals.Unavailable;
        }
    }
}
