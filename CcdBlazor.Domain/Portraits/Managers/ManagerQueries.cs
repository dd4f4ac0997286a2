using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Managers;

/// <summary>Reads about account managers.</summary>
public sealed class ManagerQueries
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal ManagerQueries(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>All account managers by name, with their loads of now.</summary>
    public async Task<Result<ManagerBoard>> BoardAsync(Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var rows = await RowsAsync(db, clock.GetUtcNow(), ct);
        return new ManagerBoard(rows, Fairness.Gini(rows.Select(r => (double)r.Open)), Fairness.Gini(rows.Select(r => (double)r.OpenAmount)), by.May(Permission.ManagePortraits));
    }

    public async Task<Result<ManagerRow>> FindAsync(Guid managerId, Actor by, CancellationToken ct)
    {
        var board = await BoardAsync(by, ct);
        if (!board.Ok)
            return board.Refusal;
        return board.Value.Managers.FirstOrDefault(m => m.Id == managerId) is { } found ? found : CommonRefusals.NotFound;
    }

    /// <summary>Who must not look after a visible customer.</summary>
    public async Task<Result<IReadOnlyList<ConflictRow>>> ConflictsAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (!await db.Customers.VisibleTo(by).AnyAsync(c => c.Id == customerId, ct))
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ViewPortraits))
            return CommonRefusals.Forbidden;
        var (conflicts, staff) = (db.ManagerConflicts, db.StaffMembers);
        return await (from c in conflicts
                      where c.CustomerId == customerId
                      join s in staff on c.ManagerId equals s.Id
                      orderby s.Name
                      select new ConflictRow(c.CustomerId, c.ManagerId, s.Name, c.Reason, c.At, c.ByName)).ToListAsync(ct);
    }

    /// <summary>Who looks after a customer, for the customer himself; none while the owner is no account manager in use.</summary>
    public async Task<ManagerCard?> CardForAsync(Guid customerId, Actor customer, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (profiles, owners) = (db.ManagerProfiles, db.Customers.OpenTo(customer).Where(c => c.Id == customerId).Select(c => c.OwnerId));
        var found = await db.AccountManagers().AsNoTracking().Where(s => owners.Contains(s.Id))
            .Select(s => new { s.Name, s.Phone, Profile = profiles.FirstOrDefault(p => p.StaffId == s.Id) }).SingleOrDefaultAsync(ct);
        if (found is null)
            return null;
        var absent = found.Profile is { } p && ManagerProfile.AbsentOn(p.AbsentFrom, p.AbsentTo, ManagerProfile.DayOf(clock.GetUtcNow()));
        return new ManagerCard(found.Name, found.Phone, found.Profile?.Capabilities ?? [], found.Profile?.Languages ?? [], absent, absent ? found.Profile!.AbsentTo : null);
    }

    internal static async Task<IReadOnlyList<ManagerRow>> RowsAsync(CcdDbContext db, DateTimeOffset now, CancellationToken ct)
    {
        var today = ManagerProfile.DayOf(now);
        var departments = db.Departments;
        var people = await db.AccountManagers().AsNoTracking().OrderBy(s => s.Name).ThenBy(s => s.Id)
            .Select(s => new { s.Id, s.Name, Department = departments.Where(d => d.Id == s.DepartmentId).Select(d => d.Name).FirstOrDefault() }).ToListAsync(ct);
        Guid[] ids = [.. people.Select(p => p.Id)];
        var profiles = await db.ManagerProfiles.AsNoTracking().Where(p => ids.Contains(p.StaffId)).ToDictionaryAsync(p => p.StaffId, ct);
        var open = db.Customers.Where(c => c.DeletedAt == null && c.State != CustomerState.Approved && c.State != CustomerState.Rejected && c.OwnerId != null && ids.Contains(c.OwnerId.Value));
        var loads = await open.GroupBy(c => c.OwnerId!.Value).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var loans = db.CustomerLoans;
        var amounts = await (from c in open join l in loans on c.Id equals l.CustomerId group l.Amount by c.OwnerId!.Value into g select new { g.Key, Sum = g.Sum() }).ToDictionaryAsync(g => g.Key, g => g.Sum, ct);
        return
        [
            .. people.Select(p =>
            {
                var profile = profiles.GetValueOrDefault(p.Id) ?? new ManagerProfile { StaffId = p.Id };
                return new ManagerRow(
                    p.Id, p.Name, p.Department, profile.Capabilities, profile.Hobbies, profile.Languages, profile.Regions, profile.Level, profile.Minimum, profile.Maximum, profile.NoAutomatic,
                    profile.AbsentFrom, profile.AbsentTo, profile.AbsenceReason, loads.GetValueOrDefault(p.Id), amounts.GetValueOrDefault(p.Id),
                    ManagerProfile.AbsentOn(profile.AbsentFrom, profile.AbsentTo, today), profile.Version);
            }),
        ];
    }
}
