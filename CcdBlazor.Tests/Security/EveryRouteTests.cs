using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using CcdBlazor.Domain.Common;
using CcdBlazor.DevTools;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Endpoints;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Security;

/// <summary>
/// Nobody sees what is not theirs: every route of the program, taken from the program itself, is asked by every role for another person's object, and must
/// answer as it answers for an object that does not exist.
/// </summary>
public sealed partial class EveryRouteTests(RouteHouse house) : IClassFixture<RouteHouse>
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Fact]
    public async Task Every_route_is_classified_and_has_the_door_that_the_table_says()
    {
        var known = RouteTable.All.ToDictionary(e => (e.Methods, e.Pattern), e => e.Door);
        var wrong = (await RoutesAsync())
            .Where(r => !RouteTable.IsStaticAsset(r.Methods, r.Pattern, r.Door))
            .Where(r => known.GetValueOrDefault((r.Methods, r.Pattern)) != r.Door)
            .Select(r => known.TryGetValue((r.Methods, r.Pattern), out var door) ? $"{r.Methods} {r.Pattern}: open for {r.Door}, the table says {door}" : $"{r.Methods} {r.Pattern} ({r.Door}) is not in RouteTable").ToList();
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task Every_route_about_an_object_has_a_probe()
    {
        var there = (await RoutesAsync()).Select(r => $"{r.Methods} {r.Pattern}").ToHashSet();
        var needed = RouteTable.All.Where(e => e.Kind >= RouteKind.Customer).Select(e => $"{e.Methods} {e.Pattern}").Where(there.Contains);
        Assert.Empty(needed.Except(RouteProbes.All.Select(p => p.Route)).Except(RouteProbes.ByTokenAlone));
    }

    [Fact]
    public async Task What_is_not_theirs_answers_like_what_does_not_exist()
    {
        var wrong = new List<string>();
        foreach (var visitor in house.Visitors)
            foreach (var probe in RouteProbes.All)
                foreach (var target in house.Targets)
                {
                    if (visitor.OwnsUploads && !probe.OwnersToo)
                        continue;
                    if (visitor.Sees(target) && !(probe.SenderOnly && !probe.Succeeds(visitor)))
                        continue;
                    var nothing = Target.Nothing();
                    var real = await AskAsync(visitor, probe.Request(target), target);
                    var none = await AskAsync(visitor, probe.Request(nothing), nothing);
                    if (real != none)
                        wrong.Add($"{visitor.Label}: {probe.Route} for {target.Label}: {real} instead of {none}");
                    if (target.Secrets.FirstOrDefault(s => real.Body.Contains(s, StringComparison.Ordinal)) is { } leaked)
                        wrong.Add($"{visitor.Label}: {probe.Route} for {target.Label} shows {leaked}");
                    // An interactive page says in its own words that there is nothing; everything else by its status.
                    if ((int)real.Status >= 500 || (real.Status < HttpStatusCode.Moved && !real.Body.Contains("没有找到", StringComparison.Ordinal)))
                        wrong.Add($"{visitor.Label}: {probe.Route} for {target.Label}: {real}");
                }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task What_lies_in_a_pool_is_not_found_by_who_may_only_pick_it_and_no_list_shows_it()
    {
        var wrong = new List<string>();
        var pooled = house.Pooled;
        foreach (var visitor in house.Visitors.Where(v => !v.May.Contains(Permission.ViewAllCustomers)))
        {
            foreach (var probe in RouteProbes.All.Where(p => !p.Route.Contains("/api/uploads", StringComparison.Ordinal)))
            {
                var nothing = Target.Nothing();
                var real = await AskAsync(visitor, probe.Request(pooled), pooled);
                var none = await AskAsync(visitor, probe.Request(nothing), nothing);
                // The tail of a number is four characters: too short to be sure that it is not part of something else.
                if (real != none || pooled.Secrets.Take(3).Any(s => real.Body.Contains(s, StringComparison.Ordinal)))
                    wrong.Add($"{visitor.Label}: {probe.Route}: {real} instead of {none}");
            }

            foreach (var path in (string[])["/", "/customers", $"/customers?q={pooled.Secrets[1]}", "/followups", "/followups?whose=all", "/pool", $"/pool?q={pooled.Secrets[1]}", "/api/customers/export"])
            {
                var body = (await AskAsync(visitor, RouteProbes.Page(path), Target.Nothing())).Body.Replace($"value=\"{pooled.Secrets[1]}\"", "", StringComparison.Ordinal);
                // Who may pick reads the name in the pool, and never a phone.
                if (body.Contains(pooled.Secrets[1], StringComparison.Ordinal) || (body.Contains(pooled.Name, StringComparison.Ordinal) && !(path == "/pool" && visitor.May.Contains(Permission.PickFromPool))))
                    wrong.Add($"{visitor.Label}: {path} shows what lies in the pool");
            }
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task What_is_theirs_is_shown()
    {
        var wrong = new List<string>();
        foreach (var visitor in house.Visitors)
            foreach (var probe in RouteProbes.All.Where(p => p.Succeeds(visitor)))
                foreach (var target in house.Targets.Where(visitor.Sees))
                {
                    var answer = await AskAsync(visitor, probe.Request(target), target);
                    if ((int)answer.Status != probe.Good || (probe.ShowsName && !answer.Body.Contains(target.Name, StringComparison.Ordinal)))
                        wrong.Add($"{visitor.Label}: {probe.Route} for {target.Label}: {answer}");
                }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task A_page_that_one_may_not_open_answers_like_a_page_that_is_not_there()
    {
        var there = await RoutesAsync();
        var wrong = new List<string>();
        foreach (var entry in RouteTable.All.Where(e => e.Kind is not (RouteKind.Key or RouteKind.Account) && e.Door is not (RouteTable.Anyone or RouteTable.SignedIn) && there.Any(r => r.Pattern == e.Pattern)))
            foreach (var visitor in house.Visitors)
            {
                var path = OpenBrace().Replace(entry.Pattern, entry.Pattern.StartsWith(ConfigEndpoints.Path, StringComparison.Ordinal) ? DocumentSettings.LinkLifetime.Key : house.Product.ToString());
                var answer = await AskAsync(visitor, RouteProbes.Page(path), Target.Nothing());
                var missing = await AskAsync(visitor, RouteProbes.Page(path.StartsWith("/api/", StringComparison.Ordinal) ? "/api/nothing-of-that-name" : "/nothing-of-that-name"), Target.Nothing());
                var may = visitor.May.Contains(Enum.Parse<Permission>(entry.Door));
                if (may ? answer.Status != HttpStatusCode.OK : answer != missing)
                    wrong.Add($"{visitor.Label}: {entry.Pattern}: {answer} {(may ? "" : $"instead of {missing}")}");
            }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task Lists_hold_only_what_one_may_see()
    {
        var wrong = new List<string>();
        foreach (var visitor in house.Visitors)
            foreach (var target in house.Targets)
                foreach (var path in (string[])["/", "/review", "/customers", $"/customers?q={target.Name}", $"/customers?q={target.Secrets[1][^4..]}", "/customers/recycle-bin", "/statistics", "/statistics/events", "/api/customers/export", $"/api/customers/export?id={target.Customer}"])
                {
                    var answer = await AskAsync(visitor, RouteProbes.Page(path), Target.Nothing());
                    // What somebody searches for stands in the search box.
                    var body = answer.Body.Replace($"value=\"{target.Name}\"", "", StringComparison.Ordinal);
                    var leaks = target.Secrets.Take(3).Any(s => body.Contains(s, StringComparison.Ordinal));
                    if (leaks && !visitor.Sees(target))
                        wrong.Add($"{visitor.Label}: {path} shows {target.Label}");
                    if (!leaks && visitor.Sees(target) && path.StartsWith("/customers?q=" + target.Name, StringComparison.Ordinal))
                        wrong.Add($"{visitor.Label}: {path} does not show {target.Label}");
                }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task A_link_shows_its_customer_what_is_missing_and_nobody_anything_else()
    {
        using var page = await house.Stranger.SendAsync(RouteProbes.Page($"/u/{house.Token}"));
        using var state = await house.Stranger.SendAsync(RouteProbes.Get($"/u/{house.Token}/state"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (page.StatusCode, state.StatusCode));
        Assert.True(page.Headers.CacheControl?.NoStore);
        foreach (var text in new[] { await TextAsync(page), await TextAsync(state) })
        {
            Assert.Contains("诸***", text, StringComparison.Ordinal);
            Assert.All(house.LinkedCustomer.Secrets.Concat(house.Targets.SelectMany(t => t.Secrets)), secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }

        foreach (var wrong in new[] { new string('A', 43), house.Token[..^1] + (house.Token[^1] == 'A' ? 'B' : 'A'), "kurz" })
            foreach (var path in new[] { $"/u/{wrong}", $"/u/{wrong}/about", $"/u/{wrong}/state", $"/u/{wrong}/example/front" })
            {
                using var guessed = await house.Stranger.SendAsync(RouteProbes.Page(path));
                Assert.Equal(HttpStatusCode.NotFound, guessed.StatusCode);
                Assert.Contains("链接无效", await TextAsync(guessed), StringComparison.Ordinal);
            }

        // Content never, not even one's own.
        foreach (var variant in (string[])["thumbnail", "view", "original"])
        {
            var request = RouteProbes.Get($"/files/{house.LinkedCustomer.Document}/{variant}");
            request.Headers.Add("X-Upload-Token", house.Token);
            using var content = await house.Stranger.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, content.StatusCode);
        }
    }

    [Fact]
    public async Task A_customer_says_about_himself_by_the_link_alone_what_is_his_to_say()
    {
        var address = new Uri($"/u/{house.Token}/about", UriKind.Relative);
        var page = await house.Stranger.GetStringAsync(address);
        Assert.DoesNotContain("风险偏好", page, StringComparison.Ordinal);
        var fields = HiddenField().Matches(page).ToDictionary(m => m.Groups["name"].Value, m => WebUtility.HtmlDecode(m.Groups["value"].Value));
        using var wrong = await house.Stranger.PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string>(fields) { ["age"] = "NaN" }));
        Assert.Contains("“年龄”请填写数字。", WebUtility.HtmlDecode(await wrong.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        using var saved = await house.Stranger.PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string>(fields) { ["income"] = "31", ["hobbies"] = "登山、书法", ["risk"] = "r5" }));
        Assert.Contains("已保存", WebUtility.HtmlDecode(await saved.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        var again = WebUtility.HtmlDecode(await house.Stranger.GetStringAsync(address));
        Assert.Contains("value=\"31\"", again, StringComparison.Ordinal);
        Assert.Contains("登山", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_customer_rates_by_the_link_alone_only_from_our_page_and_no_other_customer_reads_it()
    {
        var (_, token) = await house.DecidedAsync();
        var address = new Uri($"/u/{token}", UriKind.Relative);
        var page = await house.Stranger.GetStringAsync(address);
        Assert.Contains("您对这次服务满意吗", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        // Undecided: nothing is asked.
        Assert.DoesNotContain("您对这次服务满意吗", WebUtility.HtmlDecode(await house.Stranger.GetStringAsync(new Uri($"/u/{house.Token}", UriKind.Relative))), StringComparison.Ordinal);

        var fields = HiddenField().Matches(page).ToDictionary(m => m.Groups["name"].Value, m => WebUtility.HtmlDecode(m.Groups["value"].Value));
        using var foreign = await house.Stranger.PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "satisfaction", ["score"] = "1" }));
        Assert.Equal(HttpStatusCode.BadRequest, foreign.StatusCode);
        using var wrong = await house.Stranger.PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string>(fields) { ["score"] = "9" }));
        Assert.Contains("请选择 1 到 5 星", WebUtility.HtmlDecode(await wrong.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        using var given = await house.Stranger.PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string>(fields) { ["score"] = "4", ["words"] = "只说给你们听" }));
        Assert.Contains("已收到您的评价", WebUtility.HtmlDecode(await given.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        Assert.Contains("只说给你们听", WebUtility.HtmlDecode(await house.Stranger.GetStringAsync(address)), StringComparison.Ordinal);

        var (_, other) = await house.DecidedAsync();
        Assert.DoesNotContain("只说给你们听", WebUtility.HtmlDecode(await house.Stranger.GetStringAsync(new Uri($"/u/{other}", UriKind.Relative))), StringComparison.Ordinal);
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"")]
    private static partial Regex HiddenField();

    [Fact]
    public async Task A_customer_without_an_account_begins_an_upload_by_the_link_alone()
    {
        var request = RouteProbes.Creation(house.LinkedCustomer);
        request.Headers.Add("X-Upload-Token", house.Token);
        using var created = await house.Stranger.SendAsync(request);
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        var status = RouteProbes.Get(created.Headers.Location!.OriginalString);
        status.Headers.Add("X-Upload-Token", house.Token);
        using var own = await house.Stranger.SendAsync(status);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        using var withoutToken = await house.Stranger.GetAsync(created.Headers.Location);
        Assert.Equal(HttpStatusCode.Forbidden, withoutToken.StatusCode);
    }

    private static async Task<IReadOnlyList<RouteList.Route>> RoutesAsync() => JsonSerializer.Deserialize<List<RouteList.Route>>(await RunningProgram.AskAsync("--list-routes"), Json)!;

    private static async Task<Answer> AskAsync(Visitor visitor, HttpRequestMessage request, Target target)
    {
        using (request)
        {
            if (visitor.Token is not null && request.RequestUri!.OriginalString.StartsWith("/api/uploads", StringComparison.Ordinal))
                request.Headers.Add("X-Upload-Token", visitor.Token);

            request.RequestUri = new Uri(request.RequestUri!.OriginalString.Replace("{token}", visitor.Token ?? new string('A', 43), StringComparison.Ordinal), UriKind.Relative);
            using var response = await visitor.Browser.SendAsync(request);
            var body = Unique().Replace(Readable(await response.Content.ReadAsStringAsync()), "");
            // The ids that were asked for may come back, as in the address to sign in for; those of nothing differ from those of something.
            foreach (var id in new[] { target.Customer, target.Document, target.StoredFile, target.Upload, target.FollowUp })
                body = body.Replace(id.ToString(), "ID", StringComparison.OrdinalIgnoreCase);
            var leads = response.Headers.Location?.OriginalString.Split('?')[0];
            return new Answer(response.StatusCode, response.Content.Headers.ContentType, leads, body);
        }
    }

    /// <summary>As a reader sees it, whichever way HTML or JSON wrote the characters.</summary>
    private static async Task<string> TextAsync(HttpResponseMessage response) => Readable(await response.Content.ReadAsStringAsync());

    private static string Readable(string body) =>
        Escaped().Replace(WebUtility.HtmlDecode(body), m => ((char)int.Parse(m.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    /// <summary>What differs from answer to answer: Blazor's sealed markers, forgery tokens, trace ids.</summary>
    [GeneratedRegex("<!--.*?-->|CfDJ8[\\w-]+|\"traceId\":\"[^\"]*\"", RegexOptions.Singleline)]
    private static partial Regex Unique();

    [GeneratedRegex("\\\\u([0-9a-fA-F]{4})")]
    private static partial Regex Escaped();

    [GeneratedRegex("\\{[^}]+\\}")]
    private static partial Regex OpenBrace();

    private sealed record Answer(HttpStatusCode Status, MediaTypeHeaderValue? Type, string? LeadsTo, string Body)
    {
        public override string ToString() => $"{(int)Status} {Type} {LeadsTo} {Body[..Math.Min(Body.Length, 300)]}";
    }
}
