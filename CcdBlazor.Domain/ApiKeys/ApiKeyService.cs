using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.ApiKeys;

/// <summary>Makes, changes and ends keys. Everything here needs <see cref="Permission.ManageApiKeys"/> and is written to the audit.</summary>
public sealed class ApiKeyService
{
    public const int LongestName = 60;

    /// <summary>Longest time in which the secret before a rotation stays good.</summary>
    public static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal ApiKeyService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>All keys, those in use first, newest first.</summary>
    public async Task<Result<IReadOnlyList<ApiKeyRow>>> ListAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageApiKeys))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (keys, uses) = (db.ApiKeys, db.ApiKeyUses);
        var found = await (
            from k in keys.AsNoTracking()
            join u in uses on k.Id equals u.KeyId into used
            from u in used.DefaultIfEmpty()
            orderby k.RevokedAt != null, k.CreatedAt descending
            select new { Key = k, LastUsedAt = u == null ? (DateTimeOffset?)null : u.LastUsedAt }).ToListAsync(ct);
        return (ApiKeyRow[])[.. found.Select(f => new ApiKeyRow(
            f.Key.Id, f.Key.Name, f.Key.Scopes, f.Key.OwnerName, f.Key.CreatedAt, f.Key.RotatedAt, f.Key.FormerUntil, f.Key.ExpiresAt,
            f.Key.RevokedAt, f.Key.RevokedBy, f.LastUsedAt, f.Key.PerSecond, f.Key.PerMinute, f.Key.Concurrency, f.Key.Version))];
    }

    /// <summary>Makes a key. Its text is in the answer and nowhere else.</summary>
    public async Task<Result<NewApiKey>> CreateAsync(ApiKeyDraft draft, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (!by.May(Permission.ManageApiKeys))
            return CommonRefusals.Forbidden;
        if (Problem(draft, ApiScopes.None, by, now) is { } problem)
            return problem;
        var id = Guid.CreateVersion7(now);
        var (text, hash) = ApiKeyText.Make(id);
        var key = new ApiKey
        {
            Id = id, Name = draft.Name.Trim(), Scopes = draft.Scopes, OwnerId = by.Id, OwnerName = by.DisplayName, CreatedAt = now, SecretHash = hash,
            ExpiresAt = draft.ExpiresAt, PerSecond = draft.PerSecond, PerMinute = draft.PerMinute, Concurrency = draft.Concurrency,
        };
        await using var db = await contexts.CreateDbContextAsync(ct);
        db.Add(key);
        db.Audit(by, now, "api_key.created", new AuditSubject("api_key", id), after: Facts(key));
        db.Announce(ApiKeyTopics.All);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? new NewApiKey(id, text) : saved.Refusal;
    }

    /// <summary>Changes name, scopes, expiry and limits; refused for a revoked key.</summary>
    public Task<Result> EditAsync(Guid id, ApiKeyDraft draft, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (db, key, now) =>
        {
            // What it may do already it keeps, whoever edits its name.
            if (Problem(draft, key.Scopes, by, draft.ExpiresAt == key.ExpiresAt ? DateTimeOffset.MinValue : now) is { } problem)
                return problem;
            db.Entry(key).Property(k => k.Version).OriginalValue = version;
            var before = Facts(key);
            key.Name = draft.Name.Trim();
            key.Scopes = draft.Scopes;
            key.ExpiresAt = draft.ExpiresAt;
            key.PerSecond = draft.PerSecond;
            key.PerMinute = draft.PerMinute;
            key.Concurrency = draft.Concurrency;
            db.Audit(by, now, "api_key.edited", new AuditSubject("api_key", id), before, Facts(key));
            return Result.Done;
        }, ct);

    /// <summary>Gives the key a new secret; the one before stays good for the overlap (0 to 30 days), so that callers can change over.</summary>
    public async Task<Result<NewApiKey>> RotateAsync(Guid id, TimeSpan overlap, Actor by, CancellationToken ct)
    {
        if (overlap < TimeSpan.Zero || overlap > LongestOverlap)
            return ApiKeyRefusals.OverlapRange;
        var (text, hash) = ApiKeyText.Make(id);
        var done = await ChangeAsync(id, by, (db, key, now) =>
        {
            key.Rotate(hash, overlap, now);
            db.Audit(by, now, "api_key.rotated", new AuditSubject("api_key", id), after: new { name = key.Name, formerUntil = key.FormerUntil });
            return Result.Done;
        }, ct);
        return done.Ok ? new NewApiKey(id, text) : done.Refusal;
    }

    /// <summary>Ends the key for good, on every node within two seconds.</summary>
    public Task<Result> RevokeAsync(Guid id, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (db, key, now) =>
        {
            key.Revoke(by.DisplayName, now);
            db.Audit(by, now, "api_key.revoked", new AuditSubject("api_key", id), after: new { name = key.Name });
            return Result.Done;
        }, ct);

    private async Task<Result> ChangeAsync(Guid id, Actor by, Func<CcdDbContext, ApiKey, DateTimeOffset, Result> change, CancellationToken ct)
    {
        if (!by.May(Permission.ManageApiKeys))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.ApiKeys.SingleOrDefaultAsync(k => k.Id == id, ct) is not { } key)
            return CommonRefusals.NotFound;
        if (key.RevokedAt is not null)
            return ApiKeyRefusals.Revoked;
        var changed = change(db, key, clock.GetUtcNow());
        if (!changed.Ok)
            return changed;
        db.Announce(ApiKeyTopics.All);
        return await db.TrySaveAsync(ct);
    }

    private static Refusal? Problem(ApiKeyDraft draft, ApiScopes held, Actor by, DateTimeOffset now)
    {
        var found = new List<Refusal>();
        if (draft.Name.Trim() is not { Length: > 0 and <= LongestName } name || name.Any(char.IsControl))
            found.Add(ApiKeyRefusals.NameMissing);
        if (draft.Scopes == ApiScopes.None)
            found.Add(ApiKeyRefusals.ScopesMissing);
        // Nobody hands out what he does not hold himself.
        if ((draft.Scopes & ~held & (ApiScopes.ConfigRead | ApiScopes.ConfigWrite)) != 0 && !by.May(Permission.ManageSettings))
            found.Add(ApiKeyRefusals.ScopesBeyond);
        if (draft.ExpiresAt <= now)
            found.Add(ApiKeyRefusals.ExpiryPast);
        if (draft.PerSecond is < 1 or > 100_000)
            found.Add(ApiKeyRefusals.PerSecondRange);
        if (draft.PerMinute is < 1 or > 6_000_000)
            found.Add(ApiKeyRefusals.PerMinuteRange);
        if (draft.Concurrency is < 1 or > 10_000)
            found.Add(ApiKeyRefusals.ConcurrencyRange);
        return found.Count == 0 ? null : found[0] with { Others = found[1..] };
    }

    private static object Facts(ApiKey key) => new
    {
        name = key.Name, scopes = ApiScopeWords.Names(key.Scopes), expiresAt = key.ExpiresAt, perSecond = key.PerSecond, perMinute = key.PerMinute, concurrency = key.Concurrency,
    };
}
