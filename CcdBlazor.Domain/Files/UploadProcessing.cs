using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Files;

/// <summary>Makes a document of a received upload, at once or by a job later; and clears away what was not finished.</summary>
public sealed class UploadProcessing
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IMediaWorker worker;
    private readonly FileStore files;
    private readonly IUploadTarget target;
    private readonly UploadFolder folder;
    private readonly UploadOptions options;
    private readonly ILogger<UploadProcessing> log;

    internal UploadProcessing(
        IDbContextFactory<CcdDbContext> contexts, IMediaWorker worker, FileStore files, IUploadTarget target, UploadFolder folder, UploadOptions options,
        ILogger<UploadProcessing> log)
    {
        this.contexts = contexts;
        this.worker = worker;
        this.files = files;
        this.target = target;
        this.folder = folder;
        this.options = options;
        this.log = log;
    }

    /// <summary>An upload came to its end: <c>accepted</c> or the code of the refusal, and its bytes.</summary>
    public event Action<string, long>? Finished;

    /// <summary>
    /// Job body: finishes received uploads whose request could not (the worker was away, the disk full, the program died). Each is
    /// claimed alone, so several nodes share the work. Answers how many were tried.
    /// </summary>
    public async Task<int> ProcessReceivedAsync(DateTimeOffset now, CancellationToken ct)
    {
        var tried = 0;
        while (await ClaimAsync(now, ct) is { } id)
        {
            tried++;
            try
            {
                await ProcessAsync(id, now, ct);
            }
            catch (Exception e) when (e is not OperationCanceledException && !DatabaseTrouble.IsPassing(e))
            {
                // One poisonous file must not hold up the others; its claim runs out and it is tried again.
                log.LogError(e, "Processing upload {UploadId} failed", id);
            }
        }

        return tried;
    }

    /// <summary>Job body: throws away uploads that were not finished in time, old rows, and files that no row knows. Answers how many ran out.</summary>
    public async Task<int> ExpireAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var expired = 0;
        foreach (var upload in await db.Uploads.Where(u => u.State == UploadState.Receiving && u.ExpiresAt <= now).OrderBy(u => u.Id).Take(1000).ToListAsync(ct))
        {
            upload.Expire();
            // A request that is just writing wins, and pushes the end back.
            if (!(await db.TrySaveAsync(ct)).Ok)
            {
                db.ChangeTracker.Clear();
                continue;
            }

            folder.Delete(upload.Id);
            expired++;
        }

        await db.Uploads
            .Where(u => u.CreatedAt < now - options.KeepRows && u.State != UploadState.Receiving && u.State != UploadState.Received)
            .ExecuteDeleteAsync(ct);
        await SweepFolderAsync(db, now, ct);
        return expired;
    }

    /// <summary>Tries one received upload. The answer is a refusal only when the file was turned down for good.</summary>
    internal async Task<Result<UploadView>> ProcessAsync(Guid id, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var upload = await db.Uploads.SingleAsync(u => u.Id == id, ct);
        if (upload.State != UploadState.Received)
            return upload.View();

        var work = folder.MakeWorkFolder(id);
        Refusal? refusal;
        try
        {
            refusal = await BecomeDocumentAsync(upload, work, ct);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        if (refusal is { Kind: RefusalKind.Unavailable or RefusalKind.StorageFull or RefusalKind.TooMany })
        {
            log.LogWarning("Upload {UploadId} waits: {Code}", id, refusal.Code);
            upload.Postpone(now);
        }
        else if (refusal is not null)
        {
            upload.Refuse(refusal);
        }

        db.Announce($"customer:{upload.CustomerId}", "upload");
        if (!(await db.TrySaveAsync(ct)).Ok)
        {
            // Another node finished the same upload after this one's claim ran out; both did the same.
            db.ChangeTracker.Clear();
            return (await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == id, ct)).View();
        }

        if (upload.State is UploadState.Refused or UploadState.Stored)
            Finished?.Invoke(refusal?.Code ?? "accepted", upload.Length);
        if (upload.State == UploadState.Refused)
            await files.DeleteAsync(upload.FileId, ct);
        if (upload.State is UploadState.Refused or UploadState.Stored)
            folder.Delete(id);
        if (upload.State != UploadState.Refused)
            return upload.View();
        // To a tus client a conflict means "ask for the offset and go on"; here nothing can go on.
        return refusal!.Kind == RefusalKind.Conflict ? refusal with { Kind = RefusalKind.Invalid } : refusal;
    }

    private async Task<Refusal?> BecomeDocumentAsync(Upload upload, string work, CancellationToken ct)
    {
        var path = folder.PartOf(upload.Id);
        if (folder.LengthOf(upload.Id) != upload.Length)
        {
            log.LogError("The bytes of received upload {UploadId} are gone", upload.Id);
            return UploadRefusals.Lost;
        }

        var made = await files.StoreAsync(upload.FileId, path, () => worker.PrepareAsync(path, work, ct), upload.FileName, ct);
        if (!made.Ok)
            return made.Refusal;
        var accepted = await target.AcceptAsync(
            upload.Sender,
            new UploadedFile(upload.Id, upload.FileId, upload.CustomerId, upload.ItemCode, upload.ReplacesDocumentId, upload.FileName, upload.Length, made.Value.Facts),
            ct);
        if (!accepted.Ok)
            return accepted.Refusal;
        upload.BecomeDocument(accepted.Value);
        return null;
    }

    private async Task<Guid?> ClaimAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var next = await db.Uploads
            .FromSql($"SELECT *, xmin FROM uploads WHERE state = 'Received' AND next_attempt_at <= {now} ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED")
            .ToListAsync(ct);
        if (next.Count == 0)
            return null;
        next[0].Claim(now + UploadService.ProcessingLease);
        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
        return next[0].Id;
    }

    /// <summary>What a killed program left: parts without a waiting row, work folders of nobody.</summary>
    private async Task SweepFolderAsync(CcdDbContext db, DateTimeOffset now, CancellationToken ct)
    {
        var (parts, workFolders) = folder.LeftSince(now - options.KeepUnfinished);
        foreach (var batch in parts.Chunk(500))
        {
            var awaited = await db.Uploads
                .Where(u => batch.Contains(u.Id) && (u.State == UploadState.Receiving || u.State == UploadState.Received))
                .Select(u => u.Id).ToListAsync(ct);
            foreach (var part in batch.Except(awaited))
                folder.Delete(part);
        }

        foreach (var left in workFolders)
            Directory.Delete(left, recursive: true);
    }
}
