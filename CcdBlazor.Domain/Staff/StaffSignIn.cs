using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>What a session is made of; goes into the sign-in cookie.</summary>
/// <param name="SecurityStamp">The session lives as long as the account still has this value.</param>
public sealed record SessionTicket(Guid StaffId, string SecurityStamp, string Name, bool MustChangePassword);

/// <summary>How a sign-in went on.</summary>
public abstract record SignInOutcome
{
    public sealed record SignedIn(SessionTicket Ticket) : SignInOutcome;

    /// <summary>Name and password were right; the code of the app is asked for next (<see cref="StaffSignIn.FinishSignInAsync"/>).</summary>
    public sealed record TwoFactorNeeded(Guid StaffId, string SecurityStamp) : SignInOutcome;
}

/// <summary>What the page shows while two-factor is being set up.</summary>
/// <param name="Secret">Base 32, for typing by hand.</param>
/// <param name="Uri">The <c>otpauth:</c> address for the QR code.</param>
public sealed record TwoFactorSetup(string Secret, string Uri);

/// <summary>Two-factor is on.</summary>
/// <param name="RecoveryCodes">Shown once, never again.</param>
/// <param name="Ticket">All other sessions have ended; this one goes on with this ticket.</param>
public sealed record TwoFactorStarted(IReadOnlyList<string> RecoveryCodes, SessionTicket Ticket);

/// <summary>Signing in, and what people do with their own account.</summary>
public sealed class StaffSignIn
{
    private const string Issuer = "CcdBlazor";

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly StaffIdentity identity;
    private readonly TimeProvider clock;

    internal StaffSignIn(IDbContextFactory<CcdDbContext> contexts, StaffIdentity identity, TimeProvider clock)
    {
        this.contexts = contexts;
        this.identity = identity;
        this.clock = clock;
    }

    /// <summary>
    /// Signs in. Unknown name, wrong password and locked account give one and the same refusal (<see cref="StaffRefusals.SignInRefused"/>)
    /// after the same work. Five failures in a row lock for 15 minutes; wrong codes count too.
    /// </summary>
    /// <param name="code">Code of the authenticator app or a recovery code, when the caller has it already.</param>
    /// <param name="from">IP address, for the audit.</param>
    public async Task<Result<SignInOutcome>> SignInAsync(string userName, string password, string? code, string? from, CancellationToken ct)
    {
        var normalized = identity.Normalize(userName);
        StaffMember? known;
        await using (var db = await contexts.CreateDbContextAsync(ct))
            known = await db.StaffMembers.AsNoTracking().SingleOrDefaultAsync(s => s.NormalizedUserName == normalized, ct);
        // The slow hash is reckoned without a connection and before the lock, so guesses at one account cannot use up the pool.
        var fits = identity.PasswordFits(known, password);
        if (known is null)
        {
            // The name is not written down: people type their password into the wrong field.
            await using var db = await contexts.CreateDbContextAsync(ct);
            db.Audit(new SystemActor("sign-in") { From = from }, clock.GetUtcNow(), StaffActions.SignInFailed, new AuditSubject("staff", null), reason: SignInFailures.UnknownName);
            await db.SaveChangesAsync(ct);
            return StaffRefusals.SignInRefused;
        }

        return await LockedAsync<SignInOutcome>(known.Id, async (users, member, db) =>
        {
            if (member.IsLocked(clock.GetUtcNow()))
                return Failed(db, member, from, SignInFailures.Locked, StaffRefusals.SignInRefused);
            // Another request changed the password while this one was being checked: the check says nothing.
            if (!fits || member.PasswordHash != known.PasswordHash)
                return await FailAsync(users, db, member, from, SignInFailures.WrongPassword, StaffRefusals.SignInRefused);
            if (member.Disabled)
                return Failed(db, member, from, SignInFailures.Disabled, StaffRefusals.AccountDisabled);
            if (!member.TwoFactorEnabled)
                return await SignedInAsync(users, db, member, from);
            return string.IsNullOrWhiteSpace(code)
                ? new SignInOutcome.TwoFactorNeeded(member.Id, member.SecurityStamp)
                : await SecondFactorAsync(users, db, member, code, from);
        }, ct);
    }

    /// <summary>The second step, after <see cref="SignInOutcome.TwoFactorNeeded"/>; the caller vouches that the first was done a short while ago.</summary>
    public Task<Result<SignInOutcome>> FinishSignInAsync(Guid staffId, string securityStamp, string code, string? from, CancellationToken ct) =>
        LockedAsync<SignInOutcome>(staffId, async (users, member, db) =>
        {
            if (member.SecurityStamp != securityStamp || member.IsLocked(clock.GetUtcNow()))
                return Failed(db, member, from, SignInFailures.LockedOrChanged, StaffRefusals.SignInRefused);
            if (member.Disabled)
                return Failed(db, member, from, SignInFailures.Disabled, StaffRefusals.AccountDisabled);
            return await SecondFactorAsync(users, db, member, code, from);
        }, ct);

    /// <summary>Changes one's own password; every other session ends. Wrong guesses at the current one count towards the lockout.</summary>
    public Task<Result<SessionTicket>> ChangePasswordAsync(string current, string next, StaffActor by, CancellationToken ct) =>
        WithPasswordAsync(current, by, async (users, member, db) =>
        {
            if (current == next)
                return StaffRefusals.PasswordNotNew;
            if (next.Length > PasswordRules.Longest)
                return StaffRefusals.PasswordTooLong;
            if (StaffUsers.Problem(await users.ChangePasswordAsync(member, current, next)) is { } problem)
                return problem;
            member.MustChangePassword = false;
            await db.RevokePasswordLinksAsync(member.Id, clock.GetUtcNow(), ct);
            Written(db, member, by, StaffActions.PasswordChanged);
            return Ticket(member);
        }, ct);

    /// <summary>Makes a new secret for the authenticator app. In force only after <see cref="ConfirmTwoFactorAsync"/>.</summary>
    public Task<Result<TwoFactorSetup>> StartTwoFactorAsync(StaffActor by, CancellationToken ct) =>
        LockedAsync<TwoFactorSetup>(by.StaffId, async (users, member, _) =>
        {
            if (member.TwoFactorEnabled)
                return StaffRefusals.TwoFactorAlreadyOn;
            var secret = users.GenerateNewAuthenticatorKey();
            await users.SetAuthenticatorKeyAsync(member, secret);
            member.LastTotpStep = null;
            return new TwoFactorSetup(secret, Totp.Uri(secret, member.UserName, Issuer));
        }, ct);

    /// <summary>The setup that was started and not confirmed yet, to show the same QR code again.</summary>
    public async Task<TwoFactorSetup?> PendingTwoFactorAsync(StaffActor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var member = await db.StaffMembers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == by.StaffId, ct);
        if (member is null or { TwoFactorEnabled: true } or { TotpSecret: null })
            return null;
        using var users = identity.Over(db);
        var secret = (await users.GetAuthenticatorKeyAsync(member))!;
        return new TwoFactorSetup(secret, Totp.Uri(secret, member.UserName, Issuer));
    }

    /// <summary>Turns two-factor on once a first code was right; every other session ends.</summary>
    public Task<Result<TwoFactorStarted>> ConfirmTwoFactorAsync(string code, StaffActor by, CancellationToken ct) =>
        LockedAsync<TwoFactorStarted>(by.StaffId, async (users, member, db) =>
        {
            if (member.TwoFactorEnabled)
                return StaffRefusals.TwoFactorAlreadyOn;
            if (member.TotpSecret is null)
                return StaffRefusals.TwoFactorNotStarted;
            member.RecoveryCodes = [];
            if (!await users.AcceptsSecondFactorAsync(member, code))
                return StaffRefusals.CodeRefused;
            await users.SetTwoFactorEnabledAsync(member, true);
            var codes = await users.GenerateNewTwoFactorRecoveryCodesAsync(member, StaffUsers.RecoveryCodeCount);
            Written(db, member, by, StaffActions.TwoFactorEnabled);
            return new TwoFactorStarted([.. codes!], Ticket(member));
        }, ct);

    /// <summary>Turns two-factor off; asks for the password again; every other session ends.</summary>
    public Task<Result<SessionTicket>> DisableTwoFactorAsync(string password, StaffActor by, CancellationToken ct) =>
        WithPasswordAsync(password, by, async (users, member, db) =>
        {
            await users.SetTwoFactorEnabledAsync(member, false);
            member.TotpSecret = null;
            member.LastTotpStep = null;
            member.RecoveryCodes = [];
            Written(db, member, by, StaffActions.TwoFactorDisabled);
            return Ticket(member);
        }, ct);

    /// <summary>Ends every session of oneself, this one included.</summary>
    public async Task<Result> SignOutEverywhereAsync(StaffActor by, CancellationToken ct) =>
        (await LockedAsync<bool>(by.StaffId, async (users, member, db) =>
        {
            await users.UpdateSecurityStampAsync(member);
            Written(db, member, by, StaffActions.SignedOutEverywhere);
            return true;
        }, ct)).WithoutValue();

    /// <summary>Loads one account with its row locked, so that failures are counted one after the other however many arrive at once.</summary>
    private async Task<Result<T>> LockedAsync<T>(Guid staffId, Func<StaffUsers, StaffMember, CcdDbContext, Task<Result<T>>> act, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from staff where id = {staffId} for update", ct);
        var member = await db.StaffMembers.SingleOrDefaultAsync(s => s.Id == staffId, ct);
        if (member is null)
            return CommonRefusals.NotFound;
        using var users = identity.Over(db);
        var outcome = await act(users, member, db);
        // Also after a refusal: the failure that was counted and its audit row must stay.
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return outcome;
    }

    private Task<Result<SessionTicket>> WithPasswordAsync(string password, StaffActor by, Func<StaffUsers, StaffMember, CcdDbContext, Task<Result<SessionTicket>>> act, CancellationToken ct) =>
        LockedAsync<SessionTicket>(by.StaffId, async (users, member, db) =>
        {
            if (member.IsLocked(clock.GetUtcNow()))
                return StaffRefusals.Locked;
            if (identity.PasswordFits(member, password))
                return await act(users, member, db);
            await CountFailureAsync(users, db, member, by.From, SignInFailures.WrongCurrentPassword);
            return StaffRefusals.WrongPassword;
        }, ct);

    private async Task<Result<SignInOutcome>> SecondFactorAsync(StaffUsers users, CcdDbContext db, StaffMember member, string code, string? from) =>
        await users.AcceptsSecondFactorAsync(member, code)
            ? await SignedInAsync(users, db, member, from)
            : await FailAsync(users, db, member, from, SignInFailures.WrongCode, StaffRefusals.CodeRefused);

    private async Task<Result<SignInOutcome>> SignedInAsync(StaffUsers users, CcdDbContext db, StaffMember member, string? from)
    {
        await users.ResetAccessFailedCountAsync(member);
        member.LockoutEnd = null;
        member.LastSignInAt = clock.GetUtcNow();
        db.Audit(member.AsAuthor(from), clock.GetUtcNow(), StaffActions.SignedIn, new AuditSubject("staff", member.Id));
        return new SignInOutcome.SignedIn(Ticket(member));
    }

    private async Task<Result<SignInOutcome>> FailAsync(StaffUsers users, CcdDbContext db, StaffMember member, string? from, string reason, Refusal refusal)
    {
        await CountFailureAsync(users, db, member, from, reason);
        return refusal;
    }

    private Result<SignInOutcome> Failed(CcdDbContext db, StaffMember member, string? from, string reason, Refusal refusal)
    {
        db.Audit(new SystemActor("sign-in") { From = from }, clock.GetUtcNow(), StaffActions.SignInFailed, new AuditSubject("staff", member.Id), reason: reason);
        return refusal;
    }

    private async Task CountFailureAsync(StaffUsers users, CcdDbContext db, StaffMember member, string? from, string reason)
    {
        await users.AccessFailedAsync(member);
        var by = new SystemActor("sign-in") { From = from };
        db.Audit(by, clock.GetUtcNow(), StaffActions.SignInFailed, new AuditSubject("staff", member.Id), reason: reason);
        if (member.IsLocked(clock.GetUtcNow()))
            db.Audit(by, clock.GetUtcNow(), StaffActions.LockedOut, new AuditSubject("staff", member.Id), after: new { until = member.LockoutEnd });
    }

    private void Written(CcdDbContext db, StaffMember member, Actor by, string action)
    {
        db.Audit(by, clock.GetUtcNow(), action, new AuditSubject("staff", member.Id));
        db.AnnounceStaff(member.Id);
    }

    private static SessionTicket Ticket(StaffMember member) => new(member.Id, member.SecurityStamp, member.Name, member.MustChangePassword);
}
