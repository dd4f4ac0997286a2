using System.Text;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class TencentSmsTests : IClassFixture<ChannelWorld>
{
    private readonly ChannelWorld world;
    private readonly TencentSmsProvider tencent;

    public TencentSmsTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        tencent = world.Provider<TencentSmsProvider>();
    }

    [Fact]
    public void The_signature_is_that_of_the_documents_example()
    {
        var body = Encoding.UTF8.GetBytes("""{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}""");
        Assert.Equal(
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
            + "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
            Tc3Signature.Authorization(
                "cvm", "cvm.tencentcloudapi.com", "application/json; charset=utf-8", null, body, DateTimeOffset.FromUnixTimeSeconds(1551113065),
                "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"));
    }

    [Fact]
    public async Task Every_number_has_its_own_result_and_price()
    {
        var group = new[] { Sms("13800138000", "100", parameters: ("1", "张三😀")), Sms("19900138001", "100", parameters: ("1", "张三😀")), Sms("13800138002", "100", parameters: ("1", "李四")), Sms("12", "100") };
        var outcomes = await tencent.SendAsync(world.Tencent(), group, CancellationToken.None);
        Assert.Equal([SendResult.Accepted, SendResult.Failed, SendResult.Accepted, SendResult.Failed], outcomes.Select(o => o.Result));
        Assert.Equal((FailureClass.InvalidRecipient, "InvalidParameterValue.IncorrectPhoneNumber"), (outcomes[1].Failure!.Value, outcomes[1].Code));
        Assert.Equal(45, outcomes[0].CostMilli);
        var seen = world.Seen(Kinds.TencentSms);
        Assert.Equal(["13800138000", "13800138002"], seen.Select(m => m.Recipient));
        Assert.Contains("1=张三😀", seen[0].Text, StringComparison.Ordinal);
        // The second left alone, under its own id.
        Assert.Equal(group[2].Id.ToString("N"), seen[1].Id);
    }

    [Fact]
    public async Task The_limit_of_a_number_is_its_own_and_says_when_it_ends()
    {
        await tencent.SendAsync(world.Tencent(), [Sms("13800138000", "100")], CancellationToken.None);
        var outcomes = await tencent.SendAsync(world.Tencent(), [Sms("13800138000", "100"), Sms("13800138009", "100")], CancellationToken.None);
        Assert.Equal((FailureClass.Throttled, true), (outcomes[0].Failure!.Value, outcomes[0].RecipientOnly));
        Assert.InRange(outcomes[0].RetryAt!.Value - world.Clock.GetUtcNow(), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
        Assert.Equal(SendResult.Accepted, outcomes[1].Result);
    }

    [Fact]
    public async Task An_error_of_the_call_comes_with_status_200_and_is_seen()
    {
        var outcome = Assert.Single(await tencent.SendAsync(world.Tencent("other"), [Sms("13800138000", "100")], CancellationToken.None));
        Assert.Equal((SendResult.Failed, FailureClass.Credentials, "AuthFailure.SignatureFailure"), (outcome.Result, outcome.Failure!.Value, outcome.Code));
        world.Script(new ScriptRule { Kind = Kinds.TencentSms, Action = "throttle", Seconds = 60 });
        outcome = Assert.Single(await tencent.SendAsync(world.Tencent(), [Sms("13800138000", "100")], CancellationToken.None));
        Assert.Equal((FailureClass.Throttled, false), (outcome.Failure!.Value, outcome.RecipientOnly));
        world.Script();
        Assert.True((await tencent.ProbeAsync(world.Tencent(), CancellationToken.None)).Usable);
        Assert.False((await tencent.ProbeAsync(world.Tencent("other"), CancellationToken.None)).Usable);
    }

    [Fact]
    public async Task After_a_cut_asking_finds_what_was_delivered_and_never_says_that_nothing_arrived()
    {
        world.Script(
            new ScriptRule { Kind = Kinds.TencentSms, Operation = "SendSms", Action = "cut", Times = 1 },
            new ScriptRule { Kind = Kinds.TencentSms, Action = "receipt", Receipt = "failed", Code = "空号", Recipient = "*1" },
            new ScriptRule { Kind = Kinds.TencentSms, Action = "receipt", Receipt = "never", Recipient = "*2" });
        var now = world.Clock.GetUtcNow();
        var group = new[] { Sms("13800138000", "100", now), Sms("13800138001", "100", now), Sms("13800138002", "100", now) };
        Assert.All(await tencent.SendAsync(world.Tencent(), group, CancellationToken.None), o => Assert.Equal(SendResult.Unknown, o.Result));
        IReadOnlyList<SendOutcome> asked = [];
        await Eventually.TrueAsync(async () =>
        {
            asked = await tencent.AskAsync(world.Tencent(), group, CancellationToken.None);
            return asked[0].Result != SendResult.Unknown && asked[1].Result != SendResult.Unknown;
        });
        Assert.Equal([SendResult.Delivered, SendResult.Failed, SendResult.Unknown], asked.Select(o => o.Result));
        Assert.Equal(FailureClass.InvalidRecipient, asked[1].Failure);
    }

    [Fact]
    public async Task Receipts_are_polled()
    {
        var message = Sms("13800138000", "100");
        var outcome = Assert.Single(await tencent.SendAsync(world.Tencent(), [message], CancellationToken.None));
        var waiting = new[] { new SentMessage(message.Id, message.Recipient, outcome.ProviderId, world.Clock.GetUtcNow()) };
        IReadOnlyList<DeliveryReceipt> receipts = [];
        await Eventually.TrueAsync(async () => (receipts = await tencent.PollAsync(world.Tencent(), waiting, CancellationToken.None)).Count == 1);
        Assert.Equal((message.Id, true, "DELIVRD"), (receipts[0].MessageId!.Value, receipts[0].Delivered, receipts[0].Code));
    }
}
