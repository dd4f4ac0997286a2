using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>
/// Writes about templates. A version that was released never changes: editing makes the next one, which is a draft until it is activated, while the
/// released one goes on to be used. All need <see cref="Permission.ManageTemplates"/>; approving and sending back need
/// <see cref="Permission.ApproveTemplates"/>. <c>version</c> is the row version that the editor started from.
/// </summary>
public sealed class TemplateService
{
    public const int LongestReason = 300;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal TemplateService(IDbContextFactory<CcdDbContext> contexts, SettingsReader settings, TimeProvider clock)
    {
        this.contexts = contexts;
        this.settings = settings;
        this.clock = clock;
    }

    /// <summary>A new template, as a draft.</summary>
    public async Task<Result<Guid>> CreateAsync(TemplateDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageTemplates))
            return CommonRefusals.Forbidden;
        var clean = Clean(draft);
        if (TemplateRules.Check(clean) is { } wrong)
            return wrong;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var template = new MessageTemplate { Id = Guid.CreateVersion7(now), Code = clean.Code, Name = clean.Name, Category = clean.Category, CreatedAt = now, ChangedAt = now };
        db.AddRange(template, NewVersion(template.Id, 1, clean.Content, by, now));
        db.Audit(by, now, "template.created", Subject(template.Id), after: new { template.Code, template.Name, template.Category });
        return await SaveAsync(db, ct) is { Ok: false } refused ? refused.Refusal : template.Id;
    }

    /// <summary>
    /// Stores what somebody wrote: changes the draft, or begins the next version when the newest one was released. Whatever waited for approval
    /// has to be submitted again. The code stays, and the category as soon as a version was released.
    /// </summary>
    /// <returns>The number of the draft.</returns>
    public Task<Result<int>> SaveDraftAsync(Guid id, TemplateDraft draft, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync<int>(id, version, Permission.ManageTemplates, by, (db, template, newest, now) =>
        {
            var clean = Clean(draft) with { Code = template.Code };
            if (TemplateRules.Check(clean) is { } wrong)
                return wrong;
            if (template.ActiveVersion is not null && clean.Category != template.Category)
                return TemplateRefusals.CategoryFixed;
            (template.Name, template.Category) = (clean.Name, clean.Category);
            if (IsDraft(template, newest))
                newest.Rewrite(clean.Content, by.Id, by.DisplayName);
            else
                db.Add(newest = NewVersion(id, newest.Number + 1, clean.Content, by, now));
            db.Audit(by, now, "template.edited", Subject(id), after: new { template.Name, template.Category, Version = newest.Number });
            return newest.Number;
        }, ct);

    /// <summary>Throws the draft away; the released version stays.</summary>
    public Task<Result> DiscardDraftAsync(Guid id, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ManageTemplates, by, (db, template, newest, now) =>
        {
            if (!IsDraft(template, newest))
                return TemplateRefusals.NoDraft;
            if (template.ActiveVersion is null)
                return TemplateRefusals.OnlyDraft;
            db.Remove(newest);
            db.Audit(by, now, "template.draft_discarded", Subject(id), after: new { Version = newest.Number });
            return Result.Done;
        }, ct);

    /// <summary>Asks a second person to approve the draft.</summary>
    public Task<Result> SubmitAsync(Guid id, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ManageTemplates, by, (db, template, newest, now) =>
        {
            if (!IsDraft(template, newest))
                return TemplateRefusals.NoDraft;
            if (newest.SubmittedAt is not null)
                return TemplateRefusals.Waiting;
            newest.SubmittedAt = now;
            newest.RejectedReason = null;
            db.Audit(by, now, "template.submitted", Subject(id), after: new { Version = newest.Number });
            return Result.Done;
        }, ct);

    /// <summary>A second person releases the draft: it is used from now on. Nobody who wrote on it may.</summary>
    public Task<Result> ApproveAsync(Guid id, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ApproveTemplates, by, (db, template, newest, now) =>
        {
            if (WaitingFor(template, newest, by) is { } refused)
                return refused;
            newest.ApprovedAt = now;
            newest.ApprovedById = by.Id;
            newest.ApprovedByName = by.DisplayName;
            Release(template, newest);
            db.Audit(by, now, "template.approved", Subject(id), after: new { Version = newest.Number });
            return Result.Done;
        }, ct);

    /// <summary>A second person sends the draft back.</summary>
    public Task<Result> RejectAsync(Guid id, string reason, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ApproveTemplates, by, (db, template, newest, now) =>
        {
            if (reason.Trim().Length is < 2 or > LongestReason)
                return TemplateRefusals.ReasonNeeded;
            if (WaitingFor(template, newest, by) is { } refused)
                return refused;
            newest.SubmittedAt = null;
            newest.RejectedReason = reason.Trim();
            db.Audit(by, now, "template.rejected", Subject(id), after: new { Version = newest.Number }, reason: newest.RejectedReason);
            return Result.Done;
        }, ct);

    /// <summary>Takes the draft into use, or the released version again when there is no draft. A draft may need a second person's approval first.</summary>
    public Task<Result> ActivateAsync(Guid id, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ManageTemplates, by, (db, template, newest, now) =>
        {
            if (IsDraft(template, newest))
            {
                // The program's own templates were looked at before they were shipped.
                if (settings.Get(TemplateSettings.SecondPerson) && by is not SystemActor)
                    return TemplateRefusals.ApprovalNeeded;
                Release(template, newest);
            }
            else if (template.State == TemplateState.Active)
            {
                return TemplateRefusals.AlreadyActive;
            }

            template.State = TemplateState.Active;
            db.Audit(by, now, "template.activated", Subject(id), after: new { Version = template.ActiveVersion });
            return Result.Done;
        }, ct);

    /// <summary>New messages are refused from now on; what was accepted before is still sent.</summary>
    public Task<Result> DeactivateAsync(Guid id, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ManageTemplates, by, (db, template, _, now) =>
        {
            if (template.State != TemplateState.Active)
                return TemplateRefusals.NotActive;
            template.State = TemplateState.Inactive;
            db.Audit(by, now, "template.deactivated", Subject(id), after: new { Version = template.ActiveVersion });
            return Result.Done;
        }, ct);

    /// <summary>Takes the template out of the list and frees its code. Its versions stay: messages that were accepted are still sent.</summary>
    public Task<Result> DeleteAsync(Guid id, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(id, version, Permission.ManageTemplates, by, (db, template, _, now) =>
        {
            if (ShippedTemplates.Has(template.Code))
                return TemplateRefusals.Shipped;
            template.DeletedAt = now;
            db.Audit(by, now, "template.deleted", Subject(id), before: new { template.Code, template.Name });
            return Result.Done;
        }, ct);

    /// <summary>A new template with the content of the newest version of another.</summary>
    public async Task<Result<Guid>> CopyAsync(Guid id, string code, string name, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageTemplates))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.MessageTemplates.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id && t.DeletedAt == null, ct) is not { } template)
            return CommonRefusals.NotFound;
        var content = await db.TemplateVersions.AsNoTracking().Where(v => v.TemplateId == id).OrderByDescending(v => v.Number).Select(v => v.Content).FirstAsync(ct);
        return await CreateAsync(new TemplateDraft(code, name, template.Category, content), by, ct);
    }

    /// <summary>A version that was not released: the newest one, while its number is above the one in use.</summary>
    internal static bool IsDraft(MessageTemplate template, TemplateVersion newest) => newest.Number > (template.ActiveVersion ?? 0);

    private static void Release(MessageTemplate template, TemplateVersion draft)
    {
        template.ActiveVersion = draft.Number;
        template.State = TemplateState.Active;
    }

    private static Refusal? WaitingFor(MessageTemplate template, TemplateVersion newest, Actor by) =>
        !IsDraft(template, newest) || newest.SubmittedAt is null ? TemplateRefusals.NotSubmitted
        : by.Id is { } person && newest.WrittenBy.Contains(person) ? TemplateRefusals.OwnTemplate
        : null;

    private static TemplateVersion NewVersion(Guid template, int number, TemplateContent content, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), TemplateId = template, Number = number, Content = content, AuthorId = by.Id, AuthorName = by.DisplayName,
        WrittenBy = by.Id is { } person ? [person] : [], CreatedAt = now,
    };

    /// <summary>One form of writing: what was left empty is none, names carry no blanks.</summary>
    private static TemplateDraft Clean(TemplateDraft draft) => draft with
    {
        Code = draft.Code.Trim(),
        Name = draft.Name.Trim(),
        Content = new TemplateContent(
            [.. draft.Content.Variables.Select(v => v with { Name = v.Name.Trim(), Title = v.Title.Trim(), Sample = v.Sample.Trim() })],
            [
                .. draft.Content.Variants.Select(v => v with
                {
                    Text = v.Text.ReplaceLineEndings("\n"),
                    Subject = NullIfBlank(v.Subject),
                    Html = NullIfBlank(v.Html),
                    Url = NullIfBlank(v.Url),
                    ProviderTemplate = NullIfBlank(v.ProviderTemplate),
                    Parameters = v.Parameters is { Count: > 0 } parameters ? [.. parameters.Select(p => p with { Name = p.Name.Trim() })] : null,
                }),
            ]),
    };

    private static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static AuditSubject Subject(Guid id) => new("template", id);

    private static Task<Result> SaveAsync(CcdDbContext db, CancellationToken ct)
    {
        db.Announce(MessageTopics.Templates);
        return db.TrySaveAsync(ct);
    }

    private async Task<Result> ChangeAsync(
        Guid id, uint version, Permission needed, Actor by, Func<CcdDbContext, MessageTemplate, TemplateVersion, DateTimeOffset, Result> change, CancellationToken ct) =>
        (await ChangeAsync<bool>(id, version, needed, by, (db, template, newest, now) => change(db, template, newest, now) is { Ok: false } refused ? refused.Refusal : true, ct)).WithoutValue();

    private async Task<Result<T>> ChangeAsync<T>(
        Guid id, uint version, Permission needed, Actor by, Func<CcdDbContext, MessageTemplate, TemplateVersion, DateTimeOffset, Result<T>> change, CancellationToken ct)
    {
        if (!by.May(needed))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.MessageTemplates.SingleOrDefaultAsync(t => t.Id == id && t.DeletedAt == null, ct) is not { } template)
            return CommonRefusals.NotFound;
        var newest = await db.TemplateVersions.Where(v => v.TemplateId == id).OrderByDescending(v => v.Number).FirstAsync(ct);
        db.Entry(template).Property(t => t.Version).OriginalValue = version;
        // Whatever part changes, the template's row does too: two editors never overwrite each other.
        template.ChangedAt = now;
        var changed = change(db, template, newest, now);
        if (!changed.Ok)
            return changed;
        return await SaveAsync(db, ct) is { Ok: false } refused ? refused.Refusal : changed;
    }
}
