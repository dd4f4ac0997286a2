using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>The tree of departments. Everything here needs <see cref="Permission.ManageStaff"/>.</summary>
public sealed class DepartmentService
{
    private static readonly DepartmentDraftValidator Validator = new();

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal DepartmentService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    public async Task<Result<Guid>> CreateAsync(DepartmentDraft draft, Actor by, CancellationToken ct)
    {
        var id = Guid.Empty;
        var done = await ChangeAsync(by, async db =>
        {
            if (Validator.Check(draft) is { } problem)
                return problem;
            var department = new Department { Name = draft.Name.Trim() };
            id = department.Id;
            var placed = await PlaceAsync(db, department, draft, [], ct);
            if (!placed.Ok)
                return placed;
            db.Add(department);
            db.Audit(by, clock.GetUtcNow(), StaffActions.DepartmentCreated, new AuditSubject("department", id), after: Facts(department));
            return Result.Done;
        }, ct);
        return done.Ok ? id : done.Refusal;
    }

    /// <summary>Changes name, leader and place in the tree; what lies below moves along. A department cannot go below itself.</summary>
    public Task<Result> EditAsync(Guid id, DepartmentDraft draft, uint version, Actor by, CancellationToken ct) =>
        ChangeAsync(by, async db =>
        {
            if (Validator.Check(draft) is { } problem)
                return problem;
            var departments = db.Departments;
            var department = await departments.SingleOrDefaultAsync(d => d.Id == id, ct);
            if (department is null)
                return CommonRefusals.NotFound;
            db.Entry(department).Property(d => d.Version).OriginalValue = version;
            var before = Facts(department);
            var below = await departments.Where(d => d.Id != id && d.Path.StartsWith(department.Path)).ToListAsync(ct);
            var placed = await PlaceAsync(db, department, draft, below, ct);
            if (!placed.Ok)
                return placed;
            department.Name = draft.Name.Trim();
            db.Audit(by, clock.GetUtcNow(), StaffActions.DepartmentEdited, new AuditSubject("department", id), before, Facts(department));
            return Result.Done;
        }, ct);

    /// <summary>Removes a department that has neither people nor departments below.</summary>
    public Task<Result> DeleteAsync(Guid id, Actor by, CancellationToken ct) =>
        ChangeAsync(by, async db =>
        {
            var department = await db.Departments.SingleOrDefaultAsync(d => d.Id == id, ct);
            if (department is null)
                return CommonRefusals.NotFound;
            if (await db.Departments.AnyAsync(d => d.ParentId == id, ct) || await db.StaffMembers.AnyAsync(s => s.DepartmentId == id, ct))
                return StaffRefusals.DepartmentInUse;
            db.Remove(department);
            db.Audit(by, clock.GetUtcNow(), StaffActions.DepartmentDeleted, new AuditSubject("department", id), before: Facts(department));
            return Result.Done;
        }, ct);

    private static async Task<Result> PlaceAsync(CcdDbContext db, Department department, DepartmentDraft draft, IReadOnlyCollection<Department> below, CancellationToken ct)
    {
        if (draft.LeaderId is { } leader && leader != department.LeaderId && !await db.StaffMembers.AnyAsync(s => s.Id == leader && !s.Disabled, ct))
            return StaffRefusals.LeaderUnknown;
        department.LeaderId = draft.LeaderId;
        if (department.Path.Length > 0 && draft.ParentId == department.ParentId)
            return Result.Done;
        Department? parent = null;
        if (draft.ParentId is { } parentId)
        {
            parent = await db.Departments.SingleOrDefaultAsync(d => d.Id == parentId, ct);
            if (parent is null)
                return StaffRefusals.DepartmentUnknown with { Field = nameof(DepartmentDraft.ParentId) };
        }

        return department.MoveUnder(parent, below);
    }

    /// <summary>Under the lock, because two moves at once could make a circle that neither of them sees.</summary>
    private async Task<Result> ChangeAsync(Actor by, Func<CcdDbContext, Task<Result>> change, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.LockAdministrationAsync(ct);
        var outcome = await change(db);
        if (!outcome.Ok)
            return outcome;
        db.Announce(StaffTopics.Departments);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    private static object Facts(Department department) => new { name = department.Name, parentId = department.ParentId, leaderId = department.LeaderId };
}
