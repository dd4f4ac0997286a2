using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>What applying or undoing did.</summary>
public sealed record AssignmentOutcome(int Changed, int Skipped);

/// <summary>Writes of assignments: dry runs, approval, undoing, and single customers by hand.</summary>
public sealed class AssignmentService
{
    private const int LongestReason = 500;
    private const int PerStatement = 1_000;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;

    internal AssignmentService(IDbContextFactory<CcdDbContext> contexts, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
    }

    /// <summary>
    /// Asks for a dry run over the customers and managers of the departments that the asker leads, or of the whole company for who sees all. Refused while
    /// another run waits or computes. Nothing is changed by it.
    /// </summary>
    /// <param name="onlyOrphans">Only customers whose owner is no account manager.</param>
    public async Task<Result<Guid>> StartAsync(bool onlyOrphans, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePortraits) && !by.May(Permission.AssignManagers))
            return CommonRefusals.Forbidden;
        Guid[]? departments = by.May(Permission.ViewAllCustomers) ? null : by is StaffActor { LedDepartments: { Count: > 0 } led } ? [.. led.Order()] : [];
        if (departments is { Length: 0 })
            return AssignmentRefusals.NoReach;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var run = AssignmentRun.Request(departments, onlyOrphans, by, now);
        db.Add(run);
        db.Audit(by, now, "assignment.started", new AuditSubject("assignment", run.Id), after: new { WholeCompany = departments is null, OnlyOrphans = onlyOrphans });
        AssignmentWork.Announce(db, run.Id);
        var saved = await db.TrySaveAsync(ct);
        return saved.Ok ? run.Id : saved.Refusal;
    }

    /// <summary>
    /// Approves a run and carries out its changes: all, or the chosen customers. Each is looked at again: the customer must still be open and with the owner whom
    /// the run saw, the manager must still take part, have room and be under no conflict; what does not fit any more is skipped with its reason.
    /// </summary>
    /// <param name="customerIds">None: all changes that are not carried out yet.</param>
    public async Task<Result<AssignmentOutcome>> ApplyAsync(Guid runId, IReadOnlyCollection<Guid>? customerIds, string? note, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.AssignManagers))
            return CommonRefusals.Forbidden;
        if (by is not StaffActor)
            return AssignmentRefusals.NeedsPerson;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from assignment_runs where id = {runId} for update", ct);
        if (await db.AssignmentRuns.SingleOrDefaultAsync(r => r.Id == runId, ct) is not { } run)
            return CommonRefusals.NotFound;
        if (run.Approve(by, Cut(note), now) is { Ok: false } no)
            return no.Refusal;
        var visible = db.Customers.VisibleTo(by);
        var rows = await db.AssignmentRows.Where(r => r.RunId == runId && r.Kind == PlanKind.Moved && r.Outcome == RowOutcome.Open
            && (customerIds == null || customerIds.Contains(r.CustomerId)) && visible.Any(c => c.Id == r.CustomerId)).OrderBy(r => r.CustomerId).ToListAsync(ct);
        if (rows.Count == 0)
            return AssignmentRefusals.NothingToApply;
        var accepted = await AssignmentRecheck.AcceptedAsync(db, rows, now, ct);
        var departments = await db.DepartmentsOfAsync(accepted.Select(r => r.ToManagerId!.Value), ct);
        var changed = new HashSet<Guid>();
        foreach (var part in accepted.Chunk(PerStatement))
            changed.UnionWith(await CustomerOwnership.MoveManyAsync(
                db, [.. part.Select(r => new OwnerMove(r.CustomerId, r.FromOwnerId, r.ToManagerId, null, departments.GetValueOrDefault(r.ToManagerId!.Value)))],
                OwnerChangeCause.AutoAssigned, by, now, run.Note, runId, skipLocked: false, ct));
        foreach (var row in accepted)
            (row.Outcome, row.Why) = changed.Contains(row.CustomerId) ? (RowOutcome.Applied, null) : (RowOutcome.Skipped, AssignmentRecheck.OwnerChanged);
        db.Audit(by, now, "assignment.approved", new AuditSubject("assignment", runId), after: new { Changed = changed.Count, Skipped = rows.Count - changed.Count }, reason: Cut(note));
        return await EndAsync(db, work, runId, new AssignmentOutcome(changed.Count, rows.Count - changed.Count), ct);
    }

    /// <summary>Gives up a run that nobody approved.</summary>
    public async Task<Result> DiscardAsync(Guid runId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManagePortraits) && !by.May(Permission.AssignManagers))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.AssignmentRuns.SingleOrDefaultAsync(r => r.Id == runId, ct) is not { } run)
            return CommonRefusals.NotFound;
        if (run.Discard(by, now) is { Ok: false } no)
            return no;
        db.Audit(by, now, "assignment.discarded", new AuditSubject("assignment", runId));
        AssignmentWork.Announce(db, runId);
        return await db.TrySaveAsync(ct);
    }

    /// <summary>
    /// Gives back what a run changed, where nobody changed the owner since and the former one's account is still in use. The rest stays, each with its reason.
    /// </summary>
    public async Task<Result<AssignmentOutcome>> UndoAsync(Guid runId, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.AssignManagers))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from assignment_runs where id = {runId} for update", ct);
        if (await db.AssignmentRuns.SingleOrDefaultAsync(r => r.Id == runId, ct) is not { } run)
            return CommonRefusals.NotFound;
        if (run.Undo(by, now) is { Ok: false } no)
            return no.Refusal;
        var visible = db.Customers.VisibleTo(by);
        var rows = await db.AssignmentRows.Where(r => r.RunId == runId && r.Outcome == RowOutcome.Applied && visible.Any(c => c.Id == r.CustomerId)).OrderBy(r => r.CustomerId).ToListAsync(ct);
        var ids = rows.Select(r => r.CustomerId).ToArray();
        // Locked first: nobody hands one over between the look and the change.
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({ids}) order by id for update", ct);
        var changes = db.CustomerOwnerChanges;
        var untouched = (await changes.Where(h => ids.Contains(h.CustomerId) && h.PartOf == runId && !changes.Any(later => later.CustomerId == h.CustomerId && later.Id > h.Id))
            .Select(h => h.CustomerId).ToListAsync(ct)).ToHashSet();
        var formers = rows.Select(r => r.FromOwnerId).Distinct().ToArray();
        var inUse = (await db.StaffMembers.Where(s => formers.Contains(s.Id) && !s.Disabled).Select(s => s.Id).ToListAsync(ct)).ToHashSet();
        var departments = await db.DepartmentsOfAsync(inUse, ct);
        var undone = new HashSet<Guid>();
        foreach (var part in rows.Where(r => untouched.Contains(r.CustomerId) && inUse.Contains(r.FromOwnerId)).Chunk(PerStatement))
            undone.UnionWith(await CustomerOwnership.MoveManyAsync(
                db, [.. part.Select(r => new OwnerMove(r.CustomerId, r.ToManagerId, r.FromOwnerId, null, departments.GetValueOrDefault(r.FromOwnerId)))],
                OwnerChangeCause.Undone, by, now, null, runId, skipLocked: false, ct));
        foreach (var row in rows)
        {
            if (undone.Contains(row.CustomerId))
                row.Outcome = RowOutcome.Undone;
            else
                row.Why = untouched.Contains(row.CustomerId) && !inUse.Contains(row.FromOwnerId) ? "原负责人的账号已停用，没有撤销" : "执行之后负责人又有变化，没有撤销";
        }

        db.Audit(by, now, "assignment.undone", new AuditSubject("assignment", runId), after: new { Undone = undone.Count, Left = rows.Count - undone.Count });
        return await EndAsync(db, work, runId, new AssignmentOutcome(undone.Count, rows.Count - undone.Count), ct);
    }

    /// <summary>
    /// Hands one visible customer to a manager. Refused for pairs with a conflict of interest, for a manager who is absent, and beyond the maximum unless
    /// <paramref name="evenIfFull"/> says that the asker knows.
    /// </summary>
    public async Task<Result> AssignByHandAsync(Guid customerId, Guid managerId, string? reason, bool evenIfFull, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = {customerId} for update", ct);
        if (await db.Customers.AsNoTracking().VisibleTo(by).Where(c => c.Id == customerId).Select(c => new { c.OwnerId, c.PoolId }).SingleOrDefaultAsync(ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (!by.May(Permission.AssignManagers))
            return CommonRefusals.Forbidden;
        if (customer.OwnerId == managerId)
            return AssignmentRefusals.AlreadyHis;
        if ((await ManagerQueries.RowsAsync(db, now, ct)).FirstOrDefault(m => m.Id == managerId) is not { } manager)
            return ManagerRefusals.NotAManager;
        if (await db.ManagerConflicts.Where(c => c.CustomerId == customerId && c.ManagerId == managerId).Select(c => c.Reason).SingleOrDefaultAsync(ct) is { } conflict)
            return ManagerRefusals.Conflicted(conflict);
        if (manager.AbsentNow)
            return ManagerRefusals.Absent(manager.Name);
        if (manager.Open >= manager.Maximum && !evenIfFull)
            return ManagerRefusals.Full(manager.Name, manager.Open, manager.Maximum);
        var departments = await db.DepartmentsOfAsync([managerId], ct);
        var changed = await CustomerOwnership.MoveManyAsync(
            db, [new OwnerMove(customerId, customer.OwnerId, managerId, null, departments.GetValueOrDefault(managerId))],
            customer.PoolId is null ? OwnerChangeCause.Assigned : OwnerChangeCause.AssignedFromPool, by, now, Cut(reason), null, skipLocked: false, ct);
        if (changed.Count == 0)
            return CommonRefusals.ChangedMeanwhile;
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    private static async Task<Result<AssignmentOutcome>> EndAsync(CcdDbContext db, CcdDbContext.Work work, Guid runId, AssignmentOutcome outcome, CancellationToken ct)
    {
        AssignmentWork.Announce(db, runId);
        db.Announce(PortraitTopics.Managers);
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return outcome;
    }

    private static string? Cut(string? text) => text?.Trim() is not { Length: > 0 } tidy ? null : tidy.Length > LongestReason ? tidy[..LongestReason] : tidy;
}

internal static class StaffDepartments
{
    /// <summary>The departments of some colleagues.</summary>
    public static Task<Dictionary<Guid, Guid?>> DepartmentsOfAsync(this CcdDbContext db, IEnumerable<Guid> staff, CancellationToken ct)
    {
        var ids = staff.Distinct().ToArray();
        return db.StaffMembers.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.DepartmentId, ct);
    }

    /// <summary>Who is in one of the departments.</summary>
    public static async Task<HashSet<Guid>> StaffInAsync(this CcdDbContext db, Guid[] departments, CancellationToken ct) =>
        (await db.StaffMembers.Where(s => s.DepartmentId != null && departments.Contains(s.DepartmentId.Value)).Select(s => s.Id).ToListAsync(ct)).ToHashSet();
}
