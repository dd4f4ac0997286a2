using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class PushWebhookTests : IClassFixture<ChannelWorld>
{
    private readonly ChannelWorld world;
    private readonly PushWebhookProvider push;

    public PushWebhookTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        push = world.Provider<PushWebhookProvider>();
    }

    [Fact]
    public async Task A_full_group_is_taken_in_order_with_one_result_each()
    {
        var group = Enumerable.Range(0, 500).Select(i => Message($"device-{i}", $"第 {i} 条")).ToList();
        var outcomes = await push.SendAsync(world.Push(), group, CancellationToken.None);
        Assert.Equal(group.Select(m => m.Id), outcomes.Select(o => o.MessageId));
        Assert.All(outcomes, o => Assert.Equal(SendResult.Accepted, o.Result));
        Assert.Equal($"p{group[7].Id:N}", outcomes[7].ProviderId);
        Assert.Equal(group.Select(m => m.Id.ToString("N")), world.Seen(Kinds.Push).Select(m => m.Id));
    }

    [Fact]
    public async Task What_a_person_reads_is_what_was_written()
    {
        const string Text = "<b>额度</b> \"50,000\" \\ 换行\n表情 😀👨‍👩‍👧 \u0001";
        await push.SendAsync(world.Push(), [Message("d", Text, subject: "标题 <i> & 😀", url: "https://example.com/?a=1&b=中")], CancellationToken.None);
        var seen = Assert.Single(world.Seen(Kinds.Push));
        Assert.Equal((Text, "标题 <i> & 😀", "https://example.com/?a=1&b=中"), (seen.Text, seen.Title, seen.Url));
    }

    /// <summary>Half a character, as a careless cut of a text leaves it.</summary>
    [Fact]
    public async Task A_damaged_character_costs_itself_and_not_the_group()
    {
        var outcomes = await push.SendAsync(world.Push(), [Message("a", "坏\ud83d字"), Message("b")], CancellationToken.None);
        Assert.All(outcomes, o => Assert.Equal(SendResult.Accepted, o.Result));
        Assert.Equal("坏\ufffd字", world.Seen(Kinds.Push)[0].Text);
    }

    [Fact]
    public async Task An_address_may_have_a_path_of_its_own()
    {
        await using var gateway = await ReceiptCatcher.StartAsync();
        await push.SendAsync(world.Push(new Uri($"{gateway.Address}/gateway")), [Message("a")], CancellationToken.None);
        Assert.True(gateway.Caught.TryDequeue(out var request));
        Assert.Equal("/gateway/v1/push", request.Path);
    }

    [Fact]
    public async Task Only_the_device_that_is_gone_fails()
    {
        var outcomes = await push.SendAsync(world.Push(), [Message("a"), Message("invalid-1"), Message("b")], CancellationToken.None);
        Assert.Equal([SendResult.Accepted, SendResult.Failed, SendResult.Accepted], outcomes.Select(o => o.Result));
        Assert.Equal((FailureClass.InvalidRecipient, "unknown_device"), (outcomes[1].Failure, outcomes[1].Code));
    }

    [Fact]
    public async Task After_a_cut_the_messages_are_unknown_and_sending_again_shows_them_once()
    {
        world.Script(new ScriptRule { Kind = Kinds.Push, Action = "cut", Times = 1 });
        var group = new[] { Message("a"), Message("b") };
        var cut = await push.SendAsync(world.Push(), group, CancellationToken.None);
        Assert.All(cut, o => Assert.Equal((SendResult.Unknown, (FailureClass?)null), (o.Result, o.Failure)));
        var again = await push.SendAsync(world.Push(), group, CancellationToken.None);
        Assert.All(again, o => Assert.Equal(SendResult.Accepted, o.Result));
        Assert.Equal((2, 2, 0), (world.Counts(Kinds.Push).Shown, world.Counts(Kinds.Push).Repeats, world.Counts(Kinds.Push).DuplicateRecipients));
    }

    [Fact]
    public async Task A_provider_that_hangs_leaves_the_messages_unknown()
    {
        var (clients, hasty) = await world.HastyAsync<PushWebhookProvider>(world.Push());
        await using var _ = clients;
        world.Script(new ScriptRule { Kind = Kinds.Push, Action = "hang" });
        var outcome = Assert.Single(await hasty.SendAsync(world.Push(), [Message("a")], CancellationToken.None));
        Assert.Equal((SendResult.Unknown, "timeout"), (outcome.Result, outcome.Code));
    }

    [Fact]
    public async Task Nobody_at_the_address_is_passing_trouble()
    {
        var outcome = Assert.Single(await push.SendAsync(world.Push(new Uri("http://127.0.0.1:1")), [Message("a")], CancellationToken.None));
        Assert.Equal((SendResult.Failed, FailureClass.Transient), (outcome.Result, outcome.Failure));
    }

    [Fact]
    public async Task An_address_without_TLS_beyond_this_machine_gets_nothing()
    {
        var outcome = Assert.Single(await push.SendAsync(world.Push(new Uri("http://push.example.com")), [Message("a")], CancellationToken.None));
        Assert.Equal((FailureClass.Credentials, "plain-http"), (outcome.Failure, outcome.Code));
    }

    [Theory]
    [InlineData("throttle", 0, FailureClass.Throttled)]
    [InlineData("status", 503, FailureClass.Transient)]
    [InlineData("status", 401, FailureClass.Credentials)]
    public async Task Trouble_of_the_call_is_that_of_each_message(string action, int status, FailureClass expected)
    {
        world.Script(new ScriptRule { Kind = Kinds.Push, Action = action, Status = status, Seconds = 40 });
        var outcomes = await push.SendAsync(world.Push(), [Message("a"), Message("b")], CancellationToken.None);
        Assert.All(outcomes, o => Assert.Equal((SendResult.Failed, expected), (o.Result, o.Failure!.Value)));
        if (expected == FailureClass.Throttled)
            Assert.InRange(outcomes[0].RetryAt!.Value - world.Clock.GetUtcNow(), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(41));
    }

    [Fact]
    public async Task A_gateway_that_gave_up_waiting_leaves_the_messages_unknown()
    {
        world.Script(new ScriptRule { Kind = Kinds.Push, Action = "status", Status = 504 });
        Assert.Equal(SendResult.Unknown, Assert.Single(await push.SendAsync(world.Push(), [Message("a")], CancellationToken.None)).Result);
    }

    [Fact]
    public async Task A_wrong_secret_is_a_matter_of_the_account()
    {
        var outcome = Assert.Single(await push.SendAsync(world.Push(secret: "other"), [Message("a")], CancellationToken.None));
        Assert.Equal((FailureClass.Credentials, "bad_signature"), (outcome.Failure, outcome.Code));
        Assert.False((await push.ProbeAsync(world.Push(secret: "other"), CancellationToken.None)).Usable);
        Assert.True((await push.ProbeAsync(world.Push(), CancellationToken.None)).Usable);
    }

    [Fact]
    public async Task Receipts_come_in_a_group_signed_and_are_refused_when_forged_or_old()
    {
        await using var program = await ReceiptCatcher.StartAsync();
        var account = world.World.Accounts[Kinds.Push, "sim-push"]!;
        account.ReceiptAddress = $"{program.Address}/api/messages/receipts/41";
        world.Script(new ScriptRule { Kind = Kinds.Push, Action = "receipt", Receipt = "failed", Code = "expired", Recipient = "b" });
        var group = new[] { Message("a"), Message("b") };
        await push.SendAsync(world.Push(), group, CancellationToken.None);
        var receipts = new Dictionary<Guid, DeliveryReceipt>();
        await Eventually.TrueAsync(() =>
        {
            while (program.Caught.TryDequeue(out var request))
            {
                var read = push.Read(world.Push(), request.Query, request.Headers, request.Body)!;
                foreach (var receipt in read.Receipts)
                    receipts[receipt.MessageId!.Value] = receipt;
                Assert.Null(push.Read(world.Push(secret: "other"), request.Query, request.Headers, request.Body));
                world.Clock.Ahead = TimeSpan.FromMinutes(6);
                Assert.Null(push.Read(world.Push(), request.Query, request.Headers, request.Body));
                world.Clock.Ahead = TimeSpan.Zero;
            }

            return receipts.Count == 2;
        });
        account.ReceiptAddress = null;
        Assert.True(receipts[group[0].Id].Delivered);
        Assert.Equal((false, FailureClass.Transient, "expired"), (receipts[group[1].Id].Delivered, receipts[group[1].Id].Failure!.Value, receipts[group[1].Id].Code));
    }
}
