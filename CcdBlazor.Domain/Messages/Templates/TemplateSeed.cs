using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Brings the shipped templates that are missing, in use at once. What an administrator changed or switched off stays as it is.</summary>
public sealed class TemplateSeed
{
    private static readonly SystemActor Seeder = new("templates");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TemplateService templates;

    internal TemplateSeed(IDbContextFactory<CcdDbContext> contexts, TemplateService templates)
    {
        this.contexts = contexts;
        this.templates = templates;
    }

    /// <summary>Safe at each start and on several nodes at once.</summary>
    public async Task EnsureShippedAsync(CancellationToken ct)
    {
        List<string> known;
        await using (var db = await contexts.CreateDbContextAsync(ct))
        {
            known = await db.MessageTemplates.Select(t => t.Code).ToListAsync(ct);
            // A start that was cut between making one and releasing it.
            var versions = db.TemplateVersions.AsNoTracking();
            foreach (var half in await db.MessageTemplates.AsNoTracking()
                .Where(t => t.DeletedAt == null && t.ActiveVersion == null && !versions.Any(v => v.TemplateId == t.Id && v.AuthorId != null)).ToListAsync(ct))
                if (ShippedTemplates.Has(half.Code))
                    await templates.ActivateAsync(half.Id, half.Version, Seeder, ct);
        }

        foreach (var shipped in ShippedTemplates.All.Where(s => !known.Contains(s.Code)))
        {
            var created = await templates.CreateAsync(shipped, Seeder, ct);
            if (!created.Ok)
            {
                // Another node that starts at the same time was quicker.
                if (created.Refusal == TemplateRefusals.CodeTaken)
                    continue;
                throw new InvalidOperationException($"Shipped template {shipped.Code}: {created.Refusal.Text}");
            }

            uint version;
            await using (var db = await contexts.CreateDbContextAsync(ct))
                version = await db.MessageTemplates.Where(t => t.Id == created.Value).Select(t => t.Version).SingleAsync(ct);
            await templates.ActivateAsync(created.Value, version, Seeder, ct);
        }
    }
}
