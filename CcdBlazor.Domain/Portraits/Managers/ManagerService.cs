using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using FluentValidation;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Managers;

/// <summary>Writes about account managers: profiles, and who must not look after whom.</summary>
public sealed class ManagerService
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly IValidator<ManagerDraft> validator;
    private readonly TimeProvider clock;

    internal ManagerService(IDbContextFactory<CcdDbContext> contexts, IValidator<ManagerDraft> validator, TimeProvider clock)
    {
        this.contexts = contexts;
        this.validator = validator;
        this.clock = clock;
    }

    /// <summary>Saves a whole profile. Refused for who is no account manager, and when somebody else saved since <paramref name="version"/> was read (0: no profile).</summary>
    public async Task<Result> SaveAsync(Guid managerId, ManagerDraft draft, uint version, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePortraits))
            return CommonRefusals.Forbidden;
        if (validator.Check(draft) is { } wrong)
            return wrong;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.AccountManagers().AnyAsync(s => s.Id == managerId, ct))
            return ManagerRefusals.NotAManager;
        var profile = await db.ManagerProfiles.SingleOrDefaultAsync(p => p.StaffId == managerId, ct);
        if ((profile?.Version ?? 0) != version)
            return CommonRefusals.ChangedMeanwhile;
        var before = profile is null ? null : Shown(profile);
        if (profile is null)
            db.Add(profile = new ManagerProfile { StaffId = managerId });
        profile.Edit(draft, now);
        db.Audit(by, now, "manager.profile_saved", new AuditSubject("staff", managerId), before, Shown(profile));
        db.Announce(PortraitTopics.Managers);
        try
        {
            return await db.TrySaveAsync(ct);
        }
        catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { ConstraintName: "pk_manager_profiles" })
        {
            return CommonRefusals.ChangedMeanwhile;
        }
    }

    /// <summary>Notes that a manager must not look after a visible customer. Assignments keep the two apart from then on; a present owner stays until somebody acts.</summary>
    public async Task<Result> AvoidAsync(Guid customerId, Guid managerId, string reason, Actor by, CancellationToken ct)
    {
        if (reason.Trim() is not { Length: > 0 and <= ManagerConflict.LongestReason } why)
            return ManagerRefusals.ConflictReason;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ManagePortraits))
            return CommonRefusals.Forbidden;
        if (!await db.AccountManagers().AnyAsync(s => s.Id == managerId, ct))
            return ManagerRefusals.NotAManager;
        db.Add(new ManagerConflict { CustomerId = customerId, ManagerId = managerId, Reason = why, At = now, ById = by.Id, ByName = by.DisplayName });
        db.Audit(by, now, "manager.conflict_noted", new AuditSubject("customer", customerId, customerId), after: new { ManagerId = managerId }, reason: why);
        db.Announce(PortraitTopics.Managers);
        db.Announce(PortraitTopics.One(customerId));
        return await db.TrySaveAsync(ct);
    }

    /// <summary>Takes a conflict back.</summary>
    public async Task<Result> AllowAsync(Guid customerId, Guid managerId, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ManagePortraits))
            return CommonRefusals.Forbidden;
        if (await db.ManagerConflicts.SingleOrDefaultAsync(c => c.CustomerId == customerId && c.ManagerId == managerId, ct) is not { } conflict)
            return CommonRefusals.NotFound;
        db.Remove(conflict);
        db.Audit(by, now, "manager.conflict_lifted", new AuditSubject("customer", customerId, customerId), before: new { conflict.ManagerId, conflict.Reason });
        db.Announce(PortraitTopics.Managers);
        db.Announce(PortraitTopics.One(customerId));
        return await db.TrySaveAsync(ct);
    }

    private static object Shown(ManagerProfile p) =>
        new { p.Capabilities, p.Hobbies, p.Languages, p.Regions, p.Level, p.Minimum, p.Maximum, p.NoAutomatic, p.AbsentFrom, p.AbsentTo, p.AbsenceReason };
}
