using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Api;

public sealed class MessageApiTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    [Fact]
    public async Task A_message_is_shown_whole_to_its_sender_and_masked_to_others()
    {
        var (sender, reader) = (await world.ClientAsync(), await world.ClientAsync(ApiScopes.MessagesRead));
        var sent = await sender.SendAsync(Body(more: ""","tags":["账单"]"""));
        var own = await sender.GetAsync($"/api/messages/{sent.Id}");
        Assert.Equal((200, "13800138000", "waiting", "sms", world.Template), (own.Status, Of(own, "recipient"), Of(own, "state"), Of(own, "channel"), Of(own, "template")));
        Assert.Equal("账单", own.Json.GetProperty("tags")[0].GetString());
        Assert.Equal("138****8000", Of(await reader.GetAsync($"/api/messages/{sent.Id}"), "recipient"));
        Assert.Equal((404, "common.not_found"), await StatusAsync(reader, $"/api/messages/{Guid.NewGuid()}"));
    }

    [Fact]
    public async Task A_trace_tells_the_steps()
    {
        var client = await world.ClientAsync();
        var sent = await client.SendAsync(Body());
        var trace = await client.GetAsync($"/api/messages/traces/{sent.Id}");
        var step = trace.Json.GetProperty("steps")[0];
        Assert.Equal(("queue", "done"), (step.GetProperty("node").GetString(), step.GetProperty("result").GetString()));
        Assert.Equal((404, "common.not_found"), await StatusAsync(client, $"/api/messages/traces/{Guid.CreateVersion7()}"));
    }

    [Fact]
    public async Task Paging_by_cursor_shows_each_message_once_while_new_ones_come_in()
    {
        var client = await world.ClientAsync();
        var sent = new List<Guid>();
        for (var i = 0; i < 7; i++)
            sent.Add((await client.SendAsync(Body())).Id);
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await client.GetAsync($"/api/messages?mine=true&limit=3{(cursor is null ? "" : $"&cursor={cursor}")}");
            Assert.Equal(200, page.Status);
            seen.AddRange(page.Json.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("id").GetGuid()));
            cursor = page.Json.TryGetProperty("next", out var next) ? next.GetString() : null;
            await client.SendAsync(Body());
        }
        while (cursor is not null);
        Assert.Equal(sent.OrderDescending(), seen);
    }

    [Fact]
    public async Task The_list_is_narrowed_by_each_filter()
    {
        var client = await world.ClientAsync();
        var customer = Guid.NewGuid();
        var one = (await client.SendAsync(Body(more: $",\"customerId\":\"{customer}\""))).Id;
        var two = (await client.SendAsync(Body().Replace("\"sms\"", "\"email\"", StringComparison.Ordinal).Replace("13800138000", "zhang@example.com", StringComparison.Ordinal))).Id;
        async Task<IEnumerable<Guid>> IdsAsync(string query) =>
            (await client.GetAsync($"/api/messages?mine=true&{query}")).Json.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("id").GetGuid());
        Assert.Equal([one], await IdsAsync($"person={customer}"));
        Assert.Equal([two], await IdsAsync("channel=email"));
        Assert.Equal([two], await IdsAsync("channel=email&person=zhang@example.com"));
        Assert.Equal([two, one], await IdsAsync($"template={world.Template}&state=waiting"));
        Assert.Empty(await IdsAsync("state=sent"));
        Assert.Empty(await IdsAsync($"batch={Guid.NewGuid()}"));
        Assert.Empty(await IdsAsync("until=2026-01-01T00:00:00Z&from=2025-12-01T00:00:00Z"));
        Assert.Equal([two, one], await IdsAsync($"from={DateTimeOffset.UtcNow.AddMinutes(-5):yyyy-MM-ddTHH:mm:ssZ}"));
        foreach (var wrong in new[] { "limit=0", "limit=101", "cursor=x", "state=lost", "channel=fax", "person=13800138000", "from=gestern", "batch=7" })
            Assert.Equal(422, (await client.GetAsync($"/api/messages?{wrong}")).Status);
    }

    [Fact]
    public async Task A_scheduled_message_is_called_back_by_its_sender_only_and_never_sent()
    {
        var (client, other) = (await world.ClientAsync(), await world.ClientAsync());
        var sent = await client.SendAsync(Body(more: ""","after":3600"""));
        Assert.Equal((404, "common.not_found"), await StatusAsync(other, $"/api/messages/{sent.Id}/cancel", HttpMethod.Post));
        var cancelled = await client.AskAsync(HttpMethod.Post, $"/api/messages/{sent.Id}/cancel", null);
        Assert.Equal((200, "cancelled"), (cancelled.Status, Of(cancelled, "state")));
        // A repeated call is no mistake.
        Assert.Equal(200, (await client.AskAsync(HttpMethod.Post, $"/api/messages/{sent.Id}/cancel", null)).Status);
        Assert.Equal(0, await world.ScalarAsync<long>("select (select count(*) from later_messages where id = $1) + (select count(*) from ready_messages where id = $1)", sent.Id));
        var trace = await client.GetAsync($"/api/messages/traces/{sent.Id}");
        Assert.Equal("cancelled", trace.Json.GetProperty("steps").EnumerateArray().Last().GetProperty("result").GetString());

        var now = await client.SendAsync(Body());
        Assert.Equal((409, "messages.under_way"), await StatusAsync(client, $"/api/messages/{now.Id}/cancel", HttpMethod.Post));
    }

    [Fact]
    public async Task A_scheduled_message_gets_another_time_until_it_is_under_way()
    {
        var client = await world.ClientAsync();
        var sent = await client.SendAsync(Body(more: ""","after":3600,"expiresAt":"2031-01-01T00:00:00Z" """));
        var path = $"/api/messages/{sent.Id}";
        var moved = await client.AskAsync(HttpMethod.Patch, path, """{"at":"2030-05-01T08:00:00+08:00"}""");
        Assert.Equal((200, DateTimeOffset.Parse("2030-05-01T00:00:00Z", CultureInfo.InvariantCulture)), (moved.Status, moved.Json.GetProperty("waiting").GetProperty("until").GetDateTimeOffset()));
        foreach (var (body, code) in new[]
        {
            ("""{"at":"2020-05-01T08:00:00Z"}""", "messages.at_past"), ("""{"at":"2090-05-01T08:00:00Z"}""", "messages.at_too_far"), ("""{"at":"2031-05-01T08:00:00Z"}""", "messages.expiry_before_start"),
            ("{}", "api.field_missing"), ("""{"at":"morgen"}""", "api.field_type"), ("""{"at":"2030-05-01T08:00:00Z","after":1}""", "messages.at_and_after"), ("""{"when":1}""", "api.field_unknown"), ("nothing", "api.malformed_json"),
        })
            Assert.Equal(code, (await client.AskAsync(HttpMethod.Patch, path, body)).Code);
        Assert.Equal("common.not_found", (await (await world.ClientAsync()).AskAsync(HttpMethod.Patch, path, """{"after":60}""")).Code);

        // Now: it enters the queue and can be moved no more.
        Assert.Equal(200, (await client.AskAsync(HttpMethod.Patch, path, """{"after":0}""")).Status);
        await Support.Eventually.TrueAsync(async () => await world.ScalarAsync<long>("select count(*) from ready_messages where id = $1", sent.Id) == 1);
        Assert.Equal((409, "messages.under_way"), ((await client.AskAsync(HttpMethod.Patch, path, """{"after":60}""")).Status, (await client.AskAsync(HttpMethod.Patch, path, """{"after":60}""")).Code));
    }

    [Fact]
    public async Task Statistics_answer_with_and_without_messages()
    {
        var client = await world.ClientAsync();
        await client.SendAsync(Body());
        var overview = await client.GetAsync("/api/messages/statistics/overview");
        Assert.Equal(200, overview.Status);
        Assert.True(overview.Json.GetProperty("days").GetArrayLength() is 7 or 8);
        var realtime = await client.GetAsync("/api/messages/statistics/realtime");
        Assert.Equal(200, realtime.Status);
        Assert.True(realtime.Json.GetProperty("queues")[0].GetProperty("waiting").GetInt64() > 0);
        Assert.Equal("api.parameter", (await client.GetAsync("/api/messages/statistics/overview?from=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z")).Code);
    }

    [Fact]
    public async Task Templates_say_how_they_are_called_and_accounts_never_show_a_secret()
    {
        var client = await world.ClientAsync(ApiScopes.TemplatesRead | ApiScopes.AccountsRead);
        var template = (await client.GetAsync("/api/messages/templates")).Json.GetProperty("items").EnumerateArray().Single(t => t.GetProperty("code").GetString() == world.Template);
        Assert.Equal("money", template.GetProperty("variables")[1].GetProperty("type").GetString());
        Assert.Contains("sms", template.GetProperty("channels").EnumerateArray().Select(c => c.GetString()));

        await using (var db = await world.Node.Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync())
        {
            db.ChannelAccounts.Add(new ChannelAccount
            {
                Id = Guid.CreateVersion7(), Kind = "smtp", Channel = MessageChannel.Email, Name = "邮局", BaseAddress = "smtp://secret-host:25", SecretsCipher = "secret-cipher",
                Values = new() { ["From"] = "secret@from.cn" }, Enabled = false, CreatedAt = DateTimeOffset.UtcNow,
            });
            await db.SaveChangesAsync();
        }

        var accounts = await client.GetAsync("/api/messages/accounts");
        Assert.Contains("邮局", accounts.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", accounts.Body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Every_endpoint_asks_for_its_own_scope()
    {
        var routes = new (HttpMethod Method, string Path, ApiScopes Scope)[]
        {
            (HttpMethod.Post, "/api/messages/send", ApiScopes.MessagesSend), (HttpMethod.Post, $"/api/messages/{Guid.NewGuid()}/cancel", ApiScopes.MessagesSend),
            (HttpMethod.Patch, $"/api/messages/{Guid.NewGuid()}", ApiScopes.MessagesSend), (HttpMethod.Get, $"/api/messages/{Guid.NewGuid()}", ApiScopes.MessagesRead),
            (HttpMethod.Get, "/api/messages", ApiScopes.MessagesRead), (HttpMethod.Get, $"/api/messages/traces/{Guid.NewGuid()}", ApiScopes.MessagesRead),
            (HttpMethod.Get, "/api/messages/statistics/overview", ApiScopes.MessagesRead), (HttpMethod.Get, "/api/messages/statistics/realtime", ApiScopes.MessagesRead),
            (HttpMethod.Get, "/api/messages/templates", ApiScopes.TemplatesRead), (HttpMethod.Get, "/api/messages/accounts", ApiScopes.AccountsRead),
            (HttpMethod.Post, "/api/messages/send-batch", ApiScopes.MessagesBatches), (HttpMethod.Get, $"/api/messages/batches/{Guid.NewGuid()}", ApiScopes.MessagesBatches),
            (HttpMethod.Post, $"/api/messages/batches/{Guid.NewGuid()}/pause", ApiScopes.MessagesBatches),
        };
        foreach (var one in ApiScopeWords.All)
        {
            var client = await world.ClientAsync(one.Scope);
            foreach (var (method, path, scope) in routes)
                Assert.Equal((path, scope != one.Scope), (path, (await client.AskAsync(method, path, method == HttpMethod.Get ? null : "{}")).Code == "api.scope_missing"));
        }
    }

    [Fact]
    public async Task A_batch_is_taken_watched_and_steered_by_its_sender_only()
    {
        var (client, other) = (await world.ClientAsync(ApiScopes.MessagesBatches), await world.ClientAsync(ApiScopes.MessagesBatches));
        var body = Batch("13800000001", "13800000002");
        var created = await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", body, "batch-1");
        Assert.True(created.Status == 202, created.ToString());
        Assert.Equal(2, created.Json.GetProperty("accepted").GetInt32());
        var again = await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", body, "batch-1");
        Assert.Equal((202, created.Body, "true"), (again.Status, again.Body, again.Headers["Idempotency-Replayed"]));
        Assert.Equal("messages.key_reused", (await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", Batch("13800000003"), "batch-1")).Code);

        var path = $"/api/messages/batches/{created.Id}";
        Assert.Equal("draft", Of(await client.GetAsync(path), "state"));
        Assert.Equal((404, "common.not_found"), await StatusAsync(other, path));
        Assert.Equal((404, "common.not_found"), await StatusAsync(other, path + "/cancel", HttpMethod.Post));
        Assert.Equal(9, (await client.AskAsync(HttpMethod.Post, path + "/priority", """{"priority":9}""")).Json.GetProperty("priority").GetInt32());
        Assert.Equal("messages.priority_range", (await client.AskAsync(HttpMethod.Post, path + "/priority", """{"priority":11}""")).Code);
        Assert.Equal("api.field_type", (await client.AskAsync(HttpMethod.Post, path + "/priority", """{"priority":"x"}""")).Code);
        Assert.Equal((409, "messages.batch_move"), await StatusAsync(client, path + "/pause", HttpMethod.Post));
        Assert.Equal((404, "api.no_such_route"), await StatusAsync(client, path + "/approve", HttpMethod.Post));
        Assert.Equal("cancelled", Of(await client.AskAsync(HttpMethod.Post, path + "/cancel", null), "state"));
    }

    [Fact]
    public async Task A_batch_with_bad_rows_is_refused_with_all_of_them_or_goes_without_them()
    {
        var client = await world.ClientAsync(ApiScopes.MessagesBatches);
        var refused = await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", Batch("13800000001", "12", "13800000001"));
        Assert.Equal((422, "messages.batch_rows_bad"), (refused.Status, refused.Code));
        Assert.Equal([(2, "messages.recipient_invalid"), (3, "messages.batch_duplicate")], refused.Json.GetProperty("bad").EnumerateArray().Select(b => (b.GetProperty("row").GetInt32(), b.GetProperty("code").GetString()!)));
        var taken = await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", Batch("13800000001", "12").Replace("\"start\"", "\"acceptGood\":true,\"start\"", StringComparison.Ordinal));
        Assert.Equal((202, 1), (taken.Status, taken.Json.GetProperty("accepted").GetInt32()));
        var many = await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", Batch([.. Enumerable.Range(0, 10_001).Select(i => $"138{i:D8}")]));
        Assert.Equal((413, "messages.batch_too_many"), (many.Status, many.Code));
        foreach (var (body, code) in new[] { ("{}", "api.field_missing"), ("[", "api.malformed_json"), (Batch("13800000001").Replace("recipients", "receivers", StringComparison.Ordinal), "api.field_unknown"), (Batch(), "messages.batch_empty") })
            Assert.Equal(code, (await client.AskAsync(HttpMethod.Post, "/api/messages/send-batch", body)).Code);
    }

    private string Batch(params string[] recipients) => JsonSerializer.Serialize(new
    {
        name = "月度账单", template = world.Template, channel = "sms", start = false,
        recipients = recipients.Select(r => new { recipient = r, variables = new { name = "张三" } }),
    });

    private string Body(string more = "") => $$$"""{"template":"{{{world.Template}}}","channel":"sms","recipient":"13800138000","variables":{"name":"张三"}{{{more}}}}""";

    private static string? Of(ApiAnswer answer, string property) => answer.Json.GetProperty(property).GetString();

    private static async Task<(int Status, string? Code)> StatusAsync(ApiClient client, string path, HttpMethod? method = null)
    {
        var answer = await client.AskAsync(method ?? HttpMethod.Get, path, null);
        return (answer.Status, answer.Code);
    }
}
