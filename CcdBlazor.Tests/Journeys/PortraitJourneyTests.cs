using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static CcdBlazor.Tests.Journeys.JourneySteps;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>From the portrait to the owner, in real browsers: filled, clustered, matched, approved in part, changed by hand, undone, given up and picked up.</summary>
[Collection(BrowserJourneys.Name)]
public partial class PortraitJourneyTests(Browsers browsers)
{
    private const string CarNeeds = "购车、快速放款、线上办理、教育、信用修复";

    [Fact]
    public async Task Portraits_lead_to_segments_and_to_a_plan_of_which_a_part_is_approved_and_undone_while_one_is_given_by_hand_and_goes_through_the_pool()
    {
        var product = await browsers.OfferAsync("画像贷", Rule("id_card_front", 1));
        var admin = await browsers.DesktopAsync("admin");
        var clerk = await browsers.DesktopAsync("jingli");
        var colleague = await browsers.DesktopAsync("jingli2");

        // The colleague is good at what the first customer needs, and nobody at what the second does.
        await Browsers.GoLiveAsync(admin, "/portraits/managers?q=周经理");
        await admin.GetByRole(AriaRole.Button, new() { Name = "周经理", Exact = true }).ClickAsync();
        await admin.Locator("#manager-capabilities").FillAsync(CarNeeds);
        await SaveAsync(admin);
        await Expect(admin.GetByRole(AriaRole.Row).Filter(new() { HasText = "周经理" }).First).ToContainTextAsync("快速放款");
        var (car, carNumber) = await FilledAsync(clerk, product, "12", CarNeeds);
        var (house, houseNumber) = await FilledAsync(clerk, product, "96", "古董收藏");

        // Clustered in the background; the result comes by itself, and each customer's page names the segment.
        await Browsers.GoLiveAsync(admin, "/portraits/segments");
        await admin.Locator("[data-act=start]").ClickAsync();
        await admin.GetByLabel("指定群数").CheckAsync();
        await admin.GetByRole(AriaRole.Spinbutton, new() { Name = "群数", Exact = true }).FillAsync("2");
        await admin.GetByRole(AriaRole.Button, new() { Name = "开始", Exact = true }).ClickAsync();
        await Expect(admin.Locator("[data-segment]").First).ToBeVisibleAsync();
        await Browsers.GoLiveAsync(clerk, $"{car}/portrait");
        await Expect(clerk.Locator("[data-part=segment]")).ToContainTextAsync("号群");

        // The dry run changes nobody; of its changes one is approved.
        await Browsers.GoLiveAsync(admin, "/portraits/assignments");
        await admin.GetByRole(AriaRole.Button, new() { Name = "试算分配" }).First.ClickAsync();
        await admin.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "开始试算" }).ClickAsync();
        await admin.WaitForURLAsync(RunAddress());
        var run = new Uri(admin.Url).AbsolutePath;
        await Expect(admin.Locator(".page-head .chip")).ToHaveTextAsync("待批准");
        await Browsers.GoLiveAsync(admin, $"{run}?q={carNumber}");
        var row = admin.GetByRole(AriaRole.Row).Filter(new() { HasText = carNumber });
        await Expect(row).ToContainTextAsync("周经理");
        await Expect(row).ToContainTextAsync("需求相符 5 项");
        await Expect(row).ToContainTextAsync("未执行");
        await OwnerIsAsync(clerk, car, "李经理");
        await row.GetByRole(AriaRole.Checkbox).CheckAsync();
        await admin.GetByRole(AriaRole.Button, new() { Name = "批准并执行所选 1 位" }).ClickAsync();
        await admin.Locator("#apply-note").FillAsync("按需求调整");
        await admin.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "批准并执行" }).ClickAsync();
        await Expect(admin.GetByText("已更换 1 位客户的负责人。")).ToBeVisibleAsync();
        await Expect(row).ToContainTextAsync("已执行");
        await OwnerIsAsync(colleague, car, "周经理");
        await Browsers.GoLiveAsync(clerk, car);
        await Expect(clerk.GetByText("没有找到")).ToBeVisibleAsync();

        // By hand, whatever the plan says.
        await Browsers.GoLiveAsync(admin, $"{house}/portrait");
        await admin.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "周经理" }).GetByRole(AriaRole.Button, new() { Name = "分配" }).ClickAsync();
        await admin.Locator("#assign-reason").FillAsync("客户指名");
        await admin.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "分配", Exact = true }).ClickAsync();
        await Expect(admin.Locator("section[aria-labelledby=owners]")).ToContainTextAsync("客户指名");

        // Undoing gives back what the run changed, and nothing else.
        await Browsers.GoLiveAsync(admin, $"{run}?q={carNumber}");
        await admin.GetByRole(AriaRole.Button, new() { Name = "撤销执行" }).ClickAsync();
        await admin.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "撤销", Exact = true }).ClickAsync();
        await Expect(admin.GetByText("已交还 1 位客户。")).ToBeVisibleAsync();
        await Expect(row).ToContainTextAsync("已撤销");
        await OwnerIsAsync(clerk, car, "李经理");
        await OwnerIsAsync(colleague, house, "周经理");

        // Into the pool with a reason; the one who had it before waits, the lead picks it up on the phone.
        await Browsers.GoLiveAsync(colleague, house);
        await colleague.GetByTestId("release").ClickAsync();
        var release = colleague.GetByRole(AriaRole.Alertdialog);
        await release.GetByRole(AriaRole.Button, new() { Name = "放入公海" }).ClickAsync();
        await Expect(release.GetByRole(AriaRole.Alert)).ToContainTextAsync("原因");
        await colleague.Locator("#release-reason").FillAsync("需求不再");
        await release.GetByRole(AriaRole.Button, new() { Name = "放入公海" }).ClickAsync();
        await Expect(colleague.GetByText("没有找到")).ToBeVisibleAsync();
        await Browsers.GoLiveAsync(clerk, $"/pool?q={houseNumber}");
        await Expect(clerk.Locator($"[data-pooled='{houseNumber}']").GetByTestId("not-before")).ToBeVisibleAsync();
        var lead = await browsers.PhoneAsync("zhuguan");
        await Browsers.GoLiveAsync(lead, $"/pool?q={houseNumber}");
        await lead.Locator($"[data-pooled='{houseNumber}']").GetByRole(AriaRole.Button, new() { Name = "领取" }).ClickAsync();
        await lead.WaitForURLAsync($"**{house}");
        await lead.GetByTestId("ownership").Locator("summary").ClickAsync();
        await Expect(lead.GetByTestId("owner-history")).ToContainTextAsync("从公海领取");
        await Expect(lead.GetByTestId("owner-history")).ToContainTextAsync("需求不再");
    }

    [GeneratedRegex("/portraits/assignments/[0-9a-f-]{36}$")]
    private static partial Regex RunAddress();

    private static async Task<(string Path, string Number)> FilledAsync(IPage clerk, string product, string income, string needs)
    {
        var customer = await NewCustomerAsync(clerk, product);
        var number = await clerk.Locator(".page-head .num").First.InnerTextAsync();
        await Browsers.GoLiveAsync(clerk, $"{customer}/portrait");
        await clerk.GetByRole(AriaRole.Button, new() { Name = "填写画像" }).ClickAsync();
        await clerk.Locator("#trait-income").FillAsync(income);
        await clerk.Locator("#trait-needs").FillAsync(needs);
        await SaveAsync(clerk);
        await Expect(clerk.Locator("section[aria-labelledby=portrait-head]")).ToContainTextAsync(needs[..2]);
        return (customer, number);
    }

    private static async Task SaveAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "保存", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    /// <summary>As the reader's page of the portrait says it; who does not see the customer finds nothing.</summary>
    private static async Task OwnerIsAsync(IPage page, string customer, string owner)
    {
        await Browsers.GoLiveAsync(page, $"{customer}/portrait");
        await Expect(page.Locator(".check-item").Filter(new() { HasText = "现负责人" })).ToContainTextAsync(owner);
    }
}
