using System.Collections.Concurrent;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Products;

/// <summary>
/// Reads about products. Everybody who is signed in may know what the company offers. Rule versions never change, so they are kept in
/// memory once read.
/// </summary>
public sealed class ProductQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ConcurrentDictionary<Guid, ChecklistRules> rulesByVersion = new();
    private readonly ConcurrentDictionary<string, ChecklistRules> mergedByVersions = new();

    internal ProductQueries(IDbContextFactory<CcdDbContext> contexts) => this.contexts = contexts;

    public async Task<IReadOnlyList<ProductRow>> ListAsync(bool onlyActive, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.LoanProducts.AsNoTracking()
            .Where(p => p.Active || !onlyActive)
            .OrderBy(p => p.Order).ThenBy(p => p.Name)
            .Select(p => new ProductRow(p.Id, p.Code, p.Name, p.Description, p.Active, p.Order, p.CurrentVersionId, p.CurrentVersionNumber, p.Version))
            .ToListAsync(ct);
    }

    public async Task<IReadOnlyList<RulesVersionRow>> VersionsAsync(Guid productId, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.RulesVersions.AsNoTracking()
            .Where(v => v.ProductId == productId)
            .OrderByDescending(v => v.Number)
            .Select(v => new RulesVersionRow(v.Id, v.ProductId, v.Number, v.Note, v.PublishedAt, v.PublishedByName))
            .ToListAsync(ct);
    }

    /// <summary>The rules of one version; none when there is no such version.</summary>
    public async Task<ChecklistRules?> RulesAsync(Guid versionId, CancellationToken ct)
    {
        await LoadAsync([versionId], ct);
        return rulesByVersion.GetValueOrDefault(versionId);
    }

    /// <summary>The one checklist of a customer with these versions (the stricter rule wins, see <see cref="ChecklistRules.Merge"/>).</summary>
    public async ValueTask<ChecklistRules> MergedAsync(IReadOnlyList<Guid> versionIds, CancellationToken ct)
    {
        if (versionIds.Count == 0)
            return ChecklistRules.Empty;
        if (versionIds.Count == 1 && rulesByVersion.TryGetValue(versionIds[0], out var single))
            return single;
        var key = string.Join(',', versionIds.Select(id => id.ToString("N")));
        if (mergedByVersions.TryGetValue(key, out var merged))
            return merged;
        await LoadAsync(versionIds, ct);
        merged = versionIds.Count == 1
            ? rulesByVersion[versionIds[0]]
            : ChecklistRules.Merge(versionIds.Select(id => rulesByVersion[id]));
        // Combinations of a handful of products; bounded all the same.
        if (mergedByVersions.Count < 2_000)
            mergedByVersions[key] = merged;
        return merged;
    }

    private async Task LoadAsync(IReadOnlyList<Guid> versionIds, CancellationToken ct)
    {
        var unknown = versionIds.Where(id => !rulesByVersion.ContainsKey(id)).ToList();
        if (unknown.Count == 0)
            return;
        await using var db = await contexts.CreateDbContextAsync(ct);
        foreach (var version in await db.RulesVersions.AsNoTracking().Where(v => unknown.Contains(v.Id)).ToListAsync(ct))
            rulesByVersion[version.Id] = ChecklistRules.FromJson(version.Rules);
    }
}
