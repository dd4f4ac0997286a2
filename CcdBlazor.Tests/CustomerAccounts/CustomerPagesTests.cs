using System.Net;
using System.Text.RegularExpressions;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using CcdBlazor.Tests.Documents;
using CcdBlazor.Tests.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace CcdBlazor.Tests.CustomerAccounts;

/// <summary>The running program with two customers who signed in, one of them with two files.</summary>
public sealed class CustomerHouse : IAsyncLifetime
{
    private RunningProgram program = default!;

    internal GivenFile Given { get; private set; } = default!;

    internal StaffActor Owner { get; private set; } = default!;

    internal HttpClient Staff { get; private set; } = default!;

    /// <summary>In which <see cref="Mine"/> has signed in.</summary>
    internal HttpClient Customer { get; private set; } = default!;

    internal (Guid Customer, string Mobile) Mine { get; private set; }

    internal (Guid Customer, string Mobile) Other { get; private set; }

    public async Task InitializeAsync()
    {
        program = await RunningProgram.StartAsync(arguments: ["--Security:SignInsPerMinuteAndAddress=1000", "--Security:SignInsPerMinuteAndName=1000", "--Security:PublicRequestsPerMinute=100000"]);
        Given = new GivenFile(program.ConnectionString, program.DataFolder);
        await Given.InitializeAsync();
        await Given.FurnishAsync();
        Owner = await Given.StaffAsync(ShippedRoles.AccountManager, null, "owner");
        Staff = await program.SignInAsync("owner", GivenFile.Password);
        (Mine, Other) = (await Given.AccountAsync(Owner, "上官客户甲"), await Given.AccountAsync(Owner, "司徒客户乙"));
        Customer = await SignInAsync(Mine.Mobile);
    }

    public async Task DisposeAsync()
    {
        Staff?.Dispose();
        Customer?.Dispose();
        if (Given is not null)
            await Given.DisposeAsync();
        if (program is not null)
            await program.DisposeAsync();
    }

    internal HttpClient Browser() => program.Browser();

    /// <summary>A browser in which this customer has signed in, through the pages.</summary>
    internal async Task<HttpClient> SignInAsync(string mobile)
    {
        var browser = Browser();
        // The clock of the running program is the machine's: what was asked for before is made to be long ago.
        await Given.ExecuteAsync($"update customer_sign_in_codes set created_at = created_at - interval '2 days'");
        using var asked = await PostAsync(browser, "/my/sign-in", "/my/sign-in", new() { ["Entry.Mobile"] = mobile });
        Assert.Contains("验证码已通过短信发出", await TextAsync(asked), StringComparison.Ordinal);
        using var begun = await PostAsync(browser, asked, "/my/sign-in", new() { ["Entry.Code"] = await Given.LatestCodeAsync(mobile) }, "sign-in");
        Assert.True(begun.StatusCode == HttpStatusCode.Redirect, await TextAsync(begun));
        Assert.EndsWith("/my", begun.Headers.Location!.OriginalString, StringComparison.Ordinal);
        return browser;
    }

    /// <summary>Fills the form of a page and sends it.</summary>
    internal static async Task<HttpResponseMessage> PostAsync(HttpClient browser, string page, string to, Dictionary<string, string> values, string? form = null)
    {
        using var shown = await browser.SendAsync(RouteProbes.Page(page));
        return await PostAsync(browser, shown, to, values, form);
    }

    internal static async Task<HttpResponseMessage> PostAsync(HttpClient browser, HttpResponseMessage shown, string to, Dictionary<string, string> values, string? form = null)
    {
        var html = await shown.Content.ReadAsStringAsync();
        foreach (Match part in FormTag().Matches(html))
        {
            if (form is not null && !part.Value.Contains($"value=\"{form}\"", StringComparison.Ordinal) && !part.Value.Contains($"action=\"{form}\"", StringComparison.Ordinal))
                continue;
            foreach (Match field in HiddenField().Matches(part.Value))
                values.TryAdd(WebUtility.HtmlDecode(field.Groups["name"].Value), WebUtility.HtmlDecode(field.Groups["value"].Value));
            if (form is not null)
                break;
        }

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(to, UriKind.Relative)) { Content = new FormUrlEncodedContent(values) };
        request.Headers.Accept.ParseAdd("text/html");
        return await browser.SendAsync(request);
    }

    internal static async Task<string> TextAsync(HttpResponseMessage response) => WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());

    private static Regex FormTag() => new("<form.*?</form>", RegexOptions.Singleline);

    private static Regex HiddenField() => new("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"");
}

/// <summary>The pages and doors of customer accounts over HTTP, as a customer, as another one, as staff and as nobody.</summary>
public sealed class CustomerPagesTests(CustomerHouse house) : IClassFixture<CustomerHouse>
{
    private GivenFile Given => house.Given;

    public static TheoryData<string> StaffRoutes() => Of(e =>
        e.Kind is not (RouteKind.Public or RouteKind.Link or RouteKind.Account or RouteKind.Upload) && !e.Pattern.Contains("_framework", StringComparison.Ordinal) && !e.Pattern.Contains(":file", StringComparison.Ordinal));

    public static TheoryData<string> OwnRoutes() => Of(e => e.Kind == RouteKind.Account);

    private static TheoryData<string> Of(Func<RouteTable.Entry, bool> wanted) =>
        [.. RouteTable.All.Where(wanted).SelectMany(e => e.Methods == "*" ? ["GET"] : e.Methods.Split(','), (e, method) => $"{method} {e.Pattern}").Distinct()];

    [Theory]
    [MemberData(nameof(StaffRoutes))]
    public async Task Every_page_and_door_of_staff_answers_a_signed_in_customer_like_a_stranger(string route)
    {
        var customer = house.Customer;
        using var stranger = house.Browser();
        using var asked = await customer.SendAsync(Request(route, house.Mine.Customer));
        using var compared = await stranger.SendAsync(Request(route, house.Mine.Customer));
        Assert.Equal((compared.StatusCode, compared.Headers.Location?.OriginalString), (asked.StatusCode, asked.Headers.Location?.OriginalString));
        Assert.True(asked.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed,
            $"{route}: {asked.StatusCode}");
        Assert.DoesNotContain("上官客户甲", await CustomerHouse.TextAsync(asked), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OwnRoutes))]
    public async Task Every_page_and_door_of_customers_sends_staff_and_strangers_to_the_sign_in_of_customers(string route)
    {
        using var stranger = house.Browser();
        foreach (var visitor in new[] { house.Staff, stranger })
        {
            using var answer = await visitor.SendAsync(Request(route, house.Mine.Customer));
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.Equal("/my/sign-in", answer.Headers.Location!.IsAbsoluteUri ? answer.Headers.Location.AbsolutePath : answer.Headers.Location.OriginalString.Split('?')[0]);
            Assert.DoesNotContain("上官客户甲", await CustomerHouse.TextAsync(answer), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_customer_uploads_nothing_by_the_cookie_alone()
    {
        var customer = house.Customer;
        using var refused = await customer.SendAsync(RouteProbes.Creation(Target.Nothing() with { Customer = house.Mine.Customer }));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task The_first_page_shows_standing_missing_papers_manager_and_portrait()
    {
        await Given.ExecuteAsync($"update staff set phone = '021-55556666' where id = {house.Owner.StaffId}");
        var customer = house.Customer;
        using var page = await customer.SendAsync(RouteProbes.Page("/my"));
        var text = await CustomerHouse.TextAsync(page);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.True(page.Headers.CacheControl?.NoStore);
        Assert.All(new[] { "上官客户甲", "资料收集中", "身份证正面", "户口本", house.Owner.Name, "tel:021-55556666", "完善我的资料", "退出登录" }, words => Assert.Contains(words, text, StringComparison.Ordinal));
        Assert.DoesNotContain(house.Mine.Mobile, text, StringComparison.Ordinal);
        Assert.Contains("default-src 'self'", string.Join(' ', page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("司徒客户乙", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_customers_file_is_not_found_on_any_page()
    {
        var customer = house.Customer;
        foreach (var path in new[] { "", "/about", "/messages" })
        {
            foreach (var id in new[] { house.Other.Customer, Guid.NewGuid() })
            {
                using var answer = await customer.SendAsync(RouteProbes.Page($"/my/files/{id}{path}"));
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                var text = await CustomerHouse.TextAsync(answer);
                Assert.Contains("没有找到", text, StringComparison.Ordinal);
                Assert.DoesNotContain("司徒客户乙", text, StringComparison.Ordinal);
            }

            using var own = await customer.SendAsync(RouteProbes.Page($"/my/files/{house.Mine.Customer}{path}"));
            Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        }
    }

    [Fact]
    public async Task The_portrait_is_filled_through_the_page_and_a_form_without_its_token_is_refused()
    {
        var customer = house.Customer;
        var address = $"/my/files/{house.Mine.Customer}/about";
        using var saved = await CustomerHouse.PostAsync(customer, address, address, new() { ["income"] = "31", ["hobbies"] = "登山、书法", ["risk"] = "r5" }, "about-me");
        Assert.Contains("已保存", await CustomerHouse.TextAsync(saved), StringComparison.Ordinal);
        var again = WebUtility.HtmlDecode(await customer.GetStringAsync(new Uri(address, UriKind.Relative)));
        Assert.Contains("value=\"31\"", again, StringComparison.Ordinal);
        Assert.DoesNotContain("风险偏好", again, StringComparison.Ordinal);
        using var forged = await customer.PostAsync(new Uri(address, UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "about-me", ["income"] = "1" }));
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        Assert.Contains("value=\"31\"", WebUtility.HtmlDecode(await customer.GetStringAsync(new Uri(address, UriKind.Relative))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_open_request_leads_to_the_page_that_takes_papers_for_its_customer_alone()
    {
        var due = DateOnly.FromDateTime(DateTimeOffset.UtcNow.UtcDateTime.AddHours(8)).AddDays(3);
        var asked = await Given.Get<DocumentRequests>().AskAsync(house.Mine.Customer, new RequestDraft(Guid.NewGuid(), [], ShippedTemplates.DocumentRequest, MessageChannel.Sms, 0, null, due), house.Owner, default);
        Assert.True(asked.Ok, asked.Refusal?.Text);
        var customer = house.Customer;
        Assert.Contains($"/my/requests/{asked.Value}/upload", await customer.GetStringAsync(new Uri("/my", UriKind.Relative)), StringComparison.Ordinal);
        using var led = await customer.SendAsync(RouteProbes.Page($"/my/requests/{asked.Value}/upload"));
        Assert.Equal(HttpStatusCode.Redirect, led.StatusCode);
        Assert.StartsWith("/u/", led.Headers.Location!.OriginalString, StringComparison.Ordinal);
        using var upload = await customer.SendAsync(RouteProbes.Page(led.Headers.Location.OriginalString));
        Assert.Equal(HttpStatusCode.OK, upload.StatusCode);
        using var other = await house.SignInAsync(house.Other.Mobile);
        using var refused = await other.SendAsync(RouteProbes.Page($"/my/requests/{asked.Value}/upload"));
        Assert.Equal((HttpStatusCode.Redirect, "/my"), (refused.StatusCode, refused.Headers.Location!.OriginalString));
        using var nothing = await other.SendAsync(RouteProbes.Page($"/my/requests/{Guid.NewGuid()}/upload"));
        Assert.Equal((refused.StatusCode, refused.Headers.Location), (nothing.StatusCode, nothing.Headers.Location));
    }

    [Fact]
    public async Task A_closed_account_lands_at_the_sign_in_with_its_next_request_page_or_form()
    {
        var (account, mobile) = await Given.AccountAsync(house.Owner, "皇甫客户丙");
        using var customer = await house.SignInAsync(mobile);
        using var shown = await customer.SendAsync(RouteProbes.Page($"/my/files/{account}/about"));
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.True((await Given.Get<CustomerAccountService>().CloseAsync(account, house.Owner, default)).Ok);
        using var late = await CustomerHouse.PostAsync(customer, shown, $"/my/files/{account}/about", new() { ["income"] = "77" }, "about-me");
        Assert.Equal((HttpStatusCode.Redirect, "/my/sign-in"), (late.StatusCode, late.Headers.Location!.OriginalString));
        using var next = await customer.SendAsync(RouteProbes.Page("/my"));
        Assert.Equal(HttpStatusCode.Redirect, next.StatusCode);
        Assert.Contains("/my/sign-in", next.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signing_out_needs_the_forms_token_and_ends_the_session_for_good()
    {
        using var customer = await house.SignInAsync(house.Other.Mobile);
        using var forged = await customer.PostAsync(new Uri("/my/sign-out", UriKind.Relative), new FormUrlEncodedContent([]));
        using var still = await customer.SendAsync(RouteProbes.Page("/my"));
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
        using var second = await house.SignInAsync(house.Other.Mobile);
        using var everywhere = await CustomerHouse.PostAsync(second, "/my", "/my/sign-out-everywhere", [], "/my/sign-out-everywhere");
        Assert.Equal((HttpStatusCode.Redirect, "/my/sign-in"), (everywhere.StatusCode, everywhere.Headers.Location!.OriginalString));
        foreach (var browser in new[] { customer, second })
        {
            using var gone = await browser.SendAsync(RouteProbes.Page("/my"));
            Assert.Equal(HttpStatusCode.Redirect, gone.StatusCode);
        }

        using var once = await house.SignInAsync(house.Other.Mobile);
        using var left = await CustomerHouse.PostAsync(once, "/my", "/my/sign-out", [], "/my/sign-out");
        Assert.Equal("/my/sign-in", left.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Known_and_unknown_numbers_are_answered_alike()
    {
        await Given.ExecuteAsync($"update customer_sign_in_codes set created_at = created_at - interval '2 days'");
        var texts = new List<string>();
        foreach (var mobile in new[] { house.Other.Mobile, GivenAccount.NewMobile() })
        {
            using var browser = house.Browser();
            using var asked = await CustomerHouse.PostAsync(browser, "/my/sign-in", "/my/sign-in", new() { ["Entry.Mobile"] = mobile });
            using var refused = await CustomerHouse.PostAsync(browser, asked, "/my/sign-in", new() { ["Entry.Code"] = "0000000" }, "sign-in");
            using var again = await CustomerHouse.PostAsync(browser, asked, "/my/sign-in", [], "send-code");
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (asked.StatusCode, refused.StatusCode, again.StatusCode));
            texts.Add(Regex.Replace(await CustomerHouse.TextAsync(asked) + await CustomerHouse.TextAsync(refused) + await CustomerHouse.TextAsync(again), "<!--.*?-->|CfDJ8[\\w-]+", "", RegexOptions.Singleline)
                .Replace(mobile, "MOBILE", StringComparison.Ordinal).Replace($"{mobile[..3]}****{mobile[7..]}", "MASKED", StringComparison.Ordinal));
        }

        Assert.Equal(texts[0], texts[1]);
        Assert.Contains("验证码不正确或已失效", texts[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/my/files/1", "/my/files/1")]
    [InlineData("/my", "/my")]
    [InlineData("/mystery", "/my")]
    [InlineData("/customers", "/my")]
    [InlineData("//evil.example/my", "/my")]
    [InlineData("https://evil.example/my/", "/my")]
    [InlineData("/my/\\evil", "/my")]
    [InlineData("/my/sign-in?returnUrl=/my", "/my")]
    [InlineData(null, "/my")]
    public void The_way_back_after_signing_in_stays_on_the_customers_pages(string? asked, string leads) => Assert.Equal(leads, CustomerSessionCookie.Local(asked));

    [Fact]
    public void In_production_the_cookie_belongs_to_this_host_and_to_TLS_alone()
    {
        var options = new CookieAuthenticationOptions();
        CustomerSessionCookie.Configure(options, behindTls: true);
        Assert.StartsWith("__Host-", options.Cookie.Name, StringComparison.Ordinal);
        Assert.Equal((true, CookieSecurePolicy.Always, SameSiteMode.Lax, "/", null), (options.Cookie.HttpOnly, options.Cookie.SecurePolicy, options.Cookie.SameSite, options.Cookie.Path, options.Cookie.Domain));
    }

    private static HttpRequestMessage Request(string route, Guid customer)
    {
        var (method, pattern) = (route.Split(' ')[0], route.Split(' ')[1]);
        var path = Regex.Replace(Regex.Replace(pattern, @"\{\*\*[^}]*\}", "x"), @"\{[^}]*:int\}", "1");
        path = Regex.Replace(path.Replace("{verb}", "pause", StringComparison.Ordinal), @"\{[^}]+\}", customer.ToString());
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Accept.ParseAdd("text/html");
        return request;
    }
}
