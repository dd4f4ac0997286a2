using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>
/// Nobody hands out what he does not hold himself: managing accounts must not be a way to every other permission. Who has the shipped
/// administrator role may grant everything, else a permission that was taken from all roles could never come back.
/// </summary>
internal static class GrantLimit
{
    /// <summary>A refusal naming what the actor would hand out beyond the own permissions, or null.</summary>
    public static async Task<Refusal?> WhyNotGrantAsync(this CcdDbContext db, IEnumerable<Permission> granted, Actor by, CancellationToken ct)
    {
        var beyond = await db.BeyondAsync(granted, by, ct);
        return beyond.Count == 0 ? null : StaffRefusals.GrantsMoreThanHeld(beyond);
    }

    /// <summary>A refusal when the account may do what the actor may not: a password that he knows would make it his.</summary>
    public static async Task<Refusal?> WhyNotTakeOverAsync(this CcdDbContext db, Guid staffId, Actor by, CancellationToken ct)
    {
        var (staffRoles, roles) = (db.StaffRoles, db.Roles);
        var held = await (from has in staffRoles join role in roles on has.RoleId equals role.Id where has.StaffId == staffId select role).ToListAsync(ct);
        var beyond = await db.BeyondAsync(held.SelectMany(r => r.Permissions), by, ct);
        return beyond.Count == 0 ? null : StaffRefusals.AccountHoldsMore(beyond);
    }

    private static async Task<IReadOnlyList<Permission>> BeyondAsync(this CcdDbContext db, IEnumerable<Permission> permissions, Actor by, CancellationToken ct)
    {
        Permission[] beyond = [.. permissions.Distinct().Where(p => !by.May(p)).Order()];
        if (beyond.Length == 0)
            return beyond;
        var me = by.Id;
        var (staffRoles, roles) = (db.StaffRoles, db.Roles);
        var isAdministrator = await (from has in staffRoles
                                     join role in roles on has.RoleId equals role.Id
                                     where has.StaffId == me && role.BuiltIn && role.Name == ShippedRoles.Administrator
                                     select has).AnyAsync(ct);
        return isAdministrator ? [] : beyond;
    }
}
