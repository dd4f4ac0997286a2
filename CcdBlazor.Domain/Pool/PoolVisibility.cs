using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Pool;

/// <summary>Who may look into which pool. Whoever may pick sees masked rows only; the file itself stays with <c>CustomerVisibility</c>.</summary>
internal static class PoolVisibility
{
    /// <summary>
    /// Needs <see cref="Permission.PickFromPool"/>, <see cref="Permission.ReassignCustomers"/> or <see cref="Permission.ManagePools"/>. The company's pool;
    /// those of one's own department and of those above it; those of departments that one leads; with <see cref="Permission.ManagePools"/> all.
    /// </summary>
    public static async Task<IQueryable<PublicPool>> PoolsForAsync(this CcdDbContext db, Actor by, CancellationToken ct)
    {
        var pools = db.PublicPools.Where(p => p.Active);
        if (by is SystemActor || by.May(Permission.ManagePools))
            return pools;
        if (by is not StaffActor staff || !(by.May(Permission.PickFromPool) || by.May(Permission.ReassignCustomers)))
            return pools.Where(p => false);
        var path = staff.DepartmentId is { } home ? await db.Departments.Where(d => d.Id == home).Select(d => d.Path).SingleOrDefaultAsync(ct) : null;
        Guid?[] reach = [.. (path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries).Select(step => (Guid?)Guid.Parse(step)), .. staff.LedDepartments.Select(id => (Guid?)id)];
        return pools.Where(p => p.DepartmentId == null || reach.Contains(p.DepartmentId));
    }
}
