using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Files;

/// <summary>What a search for strays removed.</summary>
/// <param name="Files">Stored files that no feature refers to.</param>
/// <param name="Blobs">Blobs in the store that no row knows, unfinished writes included.</param>
public sealed record StraysRemoved(int Files, int Blobs);

/// <summary>
/// Finds what a program that died between two steps left behind: files that were stored and never became anything, blobs that were written and
/// never got a row. What a living program is still working on is younger than <see cref="MinimumAge"/>.
/// </summary>
public sealed class StrayFiles
{
    public static readonly TimeSpan MinimumAge = TimeSpan.FromDays(2);

    private const int Batch = 500;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IBlobStore blobs;

    internal StrayFiles(IDbContextFactory<CcdDbContext> contexts, IBlobStore blobs)
    {
        this.contexts = contexts;
        this.blobs = blobs;
    }

    /// <summary>Job body. The blobs of forgotten files go with the ordinary sweep.</summary>
    public async Task<StraysRemoved> RemoveAsync(DateTimeOffset now, CancellationToken ct) =>
        new(await ForgetFilesAsync(now - MinimumAge, ct), await RemoveBlobsAsync(now - MinimumAge, ct));

    private async Task<int> ForgetFilesAsync(DateTimeOffset before, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var file = db.Model.FindEntityType(typeof(StoredFile))!;
        // Which features refer to files, the model knows by their foreign keys: a new one is respected without being named here. An upload that is
        // not finished holds its file by the id alone.
        var unused = string.Concat(file.GetReferencingForeignKeys().Select(key =>
            $" AND NOT EXISTS (SELECT 1 FROM {key.DeclaringEntityType.GetTableName()} r WHERE r.{key.Properties.Single().GetColumnName()} = f.id)"));
        var sql = $$"""
            DELETE FROM stored_files f WHERE f.created_at < {0}{{unused}}
            AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.file_id = f.id AND u.state IN ('Receiving', 'Received'))
            """;
        return await db.Database.ExecuteSqlRawAsync(sql, [before], ct);
    }

    private async Task<int> RemoveBlobsAsync(DateTimeOffset before, CancellationToken ct)
    {
        var removed = 0;
        var old = new List<string>(Batch);
        await foreach (var entry in blobs.ListAsync(ct))
        {
            if (entry.WrittenAt >= before)
                continue;
            old.Add(entry.Key);
            if (old.Count == Batch)
                removed += await RemoveUnknownAsync(old, ct);
        }

        return removed + await RemoveUnknownAsync(old, ct);
    }

    private async Task<int> RemoveUnknownAsync(List<string> keys, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        // A key begins with the hash that it was written for, so the primary key finds its row.
        var shas = keys.ConvertAll(key => key.Split('-')[0]);
        var known = await db.StoredBlobs.Where(b => shas.Contains(b.Sha)).Select(b => b.Location).ToListAsync(ct);
        var strays = keys.Except(known).ToList();
        foreach (var key in strays)
            await blobs.DeleteAsync(key, ct);
        keys.Clear();
        return strays.Count;
    }
}
