using System.Text.Json;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Tests.CustomerAccounts;
using CcdBlazor.Tests.Documents;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>
/// Every page with demo data, as a desktop and as a phone: nothing sticks out sideways, axe-core finds nothing serious, and the browser reports no error.
/// With <c>CCD_SCREENSHOTS=folder</c> the pictures are kept there.
/// </summary>
public sealed class EveryPageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string Axe = File.ReadAllText(Path.Combine(Path.GetDirectoryName(MediaWorkerFolder.Path)!, "wwwroot-assets", "node_modules", "axe-core", "axe.min.js"));
    private readonly Browsers browsers = new() { WithCustomers = true };

    public async Task InitializeAsync()
    {
        await browsers.InitializeAsync();
        await Eventually.TrueAsync(() => browsers.Program.Output.Contains("Demo customers are in place", StringComparison.Ordinal), TimeSpan.FromMinutes(5));
    }

    public Task DisposeAsync() => browsers.DisposeAsync();

    [Fact]
    public async Task Every_page_fits_its_screen_and_is_accessible()
    {
        var problems = new List<string>();
        foreach (var phone in new[] { false, true })
        {
            var size = phone ? "phone" : "desktop";
            var anonymous = await browsers.PageAsync(phone);
            await LookAsync(anonymous, "/login", $"login-{size}", problems);
            await LookAsync(anonymous, "/forgot-password", $"forgot-password-{size}", problems);
            await LookAsync(anonymous, "/my/sign-in", $"my-sign-in-{size}", problems);
            await anonymous.Context.CloseAsync();

            var clerk = await browsers.PageAsync(phone, "jingli");
            await LookAsync(clerk, "/", $"today-{size}", problems);
            await LookAsync(clerk, "/customers", $"customers-{size}", problems);
            var customer = await FirstLinkAsync(clerk, "/customers?state=collecting", "/customers/");
            await LookAsync(clerk, customer, $"customer-{size}", problems);
            await LookAsync(clerk, $"{customer}/edit", $"customer-edit-{size}", problems);
            await LookAsync(clerk, $"{customer}/portrait", $"customer-portrait-{size}", problems);
            await LookAsync(clerk, "/customers/new", $"customer-new-{size}", problems);
            await LookAsync(clerk, $"{customer}/upload", $"upload-staff-{size}", problems);
            await LookAsync(clerk, "/followups", $"follow-ups-{size}", problems);
            await LookAsync(clerk, "/followups?month=now", $"follow-ups-month-{size}", problems);
            await LookAsync(clerk, "/pool", $"pool-{size}", problems);
            await LookAsync(clerk, "/account/security", $"account-security-{size}", problems);
            await LookAsync(clerk, "/account/password", $"account-password-{size}", problems);
            await LookAsync(clerk, "/no-such-page", $"not-found-{size}", problems);
            await LookAtCustomerAsync(clerk, customer, phone, size, problems);
            await clerk.Context.CloseAsync();

            var reviewer = await browsers.PageAsync(phone, "shenhe");
            await LookAsync(reviewer, "/review", $"review-queue-{size}", problems);
            await LookAsync(reviewer, await FirstLinkAsync(reviewer, "/review", "/review/"), $"review-{size}", problems);
            await reviewer.Context.CloseAsync();

            var admin = await browsers.PageAsync(phone, "admin");
            foreach (var page in new[]
            {
                "statistics", "pool/settings", "portraits/segments", "portraits/managers", "portraits/assignments", "portraits/scores", "portraits/effects", "portraits/effects/customers", "admin/products", "admin/staff", "admin/departments", "admin/roles", "admin/jobs", "admin/settings", "admin/audit", "customers/recycle-bin",
                "messages/templates", "messages/accounts", "messages/lists", "messages/send", "messages/send?kind=batch", "messages/batches", "messages/records", "messages/failures",
                "messages/monitor", "messages/api", "admin/api-keys",
            })
                await LookAsync(admin, "/" + page, $"{page.Replace('/', '-').Replace("?kind=", "-", StringComparison.Ordinal)}-{size}", problems);
            if (!phone)
                await DryRunAsync(admin);
            await LookAsync(admin, await FirstLinkAsync(admin, "/portraits/assignments", "/portraits/assignments/"), $"portraits-assignment-{size}", problems);
            await LookAsync(admin, await FirstLinkAsync(admin, "/admin/products", "/admin/products/"), $"admin-product-{size}", problems);
            await LookAsync(admin, await FirstLinkAsync(admin, "/messages/templates", "/messages/templates/"), $"messages-template-{size}", problems);
            await admin.Context.CloseAsync();
        }

        foreach (var problem in problems)
            output.WriteLine(problem);
        Assert.Empty(problems);
    }

    /// <summary>What the customer himself sees once he has an account.</summary>
    private async Task LookAtCustomerAsync(IPage clerk, string customer, bool phone, string size, List<string> problems)
    {
        var given = new GivenFile(browsers.Program.ConnectionString, browsers.Program.DataFolder);
        given.Connect();
        await using var services = given.Services;
        if (!phone)
        {
            await Browsers.GoLiveAsync(clerk, customer);
            await clerk.GetByTestId("open-account").ClickAsync();
            await clerk.GetByRole(AriaRole.Button, new() { Name = "开通", Exact = true }).ClickAsync();
            await clerk.GetByTestId("close-account").WaitForAsync();
        }

        var id = Guid.Parse(customer.Split('/')[^1]);
        string mobile;
        await using (var db = given.Db())
            mobile = (await db.Customers.AsNoTracking().SingleAsync(c => c.Id == id)).Phones[0];
        await given.ExecuteAsync($"update customer_sign_in_codes set created_at = created_at - interval '2 days'");
        var page = await browsers.PageAsync(phone);
        await page.GotoAsync("/my/sign-in");
        await page.Locator("#mobile").FillAsync(mobile);
        await page.GetByTestId("send-code").ClickAsync();
        await page.Locator("#code").FillAsync(await given.LatestCodeAsync(mobile));
        await page.GetByTestId("my-sign-in").ClickAsync();
        await page.WaitForURLAsync("**/my");
        foreach (var (path, name) in new[] { ("/my", "my"), ($"/my/files/{id}", "my-file"), ($"/my/files/{id}/about", "my-about"), ($"/my/files/{id}/messages", "my-messages") })
            await LookAsync(page, path, $"{name}-{size}", problems);
        await page.Context.CloseAsync();
    }

    /// <summary>So that there is a plan to look at.</summary>
    private static async Task DryRunAsync(IPage page)
    {
        await Browsers.GoLiveAsync(page, "/portraits/assignments");
        await page.GetByRole(AriaRole.Button, new() { Name = "试算分配" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "开始试算" }).ClickAsync();
        await page.GetByText("待批准").First.WaitForAsync();
    }

    private static async Task<string> FirstLinkAsync(IPage page, string list, string prefix)
    {
        await page.GotoAsync(list);
        var link = page.Locator($"main a[href^='{prefix}']:visible").Filter(new() { HasNotText = "新建" }).First;
        await link.WaitForAsync();
        return await link.GetAttributeAsync("href") ?? throw new InvalidOperationException($"No link under {list}.");
    }

    private static async Task LookAsync(IPage page, string path, string name, List<string> problems)
    {
        void Note(object? sender, IConsoleMessage message)
        {
            // The missing page answers 404 on purpose, and the browser says so.
            if (message.Type == "error" && !path.Contains("no-such", StringComparison.Ordinal))
                problems.Add($"{name}: the browser reports {message.Text}");
        }

        page.Console += Note;
        await page.GotoAsync(path);
        await page.Locator("h1, #upload-root :is(h1, h2)").First.WaitForAsync();
        if (await page.Locator(".app-shell").CountAsync() > 0)
            await page.Locator(".app-shell[data-live=yes]").WaitForAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        var wide = await page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - innerWidth)");
        if (wide > 1)
            problems.Add($"{name}: {wide} px stick out sideways");
        await page.EvaluateAsync(Axe);
        var found = await page.EvaluateAsync<JsonElement>(
            "axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')))");
        problems.AddRange(found.EnumerateArray().Select(violation => $"{name}: {violation.GetString()}"));
        if (Environment.GetEnvironmentVariable("CCD_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
        page.Console -= Note;
    }
}
