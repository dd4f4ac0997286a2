using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Tests.Staff;

public sealed class DepartmentTests(StaffHouse house) : IClassFixture<StaffHouse>
{
    [Fact]
    public async Task A_department_cannot_go_below_itself()
    {
        var top = await AddAsync("甲");
        var middle = await AddAsync("甲一", top);
        var leaf = await AddAsync("甲一一", middle);
        Assert.Equal(StaffRefusals.DepartmentCycle, (await MoveAsync(top, leaf)).Refusal);
        Assert.Equal(StaffRefusals.DepartmentCycle, (await MoveAsync(top, top)).Refusal);
        Assert.True((await MoveAsync(leaf, top)).Ok);
    }

    [Fact]
    public async Task Two_moves_at_once_that_would_make_a_circle_leave_a_tree()
    {
        var (one, two) = (await AddAsync("圆一"), await AddAsync("圆二"));
        var outcomes = await Task.WhenAll(MoveAsync(one, two), MoveAsync(two, one));
        Assert.Single(outcomes, o => o.Ok);
        Assert.Equal(2, (await house.Directory.DepartmentsAsync(default)).Count(d => d.Id == one || d.Id == two));
    }

    [Fact]
    public async Task A_leader_leads_everything_below_also_after_a_move()
    {
        var (leader, _) = await house.AddAsync();
        var (here, there) = (await AddAsync("乙"), await AddAsync("丙"));
        var child = await AddAsync("乙一", here);
        var grandchild = await AddAsync("乙一一", child);
        await EditAsync(there, d => d.LeaderId = leader.StaffId);
        Assert.Equal([there], await LedAsync(leader.StaffId));
        Assert.True((await MoveAsync(child, there)).Ok);
        Assert.Equal(new HashSet<Guid> { there, child, grandchild }, await LedAsync(leader.StaffId));
        Assert.True((await MoveAsync(child, null)).Ok);
        Assert.Equal([there], await LedAsync(leader.StaffId));
    }

    [Fact]
    public async Task Names_are_unique_among_siblings_at_the_top_too()
    {
        var top = await AddAsync("重名");
        Assert.Equal(StaffRefusals.DepartmentNameTaken, (await house.Departments.CreateAsync(new DepartmentDraft { Name = "重名" }, house.Administrator, default)).Refusal);
        await AddAsync("重名", top);
    }

    [Fact]
    public async Task A_department_with_people_or_children_stays()
    {
        var top = await AddAsync("不能删");
        var child = await AddAsync("空的", top);
        Assert.Equal(StaffRefusals.DepartmentInUse, (await house.Departments.DeleteAsync(top, house.Administrator, default)).Refusal);
        Assert.True((await house.Departments.DeleteAsync(child, house.Administrator, default)).Ok);
        await house.Accounts.CreateAsync(new StaffDraft { UserName = "in.dept", Name = "部门员工", DepartmentId = top }, house.Administrator, default);
        Assert.Equal(StaffRefusals.DepartmentInUse, (await house.Departments.DeleteAsync(top, house.Administrator, default)).Refusal);
    }

    [Fact]
    public async Task The_tree_is_at_most_ten_levels_deep()
    {
        var at = await AddAsync("层1");
        for (var level = 2; level <= 10; level++)
            at = await AddAsync($"层{level}", at);
        Assert.Equal(StaffRefusals.DepartmentTooDeep, (await house.Departments.CreateAsync(new DepartmentDraft { Name = "层11", ParentId = at }, house.Administrator, default)).Refusal);
    }

    private async Task<Guid> AddAsync(string name, Guid? parent = null) =>
        (await house.Departments.CreateAsync(new DepartmentDraft { Name = name, ParentId = parent }, house.Administrator, default)).Value;

    private Task<Domain.Common.Result> MoveAsync(Guid id, Guid? parent) => EditAsync(id, d => d.ParentId = parent);

    private async Task<Domain.Common.Result> EditAsync(Guid id, Action<DepartmentDraft> change)
    {
        var row = (await house.Directory.DepartmentsAsync(default)).Single(d => d.Id == id);
        var draft = new DepartmentDraft { Name = row.Name, ParentId = row.ParentId, LeaderId = row.LeaderId };
        change(draft);
        return await house.Departments.EditAsync(id, draft, row.Version, house.Administrator, default);
    }

    private async Task<IReadOnlySet<Guid>> LedAsync(Guid staffId) => (await house.Directory.FindActorAsync(staffId, null, null, default))!.LedDepartments;
}
