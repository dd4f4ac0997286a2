using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Staff;

/// <summary>Who works here, and what each may do now. Reads only.</summary>
public sealed class StaffDirectory : IDisposable
{
    private const int SearchLength = 50;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TimeProvider clock;
    private readonly SessionCache cache;

    internal StaffDirectory(IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed, TimeProvider clock)
    {
        this.contexts = contexts;
        this.clock = clock;
        cache = new SessionCache(feed, clock);
    }

    /// <summary>
    /// The actor of a session with the permissions of now, or none when the account is disabled or the session was ended.
    /// Kept in memory for a short while; a change of the account, its roles or departments empties the memory at once, on every node.
    /// </summary>
    /// <param name="securityStamp">The session's copy; null asks only whether the account is enabled.</param>
    /// <param name="from">IP address that the actor carries into the audit.</param>
    public async Task<StaffActor?> FindActorAsync(Guid staffId, string? securityStamp, string? from, CancellationToken ct)
    {
        var session = await FindSessionAsync(staffId, securityStamp, ct);
        return session is null ? null : session.Actor with { From = from };
    }

    /// <summary>Like <see cref="FindActorAsync"/>, with what the session has to do first.</summary>
    public async Task<StaffSession?> FindSessionAsync(Guid staffId, string? securityStamp, CancellationToken ct)
    {
        var session = await cache.GetAsync(staffId, async () => (await SessionsNowAsync([staffId], CancellationToken.None)).GetValueOrDefault(staffId), ct);
        return session is null || (securityStamp is not null && session.SecurityStamp != securityStamp) ? null : session;
    }

    /// <summary>Who of these may work now, straight from the database. For cutting open pages, where a cached answer would be the wrong one.</summary>
    public async Task<IReadOnlyDictionary<Guid, StaffSession>> SessionsNowAsync(IReadOnlyCollection<Guid> staffIds, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (staffRoles, roles, departments) = (db.StaffRoles, db.Roles, db.Departments);
        var people = await db.StaffMembers.AsNoTracking().Where(s => staffIds.Contains(s.Id) && !s.Disabled).ToListAsync(ct);
        var granted = (await (from held in staffRoles join role in roles on held.RoleId equals role.Id where staffIds.Contains(held.StaffId) select new { held.StaffId, role.PermissionNames })
            .AsNoTracking().ToListAsync(ct)).ToLookup(g => g.StaffId, g => g.PermissionNames);
        var led = (await (from top in departments
                          from below in departments
                          where top.LeaderId != null && staffIds.Contains(top.LeaderId.Value) && below.Path.StartsWith(top.Path)
                          select new { Leader = top.LeaderId!.Value, below.Id }).ToListAsync(ct)).ToLookup(l => l.Leader, l => l.Id);
        return people.ToDictionary(s => s.Id, s => new StaffSession(
            new StaffActor(s.Id, s.Name, s.DepartmentId, Role.Parse(granted[s.Id].SelectMany(names => names)), led[s.Id].ToHashSet()),
            s.UserName, s.SecurityStamp, s.MustChangePassword, s.TwoFactorEnabled));
    }

    /// <summary>The actor by sign-in name; for seeds and scripts.</summary>
    public async Task<StaffActor?> FindActorByUserNameAsync(string userName, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var id = await db.StaffMembers.Where(s => s.UserName == userName).Select(s => s.Id).SingleOrDefaultAsync(ct);
        return id == default ? null : await FindActorAsync(id, null, null, ct);
    }

    /// <summary>Names for showing who did something; disabled accounts included. Unknown ids are left out.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> NamesAsync(IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
            return new Dictionary<Guid, string>();
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await db.StaffMembers.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
    }

    /// <summary>Enabled colleagues for a picker, by name.</summary>
    /// <param name="having">Only people whose roles hold this permission.</param>
    public async Task<IReadOnlyList<StaffPick>> PickAsync(string? search, Permission? having, int take, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (staffRoles, roles, departments) = (db.StaffRoles, db.Roles, db.Departments);
        var people = db.StaffMembers.Where(s => !s.Disabled);
        if (Pattern(search) is { } pattern)
            people = people.Where(s => EF.Functions.ILike(s.Name, pattern, @"\") || EF.Functions.ILike(s.UserName, pattern, @"\"));
        if (having?.ToString() is { } permission)
            people = people.Where(s => staffRoles.Any(held => held.StaffId == s.Id && roles.Any(r => r.Id == held.RoleId && r.PermissionNames.Contains(permission))));
        return await people.OrderBy(s => s.Name).ThenBy(s => s.Id).Take(Math.Clamp(take, 1, 200))
            .Select(s => new StaffPick(s.Id, s.Name, departments.Where(d => d.Id == s.DepartmentId).Select(d => d.Name).FirstOrDefault())).ToListAsync(ct);
    }

    /// <summary>A page of accounts for the administrator, by name.</summary>
    public async Task<Result<Page<StaffRow>>> ListAsync(StaffFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var (staffRoles, roles, departments) = (db.StaffRoles, db.Roles, db.Departments);
        var now = clock.GetUtcNow();
        var people = db.StaffMembers.AsNoTracking();
        if (Pattern(filter.Search) is { } pattern)
            people = people.Where(s => EF.Functions.ILike(s.Name, pattern, @"\") || EF.Functions.ILike(s.UserName, pattern, @"\") || (s.Phone != null && EF.Functions.ILike(s.Phone, pattern, @"\")));
        if (filter.DepartmentId?.ToString("N") is { } node)
            people = people.Where(s => departments.Any(d => d.Id == s.DepartmentId && d.Path.Contains(node)));
        if (filter.RoleId is { } roleId)
            people = people.Where(s => staffRoles.Any(r => r.StaffId == s.Id && r.RoleId == roleId));
        people = filter.State switch
        {
            StaffState.Active => people.Where(s => !s.Disabled && !(s.LockoutEnd > now)),
            StaffState.Locked => people.Where(s => !s.Disabled && s.LockoutEnd > now),
            StaffState.Disabled => people.Where(s => s.Disabled),
            _ => people,
        };
        var total = await people.CountAsync(ct);
        var rows = await people.OrderBy(s => s.Disabled).ThenBy(s => s.Name).ThenBy(s => s.Id).Skip(page.Skip).Take(page.Size).ToListAsync(ct);
        Guid[] ids = [.. rows.Select(s => s.Id)];
        Guid[] departmentIds = [.. rows.Select(s => s.DepartmentId).OfType<Guid>().Distinct()];
        var names = await departments.Where(d => departmentIds.Contains(d.Id)).ToDictionaryAsync(d => d.Id, d => d.Name, ct);
        var held = (await (from h in staffRoles join r in roles on h.RoleId equals r.Id where ids.Contains(h.StaffId) orderby r.Name select new { h.StaffId, r.Name }).ToListAsync(ct))
            .ToLookup(h => h.StaffId, h => h.Name);
        return new Page<StaffRow>(
            [.. rows.Select(s => new StaffRow(s.Id, s.UserName, s.Name, s.Phone, s.DepartmentId is { } d ? names.GetValueOrDefault(d) : null, [.. held[s.Id]],
                State(s, now), s.TwoFactorEnabled, s.MustChangePassword, s.LastSignInAt))],
            total, TotalIsFloor: false, page);
    }

    public async Task<Result<StaffDetail>> DetailAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ManageStaff))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var s = await db.StaffMembers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, ct);
        if (s is null)
            return CommonRefusals.NotFound;
        var roleIds = await db.StaffRoles.Where(r => r.StaffId == id).Select(r => r.RoleId).ToListAsync(ct);
        return new StaffDetail(s.Id, s.UserName, s.Name, s.Phone, s.Email, s.DepartmentId, roleIds, State(s, clock.GetUtcNow()), s.LockoutEnd,
            s.TwoFactorEnabled, s.MustChangePassword, s.LastSignInAt, s.CreatedAt, s.Version);
    }

    /// <summary>All roles, the shipped ones first. Open to every member of staff: names of roles are no secret.</summary>
    public async Task<IReadOnlyList<RoleRow>> RolesAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var people = await db.StaffRoles.GroupBy(r => r.RoleId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var roles = await db.Roles.AsNoTracking().OrderByDescending(r => r.BuiltIn).ThenBy(r => r.Id).ToListAsync(ct);
        return [.. roles.Select(r => new RoleRow(r.Id, r.Name, r.BuiltIn, r.IsAdministrator, r.Permissions, people.GetValueOrDefault(r.Id), r.Version))];
    }

    /// <summary>All departments in the order of the tree: each followed by what is below it, siblings by name.</summary>
    public async Task<IReadOnlyList<DepartmentRow>> DepartmentsAsync(CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var staff = db.StaffMembers;
        var people = await staff.Where(s => s.DepartmentId != null && !s.Disabled).GroupBy(s => s.DepartmentId!.Value).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var all = await db.Departments.AsNoTracking()
            .Select(d => new { Department = d, Leader = staff.Where(s => s.Id == d.LeaderId).Select(s => s.Name).FirstOrDefault() }).ToListAsync(ct);
        var children = all.ToLookup(d => d.Department.ParentId);
        var ordered = new List<DepartmentRow>(all.Count);
        void Add(Guid? parentId, int level)
        {
            foreach (var child in children[parentId].OrderBy(c => c.Department.Name, StringComparer.CurrentCulture))
            {
                var d = child.Department;
                ordered.Add(new DepartmentRow(d.Id, d.Name, d.ParentId, level, d.LeaderId, child.Leader, people.GetValueOrDefault(d.Id), d.Version));
                Add(d.Id, level + 1);
            }
        }

        Add(null, 1);
        return ordered;
    }

    public void Dispose() => cache.Dispose();

    private static StaffState State(StaffMember s, DateTimeOffset now) => s.Disabled ? StaffState.Disabled : s.IsLocked(now) ? StaffState.Locked : StaffState.Active;

    /// <summary>A pattern that finds the text anywhere; what the user typed never acts as a wildcard (given with its escape character: without one the provider switches escaping off).</summary>
    private static string? Pattern(string? search)
    {
        if (string.IsNullOrWhiteSpace(search))
            return null;
        var text = search.Trim();
        text = text.Length > SearchLength ? text[..SearchLength] : text;
        return $"%{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";
    }
}
