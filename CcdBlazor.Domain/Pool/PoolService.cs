using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Pool;

/// <summary>Into a pool, out of it, from one to another. The release by rule is <see cref="PoolRelease"/>; giving to a colleague is <c>CustomerService.AssignAsync</c>.</summary>
public sealed class PoolService
{
    private const int MostAtOnce = 100;

    /// <summary>For so long a customer that was picked answers "somebody was quicker" instead of "not there".</summary>
    private static readonly TimeSpan JustTaken = TimeSpan.FromMinutes(10);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider time;

    internal PoolService(IDbContextFactory<CcdDbContext> contexts, TimeProvider time)
    {
        this.contexts = contexts;
        this.time = time;
    }

    /// <summary>
    /// Puts visible customers into the pool of their department (or a given one), with a reason. The owner may, and who may reassign. All or none. Refuses files
    /// in review and approved ones. The leader of the owner's department is told, and the owner when it was somebody else.
    /// </summary>
    public async Task<Result<int>> ReleaseAsync(IReadOnlyCollection<Guid> ids, Guid? poolId, string reason, Actor by, CancellationToken ct)
    {
        if (Wrong(reason, ids) is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var customers = await LockVisibleAsync(db, ids, by, ct);
        if (customers.Count == 0)
            return CommonRefusals.NotFound;
        if (customers.Exists(c => c.OwnerId != by.Id && !by.May(Permission.ReassignCustomers)))
            return CommonRefusals.Forbidden;
        if (customers.Exists(c => c.PoolId is not null))
            return CustomerRefusals.InThisPool;
        var pools = await (await db.PoolsForAsync(new SystemActor("pool"), ct)).AsNoTracking().ToDictionaryAsync(p => p.Id, ct);
        if (poolId is { } chosen && !await (await db.PoolsForAsync(by, ct)).AnyAsync(p => p.Id == chosen, ct))
            return PoolRefusals.TargetUnknown;
        var targets = poolId is null ? await TargetsAsync(db, customers.Select(c => c.DepartmentId), ct) : [];
        var owners = new HashSet<Guid?>();
        foreach (var customer in customers)
        {
            if (pools.GetValueOrDefault(poolId ?? targets.GetValueOrDefault(customer.DepartmentId ?? Guid.Empty)) is not { } pool)
                return PoolRefusals.NoPool;
            owners.Add(customer.OwnerId);
            if (Move(db, customer, pool, OwnerChangeCause.Released, reason, by, now) is { Ok: false } no)
                return no.Refusal;
        }

        var leaders = await db.StaffMembers.Where(s => owners.Contains(s.Id)).Join(db.Departments, s => s.DepartmentId, d => d.Id, (_, d) => d.LeaderId).ToListAsync(ct);
        var text = $"{by.DisplayName}：{reason.Trim()}";
        return await SavedAsync(db, work, customers.Count, await PoolNotices.TellAsync(
            db, [.. owners, .. leaders], by.Id, $"{string.Join("、", customers.Take(3).Select(c => c.Name))}{(customers.Count > 3 ? $" 等 {customers.Count} 位客户" : "")} 已放入公海",
            text.Length > 200 ? text[..200] : text, "/pool", now, ct), ct);
    }

    /// <summary>From one pool to another; for who may reassign and sees the customers, or keeps the pools.</summary>
    public async Task<Result<int>> MoveAsync(IReadOnlyCollection<Guid> ids, Guid toPoolId, string reason, Actor by, CancellationToken ct)
    {
        if (Wrong(reason, ids) is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var reach = await db.PoolsForAsync(by, ct);
        var wanted = ids.Distinct().ToArray();
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({wanted}) order by id for update", ct);
        var customers = await db.Customers.Include(c => c.Loans).Where(c => c.DeletedAt == null && wanted.Contains(c.Id) && reach.Any(p => p.Id == c.PoolId)).ToListAsync(ct);
        if (customers.Count == 0)
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ReassignCustomers) && !by.May(Permission.ManagePools))
            return CommonRefusals.Forbidden;
        if (await reach.AsNoTracking().SingleOrDefaultAsync(p => p.Id == toPoolId, ct) is not { } pool)
            return PoolRefusals.TargetUnknown;
        foreach (var customer in customers)
            if (Move(db, customer, pool, OwnerChangeCause.MovedBetweenPools, reason, by, now) is { Ok: false } no)
                return no.Refusal;
        return await SavedAsync(db, work, customers.Count, [], ct);
    }

    /// <summary>Gives customers out of a pool to a colleague, without limits; for who may reassign and looks into the pool, or keeps the pools. The new owner is told.</summary>
    public async Task<Result<int>> AssignAsync(IReadOnlyCollection<Guid> ids, Guid ownerId, Actor by, CancellationToken ct)
    {
        if (ids.Count > MostAtOnce)
            return PoolRefusals.TooManyAtOnce;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var reach = await db.PoolsForAsync(by, ct);
        var wanted = ids.Distinct().ToArray();
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({wanted}) order by id for update", ct);
        var customers = await db.Customers.Include(c => c.Loans).Where(c => c.DeletedAt == null && wanted.Contains(c.Id) && reach.Any(p => p.Id == c.PoolId)).ToListAsync(ct);
        if (customers.Count == 0)
            return CommonRefusals.NotFound;
        if (!by.May(Permission.ReassignCustomers) && !by.May(Permission.ManagePools))
            return CommonRefusals.Forbidden;
        if (await db.StaffMembers.Where(s => s.Id == ownerId && !s.Disabled).Select(s => new { s.DepartmentId }).SingleOrDefaultAsync(ct) is not { } owner)
            return CustomerRefusals.OwnerUnknown;
        foreach (var customer in customers)
        {
            var before = OwnerBefore.Of(customer);
            customer.AssignTo(ownerId, owner.DepartmentId, now);
            db.RecordOwner(customer, before, OwnerChangeCause.AssignedFromPool, by, now);
            db.Audit(by, now, "customer.assigned", new AuditSubject("customer", customer.Id, customer.Id), new { before.PoolId }, new { customer.OwnerId });
            Announce(db, customer.Id);
        }

        return await SavedAsync(db, work, customers.Count, await PoolNotices.TellAsync(
            db, [ownerId], by.Id, $"{customers.Count} 位公海客户已指定给您", $"{by.DisplayName} 指定您负责：{string.Join("、", customers.Take(3).Select(c => c.Name))}", "/customers", now, ct), ct);
    }

    /// <summary>
    /// Takes customers out of a pool, for oneself: as many of them as the limits allow, in the given order. For one customer a refusal is the answer itself. Rows are
    /// locked, so of two who pick the same one, one wins and the other is told (<see cref="PoolRefusals.AlreadyTaken"/>); picks of one person queue, so no limit is passed.
    /// </summary>
    public async Task<Result<PickOutcome>> PickAsync(IReadOnlyList<Guid> ids, Actor by, CancellationToken ct)
    {
        if (by is not StaffActor staff || !by.May(Permission.PickFromPool))
            return CommonRefusals.Forbidden;
        if (ids.Count > MostAtOnce)
            return PoolRefusals.TooManyAtOnce;
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('pool-pick:' || {staff.StaffId}::text, 0))", ct);
        var wanted = ids.Distinct().ToArray();
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({wanted}) order by id for update", ct);
        var reach = await (await db.PoolsForAsync(by, ct)).AsNoTracking().ToDictionaryAsync(p => p.Id, ct);
        var customers = await db.Customers.Include(c => c.Loans).Where(c => c.DeletedAt == null && wanted.Contains(c.Id) && c.PoolId != null).ToDictionaryAsync(c => c.Id, ct);
        var since = now - JustTaken;
        var taken = (await db.CustomerOwnerChanges.Where(h => wanted.Contains(h.CustomerId) && h.Cause == OwnerChangeCause.Picked && h.At >= since)
            .Select(h => new { h.CustomerId, h.FromPoolId }).ToListAsync(ct)).Where(h => reach.ContainsKey(h.FromPoolId!.Value)).Select(h => h.CustomerId).ToHashSet();
        var mine = await PickLimits.ReadAsync(db, staff.StaffId, wanted, now, ct);
        var (picked, refused) = (new List<Guid>(), new List<(Guid, Refusal)>());
        foreach (var id in wanted)
        {
            var customer = customers.GetValueOrDefault(id);
            var pool = customer is null ? null : reach.GetValueOrDefault(customer.PoolId!.Value);
            var no = customer is null && taken.Contains(id) ? PoolRefusals.AlreadyTaken : pool is null ? CommonRefusals.NotFound : mine.Refuse(customer!, pool, now);
            if (no is not null)
            {
                refused.Add((id, no));
                continue;
            }

            var before = OwnerBefore.Of(customer!);
            customer!.AssignTo(staff.StaffId, staff.DepartmentId, now);
            db.RecordOwner(customer, before, OwnerChangeCause.Picked, by, now);
            db.Audit(by, now, "customer.picked", new AuditSubject("customer", id, id), new { before.PoolId }, new { customer.OwnerId });
            Announce(db, id);
            mine.Count(pool!);
            picked.Add(id);
        }

        if (picked.Count == 0 && refused is [var (_, only)])
            return only;
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return new PickOutcome(picked, refused);
    }

    /// <summary>Notes that somebody opens a detail; the same customer twice a day counts once. Refuses beyond the pool's limit, and what is in no pool of theirs.</summary>
    internal static async Task<Result<int?>> ViewAsync(CcdDbContext db, Customer customer, PublicPool pool, StaffActor by, DateTimeOffset now, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('pool-view:' || {by.StaffId}::text, 0))", ct);
        var day = CustomerNumbers.DayOf(now);
        var seen = await db.PoolViews.Where(v => v.StaffId == by.StaffId && v.Day == day && v.PoolId == pool.Id).Select(v => v.CustomerId).ToListAsync(ct);
        if (seen.Contains(customer.Id))
            return pool.ViewsPerDay - seen.Count;
        if (pool.ViewsPerDay is { } most && seen.Count >= most)
            return PoolRefusals.ViewLimit(most);
        await db.Database.ExecuteSqlAsync(
            $"insert into pool_views (staff_id, day, customer_id, pool_id) values ({by.StaffId}, {day}, {customer.Id}, {pool.Id}) on conflict do nothing", ct);
        db.Audit(by, now, "customer.pool_viewed", new AuditSubject("customer", customer.Id, customer.Id));
        await db.SaveChangesAsync(ct);
        return pool.ViewsPerDay - seen.Count - 1;
    }

    private static Refusal? Wrong(string reason, IReadOnlyCollection<Guid> ids) =>
        string.IsNullOrWhiteSpace(reason) ? PoolRefusals.ReasonMissing
        : reason.Trim().Length > CustomerWorkflow.LongestReason ? PoolRefusals.ReasonTooLong
        : ids.Count > MostAtOnce ? PoolRefusals.TooManyAtOnce : null;

    private static async Task<List<Customer>> LockVisibleAsync(CcdDbContext db, IReadOnlyCollection<Guid> ids, Actor by, CancellationToken ct)
    {
        var wanted = ids.Distinct().ToArray();
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = any({wanted}) order by id for update", ct);
        return await db.Customers.Include(c => c.Loans).VisibleTo(by).Where(c => c.DeletedAt == null && wanted.Contains(c.Id)).ToListAsync(ct);
    }

    private static Result Move(CcdDbContext db, Customer customer, PublicPool pool, OwnerChangeCause cause, string reason, Actor by, DateTimeOffset now)
    {
        var before = OwnerBefore.Of(customer);
        var moved = customer.ReleaseTo(pool.Id, pool.DepartmentId, now);
        if (!moved.Ok)
            return moved;
        db.RecordOwner(customer, before, cause, by, now, reason.Trim());
        db.Audit(by, now, cause.Action(), new AuditSubject("customer", customer.Id, customer.Id), new { before.OwnerId, before.PoolId }, new { customer.PoolId, Pool = pool.Name }, reason.Trim());
        Announce(db, customer.Id);
        return Result.Done;
    }

    /// <summary>The pool that the rules of a department release to; key <see cref="Guid.Empty"/> for customers without department.</summary>
    private static async Task<Dictionary<Guid, Guid>> TargetsAsync(CcdDbContext db, IEnumerable<Guid?> departments, CancellationToken ct)
    {
        var wanted = departments.Select(d => d ?? Guid.Empty).Distinct().ToArray();
        var pools = await db.PublicPools.AsNoTracking().Where(p => p.Active).ToListAsync(ct);
        var paths = await db.Departments.AsNoTracking().ToDictionaryAsync(d => d.Id, d => d.Path, ct);
        var found = new Dictionary<Guid, Guid>();
        foreach (var department in wanted)
        {
            var path = paths.GetValueOrDefault(department, "");
            var nearest = pools.Where(p => p.DepartmentId is not { } at || path.StartsWith(paths[at], StringComparison.Ordinal))
                .MaxBy(p => p.DepartmentId is { } at ? paths[at].Length : 0);
            if (nearest is not null)
                found[department] = pools.Exists(p => p.Id == nearest.TargetPoolId) ? nearest.TargetPoolId!.Value : nearest.Id;
        }

        return found;
    }

    private static async Task<Result<int>> SavedAsync(CcdDbContext db, CcdDbContext.Work work, int count, IReadOnlyList<Guid> told, CancellationToken ct)
    {
        foreach (var one in told)
            db.Announce(MessageTopics.Bell(one));
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return count;
    }

    private static void Announce(CcdDbContext db, Guid id)
    {
        db.Announce(CustomerTopics.One(id), "assigned");
        db.Announce(CustomerTopics.Owner(id), "assigned");
        db.Announce(CustomerTopics.All, "assigned");
        db.Announce(CustomerTopics.Dashboard);
        db.Announce(PoolTopics.All);
    }
}

/// <summary>How much one person may still pick, read under that person's lock and counted on while picking.</summary>
internal sealed class PickLimits
{
    private readonly Dictionary<Guid, int> pickedToday;
    private readonly Dictionary<Guid, DateTimeOffset> hadUntil;
    private int held;

    private PickLimits(Dictionary<Guid, int> pickedToday, Dictionary<Guid, DateTimeOffset> hadUntil, int held)
    {
        this.pickedToday = pickedToday;
        this.hadUntil = hadUntil;
        this.held = held;
    }

    public static async Task<PickLimits> ReadAsync(CcdDbContext db, Guid staff, Guid[] customers, DateTimeOffset now, CancellationToken ct)
    {
        var start = CustomerNumbers.StartOf(CustomerNumbers.DayOf(now));
        var picked = await db.CustomerOwnerChanges.Where(h => h.ToOwnerId == staff && h.At >= start && h.Cause == OwnerChangeCause.Picked && h.FromPoolId != null)
            .GroupBy(h => h.FromPoolId!.Value).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var had = await db.CustomerOwnerChanges.Where(h => h.FromOwnerId == staff && customers.Contains(h.CustomerId))
            .GroupBy(h => h.CustomerId).Select(g => new { g.Key, At = g.Max(h => h.At) }).ToDictionaryAsync(g => g.Key, g => g.At, ct);
        var held = await db.Customers.CountAsync(
            c => c.OwnerId == staff && c.DeletedAt == null && (c.State == CustomerState.Collecting || c.State == CustomerState.Complete || c.State == CustomerState.InReview), ct);
        return new PickLimits(picked, had, held);
    }

    /// <summary>Until when the person may not pick this customer.</summary>
    public DateTimeOffset? CoolsUntil(Guid customer, PublicPool pool, DateTimeOffset now) =>
        pool.CoolDownDays > 0 && hadUntil.TryGetValue(customer, out var at) && at + TimeSpan.FromDays(pool.CoolDownDays) is var until && now < until ? until : null;

    public static DateTimeOffset? ProtectedUntil(DateTimeOffset pooledAt, PublicPool pool, DateTimeOffset now) =>
        pool.ProtectionDays > 0 && pooledAt + TimeSpan.FromDays(pool.ProtectionDays) is var until && now < until ? until : null;

    public int? PicksLeft(PublicPool pool) => pool.PicksPerDay is { } most ? Math.Max(0, most - pickedToday.GetValueOrDefault(pool.Id)) : null;

    public int? HeldLeft(PublicPool pool) => pool.MostHeld is { } most ? Math.Max(0, most - held) : null;

    public Refusal? Refuse(Customer customer, PublicPool pool, DateTimeOffset now) =>
        CoolsUntil(customer.Id, pool, now) is { } cool ? PoolRefusals.CoolDown(cool)
        : ProtectedUntil(customer.OwnerSince, pool, now) is { } safe ? PoolRefusals.Protected(safe)
        : PicksLeft(pool) == 0 ? PoolRefusals.DailyLimit(pool.PicksPerDay!.Value)
        : HeldLeft(pool) == 0 ? PoolRefusals.Capacity(pool.MostHeld!.Value) : null;

    public void Count(PublicPool pool)
    {
        pickedToday[pool.Id] = pickedToday.GetValueOrDefault(pool.Id) + 1;
        held++;
    }
}
