using Bunit;
using CcdBlazor.Components.Staff;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace CcdBlazor.Tests.Staff;

public sealed class AdministrationPagesTests(StaffHouse house) : IClassFixture<StaffHouse>
{
    [Fact]
    public async Task A_new_account_shows_its_first_password_once()
    {
        await using var context = Context();
        var page = context.Render<StaffPage>();
        page.WaitForElement("table");
        page.WaitForElement(".page-head .btn-primary").Click();
        page.WaitForElement("#staff-user-name").Change("page.made");
        page.WaitForElement("#staff-name").Change("页面新建");
        page.WaitForElement("#side-form").Submit();
        var password = page.WaitForElement("#initial-password").TextContent;
        Assert.True((await house.TicketAsync("page.made", password)).MustChangePassword);
        page.WaitForElement(".drawer-foot .btn-primary").Click();
        page.WaitForAssertion(() => Assert.DoesNotContain(password, page.Markup, StringComparison.Ordinal));
        page.WaitForAssertion(() => Assert.Contains("页面新建", page.Find("table").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_malformed_account_shows_each_problem_at_its_field()
    {
        await using var context = Context();
        var page = context.Render<StaffPage>();
        page.WaitForElement("table");
        page.WaitForElement(".page-head .btn-primary").Click();
        page.WaitForElement("#staff-user-name").Change("a b");
        page.WaitForElement("#side-form").Submit();
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".field.invalid .error").Count));
    }

    [Fact]
    public async Task Taking_a_role_away_on_the_page_takes_it_away()
    {
        var (actor, _) = await house.AddAsync(ShippedRoles.Legal);
        var legal = await house.RoleIdAsync(ShippedRoles.Legal);
        await using var context = Context();
        var drawer = context.Render<StaffDrawer>(p => p.Add(d => d.StaffId, actor.StaffId)
            .Add(d => d.Roles, house.Directory.RolesAsync(default).Result).Add(d => d.Departments, []));
        drawer.WaitForElement("fieldset input[checked]").Change(false);
        drawer.WaitForElement("#side-form").Submit();
        await Eventually.TrueAsync(async () => !(await house.Directory.DetailAsync(actor.StaffId, house.Administrator, default)).Value.RoleIds.Contains(legal));
    }

    [Fact]
    public async Task Ticks_are_saved_together_and_survive_the_change_of_a_colleague()
    {
        var role = (await house.Roles.CreateAsync(new RoleDraft { Name = "勾选" }, house.Administrator, default)).Value;
        await using var context = Context();
        var page = context.Render<RolesPage>();
        page.WaitForElement("table");
        page.WaitForElement($"input[aria-label='勾选：{PermissionText.Of(Permission.ViewAudit).Label}']").Change(true);
        await house.Roles.CreateAsync(new RoleDraft { Name = "同事新建" }, house.Administrator, default);
        page.WaitForAssertion(() => Assert.Contains("同事新建", page.Find("thead").TextContent, StringComparison.Ordinal));
        page.WaitForElement(".bulk-bar .btn-primary").Click();
        await Eventually.TrueAsync(async () => (await house.Directory.RolesAsync(default)).Single(r => r.Id == role).Permissions.Contains(Permission.ViewAudit));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".bulk-bar")));
    }

    [Fact]
    public async Task The_administrators_manage_staff_cannot_be_unticked()
    {
        await using var context = Context();
        var page = context.Render<RolesPage>();
        page.WaitForElement("table");
        var label = PermissionText.Of(Permission.ManageStaff).Label;
        Assert.True(page.WaitForElement($"input[aria-label='管理员：{label}']").HasAttribute("disabled"));
        Assert.False(page.WaitForElement($"input[aria-label='客服：{label}']").HasAttribute("disabled"));
    }

    [Fact]
    public async Task The_role_of_customers_is_listed_with_what_it_may_do_and_nothing_to_tick()
    {
        await using var context = Context();
        var page = context.Render<RolesPage>();
        var role = page.WaitForElement("[data-testid=customer-role]");
        Assert.All(CustomerRole.Rights, right => Assert.Contains(right.Explanation, role.TextContent, StringComparison.Ordinal));
        Assert.Empty(role.QuerySelectorAll("input, button, select"));
        Assert.Empty(page.FindAll($"input[aria-label^='{CustomerRole.Name}：']"));
        Assert.DoesNotContain(await house.Directory.RolesAsync(default), r => r.Name == CustomerRole.Name);
    }

    [Fact]
    public async Task A_department_moved_below_itself_is_refused_at_the_field()
    {
        var top = (await house.Departments.CreateAsync(new DepartmentDraft { Name = "页面部门" }, house.Administrator, default)).Value;
        var child = (await house.Departments.CreateAsync(new DepartmentDraft { Name = "页面下级", ParentId = top }, house.Administrator, default)).Value;
        await using var context = Context();
        var page = context.Render<DepartmentsPage>();
        page.WaitForElement("button[aria-label='编辑页面部门']").Click();
        page.WaitForElement("#department-parent").Change(child.ToString());
        page.WaitForElement("#side-form").Submit();
        page.WaitForAssertion(() => Assert.Equal(StaffRefusals.DepartmentCycle.Text, page.Find(".field.invalid .error").TextContent));
    }

    private BunitContext Context()
    {
        var context = new BunitContext();
        BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        context.Services.AddSingleton(house.Feed).AddSingleton(house.Directory).AddSingleton(house.Accounts).AddSingleton(house.Roles).AddSingleton(house.Departments);
        context.Services.AddSingleton<CurrentActor>(new FixedActor(house.Administrator));
        // Only counts accounts here.
        context.Services.AddSingleton(new CustomerAccountQueries(house.Services.GetRequiredService<IDbContextFactory<CcdDbContext>>(), null!, null!, null!, null!, house.Clock));
        context.Services.AddScoped<DialogService>();
        return context;
    }
}
