using Bunit;
using CcdBlazor.Components.Portraits;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;
using CcdBlazor.Domain.Portraits.Segments;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace CcdBlazor.Tests.Portraits;

public sealed class PortraitPagesTests : BunitContext, IAsyncLifetime
{
    /// <summary>Shared machines are slow; the condition decides, not the clock.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PortraitsWorld world = new();
    private StaffActor lead = default!;

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        lead = await world.PersonAsync("吴主管");
        foreach (var type in new[]
        {
            typeof(CustomerQueries), typeof(CustomerService), typeof(PortraitQueries), typeof(PortraitService), typeof(ManagerQueries), typeof(ManagerService), typeof(AssignmentQueries),
            typeof(AssignmentService), typeof(ScorePreview), typeof(SettingsService), typeof(SettingsQueries), typeof(ChangeFeed),
            typeof(SegmentRunQueries),
        })
            Services.AddSingleton(type, world.GetAny(type));
        Services.AddSingleton<TimeProvider>(world.Clock);
        Services.AddSingleton<CurrentActor>(new FixedActor(lead));
        Services.AddScoped<DialogService>();
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new RendererInfo("Server", true));
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task The_portrait_is_filled_in_the_drawer_and_shows_its_source()
    {
        var owner = await world.ManagerAsync("李经理");
        var customer = await world.CustomerAsync(owner);
        var page = Render<CustomerPortraitPage>(p => p.Add(c => c.Id, customer));
        var fill = await page.WaitForElementAsync(".page-head .btn-primary", Patience);
        await fill.ClickAsync(new());
        var income = await page.WaitForElementAsync("#trait-income", Patience);
        await income.ChangeAsync(new ChangeEventArgs { Value = "45" });
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForAssertionAsync(() => Assert.Contains("45 万元", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Contains("员工填写（吴主管）", page.Markup, StringComparison.Ordinal);
        Assert.Equal(45, (await world.TraitAsync(customer, Traits.Income)).Counts!.Value.Number);
    }

    [Fact]
    public async Task A_value_that_is_out_of_bounds_is_refused_at_its_field()
    {
        var customer = await world.CustomerAsync(await world.ManagerAsync("李经理"));
        var page = Render<CustomerPortraitPage>(p => p.Add(c => c.Id, customer));
        await (await page.WaitForElementAsync(".page-head .btn-primary", Patience)).ClickAsync(new());
        await (await page.WaitForElementAsync("#trait-age", Patience)).ChangeAsync(new ChangeEventArgs { Value = "300" });
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForAssertionAsync(() => Assert.Contains("“年龄”应在", page.Find(".field.invalid .error").TextContent, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Managers_are_listed_with_their_loads_and_a_profile_is_saved()
    {
        var manager = await world.ManagerAsync("李经理", new ManagerDraft { Capabilities = ["购房"], Maximum = 20 });
        await world.CustomerAsync(manager);
        var page = Render<ManagersPage>();
        await page.WaitForAssertionAsync(() => Assert.Contains("1 / 20", page.Markup, StringComparison.Ordinal), Patience);
        await page.Find("tbody th button").ClickAsync(new());
        await (await page.WaitForElementAsync("#manager-maximum", Patience)).ChangeAsync(new ChangeEventArgs { Value = "33" });
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForAssertionAsync(() => Assert.Contains("1 / 33", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task A_run_is_started_followed_approved_and_undone_on_its_pages()
    {
        var (house, car) = (await world.ManagerAsync("房产经理", new ManagerDraft { Capabilities = ["购房", "装修", "低利率", "大额"] }), await world.ManagerAsync("车贷经理"));
        var customer = await world.CustomerAsync(car);
        await world.FillAsync(customer, car, new TraitInput(Traits.Needs, Tags: ["购房", "装修", "低利率", "大额"]));
        var list = Render<AssignmentsPage>();
        await (await list.WaitForElementAsync(".page-head .btn-primary", Patience)).ClickAsync(new());
        await (await list.WaitForElementAsync(".dialog .btn-primary", Patience)).ClickAsync(new());
        await list.WaitForAssertionAsync(() => Assert.Contains("等待计算", list.Markup, StringComparison.Ordinal), Patience);
        var run = (await world.Get<AssignmentQueries>().ListAsync(new PageRequest(), lead, default)).Value.Rows[0];

        var page = Render<AssignmentPage>(p => p.Add(c => c.Id, run.Id));
        await page.WaitForAssertionAsync(() => Assert.Contains("可以离开这个页面", page.Markup, StringComparison.Ordinal), Patience);
        Assert.True(await world.Get<AssignmentWork>().StepAsync(default));
        await page.WaitForAssertionAsync(() => Assert.Contains("需求相符 4 项", page.Markup, StringComparison.Ordinal), Patience);
        await page.WaitForAssertionAsync(() => Assert.Contains("批准并执行全部 1 位", page.Find(".page-head .btn-primary").TextContent, StringComparison.Ordinal), Patience);
        await page.Find(".page-head .btn-primary").ClickAsync(new());
        await (await page.WaitForElementAsync(".dialog .btn-primary", Patience)).ClickAsync(new());
        await page.WaitForAssertionAsync(() => Assert.Contains("已更换 1 位客户的负责人", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Equal(house.StaffId, (await world.Get<CustomerQueries>().DetailAsync(customer, lead, default)).Value.OwnerId);

        await (await page.WaitForElementAsync(".page-head .btn-danger", Patience)).ClickAsync(new());
        await (await page.WaitForElementAsync(".dialog .btn-danger", Patience)).ClickAsync(new());
        await page.WaitForAssertionAsync(() => Assert.Contains("已交还 1 位客户", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Weights_show_what_they_would_change_before_they_are_taken_over()
    {
        var manager = await world.ManagerAsync("李经理", new ManagerDraft { Capabilities = ["购房", "装修"] });
        var customer = await world.CustomerAsync(manager);
        await world.FillAsync(customer, manager, new TraitInput(Traits.Needs, Tags: ["购房", "装修"]));
        await world.Get<PortraitDerivation>().RunAsync(world.Clock.GetUtcNow(), default);
        await world.Get<SettingsReader>().LoadAsync(default);
        var page = Render<ScoresPage>();
        var needs = await page.WaitForElementAsync("#portraits-score-needs", Patience);
        await needs.ChangeAsync(new ChangeEventArgs { Value = "10" });
        await page.Find("form").SubmitAsync();
        await page.WaitForAssertionAsync(() => Assert.Contains("2（D）", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Contains("20（A）", page.Markup, StringComparison.Ordinal);
        // Changed again after the look: nothing is taken over that nobody has seen.
        await page.Find("#portraits-score-needs").ChangeAsync(new ChangeEventArgs { Value = "9" });
        Assert.Empty(page.FindAll("#score-reason"));
        Assert.Contains("又改过了", page.Markup, StringComparison.Ordinal);
        await page.Find("#portraits-score-needs").ChangeAsync(new ChangeEventArgs { Value = "10" });
        await page.Find("#score-reason").ChangeAsync(new ChangeEventArgs { Value = "更看重需求" });
        await page.FindAll("section .btn-primary").Last().ClickAsync(new());
        await page.WaitForAssertionAsync(() => Assert.Equal(10, ScoreRules.Of(world.Get<SettingsReader>()).Needs), Patience);
    }

    [Fact]
    public async Task A_conflict_of_interest_is_removed_only_after_a_question()
    {
        var (manager, relative) = (await world.ManagerAsync("李经理"), await world.ManagerAsync("表兄"));
        var customer = await world.CustomerAsync(manager);
        Assert.True((await world.Managers.AvoidAsync(customer, relative.StaffId, "亲属", lead, default)).Ok);
        var page = Render<ConflictPanel>(p => p.Add(c => c.CustomerId, customer).Add(c => c.Actor, lead));
        await page.WaitForAssertionAsync(() => Assert.Contains("表兄", page.Markup, StringComparison.Ordinal), Patience);
        await page.PressAsync(p => p.FindAll("button").Single(b => b.TextContent == "取消回避"));
        Assert.Single((await world.ManagerQueries.ConflictsAsync(customer, lead, default)).Value);
        await page.PressAsync(p => p.FindAll(".dialog button")[0]);
        Assert.Empty(page.FindAll(".dialog"));
        Assert.Single((await world.ManagerQueries.ConflictsAsync(customer, lead, default)).Value);
        await page.PressAsync(p => p.FindAll("button").Single(b => b.TextContent == "取消回避"));
        await page.PressAsync(p => p.Find(".dialog .btn-danger"));
        await page.WaitForAssertionAsync(() => Assert.Contains("没有登记", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task A_suggested_manager_takes_over_from_the_customers_page()
    {
        var (house, car) = (await world.ManagerAsync("房产经理", new ManagerDraft { Capabilities = ["购房"] }), await world.ManagerAsync("车贷经理"));
        var customer = await world.CustomerAsync(car);
        await world.FillAsync(customer, car, new TraitInput(Traits.Needs, Tags: ["购房"]));
        var page = Render<CustomerPortraitPage>(p => p.Add(c => c.Id, customer));
        await page.WaitForAssertionAsync(() => Assert.Contains("需求相符 1 项：购房", page.Markup, StringComparison.Ordinal), Patience);
        await page.Find(".check-side .btn").ClickAsync(new());
        await (await page.WaitForElementAsync(".dialog .btn-primary", Patience)).ClickAsync(new());
        await page.WaitForAssertionAsync(() => Assert.Contains("转交：车贷经理 → 房产经理", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Equal(house.StaffId, (await world.Get<CustomerQueries>().DetailAsync(customer, lead, default)).Value.OwnerId);
    }
}
