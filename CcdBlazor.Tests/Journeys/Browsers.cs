using CcdBlazor.Tests.Support;
using Microsoft.Playwright;

namespace CcdBlazor.Tests.Journeys;

/// <summary>The real browser and the real program with demo people, shared by all journeys: both take seconds to start.</summary>
public sealed class Browsers : IAsyncLifetime
{
    private const int DesktopWidth = 1440;
    private const int PhoneWidth = 390;
    private const int Patience = 60_000;

    /// <summary>The last two: a camera and a screen that exist on no test machine, handed out without a question.</summary>
    private static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    ];

    private IPlaywright? playwright;
    private IBrowser? chromium;

    /// <summary>With the demo customers, which are filled in while the program runs already.</summary>
    internal bool WithCustomers { get; init; }

    internal RunningProgram Program { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Program = await RunningProgram.StartAsync(demo: true, arguments: $"--Demo:Customers={WithCustomers}");
        playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Flags });
    }

    public async Task DisposeAsync()
    {
        if (chromium is not null)
            await chromium.DisposeAsync();
        playwright?.Dispose();
        if (Program is not null)
            await Program.DisposeAsync();
    }

    /// <summary>A desktop browser of its own in which this colleague has signed in.</summary>
    /// <param name="through">Another address of the program, such as a proxy's.</param>
    internal async Task<IPage> DesktopAsync(string userName, Uri? through = null)
    {
        var page = await OpenAsync(DesktopWidth, 900, phone: false, through);
        await SignInAsync(page, userName);
        return page;
    }

    /// <summary>A phone without a session: a customer's.</summary>
    internal Task<IPage> PhoneAsync() => OpenAsync(PhoneWidth, 844, phone: true);

    internal async Task<IPage> PhoneAsync(string userName)
    {
        var page = await PhoneAsync();
        await SignInAsync(page, userName);
        return page;
    }

    internal async Task<IPage> PageAsync(bool phone, string? userName = null)
    {
        var page = await (phone ? PhoneAsync() : OpenAsync(DesktopWidth, 900, phone: false));
        if (userName is not null)
            await SignInAsync(page, userName);
        return page;
    }

    internal static async Task SignInAsync(IPage page, string userName)
    {
        await page.GotoAsync("/login");
        await page.FillAsync("input[name='Entry.UserName']", userName);
        await page.FillAsync("input[name='Entry.Password']", RunningProgram.DemoPassword);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForURLAsync(url => !url.Contains("/login", StringComparison.Ordinal));
    }

    /// <summary>Opens a page and waits until its circuit stands: before that a click goes nowhere.</summary>
    internal static async Task GoLiveAsync(IPage page, string path)
    {
        await page.GotoAsync(path);
        await page.Locator(".app-shell[data-live=yes]").WaitForAsync();
    }

    private async Task<IPage> OpenAsync(int width, int height, bool phone, Uri? through = null)
    {
        var context = await chromium!.NewContextAsync(new()
        {
            BaseURL = (through ?? Program.Address).ToString(),
            ViewportSize = new() { Width = width, Height = height },
            Locale = "zh-CN",
            TimezoneId = "Asia/Shanghai",
            HasTouch = phone,
            IsMobile = phone,
        });
        // The machine may be busy; a rule is broken by the wrong outcome, never by a slow one.
        context.SetDefaultTimeout(Patience);
        return await context.NewPageAsync();
    }
}

/// <summary>Journeys share one program and run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserJourneys : ICollectionFixture<Browsers>
{
    public const string Name = "Browser journeys";
}
