using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>A template as other systems see it: how to call it, not what it says.</summary>
/// <param name="Version">The version that new messages use; none while it is only a draft.</param>
/// <param name="Variables">Of that version.</param>
public sealed record TemplateOffer(
    string Code, string Name, MessageCategory Category, TemplateState State, int? Version, IReadOnlyList<TemplateVariable> Variables, IReadOnlyList<MessageChannel> Channels);

/// <summary>An account as other systems see it: never its secrets or its address.</summary>
/// <param name="RestReason">Why it is not used until <paramref name="RestsUntil"/>.</param>
public sealed record AccountOffer(
    int Number, string Name, string Kind, MessageChannel Channel, bool Enabled, bool BoundOnly, int Weight, DateTimeOffset? RestsUntil, string? RestReason);

/// <summary>What other systems can send with. Whoever calls asks for the right to do so.</summary>
public sealed class MessageCatalogue
{
    private readonly IDbContextFactory<CcdDbContext> contexts;

    internal MessageCatalogue(IDbContextFactory<CcdDbContext> contexts) => this.contexts = contexts;

    /// <summary>All templates by code.</summary>
    public async Task<IReadOnlyList<TemplateOffer>> TemplatesAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (templates, versions) = (db.MessageTemplates, db.TemplateVersions);
        var found = await (
            from t in templates.AsNoTracking()
            where t.DeletedAt == null
            join v in versions on new { t.Id, Number = t.ActiveVersion } equals new { Id = v.TemplateId, Number = (int?)v.Number } into active
            from v in active.DefaultIfEmpty()
            orderby t.Code
            select new { Template = t, Version = v }).ToListAsync(ct);
        return [.. found.Select(f => new TemplateOffer(
            f.Template.Code, f.Template.Name, f.Template.Category, f.Template.State, f.Template.ActiveVersion, f.Version?.Content.Variables ?? [],
            f.Version is null ? [] : [.. f.Version.Content.Variants.Select(v => v.Channel).Distinct()]))];
    }

    /// <summary>All accounts by number.</summary>
    public async Task<IReadOnlyList<AccountOffer>> AccountsAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.ChannelAccounts.AsNoTracking().Where(a => a.DeletedAt == null).OrderBy(a => a.Number)
            .Select(a => new AccountOffer(a.Number, a.Name, a.Kind, a.Channel, a.Enabled, a.BoundOnly, a.Weight, a.RestsUntil, a.RestReason)).ToListAsync(ct);
    }
}
