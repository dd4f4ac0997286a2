using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Api;

public sealed class ApiKeyTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    private const string Somewhere = "/api/messages/nothing-of-that-name";

    private ApiKeyService Service => world.Node.Get<ApiKeyService>();

    [Fact]
    public async Task What_is_kept_of_a_key_does_not_let_anybody_in()
    {
        var client = await world.ClientAsync();
        var stored = await world.ScalarAsync<string>("select k::text from api_keys k where id = $1", client.KeyId);
        Assert.DoesNotContain(client.Key[^43..], stored, StringComparison.Ordinal);
        Assert.Equal(ApiKeyText.Length, client.Key.Length);
        Assert.StartsWith($"ccd_{client.KeyId:N}_", client.Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_no_good_key_is_told_nothing_but_that()
    {
        var client = await world.ClientAsync();
        var other = await world.ClientAsync();
        var texts = new[]
        {
            null, "", "x", "ccd_", client.Key[..^1], client.Key + "x", client.Key[..^1] + (client.Key[^1] == 'A' ? 'B' : 'A'),
            client.Key[..37] + other.Key[37..], $"ccd_{Guid.NewGuid():N}_{new string('A', 43)}", client.Key.ToUpperInvariant(), new string('~', 80),
        };
        var answers = new List<ApiAnswer>();
        foreach (var text in texts)
            answers.Add(await new ApiClient(world.Node, text, Guid.Empty).GetAsync(Somewhere));
        Assert.All(answers, a => Assert.Equal((401, "api.key_not_accepted", "Bearer"), (a.Status, a.Code, a.Headers["WWW-Authenticate"])));
        Assert.Single(answers.Select(a => a.Body).Distinct());
    }

    [Fact]
    public async Task A_cookie_opens_nothing_here()
    {
        using var http = new HttpClient { BaseAddress = world.Node.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Somewhere, UriKind.Relative));
        request.Headers.Add("Cookie", "ccd=whatever");
        using var answer = await http.SendAsync(request);
        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_key_without_the_scope_is_refused_by_the_name_of_the_scope()
    {
        var client = await world.ClientAsync(ApiScopes.MessagesRead);
        var answer = await client.SendAsync("{}");
        Assert.Equal((403, "api.scope_missing"), (answer.Status, answer.Code));
        Assert.Contains("messages.send", answer.Json.GetProperty("title").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_is_out_on_every_node_within_two_seconds()
    {
        var client = await world.ClientAsync();
        var there = client.On(await world.StartNodeAsync());
        Assert.Equal((404, 404), ((await client.GetAsync(Somewhere)).Status, (await there.GetAsync(Somewhere)).Status));
        Assert.True((await Service.RevokeAsync(client.KeyId, ApiWorld.Administrator, default)).Ok);
        Assert.Equal(401, (await client.GetAsync(Somewhere)).Status);
        await Eventually.TrueAsync(async () => (await there.GetAsync(Somewhere)).Status == 401, TimeSpan.FromSeconds(2));
        Assert.Equal("api_key.revoked", (await Service.RotateAsync(client.KeyId, TimeSpan.Zero, ApiWorld.Administrator, default)).Refusal?.Code);
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_are_good_until_the_overlap_ends()
    {
        var client = await world.ClientAsync();
        var rotated = await Service.RotateAsync(client.KeyId, TimeSpan.FromHours(1), ApiWorld.Administrator, default);
        var renewed = client.On(world.Node, rotated.Value.Text);
        Assert.Equal((404, 404), ((await client.GetAsync(Somewhere)).Status, (await renewed.GetAsync(Somewhere)).Status));
        try
        {
            world.Node.Clock.Ahead = TimeSpan.FromMinutes(61);
            Assert.Equal((401, 404), ((await client.GetAsync(Somewhere)).Status, (await renewed.GetAsync(Somewhere)).Status));
        }
        finally
        {
            world.Node.Clock.Ahead = TimeSpan.Zero;
        }

        var atOnce = await Service.RotateAsync(client.KeyId, TimeSpan.Zero, ApiWorld.Administrator, default);
        Assert.Equal((401, 404), ((await renewed.GetAsync(Somewhere)).Status, (await client.On(world.Node, atOnce.Value.Text).GetAsync(Somewhere)).Status));
    }

    [Fact]
    public async Task An_expired_key_is_out()
    {
        var client = await world.ClientAsync(with: d => d.ExpiresAt = DateTimeOffset.UtcNow.AddHours(1));
        Assert.Equal(404, (await client.GetAsync(Somewhere)).Status);
        try
        {
            world.Node.Clock.Ahead = TimeSpan.FromMinutes(61);
            Assert.Equal(401, (await client.GetAsync(Somewhere)).Status);
        }
        finally
        {
            world.Node.Clock.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task The_list_says_when_a_key_was_last_used()
    {
        var client = await world.ClientAsync();
        await client.GetAsync(Somewhere);
        await Eventually.TrueAsync(async () => (await Service.ListAsync(ApiWorld.Administrator, default)).Value.Single(k => k.Id == client.KeyId).LastUsedAt is not null);
        var row = (await Service.ListAsync(ApiWorld.Administrator, default)).Value.Single(k => k.Id == client.KeyId);
        // Using it does not get in the way of editing it.
        Assert.True((await Service.EditAsync(row.Id, new ApiKeyDraft { Name = "改名", Scopes = row.Scopes }, row.Version, ApiWorld.Administrator, default)).Ok);
        Assert.Equal("common.changed_meanwhile", (await Service.EditAsync(row.Id, new ApiKeyDraft { Name = "又改", Scopes = row.Scopes }, row.Version, ApiWorld.Administrator, default)).Refusal?.Code);
    }

    [Fact]
    public async Task Without_the_permission_nobody_sees_or_makes_keys_and_nobody_hands_out_more_than_he_holds()
    {
        var nobody = Staff();
        Assert.Equal("common.forbidden", (await Service.ListAsync(nobody, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Service.CreateAsync(Draft(ApiScopes.MessagesSend), nobody, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Service.RevokeAsync(Guid.NewGuid(), nobody, default)).Refusal?.Code);
        var keys = Staff(Permission.ManageApiKeys);
        Assert.Equal("api_key.scopes_beyond", (await Service.CreateAsync(Draft(ApiScopes.ConfigWrite), keys, default)).Refusal?.Code);
        Assert.True((await Service.CreateAsync(Draft(ApiScopes.MessagesSend), keys, default)).Ok);
        Assert.True((await Service.CreateAsync(Draft(ApiScopes.ConfigWrite), Staff(Permission.ManageApiKeys, Permission.ManageSettings), default)).Ok);
    }

    [Fact]
    public async Task A_draft_that_does_not_fit_is_told_everything_at_once()
    {
        var draft = new ApiKeyDraft { Name = " ", Scopes = ApiScopes.None, ExpiresAt = DateTimeOffset.UtcNow.AddDays(-1), PerSecond = 0, PerMinute = 0, Concurrency = 0 };
        var refusal = (await Service.CreateAsync(draft, ApiWorld.Administrator, default)).Refusal!;
        Assert.Equal(
            ["api_key.name", "api_key.scopes", "api_key.expiry_past", "api_key.per_second", "api_key.per_minute", "api_key.concurrency"],
            refusal.Others.Prepend(refusal).Select(r => r.Code));
        Assert.Equal("api_key.overlap", (await Service.RotateAsync(Guid.NewGuid(), TimeSpan.FromDays(31), ApiWorld.Administrator, default)).Refusal?.Code);
    }

    private static ApiKeyDraft Draft(ApiScopes scopes) => new() { Name = "系统", Scopes = scopes };

    private static StaffActor Staff(params Permission[] permissions) => new(Guid.NewGuid(), "某人", null, permissions.ToHashSet(), new HashSet<Guid>());
}
