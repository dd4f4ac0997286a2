using System.Net;
using System.Text.RegularExpressions;
using CcdBlazor.Components;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Radzen;

namespace CcdBlazor.Tests.Staff;

/// <summary>The pages that nobody has to be signed in for, over real HTTP.</summary>
public sealed partial class PasswordPagesTests(MailHouse house) : IClassFixture<MailHouse>, IAsyncLifetime
{
    private const string Next = "Blue-Lantern-58";

    private WebApplication app = default!;
    private HttpClient browser = default!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // As instances: the program does not dispose what belongs to the house.
        builder.Services.AddSingleton<TimeProvider>(house.Clock);
        builder.Services.AddSingleton(house.Services.GetRequiredService<ChangeFeed>()).AddSingleton(house.Services.GetRequiredService<StaffDirectory>());
        builder.Services.AddSingleton(house.SignIn).AddSingleton(house.Recovery);
        builder.Services.AddSecurity(new ConfigurationBuilder().Build());
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddRadzenComponents();
        app = builder.Build();
        app.UseSecurity();
        app.UseAntiforgery();
        app.MapSecurityEndpoints();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        await app.StartAsync();
        browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.Single()) };
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
    }

    public async Task DisposeAsync()
    {
        browser.Dispose();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Unknown_and_known_accounts_get_the_same_answer()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        var gone = MailHouse.NewAddress();
        var (disabled, _) = await house.AddAsync(gone);
        await house.Accounts.DisableAsync(disabled.StaffId, null, house.Administrator, default);
        var answers = new List<(HttpStatusCode, string)>();
        foreach (var who in (string[])[userName, address, "nobody.of.this.name", gone])
            answers.Add(await BodyAsync(await PostAsync("/forgot-password", "forgot-password", ("Entry.Who", who))));

        Assert.Single(answers.Distinct());
        Assert.Equal(HttpStatusCode.OK, answers[0].Item1);
        Assert.Contains("如果有这个账号", answers[0].Item2, StringComparison.Ordinal);
        // The second request for the same account fell into the pause.
        Assert.Single(await house.MailsAsync(address));
        Assert.Empty(await house.MailsAsync(gone));
    }

    [Fact]
    public async Task The_eleventh_request_in_a_minute_is_turned_away_unread()
    {
        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.OK, (await PostAsync("/forgot-password", "forgot-password", ("Entry.Who", "hammered"))).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync("/forgot-password", "forgot-password", ("Entry.Who", "hammered"))).StatusCode);
    }

    [Fact]
    public async Task A_link_in_a_mail_is_built_from_the_configured_address_whatever_the_request_says()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        var page = await browser.GetStringAsync("/forgot-password");
        using var request = Form("/forgot-password", page, "forgot-password", ("Entry.Who", userName));
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        await browser.SendAsync(request);
        Assert.StartsWith("https://ccd.test/", house.Opened(Assert.Single(await house.MailsAsync(address)))["url"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_sets_the_password_once_and_looking_at_it_uses_nothing_up()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        await house.Recovery.AskAsync(userName, null, default);
        var path = "/set-password/" + await house.TokenAsync(address);

        for (var i = 0; i < 2; i++)
        {
            using var look = await browser.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, look.StatusCode);
            Assert.True(look.Headers.CacheControl?.NoStore);
        }

        var differing = await BodyAsync(await PostAsync(path, "set-password", ("Entry.Next", Next), ("Entry.Repeated", Next + "x")));
        Assert.Contains("两次输入的新密码不一致", differing.Body, StringComparison.Ordinal);
        var weak = await BodyAsync(await PostAsync(path, "set-password", ("Entry.Next", "kurz1"), ("Entry.Repeated", "kurz1")));
        Assert.Contains(StaffRefusals.PasswordTooShort.Text, weak.Body, StringComparison.Ordinal);
        var page = await browser.GetStringAsync(path);
        var set = await BodyAsync(await browser.SendAsync(Form(path, page, "set-password", ("Entry.Next", Next), ("Entry.Repeated", Next))));
        Assert.Contains("密码已设置", set.Body, StringComparison.Ordinal);
        Assert.Null(await house.SignInRefusalAsync(userName, Next));

        // The form of before, sent once more.
        var again = await browser.SendAsync(Form(path, page, "set-password", ("Entry.Next", "Green-Lantern-59"), ("Entry.Repeated", "Green-Lantern-59")));
        Assert.Equal(HttpStatusCode.Gone, again.StatusCode);
        Assert.Equal(HttpStatusCode.Gone, (await browser.GetAsync(path)).StatusCode);
        Assert.Null(await house.SignInRefusalAsync(userName, Next));
    }

    [Fact]
    public async Task Guessed_links_answer_alike_and_show_nobody()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        await house.Recovery.AskAsync(userName, null, default);
        var token = await house.TokenAsync(address);
        var answers = new List<(HttpStatusCode, string)>();
        foreach (var wrong in (string[])["short", new string('a', 43), token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), new string('x', 3000)])
            answers.Add(await BodyAsync(await browser.GetAsync("/set-password/" + wrong)));
        Assert.Single(answers.Distinct());
        Assert.Equal(HttpStatusCode.NotFound, answers[0].Item1);
        Assert.DoesNotContain(userName, answers[0].Item2, StringComparison.Ordinal);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();

    /// <summary>What a reader sees: the tokens of the framework differ in every answer.</summary>
    private static async Task<(HttpStatusCode Status, string Body)> BodyAsync(HttpResponseMessage answer)
    {
        var html = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
        var from = html.IndexOf("<div class=\"login\">", StringComparison.Ordinal);
        return (answer.StatusCode, from < 0 ? "" : html[from..html.IndexOf("</body>", StringComparison.Ordinal)].Split("<!--")[0]);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string form, params (string Name, string Value)[] fields) =>
        await browser.SendAsync(Form(path, await browser.GetStringAsync(path), form, fields));

    private static HttpRequestMessage Form(string path, string page, string form, params (string Name, string Value)[] fields) => new(HttpMethod.Post, new Uri(path, UriKind.Relative))
    {
        Content = new FormUrlEncodedContent(
        [
            new("_handler", form),
            new("__RequestVerificationToken", WebUtility.HtmlDecode(TokenField().Match(page).Groups[1].Value)),
            .. fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value)),
        ]),
    };
}
