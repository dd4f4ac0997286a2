using Bunit;
using CcdBlazor.Components.Messages;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace CcdBlazor.Tests.Messages;

public sealed class MessagePagesTests : BunitContext, IClassFixture<TemplateHouse>
{
    private readonly TemplateHouse house;
    private readonly List<string> questions = [];

    public MessagePagesTests(TemplateHouse house)
    {
        this.house = house;
        // The machine may be busy; nothing here waits for a time.
        DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddRadzenComponents();
        Services.AddSingleton(house.Templates).AddSingleton(house.Queries).AddSingleton(house.Accounts).AddSingleton(house.AccountQueries).AddSingleton(house.Blocks);
        Services.AddSingleton(house.Services.GetRequiredService<CustomerQueries>());
        Services.AddSingleton(house.Services.GetRequiredService<ChangeFeed>());
    }

    [Fact]
    public async Task What_is_typed_shows_at_once_on_the_phone_and_is_stored_as_a_draft()
    {
        var made = await house.CreatedAsync();
        var page = Editor(made.Id, TemplateHouse.Author);
        page.Find("#v-text").Input("您好{{name}}，今天到账。");
        Assert.Contains("您好陈女士，今天到账。", page.Find("[data-preview=Sms]").TextContent, StringComparison.Ordinal);
        Assert.Contains("1 条", page.Find("[data-preview=Sms] .phone-foot").TextContent, StringComparison.Ordinal);
        page.WaitForElement("#save").Click();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("#save")));
        Assert.Equal("您好{{name}}，今天到账。", (await house.ReadAsync(made.Id)).Draft!.Content.Variants[0].Text);
        page.Find("#activate").Click();
        await page.WaitForAssertionAsync(() => Assert.Contains("使用中", page.Find(".page-head").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_service_refuses_is_told_at_its_channel()
    {
        var made = await house.CreatedAsync();
        var page = Editor(made.Id, TemplateHouse.Author);
        page.Find("#v-text").Input("您好{{nobody}}");
        page.WaitForElement("#save").Click();
        await page.WaitForAssertionAsync(() => Assert.Contains("用到“nobody”，但没有这个变量", page.Find("[role=tabpanel] .error").TextContent, StringComparison.Ordinal));
        page.FindAll("button").Single(b => b.TextContent == "补上正文里用到的").Click();
        page.WaitForElement("#save").Click();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("#save")));
    }

    [Fact]
    public async Task A_colleagues_change_never_touches_what_is_being_typed()
    {
        var made = await house.CreatedAsync();
        var page = Editor(made.Id, TemplateHouse.Author);
        page.Find("#v-text").Input("我的{{name}}");
        Assert.True((await house.Templates.SaveDraftAsync(made.Id, TemplateHouse.Draft(made.Code, "同事的{{name}}"), made.Version, TemplateHouse.Second, default)).Ok);
        await page.WaitForAssertionAsync(() => Assert.Contains("同事改了这个模板", page.Markup, StringComparison.Ordinal));
        Assert.Equal("我的{{name}}", page.Find("#v-text").GetAttribute("value"));
        page.FindAll("button").Single(b => b.TextContent == "用我的修改覆盖").Click();
        page.WaitForElement("#save").Click();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("#save")));
        Assert.Equal("我的{{name}}", (await house.ReadAsync(made.Id)).Draft!.Content.Variants[0].Text);
    }

    [Fact]
    public async Task Approval_is_offered_to_the_second_person_only()
    {
        await house.SecondPersonAsync(true);
        try
        {
            var made = await house.CreatedAsync();
            var page = Editor(made.Id, TemplateHouse.Author);
            page.Find("#submit").Click();
            await page.WaitForAssertionAsync(() => Assert.Contains("待批准", page.Find(".page-head").TextContent, StringComparison.Ordinal));
            Assert.Empty(page.FindAll("#approve, #activate, #submit"));

            await using var other = new BunitContext();
            var theirs = Editor(made.Id, TemplateHouse.Second, other);
            theirs.Find("#approve").Click();
            await theirs.WaitForAssertionAsync(() => Assert.Contains("使用中", theirs.Find(".page-head").TextContent, StringComparison.Ordinal));
        }
        finally
        {
            await house.SecondPersonAsync(false);
        }
    }

    [Fact]
    public void An_unknown_template_looks_like_no_page() =>
        Assert.Contains("没有找到这个页面", Editor(Guid.NewGuid(), TemplateHouse.Author).Markup, StringComparison.Ordinal);

    [Fact]
    public async Task The_list_leads_to_its_templates_and_makes_new_ones()
    {
        var made = await house.CreatedAsync(TemplateHouse.Draft() with { Name = $"单{Guid.NewGuid():N}" });
        As(TemplateHouse.Author);
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo($"/messages/templates?q={made.Name}");
        var page = Render<TemplateListPage>();
        await page.WaitForAssertionAsync(() => Assert.Equal($"/messages/templates/{made.Id}", page.Find("tbody a").GetAttribute("href")));
        Assert.Single(page.FindAll("tbody tr"));

        page.FindAll("button").First(b => b.TextContent == "新建模板").Click();
        page.Find("#nt-name").Change("新模板");
        page.Find("#nt-code").Change(made.Code);
        page.Find("#side-form").Submit();
        await page.WaitForAssertionAsync(() => Assert.Contains("已被使用", page.Find(".field.invalid .error").TextContent, StringComparison.Ordinal));
        page.Find("#nt-code").Change($"n{Guid.NewGuid():N}");
        page.Find("#side-form").Submit();
        await Eventually.TrueAsync(() => Guid.TryParse(navigation.Uri[^36..], out _));
    }

    [Fact]
    public async Task An_account_is_entered_tested_and_its_secret_never_shown()
    {
        As(TemplateHouse.Keeper);
        var page = Render<AccountsPage>();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll(".skeleton")));
        page.FindAll("button").First(b => b.TextContent == "添加账号").Click();
        page.Find("#ac-name").Change("页面账号");
        page.Find("#ac-address").Change("https://sms.example.com/");
        page.Find("#ac-AccessKeyId").Change("id-1");
        page.Find("#ac-SignName").Change("签名");
        page.Find("#side-form").Submit();
        await page.WaitForAssertionAsync(() => Assert.Contains("请填写“密钥”", page.Find(".field.invalid .error").TextContent, StringComparison.Ordinal));
        page.Find("#ac-AccessKeySecret").Change("page-secret-77");
        page.Find("#side-form").Submit();
        await page.WaitForAssertionAsync(() => Assert.Contains("页面账号", page.Find("tbody").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll(".drawer"));

        page.FindAll("tbody button").First(b => b.TextContent == "页面账号").Click();
        await page.WaitForAssertionAsync(() => Assert.Equal("id-1", page.Find("#ac-AccessKeyId").GetAttribute("value")));
        Assert.DoesNotContain("page-secret-77", page.Markup, StringComparison.Ordinal);
        page.Find("button[aria-label='测试连接：页面账号']").Click();
        await page.WaitForAssertionAsync(() => Assert.DoesNotContain("没有测试过", page.FindAll("tbody tr").Single(r => r.TextContent.Contains("页面账号", StringComparison.Ordinal)).TextContent, StringComparison.Ordinal));
        Assert.Equal("page-secret-77", house.Sms.Probed!["AccessKeySecret"]);
    }

    [Fact]
    public async Task A_recipient_is_listed_and_taken_out_only_after_a_question_with_its_reason()
    {
        As(TemplateHouse.Keeper);
        Services.GetRequiredService<NavigationManager>().NavigateTo("/messages/lists?kind=Blocked&q=13644445555");
        var page = Render<ListsPage>();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll(".skeleton")));
        page.FindAll("button").First(b => b.TextContent == "添加").Click();
        page.Find("#bl-recipient").Change("136 4444 5555");
        page.Find("#bl-reason").Change("投诉");
        page.Find("#side-form").Submit();
        await page.WaitForAssertionAsync(() => Assert.Contains("136****5555", page.Find("tbody").TextContent, StringComparison.Ordinal));
        page.Find("tbody button").Click();
        page.Find("#remove-reason").Change("已和解");
        page.FindAll("[role=alertdialog] button").Single(b => b.TextContent == "移出").Click();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("tbody tr")));
    }

    private void As(StaffActor who) => Services.AddSingleton<CurrentActor>(new FixedActor(who));

    private IRenderedComponent<TemplateEditorPage> Editor(Guid id, StaffActor who, BunitContext? context = null)
    {
        var given = context ?? this;
        if (context is not null)
        {
            context.JSInterop.Mode = JSRuntimeMode.Loose;
            context.Services.AddRadzenComponents();
            context.Services.AddSingleton(house.Templates).AddSingleton(house.Queries).AddSingleton(house.Services.GetRequiredService<CustomerQueries>()).AddSingleton(house.Services.GetRequiredService<ChangeFeed>());
        }

        given.Services.AddSingleton<CurrentActor>(new FixedActor(who));
        var dialogs = given.Services.GetRequiredService<DialogService>();
        dialogs.OnOpen += (title, _, _, _) =>
        {
            questions.Add(title ?? "");
            dialogs.Close(true);
        };
        var page = given.Render<TemplateEditorPage>(p => p.Add(x => x.Id, id));
        page.WaitForState(() => !page.Markup.Contains("skeleton", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        return page;
    }
}
