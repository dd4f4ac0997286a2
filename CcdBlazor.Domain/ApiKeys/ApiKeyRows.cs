using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.ApiKeys;

/// <summary>What is announced about keys.</summary>
public static class ApiKeyTopics
{
    public const string All = "api-keys";
}

/// <summary>Another system, by its key.</summary>
/// <param name="KeyId">The key's id.</param>
/// <param name="Name">The key's name, as people read it in the history.</param>
public sealed record ApiKeyActor(Guid KeyId, string Name, ApiScopes Scopes) : Actor
{
    public override string Kind => "api";

    public override Guid? Id => KeyId;

    public override string DisplayName => Name;

    /// <summary>
    /// Scopes open endpoints; behind them only the configuration, batches and the portraits ask for permissions. Reading and writing are told apart by the endpoints.
    /// </summary>
    public override bool May(Permission permission) => permission switch
    {
        Permission.ManageSettings => (Scopes & (ApiScopes.ConfigRead | ApiScopes.ConfigWrite)) != 0,
        Permission.SendMessages => (Scopes & ApiScopes.MessagesBatches) != 0,
        Permission.ViewPortraits or Permission.ViewAllCustomers => (Scopes & (ApiScopes.PortraitsRead | ApiScopes.AssignmentsWrite)) != 0,
        Permission.ManagePortraits or Permission.AssignManagers => (Scopes & ApiScopes.AssignmentsWrite) != 0,
        _ => false,
    };
}

/// <summary>A key that was presented and is good.</summary>
/// <param name="PerSecond">Most requests in any second on one node.</param>
/// <param name="PerMinute">Most requests in a minute over all nodes.</param>
/// <param name="Concurrency">Most requests at the same time on one node.</param>
public sealed record ApiKeyAccess(Guid Id, ApiKeyActor Actor, ApiScopes Scopes, int PerSecond, int PerMinute, int Concurrency);

/// <summary>What an administrator says about a key.</summary>
public sealed record ApiKeyDraft
{
    public string Name { get; set; } = "";

    public ApiScopes Scopes { get; set; }

    /// <summary>Good until then; without end when none.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    public int PerSecond { get; set; } = 100;

    public int PerMinute { get; set; } = 3_000;

    public int Concurrency { get; set; } = 50;
}

/// <summary>A key that was made or got a new secret. The text exists only here: it is shown once and kept nowhere.</summary>
public sealed record NewApiKey(Guid Id, string Text);

/// <summary>A key in the list.</summary>
/// <param name="FormerUntil">Until then the secret before the last rotation is good too.</param>
public sealed record ApiKeyRow(
    Guid Id, string Name, ApiScopes Scopes, string OwnerName, DateTimeOffset CreatedAt, DateTimeOffset? RotatedAt, DateTimeOffset? FormerUntil, DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt, string? RevokedBy, DateTimeOffset? LastUsedAt, int PerSecond, int PerMinute, int Concurrency, uint Version);

/// <summary>Refusals around keys.</summary>
public static class ApiKeyRefusals
{
    /// <summary>Unknown, wrong, expired and revoked are never told apart.</summary>
    public static readonly Refusal NotAccepted = new("api.key_not_accepted", "接口密钥缺失、不正确、已过期或已吊销。", RefusalKind.Forbidden);

    public static readonly Refusal TooMany = new("api.too_many", "调用太频繁，请稍后再试。", RefusalKind.TooMany);
    public static readonly Refusal TooManyAtOnce = new("api.too_many_at_once", "同时进行的调用太多，请稍后再试。", RefusalKind.TooMany);
    public static readonly Refusal Revoked = new("api_key.revoked", "这个密钥已经吊销，不能再修改。", RefusalKind.Conflict);
    public static readonly Refusal NameMissing = new("api_key.name", "名称应为 1 到 60 个字。") { Field = nameof(ApiKeyDraft.Name) };
    public static readonly Refusal ScopesMissing = new("api_key.scopes", "请至少选择一项权限范围。") { Field = nameof(ApiKeyDraft.Scopes) };
    public static readonly Refusal ScopesBeyond = new("api_key.scopes_beyond", "您没有“管理配置”权限，不能授予配置类的权限范围。", RefusalKind.Forbidden) { Field = nameof(ApiKeyDraft.Scopes) };
    public static readonly Refusal ExpiryPast = new("api_key.expiry_past", "到期时间已经过去。") { Field = nameof(ApiKeyDraft.ExpiresAt) };
    public static readonly Refusal PerSecondRange = new("api_key.per_second", "每秒次数应在 1 到 100,000 之间。") { Field = nameof(ApiKeyDraft.PerSecond) };
    public static readonly Refusal PerMinuteRange = new("api_key.per_minute", "每分钟次数应在 1 到 6,000,000 之间。") { Field = nameof(ApiKeyDraft.PerMinute) };
    public static readonly Refusal ConcurrencyRange = new("api_key.concurrency", "并发数应在 1 到 10,000 之间。") { Field = nameof(ApiKeyDraft.Concurrency) };
    public static readonly Refusal OverlapRange = new("api_key.overlap", "新旧密钥的重叠时间应在 0 到 30 天之间。");

    /// <summary>The key is good, but not for this.</summary>
    public static Refusal ScopeMissing(ApiScopes scope) => new("api.scope_missing", $"这个接口密钥没有权限范围 {ApiScopeWords.Name(scope)}。", RefusalKind.Forbidden);
}
