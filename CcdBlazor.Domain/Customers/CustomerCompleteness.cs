using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// Computes a customer's completeness again after facts or loans changed, inside the transaction of that change. Declared here and
/// implemented by the Documents feature, which knows the papers: Customers do not know Documents.
/// </summary>
internal interface ICompletenessCheck
{
    /// <summary>
    /// Asks rules, facts and documents, and hands the answer to the entity. The customer is locked, or new and not yet saved; the
    /// caller saves.
    /// </summary>
    Task RecomputeAsync(CcdDbContext db, Customer customer, Actor by, CancellationToken ct);
}

/// <summary>A loan product as the Customers feature needs it.</summary>
/// <param name="RulesVersionId">The published version of its document rules; new loans start with it.</param>
/// <param name="Offered">False for products that are kept for old customers only.</param>
internal sealed record LoanOffer(Guid Id, string Name, Guid RulesVersionId, bool Offered);

/// <summary>The loan products there are. Few, so all are read at once. Tests bring their own.</summary>
internal interface ILoanProducts
{
    Task<IReadOnlyDictionary<Guid, LoanOffer>> AllAsync(CcdDbContext db, CancellationToken ct);
}
