using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

/// <summary>The simulator's own interface, as scripts and other tests use it over HTTP.</summary>
public sealed class SimulatorTests : IClassFixture<ChannelWorld>, IDisposable
{
    private readonly ChannelWorld world;
    private readonly HttpClient http;
    private readonly PushWebhookProvider push;

    public SimulatorTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        http = new HttpClient { BaseAddress = world.Simulator.Address };
        push = world.Provider<PushWebhookProvider>();
    }

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Messages_are_paged_filtered_and_counted()
    {
        await push.SendAsync(world.Push(), Enumerable.Range(0, 25).Select(i => Message($"d{i % 20}", $"{i}")).ToList(), CancellationToken.None);
        var seen = new List<string>();
        for (var after = 0L; ;)
        {
            var page = await http.GetFromJsonAsync<JsonElement>($"/sim/messages?kind=push-webhook&after={after}&limit=10");
            if (page.GetProperty("messages").GetArrayLength() == 0)
                break;
            seen.AddRange(page.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("text").GetString()!));
            after = page.GetProperty("next").GetInt64();
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{i}"), seen);
        var one = await http.GetFromJsonAsync<JsonElement>("/sim/messages?recipient=d3");
        Assert.Equal(2, one.GetProperty("messages").GetArrayLength());
        var latest = await http.GetFromJsonAsync<JsonElement>("/sim/messages?latest=true&limit=1");
        Assert.Equal("24", latest.GetProperty("messages")[0].GetProperty("text").GetString());
        var counts = (await http.GetFromJsonAsync<JsonElement>("/sim/counts")).GetProperty("kinds").GetProperty("push-webhook");
        Assert.Equal((25, 25, 20, 5), (counts.GetProperty("shown").GetInt32(), counts.GetProperty("distinctIds").GetInt32(), counts.GetProperty("distinctRecipients").GetInt32(), counts.GetProperty("duplicateRecipients").GetInt32()));
        await http.PostAsync("/sim/reset", null);
        Assert.Equal(0, world.Counts(Kinds.Push).Received);
        Assert.Contains("消息模拟器", await http.GetStringAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_with_a_seed_does_the_same_every_time()
    {
        const string Script = """{"rules":[{"kind":"push-webhook","recipient":"d*","action":"error","code":"busy","probability":0.3,"seed":7}]}""";
        var group = Enumerable.Range(0, 100).Select(i => $"d{i}").ToList();
        var runs = new List<List<SendResult>>();
        for (var run = 0; run < 2; run++)
        {
            (await http.PostAsync("/sim/script", new StringContent(Script, Encoding.UTF8))).EnsureSuccessStatusCode();
            var outcomes = await push.SendAsync(world.Push(), [.. group.Select(d => Message(d)), Message("x")], CancellationToken.None);
            Assert.Equal(SendResult.Accepted, outcomes[^1].Result);
            runs.Add([.. outcomes.Select(o => o.Result)]);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.InRange(runs[0].Count(r => r == SendResult.Failed), 10, 60);
        Assert.False((await http.PostAsync("/sim/script", new StringContent("{", Encoding.UTF8))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Limits_are_lifted_set_and_restored()
    {
        var published = (await http.GetFromJsonAsync<JsonElement>("/sim/limits")).GetArrayLength();
        await http.PostAsync("/sim/limits", new StringContent("""{"kind":"*"}""", Encoding.UTF8));
        Assert.Equal(0, (await http.GetFromJsonAsync<JsonElement>("/sim/limits")).GetArrayLength());
        await http.PostAsync("/sim/limits", new StringContent(
            """{"kind":"push-webhook","rules":[{"kind":"push-webhook","scope":"recipient","seconds":3600,"most":1,"code":"device_throttled"}]}""", Encoding.UTF8));
        var outcomes = await push.SendAsync(world.Push(), [Message("a"), Message("a"), Message("b")], CancellationToken.None);
        Assert.Equal((FailureClass.Throttled, true), (outcomes[1].Failure!.Value, outcomes[1].RecipientOnly));
        Assert.Equal(SendResult.Accepted, outcomes[2].Result);
        await http.PostAsync("/sim/limits", new StringContent("""{"restore":true}""", Encoding.UTF8));
        Assert.Equal(published, (await http.GetFromJsonAsync<JsonElement>("/sim/limits")).GetArrayLength());
    }

    [Fact]
    public async Task Receipts_come_twice_or_never_and_again_when_they_were_not_taken()
    {
        await using var program = await ReceiptCatcher.StartAsync();
        (await http.PostAsJsonAsync("/sim/accounts", new { kind = "push-webhook", id = "second", secret = "s2", receiptAddress = $"{program.Address}/r", receiptMode = "twice" })).EnsureSuccessStatusCode();
        world.Script(new ScriptRule { Kind = Kinds.Push, Action = "receipt", Recipient = "n*", Receipt = "never" });
        program.Refuse = 1;
        var account = world.Account("push-webhook", MessageChannel.Push, new() { ["KeyId"] = "second" }, new() { ["Secret"] = "s2" });
        var group = new[] { Message("a"), Message("n") };
        await push.SendAsync(account, group, CancellationToken.None);
        var ids = new List<Guid?>();
        await Eventually.TrueAsync(() =>
        {
            while (program.Caught.TryDequeue(out var request))
                ids.AddRange(push.Read(account, request.Query, request.Headers, request.Body)!.Receipts.Select(r => r.MessageId));
            return ids.Count >= 2;
        });
        Assert.All(ids, id => Assert.Equal(group[0].Id, id));
    }
}
