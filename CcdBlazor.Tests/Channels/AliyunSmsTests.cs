using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class AliyunSmsTests : IClassFixture<ChannelWorld>
{
    private readonly ChannelWorld world;
    private readonly AliyunSmsProvider aliyun;

    public AliyunSmsTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        world.Clock.Ahead = TimeSpan.Zero;
        aliyun = world.Provider<AliyunSmsProvider>();
    }

    [Fact]
    public void The_signature_is_that_of_the_documents_example()
    {
        const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = "ecs.cn-shanghai.aliyuncs.com", ["x-acs-action"] = "RunInstances", ["x-acs-content-sha256"] = EmptyHash, ["x-acs-date"] = "2023-10-26T10:22:32Z",
            ["x-acs-signature-nonce"] = "3156853299f313e23d1673dc12e1703d", ["x-acs-version"] = "2014-05-26",
        };
        Assert.Equal(
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
            + "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            Acs3Signature.Authorization(
                "POST", "/", "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", headers, EmptyHash, "YourAccessKeyId", "YourAccessKeySecret"));
    }

    [Fact]
    public async Task One_message_carries_our_id()
    {
        var message = Sms("13800138000", parameters: ("name", "张三 <b>&+~* 😀"));
        var outcome = Assert.Single(await aliyun.SendAsync(world.Aliyun(), [message], CancellationToken.None));
        Assert.Equal(SendResult.Accepted, outcome.Result);
        var seen = Assert.Single(world.Seen(Kinds.AliyunSms));
        Assert.Equal(message.Id.ToString("N"), seen.Id);
        Assert.Contains("张三 <b>&+~* 😀", seen.Text, StringComparison.Ordinal);
        Assert.StartsWith("【信贷助手】", seen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equal_and_different_texts_reach_everybody_once_also_one_number_twice()
    {
        var equal = Enumerable.Range(0, 1000).Select(i => Sms($"138{i:D8}")).ToList();
        Assert.All(await aliyun.SendAsync(world.Aliyun(), equal, CancellationToken.None), o => Assert.Equal(SendResult.Accepted, o.Result));
        var different = Enumerable.Range(0, 150).Select(i => Sms($"139{i:D8}", parameters: ("n", $"{i}"))).Append(Sms("13900000000", parameters: ("n", "second"))).ToList();
        var outcomes = await aliyun.SendAsync(world.Aliyun(), different, CancellationToken.None);
        Assert.Equal(different.Select(m => m.Id), outcomes.Select(o => o.MessageId));
        Assert.All(outcomes, o => Assert.Equal(SendResult.Accepted, o.Result));
        Assert.Equal(outcomes.Count, outcomes.Select(o => o.ProviderId).Distinct().Count());
        Assert.Equal((1151, 1), (world.Counts(Kinds.AliyunSms).Shown, world.Counts(Kinds.AliyunSms).DuplicateRecipients));
    }

    [Fact]
    public async Task One_bad_number_does_not_cost_its_group()
    {
        var group = new[] { Sms("13800000001"), Sms("19900000002"), Sms("13800000003"), Sms("１３８０００００００４"), Sms("13800000005") };
        var outcomes = await aliyun.SendAsync(world.Aliyun(), group, CancellationToken.None);
        Assert.Equal([SendResult.Accepted, SendResult.Failed, SendResult.Accepted, SendResult.Failed, SendResult.Accepted], outcomes.Select(o => o.Result));
        Assert.Equal((FailureClass.InvalidRecipient, "isv.MOBILE_NUMBER_ILLEGAL"), (outcomes[1].Failure, outcomes[1].Code));
        Assert.Equal(["13800000001", "13800000003", "13800000005"], world.Seen(Kinds.AliyunSms).Select(m => m.Recipient).Order());
    }

    [Fact]
    public async Task The_limit_of_a_number_is_its_own_and_says_when_it_ends()
    {
        var codes = new[] { Sms("13800138000", parameters: ("code", "1234")), Sms("13800138001", parameters: ("code", "1234")) };
        await aliyun.SendAsync(world.Aliyun(), codes[..1], CancellationToken.None);
        var outcomes = await aliyun.SendAsync(world.Aliyun(), codes, CancellationToken.None);
        Assert.Equal((FailureClass.Throttled, true, "isv.BUSINESS_LIMIT_CONTROL"), (outcomes[0].Failure!.Value, outcomes[0].RecipientOnly, outcomes[0].Code));
        Assert.InRange(outcomes[0].RetryAt!.Value - world.Clock.GetUtcNow(), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        Assert.Equal(SendResult.Accepted, outcomes[1].Result);
    }

    [Theory]
    [InlineData("isv.AMOUNT_NOT_ENOUGH", FailureClass.Credentials)]
    [InlineData("isv.SMS_TEMPLATE_ILLEGAL", FailureClass.Rejected)]
    [InlineData("isv.DAY_LIMIT_CONTROL", FailureClass.Throttled)]
    [InlineData("isp.SYSTEM_ERROR", FailureClass.Transient)]
    [InlineData("isv.SOMETHING_NEW", FailureClass.Transient)]
    public async Task Each_code_has_its_class_also_with_status_200(string code, FailureClass expected)
    {
        world.Script(new ScriptRule { Kind = Kinds.AliyunSms, Action = "error", Code = code });
        var outcome = Assert.Single(await aliyun.SendAsync(world.Aliyun(), [Sms("13800138000")], CancellationToken.None));
        Assert.Equal((SendResult.Failed, expected, code), (outcome.Result, outcome.Failure!.Value, outcome.Code));
        Assert.Matches("[\u4e00-\u9fff]", outcome.Reason);
    }

    [Fact]
    public async Task A_wrong_secret_is_a_matter_of_the_account()
    {
        var outcome = Assert.Single(await aliyun.SendAsync(world.Aliyun("other"), [Sms("13800138000")], CancellationToken.None));
        Assert.Equal((FailureClass.Credentials, "SignatureDoesNotMatch"), (outcome.Failure!.Value, outcome.Code));
        Assert.False((await aliyun.ProbeAsync(world.Aliyun("other"), CancellationToken.None)).Usable);
        Assert.True((await aliyun.ProbeAsync(world.Aliyun(), CancellationToken.None)).Usable);
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("cut")]
    public async Task Without_an_answer_it_is_unknown_and_asking_finds_it(string action)
    {
        var (clients, hasty) = await world.HastyAsync<AliyunSmsProvider>(world.Aliyun());
        await using var _ = clients;
        world.Script(new ScriptRule { Kind = Kinds.AliyunSms, Operation = "Send*", Action = action, Times = 1 });
        var now = world.Clock.GetUtcNow();
        // In a group under the id of the first: found by number, template, time and values.
        var group = new[] { Sms("13800138000", sentAround: now, parameters: ("n", "甲")), Sms("13800138001", sentAround: now, parameters: ("n", "乙")) };
        var provider = action == "hang" ? hasty : aliyun;
        Assert.All(await provider.SendAsync(world.Aliyun(), group, CancellationToken.None), o => Assert.Equal(SendResult.Unknown, o.Result));
        Assert.All(await aliyun.AskAsync(world.Aliyun(), group, CancellationToken.None), o => Assert.True(o.Result is SendResult.Accepted or SendResult.Delivered, $"{o.Result}"));
    }

    [Fact]
    public async Task A_message_that_is_not_listed_is_unknown_at_first_and_then_never_arrived()
    {
        world.Script(new ScriptRule { Kind = Kinds.AliyunSms, Operation = "Send*", Action = "cut", Take = false, Times = 1 });
        var now = world.Clock.GetUtcNow();
        // An older message of the same template to the same number is not taken for it.
        await aliyun.SendAsync(world.Aliyun(), [Sms("13800138009", parameters: ("n", "旧"))], CancellationToken.None);
        var message = Sms("13800138009", sentAround: now, parameters: ("n", "新"));
        world.Script(new ScriptRule { Kind = Kinds.AliyunSms, Operation = "Send*", Action = "cut", Take = false, Times = 1 });
        Assert.Equal(SendResult.Unknown, Assert.Single(await aliyun.SendAsync(world.Aliyun(), [message], CancellationToken.None)).Result);
        Assert.Equal(SendResult.Unknown, Assert.Single(await aliyun.AskAsync(world.Aliyun(), [message], CancellationToken.None)).Result);
        world.Clock.Ahead = TimeSpan.FromMinutes(1);
        Assert.Equal(SendResult.NeverArrived, Assert.Single(await aliyun.AskAsync(world.Aliyun(), [message], CancellationToken.None)).Result);
    }

    [Fact]
    public async Task Receipts_are_pushed_or_polled_and_name_each_message_of_a_group()
    {
        await using var program = await ReceiptCatcher.StartAsync();
        var account = world.World.Accounts[Kinds.AliyunSms, "sim-aliyun-id"]!;
        account.ReceiptAddress = $"{program.Address}/api/messages/receipts/21?key=sim-receipt-key";
        world.Script(new ScriptRule { Kind = Kinds.AliyunSms, Action = "receipt", Receipt = "failed", Code = "MOBILE_NOT_ON_SERVICE", Recipient = "*1" });
        var group = new[] { Sms("13800138000"), Sms("13800138001") };
        var outcomes = await aliyun.SendAsync(world.Aliyun(), group, CancellationToken.None);
        var receipts = new Dictionary<string, DeliveryReceipt>();
        await Eventually.TrueAsync(() =>
        {
            while (program.Caught.TryDequeue(out var request))
            {
                Assert.Null(aliyun.Read(world.Aliyun(), new Dictionary<string, string> { ["key"] = "guess" }, request.Headers, request.Body));
                foreach (var receipt in aliyun.Read(world.Aliyun(), request.Query, request.Headers, request.Body)!.Receipts)
                    receipts[receipt.ProviderId!] = receipt;
            }

            return receipts.Count == 2;
        });
        account.ReceiptAddress = null;
        Assert.True(receipts[outcomes[0].ProviderId!].Delivered);
        Assert.Equal((false, FailureClass.InvalidRecipient), (receipts[outcomes[1].ProviderId!].Delivered, receipts[outcomes[1].ProviderId!].Failure!.Value));

        var waiting = group.Zip(outcomes, (m, o) => new SentMessage(m.Id, m.Recipient, o.ProviderId, world.Clock.GetUtcNow())).ToList();
        var polled = await aliyun.PollAsync(world.Aliyun(), waiting, CancellationToken.None);
        Assert.Equal([(group[0].Id, true), (group[1].Id, false)], polled.Select(r => (r.MessageId!.Value, r.Delivered)));
    }
}
