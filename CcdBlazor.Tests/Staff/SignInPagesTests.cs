using System.Net;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using CcdBlazor.Components;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Radzen;

namespace CcdBlazor.Tests.Staff;

/// <summary>The pages and guards over real HTTP: what a browser, and what a client that is no browser, gets.</summary>
public sealed partial class SignInPagesTests(StaffHouse house) : IClassFixture<StaffHouse>, IAsyncLifetime
{
    private WebApplication app = default!;
    private Uri address = default!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // The very services of the house (as instances: the program does not dispose them), so that a test changes accounts where the program reads them.
        builder.Services.AddSingleton(house.Clock as TimeProvider);
        builder.Services.AddSingleton(house.Feed).AddSingleton(house.Directory).AddSingleton(house.SignIn);
        builder.Services.AddSecurity(new ConfigurationBuilder().Build());
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddRadzenComponents();
        app = builder.Build();
        app.UseSecurity();
        app.UseAntiforgery();
        app.MapSecurityEndpoints();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        app.MapGet("/api/anything", () => "secret");
        await app.StartAsync();
        address = new Uri(app.Urls.Single());
    }

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task Nobody_sees_anything_but_the_sign_in_page()
    {
        using var browser = Browser();
        var page = await browser.GetAsync("/account/security");
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.Equal("/login?returnUrl=%2Faccount%2Fsecurity", Target(page));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/anything")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsync("/_blazor/negotiate?negotiateVersion=1", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/login")).StatusCode);
    }

    [Fact]
    public async Task The_right_password_leads_back_to_where_one_wanted_to_go()
    {
        var (_, userName) = await house.AddAsync();
        using var browser = Browser();
        var answer = await SignInAsync(browser, userName, StaffHouse.Password, "/login?returnUrl=%2Faccount%2Fsecurity");
        Assert.Equal("/account/security", Target(answer));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("ccd=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("开启两步验证", await browser.GetStringAsync("/account/security"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_stays_on_the_page_with_the_neutral_words()
    {
        var (_, userName) = await house.AddAsync();
        using var browser = Browser();
        var answer = await SignInAsync(browser, userName, "wrong-guess-1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(StaffRefusals.SignInRefused.Text, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(c => c.StartsWith("ccd=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_eleventh_attempt_in_a_minute_is_turned_away_unread()
    {
        using var browser = Browser();
        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.OK, (await SignInAsync(browser, "hammered", "wrong-guess-1")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await SignInAsync(browser, "hammered", "wrong-guess-1")).StatusCode);
    }

    [Fact]
    public async Task A_first_password_opens_only_the_page_that_changes_it()
    {
        var made = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "first.day", Name = "新同事" }, house.Administrator, default)).Value;
        using var browser = Browser();
        Assert.Equal("/account/password", Target(await SignInAsync(browser, "first.day", made.InitialPassword!)));
        Assert.Equal("/account/password", Target(await browser.GetAsync("/account/security")));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync("/api/anything")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.PostAsync("/_blazor/negotiate?negotiateVersion=1", null)).StatusCode);
        var changed = await PostAsync(browser, "/account/password", "change-password",
            ("Entry.Current", made.InitialPassword!), ("Entry.Next", "Blue-Lantern-58"), ("Entry.Repeated", "Blue-Lantern-58"));
        Assert.Equal("/", Target(changed));
        Assert.Equal("secret", await browser.GetStringAsync("/api/anything"));
    }

    [Fact]
    public async Task Two_factor_is_set_up_by_qr_code_and_asked_for_next_time()
    {
        var (actor, userName) = await house.AddAsync();
        using var browser = Browser();
        await SignInAsync(browser, userName, StaffHouse.Password);
        var shown = await (await PostAsync(browser, "/account/security", "start-two-factor")).Content.ReadAsStringAsync();
        Assert.Contains("data:image/png;base64,", shown, StringComparison.Ordinal);
        var secret = (await house.SignIn.PendingTwoFactorAsync(actor, default))!.Secret;
        var codes = await (await PostAsync(browser, "/account/security", "confirm-two-factor", ("Entry.Code", CodeNow(secret)))).Content.ReadAsStringAsync();
        Assert.Contains("recovery-codes", codes, StringComparison.Ordinal);
        // This browser goes on with its new ticket.
        Assert.Contains("已开启", WebUtility.HtmlDecode(await browser.GetStringAsync("/account/security")), StringComparison.Ordinal);

        house.Clock.Move(TimeSpan.FromSeconds(60));
        using var another = Browser();
        var second = await (await SignInAsync(another, userName, StaffHouse.Password)).Content.ReadAsStringAsync();
        var pending = Value(second, "Entry.Pending");
        var wrong = await PostFormAsync(another, "/login", second, "second-step", ("Entry.Pending", pending), ("Entry.Code", "000000"));
        var again = await wrong.Content.ReadAsStringAsync();
        Assert.Contains(StaffRefusals.CodeRefused.Text, WebUtility.HtmlDecode(again), StringComparison.Ordinal);
        var right = await PostFormAsync(another, "/login", again, "second-step", ("Entry.Pending", Value(again, "Entry.Pending")), ("Entry.Code", CodeNow(secret)));
        Assert.Equal("/", Target(right));
    }

    [Fact]
    public async Task A_disabled_account_is_out_with_the_next_request()
    {
        var (actor, userName) = await house.AddAsync();
        using var browser = Browser();
        await SignInAsync(browser, userName, StaffHouse.Password);
        Assert.Equal("secret", await browser.GetStringAsync("/api/anything"));
        await house.Accounts.DisableAsync(actor.StaffId, null, house.Administrator, default);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/anything")).StatusCode);
    }

    [Fact]
    public async Task A_disabled_account_loses_its_socket_within_two_seconds()
    {
        var (actor, userName) = await house.AddAsync();
        var cookies = new CookieContainer();
        using var browser = Browser(cookies);
        await SignInAsync(browser, userName, StaffHouse.Password);
        using var socket = await SocketAsync(cookies);
        var closed = ReadToEndAsync(socket);
        await house.Accounts.DisableAsync(actor.StaffId, null, house.Administrator, default);
        Assert.Same(closed, await Task.WhenAny(closed, Task.Delay(TimeSpan.FromSeconds(2))));
        await Assert.ThrowsAsync<WebSocketException>(() => SocketAsync(cookies));
    }

    [Fact]
    public async Task A_socket_from_a_page_of_another_site_is_refused()
    {
        var (_, userName) = await house.AddAsync();
        var cookies = new CookieContainer();
        using var browser = Browser(cookies);
        await SignInAsync(browser, userName, StaffHouse.Password);
        await Assert.ThrowsAsync<WebSocketException>(() => SocketAsync(cookies, "https://elsewhere.example"));
        using var own = await SocketAsync(cookies, address.GetLeftPart(UriPartial.Authority));
        Assert.Equal(WebSocketState.Open, own.State);
    }

    [Fact]
    public async Task Signing_out_needs_the_form_of_a_page_and_ends_the_session()
    {
        var (_, userName) = await house.AddAsync();
        var cookies = new CookieContainer();
        using var browser = Browser(cookies);
        await SignInAsync(browser, userName, StaffHouse.Password);
        using var socket = await SocketAsync(cookies);
        var closed = ReadToEndAsync(socket);
        await browser.PostAsync("/logout", new FormUrlEncodedContent([]));
        Assert.Equal("secret", await browser.GetStringAsync("/api/anything"));
        var page = await browser.GetStringAsync("/account/password");
        await PostFormAsync(browser, "/logout", page, "sign-out");
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/anything")).StatusCode);
        await closed.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();

    private string CodeNow(string secret) => Totp.Code(secret, Totp.StepAt(house.Clock.GetUtcNow()));

    private static string Target(HttpResponseMessage answer) =>
        answer.Headers.Location is { } to ? to.IsAbsoluteUri ? to.PathAndQuery : to.ToString() : $"no redirection but {answer.StatusCode}";

    private HttpClient Browser(CookieContainer? cookies = null)
    {
        var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies ?? new CookieContainer() }) { BaseAddress = address };
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        return browser;
    }

    private static Task<HttpResponseMessage> SignInAsync(HttpClient browser, string userName, string password, string path = "/login") =>
        PostAsync(browser, path, "sign-in", ("Entry.UserName", userName), ("Entry.Password", password));

    private static async Task<HttpResponseMessage> PostAsync(HttpClient browser, string path, string form, params (string Name, string Value)[] fields) =>
        await PostFormAsync(browser, path, await browser.GetStringAsync(path), form, fields);

    private static Task<HttpResponseMessage> PostFormAsync(HttpClient browser, string path, string page, string form, params (string Name, string Value)[] fields) =>
        browser.PostAsync(path, new FormUrlEncodedContent(
        [
            new("_handler", form),
            new("__RequestVerificationToken", WebUtility.HtmlDecode(TokenField().Match(page).Groups[1].Value)),
            .. fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value)),
        ]));

    private static string Value(string page, string field) =>
        WebUtility.HtmlDecode(Regex.Match(page, $"name=\"{Regex.Escape(field)}\" value=\"([^\"]+)\"").Groups[1].Value);

    private async Task<ClientWebSocket> SocketAsync(CookieContainer cookies, string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.Cookies = cookies;
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/_blazor" }.Uri, default);
        await socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var answer = new byte[64];
        var read = await socket.ReceiveAsync(answer, default);
        Assert.Equal("{}\u001e", System.Text.Encoding.UTF8.GetString(answer, 0, read.Count));
        return socket;
    }

    private static async Task ReadToEndAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while ((await socket.ReceiveAsync(buffer, default)).MessageType != WebSocketMessageType.Close)
            {
                // Pings of the server.
            }
        }
        catch (WebSocketException)
        {
            // Cut off without a farewell.
        }
    }
}
