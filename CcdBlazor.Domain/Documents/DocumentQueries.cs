using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>Reads about documents. Each starts at the customers that the actor may see.</summary>
public sealed class DocumentQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ProductQueries products;
    private readonly TimeProvider clock;

    internal DocumentQueries(IDbContextFactory<CcdDbContext> contexts, ProductQueries products, TimeProvider clock)
    {
        this.contexts = contexts;
        this.products = products;
        this.clock = clock;
    }

    /// <summary>The checklist of one customer with its documents, or none when the customer is not visible.</summary>
    public async Task<ChecklistView?> ChecklistAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).VisibleTo(by).SingleOrDefaultAsync(c => c.Id == customerId, ct);
        return customer is null ? null : (await CustomerPapers.ReadAsync(db, products, ChecklistBasis.Of(customer), ct)).For(by);
    }

    /// <summary>Links of one customer, newest first, the last 20.</summary>
    public async Task<IReadOnlyList<LinkRow>> LinksAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return [];
        return await LinksAsync(db, customerId, ct);
    }

    internal static Task<List<LinkRow>> LinksAsync(CcdDbContext db, Guid customerId, CancellationToken ct) =>
        db.CustomerLinks.AsNoTracking().Where(l => l.CustomerId == customerId)
            .OrderByDescending(l => l.CreatedAt).Take(20)
            .Select(l => new LinkRow(l.Id, l.CreatedByName, l.CreatedAt, l.ExpiresAt, l.RevokedAt, l.FirstOpenedAt, l.LastOpenedAt, l.ItemCodes.Length))
            .ToListAsync(ct);

    /// <summary>What happened around one customer, the newest first; nothing when the customer is not visible.</summary>
    /// <param name="before">Only what is older than this line.</param>
    public async Task<TimelinePage> TimelineAsync(Guid customerId, long? before, int take, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return !by.IsCustomer && await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct)
            ? await AuditQueries.TimelineAsync(db, customerId, before, take, ct)
            : new TimelinePage([], false);
    }

    /// <summary>Files in review that the actor may see, those that wait longest first.</summary>
    public async Task<Page<ReviewRow>> ReviewQueueAsync(PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ReviewDocuments))
            return new Page<ReviewRow>([], 0, false, page);
        await using var db = await contexts.CreateDbContextAsync(ct);
        var waiting = db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.State == CustomerState.InReview);
        var total = await waiting.CountAsync(ct);
        var customers = await waiting.OrderBy(c => c.StateSince).ThenBy(c => c.Id).Skip(page.Skip).Take(page.Size)
            .Select(c => new { c.Id, c.Number, c.Name, c.Kind, c.StateSince, c.OwnerId, ProductIds = c.Loans.OrderBy(l => l.Position).Select(l => l.ProductId).ToList() })
            .ToListAsync(ct);
        var ids = customers.ConvertAll(c => c.Id);
        var me = by.Id;
        var counts = await db.Documents.AsNoTracking()
            .Where(d => ids.Contains(d.CustomerId) && d.State != DocumentState.Replaced && d.State != DocumentState.Withdrawn)
            .GroupBy(d => d.CustomerId)
            .Select(g => new { g.Key, All = g.Count(), Decided = g.Count(d => d.State != DocumentState.Uploaded), Mine = g.Any(d => d.UploaderId == me && d.UploaderKind == "staff") })
            .ToDictionaryAsync(g => g.Key, ct);
        var names = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => p.Name);
        return new Page<ReviewRow>(
            [.. customers.Select(c =>
            {
                var count = counts.GetValueOrDefault(c.Id);
                return new ReviewRow(c.Id, c.Number, c.Name, c.Kind, string.Join("、", c.ProductIds.Select(id => names.GetValueOrDefault(id, ""))),
                    c.StateSince, count?.All ?? 0, count?.Decided ?? 0, c.OwnerId, count?.Mine ?? false);
            })],
            total, false, page);
    }

    /// <summary>
    /// The stored file of a document that this actor may see, and the audit row that says he saw it: no content leaves without one.
    /// A customer never gets content.
    /// </summary>
    public async Task<DocumentFile?> OpenForViewingAsync(Guid documentId, bool download, Actor by, CancellationToken ct)
    {
        if (by.IsCustomer || (download && !by.May(Permission.DownloadOriginals) && !by.May(Permission.CollectDocuments)))
            return null;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var visible = db.Customers.VisibleTo(by);
        var found = await db.Documents.AsNoTracking().Where(d => d.Id == documentId)
            .Join(visible, d => d.CustomerId, c => c.Id, (d, c) => d)
            .SingleOrDefaultAsync(ct);
        if (found is null)
            return null;
        db.Audit(by, clock.GetUtcNow(), download ? "document.downloaded" : "document.viewed", new AuditSubject("document", documentId, found.CustomerId), after: new { found.FileName });
        await db.SaveChangesAsync(ct);
        return new DocumentFile(found.Id, found.CustomerId, found.FileId, found.FileName, found.ItemCode, found.State);
    }

    /// <summary>The stored file behind a thumbnail. Thumbnails of a checklist come by the dozen and are not noted one by one.</summary>
    public async Task<Guid?> FindThumbnailAsync(Guid documentId, Actor by, CancellationToken ct)
    {
        if (by.IsCustomer)
            return null;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var visible = db.Customers.VisibleTo(by);
        return await db.Documents.AsNoTracking().Where(d => d.Id == documentId)
            .Join(visible, d => d.CustomerId, c => c.Id, (d, c) => (Guid?)d.FileId)
            .SingleOrDefaultAsync(ct);
    }

    /// <summary>
    /// The page without a circuit, for the customer behind a link or for staff on a phone. A signed-in customer reads the same about his own file and hands nothing in here: for
    /// that he goes through the link of a request. None when not visible.
    /// </summary>
    public async Task<CollectionPage?> CollectionAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).OpenTo(by).SingleOrDefaultAsync(c => c.Id == customerId, ct);
        if (customer is null)
            return null;
        var now = clock.GetUtcNow();
        string[]? linkItems = null;
        DateTimeOffset? expires = null;
        if (by is LinkActor through)
        {
            var link = await db.CustomerLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == through.LinkId, ct);
            if (link is null || link.WhyClosed(now) is not null)
                return null;
            linkItems = link.ItemCodes;
            expires = link.ExpiresAt;
        }

        var rules = await products.MergedAsync([.. customer.Loans.OrderBy(l => l.Position).Select(l => l.RulesVersionId)], ct);
        var documents = await db.Documents.AsNoTracking().Where(d => d.CustomerId == customerId).OrderBy(d => d.Ordinal).ToListAsync(ct);
        var report = Completeness.OfCustomer(
            rules, customer.Facts.ToHashSet(), [.. documents.Select(d => new DocumentFact(d.Id, d.ItemCode, d.State))], customer.Loans.Count > 0, customer.ReturnNote);
        var byItem = documents.Where(d => d.IsCurrent).ToLookup(d => d.ItemCode);
        var open = customer.ChecklistIsOpen && (by is LinkActor || by.May(Permission.CollectDocuments));
        var items = report.Items
            .Where(item => item.State != ItemState.NotNeeded && (linkItems is null || linkItems.Contains(item.Rule.Code)))
            .Select(item => new CollectionItem(
                item,
                open && item.CanUploadMore,
                item.Rule.Need == Need.OneOfGroup ? item.Rule.GroupName ?? item.Rule.GroupCode : null,
                [.. byItem[item.Rule.Code].Select(d => new CollectionDocument(d.Id, d.FileName, d.State, d.ReturnReason, d.UploadedAt,
                    by is LinkActor ? open && d.MayWithdraw(by, now) : open && d.State == DocumentState.Uploaded))]))
            .ToList();
        var names = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => p.Name);
        return new CollectionPage(by is LinkActor ? MaskName(customer.Name) : customer.Name,
            [.. customer.Loans.OrderBy(l => l.Position).Select(l => names.GetValueOrDefault(l.ProductId, ""))],
            expires, report.Percent, open, open || (by.IsCustomer && customer.ChecklistIsOpen) ? (await CustomerPapers.LastReturnAsync(db, ChecklistBasis.Of(customer), ct))?.Words : null, items);
    }

    /// <summary>Completeness of many customers at once, from the documents themselves (the list shows what was stored). For checks and benchmarks.</summary>
    public async Task<IReadOnlyDictionary<Guid, CompletenessReport>> CompletenessOfAsync(IReadOnlyCollection<Guid> customerIds, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customers = await db.Customers.AsNoTracking().VisibleTo(by).Where(c => customerIds.Contains(c.Id))
            .Select(c => new { c.Id, c.Facts, c.ReturnNote, Versions = c.Loans.OrderBy(l => l.Position).Select(l => l.RulesVersionId).ToList() })
            .ToListAsync(ct);
        var ids = customers.ConvertAll(c => c.Id);
        var documents = (await db.Documents.AsNoTracking().Where(d => ids.Contains(d.CustomerId)).Select(d => new { d.CustomerId, d.Id, d.ItemCode, d.State }).ToListAsync(ct))
            .ToLookup(d => d.CustomerId, d => new DocumentFact(d.Id, d.ItemCode, d.State));
        var reports = new Dictionary<Guid, CompletenessReport>(customers.Count);
        foreach (var customer in customers)
            reports[customer.Id] = Completeness.OfCustomer(
                await products.MergedAsync(customer.Versions, ct), customer.Facts.ToHashSet(), [.. documents[customer.Id]], customer.Versions.Count > 0, customer.ReturnNote);
        return reports;
    }

    /// <summary>The customer knows who is meant; a stranger who found the phone does not learn the full name.</summary>
    private static string MaskName(string name) => name.Length <= 1 ? name : name[0] + new string('*', Math.Min(name.Length - 1, 3));
}
