using System.Collections.Concurrent;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Templates ready for use, read once. A version never changes after its release, so only the list of active ones is read again.</summary>
internal sealed class TemplateBook : IDisposable
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ConcurrentDictionary<(Guid Id, int Version), CompiledTemplate> compiled = new();
    private readonly ConcurrentDictionary<string, Entry> byCode = new(StringComparer.Ordinal);
    private readonly IDisposable subscription;

    public TemplateBook(IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed)
    {
        this.contexts = contexts;
        subscription = feed.Subscribe(MessageTopics.Templates, _ => byCode.Clear());
    }

    /// <summary>The template of a code with its state, or null. From memory unless it changed.</summary>
    public ValueTask<Entry?> FindAsync(string code, CancellationToken ct) =>
        byCode.TryGetValue(code, out var known) ? ValueTask.FromResult<Entry?>(known) : new ValueTask<Entry?>(LoadAsync(code, ct));

    /// <summary>One version of a template, or null when it does not exist.</summary>
    public ValueTask<CompiledTemplate?> VersionAsync(Guid id, int version, CancellationToken ct) =>
        compiled.TryGetValue((id, version), out var known) ? ValueTask.FromResult<CompiledTemplate?>(known) : new ValueTask<CompiledTemplate?>(LoadAsync(id, version, ct));

    public void Dispose() => subscription.Dispose();

    private async Task<Entry?> LoadAsync(string code, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var template = await db.MessageTemplates.AsNoTracking().FirstOrDefaultAsync(t => t.Code == code && t.DeletedAt == null, ct);
        if (template is null)
            return null;
        var active = template is { State: TemplateState.Active, ActiveVersion: { } version } ? await VersionAsync(template.Id, version, ct) : null;
        return byCode[code] = new Entry(template.Id, active);
    }

    private async Task<CompiledTemplate?> LoadAsync(Guid id, int version, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = await (
            from v in db.TemplateVersions.AsNoTracking()
            join t in db.MessageTemplates on v.TemplateId equals t.Id
            where t.Id == id && v.Number == version
            select new { t.Code, t.Category, v.Content }).FirstOrDefaultAsync(ct);
        return found is null ? null : compiled[(id, version)] = new CompiledTemplate(id, found.Code, version, found.Category, found.Content);
    }

    /// <param name="Active">The version for new messages; null while the template is not active.</param>
    public sealed record Entry(Guid Id, CompiledTemplate? Active);
}
