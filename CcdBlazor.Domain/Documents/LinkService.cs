using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>A fresh link: the token is known only now.</summary>
public sealed record FreshLink(Guid Id, string Token, DateTimeOffset ExpiresAt, int Items);

/// <summary>Links for customers: make, revoke, open.</summary>
public sealed class LinkService
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly FileChange files;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal LinkService(IDbContextFactory<CcdDbContext> contexts, ProductQueries products, SettingsReader settings, TimeProvider clock)
    {
        this.settings = settings;
        this.contexts = contexts;
        files = new FileChange(contexts, products);
        this.clock = clock;
    }

    /// <summary>A link for the items that are open now (missing, partly there, returned, or optional with room). Refusals: not found, forbidden, closed, nothing open.</summary>
    public async Task<Result<FreshLink>> CreateAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        return await files.MakeAsync<FreshLink>(customerId, by, (db, file) =>
        {
            if (!file.Customer.ChecklistIsOpen)
                return Task.FromResult<Result<FreshLink>>(DocumentRefusals.ClosedForUpload);
            var open = file.Check().Items
                .Where(item => item.State is not (ItemState.NotNeeded or ItemState.Accepted) && item.CanUploadMore)
                .Select(item => item.Rule.Code)
                .ToList();
            if (open.Count == 0)
                return Task.FromResult<Result<FreshLink>>(LinkRefusals.NothingOpen);
            var (link, token) = CustomerLink.Create(customerId, open, settings.Get(DocumentSettings.LinkLifetime), by, now);
            db.Add(link);
            FileNotes.OfLink(db, "link.created", link, by, now);
            db.Announce(CustomerTopics.One(customerId));
            return Task.FromResult<Result<FreshLink>>(new FreshLink(link.Id, token, link.ExpiresAt, open.Count));
        }, ct);
    }

    /// <summary>
    /// A link that takes nothing in, inside the caller's change: for a customer whose file is decided, who comes to see where it stands and to say how it was.
    /// </summary>
    internal static FreshLink AddWithoutItems(CcdDbContext db, Guid customerId, TimeSpan lifetime, Actor by, DateTimeOffset now)
    {
        var (link, token) = CustomerLink.Create(customerId, [], lifetime, by, now);
        db.Add(link);
        FileNotes.OfLink(db, "link.created", link, by, now);
        return new FreshLink(link.Id, token, link.ExpiresAt, 0);
    }

    /// <summary>Ends a link at once; what was handed in stays.</summary>
    public async Task<Result> RevokeAsync(Guid linkId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.CollectDocuments))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var link = await db.CustomerLinks.SingleOrDefaultAsync(l => l.Id == linkId, ct);
        var customers = db.Customers;
        if (link is null || !await customers.VisibleTo(by).AnyAsync(c => c.Id == link.CustomerId, ct))
            return CommonRefusals.NotFound;
        var revoked = link.Revoke(by, now);
        if (!revoked.Ok)
            return revoked;
        FileNotes.OfLink(db, "link.revoked", link, by, now);
        db.Announce(CustomerTopics.One(link.CustomerId));
        return await db.TrySaveAsync(ct);
    }

    /// <summary>
    /// Who comes with this token. Unknown and guessed tokens get one neutral refusal; expired and revoked ones say so.
    /// The first opening is noted in the timeline.
    /// </summary>
    public async Task<Result<LinkActor>> OpenAsync(string token, string? from, CancellationToken ct)
    {
        if (token.Length is < 20 or > 100)
            return LinkRefusals.Unknown;
        var now = clock.GetUtcNow();
        var hash = CustomerLink.HashOf(token);
        await using var db = await contexts.CreateDbContextAsync(ct);
        var link = await db.CustomerLinks.SingleOrDefaultAsync(l => l.TokenHash == hash, ct);
        var customers = db.Customers;
        if (link is null || !await customers.AnyAsync(c => c.Id == link.CustomerId && c.DeletedAt == null, ct))
            return LinkRefusals.Unknown;
        if (link.WhyClosed(now) is { } closed)
            return closed;
        var actor = new LinkActor(link.Id, link.CustomerId) { From = from };
        // One note a minute is enough to see that the page is in use.
        if (link.LastOpenedAt is null || now - link.LastOpenedAt > TimeSpan.FromMinutes(1))
        {
            if (link.Opened(now))
            {
                FileNotes.OfLink(db, "link.opened", link, actor, now);
                db.Announce(CustomerTopics.One(link.CustomerId));
            }

            await db.TrySaveAsync(ct);
        }

        return actor;
    }

    /// <summary>
    /// Job body: says in the timeline of customers whose papers are still collected that a link ends within <see cref="CustomerLink.WarnBefore"/>, so
    /// that somebody makes a new one in time. Answers how many were noted.
    /// </summary>
    public async Task<int> NoteExpiringAsync(DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customers = db.Customers;
        var soon = now + CustomerLink.WarnBefore;
        var ending = await db.CustomerLinks
            .Where(l => l.ExpiryNotedAt == null && l.RevokedAt == null && l.ExpiresAt > now && l.ExpiresAt <= soon)
            .Where(l => customers.Any(c => c.Id == l.CustomerId && c.DeletedAt == null && c.State == CustomerState.Collecting))
            .OrderBy(l => l.ExpiresAt).ToListAsync(ct);
        foreach (var link in ending)
        {
            link.NoteExpiry(now);
            FileNotes.OfLink(db, "link.expiring", link, new SystemActor("link-expiry"), now);
            db.Announce(CustomerTopics.One(link.CustomerId));
        }

        await db.SaveChangesAsync(ct);
        return ending.Count;
    }
}
