using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Pool;

/// <summary>Pools and their rules, for who has <see cref="Permission.ManagePools"/>.</summary>
public sealed class PoolSettings
{
    /// <summary>The same in every database, so that two nodes that start at once make one.</summary>
    internal static readonly Guid CompanyPool = new("0199a000-0000-7000-8000-00000000b001");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider time;

    internal PoolSettings(IDbContextFactory<CcdDbContext> contexts, TimeProvider time)
    {
        this.contexts = contexts;
        this.time = time;
    }

    /// <summary>Makes the pool of the company with the usual rule (7 days) when there is no pool at all.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.PublicPools.AnyAsync(ct))
            return;
        var pool = new PublicPool { Id = CompanyPool };
        pool.Apply(new PoolDraft { Name = "公司公海" });
        db.Add(pool);
        // Another node may have been quicker; then it is there.
        await db.TrySaveAsync(ct);
    }

    public async Task<Result<IReadOnlyList<PoolDraft>>> AllAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePools))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var pools = await db.PublicPools.AsNoTracking().Include(p => p.Rules).OrderBy(p => !p.Active).ThenBy(p => p.Name).ToListAsync(ct);
        return Drafts(pools.ConvertAll(p => p.ToDraft()));
    }

    /// <summary>Makes or changes a pool. Refuses what breaks a rule, a second pool of a department, and to switch off one that is not empty.</summary>
    public async Task<Result<Guid>> SaveAsync(PoolDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePools))
            return CommonRefusals.Forbidden;
        if (draft.Wrong() is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var pool = draft.Id is { } id ? await db.PublicPools.Include(p => p.Rules).SingleOrDefaultAsync(p => p.Id == id, ct) : new PublicPool();
        if (pool is null)
            return CommonRefusals.NotFound;
        if (draft.TargetPoolId is { } target && target != pool.Id && !await db.PublicPools.AnyAsync(p => p.Id == target && p.Active, ct))
            return PoolRefusals.TargetUnknown;
        if (!draft.Active && await db.Customers.AnyAsync(c => c.PoolId == pool.Id && c.DeletedAt == null, ct))
            return PoolRefusals.NotEmpty;
        var before = draft.Id is null ? null : pool.ToDraft();
        db.RemoveRange(pool.Rules);
        pool.Apply(draft);
        if (draft.Id is null)
            db.Add(pool);
        else
        {
            db.AddRange(pool.Rules);
            db.Entry(pool).Property(p => p.Version).OriginalValue = draft.Version;
        }

        db.Audit(by, now, draft.Id is null ? "pool.created" : "pool.edited", new AuditSubject("pool", pool.Id), before, pool.ToDraft());
        db.Announce(PoolTopics.Settings);
        db.Announce(PoolTopics.All);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? pool.Id : saved.Refusal;
    }

    /// <summary>No conversion starts from an interface; the concrete list has one.</summary>
    private static Result<IReadOnlyList<PoolDraft>> Drafts(List<PoolDraft> drafts) => drafts;
}
