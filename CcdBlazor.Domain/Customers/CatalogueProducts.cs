using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Domain.Customers;

/// <summary>The loan products of the catalogue, in the shape that this feature needs.</summary>
internal sealed class CatalogueProducts(ProductQueries products) : ILoanProducts
{
    public async Task<IReadOnlyDictionary<Guid, LoanOffer>> AllAsync(CcdDbContext db, CancellationToken ct) =>
        (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => new LoanOffer(p.Id, p.Name, p.CurrentVersionId, p.Active));
}
