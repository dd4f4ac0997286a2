using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Products;

/// <summary>Brings the shipped loan products into an empty catalogue; afterwards they belong to the administrator.</summary>
public sealed class ProductSeed
{
    private static readonly SystemActor Seeder = new("products");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ProductService products;

    internal ProductSeed(IDbContextFactory<CcdDbContext> contexts, ProductService products)
    {
        this.contexts = contexts;
        this.products = products;
    }

    public async Task EnsureShippedAsync(CancellationToken ct)
    {
        await using (var db = await contexts.CreateDbContextAsync(ct))
            if (await db.LoanProducts.AnyAsync(ct))
                return;
        var order = 0;
        foreach (var shipped in ShippedProducts.All)
        {
            var offered = await products.OfferAsync(new ProductDraft(shipped.Code, shipped.Name, shipped.Summary, ++order), shipped.Rules, Seeder, ct);
            // Another node that starts at the same time may have been quicker.
            if (!offered.Ok && offered.Refusal != LoanProductRefusals.CodeTaken)
                throw new InvalidOperationException($"Shipped product {shipped.Code}: {offered.Refusal.Code}");
        }
    }
}
