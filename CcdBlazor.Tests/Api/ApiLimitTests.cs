using System.Globalization;
using CcdBlazor.Domain.ApiKeys;
using Npgsql;

namespace CcdBlazor.Tests.Api;

public sealed class ApiLimitTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    private const string Somewhere = "/api/messages/nothing-of-that-name";

    [Fact]
    public async Task Over_the_rate_a_key_is_told_when_to_come_back_and_others_are_not_held_up()
    {
        var client = await world.ClientAsync(with: d => d.PerSecond = 3);
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.GetAsync(Somewhere)));
        var refused = answers.Where(a => a.Status == 429).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, a => Assert.Equal("api.too_many", a.Code));
        Assert.All(refused, a => Assert.InRange(int.Parse(a.Headers["Retry-After"], CultureInfo.InvariantCulture), 1, 60));
        Assert.Equal(404, (await (await world.ClientAsync()).GetAsync(Somewhere)).Status);
    }

    [Fact]
    public async Task A_minute_over_two_nodes_never_holds_more_than_its_limit()
    {
        const int Limit = 300;
        var source = world.Node.Get<NpgsqlDataSource>();
        var clock = new ApiWorld.ShiftedClock();
        // Two ledgers are two nodes.
        var (one, two) = (new ApiKeyLedger(source, clock), new ApiKeyLedger(source, clock));
        var key = Guid.NewGuid();
        // In the middle of a minute, so that all fall into the same one.
        clock.Ahead = TimeSpan.FromSeconds(90 - DateTimeOffset.UtcNow.Second);
        var minute = clock.GetUtcNow().Minute;
        var taken = await Task.WhenAll(Enumerable.Range(0, 2 * Limit).Select(i => Task.Run(async () => await (i % 3 == 0 ? one : two).TakeAsync(key, Limit, default))));
        Assert.Equal(minute, clock.GetUtcNow().Minute);
        var granted = taken.Count(wait => wait is null);
        Assert.InRange(granted, Limit - 2 * (Limit / 50), Limit);
        Assert.All(taken.Where(wait => wait is not null), wait => Assert.InRange(wait!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
        clock.Ahead += TimeSpan.FromMinutes(1);
        Assert.Null(await one.TakeAsync(key, Limit, default));
    }

    [Fact]
    public async Task Requests_at_the_same_time_are_bounded()
    {
        var client = await world.ClientAsync(with: d => d.Concurrency = 1);
        // Writes wait for their commit, so they overlap.
        var body = $$$"""{"template":"{{{world.Template}}}","channel":"sms","recipient":"13800138000","variables":{"name":"x"}}""";
        var codes = new HashSet<string?>();
        for (var round = 0; round < 20 && !codes.Contains("api.too_many_at_once"); round++)
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.SendAsync(body))))
                codes.Add(answer.Code);
        Assert.Contains("api.too_many_at_once", codes);
        Assert.Contains(null, codes);
        // The place comes back.
        Assert.Equal(202, (await client.SendAsync(body)).Status);
    }
}
