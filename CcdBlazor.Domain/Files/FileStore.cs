using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Files;

/// <summary>Stored files: encrypted, by content, each content once. Who may see a file is decided by the feature that owns it, before it asks here.</summary>
public sealed class FileStore
{
    private const int RotationBatch = 500;
    private const int SweepBatch = 500;
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IBlobStore blobs;
    private readonly KeyRing ring;
    private readonly TimeProvider clock;
    private readonly ILogger<FileStore> log;

    internal FileStore(IDbContextFactory<CcdDbContext> contexts, IBlobStore blobs, KeyRing ring, TimeProvider clock, ILogger<FileStore> log)
    {
        this.contexts = contexts;
        this.blobs = blobs;
        this.ring = ring;
        this.clock = clock;
        this.log = log;
    }

    /// <summary>
    /// Stores the original and its renditions: each is read once, hashed and encrypted on the way. Storing the same id again answers
    /// the same; storing the same content again keeps one blob. Refusals: <see cref="UploadRefusals.StorageFull"/>.
    /// </summary>
    public async Task<Result<Guid>> StoreAsync(Guid fileId, string path, Renditions renditions, string fileName, CancellationToken ct)
    {
        var stored = await StoreAsync(fileId, path, () => Task.FromResult<Result<Renditions>>(renditions), fileName, ct);
        return stored.Ok ? fileId : stored.Refusal;
    }

    /// <summary>
    /// The same while the renditions are still being made: hashing, encrypting and writing the original take the disk, making pictures takes the
    /// processor, so neither waits for the other. What <paramref name="prepare"/> refuses is refused, and nothing of the original is kept.
    /// </summary>
    /// <returns>What was prepared.</returns>
    public async Task<Result<Renditions>> StoreAsync(Guid fileId, string path, Func<Task<Result<Renditions>>> prepare, string fileName, CancellationToken ct)
    {
        var preparing = prepare();
        try
        {
            await using (var db = await contexts.CreateDbContextAsync(ct))
                if (await db.StoredFiles.AnyAsync(f => f.Id == fileId, ct))
                    return await preparing;

            // A blob that was found stored can be swept before the row of this file holds it; then everything is done once more.
            for (var attempt = 1; ; attempt++)
                if (await TryStoreAsync(fileId, path, preparing, fileName, ct))
                    return await preparing;
                else if (attempt == 3)
                    throw new IOException($"The blobs of file {fileId} were swept away three times.");
        }
        catch (StorageFullException e)
        {
            log.LogError(e, "No room to store file {FileId}", fileId);
            return UploadRefusals.StorageFull;
        }
        finally
        {
            // It reads and writes files of the caller, who clears them away after this.
            await ((Task)preparing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Opens a file for reading, or null when there is no such file or no such variant of it.</summary>
    /// <exception cref="FileTamperedException">Here or while reading: the stored bytes are not what was written, or are gone.</exception>
    public async Task<OpenedFile?> OpenAsync(Guid fileId, FileVariant variant, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = await db.StoredFiles.AsNoTracking().Where(f => f.Id == fileId)
            .Select(f => new { f.MediaType, f.FileName, Sha = variant == FileVariant.Original ? f.Sha : variant == FileVariant.Preview ? f.PreviewSha : f.ThumbnailSha })
            .SingleOrDefaultAsync(ct);
        if (found?.Sha is null)
            return null;
        var blob = await db.StoredBlobs.AsNoTracking().SingleAsync(b => b.Sha == found.Sha, ct);
        var stored = await blobs.OpenAsync(blob.Location, ct) ?? throw new FileTamperedException($"The blob of file {fileId} ({variant}) is not in the store.");
        try
        {
            var content = EncryptedStream.Read(stored, ring.Unwrap(new WrappedKey(blob.KeyId, blob.WrappedKey), blob.Sha), blob.Bytes);
            return variant == FileVariant.Original
                ? new OpenedFile(content, found.MediaType, blob.Bytes, found.FileName)
                : new OpenedFile(content, "image/jpeg", blob.Bytes, Path.ChangeExtension(found.FileName, ".jpg"));
        }
        catch
        {
            await stored.DisposeAsync();
            throw;
        }
    }

    /// <summary>What is known of these files; those that do not exist are left out.</summary>
    public async Task<IReadOnlyDictionary<Guid, FileFacts>> DescribeAsync(IReadOnlyCollection<Guid> fileIds, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.StoredFiles.AsNoTracking().Where(f => fileIds.Contains(f.Id))
            .Select(f => new FileFacts(f.Id, f.Sha, f.Bytes, f.Kind, f.MediaType, f.FileName, f.Width, f.Height, f.Pages, f.PreviewSha != null))
            .ToDictionaryAsync(f => f.Id, ct);
    }

    /// <summary>Forgets a file that its feature no longer refers to. The blobs go with the next sweep, unless another file has the same content.</summary>
    public async Task DeleteAsync(Guid fileId, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await db.StoredFiles.Where(f => f.Id == fileId).ExecuteDeleteAsync(ct);
    }

    /// <summary>Job body: brings every data key under the current master key; rewrites no blob. Answers how many were re-wrapped.</summary>
    public async Task<int> RotateKeysAsync(CancellationToken ct)
    {
        var done = 0;
        while (true)
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            await using var work = await db.BeginAsync(ct);
            var batch = await db.StoredBlobs
                .FromSql($"SELECT * FROM stored_blobs WHERE key_id <> {ring.CurrentKeyId} LIMIT {RotationBatch} FOR UPDATE SKIP LOCKED")
                .ToListAsync(ct);
            if (batch.Count == 0)
                return done;
            foreach (var blob in batch)
                blob.Rewrap(ring);
            await db.SaveChangesAsync(ct);
            await work.CommitAsync(ct);
            done += batch.Count;
        }
    }

    /// <summary>Job body: removes blobs that no file refers to. The row goes first: a blob without a row is only wasted room, a row without a blob is loss.</summary>
    public async Task<int> DeleteUnreferencedAsync(CancellationToken ct)
    {
        var done = 0;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var files = db.StoredFiles;
        while (true)
        {
            var shas = await db.StoredBlobs.AsNoTracking()
                .Where(b => !files.Any(f => f.Sha == b.Sha) && !files.Any(f => f.ThumbnailSha == b.Sha) && !files.Any(f => f.PreviewSha == b.Sha))
                .OrderBy(b => b.Sha).Take(SweepBatch).Select(b => new { b.Sha, b.Location }).ToListAsync(ct);
            var removed = 0;
            foreach (var blob in shas)
            {
                try
                {
                    // A file that took the blob meanwhile holds it by its foreign key; a row written anew has another location.
                    if (await db.StoredBlobs.Where(b => b.Sha == blob.Sha && b.Location == blob.Location).ExecuteDeleteAsync(ct) == 0)
                        continue;
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.RestrictViolation)
                {
                    // The second since PostgreSQL 18.
                    continue;
                }

                await blobs.DeleteAsync(blob.Location, ct);
                removed++;
            }

            done += removed;
            if (shas.Count < SweepBatch || removed == 0)
                return done;
        }
    }

    /// <summary>True when the file is stored, or its preparation refused it.</summary>
    private async Task<bool> TryStoreAsync(Guid fileId, string path, Task<Result<Renditions>> preparing, string fileName, CancellationToken ct)
    {
        var written = new ConcurrentBag<WrittenBlob>();
        var kept = false;
        try
        {
            var writingOriginal = PutAsync(path, written, ct);
            var prepared = await AfterAsync(preparing, writingOriginal);
            if (!prepared.Ok)
                return true;
            var renditions = prepared.Value;
            // Side by side: each waits for the disk to flush.
            var blobs = await Task.WhenAll(
                writingOriginal,
                renditions.Preview is { } p ? PutAsync(p.Path, written, ct) : Task.FromResult<WrittenBlob>(null!),
                renditions.Thumbnail is { } t ? PutAsync(t.Path, written, ct) : Task.FromResult<WrittenBlob>(null!));
            var (original, preview, thumbnail) = (blobs[0], renditions.Preview is null ? null : blobs[1], renditions.Thumbnail is null ? null : blobs[2]);

            await using var db = await contexts.CreateDbContextAsync(ct);
            await using var work = await db.BeginAsync(ct);
            // In the order of their keys: two stores with the same blobs then wait for each other instead of deadlocking.
            foreach (var same in written.GroupBy(b => b.Sha).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                // A picture so small that its renditions are equal was written twice.
                foreach (var twin in same.Skip(1))
                    twin.LostItsRow = true;
                if (!await HoldAsync(db, same.First(), ct))
                    return false;
            }

            db.Add(new StoredFile
            {
                Id = fileId,
                Sha = original.Sha,
                Bytes = original.Bytes,
                Kind = renditions.Facts.Kind,
                MediaType = FileNames.MediaTypeOf(renditions.Facts.Kind),
                FileName = FileNames.Clean(fileName),
                Width = renditions.Facts.Width,
                Height = renditions.Facts.Height,
                Pages = renditions.Facts.Pages,
                PreviewSha = preview?.Sha,
                ThumbnailSha = thumbnail?.Sha,
                CreatedAt = clock.GetUtcNow(),
            });
            await db.SaveChangesAsync(ct);
            await work.CommitAsync(ct);
            kept = true;
            return true;
        }
        finally
        {
            // Unless the commit is known to have failed, a blob that won its row must stay; those that lost it are of no use to anybody.
            foreach (var blob in written.Where(b => b.Location is not null))
                if (blob.LostItsRow || (!kept && !await HasRowAsync(blob)))
                    await DeleteQuietlyAsync(blob.Location!);
        }
    }

    /// <summary>Makes sure that the blob's row is there and stays until this transaction ends. False when a blob that was found stored is gone again.</summary>
    private async Task<bool> HoldAsync(CcdDbContext db, WrittenBlob blob, CancellationToken ct)
    {
        if (blob.Location is null)
            return await db.Database.SqlQuery<string>($"""SELECT location AS "Value" FROM stored_blobs WHERE sha = {blob.Sha} FOR KEY SHARE""").ToListAsync(ct) is { Count: 1 };
        // The update that changes nothing waits for, and then locks, a row that somebody else wrote first.
        var winner = await db.Database.SqlQuery<string>($"""
            INSERT INTO stored_blobs (sha, location, bytes, key_id, wrapped_key, created_at)
            VALUES ({blob.Sha}, {blob.Location}, {blob.Bytes}, {blob.Key!.KeyId}, {blob.Key.Bytes}, {clock.GetUtcNow()})
            ON CONFLICT (sha) DO UPDATE SET sha = excluded.sha
            RETURNING location AS "Value"
            """).ToListAsync(ct);
        blob.LostItsRow = winner.Single() != blob.Location;
        return true;
    }

    /// <summary>The first one's outcome; when that is a failure or a refusal, not before the second has ended too, which still writes.</summary>
    private static async Task<Result<Renditions>> AfterAsync(Task<Result<Renditions>> preparing, Task writing)
    {
        try
        {
            var prepared = await preparing;
            if (prepared.Ok)
                return prepared;
        }
        catch
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await preparing;
    }

    private async Task<WrittenBlob> PutAsync(string path, ConcurrentBag<WrittenBlob> written, CancellationToken ct)
    {
        var key = RandomNumberGenerator.GetBytes(KeyRing.KeySize);
        try
        {
            WrittenBlob? blob = null;
            var location = await blobs.WriteAsync(async (stream, token) =>
            {
                var (sha, bytes) = await EncryptAsync(path, stream, key, token);
                blob = new WrittenBlob(sha, bytes, ring.Wrap(key, sha));
                await using var db = await contexts.CreateDbContextAsync(token);
                return await db.StoredBlobs.AnyAsync(b => b.Sha == sha, token) ? null : $"{sha}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
            }, ct);
            blob!.Location = location;
            written.Add(blob);
            return blob;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>One pass over a file: hash of the plain content, ciphertext into the stream.</summary>
    internal static async Task<(string Sha, long Bytes)> EncryptAsync(string path, Stream target, byte[] key, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(EncryptedStream.StoredChunk);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var plain = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
            await using var writer = EncryptedStream.Write(target, key);
            int got;
            while ((got = await plain.ReadAsync(buffer, ct)) > 0)
            {
                hash.AppendData(buffer, 0, got);
                await writer.WriteAsync(buffer.AsMemory(0, got), ct);
            }

            await writer.CompleteAsync(ct);
            return (Convert.ToHexStringLower(hash.GetHashAndReset()), writer.PlainLength);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private async Task<bool> HasRowAsync(WrittenBlob blob)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync();
            return await db.StoredBlobs.AnyAsync(b => b.Location == blob.Location);
        }
        catch (Exception e) when (DatabaseTrouble.IsPassing(e))
        {
            // Nobody knows: wasted room is the smaller harm.
            return true;
        }
    }

    private async Task DeleteQuietlyAsync(string location)
    {
        try
        {
            await blobs.DeleteAsync(location, CancellationToken.None);
        }
        catch (Exception e)
        {
            log.LogWarning(e, "The superfluous blob {Location} stays", location);
        }
    }

    private sealed class WrittenBlob(string sha, long bytes, WrappedKey? key)
    {
        public string Sha { get; } = sha;
        public long Bytes { get; } = bytes;
        public WrappedKey? Key { get; } = key;

        /// <summary>Where it was written; none when the content was stored already.</summary>
        public string? Location { get; set; }

        /// <summary>Another store of the same content wrote its row first.</summary>
        public bool LostItsRow { get; set; }
    }
}
