using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Products;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>What many journeys begin with.</summary>
internal static class JourneySteps
{
    internal static ILocator Item(IPage page, string code, string state) => page.Locator($"[data-item={code}][data-state={state}]");

    internal static ChecklistRule Rule(string type, int order) => new() { Code = type, TypeCode = type, Order = order };

    internal static async Task UploadAsync(IPage page, string item, string path)
    {
        await page.SelectOptionAsync("#upload-item", item);
        var uploader = page.GetByTestId("uploader");
        await uploader.Locator("input[type=file]").First.SetInputFilesAsync(path);
        await uploader.Locator(".uppy-StatusBar-actionBtn--upload").ClickAsync();
    }

    internal static async Task<string> NewCustomerAsync(IPage clerk, string product, bool identity = true)
    {
        var random = new Random();
        await Browsers.GoLiveAsync(clerk, "/customers/new");
        await clerk.Locator("#Name").FillAsync($"测试客户{random.Next(1000, 9999)}");
        if (identity)
            await clerk.Locator("#IdentityNumber").FillAsync(CitizenNumber.Synthetic(random).Value);
        await clerk.Locator("#phone-0").FillAsync(MobilePhone.Synthetic(random).Value);
        if (await clerk.Locator("select[id^=loan-]").CountAsync() == 0)
            await clerk.GetByRole(AriaRole.Button, new() { Name = "＋ 添加贷款产品" }).ClickAsync();
        await clerk.Locator("select[id^=loan-]").First.SelectOptionAsync(new SelectOptionValue { Label = product });
        await clerk.Locator("input[name^=amount-]").First.FillAsync("120000");
        await clerk.GetByRole(AriaRole.Button, new() { Name = "保存", Exact = true }).ClickAsync();
        await clerk.WaitForURLAsync(url => System.Text.RegularExpressions.Regex.IsMatch(url, "/customers/[0-9a-f-]{36}$"));
        await Expect(clerk.GetByTestId("checklist")).ToBeVisibleAsync();
        return new Uri(clerk.Url).AbsolutePath;
    }

    internal static async Task<string> OfferAsync(this Browsers browsers, string name, params ChecklistRule[] rules)
    {
        await using var services = JourneyServices.Of(browsers.Program);
        var full = $"{name}{Guid.NewGuid():N}"[..12];
        var offered = await services.GetRequiredService<ProductService>().OfferAsync(
            new ProductDraft($"t_{Guid.NewGuid():N}"[..30], full, null, 99), new ChecklistRules(rules), new SystemActor("test"), CancellationToken.None);
        Assert.True(offered.Ok, offered.Refusal?.Text);
        return full;
    }
}
