using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Data;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Api;

public sealed class ConfigKeyTests
{
    private static readonly Uri Configs = new("/api/config/configs", UriKind.Relative);

    [Fact]
    public async Task A_key_reads_and_writes_the_configuration_by_its_scopes_and_nothing_else()
    {
        await using var program = await RunningProgram.StartAsync();
        await using var services = new ServiceCollection().AddLogging().AddData(program.ConnectionString).AddApiKeys().BuildServiceProvider();
        async Task<HttpClient> WithKeyAsync(ApiScopes scopes)
        {
            var made = await services.GetRequiredService<ApiKeyService>().CreateAsync(new ApiKeyDraft { Name = "测试系统", Scopes = scopes }, ApiWorld.Administrator, default);
            var http = program.Browser();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.Value.Text);
            return http;
        }

        using var reads = await WithKeyAsync(ApiScopes.ConfigRead);
        using var writes = await WithKeyAsync(ApiScopes.ConfigWrite);
        using var sends = await WithKeyAsync(ApiScopes.MessagesSend);
        using var nobody = program.Browser();
        nobody.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "ccd_nothing");

        using var list = await reads.GetAsync(Configs);
        Assert.True((int)list.StatusCode == 200, await list.Content.ReadAsStringAsync());
        // Through the whole door: without the antiforgery token of a page, and as far as the body's own rules.
        Assert.Equal((400, "config.body_unreadable"), await PostAsync(writes));
        Assert.Equal((403, "api.scope_missing"), await PostAsync(reads));
        Assert.Equal((403, "api.scope_missing"), await PostAsync(sends));
        Assert.Equal((401, "api.key_not_accepted"), await PostAsync(nobody));
        using var denied = await writes.GetAsync(Configs);
        Assert.Equal(403, (int)denied.StatusCode);
        // A key is no session.
        using var page = await reads.GetAsync(new Uri("/admin/settings", UriKind.Relative));
        Assert.NotEqual(200, (int)page.StatusCode);
    }

    private static async Task<(int Status, string? Code)> PostAsync(HttpClient http)
    {
        using var answer = await http.PostAsJsonAsync(Configs, new { });
        var body = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
    }
}
