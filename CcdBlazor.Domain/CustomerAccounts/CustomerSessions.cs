using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Settings;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.CustomerAccounts;

/// <summary>Sessions of customers: who comes with one, and how they end.</summary>
public sealed class CustomerSessions
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal CustomerSessions(IDbContextFactory<CcdDbContext> contexts, SettingsReader settings, TimeProvider clock) => (this.contexts, this.settings, this.clock) = (contexts, settings, clock);

    /// <summary>
    /// Who comes with this session; none when it has ended, was idle or lasts for too long, or when its account is closed or has no live file any more. Asked at every request, straight
    /// from the database: what a colleague closes is closed at the customer's next click.
    /// </summary>
    public async Task<CustomerActor?> FindAsync(Guid sessionId, string? from, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (began, seen) = (now - settings.Get(CustomerAccountSettings.Absolute), now - settings.Get(CustomerAccountSettings.Idle));
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (sessions, accounts) = (db.CustomerSessions, db.CustomerAccounts);
        var found = await (from s in sessions
                           where s.Id == sessionId && s.EndedAt == null && s.BeganAt > began && s.LastSeenAt > seen
                           join a in accounts on s.AccountId equals a.Id
                           where a.ClosedAt == null
                           select new { a.Id, a.Mobile, s.LastSeenAt }).SingleOrDefaultAsync(ct);
        if (found is null)
            return null;
        var files = await db.FilesOf(found.Id, found.Mobile).Select(c => c.Id).ToListAsync(ct);
        if (files.Count == 0)
            return null;
        // No change that anybody reads about: it only keeps the session from falling asleep, at most once a minute.
        if (now - found.LastSeenAt >= CustomerSession.SeenStep)
            await sessions.Where(s => s.Id == sessionId && s.LastSeenAt < now).ExecuteUpdateAsync(s => s.SetProperty(x => x.LastSeenAt, now), ct);
        return new CustomerActor(found.Id, files.ToHashSet()) { From = from };
    }

    /// <summary>Signs one browser out. Ending what has ended is done already.</summary>
    public async Task EndAsync(Guid sessionId, CustomerActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var now = clock.GetUtcNow();
        if (await db.CustomerSessions.Where(s => s.Id == sessionId && s.AccountId == by.AccountId && s.EndedAt == null).ExecuteUpdateAsync(s => s.SetProperty(x => x.EndedAt, now), ct) > 0)
            await NoteAsync(db, work, "customer_account.signed_out", by, now, ct);
    }

    /// <summary>Signs all browsers of the customer out, this one too.</summary>
    public async Task EndAllAsync(CustomerActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var now = clock.GetUtcNow();
        await CustomerAccountService.EndAllAsync(db, by.AccountId, now, ct);
        await NoteAsync(db, work, "customer_account.signed_out_everywhere", by, now, ct);
    }

    private static async Task NoteAsync(CcdDbContext db, CcdDbContext.Work work, string action, CustomerActor by, DateTimeOffset now, CancellationToken ct)
    {
        var account = await db.CustomerAccounts.AsNoTracking().SingleAsync(a => a.Id == by.AccountId, ct);
        foreach (var file in by.CustomerIds)
        {
            db.Audit(by, now, action, CustomerAccountService.Subject(account, file));
            CustomerAccountService.Announce(db, file);
        }

        await db.SaveChangesAsync(ct);
        await work.CommitAsync(ct);
    }
}
