using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>For reads of other features that mean "this department and everything below it".</summary>
internal static class DepartmentSubtree
{
    /// <summary>The department itself and all below it; only itself when it does not exist (any more).</summary>
    public static async Task<Guid[]> WithBelowAsync(this CcdDbContext db, Guid departmentId, CancellationToken ct)
    {
        var step = $"/{departmentId:N}/";
        var found = await db.Departments.AsNoTracking().Where(d => d.Path.Contains(step)).Select(d => d.Id).ToArrayAsync(ct);
        return found.Length == 0 ? [departmentId] : found;
    }
}
