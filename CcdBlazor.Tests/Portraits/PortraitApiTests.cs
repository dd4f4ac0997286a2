using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Managers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Portraits;

public sealed class PortraitApiTests : IAsyncLifetime
{
    private readonly PortraitsWorld world = new();
    private WebApplication app = default!;

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        world.Register(builder.Services);
        builder.Services.AddApiKeys().AddSingleton<ApiLimits>().AddSingleton<ApiGate>().AddPortraitApi();
        app = builder.Build();
        app.MapPortraitApi();
        await app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task A_dry_run_is_started_and_read_and_a_second_one_refused()
    {
        var car = await world.ManagerAsync("车贷经理");
        await world.CustomerAsync(car);
        using var system = await ClientAsync(ApiScopes.AssignmentsWrite | ApiScopes.PortraitsRead);
        var (status, started) = await AskAsync(system, HttpMethod.Post, "/api/admin/auto-assign");
        Assert.Equal(202, status);
        var (again, refused) = await AskAsync(system, HttpMethod.Post, "/api/admin/auto-assign", """{"onlyWithoutManager":true}""");
        Assert.Equal((409, "assignment.running"), (again, refused.GetProperty("code").GetString()));
        Assert.True(await world.Get<AssignmentWork>().StepAsync(default));
        var (_, run) = await AskAsync(system, HttpMethod.Get, $"/api/admin/auto-assign/{started.GetProperty("id").GetGuid()}");
        Assert.Equal(("ready", 1, 0), (run.GetProperty("state").GetString(), run.GetProperty("kept").GetInt32(), run.GetProperty("moved").GetInt32()));
    }

    [Fact]
    public async Task A_customer_is_handed_over_and_profiles_are_read()
    {
        var (house, car) = (await world.ManagerAsync("房产经理", new ManagerDraft { Capabilities = ["购房"], Maximum = 7 }), await world.ManagerAsync("车贷经理"));
        var customer = await world.CustomerAsync(car);
        await world.FillAsync(customer, car, new TraitInput(Traits.Income, "12.5"), new TraitInput(Traits.Needs, Tags: ["购房"]));
        using var system = await ClientAsync(ApiScopes.AssignmentsWrite | ApiScopes.PortraitsRead);
        var (_, profile) = await AskAsync(system, HttpMethod.Get, $"/api/customers/{customer}/profile");
        Assert.Equal((12.5, "form"), (profile.GetProperty("traits").GetProperty("income").GetProperty("number").GetDouble(), profile.GetProperty("traits").GetProperty("income").GetProperty("source").GetString()));
        Assert.Equal("需求相符 1 项：购房", profile.GetProperty("suggestions")[1].GetProperty("reasons")[0].GetString());
        var (status, _) = await AskAsync(system, HttpMethod.Post, "/api/admin/manual-assign", $$"""{"customerId":"{{customer}}","managerId":"{{house.StaffId}}","reason":"客户要求"}""");
        Assert.Equal(200, status);
        Assert.Equal(house.StaffId, (await world.Get<CustomerQueries>().DetailAsync(customer, PortraitsWorld.Lead, default)).Value.OwnerId);
        var (_, manager) = await AskAsync(system, HttpMethod.Get, $"/api/managers/{house.StaffId}/profile");
        Assert.Equal((1, 7), (manager.GetProperty("open").GetInt32(), manager.GetProperty("maximum").GetInt32()));
        var (_, dashboard) = await AskAsync(system, HttpMethod.Get, "/api/admin/dashboard");
        Assert.Equal(2, dashboard.GetProperty("managers").GetInt32());
    }

    [Theory]
    [InlineData("""{"customerId":"x","managerId":"y"}""", 422, "api.field_type")]
    [InlineData("""{"managerId":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47"}""", 422, "api.field_missing")]
    [InlineData("""{"customer":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47"}""", 422, "api.field_unknown")]
    [InlineData("""{"customerId":""", 400, "api.malformed_json")]
    [InlineData("""{"customerId":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e47","managerId":"019aa1c2-7c31-7d10-8f0e-3c1b5a9d2e48"}""", 404, "common.not_found")]
    public async Task A_request_that_does_not_fit_is_refused_with_its_code(string body, int status, string code)
    {
        using var system = await ClientAsync(ApiScopes.AssignmentsWrite);
        var (answered, json) = await AskAsync(system, HttpMethod.Post, "/api/admin/manual-assign", body);
        Assert.Equal((status, code), (answered, json.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_key_does_only_what_its_scopes_say()
    {
        var customer = await world.CustomerAsync(await world.ManagerAsync("李经理"));
        using var reader = await ClientAsync(ApiScopes.PortraitsRead);
        Assert.Equal(403, (await AskAsync(reader, HttpMethod.Post, "/api/admin/auto-assign")).Status);
        using var messages = await ClientAsync(ApiScopes.MessagesRead);
        Assert.Equal(403, (await AskAsync(messages, HttpMethod.Get, $"/api/customers/{customer}/profile")).Status);
        Assert.Equal((200, "ready"), ((await AskAsync(messages, HttpMethod.Get, "/api/health")) is var (status, health) ? (status, health.GetProperty("status").GetString()) : default));
        using var stranger = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Assert.Equal(401, (await AskAsync(stranger, HttpMethod.Get, "/api/admin/dashboard")).Status);
    }

    private async Task<HttpClient> ClientAsync(ApiScopes scopes)
    {
        var made = await app.Services.GetRequiredService<ApiKeyService>().CreateAsync(
            new ApiKeyDraft { Name = "测试系统", Scopes = scopes, PerSecond = 1_000, PerMinute = 10_000, Concurrency = 100 }, new SystemActor("test"), default);
        Assert.True(made.Ok, made.Refusal?.Code);
        var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.Value.Text);
        return client;
    }

    private static async Task<(int Status, JsonElement Json)> AskAsync(HttpClient client, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        using var read = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return ((int)answer.StatusCode, read.RootElement.Clone());
    }
}
