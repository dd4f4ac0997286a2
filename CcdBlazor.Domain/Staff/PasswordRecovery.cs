using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>What the page of a link shows.</summary>
public sealed record PasswordLinkView(string UserName, string Name, DateTimeOffset ExpiresAt);

/// <summary>Setting a password without knowing the old one: through a link that came by mail.</summary>
public sealed class PasswordRecovery
{
    /// <summary>Between two mails that somebody who is not signed in has sent to one account.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(2);

    /// <summary>Mails to one account within a day that such people can cause.</summary>
    public const int MostADay = 5;

    /// <summary>One address may belong to several accounts; more than these is no person.</summary>
    private const int MostAccounts = 3;

    private static readonly SystemActor Recovery = new("password-recovery");

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly StaffIdentity identity;
    private readonly AccountMails? mails;
    private readonly TimeProvider clock;

    internal PasswordRecovery(IDbContextFactory<CcdDbContext> contexts, StaffIdentity identity, AccountMails? mails, TimeProvider clock) =>
        (this.contexts, this.identity, this.mails, this.clock) = (contexts, identity, mails, clock);

    /// <summary>
    /// Somebody forgot the password. Sends a link when there is an active account of this sign-in name or e-mail address, and says nothing about it: the
    /// answer is the same for everybody. What is set stays in force until the link is used.
    /// </summary>
    /// <param name="from">IP address, for the audit.</param>
    public async Task AskAsync(string nameOrEmail, string? from, CancellationToken ct)
    {
        var text = nameOrEmail.Trim();
        if (mails is null || text.Length is 0 or > 200 || !await mails.CanMailAsync(ct))
            return;
        var normalized = identity.Normalize(text);
        var lower = text.ToLowerInvariant();
        List<Guid> found;
        await using (var db = await contexts.CreateDbContextAsync(ct))
            found = await db.StaffMembers.AsNoTracking()
                .Where(s => !s.Disabled && s.Email != null && (s.NormalizedUserName == normalized || s.Email.ToLower() == lower))
                .OrderBy(s => s.Id).Select(s => s.Id).Take(MostAccounts).ToListAsync(ct);
        foreach (var id in found)
            await SendAsync(id, from, ct);
    }

    /// <summary>What a link is for; opens nothing. Unknown and guessed tokens get one neutral refusal.</summary>
    public async Task<Result<PasswordLinkView>> FindAsync(string token, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var found = await FindAsync(db, token, ct);
        return found.Ok ? new PasswordLinkView(found.Value.Member.UserName, found.Value.Member.Name, found.Value.Link.ExpiresAt) : found.Refusal;
    }

    /// <summary>
    /// Sets the password and uses the link up. Ends all sessions and a lockout; two-factor stays as it is. Signs nobody in. Refusals: the link, and what
    /// the rules say about the password (then the link stays open).
    /// </summary>
    public async Task<Result> SetAsync(string token, string password, string? from, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var before = await FindAsync(db, token, ct);
        if (!before.Ok)
            return before.Refusal;
        // Two tabs with one link: the second waits here and then finds it used.
        await db.Database.ExecuteSqlAsync($"select 1 from staff where id = {before.Value.Member.Id} for update", ct);
        db.ChangeTracker.Clear();
        var found = await FindAsync(db, token, ct);
        if (!found.Ok)
            return found.Refusal;
        var (link, member) = found.Value;
        // Before hashing: longer input only keeps the server busy.
        if (password.Length > PasswordRules.Longest)
            return StaffRefusals.PasswordTooLong;
        if (PasswordRules.Check(password, member.UserName) is { Count: > 0 } problems)
            return problems[0] with { Others = [.. problems.Skip(1)] };
        var now = clock.GetUtcNow();
        using var users = identity.Over(db);
        await users.RemovePasswordAsync(member);
        if (StaffUsers.Problem(await users.AddPasswordAsync(member, password)) is { } problem)
            return problem;
        await users.UpdateSecurityStampAsync(member);
        member.MustChangePassword = false;
        member.LockoutEnd = null;
        member.AccessFailedCount = 0;
        link.Use(now);
        await db.RevokePasswordLinksAsync(member.Id, now, ct);
        db.Audit(member.AsAuthor(from), now, StaffActions.PasswordSetByLink, new AuditSubject("staff", member.Id));
        db.AnnounceStaff(member.Id);
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved;
        await work.CommitAsync(ct);
        return Result.Done;
    }

    private async Task SendAsync(Guid staffId, string? from, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // Many requests at once take turns here, so that the pause holds between them.
        await db.Database.ExecuteSqlAsync($"select 1 from staff where id = {staffId} for update", ct);
        var member = await db.StaffMembers.SingleAsync(s => s.Id == staffId, ct);
        var now = clock.GetUtcNow();
        var dayAgo = now.AddDays(-1);
        var sent = await db.PasswordLinks.Where(l => l.StaffId == staffId && l.CreatedAt > dayAgo).Select(l => l.CreatedAt).ToListAsync(ct);
        if (member.Disabled || sent.Count >= MostADay || sent.Exists(at => now - at < Pause))
            return;
        var by = Recovery with { From = from };
        if ((await mails!.WriteAsync(db, member, ShippedTemplates.AccountReset, by, ct)).Ok && (await db.TrySaveAsync(ct)).Ok)
            await work.CommitAsync(ct);
    }

    private async Task<Result<(PasswordLink Link, StaffMember Member)>> FindAsync(CcdDbContext db, string token, CancellationToken ct)
    {
        if (token.Length is < 20 or > 100)
            return StaffRefusals.PasswordLinkUnknown;
        var hash = PasswordLink.HashOf(token);
        if (await db.PasswordLinks.SingleOrDefaultAsync(l => l.TokenHash == hash, ct) is not { } link)
            return StaffRefusals.PasswordLinkUnknown;
        if (link.WhyClosed(clock.GetUtcNow()) is { } closed)
            return closed;
        var member = await db.StaffMembers.SingleAsync(s => s.Id == link.StaffId, ct);
        return member.Disabled ? StaffRefusals.PasswordLinkOver : (link, member);
    }
}
