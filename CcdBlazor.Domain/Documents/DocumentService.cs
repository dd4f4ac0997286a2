using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// Handing papers in and taking them back, by staff (<see cref="Permission.CollectDocuments"/>) or by the customer behind a link.
/// Every write locks the customer's row first, so that completeness and places are exact under concurrent uploads.
/// </summary>
public sealed class DocumentService : IUploadTarget, ICompletenessCheck
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ProductQueries products;
    private readonly FileChange files;
    private readonly TimeProvider clock;

    internal DocumentService(IDbContextFactory<CcdDbContext> contexts, ProductQueries products, TimeProvider clock)
    {
        this.contexts = contexts;
        this.products = products;
        files = new FileChange(contexts, products);
        this.clock = clock;
    }

    /// <summary>
    /// Whether this actor may hand in this file now, before a byte is sent. Refusals: not found, forbidden, closed for upload, unknown or
    /// unneeded item, full, wrong format, too large, outside the link.
    /// </summary>
    public async Task<Result<UploadTargetFacts>> CheckAsync(Actor by, UploadRequest request, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).VisibleTo(by).SingleOrDefaultAsync(c => c.Id == request.CustomerId, ct);
        if (customer is null)
            return CommonRefusals.NotFound;
        if (by is not LinkActor && !by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var file = await CustomerFile.OfAsync(db, products, customer, ct);
        var rule = await WhyNotAsync(db, file, request.ItemCode, request.ReplacesDocumentId, by, ct);
        if (!rule.Ok)
            return rule.Refusal;
        if (request.Length > rule.Value.MaxBytes)
            return DocumentRefusals.TooLarge(rule.Value.Title, rule.Value.MaxBytes);
        if (Path.HasExtension(request.FileName) && (Claimed(request.FileName) is var claimed) && (claimed == DocumentFormats.None || !rule.Value.Formats.HasFlag(claimed)))
            return DocumentRefusals.WrongFormat(rule.Value.Title, rule.Value.Formats.InWords());
        return new UploadTargetFacts(rule.Value.MaxBytes);
    }

    /// <summary>Takes a stored file in as a document. The same checks again, under the lock: the world may have changed while bytes were sent.</summary>
    public async Task<Result<Guid>> AcceptAsync(Actor by, UploadedFile uploaded, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        // What the sender may see was asked when the bytes came; a job that finishes the upload later brings no departments along.
        return await files.MakeAsync<Guid>(uploaded.CustomerId, new SystemActor("uploads"), async (db, file) =>
        {
            // The program itself also sees the recycle bin.
            if (file.Customer.DeletedAt is not null)
                return CommonRefusals.NotFound;
            if (file.Documents.FirstOrDefault(d => d.FileId == uploaded.FileId) is { } earlier)
                return earlier.Id;
            var rule = await WhyNotAsync(db, file, uploaded.ItemCode, uploaded.ReplacesDocumentId, by, ct);
            if (!rule.Ok)
                return rule.Refusal;
            if (!rule.Value.Formats.HasFlag(FormatOf(uploaded.Media.Kind)))
                return DocumentRefusals.WrongFormat(rule.Value.Title, rule.Value.Formats.InWords());
            if (uploaded.Bytes > rule.Value.MaxBytes)
                return DocumentRefusals.TooLarge(rule.Value.Title, rule.Value.MaxBytes);
            if (await HasSameContentAsync(db, file, uploaded.ItemCode, uploaded.FileId, ct))
                return DocumentRefusals.SameFile;

            var ofItem = file.Documents.Where(d => d.ItemCode == uploaded.ItemCode).ToList();
            var document = Document.HandedIn(uploaded.CustomerId, uploaded.ItemCode, uploaded.FileId, uploaded.FileName, ofItem.Count + 1, by, now);
            // Without being told, a new paper takes the place of the oldest one that was returned.
            var replaced = uploaded.ReplacesDocumentId is { } id
                ? ofItem.Find(d => d.Id == id)
                : ofItem.Where(d => d.State == DocumentState.Returned).OrderBy(d => d.Ordinal).FirstOrDefault();
            if (replaced?.ReplaceBy(document).Refusal is { } refusal)
                return refusal;
            file.Add(document);
            FileNotes.OfDocument(db, replaced is null ? "document.uploaded" : "document.replaced", document, rule.Value.Title, by, now);
            file.Customer.AnswerReturn();
            file.Settle(now);
            return document.Id;
        }, ct);
    }

    /// <summary>Takes a document back. Customers: an own, undecided upload within 30 minutes. The file itself is kept with the history.</summary>
    public async Task<Result> WithdrawAsync(Guid documentId, Actor by, CancellationToken ct)
    {
        if (by is not LinkActor && !by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        return await files.MakeAsync(documentId, by, async (db, file, document) =>
        {
            if (by is LinkActor && (document.UploaderKind != by.Kind || document.UploaderId != by.Id))
                return CommonRefusals.NotFound;
            if (by is LinkActor link && await WhyClosedAsync(db, link, now, ct) is { } closed)
                return closed;
            if (!file.Customer.ChecklistIsOpen)
                return DocumentRefusals.ClosedForUpload;
            var withdrawn = document.Withdraw(by, now);
            if (!withdrawn.Ok)
                return withdrawn;
            FileNotes.OfDocument(db, "document.withdrawn", document, file.TitleOf(document), by, now);
            file.Settle(now);
            return Result.Done;
        }, ct);
    }

    /// <summary>Facts, loans or rules changed: the same transaction brings percent and state up to date.</summary>
    async Task ICompletenessCheck.RecomputeAsync(CcdDbContext db, Customer customer, Actor by, CancellationToken ct)
    {
        var file = await CustomerFile.OfAsync(db, products, customer, ct);
        file.Settle(clock.GetUtcNow());
    }

    private async Task<Result<ChecklistRule>> WhyNotAsync(CcdDbContext db, CustomerFile file, string itemCode, Guid? replaces, Actor by, CancellationToken ct)
    {
        if (by is LinkActor link)
        {
            var open = await db.CustomerLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == link.LinkId && l.CustomerId == file.Customer.Id, ct);
            if (open is null)
                return LinkRefusals.Unknown;
            if (open.WhyClosed(clock.GetUtcNow()) is { } closed)
                return closed;
            if (!open.ItemCodes.Contains(itemCode))
                return LinkRefusals.OutsideLink;
        }

        if (!file.Customer.ChecklistIsOpen)
            return DocumentRefusals.ClosedForUpload;
        if (file.Rules.Find(itemCode) is not { } rule)
            return DocumentRefusals.UnknownItem;
        if (!rule.AppliesTo(file.Facts))
            return DocumentRefusals.NotNeeded;
        var current = file.Documents.Where(d => d.ItemCode == itemCode && d.IsCurrent).ToList();
        if (replaces is { } id)
        {
            if (current.Find(d => d.Id == id) is not { } old)
                return DocumentRefusals.ReplacedMeanwhile;
            if (old.State == DocumentState.Accepted)
                return DocumentRefusals.AcceptedStays;
            // Putting another in its place is taking it back: a customer may do that with own fresh uploads, and with what was returned.
            if (by is LinkActor && old.State != DocumentState.Returned && !old.MayWithdraw(by, clock.GetUtcNow()))
                return DocumentRefusals.TooLateToWithdraw;
            // One good paper for another changes nothing; a good one for a returned one needs a place.
            if (old.State != DocumentState.Returned)
                return rule;
        }

        return current.Count(d => d.State != DocumentState.Returned) >= rule.MaxFiles ? DocumentRefusals.Full(rule.Title, rule.MaxFiles) : rule;
    }

    private static async Task<Refusal?> WhyClosedAsync(CcdDbContext db, LinkActor by, DateTimeOffset now, CancellationToken ct) =>
        await db.CustomerLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == by.LinkId, ct) is { } link ? link.WhyClosed(now) : LinkRefusals.Unknown;

    /// <summary>The same bytes twice in one item help nobody: a double tap, or the same photo chosen again.</summary>
    private static async Task<bool> HasSameContentAsync(CcdDbContext db, CustomerFile file, string itemCode, Guid fileId, CancellationToken ct)
    {
        var others = file.Documents.Where(d => d.ItemCode == itemCode && d.State is (DocumentState.Uploaded or DocumentState.Accepted)).Select(d => d.FileId).ToList();
        if (others.Count == 0)
            return false;
        var sha = await db.StoredFiles.Where(f => f.Id == fileId).Select(f => f.Sha).SingleAsync(ct);
        return await db.StoredFiles.AnyAsync(f => others.Contains(f.Id) && f.Sha == sha, ct);
    }

    private static DocumentFormats Claimed(string fileName) => Path.GetExtension(fileName).ToLowerInvariant() switch
    {
        // The browser turns these into JPEG before sending, and older ones keep the name.
        ".heic" or ".heif" => DocumentFormats.Jpg,
        var extension => DocumentFormatWords.FromExtension(extension),
    };

    private static DocumentFormats FormatOf(ContentKind kind) => kind switch
    {
        ContentKind.Jpeg => DocumentFormats.Jpg,
        ContentKind.Png => DocumentFormats.Png,
        ContentKind.WebP => DocumentFormats.Webp,
        ContentKind.Pdf => DocumentFormats.Pdf,
        ContentKind.Docx => DocumentFormats.Docx,
        ContentKind.Xlsx => DocumentFormats.Xlsx,
    };
}
