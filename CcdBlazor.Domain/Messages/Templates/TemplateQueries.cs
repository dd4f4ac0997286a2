using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Reads about templates, for those who write, approve or use them.</summary>
public sealed class TemplateQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsReader settings;
    private readonly AccountBook accounts;

    internal TemplateQueries(IDbContextFactory<CcdDbContext> contexts, SettingsReader settings, AccountBook accounts)
    {
        this.contexts = contexts;
        this.settings = settings;
        this.accounts = accounts;
    }

    /// <summary>A page of the list, the last changed first. Templates are some hundreds at most, so they are narrowed in memory.</summary>
    public async Task<Result<Page<TemplateRow>>> ListAsync(TemplateFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        if (!MayRead(by))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var templates = await db.MessageTemplates.AsNoTracking().Where(t => t.DeletedAt == null).OrderByDescending(t => t.ChangedAt).ThenBy(t => t.Code).ToListAsync(ct);
        var all = db.TemplateVersions.AsNoTracking();
        var shown = await (
            from v in all
            join t in db.MessageTemplates on v.TemplateId equals t.Id
            where t.DeletedAt == null && (v.Number == t.ActiveVersion || v.Number == all.Where(o => o.TemplateId == t.Id).Max(o => o.Number))
            select v).ToListAsync(ct);
        var versions = shown.ToLookup(v => v.TemplateId);
        var rows = templates.Select(t => RowOf(t, [.. versions[t.Id].OrderByDescending(v => v.Number)])).Where(row => Fits(row, filter)).ToList();
        return new Page<TemplateRow>([.. rows.Skip(page.Skip).Take(page.Size)], rows.Count, false, page);
    }

    /// <summary>Everything about one template.</summary>
    public async Task<Result<TemplateDetail>> FindAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayRead(by))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.MessageTemplates.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id && t.DeletedAt == null, ct) is not { } template)
            return CommonRefusals.NotFound;
        var versions = await db.TemplateVersions.AsNoTracking().Where(v => v.TemplateId == id).OrderByDescending(v => v.Number).ToListAsync(ct);
        var rows = versions.ConvertAll(v => new TemplateVersionRow(
            v.Number, v.Content, v.AuthorName, v.CreatedAt, v.Number <= (template.ActiveVersion ?? 0), v.SubmittedAt, v.ApprovedByName, v.ApprovedAt, v.RejectedReason));
        var draft = TemplateService.IsDraft(template, versions[0]) ? rows[0] : null;
        var mayApprove = draft?.SubmittedAt is not null && by.May(Permission.ApproveTemplates) && !(by.Id is { } person && versions[0].WrittenBy.Contains(person));
        return new TemplateDetail(
            template.Id, template.Code, template.Name, template.Category, template.State, template.ActiveVersion, ShippedTemplates.Has(template.Code),
            rows, draft, settings.Get(TemplateSettings.SecondPerson), mayApprove, template.Version);
    }

    /// <summary>The templates that may be used now, by name; for those who send.</summary>
    public async Task<IReadOnlyList<TemplateChoice>> ActiveAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.SendMessages) && !MayRead(by))
            return [];
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await (
            from t in db.MessageTemplates.AsNoTracking()
            join v in db.TemplateVersions on new { TemplateId = t.Id, Number = t.ActiveVersion ?? 0 } equals new { v.TemplateId, v.Number }
            where t.DeletedAt == null && t.State == TemplateState.Active
            orderby t.Name
            select new TemplateChoice(t.Id, t.Code, t.Name, t.Category, v.Number, v.Content)).ToListAsync(ct);
    }

    /// <summary>Signature and price of the SMS account that most messages go through; none without a usable account.</summary>
    public async Task<SmsTerms?> SmsTermsAsync(CancellationToken ct)
    {
        var usual = (await accounts.CurrentAsync(ct)).Values.Where(a => a.Provider.Channel == MessageChannel.Sms && !a.BoundOnly).OrderByDescending(a => a.Weight).ThenBy(a => a.Number).FirstOrDefault();
        return usual is null ? null : new SmsTerms(usual.Provider.Values.GetValueOrDefault("SignName"), usual.PriceMilli);
    }

    private static bool MayRead(Actor by) => by.May(Permission.ManageTemplates) || by.May(Permission.ApproveTemplates);

    private static TemplateRow RowOf(MessageTemplate template, IReadOnlyList<TemplateVersion> versions)
    {
        var newest = versions[0];
        var draft = TemplateService.IsDraft(template, newest);
        var used = versions.FirstOrDefault(v => v.Number == template.ActiveVersion) ?? newest;
        return new TemplateRow(
            template.Id, template.Code, template.Name, template.Category, template.State, template.ActiveVersion, draft ? newest.Number : null,
            [.. used.Content.Variants.Select(v => v.Channel).Distinct().Order()], draft && newest.SubmittedAt is not null, ShippedTemplates.Has(template.Code), template.ChangedAt, newest.AuthorName);
    }

    private static bool Fits(TemplateRow row, TemplateFilter filter) =>
        (filter.Category is null || row.Category == filter.Category)
        && (filter.State is null || row.State == filter.State)
        && (filter.Channel is null || row.Channels.Contains(filter.Channel.Value))
        && (!filter.Waiting || row.Waiting)
        && (string.IsNullOrWhiteSpace(filter.Search)
            || row.Name.Contains(filter.Search.Trim(), StringComparison.OrdinalIgnoreCase) || row.Code.Contains(filter.Search.Trim(), StringComparison.OrdinalIgnoreCase));
}
