using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Products;

/// <summary>Example pictures of checklists: what a paper should look like, for staff and for customers behind a link.</summary>
public sealed class ProductExamples
{
    public const long MaxBytes = 10 * 1024 * 1024;

    /// <summary>An example that no published version shows is kept this long: the editor's draft may lie in an open page.</summary>
    public static readonly TimeSpan KeepUnused = TimeSpan.FromDays(30);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FileStore files;
    private readonly IMediaWorker worker;
    private readonly TimeProvider clock;

    internal ProductExamples(IDbContextFactory<CcdDbContext> contexts, FileStore files, IMediaWorker worker, TimeProvider clock)
    {
        this.contexts = contexts;
        this.files = files;
        this.worker = worker;
        this.clock = clock;
    }

    /// <summary>
    /// Stores a picture as an example; it shows nowhere until a published rule points at it. Needs <see cref="Permission.EditProducts"/>.
    /// Refuses what is no picture, what is over <see cref="MaxBytes"/>, and what the media worker refuses.
    /// </summary>
    /// <param name="path">The bytes as they were sent; they and everything beside them in the folder belong to the caller.</param>
    /// <param name="workFolder">An existing folder for the renditions.</param>
    public async Task<Result<Guid>> StoreAsync(string path, string workFolder, string fileName, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.EditProducts))
            return CommonRefusals.Forbidden;
        if (new FileInfo(path).Length > MaxBytes)
            return UploadRefusals.TooLarge(MaxBytes);
        var prepared = await worker.PrepareAsync(path, workFolder, ct);
        if (!prepared.Ok)
            return prepared.Refusal;
        if (prepared.Value.Preview is null)
            return LoanProductRefusals.ExampleNoPicture;
        var now = clock.GetUtcNow();
        var stored = await files.StoreAsync(Guid.CreateVersion7(now), path, prepared.Value, FileNames.Clean(fileName), ct);
        if (!stored.Ok)
            return stored.Refusal;
        await using var db = await contexts.CreateDbContextAsync(ct);
        db.Add(new ProductExample { FileId = stored.Value, StoredAt = now });
        db.Audit(by, now, "product.example_stored", new AuditSubject("product", null), after: new { FileId = stored.Value });
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? stored.Value : saved.Refusal;
    }

    /// <summary>The upright preview without metadata. Staff only; a customer sees the examples of the items of the link.</summary>
    public async Task<OpenedFile?> OpenAsync(Guid fileId, Actor by, CancellationToken ct) => by is StaffActor ? await OpenAsync(fileId, ct) : null;

    /// <summary>The example that a rule shows, for whoever may see that rule.</summary>
    public async Task<OpenedFile?> OpenForAsync(ChecklistRule rule, CancellationToken ct) =>
        rule.ExampleFileId is { } fileId ? await OpenAsync(fileId, ct) : null;

    /// <summary>
    /// Job body: forgets examples that no version of any checklist ever showed. Versions stay for ever, so what was published once is kept.
    /// The blobs go with the sweep of files.
    /// </summary>
    public async Task<int> ForgetUnusedAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var before = now - KeepUnused;
        // Looked for and removed in one statement, so that a publication in between finds it gone and is refused.
        var gone = await db.Database.SqlQuery<Guid>($"""
            DELETE FROM product_examples e
            WHERE e.stored_at < {before} AND NOT EXISTS (SELECT 1 FROM rules_versions v WHERE position(e.file_id::text IN v.rules::text) > 0)
            RETURNING e.file_id AS "Value"
            """).ToListAsync(ct);
        foreach (var fileId in gone)
            await files.DeleteAsync(fileId, ct);
        return gone.Count;
    }

    private async Task<OpenedFile?> OpenAsync(Guid fileId, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.ProductExamples.AnyAsync(e => e.FileId == fileId, ct) ? await files.OpenAsync(fileId, FileVariant.Preview, ct) : null;
    }
}
