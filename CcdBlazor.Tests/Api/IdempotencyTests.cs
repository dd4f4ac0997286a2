namespace CcdBlazor.Tests.Api;

public sealed class IdempotencyTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    [Fact]
    public async Task The_same_key_with_the_same_body_is_answered_again_and_written_once()
    {
        var client = await world.ClientAsync();
        var first = await client.SendAsync(Body("一"), "order-1");
        var again = await client.SendAsync(Body("一"), "order-1");
        Assert.Equal((202, first.Body), (again.Status, again.Body));
        Assert.False(first.Headers.ContainsKey("Idempotency-Replayed"));
        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
        Assert.Equal(1, await CountAsync(client));
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        var client = await world.ClientAsync();
        Assert.Equal(202, (await client.SendAsync(Body("一"), "order-2")).Status);
        var other = await client.SendAsync(Body("二"), "order-2");
        Assert.Equal((409, "messages.key_reused"), (other.Status, other.Code));
        Assert.Equal(1, await CountAsync(client));
    }

    [Fact]
    public async Task The_same_key_of_two_callers_is_two_messages()
    {
        var (one, two) = (await world.ClientAsync(), await world.ClientAsync());
        var first = await one.SendAsync(Body("一"), "order-3");
        var second = await two.SendAsync(Body("一"), "order-3");
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Many_with_one_key_at_once_on_two_nodes_are_one_message()
    {
        var client = await world.ClientAsync();
        var there = client.On(await world.StartNodeAsync());
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? client : there).SendAsync(Body("同时"), "order-4")));
        Assert.All(answers, a => Assert.True(a.Status == 202, a.ToString()));
        Assert.Single(answers.Select(a => a.Id).Distinct());
        Assert.Single(answers, a => !a.Headers.ContainsKey("Idempotency-Replayed"));
        Assert.Equal(1, await CountAsync(client));
    }

    [Fact]
    public async Task Two_bodies_with_one_key_at_once_are_one_message_and_one_refusal()
    {
        var client = await world.ClientAsync();
        var answers = await Task.WhenAll(client.SendAsync(Body("甲"), "order-5"), client.SendAsync(Body("乙"), "order-5"));
        Assert.Equal([202, 409], answers.Select(a => a.Status).Order());
        Assert.Equal(1, await CountAsync(client));
    }

    [Fact]
    public async Task After_a_day_the_key_is_free_again()
    {
        var client = await world.ClientAsync();
        var first = await client.SendAsync(Body("一"), "order-6");
        try
        {
            world.Node.Clock.Ahead = TimeSpan.FromHours(23.9);
            Assert.Equal(first.Id, (await client.SendAsync(Body("一"), "order-6")).Id);
            world.Node.Clock.Ahead = TimeSpan.FromHours(24.1);
            var later = await client.SendAsync(Body("二"), "order-6");
            Assert.True(later.Status == 202, later.ToString());
            Assert.NotEqual(first.Id, later.Id);
            Assert.Equal(later.Id, (await client.SendAsync(Body("二"), "order-6")).Id);
        }
        finally
        {
            world.Node.Clock.Ahead = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task A_key_has_1_to_255_characters()
    {
        var client = await world.ClientAsync();
        Assert.Equal(202, (await client.SendAsync(Body("一"), new string('k', 255))).Status);
        foreach (var key in new[] { "", new string('k', 256) })
            Assert.Equal("messages.key_length", (await client.SendAsync(Body("一"), key)).Code);
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        var client = await world.ClientAsync();
        Assert.Equal(422, (await client.SendAsync(Body("一").Replace("13800138000", "1", StringComparison.Ordinal), "order-7")).Status);
        Assert.Equal(202, (await client.SendAsync(Body("一"), "order-7")).Status);
    }

    private Task<long> CountAsync(ApiClient client) => world.ScalarAsync<long>("select count(*) from messages where caller = $1", client.KeyId);

    private string Body(string name) => $$$"""{"template":"{{{world.Template}}}","channel":"sms","recipient":"13800138000","variables":{"name":"{{{name}}}"}}""";
}
