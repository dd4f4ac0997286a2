using Microsoft.Playwright;
using static CcdBlazor.Tests.Journeys.JourneySteps;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>A customer is followed up, given up, and picked up by a colleague, in real browsers.</summary>
[Collection(BrowserJourneys.Name)]
public class FollowUpJourneyTests(Browsers browsers)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 30_000 };

    [Fact]
    public async Task A_follow_up_with_a_next_day_is_due_and_a_released_customer_is_picked_by_a_colleague_while_the_former_owner_cools_down()
    {
        var product = await browsers.OfferAsync("跟进贷", Rule("id_card_front", 1));
        var clerk = await browsers.DesktopAsync("jingli");
        var customer = await NewCustomerAsync(clerk, product);
        var number = await clerk.Locator(".page-head .num").First.InnerTextAsync();

        // Noted, with what comes next: it stands in the due list and in the timeline.
        await Expect(clerk.GetByTestId("countdown")).ToHaveTextAsync("还有 7 天进入公海", new() { Timeout = 30_000 });
        await clerk.GetByTestId("add-follow-up").ClickAsync();
        await clerk.Locator("#follow-what").FillAsync("问了收入，愿意补流水");
        await clerk.GetByRole(AriaRole.Button, new() { Name = "明天" }).ClickAsync();
        await clerk.Locator("#follow-next-what").FillAsync("催流水");
        await clerk.GetByRole(AriaRole.Button, new() { Name = "保存", Exact = true }).ClickAsync();
        await Expect(clerk.GetByTestId("follow-up").Filter(new() { HasText = "愿意补流水" })).ToBeVisibleAsync(Patient);
        await Expect(clerk.GetByTestId("timeline")).ToContainTextAsync("记录了跟进", new() { Timeout = 30_000 });
        await Browsers.GoLiveAsync(clerk, "/followups");
        await Expect(clerk.Locator($"[data-due='{number}']")).ToContainTextAsync("催流水", new() { Timeout = 30_000 });

        // Given up with a reason: the file is gone for the former owner, who has to wait before picking it again.
        await Browsers.GoLiveAsync(clerk, customer);
        await clerk.GetByTestId("release").ClickAsync();
        await clerk.Locator("#release-reason").FillAsync("多次联系不上");
        await clerk.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "放入公海" }).ClickAsync();
        await Expect(clerk.GetByText("没有找到")).ToBeVisibleAsync(Patient);
        await Browsers.GoLiveAsync(clerk, $"/pool?q={number}");
        var row = clerk.Locator($"[data-pooled='{number}']");
        await Expect(row.GetByTestId("not-before")).ToBeVisibleAsync(Patient);
        await Expect(row).ToContainTextAsync("领取后可见");

        // A colleague picks it up with one click and is on its page.
        var colleague = await browsers.DesktopAsync("jingli2");
        await Browsers.GoLiveAsync(colleague, $"/pool?q={number}");
        await Expect(colleague.GetByTestId("pool-standing")).ToContainTextAsync("今天还可领取", new() { Timeout = 30_000 });
        await colleague.Locator($"[data-pooled='{number}']").GetByRole(AriaRole.Button, new() { Name = "领取" }).ClickAsync();
        await colleague.WaitForURLAsync($"**{customer}", new() { Timeout = 30_000 });
        await Expect(colleague.GetByTestId("follow-up").Filter(new() { HasText = "愿意补流水" })).ToBeVisibleAsync(Patient);
        await colleague.GetByTestId("ownership").Locator("summary").ClickAsync();
        await Expect(colleague.GetByTestId("owner-history")).ToContainTextAsync("多次联系不上");
        await Expect(colleague.GetByTestId("owner-history")).ToContainTextAsync("从公海领取");
    }
}
