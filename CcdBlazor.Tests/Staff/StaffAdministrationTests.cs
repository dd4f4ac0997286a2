using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Staff;

public sealed class StaffAdministrationTests(StaffHouse house) : IClassFixture<StaffHouse>
{
    public static TheoryData<string> Refused => [.. Writes.Keys];

    private static readonly Dictionary<string, Func<StaffHouse, Guid, Actor, Task<Refusal?>>> Writes = new()
    {
        ["create account"] = async (h, _, by) => (await h.Accounts.CreateAsync(new StaffDraft { UserName = "somebody", Name = "某人" }, by, default)).Refusal,
        ["edit account"] = async (h, id, by) => (await h.Accounts.EditAsync(id, new StaffDraft { UserName = "somebody", Name = "某人" }, 1, by, default)).Refusal,
        ["disable"] = async (h, id, by) => (await h.Accounts.DisableAsync(id, null, by, default)).Refusal,
        ["enable"] = async (h, id, by) => (await h.Accounts.EnableAsync(id, by, default)).Refusal,
        ["reset password"] = async (h, id, by) => (await h.Accounts.ResetPasswordAsync(id, by, default)).Refusal,
        ["remove two-factor"] = async (h, id, by) => (await h.Accounts.RemoveTwoFactorAsync(id, by, default)).Refusal,
        ["set roles"] = async (h, id, by) => (await h.Accounts.SetRolesAsync(id, [], by, default)).Refusal,
        ["create role"] = async (h, _, by) => (await h.Roles.CreateAsync(new RoleDraft { Name = "新角色" }, by, default)).Refusal,
        ["edit role"] = async (h, id, by) => (await h.Roles.EditAsync(id, new RoleDraft { Name = "新角色" }, 1, by, default)).Refusal,
        ["delete role"] = async (h, id, by) => (await h.Roles.DeleteAsync(id, by, default)).Refusal,
        ["create department"] = async (h, _, by) => (await h.Departments.CreateAsync(new DepartmentDraft { Name = "新部门" }, by, default)).Refusal,
        ["edit department"] = async (h, id, by) => (await h.Departments.EditAsync(id, new DepartmentDraft { Name = "新部门" }, 1, by, default)).Refusal,
        ["delete department"] = async (h, id, by) => (await h.Departments.DeleteAsync(id, by, default)).Refusal,
        ["list accounts"] = async (h, _, by) => (await h.Directory.ListAsync(new StaffFilter(), new PageRequest(), by, default)).Refusal,
        ["account detail"] = async (h, id, by) => (await h.Directory.DetailAsync(id, by, default)).Refusal,
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Without_manage_staff_every_administration_is_refused(string write)
    {
        var (actor, _) = await house.AddAsync(ShippedRoles.SalesLead, ShippedRoles.Reviewer, ShippedRoles.CustomerService);
        Assert.Equal(CommonRefusals.Forbidden, await Writes[write](house, house.Administrator.StaffId, actor));
    }

    [Fact]
    public void Every_administration_method_is_in_the_theory_above()
    {
        var methods = new[] { typeof(StaffAccounts), typeof(RoleService), typeof(DepartmentService) }
            .SelectMany(t => t.GetMethods(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.DeclaredOnly));
        Assert.Equal(Writes.Count - 2, methods.Count());
    }

    [Fact]
    public async Task A_sign_in_name_is_taken_whatever_its_case()
    {
        await house.Accounts.CreateAsync(new StaffDraft { UserName = "li.qiang", Name = "李强" }, house.Administrator, default);
        var again = await house.Accounts.CreateAsync(new StaffDraft { UserName = "Li.Qiang", Name = "李强二" }, house.Administrator, default);
        Assert.Equal(StaffRefusals.UserNameTaken, again.Refusal);
    }

    [Fact]
    public async Task A_malformed_draft_names_every_field_at_once()
    {
        var refused = await house.Accounts.CreateAsync(new StaffDraft { UserName = "a b", Name = " ", Phone = "x", Email = "y" }, house.Administrator, default);
        Assert.Equal(["UserName", "Name", "Phone", "Email"], refused.Refusal!.Others.Prepend(refused.Refusal).Select(r => r.Field));
    }

    [Fact]
    public async Task An_edit_over_a_newer_version_is_refused()
    {
        var (actor, userName) = await house.AddAsync();
        var seen = (await house.Directory.DetailAsync(actor.StaffId, house.Administrator, default)).Value;
        var draft = new StaffDraft { UserName = userName, Name = "第一次" };
        Assert.True((await house.Accounts.EditAsync(actor.StaffId, draft, seen.Version, house.Administrator, default)).Ok);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, (await house.Accounts.EditAsync(actor.StaffId, draft with { Name = "第二次" }, seen.Version, house.Administrator, default)).Refusal);
    }

    [Fact]
    public async Task A_changed_sign_in_name_is_the_one_that_works()
    {
        var (actor, userName) = await house.AddAsync();
        var seen = (await house.Directory.DetailAsync(actor.StaffId, house.Administrator, default)).Value;
        Assert.True((await house.Accounts.EditAsync(actor.StaffId, new StaffDraft { UserName = "renamed", Name = "改名" }, seen.Version, house.Administrator, default)).Ok);
        await house.TicketAsync("renamed");
        Assert.False((await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default)).Ok);
    }

    [Fact]
    public async Task A_reset_password_is_new_must_be_changed_and_ends_sessions()
    {
        var (actor, userName) = await house.AddAsync();
        var ticket = await house.TicketAsync(userName);
        var password = (await house.Accounts.ResetPasswordAsync(actor.StaffId, house.Administrator, default)).Value.OneTime!;
        Assert.Null(await house.Directory.FindActorAsync(actor.StaffId, ticket.SecurityStamp, null, default));
        Assert.True((await house.TicketAsync(userName, password)).MustChangePassword);
    }

    [Fact]
    public async Task An_administrator_cannot_disable_oneself() =>
        Assert.Equal(StaffRefusals.NotOneself, (await house.Accounts.DisableAsync(house.Administrator.StaffId, null, house.Administrator, default)).Refusal);

    [Fact]
    public async Task A_role_edit_takes_effect_at_once()
    {
        var (actor, userName) = await house.AddAsync(ShippedRoles.Finance);
        var ticket = await house.TicketAsync(userName);
        Assert.False(actor.May(Permission.ExportCustomers));
        var role = (await house.Directory.RolesAsync(default)).Single(r => r.Name == ShippedRoles.Finance);
        Assert.True((await house.Roles.EditAsync(role.Id, new RoleDraft { Name = role.Name, Permissions = [.. role.Permissions, Permission.ExportCustomers] }, role.Version, house.Administrator, default)).Ok);
        Assert.True((await house.Directory.FindActorAsync(actor.StaffId, ticket.SecurityStamp, null, default))!.May(Permission.ExportCustomers));
    }

    [Fact]
    public async Task The_administrator_role_keeps_manage_staff()
    {
        var role = (await house.Directory.RolesAsync(default)).Single(r => r.Name == ShippedRoles.Administrator);
        var refused = await house.Roles.EditAsync(role.Id, new RoleDraft { Name = role.Name, Permissions = [Permission.ViewAudit] }, role.Version, house.Administrator, default);
        Assert.Equal(StaffRefusals.AdministratorKeepsManageStaff, refused.Refusal);
    }

    [Fact]
    public async Task Shipped_roles_keep_their_name_and_stay()
    {
        var role = (await house.Directory.RolesAsync(default)).Single(r => r.Name == ShippedRoles.Legal);
        Assert.Equal(StaffRefusals.RoleIsShipped, (await house.Roles.EditAsync(role.Id, new RoleDraft { Name = "别名" }, role.Version, house.Administrator, default)).Refusal);
        Assert.Equal(StaffRefusals.RoleIsShipped, (await house.Roles.DeleteAsync(role.Id, house.Administrator, default)).Refusal);
    }

    [Fact]
    public async Task A_role_in_use_cannot_be_deleted_and_an_unused_one_can()
    {
        var id = (await house.Roles.CreateAsync(new RoleDraft { Name = "实习生" }, house.Administrator, default)).Value;
        Assert.Equal(StaffRefusals.RoleNameTaken, (await house.Roles.CreateAsync(new RoleDraft { Name = "实习生" }, house.Administrator, default)).Refusal);
        var (actor, _) = await house.AddAsync("实习生");
        Assert.Equal(StaffRefusals.RoleInUse, (await house.Roles.DeleteAsync(id, house.Administrator, default)).Refusal);
        Assert.True((await house.Accounts.SetRolesAsync(actor.StaffId, [], house.Administrator, default)).Ok);
        Assert.True((await house.Roles.DeleteAsync(id, house.Administrator, default)).Ok);
        Assert.Equal(StaffRefusals.RoleUnknown, (await house.Accounts.SetRolesAsync(actor.StaffId, [id], house.Administrator, default)).Refusal);
    }

    [Fact]
    public async Task A_permission_taken_from_a_shipped_role_does_not_come_back_at_the_next_start()
    {
        var role = (await house.Directory.RolesAsync(default)).Single(r => r.Name == ShippedRoles.Reviewer);
        var fewer = role.Permissions.Where(p => p != Permission.DownloadOriginals).ToArray();
        Assert.True((await house.Roles.EditAsync(role.Id, new RoleDraft { Name = role.Name, Permissions = fewer }, role.Version, house.Administrator, default)).Ok);
        await house.Seed.EnsureRolesAsync(default);
        var after = (await house.Directory.RolesAsync(default)).Single(r => r.Name == ShippedRoles.Reviewer);
        Assert.True(after.Permissions.SetEquals(fewer));
    }

    [Fact]
    public async Task Every_change_of_an_account_is_in_the_audit_under_its_name()
    {
        var made = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "audited", Name = "被记录", Phone = "13800138000" }, house.Administrator, default)).Value;
        var seen = (await house.Directory.DetailAsync(made.Id, house.Administrator, default)).Value;
        await house.Accounts.EditAsync(made.Id, new StaffDraft { UserName = "audited", Name = "改过" }, seen.Version, house.Administrator, default);
        await house.Accounts.SetRolesAsync(made.Id, [await house.RoleIdAsync(ShippedRoles.Legal)], house.Administrator, default);
        await house.Accounts.ResetPasswordAsync(made.Id, house.Administrator, default);
        await house.Accounts.RemoveTwoFactorAsync(made.Id, house.Administrator, default);
        await house.Accounts.DisableAsync(made.Id, "离职", house.Administrator, default);
        await house.Accounts.EnableAsync(made.Id, house.Administrator, default);
        Assert.Equal(
            ["staff.created", "staff.edited", "staff.roles_set", "staff.password_reset", "staff.two_factor_removed", "staff.disabled", "staff.enabled"],
            await house.ActionsAboutAsync(made.Id));
        await using var db = house.Context();
        var entries = await db.AuditEntries.Where(e => e.SubjectId == made.Id).ToListAsync();
        Assert.All(entries, e => Assert.Equal(house.Administrator.StaffId, e.ActorId));
        Assert.DoesNotContain(entries, e => (e.Before + e.After).Contains("13800138000", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_list_filters_by_text_role_department_and_state()
    {
        var top = (await house.Departments.CreateAsync(new DepartmentDraft { Name = "列表总部" }, house.Administrator, default)).Value;
        var below = (await house.Departments.CreateAsync(new DepartmentDraft { Name = "列表一组", ParentId = top }, house.Administrator, default)).Value;
        var legal = await house.RoleIdAsync(ShippedRoles.Legal);
        var one = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "list.one", Name = "甲_列表", DepartmentId = below, RoleIds = [legal] }, house.Administrator, default)).Value.Id;
        var two = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "list.two", Name = "乙列表" }, house.Administrator, default)).Value.Id;
        await house.Accounts.DisableAsync(two, null, house.Administrator, default);
        Assert.Equal([one], await IdsAsync(new StaffFilter(DepartmentId: top)));
        Assert.Equal([one], await IdsAsync(new StaffFilter(Search: "_列")));
        Assert.Equal([one, two], await IdsAsync(new StaffFilter(Search: "LIST.")));
        Assert.Equal([two], await IdsAsync(new StaffFilter(Search: "list.", State: StaffState.Disabled)));
        Assert.Equal([one], await IdsAsync(new StaffFilter(Search: "list.", RoleId: legal)));

        async Task<IEnumerable<Guid>> IdsAsync(StaffFilter filter) =>
            (await house.Directory.ListAsync(filter, new PageRequest(), house.Administrator, default)).Value.Rows.Select(r => r.Id);
    }

    [Fact]
    public async Task A_picker_offers_only_enabled_people_who_hold_the_permission()
    {
        var (manager, _) = await house.AddAsync(ShippedRoles.AccountManager);
        var (reviewer, _) = await house.AddAsync(ShippedRoles.Reviewer);
        var picks = await house.Directory.PickAsync(null, Permission.EditCustomers, 200, default);
        Assert.Contains(picks, p => p.Id == manager.StaffId);
        Assert.DoesNotContain(picks, p => p.Id == reviewer.StaffId);
    }

    [Fact]
    public async Task Nobody_makes_or_edits_a_role_to_hold_what_he_does_not_hold()
    {
        var manager = await ManagerAsync();
        var refused = await house.Roles.CreateAsync(new RoleDraft { Name = "越权", Permissions = [Permission.ManageStaff, Permission.ViewAudit] }, manager, default);
        Assert.Equal("role.grants_more_than_held", refused.Refusal?.Code);
        Assert.Contains("查看操作记录", refused.Refusal!.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("管理员工", refused.Refusal.Text, StringComparison.Ordinal);

        var own = (await house.Roles.CreateAsync(new RoleDraft { Name = "同权", Permissions = [Permission.ManageStaff] }, manager, default)).Value;
        var role = (await house.Directory.RolesAsync(default)).Single(r => r.Id == own);
        Assert.Equal("role.grants_more_than_held", (await EditAsync(role, [Permission.ManageStaff, Permission.RevealIdentity], manager)).Refusal?.Code);
        // What a role holds already may stay or go.
        Assert.True((await EditAsync(role, [Permission.ManageStaff, Permission.RevealIdentity], house.Administrator)).Ok);
        role = (await house.Directory.RolesAsync(default)).Single(r => r.Id == own);
        Assert.True((await EditAsync(role, [Permission.RevealIdentity], manager)).Ok);
    }

    [Fact]
    public async Task Nobody_gives_a_role_that_may_do_more_than_he_may()
    {
        var manager = await ManagerAsync();
        var (colleague, _) = await house.AddAsync(ShippedRoles.Reviewer);
        var administrator = await house.RoleIdAsync(ShippedRoles.Administrator);
        var reviewer = await house.RoleIdAsync(ShippedRoles.Reviewer);
        foreach (var target in (Guid[])[colleague.StaffId, manager.StaffId])
            Assert.Equal("role.grants_more_than_held", (await house.Accounts.SetRolesAsync(target, [administrator, reviewer], manager, default)).Refusal?.Code);
        Assert.Equal("role.grants_more_than_held",
            (await house.Accounts.CreateAsync(new StaffDraft { UserName = "puppet", Name = "傀儡", RoleIds = [administrator] }, manager, default)).Refusal?.Code);
        // A role that the colleague has already is kept, and may be taken away.
        Assert.True((await house.Accounts.SetRolesAsync(colleague.StaffId, [reviewer], manager, default)).Ok);
        Assert.True((await house.Accounts.SetRolesAsync(colleague.StaffId, [], manager, default)).Ok);
        Assert.True((await house.Accounts.CreateAsync(new StaffDraft { UserName = "plain", Name = "新人" }, manager, default)).Ok);
    }

    [Fact]
    public async Task Nobody_takes_over_an_account_that_may_do_more_than_he_may()
    {
        var manager = await ManagerAsync();
        var id = house.Administrator.StaffId;
        Assert.Equal("staff.account_holds_more", (await house.Accounts.ResetPasswordAsync(id, manager, default)).Refusal?.Code);
        Assert.Equal("staff.account_holds_more", (await house.Accounts.RemoveTwoFactorAsync(id, manager, default)).Refusal?.Code);
        var (plain, _) = await house.AddAsync();
        Assert.True((await house.Accounts.ResetPasswordAsync(plain.StaffId, manager, default)).Ok);
    }

    [Fact]
    public async Task A_permission_that_was_taken_from_every_role_comes_back_by_an_administrator()
    {
        var (other, _) = await house.AddAsync(ShippedRoles.Administrator);
        var poorer = other with { Permissions = new HashSet<Permission> { Permission.ManageStaff } };
        Assert.True((await house.Roles.CreateAsync(new RoleDraft { Name = "找回", Permissions = [Permission.ViewAudit] }, poorer, default)).Ok);
    }

    /// <summary>Somebody who manages staff and may do nothing else.</summary>
    private async Task<StaffActor> ManagerAsync()
    {
        var name = $"人事{Guid.NewGuid():N}"[..12];
        Assert.True((await house.Roles.CreateAsync(new RoleDraft { Name = name, Permissions = [Permission.ManageStaff] }, house.Administrator, default)).Ok);
        return (await house.AddAsync(name)).Actor;
    }

    private Task<Result> EditAsync(RoleRow role, HashSet<Permission> permissions, Actor by) =>
        house.Roles.EditAsync(role.Id, new RoleDraft { Name = role.Name, Permissions = permissions }, role.Version, by, default);
}
