using CcdBlazor.Domain.Products;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static CcdBlazor.Tests.Journeys.JourneySteps;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>The main job, told in real browsers: from a new customer to an approved file.</summary>
[Collection(BrowserJourneys.Name)]
public class CollectionJourneyTests(Browsers browsers)
{
    [Fact]
    public async Task Two_colleagues_and_the_customer_fill_a_file_together_until_it_is_approved()
    {
        var files = await PapersAsync();
        var product = await OfferAsync("三件套", Rule("id_card_front", 1), Rule("id_card_back", 2), Rule("bank_statement", 3));

        // A clerk opens a customer; the head of his department looks over his shoulder.
        var clerk = await browsers.DesktopAsync("jingli");
        var customer = await NewCustomerAsync(clerk, product);
        var head = await browsers.DesktopAsync("zhuguan");
        await Browsers.GoLiveAsync(head, customer);
        await Expect(clerk.Locator(".avatars .avatar[title='吴主管']")).ToBeVisibleAsync();
        await Expect(head.GetByTestId("missing").Locator("li")).ToHaveCountAsync(3);

        // The clerk hands in the front; his colleague sees it without doing anything.
        await UploadAsync(clerk, "id_card_front", files.Front);
        await Expect(Item(head, "id_card_front", "Uploaded")).ToBeVisibleAsync();
        await Expect(head.GetByTestId("percent")).ToHaveTextAsync("33%");

        // The customer, on a phone and without an account, photographs the back.
        await clerk.GetByTestId("create-link").ClickAsync();
        var link = await clerk.GetByTestId("link-url").InputValueAsync();
        var phone = await browsers.PhoneAsync();
        await phone.GotoAsync(link);
        await phone.Locator("[data-item=id_card_back] input[type=file]").First.SetInputFilesAsync(files.Back);
        await Expect(Item(clerk, "id_card_back", "Uploaded")).ToBeVisibleAsync();
        await Expect(Item(head, "id_card_back", "Uploaded")).ToBeVisibleAsync();

        // The last paper makes the file complete, for everybody.
        await UploadAsync(head, "bank_statement", files.Statement);
        await Expect(clerk.Locator(".page-head .chip")).ToHaveTextAsync("资料已齐全");
        await SubmitAsync(clerk);

        // The reviewer works with the keys: two papers are good, the back is not.
        var reviewer = await browsers.DesktopAsync("shenhe");
        await Browsers.GoLiveAsync(reviewer, customer.Replace("/customers/", "/review/", StringComparison.Ordinal));
        await DecideAsync(reviewer, "a", 1);
        await reviewer.Keyboard.PressAsync("r");
        await reviewer.GetByRole(AriaRole.Button, new() { Name = "有反光" }).ClickAsync();
        await reviewer.GetByRole(AriaRole.Button, new() { Name = "确定退回" }).ClickAsync();
        await Expect(reviewer.Locator(".page-head")).ToContainTextAsync("2 / 3");
        await reviewer.GetByTestId("review").FocusAsync();
        await DecideAsync(reviewer, "a", 3);
        await reviewer.GetByRole(AriaRole.Button, new() { Name = "退回补充" }).ClickAsync();
        await Expect(reviewer.Locator("#move-reason")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("反光"));
        await reviewer.GetByRole(AriaRole.Button, new() { Name = "确定退回补充" }).ClickAsync();
        await Expect(clerk.Locator(".page-head .chip")).ToHaveTextAsync("资料收集中");

        // The customer reads why, and sends a better one.
        await phone.ReloadAsync();
        await Expect(phone.Locator("[data-item=id_card_back]")).ToContainTextAsync("反光");
        await phone.Locator("[data-item=id_card_back] input[type=file]").First.SetInputFilesAsync(files.BetterBack);
        await Expect(clerk.Locator(".page-head .chip")).ToHaveTextAsync("资料已齐全");
        await SubmitAsync(clerk);

        await Expect(reviewer.Locator(".page-head .chip")).ToHaveTextAsync("审核中");
        await reviewer.Locator(".review-list button[data-document]", new() { HasText = "待审核" }).ClickAsync();
        await reviewer.GetByTestId("review").FocusAsync();
        await DecideAsync(reviewer, "a", 3);
        await reviewer.Locator(".page-head").GetByRole(AriaRole.Button, new() { Name = "通过", Exact = true }).ClickAsync();
        await reviewer.GetByRole(AriaRole.Button, new() { Name = "确定通过" }).ClickAsync();
        await Expect(clerk.Locator(".page-head .chip")).ToHaveTextAsync("已通过");
        await Expect(clerk.GetByTestId("timeline")).ToContainTextAsync("孙审核");
        foreach (var page in new[] { clerk, head, phone, reviewer })
            await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_was_chosen_without_network_is_sent_after_the_page_was_closed_and_opened_again()
    {
        var files = await PapersAsync();
        var product = await OfferAsync("断网", Rule("id_card_front", 1));
        var clerk = await browsers.DesktopAsync("jingli");
        await NewCustomerAsync(clerk, product);
        await clerk.GetByTestId("create-link").ClickAsync();
        var link = await clerk.GetByTestId("link-url").InputValueAsync();
        var phone = await browsers.PhoneAsync();
        await phone.GotoAsync(link);
        await Expect(phone.Locator("[data-item=id_card_front] input[type=file]").First).ToBeAttachedAsync();

        await phone.Context.SetOfflineAsync(true);
        await phone.Locator("[data-item=id_card_front] input[type=file]").First.SetInputFilesAsync(files.Front);
        await Expect(phone.Locator("[data-phase]").First).ToBeVisibleAsync();
        await phone.CloseAsync();
        await Expect(Item(clerk, "id_card_front", "Missing")).ToBeVisibleAsync();

        await phone.Context.SetOfflineAsync(false);
        var again = await phone.Context.NewPageAsync();
        await again.GotoAsync(link);
        await Expect(Item(clerk, "id_card_front", "Uploaded")).ToBeVisibleAsync();
        await clerk.Context.CloseAsync();
        await again.Context.CloseAsync();
    }

    [Fact]
    public async Task A_disabled_colleague_is_out_within_seconds_wherever_he_is()
    {
        var admin = await browsers.DesktopAsync("admin");
        var victim = await browsers.DesktopAsync("zhixing");
        await Browsers.GoLiveAsync(victim, "/customers");
        await Expect(victim.Locator("h1")).ToHaveTextAsync("客户");
        await using var services = Services();
        var directory = services.GetRequiredService<CcdBlazor.Domain.Staff.StaffDirectory>();
        var by = await directory.FindActorByUserNameAsync("admin", CancellationToken.None);
        var target = await directory.FindActorByUserNameAsync("zhixing", CancellationToken.None);
        var relay = services.GetRequiredService<CcdBlazor.Domain.Changes.ChangeRelay>();
        using var stop = new CancellationTokenSource();
        var running = relay.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => Task.FromResult(relay.Listening));

        // From another node: the word travels through the database.
        await services.GetRequiredService<CcdBlazor.Domain.Staff.StaffAccounts>().DisableAsync(target!.StaffId, "test", by!, CancellationToken.None);

        await victim.WaitForURLAsync(url => url.Contains("/login", StringComparison.Ordinal));
        await stop.CancelAsync();
        await running;
        await admin.Context.CloseAsync();
        await victim.Context.CloseAsync();
    }

    [Fact]
    public async Task A_colleague_who_is_asked_to_help_sees_the_customer_and_not_any_more_when_he_is_not()
    {
        var product = await OfferAsync("协作", Rule("id_card_front", 1));
        var clerk = await browsers.DesktopAsync("jingli");
        var customer = await NewCustomerAsync(clerk, product);
        var helper = await browsers.DesktopAsync("jingli2");
        await Browsers.GoLiveAsync(helper, customer);
        await Expect(helper.Locator("h1")).ToHaveTextAsync("没有找到这个页面");

        await clerk.GetByRole(AriaRole.Button, new() { Name = "添加协作同事" }).ClickAsync();
        await clerk.Locator("#collaborator").FillAsync("周经理");
        await clerk.GetByRole(AriaRole.Option, new() { Name = "周经理" }).ClickAsync();
        await Expect(clerk.GetByTestId("collaborators")).ToContainTextAsync("周经理");
        await Browsers.GoLiveAsync(helper, customer);
        await Expect(helper.GetByTestId("checklist")).ToBeVisibleAsync();

        await clerk.GetByRole(AriaRole.Button, new() { Name = "移除协作同事 周经理" }).ClickAsync();
        await Expect(helper.Locator("h1")).ToHaveTextAsync("没有找到这个页面");
        await clerk.Context.CloseAsync();
        await helper.Context.CloseAsync();
    }

    private static async Task DecideAsync(IPage reviewer, string key, int decided)
    {
        await reviewer.GetByTestId("review").PressAsync(key);
        await Expect(reviewer.Locator(".page-head")).ToContainTextAsync($"{decided} / 3");
    }

    private static async Task SubmitAsync(IPage clerk)
    {
        await clerk.GetByRole(AriaRole.Button, new() { Name = "提交审核" }).ClickAsync();
        await clerk.GetByRole(AriaRole.Button, new() { Name = "确定提交审核" }).ClickAsync();
        await Expect(clerk.Locator(".page-head .chip")).ToHaveTextAsync("审核中");
    }

    private Task<string> OfferAsync(string name, params ChecklistRule[] rules) => browsers.OfferAsync(name, rules);

    /// <summary>The domain on the program's own database and keys: arranges what no page is tested for here.</summary>
    private ServiceProvider Services() => JourneyServices.Of(browsers.Program);

    private static async Task<(string Front, string Back, string BetterBack, string Statement)> PapersAsync()
    {
        var folder = Directory.CreateTempSubdirectory("ccd-journey-").FullName;
        return (
            await SaveAsync("身份证正面.jpg", TestPictures.Photo(1600, 1000, 6, 1)),
            await SaveAsync("身份证反面.jpg", TestPictures.Photo(1600, 1000, 1, 2)),
            await SaveAsync("身份证反面-新.jpg", TestPictures.Photo(1600, 1000, 1, 3)),
            await SaveAsync("银行流水.pdf", TestPdfs.Statement(3, "statement")));

        async Task<string> SaveAsync(string name, byte[] bytes)
        {
            var path = Path.Combine(folder, name);
            await File.WriteAllBytesAsync(path, bytes);
            return path;
        }
    }
}
