using Bunit;
using Bunit.TestDoubles;
using CcdBlazor.Components.Products;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Products;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace CcdBlazor.Tests.Products;

public sealed class ProductPagesTests : BunitContext, IClassFixture<ProductHouse>
{
    private readonly ProductHouse house;
    private readonly List<string> questions = [];
    private bool answer = true;

    public ProductPagesTests(ProductHouse house)
    {
        this.house = house;
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddRadzenComponents();
        Services.AddSingleton(house.Queries);
        Services.AddSingleton(house.Products);
        Services.AddSingleton(house.Services.GetRequiredService<ChangeFeed>());
        Services.AddSingleton<CurrentActor>(new FixedActor(ProductHouse.Editor));
    }

    [Fact]
    public async Task An_edited_rule_is_previewed_in_words_and_published_as_the_next_version()
    {
        var (product, page) = await EditAsync();
        Assert.True(page.Find("#publish").HasAttribute("disabled"));

        Open(page, "bank_statement");
        page.Find("[data-rule=bank_statement] input[id$=min]").Change("2");
        page.Find("#publish").Click();
        Assert.Contains("“银行流水”：最少份数由“1”改为“2”", page.Find(".drawer").TextContent, StringComparison.Ordinal);
        page.Find("#publish-note").Change("流水要两份");
        page.Find("#publish-now").Click();

        await page.WaitForAssertionAsync(() => Assert.Contains("第 2 版", page.Find(".page-head").TextContent, StringComparison.Ordinal));
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll(".drawer")));
        await page.WaitForAssertionAsync(() => Assert.True(page.Find("#publish").HasAttribute("disabled")));
        Assert.Equal(2, (await house.Queries.RulesAsync((await house.ReadAsync(product.Id)).CurrentVersionId, default))!.Find("bank_statement")!.MinFiles);
        Assert.Equal("流水要两份", (await house.Queries.VersionsAsync(product.Id, default))[0].Note);
    }

    [Fact]
    public async Task A_wrong_value_is_told_at_its_field_and_keeps_the_list_from_being_published()
    {
        var (_, page) = await EditAsync();
        Open(page, "bank_statement");

        page.Find("[data-rule=bank_statement] input[id$=min]").Change("9");

        Assert.Contains("最少份数（9）大于最多份数（5）", page.Find("[data-rule=bank_statement] .field.invalid .error").TextContent, StringComparison.Ordinal);
        Assert.Contains("1 处需要修改", page.Find("[data-rule=bank_statement]").TextContent, StringComparison.Ordinal);
        Assert.True(page.Find("#publish").HasAttribute("disabled"));

        page.Find("[data-rule=bank_statement] input[id$=max]").Change("9");
        Assert.Empty(page.FindAll(".field.invalid"));
        Assert.False(page.Find("#publish").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Lines_are_moved_by_keys_copied_removed_and_brought_back()
    {
        var (_, page) = await EditAsync();
        page.WaitForAssertion(() => Assert.Equal(["id_card_front", "bank_statement"], Order(page)));

        page.Find("[data-rule=bank_statement] .rule-head").KeyDown(new KeyboardEventArgs { Key = "ArrowUp", AltKey = true });
        page.WaitForAssertion(() => Assert.Equal(["bank_statement", "id_card_front"], Order(page)));

        page.Find("#add-rule").Change("credit_report");
        page.FindAll("button").Single(b => b.TextContent == "添加").Click();
        page.WaitForAssertion(() => Assert.Equal(["bank_statement", "id_card_front", "credit_report"], Order(page)));

        page.FindAll("[data-rule=credit_report] button").Single(b => b.TextContent == "复制这一项").Click();
        page.WaitForAssertion(() => Assert.Equal(["bank_statement", "id_card_front", "credit_report", "credit_report_2"], Order(page)));

        page.FindAll("[data-rule=credit_report_2] button").Single(b => b.TextContent == "移除这一项").Click();
        page.WaitForAssertion(() => Assert.Equal(3, Order(page).Count));
        page.FindAll("button").Single(b => b.TextContent == "撤销移除").Click();
        page.WaitForAssertion(() => Assert.Equal(4, Order(page).Count));
    }

    [Fact]
    public async Task A_condition_is_put_together_from_facts_and_read_back_in_words()
    {
        var (_, page) = await EditAsync();
        Open(page, "bank_statement");
        page.Find("[data-rule=bank_statement] select[id$=need]").Change("Conditional");
        Assert.Contains("请选择条件", page.Find(".field.invalid .error").TextContent, StringComparison.Ordinal);

        page.Find("select[aria-label='全部满足：添加情况']").Change(CustomerFacts.Married);
        page.Find("select[aria-label='都不满足：添加情况']").Change(CustomerFacts.Company);

        Assert.Contains("必交（已婚且非企业客户时）", page.Find("[data-rule=bank_statement] .card-meta").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".field.invalid"));
    }

    [Fact]
    public async Task A_version_that_a_colleague_publishes_meanwhile_waits_for_a_choice_and_overwrites_nothing()
    {
        var (product, page) = await EditAsync();
        Open(page, "bank_statement");
        page.Find("[data-rule=bank_statement] input[id$=min]").Change("2");

        Assert.True((await house.Products.PublishAsync(product.Id, ProductHouse.Rules("credit_report"), null, product.Version, ProductHouse.Editor, default)).Ok);

        await page.WaitForAssertionAsync(() => Assert.Contains("同事发布了第 2 版", page.Find(".notice-amber").TextContent, StringComparison.Ordinal));
        Assert.Equal(["id_card_front", "bank_statement"], Order(page));
        Assert.True(page.Find("#publish").HasAttribute("disabled"));

        page.FindAll("button").Single(b => b.TextContent.StartsWith("保留我的修改", StringComparison.Ordinal)).Click();
        page.Find("#publish").Click();
        Assert.Contains("取消“征信报告”", page.Find(".drawer").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_changes_of_ones_own_the_newest_version_simply_appears()
    {
        var (product, page) = await EditAsync();
        await house.Products.PublishAsync(product.Id, ProductHouse.Rules("credit_report"), null, product.Version, ProductHouse.Editor, default);
        await page.WaitForAssertionAsync(() => Assert.Equal(["credit_report"], Order(page)));
        Assert.Empty(page.FindAll(".notice-amber"));
    }

    [Fact]
    public async Task A_draft_that_outlived_the_circuit_is_taken_up_again()
    {
        var product = await house.GivenProductAsync();
        var key = $"ccd-checklist:{product.Id:N}";
        JSInterop.Setup<string?>("sessionStorage.getItem", key).SetResult($"{product.CurrentVersionId:N} 1");
        JSInterop.Setup<string?>("sessionStorage.getItem", key + ":0").SetResult(ProductHouse.Rules("id_card_front", "bank_statement", "bank_card").ToJson());

        var page = Render(product.Id);

        await page.WaitForAssertionAsync(() => Assert.Equal(["id_card_front", "bank_statement", "bank_card"], Order(page)));
        Assert.Contains("已恢复您上次没有发布的修改", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_is_kept_in_the_browser_and_forgotten_when_it_is_given_up()
    {
        var (product, page) = await EditAsync();
        var key = $"ccd-checklist:{product.Id:N}";
        page.Find("[data-rule=bank_statement] .rule-head").KeyDown(new KeyboardEventArgs { Key = "ArrowUp", AltKey = true });
        await Eventually.TrueAsync(() => JSInterop.Invocations["sessionStorage.setItem"].Any(i => Equals(i.Arguments[0], key)));

        page.FindAll("button").Single(b => b.TextContent == "放弃修改").Click();

        await page.WaitForAssertionAsync(() => Assert.Equal(["id_card_front", "bank_statement"], Order(page)));
        Assert.Contains(JSInterop.Invocations["sessionStorage.removeItem"], i => Equals(i.Arguments[0], key));
        Assert.Single(questions);
    }

    [Fact]
    public async Task Leaving_with_unpublished_changes_asks()
    {
        var (_, page) = await EditAsync();
        var navigation = (BunitNavigationManager)Services.GetRequiredService<NavigationManager>();
        page.Find("[data-rule=bank_statement] .rule-head").KeyDown(new KeyboardEventArgs { Key = "ArrowUp", AltKey = true });

        answer = false;
        await page.InvokeAsync(() => navigation.NavigateTo("/customers"));
        await Eventually.TrueAsync(() => navigation.History.Any(h => h.State == NavigationState.Prevented));
        Assert.Single(questions);

        answer = true;
        await page.InvokeAsync(() => navigation.NavigateTo("/customers"));
        await Eventually.TrueAsync(() => navigation.Uri.EndsWith("/customers", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_old_version_becomes_a_draft_again()
    {
        var product = await house.GivenProductAsync();
        await house.Products.PublishAsync(product.Id, ProductHouse.Rules("credit_report"), "只要征信", product.Version, ProductHouse.Editor, default);
        var page = Render(product.Id);

        page.FindAll("button").Single(b => b.TextContent == "历史版本").Click();
        await page.WaitForAssertionAsync(() => Assert.Equal(2, page.FindAll(".timeline > li").Count));
        Assert.Contains("只要征信", page.Find(".timeline").TextContent, StringComparison.Ordinal);
        page.FindAll(".timeline > li")[1].QuerySelector("button")!.Click();
        await page.WaitForAssertionAsync(() => Assert.Contains("身份证正面", page.Find(".timeline").TextContent, StringComparison.Ordinal));
        page.FindAll("button").Single(b => b.TextContent.StartsWith("以第 1 版", StringComparison.Ordinal)).Click();

        await page.WaitForAssertionAsync(() => Assert.Equal(["id_card_front", "bank_statement"], Order(page)));
        Assert.False(page.Find("#publish").HasAttribute("disabled"));
    }

    [Fact]
    public void An_unknown_product_looks_like_no_page()
    {
        var page = Render(Guid.NewGuid());
        page.WaitForAssertion(() => Assert.Contains("没有找到这个页面", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_list_shows_what_is_offered_and_switches_it_off_only_after_a_question()
    {
        var product = await house.GivenProductAsync("id_card_front", "bank_card", "credit_report");
        Ask();
        var page = Render<ProductListPage>();
        await page.WaitForAssertionAsync(() => Assert.Contains(product.Name, page.Markup, StringComparison.Ordinal));
        var cells = page.FindAll("tbody tr").Single(r => r.QuerySelector("a")!.TextContent == product.Name).QuerySelectorAll("td").Take(5).Select(c => c.TextContent.Trim());
        Assert.Equal([product.Name, product.Code, "使用中", "第 1 版", "3"], cells);

        answer = false;
        page.Find($"tbody button[aria-label='停用{product.Name}']").Click();
        Assert.True((await house.ReadAsync(product.Id)).Active);

        answer = true;
        page.Find($"tbody button[aria-label='停用{product.Name}']").Click();
        await page.WaitForAssertionAsync(() => page.Find($"tbody button[aria-label='启用{product.Name}']"));
        Assert.False((await house.ReadAsync(product.Id)).Active);
        Assert.Equal(["停用产品", "停用产品"], questions);
    }

    [Fact]
    public async Task A_new_product_starts_with_a_shipped_checklist_and_opens_its_editor()
    {
        var existing = await house.GivenProductAsync();
        var page = Render<ProductListPage>();
        await page.WaitForAssertionAsync(() => Assert.Contains(existing.Name, page.Markup, StringComparison.Ordinal));
        page.FindAll("button").First(b => b.TextContent == "新建产品").Click();
        page.Find("#np-name").Change("车抵贷");
        page.Find("#np-code").Change(existing.Code);
        page.Find("#np-start").Change("car");
        page.Find("#new-product").Submit();
        await page.WaitForAssertionAsync(() => Assert.Contains("已经被使用", page.Find(".field.invalid .error").TextContent, StringComparison.Ordinal));

        page.Find("#np-code").Change("pawn_car_" + existing.Order);
        page.Find("#new-product").Submit();

        var navigation = Services.GetRequiredService<NavigationManager>();
        await Eventually.TrueAsync(() => navigation.Uri.Contains("/admin/products/", StringComparison.Ordinal));
        var made = await house.ReadAsync(Guid.Parse(navigation.Uri[^36..]));
        Assert.Equal("车抵贷", made.Name);
        Assert.Equal(ShippedProducts.Find("car")!.Rules.Items.Count, (await house.Queries.RulesAsync(made.CurrentVersionId, default))!.Items.Count);
    }

    [Fact]
    public async Task Name_and_description_are_saved_by_themselves()
    {
        var (product, page) = await EditAsync();
        page.Find("#pi-name").Change("新名称");
        page.Find("form.panel").Submit();
        await page.WaitForAssertionAsync(() => Assert.Equal("新名称", page.Find("h1").TextContent));
        Assert.Equal(1, (await house.ReadAsync(product.Id)).CurrentVersionNumber);

        page.Find("#pi-name").Change(" ");
        page.Find("form.panel").Submit();
        await page.WaitForAssertionAsync(() => Assert.Contains("请填写产品名称", page.Find(".field.invalid .error").TextContent, StringComparison.Ordinal));
    }

    private async Task<(ProductRow Product, IRenderedComponent<ProductEditorPage> Page)> EditAsync()
    {
        var product = await house.GivenProductAsync();
        return (product, Render(product.Id));
    }

    private IRenderedComponent<ProductEditorPage> Render(Guid id)
    {
        Ask();
        var page = Render<ProductEditorPage>(p => p.Add(x => x.Id, id));
        page.WaitForState(() => !page.Markup.Contains("skeleton", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        return page;
    }

    private void Ask()
    {
        var dialogs = Services.GetRequiredService<DialogService>();
        dialogs.OnOpen += (title, _, _, _) =>
        {
            questions.Add(title ?? "");
            dialogs.Close(answer);
        };
    }

    /// <summary>The click may meet a page that is being drawn, and is done a moment later then.</summary>
    private static void Open(IRenderedComponent<ProductEditorPage> page, string code)
    {
        page.Find($"[data-rule={code}] .rule-head").Click();
        page.WaitForState(() => page.FindAll($"[data-rule={code}] .rule-head[aria-expanded=true]").Count == 1, TimeSpan.FromSeconds(10));
    }

    private static IReadOnlyList<string> Order(IRenderedComponent<ProductEditorPage> page) => [.. page.FindAll("[data-rule]").Select(e => e.GetAttribute("data-rule")!)];
}
