using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>Roles as sets of permissions. Everything here needs <see cref="Permission.ManageStaff"/> and stays within <see cref="GrantLimit"/>; changes are in force at once.</summary>
public sealed class RoleService
{
    private static readonly RoleDraftValidator Validator = new();

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal RoleService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    public async Task<Result<Guid>> CreateAsync(RoleDraft draft, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        if (Validator.Check(draft) is { } problem)
            return problem;
        if (draft.Name.Trim() == ShippedRoles.Customer)
            return StaffRefusals.RoleNameReserved;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.WhyNotGrantAsync(draft.Permissions, by, ct) is { } beyond)
            return beyond;
        var role = new Role { Name = draft.Name.Trim() };
        role.Grant(draft.Permissions);
        db.Add(role);
        db.Audit(by, clock.GetUtcNow(), StaffActions.RoleCreated, new AuditSubject("role", role.Id), after: Facts(role));
        db.Announce(StaffTopics.Roles);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? role.Id : saved.Refusal;
    }

    /// <summary>Changes name and permissions. Shipped roles keep their name; the administrator keeps <see cref="Permission.ManageStaff"/>.</summary>
    public async Task<Result> EditAsync(Guid id, RoleDraft draft, uint version, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        if (Validator.Check(draft) is { } problem)
            return problem;
        if (draft.Name.Trim() == ShippedRoles.Customer)
            return StaffRefusals.RoleNameReserved;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var role = await db.Roles.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (role is null)
            return CommonRefusals.NotFound;
        if (role.BuiltIn && role.Name != draft.Name.Trim())
            return StaffRefusals.RoleIsShipped;
        // What the role holds already is no gift of this actor.
        if (await db.WhyNotGrantAsync(draft.Permissions.Except(role.Permissions), by, ct) is { } beyond)
            return beyond;
        db.Entry(role).Property(r => r.Version).OriginalValue = version;
        var before = Facts(role);
        role.Name = draft.Name.Trim();
        var granted = role.Grant(draft.Permissions);
        if (!granted.Ok)
            return granted;
        db.Audit(by, clock.GetUtcNow(), StaffActions.RoleEdited, new AuditSubject("role", id), before, Facts(role));
        db.Announce(StaffTopics.Roles);
        return await db.TrySaveAsync(ct);
    }

    /// <summary>Removes a role that nobody has. Shipped roles stay.</summary>
    public async Task<Result> DeleteAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.LockAdministrationAsync(ct);
        var role = await db.Roles.SingleOrDefaultAsync(r => r.Id == id, ct);
        if (role is null)
            return CommonRefusals.NotFound;
        if (role.BuiltIn)
            return StaffRefusals.RoleIsShipped;
        if (await db.StaffRoles.AnyAsync(r => r.RoleId == id, ct))
            return StaffRefusals.RoleInUse;
        db.Remove(role);
        db.Audit(by, clock.GetUtcNow(), StaffActions.RoleDeleted, new AuditSubject("role", id), before: Facts(role));
        db.Announce(StaffTopics.Roles);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    private static object Facts(Role role) => new { name = role.Name, permissions = role.PermissionNames };
}
