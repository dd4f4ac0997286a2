using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Endpoints;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Settings;

/// <summary>The HTTP interface over the sample settings. Who gets past its door in the real program is tried with all other routes.</summary>
public sealed class ConfigEndpointsTests : IAsyncLifetime
{
    private readonly SettingsWorld world = new();
    private WebApplication program = default!;
    private HttpClient http = default!;

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(world.Service).AddSingleton(world.Queries).AddSingleton<CurrentActor>(new FixedActor(world.Admin));
        builder.Services.AddAntiforgery().AddAuthorizationBuilder().AddPolicy(nameof(Permission.ManageSettings), policy => policy.RequireAssertion(_ => true));
        program = builder.Build();
        program.UseAuthorization();
        program.MapConfig();
        program.MapGet("/token", (HttpContext context, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(context).RequestToken);
        await program.StartAsync();
        http = new HttpClient { BaseAddress = new Uri(program.Urls.Single()) };
        http.DefaultRequestHeaders.Add("RequestVerificationToken", await http.GetStringAsync(new Uri("/token", UriKind.Relative)));
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await program.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task The_list_is_read_page_by_page_and_filtered()
    {
        var keys = new List<string>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"?limit=4&cursor={cursor}");
            keys.AddRange(page["items"]!.AsArray().Select(item => item!["key"]!.GetValue<string>()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        Assert.Equal(SampleSettings.All.Select(setting => setting.Key).Order(StringComparer.Ordinal), keys);

        Assert.Equal(2, (await GetAsync($"?group={Uri.EscapeDataString("示例去重")}"))["items"]!.AsArray().Count);
        Assert.Equal(4, (await GetAsync("?key=sample.sms"))["items"]!.AsArray().Count);
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "config.cursor_unreadable", await http.GetAsync(At("?cursor=%25%25")));
    }

    [Fact]
    public async Task One_setting_tells_all_about_itself()
    {
        var rate = await GetAsync("/sample.sms.rate");
        Assert.Equal((30, 1, 500, "whole", "条/秒", 0), ((int)rate["value"]!, (int)rate["minimum"]!, (int)rate["maximum"]!, (string)rate["type"]!, (string)rate["unit"]!, (int)rate["version"]!));
        Assert.Equal("2026-11-01", (string)rate["source"]!["asOf"]!);
        Assert.Equal(["按权重", "轮流"], (await GetAsync("/sample.route"))["allowed"]!.AsArray().Select(one => (string)one!["title"]!));
        Assert.Equal("duration", (string)(await GetAsync("/sample.lanes"))["columns"]![2]!["type"]!);
        await RefusedAsync(HttpStatusCode.NotFound, "setting.unknown_key", await http.GetAsync(At("/sample.nothing")));
    }

    [Fact]
    public async Task A_value_is_set_then_replaced_by_its_version_and_put_back()
    {
        var added = await SendAsync(HttpMethod.Post, "", """{"key":"sample.sms.rate","value":80,"reason":"供应商提高了上限"}""");
        Assert.Equal((HttpStatusCode.Created, "\"1\""), (added.StatusCode, added.Headers.ETag?.Tag));
        Assert.Equal(80, world.Reader.Get(SampleSettings.Rate));
        await RefusedAsync(HttpStatusCode.Conflict, "setting.already_set", await SendAsync(HttpMethod.Post, "", """{"key":"sample.sms.rate","value":81,"reason":"再来一次"}"""));

        await RefusedAsync(HttpStatusCode.PreconditionRequired, "setting.version_missing", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"reason":"没有版本"}"""));
        await RefusedAsync(HttpStatusCode.Conflict, "setting.stale", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"version":0,"reason":"旧的版本"}"""));
        await RefusedAsync(HttpStatusCode.PreconditionFailed, "setting.stale", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"reason":"旧的版本"}""", "\"7\""));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "config.versions_differ", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"version":2,"reason":"两个版本"}""", "\"1\""));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "setting.out_of_bounds", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":501,"version":1,"reason":"太大了的"}"""));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "setting.reason_missing", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"version":1}"""));
        await RefusedAsync(HttpStatusCode.NotFound, "setting.unknown_key", await SendAsync(HttpMethod.Put, "/sample.nothing", """{"value":90,"version":0,"reason":"没有这个"}"""));

        var replaced = await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"reason":"用量增加"}""", "\"1\"");
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (replaced.StatusCode, replaced.Headers.ETag?.Tag));
        var back = await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":null,"version":2,"reason":"回到默认"}""");
        Assert.True((bool)(await back.Content.ReadFromJsonAsync<JsonObject>())!["isDefault"]!);
        Assert.Equal(SampleSettings.Rate.Default, world.Reader.Get(SampleSettings.Rate));
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(HttpMethod.Post, "", """{"key":"sample.sms.rate","value":81,"reason":"又设一次"}""")).StatusCode);
    }

    [Fact]
    public async Task A_change_set_takes_effect_as_a_whole()
    {
        var refused = await SendAsync(HttpMethod.Post, "", """{"reason":"一起改","changes":[{"key":"sample.templates.approval","value":false,"version":0},{"key":"sample.sms.canary","value":7,"version":0}]}""");
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "setting.out_of_bounds", refused);
        Assert.True(world.Reader.Get(SampleSettings.Approval));
        await RefusedAsync(HttpStatusCode.PreconditionRequired, "setting.version_missing", await SendAsync(HttpMethod.Post, "", """{"reason":"一起改","changes":[{"key":"sample.sms.canary","value":0.5}]}"""));

        var changed = await SendAsync(HttpMethod.Post, "", """{"reason":"一起改","changes":[{"key":"sample.templates.approval","value":false,"version":0},{"key":"sample.sms.canary","value":0.5,"version":0}]}""");
        Assert.Equal(1, (int)(await changed.Content.ReadFromJsonAsync<JsonObject>())!["versions"]!["sample.sms.canary"]!);
        Assert.Equal((false, 0.5), (world.Reader.Get(SampleSettings.Approval), world.Reader.Get(SampleSettings.Share)));
    }

    [Fact]
    public async Task What_needs_a_second_person_is_accepted_and_waits()
    {
        var waiting = await SendAsync(HttpMethod.Put, "/sample.daily_cap", """{"value":9,"version":0,"reason":"活动期间"}""");
        Assert.Equal(HttpStatusCode.Accepted, waiting.StatusCode);
        Assert.Equal(SampleSettings.DailyCap.Default, world.Reader.Get(SampleSettings.DailyCap));
        Assert.Single((await world.Queries.ProposalsAsync(world.Admin, default)).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"key":"sample.sms.rate","reason":"没有值"}""")]
    [InlineData("""{"key":"sample.sms.rate","value":null,"reason":"空的值"}""")]
    [InlineData("""{"key":"sample.sms.rate","value":3,"reason":"多余的","more":1}""")]
    [InlineData("""{"key":"sample.sms.rate","value":3,"reason":"两种","changes":[]}""")]
    [InlineData("""{"changes":[null],"reason":"空的"}""")]
    [InlineData("""{"changes":[{"version":1}],"reason":"空的"}""")]
    public async Task A_body_that_makes_no_sense_is_refused(string body) =>
        await RefusedAsync(HttpStatusCode.BadRequest, "config.body_unreadable", await SendAsync(HttpMethod.Post, "", body));

    [Fact]
    public async Task A_write_without_the_token_of_our_pages_is_refused()
    {
        http.DefaultRequestHeaders.Remove("RequestVerificationToken");
        await RefusedAsync(HttpStatusCode.Forbidden, "api.cross_site", await SendAsync(HttpMethod.Put, "/sample.sms.rate", """{"value":90,"version":0,"reason":"别的网站"}"""));
        await RefusedAsync(HttpStatusCode.Forbidden, "api.cross_site", await SendAsync(HttpMethod.Post, "", """{"key":"sample.sms.rate","value":80,"reason":"别的网站"}"""));
        Assert.Equal(SampleSettings.Rate.Default, world.Reader.Get(SampleSettings.Rate));
    }

    private static Uri At(string rest) => new(ConfigEndpoints.Path + rest, UriKind.Relative);

    private async Task<JsonObject> GetAsync(string rest) => (await http.GetFromJsonAsync<JsonObject>(At(rest)))!;

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string rest, string body, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, At(rest)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await http.SendAsync(request);
    }

    private static async Task RefusedAsync(HttpStatusCode status, string code, HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        var problem = JsonNode.Parse(body)!;
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, (string)problem["code"]!);
        Assert.NotEmpty((string)problem["title"]!);
    }
}
