using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// The one shape of every write about a customer's documents: open a transaction, lock and load the file, ask for the change, save, commit. A refusal
/// leaves everything as it was.
/// </summary>
internal sealed class FileChange(IDbContextFactory<CcdDbContext> contexts, ProductQueries products)
{
    /// <summary>Changes the file of a customer. Not visible to <paramref name="by"/> is not found.</summary>
    public async Task<Result<T>> MakeAsync<T>(Guid customerId, Actor by, Func<CcdDbContext, CustomerFile, Task<Result<T>>> change, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await MakeAsync(db, customerId, by, change, ct);
    }

    /// <summary>Changes the file that holds a document.</summary>
    public async Task<Result> MakeAsync(Guid documentId, Actor by, Func<CcdDbContext, CustomerFile, Document, Task<Result>> change, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customerId = await db.Documents.Where(d => d.Id == documentId).Select(d => (Guid?)d.CustomerId).SingleOrDefaultAsync(ct);
        if (customerId is null)
            return CommonRefusals.NotFound;
        var made = await MakeAsync<bool>(db, customerId.Value, by, async (within, file) =>
            await change(within, file, file.Documents.Single(d => d.Id == documentId)) is { Ok: false } refused ? refused.Refusal : true, ct);
        return made.WithoutValue();
    }

    private async Task<Result<T>> MakeAsync<T>(
        CcdDbContext db, Guid customerId, Actor by, Func<CcdDbContext, CustomerFile, Task<Result<T>>> change, CancellationToken ct)
    {
        await using var work = await db.BeginAsync(ct);
        var locked = await CustomerFile.LockAsync(db, products, customerId, by, ct);
        if (!locked.Ok)
            return locked.Refusal;
        var changed = await change(db, locked.Value);
        if (!changed.Ok)
            return changed;
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return changed;
    }
}
