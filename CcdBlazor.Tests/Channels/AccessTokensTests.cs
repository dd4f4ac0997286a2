using CcdBlazor.Channels;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class AccessTokensTests : IClassFixture<ChannelWorld>
{
    private readonly ChannelWorld world;

    public AccessTokensTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        world.World.Limits.Replace("*", []);
        world.Clock.Ahead = TimeSpan.Zero;
    }

    [Theory]
    [InlineData("oa")]
    [InlineData("wecom-app")]
    [InlineData("feishu-app")]
    public async Task A_token_that_expired_early_costs_exactly_one_repetition(string kind)
    {
        var (provider, account, message) = Of(kind);
        await provider.SendAsync(account, [message()], CancellationToken.None);
        world.Script(new ScriptRule { Kind = kind, Action = "expire", Times = 1 });
        Assert.Equal(SendResult.Accepted, Assert.Single(await provider.SendAsync(account, [message()], CancellationToken.None)).Result);
        Assert.Equal((2, 1, 2), (world.Counts(kind).Tokens, world.Counts(kind).Refused, world.Counts(kind).Shown));

        world.Script(new ScriptRule { Kind = kind, Action = "expire" });
        var outcome = Assert.Single(await provider.SendAsync(account, [message()], CancellationToken.None));
        Assert.Equal((SendResult.Failed, FailureClass.Credentials), (outcome.Result, outcome.Failure!.Value));
        Assert.Equal(3, world.Counts(kind).Refused);
    }

    [Fact]
    public async Task A_storm_of_calls_at_expiry_refreshes_once()
    {
        var (provider, account, message) = Of("oa");
        await provider.SendAsync(account, [message()], CancellationToken.None);
        world.Clock.Ahead = (await world.Tokens.FindAsync(account.Id, CancellationToken.None))!.ExpiresAt - world.Clock.GetUtcNow();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => provider.SendAsync(account, [message()], CancellationToken.None))));
        Assert.All(outcomes, o => Assert.Equal(SendResult.Accepted, Assert.Single(o).Result));
        Assert.Equal(2, world.Counts("oa").Tokens);
    }

    [Fact]
    public async Task A_storm_of_refused_calls_drops_the_refused_token_and_not_its_successor()
    {
        var (provider, account, message) = Of("wecom-app");
        await provider.SendAsync(account, [message()], CancellationToken.None);
        world.Script(new ScriptRule { Kind = "wecom-app", Action = "expire", Times = 1 });
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => provider.SendAsync(account, [message()], CancellationToken.None))));
        Assert.All(outcomes, o => Assert.Equal(SendResult.Accepted, Assert.Single(o).Result));
        Assert.Equal(2, world.Counts("wecom-app").Tokens);
    }

    [Fact]
    public async Task A_wrong_secret_is_asked_about_once_by_a_storm()
    {
        var (provider, _, message) = Of("wecom-app");
        var account = world.WeCom("other");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => provider.SendAsync(account, [message()], CancellationToken.None))));
        Assert.All(outcomes, o => Assert.Equal(FailureClass.Credentials, Assert.Single(o).Failure));
        Assert.Equal(1, world.Counts("wecom-app").Refused);
    }

    [Fact]
    public async Task A_refresh_that_fails_leaves_the_old_token_in_use_while_it_is_good()
    {
        var (provider, account, message) = Of("oa");
        await provider.SendAsync(account, [message()], CancellationToken.None);
        var left = (await world.Tokens.FindAsync(account.Id, CancellationToken.None))!.ExpiresAt - world.Clock.GetUtcNow();
        world.Clock.Ahead = left - TimeSpan.FromMinutes(2);
        world.Script(new ScriptRule { Kind = "oa", Operation = "token", Action = "status", Status = 500 });
        Assert.Equal(SendResult.Accepted, Assert.Single(await provider.SendAsync(account, [message()], CancellationToken.None)).Result);
        world.Clock.Ahead = left + TimeSpan.FromSeconds(20);
        Assert.Equal(FailureClass.Transient, Assert.Single(await provider.SendAsync(account, [message()], CancellationToken.None)).Failure);
    }

    [Fact]
    public async Task Two_nodes_share_one_token_and_the_database_does_not_know_it()
    {
        var connectionString = await TestCluster.CreateDatabaseAsync();
        try
        {
            var ring = new KeyRing(new KeyRingOptions(new Dictionary<string, byte[]> { ["k1"] = new byte[32] }, "k1", new byte[32]));
            await using var source = NpgsqlDataSource.Create(connectionString);
            ServiceProvider Node() => new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(world.Clock)
                .AddSingleton<ITokenStore>(new TokenStore(source, new FieldCipher(ring))).AddChannels().BuildServiceProvider();
            await using var one = Node();
            await using var two = Node();
            var account = world.FeishuApp();
            var sends = Enumerable.Range(0, 20).Select(i => Task.Run(() =>
                (i % 2 == 0 ? one : two).GetRequiredService<FeishuAppProvider>().SendAsync(account, [Form("text", "ou_1", $"{i}")], CancellationToken.None)));
            foreach (var outcomes in await Task.WhenAll(sends))
                Assert.Equal(SendResult.Accepted, Assert.Single(outcomes).Result);
            Assert.Equal(1, world.Counts("feishu-app").Tokens);

            var stored = (await new TokenStore(source, new FieldCipher(ring)).FindAsync(account.Id, CancellationToken.None))!;
            await using var command = source.CreateCommand("select string_agg(t::text, '') from message_access_tokens t");
            Assert.DoesNotContain(stored.Value, (string)(await command.ExecuteScalarAsync())!, StringComparison.Ordinal);
            Assert.DoesNotContain(stored.Value, stored.ToString(), StringComparison.Ordinal);

            var store = new TokenStore(source, new FieldCipher(ring));
            await store.ExpireAsync(account.Id, "another", CancellationToken.None);
            Assert.NotNull(await store.FindAsync(account.Id, CancellationToken.None));
            await store.ExpireAsync(account.Id, stored.Value, CancellationToken.None);
            Assert.Null(await store.FindAsync(account.Id, CancellationToken.None));
        }
        finally
        {
            await TestCluster.DropDatabaseAsync(connectionString);
        }
    }

    private (IMessageProvider Provider, ProviderAccount Account, Func<OutgoingMessage> Message) Of(string kind) => kind switch
    {
        "oa" => (world.Provider<OfficialAccountProvider>(), world.OfficialAccount(), () => Form("text", "o-1", $"{Guid.NewGuid()}")),
        "wecom-app" => (world.Provider<WeComAppProvider>(), world.WeCom(), () => Form("text", "li", $"{Guid.NewGuid()}")),
        _ => (world.Provider<FeishuAppProvider>(), world.FeishuApp(), () => Form("text", "ou_1", $"{Guid.NewGuid()}")),
    };
}
