using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Tests.CustomerAccounts;
using CcdBlazor.Tests.Documents;
using Microsoft.Playwright;
using static CcdBlazor.Tests.Journeys.JourneySteps;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>A customer gets an account, signs in on a phone, says who he is, and is locked out again; in real browsers.</summary>
[Collection(BrowserJourneys.Name)]
public class CustomerAccountJourneyTests(Browsers browsers)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 30_000 };

    [Fact]
    public async Task Staff_open_an_account_the_customer_signs_in_on_a_phone_fills_the_portrait_live_and_lands_at_the_sign_in_once_it_is_closed()
    {
        var product = await browsers.OfferAsync("账号贷", Rule("id_card_front", 1));
        var clerk = await browsers.DesktopAsync("jingli");
        var customer = await NewCustomerAsync(clerk, product);
        var panel = clerk.GetByTestId("customer-account");
        await Expect(panel.GetByTestId("account-state")).ToHaveTextAsync("未开通");
        await panel.GetByTestId("open-account").ClickAsync();
        var mobile = await clerk.Locator("#account-mobile").InputValueAsync();
        await clerk.GetByRole(AriaRole.Button, new() { Name = "开通", Exact = true }).ClickAsync();
        await Expect(panel.GetByTestId("account-state")).ToHaveTextAsync("已开通", new() { Timeout = 30_000 });
        await Expect(panel).ToContainTextAsync("还没有登录过");

        // The message says where; the code comes to the number.
        await using var given = new GivenStore(browsers.Program);
        Assert.EndsWith("/my/sign-in", (await given.House.MessagesToAsync(mobile)).Single(m => m.Template == ShippedTemplates.CustomerAccountOpened).Values["url"], StringComparison.Ordinal);
        var phone = await browsers.PhoneAsync();
        await phone.GotoAsync("/my");
        await phone.WaitForURLAsync("**/my/sign-in**");
        await SignInAsync(phone, given.House, mobile);
        await Expect(phone.GetByTestId("my-missing")).ToContainTextAsync("身份证");
        await Expect(phone.GetByTestId("manager-card")).ToContainTextAsync("李经理");
        await Expect(panel).ToContainTextAsync("1 台设备登录中", new() { Timeout = 30_000 });

        // What he says about himself stands on the open page of the colleague, with its source.
        var colleague = await browsers.DesktopAsync("jingli");
        await Browsers.GoLiveAsync(colleague, $"{customer}/portrait");
        await phone.GetByTestId("my-about").ClickAsync();
        await phone.Locator("#hobbies").FillAsync("登山、书法");
        await phone.GetByRole(AriaRole.Button, new() { Name = "保存", Exact = true }).ClickAsync();
        await Expect(phone.GetByText("已保存，谢谢。")).ToBeVisibleAsync(Patient);
        await Expect(colleague.GetByText("登山").First).ToBeVisibleAsync(Patient);
        await Expect(colleague.GetByText("客户本人").First).ToBeVisibleAsync(Patient);

        await panel.GetByTestId("close-account").ClickAsync();
        await clerk.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "停用", Exact = true }).ClickAsync();
        await Expect(panel.GetByTestId("account-state")).ToHaveTextAsync("停用", new() { Timeout = 30_000 });
        await phone.GotoAsync("/my");
        await phone.WaitForURLAsync("**/my/sign-in**");
    }

    [Fact]
    public async Task Two_files_of_one_person_open_with_one_number_and_a_number_that_changed_is_opened_anew()
    {
        var product = await browsers.OfferAsync("多份贷", Rule("id_card_front", 1));
        var clerk = await browsers.DesktopAsync("jingli");
        var first = await NewCustomerAsync(clerk, product);
        var mobile = await PhoneOfAsync(clerk, first);
        // Whose identity is another one is not asked about: it cannot be the same person.
        var second = await NewCustomerAsync(clerk, product, identity: false);
        await WithPhoneAsync(clerk, second, mobile);

        await Browsers.GoLiveAsync(clerk, first);
        await OpenAsync(clerk);
        // The same number for another file: that could be somebody else, so it is asked.
        await Browsers.GoLiveAsync(clerk, second);
        await clerk.GetByTestId("open-account").ClickAsync();
        var form = clerk.GetByRole(AriaRole.Dialog);
        await form.GetByRole(AriaRole.Button, new() { Name = "开通", Exact = true }).ClickAsync();
        await Expect(form.GetByRole(AriaRole.Alert)).ToContainTextAsync("这个手机号已有客户账号");
        await LookAsync(clerk, "same-person");
        await form.GetByTestId("same-person").CheckAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "开通", Exact = true }).ClickAsync();
        await Expect(clerk.GetByTestId("account-state")).ToHaveTextAsync("已开通", new() { Timeout = 30_000 });
        await Expect(clerk.GetByTestId("customer-account")).ToContainTextAsync("其他 1 份资料");

        await using var given = new GivenStore(browsers.Program);
        var phone = await browsers.PhoneAsync();
        await SignInAsync(phone, given.House, mobile);
        var files = phone.GetByTestId("my-files").GetByRole(AriaRole.Listitem);
        await Expect(files).ToHaveCountAsync(2);
        await LookAsync(phone, "my-files");
        await files.First.GetByRole(AriaRole.Link).ClickAsync();
        await phone.WaitForURLAsync("**/my/files/**");
        await Expect(phone.GetByTestId("my-missing")).ToContainTextAsync("身份证");

        // The customer has a new number: with the old one this file is gone at the next click, the other one stays.
        var changed = Domain.Common.Identifiers.MobilePhone.Synthetic(new Random()).Value;
        await WithPhoneAsync(clerk, second, changed);
        await phone.GotoAsync("/my");
        await Expect(phone.GetByTestId("my-files")).ToHaveCountAsync(0);
        await phone.GotoAsync($"/my/files/{second.Split('/')[^1]}");
        await Expect(phone.GetByText("没有找到").First).ToBeVisibleAsync(Patient);
        await Browsers.GoLiveAsync(clerk, second);
        await Expect(clerk.GetByTestId("customer-account")).ToContainTextAsync("请换号开通");
        await LookAsync(clerk, "number-gone");
        await OpenAsync(clerk);
        await Expect(clerk.GetByTestId("customer-account")).ToContainTextAsync(changed[..3]);
        var anew = await browsers.PhoneAsync();
        await SignInAsync(anew, given.House, changed);
        await Expect(anew.GetByTestId("my-missing")).ToContainTextAsync("身份证");
        await LookAsync(anew, "my-anew");
        await anew.GetByTestId("my-about").ClickAsync();
        await anew.WaitForURLAsync("**/about");
        await LookAsync(anew, "about-me");
    }

    private static async Task OpenAsync(IPage clerk)
    {
        await clerk.GetByTestId("open-account").ClickAsync();
        await clerk.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "开通", Exact = true }).ClickAsync();
        await Expect(clerk.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(clerk.GetByTestId("account-state")).ToHaveTextAsync("已开通", new() { Timeout = 30_000 });
    }

    private static async Task<string> PhoneOfAsync(IPage clerk, string customer)
    {
        await Browsers.GoLiveAsync(clerk, $"{customer}/edit");
        return await clerk.Locator("#phone-0").InputValueAsync();
    }

    private static async Task WithPhoneAsync(IPage clerk, string customer, string mobile)
    {
        await Browsers.GoLiveAsync(clerk, $"{customer}/edit");
        await clerk.Locator("#phone-0").FillAsync(mobile);
        await clerk.GetByRole(AriaRole.Button, new() { Name = "保存", Exact = true }).ClickAsync();
        await clerk.WaitForURLAsync(url => url.EndsWith(customer, StringComparison.Ordinal));
    }

    private static async Task SignInAsync(IPage phone, GivenFile house, string mobile)
    {
        if (!phone.Url.Contains("/my/sign-in", StringComparison.Ordinal))
            await phone.GotoAsync("/my/sign-in");
        await phone.Locator("#mobile").FillAsync(mobile);
        await phone.GetByTestId("send-code").ClickAsync();
        await Expect(phone.Locator("#code")).ToBeVisibleAsync(Patient);
        await phone.Locator("#code").FillAsync(await house.LatestCodeAsync(mobile));
        await phone.GetByTestId("my-sign-in").ClickAsync();
        await phone.WaitForURLAsync("**/my");
    }

    /// <summary>For people: <c>CCD_SCREENSHOTS=folder</c> keeps the picture.</summary>
    private static async Task LookAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("CCD_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"journey-{name}.png"), FullPage = true });
    }

    /// <summary>The store of the running program, to read what the customer's phone would show.</summary>
    private sealed class GivenStore : IAsyncDisposable
    {
        public GivenStore(Support.RunningProgram program)
        {
            House = new GivenFile(program.ConnectionString, program.DataFolder);
            House.Connect();
        }

        public GivenFile House { get; }

        public async ValueTask DisposeAsync() => await House.Services.DisposeAsync();
    }
}
