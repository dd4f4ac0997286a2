using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Settings;

/// <summary>Reads for the page and for other systems. All need <see cref="Permission.ManageSettings"/>.</summary>
public sealed class SettingsQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsCatalogue catalogue;

    internal SettingsQueries(IDbContextFactory<CcdDbContext> contexts, SettingsCatalogue catalogue)
    {
        this.contexts = contexts;
        this.catalogue = catalogue;
    }

    /// <summary>Every setting, by key.</summary>
    public async Task<Result<IReadOnlyList<SettingRow>>> ListAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var stored = await db.StoredSettings.AsNoTracking().ToDictionaryAsync(s => s.Key, ct);
        return (SettingRow[])[.. catalogue.All.Select(setting => Row(setting, stored.GetValueOrDefault(setting.Key)))];
    }

    /// <summary>One setting.</summary>
    public async Task<Result<SettingRow>> FindAsync(string key, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        if (catalogue.Find(key) is not { } setting)
            return SettingRefusals.UnknownKey(key);
        await using var db = await contexts.CreateDbContextAsync(ct);
        return Row(setting, await db.StoredSettings.AsNoTracking().SingleOrDefaultAsync(s => s.Key == key, ct));
    }

    /// <summary>The changes of one setting, newest first, older than <paramref name="before"/> when that is given.</summary>
    public async Task<Result<IReadOnlyList<SettingVersionRow>>> HistoryAsync(string key, int take, int? before, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        if (catalogue.Find(key) is not { } setting)
            return SettingRefusals.UnknownKey(key);
        await using var db = await contexts.CreateDbContextAsync(ct);
        var versions = await db.SettingVersions.AsNoTracking().Where(v => v.Key == key && (before == null || v.Version < before))
            .OrderByDescending(v => v.Version).Take(take).ToListAsync(ct);
        Guid[] sets = [.. versions.Select(v => v.SetId)];
        var together = (await db.SettingVersions.AsNoTracking().Where(v => sets.Contains(v.SetId) && v.Key != key).Select(v => new { v.SetId, v.Key }).ToListAsync(ct))
            .ToLookup(v => v.SetId, v => catalogue.Find(v.Key)?.Title ?? v.Key);
        return (SettingVersionRow[])[.. versions.Select(v => new SettingVersionRow(
            v.SetId, v.Version, v.At, v.ActorName, v.ApprovedBy, v.Reason, v.Before, v.After, v.RolledBackTo,
            SettingDifferences.Of(setting, v.Before, v.After), [.. together[v.SetId]]))];
    }

    /// <summary>Proposals that wait, oldest first.</summary>
    public async Task<Result<IReadOnlyList<SettingProposalRow>>> ProposalsAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageSettings))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var waiting = await db.SettingProposals.AsNoTracking().Where(p => p.State == SettingProposalState.Waiting).OrderBy(p => p.At).ToListAsync(ct);
        if (waiting.Count == 0)
            return Array.Empty<SettingProposalRow>();
        var stored = await db.StoredSettings.AsNoTracking().ToDictionaryAsync(s => s.Key, ct);
        return (SettingProposalRow[])[.. waiting.Select(p => new SettingProposalRow(
            p.Id, p.At, p.ProposerName, by.Id is not null && p.ProposerId == by.Id, p.Reason,
            [.. from edit in SettingsService.EditsOf(p)
                let setting = catalogue.Find(edit.Key)
                where setting is not null
                let own = stored.GetValueOrDefault(edit.Key)
                select new ProposedEdit(setting, SettingDifferences.Of(setting, own?.Value, edit.Value), (own?.Version ?? 0) != edit.Version)]))];
    }

    private static SettingRow Row(Setting setting, StoredSetting? own) => new(
        setting, own?.Value, own?.Version ?? 0, own?.ChangedAt, own?.ChangedBy, own?.Value is { } json && setting.Accept(json) is { Ok: false, Refusal: var problem } ? problem.Text : null);
}
