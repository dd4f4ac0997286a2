using Bunit;
using CcdBlazor.Components.Customers;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using FluentValidation;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerPagesTests : BunitContext, IClassFixture<CustomersWorld>
{
    /// <summary>Shared machines are slow; the condition decides, not the clock.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CustomersWorld world;
    private readonly SignedIn current = new();

    public CustomerPagesTests(CustomersWorld world)
    {
        this.world = world;
        Services.AddSingleton(world.Service);
        Services.AddSingleton(world.Queries);
        Services.AddSingleton(world.Get<PoolQueries>());
        Services.AddSingleton(world.Get<CustomerViewService>());
        Services.AddSingleton(world.Get<StaffDirectory>());
        Services.AddSingleton(world.Get<ChangeFeed>());
        Services.AddSingleton(world.Get<IValidator<CustomerDraft>>());
        Services.AddSingleton<TimeProvider>(world.Clock);
        Services.AddSingleton<CurrentActor>(current);
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new RendererInfo("Server", true));
    }

    [Fact]
    public async Task A_colleagues_change_appears_in_its_row_without_moving_it()
    {
        var clerk = current.Actor = CustomersWorld.Clerk();
        var first = await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("甲客户"));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("乙客户"));
        var page = Render<CustomerListPage>();
        page.WaitForAssertion(() => Assert.Equal(["乙客户", "甲客户"], page.FindAll("tbody a").Select(a => a.TextContent)), Patience);

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await world.Service.SetTagsAsync(first, ["刚加的标签"], CustomersWorld.Administrator(), default)).Ok);
        page.WaitForAssertion(() => Assert.Contains("刚加的标签", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Equal(["乙客户", "甲客户"], page.FindAll("tbody a").Select(a => a.TextContent));
        Assert.Contains("highlight", page.FindAll("tbody tr")[1].ClassName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typing_narrows_the_list_and_stays_in_the_address()
    {
        var clerk = current.Actor = CustomersWorld.Clerk();
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("上官婉儿"));
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("司马懿"));
        var page = Render<CustomerListPage>();
        page.WaitForElement("tbody tr", Patience);
        page.Find("input.quick").Input("上官");
        page.WaitForAssertion(() => Assert.Equal(["上官婉儿"], page.FindAll("tbody a").Select(a => a.TextContent)), Patience);
        Assert.EndsWith("/customers?q=%E4%B8%8A%E5%AE%98", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
        page.Find("input.quick").Input("没有这个人");
        page.WaitForAssertion(() => Assert.Contains("没有符合条件的客户", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Who_may_not_create_is_not_offered_it_and_an_empty_list_says_what_it_is_for()
    {
        current.Actor = CustomersWorld.Reviewer();
        var page = Render<CustomerListPage>();
        page.WaitForAssertion(() => Assert.Contains("还没有客户", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Empty(page.FindAll("a[href='/customers/new']"));
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_view_is_saved_from_the_page_opened_by_its_tab_and_deleted_after_a_question()
    {
        var clerk = current.Actor = await world.KnownAsync(CustomersWorld.Clerk());
        var draft = CustomersWorld.Draft("视图客户");
        draft.Tags = ["视图标签"];
        await world.GivenCustomerAsync(clerk, draft);
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("其他客户"));
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("/customers?tag=视图标签");
        var page = Render<CustomerListPage>();
        page.WaitForAssertion(() => Assert.Equal(["视图客户"], Names(page)), Patience);
        Button(page, "保存为视图").Click();
        page.WaitForElement("form", Patience).Submit();
        page.WaitForAssertion(() => Assert.Contains("请给视图起一个名字", page.Markup, StringComparison.Ordinal), Patience);
        page.Find("#view-name").Input("带标签的");
        page.Find("form").Submit();
        page.WaitForAssertion(() => Assert.Equal("带标签的", page.Find(".view-bar [aria-current=page]").TextContent), Patience);
        var id = Assert.Single((await world.Get<CustomerViewService>().AllAsync(clerk, default)).Views).Id;
        Assert.EndsWith($"/customers?view={id}", navigation.Uri, StringComparison.Ordinal);
        Assert.Equal(["视图客户"], Names(page));

        navigation.NavigateTo("/customers?view=all");
        page.WaitForAssertion(() => Assert.Equal(2, Names(page).Length), Patience);
        navigation.NavigateTo($"/customers?view={id}&source=没有");
        page.WaitForAssertion(() => Assert.Contains("更新视图", page.Markup, StringComparison.Ordinal), Patience);
        navigation.NavigateTo($"/customers?view={id}");
        page.WaitForAssertion(() => Assert.Equal(["视图客户"], Names(page)), Patience);

        Button(page, "删除视图").Click();
        page.WaitForAssertion(() => Assert.Contains("客户不受影响", page.Markup, StringComparison.Ordinal), Patience);
        page.FindAll(".dialog button").Single(b => b.TextContent == "删除").Click();
        page.WaitForAssertion(() => Assert.Equal("全部客户", page.Find(".view-bar [aria-current=page]").TextContent), Patience);
        navigation.NavigateTo($"/customers?view={id}");
        page.WaitForAssertion(() => Assert.Contains("这个视图已被删除", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task The_list_opens_with_the_default_view_and_clearing_leaves_it()
    {
        var clerk = current.Actor = await world.KnownAsync(CustomersWorld.Clerk());
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("甲默认"));
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("乙默认"));
        var views = world.Get<CustomerViewService>();
        var id = (await views.SaveAsync("只看甲", new CustomerFilter("甲"), CustomerColumns.Usual, ViewSharing.Private, clerk, default)).Value;
        Assert.True((await views.OpenWithAsync(id, clerk, default)).Ok);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/customers");
        var page = Render<CustomerListPage>();
        page.WaitForAssertion(() => Assert.Equal(["甲默认"], Names(page)), Patience);
        Services.GetRequiredService<NavigationManager>().NavigateTo(page.FindAll(".filter-row a").Single(a => a.TextContent == "清除").GetAttribute("href")!);
        page.WaitForAssertion(() => Assert.Equal(2, Names(page).Length), Patience);
    }

    [Fact]
    public async Task Columns_are_hidden_and_moved_by_buttons_and_stay_so()
    {
        var clerk = current.Actor = await world.KnownAsync(CustomersWorld.Clerk());
        await world.GivenCustomerAsync(clerk);
        var page = Render<CustomerListPage>();
        page.WaitForElement("tbody tr", Patience);
        Button(page, "选择列").Click();
        await page.InvokeAsync(() => page.FindAll(".column-choice li").Single(l => l.TextContent.Contains("证件", StringComparison.Ordinal)).QuerySelector("input")!.Change(false));
        page.WaitForAssertion(() => Assert.DoesNotContain("证件", Headings(page)), Patience);
        await page.InvokeAsync(() => page.Find("button[aria-label='更新 前移']").Click());
        page.WaitForAssertion(() => Assert.Equal(["负责人", "更新", "标签"], Headings(page)[^3..]), Patience);
        Assert.Contains("更新 现在是第 7 列", page.Markup, StringComparison.Ordinal);
        Assert.Equal(Headings(page).Length, page.FindAll("tbody tr:first-child td").Count);
        // Shown at once, kept a moment later.
        await Eventually.TrueAsync(async () => (await world.Get<CustomerViewService>().AllAsync(clerk, default)).Columns.Select(c => c.Label()).SequenceEqual(Headings(page)[1..]));
        var again = Render<CustomerListPage>();
        again.WaitForAssertion(() => Assert.Equal(["负责人", "更新", "标签"], Headings(again)[^3..]), Patience);
    }

    private static string[] Names(IRenderedComponent<CustomerListPage> page) => [.. page.FindAll("tbody a").Select(a => a.TextContent)];

    private static string[] Headings(IRenderedComponent<CustomerListPage> page) => [.. page.FindAll("thead th").Select(h => h.TextContent.Trim())];

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<CustomerListPage> page, string text) => page.FindAll("button").Single(b => b.TextContent == text);

    [Fact]
    public async Task The_chosen_customers_get_a_tag_together()
    {
        var clerk = current.Actor = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("成批客户"));
        var page = Render<CustomerListPage>();
        page.WaitForElement("tbody input[type=checkbox]", Patience).Change(true);
        page.WaitForAssertion(() => Assert.Contains("已选 1 位", page.Markup, StringComparison.Ordinal), Patience);
        Assert.DoesNotContain("移交", page.Find(".bulk-bar").TextContent, StringComparison.Ordinal);
        page.FindAll(".bulk-bar button").Single(b => b.TextContent == "加标签").Click();
        page.Find("#bulk-tag").Input("年底回访");
        page.FindAll(".dialog button").Single(b => b.TextContent == "添加").Click();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".bulk-bar")), Patience);
        Assert.Contains("年底回访", (await world.Queries.DetailAsync(id, clerk, default)).Value.Tags);
    }

    [Fact]
    public async Task A_wrong_field_is_told_when_it_is_left_and_a_right_form_is_saved()
    {
        var clerk = current.Actor = await world.KnownAsync(CustomersWorld.Clerk());
        var page = Render<CustomerEditPage>();
        page.WaitForElement("#IdentityNumber", Patience).Change("110105194912310021");
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".field.invalid #IdentityNumber")), Patience);
        // The search for duplicates draws the form again at any moment: found and changed in one turn of the renderer, or the field is another one by then.
        await page.InvokeAsync(() => page.Find("#IdentityNumber").Change(CustomersWorld.FreshIdentity()));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".field.invalid")), Patience);
        await page.InvokeAsync(() => page.Find("#Name").Change("页面客户"));
        await page.InvokeAsync(() => page.Find("#phone-0").Change("19455556666"));
        await page.InvokeAsync(() => page.Find("form").Submit());
        page.WaitForAssertion(() => Assert.Contains("/customers/", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), Patience);
        var listed = await world.Queries.ListAsync(new CustomerFilter("页面客户"), new PageRequest(), clerk, default);
        Assert.Single(listed.Rows);
    }

    [Fact]
    public async Task A_conflict_shows_both_versions_and_the_clerk_decides()
    {
        var clerk = current.Actor = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("冲突客户"));
        var page = Render<CustomerEditPage>(p => p.Add(c => c.Id, id));
        page.WaitForElement("#Name", Patience).Change("我改的名");

        var form = (await world.Queries.FormAsync(id, clerk, default)).Value;
        var theirs = form.Draft.Copy();
        (theirs.Name, theirs.Remarks) = ("同事改的名", "同事的备注");
        Assert.True((await world.Service.EditAsync(id, theirs, form, clerk, default)).Ok);

        page.Find("form").Submit();
        page.WaitForAssertion(() => Assert.Contains("同事改的名", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Contains("已带入同事的修改：备注", page.Markup, StringComparison.Ordinal);
        page.FindAll("button").Single(b => b.TextContent == "保留我的修改并保存").Click();
        page.WaitForAssertion(() => Assert.EndsWith($"/customers/{id}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), Patience);
        var saved = (await world.Queries.DetailAsync(id, clerk, default)).Value;
        Assert.Equal(("我改的名", "同事的备注"), (saved.Name, saved.Remarks));
    }

    [Fact]
    public async Task Escape_asks_only_when_something_was_typed()
    {
        current.Actor = await world.KnownAsync(CustomersWorld.Clerk());
        var page = Render<CustomerEditPage>();
        page.WaitForElement("#Name", Patience).Change("写了一半");
        page.Find("form").KeyDown("Escape");
        page.WaitForAssertion(() => Assert.Contains("放弃未保存的修改", page.Markup, StringComparison.Ordinal), Patience);
        page.FindAll(".dialog button").Single(b => b.TextContent == "放弃修改").Click();
        page.WaitForAssertion(() => Assert.EndsWith("/customers", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task A_duplicate_is_shown_while_typing()
    {
        var clerk = current.Actor = CustomersWorld.Clerk();
        await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("重名客户"));
        var page = Render<CustomerEditPage>();
        page.WaitForElement("#Name", Patience).Change("重名客户");
        page.WaitForAssertion(() => Assert.Contains("可能已有相同的客户", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task What_is_not_visible_looks_like_what_is_not_there()
    {
        var id = await world.GivenCustomerAsync(CustomersWorld.Clerk());
        current.Actor = CustomersWorld.Clerk();
        foreach (var target in new[] { id, Guid.CreateVersion7() })
        {
            var page = Render<CustomerEditPage>(p => p.Add(c => c.Id, target));
            page.WaitForAssertion(() => Assert.Contains("没有找到这个页面", page.Markup, StringComparison.Ordinal), Patience);
        }
    }

    [Fact]
    public async Task A_deleted_customer_comes_back_from_the_recycle_bin()
    {
        var admin = current.Actor = CustomersWorld.Administrator();
        var id = await world.GivenCustomerAsync(admin, CustomersWorld.Draft("回收客户"));
        Assert.True((await world.Service.DeleteAsync(id, "误录", admin, default)).Ok);
        var page = Render<RecycleBinPage>();
        page.WaitForElement("tbody tr", Patience);
        page.FindAll("tbody tr").Single(r => r.TextContent.Contains("回收客户", StringComparison.Ordinal)).QuerySelector("button")!.Click();
        page.WaitForAssertion(() => Assert.DoesNotContain("回收客户", page.Markup, StringComparison.Ordinal), Patience);
        Assert.True((await world.Queries.DetailAsync(id, admin, default)).Ok);
    }

    private sealed class SignedIn() : CurrentActor(null!, null!, null!, null!)
    {
        public StaffActor Actor { get; set; } = CustomersWorld.Clerk();

        public override Task<StaffActor> GetAsync() => Task.FromResult(Actor);

        public override Task<StaffActor?> FindAsync() => Task.FromResult<StaffActor?>(Actor);
    }
}
