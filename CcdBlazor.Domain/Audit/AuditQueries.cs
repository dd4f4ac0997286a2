using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Audit;

/// <summary>What the administrator looks for. Everything given must hold.</summary>
public sealed record AuditFilter
{
    /// <summary>From this moment on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this moment.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Part of the actor's name.</summary>
    public string? ActorName { get; init; }

    public Guid? ActorId { get; init; }

    /// <summary>An action, or a family of them when it ends with a dot (<c>document.</c>).</summary>
    public string? Action { get; init; }

    public string? SubjectType { get; init; }

    public Guid? SubjectId { get; init; }

    public Guid? CustomerId { get; init; }

    /// <summary>Part of the reason.</summary>
    public string? Text { get; init; }
}

/// <summary>One audit entry as people read it.</summary>
/// <param name="Before">Changed values before, as JSON.</param>
/// <param name="Sealed">True once the entry is a link of the hash chain.</param>
public sealed record AuditRow(
    long Seq, DateTimeOffset At, string ActorKind, Guid? ActorId, string ActorName, string? From, string Action,
    string SubjectType, Guid? SubjectId, Guid? CustomerId, string? Reason, string? Before, string? After, bool Sealed)
{
    /// <summary>The action in Chinese, to be read behind the actor's name.</summary>
    public string Words => AuditWords.Of(Action);
}

/// <summary>A page of entries, the newest first.</summary>
/// <param name="Next">Give this as <c>before</c> to get the following page; none on the last one.</param>
public sealed record AuditPage(IReadOnlyList<AuditRow> Rows, long? Next);

/// <summary>One line of a customer's timeline.</summary>
/// <param name="Words">What was done, in Chinese, to be read behind the actor's name.</param>
/// <param name="Item">The item of the checklist that it was done to.</param>
public sealed record TimelineEntry(long Seq, DateTimeOffset At, string ActorName, string Words, string? Item, string? Reason);

/// <summary>A piece of a timeline, the newest first.</summary>
/// <param name="More">There are older lines.</param>
public sealed record TimelinePage(IReadOnlyList<TimelineEntry> Rows, bool More);

/// <summary>Reads of the audit.</summary>
public sealed class AuditQueries
{
    public const int LargestPage = 200;

    private readonly IDbContextFactory<CcdDbContext> contexts;

    internal AuditQueries(IDbContextFactory<CcdDbContext> contexts) => this.contexts = contexts;

    /// <summary>The admin page. Refused to those who may not read the audit.</summary>
    public async Task<Result<AuditPage>> PageAsync(AuditFilter filter, Actor by, long? before, int take, CancellationToken ct)
    {
        if (!by.May(Permission.ViewAudit))
            return CommonRefusals.Forbidden;

        await using var db = await contexts.CreateDbContextAsync(ct);
        var entries = db.AuditEntries.AsNoTracking();
        if (filter.From is { } from)
            entries = entries.Where(e => e.At >= from.ToUniversalTime());
        if (filter.Until is { } until)
            entries = entries.Where(e => e.At < until.ToUniversalTime());
        if (Given(filter.ActorName) is { } name)
            entries = entries.Where(e => EF.Functions.ILike(e.ActorName, Containing(name), "\\"));
        if (filter.ActorId is { } actor)
            entries = entries.Where(e => e.ActorId == actor);
        if (Given(filter.Action) is { } action)
            entries = action.EndsWith('.') ? entries.Where(e => e.Action.StartsWith(action)) : entries.Where(e => e.Action == action);
        if (Given(filter.SubjectType) is { } type)
            entries = entries.Where(e => e.SubjectType == type);
        if (filter.SubjectId is { } subject)
            // Each side has its index: about a customer, subject and customer are the same.
            entries = entries.Where(e => (e.SubjectType != "customer" && e.SubjectId == subject) || (e.CustomerId == subject && e.SubjectId == subject));
        if (filter.CustomerId is { } customer)
            entries = entries.Where(e => e.CustomerId == customer);
        if (Given(filter.Text) is { } text)
            entries = entries.Where(e => e.Reason != null && EF.Functions.ILike(e.Reason, Containing(text), "\\"));
        return await NewestAsync(db, entries, before, take, ct);
    }

    /// <summary>What happened around one customer, the newest first; who merely looked is left to the audit page. The caller has checked that the reader may see this customer.</summary>
    /// <param name="before">Only what is older than this entry.</param>
    internal static async Task<TimelinePage> TimelineAsync(CcdDbContext db, Guid customerId, long? before, int take, CancellationToken ct)
    {
        take = Math.Clamp(take, 1, LargestPage);
        var entries = db.AuditEntries.AsNoTracking().Where(e => e.CustomerId == customerId && e.Action != "document.viewed");
        if (before is { } seq)
            entries = entries.Where(e => e.Seq < seq);
        var found = await entries.OrderByDescending(e => e.Seq).Take(take + 1).Select(e => new { e.Seq, e.At, e.ActorName, e.Action, e.Reason, e.After }).ToListAsync(ct);
        return new TimelinePage(
            [.. found.Take(take).Select(e => new TimelineEntry(e.Seq, e.At, e.ActorName, AuditWords.Of(e.Action), ItemOf(e.Action, e.After), e.Reason))],
            found.Count > take);
    }

    /// <summary>Which item of the checklist an entry is about.</summary>
    private static string? ItemOf(string action, string? after)
    {
        if (after is null || !(action == "file.requested" || action.StartsWith("document.", StringComparison.Ordinal)))
            return null;
        using var values = JsonDocument.Parse(after);
        return values.RootElement.TryGetProperty("item", out var item) ? item.GetString() : null;
    }

    private static async Task<AuditPage> NewestAsync(CcdDbContext db, IQueryable<AuditEntry> entries, long? before, int take, CancellationToken ct)
    {
        take = Math.Clamp(take, 1, LargestPage);
        if (before is { } seq)
            entries = entries.Where(e => e.Seq < seq);
        var found = await entries.OrderByDescending(e => e.Seq).Take(take + 1).ToListAsync(ct);
        await db.Database.OpenConnectionAsync(ct);
        var last = await AuditChain.LastAsync((NpgsqlConnection)db.Database.GetDbConnection(), ct);
        var rows = found.Take(take).Select(e => new AuditRow(
            e.Seq, e.At, e.ActorKind, e.ActorId, e.ActorName, e.From, e.Action, e.SubjectType, e.SubjectId, e.CustomerId, e.Reason, e.Before, e.After,
            last is { } link && (e.Txid, e.Seq).CompareTo((link.Txid, link.Seq)) <= 0)).ToList();
        return new AuditPage(rows, found.Count > take ? rows[^1].Seq : null);
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string Containing(string text) =>
        $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
