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
        await phone.Locator("#mobile").FillAsync(mobile);
        await phone.GetByTestId("send-code").ClickAsync();
        await Expect(phone.Locator("#code")).ToBeVisibleAsync(Patient);
        await phone.Locator("#code").FillAsync(await given.House.LatestCodeAsync(mobile));
        await phone.GetByTestId("my-sign-in").ClickAsync();
        await phone.WaitForURLAsync("**/my");
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
