using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>An account that was just made.</summary>
public sealed record NewStaff(Guid Id, PasswordHandover Password)
{
    /// <summary>Shown once to the administrator; must be changed at the first sign-in. None when a mail is on its way.</summary>
    public string? InitialPassword => Password.OneTime;
}

/// <summary>How somebody gets into an account whose password nobody knows yet.</summary>
/// <param name="OneTime">For the administrator to hand over, shown once; must be changed at the next sign-in. None when a mail is on its way.</param>
/// <param name="MailedTo">The address to which a link goes that sets the password.</param>
/// <param name="WhyNotMailed">Chinese: why there is no mail although the account has an address.</param>
public sealed record PasswordHandover(string? OneTime, string? MailedTo, string? WhyNotMailed = null);

/// <summary>Administration of accounts. Everything here needs <see cref="Permission.ManageStaff"/> and stays within <see cref="GrantLimit"/>.</summary>
public sealed class StaffAccounts
{
    private static readonly StaffDraftValidator Validator = new();

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly StaffIdentity identity;
    private readonly AccountMails? mails;
    private readonly TimeProvider clock;

    internal StaffAccounts(IDbContextFactory<CcdDbContext> contexts, StaffIdentity identity, AccountMails? mails, TimeProvider clock)
    {
        this.contexts = contexts;
        this.identity = identity;
        this.mails = mails;
        this.clock = clock;
    }

    /// <summary>
    /// Makes an account with a random first password. When it has an e-mail address, a link to set an own one is mailed with the same commit and nobody is
    /// shown the random one; without an address, or where no mail can go out, the administrator hands it over.
    /// </summary>
    public async Task<Result<NewStaff>> CreateAsync(StaffDraft draft, Actor by, CancellationToken ct)
    {
        var password = StaffUsers.RandomPassword();
        var handover = new PasswordHandover(password, null);
        var made = await CreateWithPasswordAsync(draft, password, mustChange: true, by, ct, async (member, db) =>
            handover = await HandOverAsync(db, member, ShippedTemplates.AccountNew, password, by, ct));
        return made.Ok ? new NewStaff(made.Value, handover) : made.Refusal;
    }

    /// <summary>Changes name, sign-in name, contact and department. Roles have their own step (<see cref="SetRolesAsync"/>).</summary>
    /// <param name="version">What the editor saw; another save in between refuses with <see cref="CommonRefusals.ChangedMeanwhile"/>.</param>
    public Task<Result> EditAsync(Guid id, StaffDraft draft, uint version, Actor by, CancellationToken ct)
    {
        draft = draft.Tidied();
        return ChangeAsync(id, by, async (users, member, db) =>
        {
            if (Validator.Check(draft) is { } problem)
                return problem;
            db.Entry(member).Property(s => s.Version).OriginalValue = version;
            var before = Facts(member);
            member.Name = draft.Name;
            member.Phone = draft.Phone;
            if (!string.Equals(member.Email, draft.Email, StringComparison.OrdinalIgnoreCase))
            {
                // Who receives the mails of an account can set its password.
                if (await db.WhyNotTakeOverAsync(id, by, ct) is { } beyond)
                    return beyond;
                await db.RevokePasswordLinksAsync(id, clock.GetUtcNow(), ct);
            }

            member.Email = draft.Email;
            member.DepartmentId = draft.DepartmentId;
            if (member.UserName != draft.UserName)
                await users.SetUserNameAsync(member, draft.UserName);
            db.Audit(by, clock.GetUtcNow(), StaffActions.Edited, new AuditSubject("staff", id), before, Facts(member));
            return Result.Done;
        }, ct);
    }

    /// <summary>Closes an account: open pages are cut, signing in is refused. Not oneself, and not the last administrator.</summary>
    public Task<Result> DisableAsync(Guid id, string? reason, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, async (users, member, db) =>
        {
            if (id == by.Id)
                return StaffRefusals.NotOneself;
            if (member.Disabled)
                return Result.Done;
            member.Disabled = true;
            await db.RevokePasswordLinksAsync(id, clock.GetUtcNow(), ct);
            await users.UpdateSecurityStampAsync(member);
            db.Audit(by, clock.GetUtcNow(), StaffActions.Disabled, new AuditSubject("staff", id), reason: reason);
            return Result.Done;
        }, ct);

    public Task<Result> EnableAsync(Guid id, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, (_, member, db) =>
        {
            if (!member.Disabled)
                return Task.FromResult(Result.Done);
            member.Disabled = false;
            member.LockoutEnd = null;
            member.AccessFailedCount = 0;
            db.Audit(by, clock.GetUtcNow(), StaffActions.Enabled, new AuditSubject("staff", id));
            return Task.FromResult(Result.Done);
        }, ct);

    /// <summary>
    /// Ends the password and all sessions, and lifts a lockout. A link to set a new one is mailed with the same commit; without an address, or where no mail
    /// can go out, a random password is returned once and must be changed at the next sign-in.
    /// </summary>
    /// <param name="byHand">The mail did not arrive: the administrator hands a password over although there is an address.</param>
    public async Task<Result<PasswordHandover>> ResetPasswordAsync(Guid id, Actor by, CancellationToken ct, bool byHand = false)
    {
        var password = StaffUsers.RandomPassword();
        var handover = new PasswordHandover(password, null);
        var done = await ChangeAsync(id, by, async (users, member, db) =>
        {
            if (await db.WhyNotTakeOverAsync(id, by, ct) is { } beyond)
                return beyond;
            await users.RemovePasswordAsync(member);
            await users.AddPasswordAsync(member, password);
            member.MustChangePassword = true;
            member.LockoutEnd = null;
            member.AccessFailedCount = 0;
            db.Audit(by, clock.GetUtcNow(), StaffActions.PasswordReset, new AuditSubject("staff", id));
            await db.RevokePasswordLinksAsync(id, clock.GetUtcNow(), ct);
            if (!byHand)
                handover = await HandOverAsync(db, member, ShippedTemplates.AccountReset, password, by, ct);
            return Result.Done;
        }, ct);
        return done.Ok ? handover : done.Refusal;
    }

    /// <summary>For somebody who lost phone and recovery codes: sign-in by password alone until two-factor is set up again. Ends all sessions.</summary>
    public Task<Result> RemoveTwoFactorAsync(Guid id, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, async (users, member, db) =>
        {
            if (await db.WhyNotTakeOverAsync(id, by, ct) is { } beyond)
                return beyond;
            await users.SetTwoFactorEnabledAsync(member, false);
            member.TotpSecret = null;
            member.LastTotpStep = null;
            member.RecoveryCodes = [];
            db.Audit(by, clock.GetUtcNow(), StaffActions.TwoFactorRemoved, new AuditSubject("staff", id));
            return Result.Done;
        }, ct);

    /// <summary>Replaces the set of roles. In force at once; open pages are cut when a role is taken away.</summary>
    public Task<Result> SetRolesAsync(Guid id, IReadOnlyCollection<Guid> roleIds, Actor by, CancellationToken ct) =>
        ChangeAsync(id, by, async (_, _, db) =>
        {
            var (staffRoles, roles) = (db.StaffRoles, db.Roles);
            var wanted = await roles.Where(r => roleIds.Contains(r.Id)).ToDictionaryAsync(r => r.Id, ct);
            if (roleIds.Any(roleId => !wanted.ContainsKey(roleId)))
                return StaffRefusals.RoleUnknown;
            var had = await (from held in staffRoles join role in roles on held.RoleId equals role.Id where held.StaffId == id select new { Held = held, role.Name }).ToListAsync(ct);
            var added = wanted.Values.Where(role => !had.Exists(h => h.Held.RoleId == role.Id)).ToList();
            if (await db.WhyNotGrantAsync(added.SelectMany(role => role.Permissions), by, ct) is { } beyond)
                return beyond;
            db.RemoveRange(had.Where(h => !wanted.ContainsKey(h.Held.RoleId)).Select(h => h.Held));
            db.AddRange(added.Select(role => new StaffRole { StaffId = id, RoleId = role.Id }));
            db.Audit(by, clock.GetUtcNow(), StaffActions.RolesSet, new AuditSubject("staff", id),
                new { roles = had.Select(h => h.Name).Order(StringComparer.Ordinal) }, new { roles = wanted.Values.Select(r => r.Name).Order(StringComparer.Ordinal) });
            return Result.Done;
        }, ct);

    /// <summary>Makes an account with a given password; for the first administrator and for demo data.</summary>
    internal async Task<Result<Guid>> CreateWithPasswordAsync(
        StaffDraft draft, string password, bool mustChange, Actor by, CancellationToken ct, Func<StaffMember, CcdDbContext, Task>? then = null)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        draft = draft.Tidied();
        if (Validator.Check(draft) is { } problem)
            return problem;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.LockAdministrationAsync(ct);
        var roleIds = draft.RoleIds.Distinct().ToArray();
        var granted = await db.Roles.Where(r => roleIds.Contains(r.Id)).ToListAsync(ct);
        if (granted.Count != roleIds.Length)
            return StaffRefusals.RoleUnknown;
        if (await db.WhyNotGrantAsync(granted.SelectMany(role => role.Permissions), by, ct) is { } beyond)
            return beyond;
        var member = new StaffMember
        {
            UserName = draft.UserName,
            Name = draft.Name,
            Phone = draft.Phone,
            Email = draft.Email,
            DepartmentId = draft.DepartmentId,
            MustChangePassword = mustChange,
            CreatedAt = clock.GetUtcNow(),
        };
        using var users = identity.Over(db);
        if (StaffUsers.Problem(await users.CreateAsync(member, password)) is { } refused)
            return refused;
        db.AddRange(roleIds.Select(roleId => new StaffRole { StaffId = member.Id, RoleId = roleId }));
        db.Audit(by, clock.GetUtcNow(), StaffActions.Created, new AuditSubject("staff", member.Id), after: new { staff = Facts(member), roles = granted.Select(r => r.Name).Order(StringComparer.Ordinal) });
        if (then is not null)
            await then(member, db);
        db.AnnounceStaff(member.Id);
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return member.Id;
    }

    /// <summary>Mails a link within the caller's transaction, or says why the password has to be handed over.</summary>
    private async Task<PasswordHandover> HandOverAsync(CcdDbContext db, StaffMember member, string template, string password, Actor by, CancellationToken ct)
    {
        if (member.Email is null || mails is null)
            return new PasswordHandover(password, null);
        if (!await mails.CanMailAsync(ct))
            return new PasswordHandover(password, null, "没有可用的邮件账号或对外网址，邮件发不出去。");
        var written = await mails.WriteAsync(db, member, template, by, ct);
        return written.Ok ? new PasswordHandover(null, member.Email) : new PasswordHandover(password, null, $"邮件没有发出：{written.Refusal.Text}");
    }

    /// <summary>
    /// Loads, changes, saves and commits under the administration lock; refuses afterwards, by rolling back, what would leave the house
    /// without an administrator. Asking after the change needs no rule per method about who counts.
    /// </summary>
    private async Task<Result> ChangeAsync(Guid id, Actor by, Func<StaffUsers, StaffMember, CcdDbContext, Task<Result>> change, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.LockAdministrationAsync(ct);
        var member = await db.StaffMembers.SingleOrDefaultAsync(s => s.Id == id, ct);
        if (member is null)
            return CommonRefusals.NotFound;
        var hadAdministrator = await db.HasAdministratorAsync(ct);
        using var users = identity.Over(db);
        var outcome = await change(users, member, db);
        if (!outcome.Ok)
            return outcome;
        db.AnnounceStaff(id);
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved;
        if (hadAdministrator && !await db.HasAdministratorAsync(ct))
            return StaffRefusals.LastAdministrator;
        await work.CommitAsync(ct);
        return Result.Done;
    }

    private static object Facts(StaffMember member) => new
    {
        userName = member.UserName,
        name = member.Name,
        phone = member.Phone is { Length: > 4 } phone ? $"…{phone[^4..]}" : member.Phone,
        email = member.Email is null ? null : "…" + member.Email[member.Email.IndexOf('@', StringComparison.Ordinal)..],
        departmentId = member.DepartmentId,
    };
}

internal static class AdministratorCheck
{
    /// <summary>Whether somebody who can sign in has the administrator role.</summary>
    public static Task<bool> HasAdministratorAsync(this CcdDbContext db, CancellationToken ct)
    {
        var (staff, staffRoles, roles) = (db.StaffMembers, db.StaffRoles, db.Roles);
        return (from held in staffRoles
                join role in roles on held.RoleId equals role.Id
                join member in staff on held.StaffId equals member.Id
                where role.BuiltIn && role.Name == ShippedRoles.Administrator && !member.Disabled
                select held).AnyAsync(ct);
    }
}
