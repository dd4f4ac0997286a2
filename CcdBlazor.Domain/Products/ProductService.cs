using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Products;

/// <summary>Writes about products and their document rules. All need <see cref="Permission.EditProducts"/>.</summary>
public sealed class ProductService
{
    /// <summary>Topic that is announced when anything about products changed.</summary>
    public const string Topic = "products";

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal ProductService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>Offers a new product with its first version of rules.</summary>
    public async Task<Result<Guid>> OfferAsync(ProductDraft draft, ChecklistRules rules, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.EditProducts))
            return CommonRefusals.Forbidden;
        if (LoanProductRefusals.Of(draft) is { } wrong)
            return wrong;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var product = LoanProduct.Offer(draft.Code.Trim(), draft.Name.Trim(), draft.Description, draft.Order, now);
        var published = product.Publish(rules, null, by, now);
        if (!published.Ok)
            return published.Refusal;
        if (await ExampleUnknownAsync(db, rules, ct) is { } unknown)
            return unknown;
        db.AddRange(product, published.Value);
        db.Audit(by, now, "product.created", new AuditSubject("product", product.Id), after: new { product.Code, product.Name });
        db.Announce(Topic);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? product.Id : saved.Refusal;
    }

    public Task<Result> DescribeAsync(Guid id, ProductDraft draft, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, by, "product.edited", product =>
        {
            if (LoanProductRefusals.Of(draft) is { } wrong)
                return wrong;
            product.Describe(draft.Name.Trim(), draft.Description, draft.Order);
            return Result.Done;
        }, ct);

    public Task<Result> SetActiveAsync(Guid id, bool active, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, by, active ? "product.activated" : "product.deactivated", product =>
        {
            product.SetActive(active);
            return Result.Done;
        }, ct);

    /// <summary>
    /// Publishes rules as the next version of a product. <paramref name="version"/> is the product's row version that the editor started from:
    /// two editors cannot overwrite each other.
    /// </summary>
    public async Task<Result<Guid>> PublishAsync(Guid id, ChecklistRules rules, string? note, uint version, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.EditProducts))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var product = await db.LoanProducts.SingleOrDefaultAsync(p => p.Id == id, ct);
        if (product is null)
            return CommonRefusals.NotFound;
        db.Entry(product).Property(p => p.Version).OriginalValue = version;
        var published = product.Publish(rules, note, by, now);
        if (!published.Ok)
            return published.Refusal;
        if (await ExampleUnknownAsync(db, rules, ct) is { } unknown)
            return unknown;
        db.Add(published.Value);
        db.Audit(by, now, "product.rules_published", new AuditSubject("product", id), after: new { published.Value.Number, Rules = rules.Items.Count }, reason: published.Value.Note);
        db.Announce(Topic);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? published.Value.Id : saved.Refusal;
    }

    /// <summary>A rule shows its example to customers: it may point at an example only, never at another stored file.</summary>
    private static async Task<Refusal?> ExampleUnknownAsync(CcdDbContext db, ChecklistRules rules, CancellationToken ct)
    {
        var wanted = rules.Items.Where(rule => rule.ExampleFileId is not null).Select(rule => rule.ExampleFileId!.Value).Distinct().ToList();
        if (wanted.Count == 0)
            return null;
        var known = await db.ProductExamples.Where(e => wanted.Contains(e.FileId)).Select(e => e.FileId).ToListAsync(ct);
        return rules.Items.FirstOrDefault(rule => rule.ExampleFileId is { } id && !known.Contains(id)) is { } rule ? LoanProductRefusals.ExampleUnknown(rule) : null;
    }

    private async Task<Result> ChangeAsync(Guid id, uint version, Actor by, string action, Func<LoanProduct, Result> change, CancellationToken ct)
    {
        if (!by.May(Permission.EditProducts))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var product = await db.LoanProducts.SingleOrDefaultAsync(p => p.Id == id, ct);
        if (product is null)
            return CommonRefusals.NotFound;
        db.Entry(product).Property(p => p.Version).OriginalValue = version;
        var before = new { product.Name, product.Description, product.Active, product.Order };
        var changed = change(product);
        if (!changed.Ok)
            return changed;
        db.Audit(by, clock.GetUtcNow(), action, new AuditSubject("product", id), before, new { product.Name, product.Description, product.Active, product.Order });
        db.Announce(Topic);
        return await db.TrySaveAsync(ct);
    }
}
