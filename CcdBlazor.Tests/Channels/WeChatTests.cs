using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Support;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class WeChatTests : IClassFixture<ChannelWorld>
{
    private const string Emoji = "您好 <b>&</b> 😀 \\ud83d \"引号\"\n第二行";

    private readonly ChannelWorld world;
    private readonly OfficialAccountProvider official;
    private readonly WeComAppProvider app;
    private readonly WeComRobotProvider robot;

    public WeChatTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        (official, app, robot) = (world.Provider<OfficialAccountProvider>(), world.Provider<WeComAppProvider>(), world.Provider<WeComRobotProvider>());
    }

    [Fact]
    public async Task A_template_message_carries_our_id_and_is_recognised_again()
    {
        var account = world.OfficialAccount();
        var message = Form("template", "o-li", "进度", url: "https://example.com/1", template: "T1", parameters: [("thing1", "资料已收到 😀"), ("time2", "2026-11-20 08:00")]);
        var outcome = Assert.Single(await official.SendAsync(account, [message], CancellationToken.None));
        Assert.Equal(SendResult.Accepted, outcome.Result);
        Assert.Matches("^[0-9]+$", outcome.ProviderId);
        await official.SendAsync(account, [message], CancellationToken.None);
        Assert.Equal((1, 1), (world.Counts(Kinds.OfficialAccount).Shown, world.Counts(Kinds.OfficialAccount).Repeats));
        var seen = Assert.Single(world.Seen(Kinds.OfficialAccount));
        Assert.Equal((message.Id.ToString("N"), "https://example.com/1"), (seen.Id, seen.Url));
        Assert.Contains("资料已收到 😀", seen.Text, StringComparison.Ordinal);
        Assert.Equal(ResendRule.RecognisesOurId, official.ResendFor(message.Content));
        Assert.Equal(ResendRule.CannotTell, official.ResendFor(message.Content with { Form = "text" }));
    }

    [Fact]
    public async Task Answers_without_errcode_and_texts_with_emoji_are_success()
    {
        var account = world.OfficialAccount();
        Assert.Equal(SendResult.Accepted, Assert.Single(await official.SendAsync(account, [Form("text", "o-li", Emoji)], CancellationToken.None)).Result);
        Assert.Equal(SendResult.Accepted, Assert.Single(await official.SendAsync(account, [Form("subscribe", "o-li", "", template: "T", parameters: ("thing1", "张"))], CancellationToken.None)).Result);
        Assert.Equal(Emoji, world.Seen(Kinds.OfficialAccount)[0].Text);
    }

    [Theory]
    [InlineData("43004", FailureClass.InvalidRecipient)]
    [InlineData("43101", FailureClass.InvalidRecipient)]
    [InlineData("40037", FailureClass.Rejected)]
    [InlineData("45009", FailureClass.Throttled)]
    [InlineData("45047", FailureClass.InvalidRecipient)]
    [InlineData("40164", FailureClass.Credentials)]
    [InlineData("-1", FailureClass.Transient)]
    public async Task Errors_with_status_200_are_told_apart(string code, FailureClass expected)
    {
        world.Script(new ScriptRule { Kind = Kinds.OfficialAccount, Operation = "template/send", Action = "error", Code = code });
        var outcome = Assert.Single(await official.SendAsync(world.OfficialAccount(), [Form("template", "o-li", "", template: "T", parameters: ("thing1", "a"))], CancellationToken.None));
        Assert.Equal((SendResult.Failed, expected, code), (outcome.Result, outcome.Failure!.Value, outcome.Code));
    }

    [Theory]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七八九十多", "一二三四五六七八九十一二三四五六七八九…")]
    [InlineData("thing12", "一二三四五六七八九十一二三四五六七八👨‍👩‍👧尾", "一二三四五六七八九十一二三四五六七八…")]
    [InlineData("phrase3", "已收到资料了", "已收到资料")]
    [InlineData("amount4", "123456789012345678901234567890", "123456789012345678901234567890")]
    public void Keywords_are_cut_between_whole_characters_and_numbers_not_at_all(string name, string value, string expected) =>
        Assert.Equal(expected, OfficialAccountProvider.Fit(name, value));

    [Theory]
    [InlineData("success", true, null)]
    [InlineData("failed:user block", false, FailureClass.InvalidRecipient)]
    [InlineData("failed: freq limit", false, FailureClass.Throttled)]
    [InlineData("failed: system failed", false, FailureClass.Transient)]
    public void The_last_word_on_a_template_message_is_read(string status, bool delivered, FailureClass? failure)
    {
        var xml = $"<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName>o</FromUserName><CreateTime>1395658920</CreateTime><MsgType>event</MsgType>"
            + $"<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>4200163836</MsgID><Status><![CDATA[{status}]]></Status></xml>";
        var receipt = OfficialAccountProvider.ReadTemplateFinished(xml)!.Value;
        Assert.Equal(("4200163836", delivered, failure), (receipt.ProviderId, receipt.Delivered, receipt.Failure));
        Assert.Equal(1395658920, receipt.At.ToUnixTimeSeconds());
        Assert.Null(OfficialAccountProvider.ReadTemplateFinished("<xml><Event>subscribe</Event></xml>"));
        Assert.Null(OfficialAccountProvider.ReadTemplateFinished("<!DOCTYPE x [<!ENTITY a 'b'>]><xml/>"));
    }

    [Fact]
    public async Task The_last_word_comes_encrypted_and_is_refused_when_forged_old_or_plain()
    {
        await using var program = await ReceiptCatcher.StartAsync();
        var account = world.World.Accounts[Kinds.OfficialAccount, "wxsim0000000001"]!;
        account.ReceiptAddress = $"{program.Address}/api/messages/receipts/51";
        world.Script(new ScriptRule { Kind = Kinds.OfficialAccount, Action = "receipt", Receipt = "failed", Code = "failed:user block", Recipient = "o-b" });
        var sent = await official.SendAsync(
            world.OfficialAccount(), [Form("template", "o-a", "", template: "T", parameters: ("thing1", "a")), Form("template", "o-b", "", template: "T", parameters: ("thing1", "b"))], CancellationToken.None);
        var receipts = new Dictionary<string, DeliveryReceipt>();
        await Eventually.TrueAsync(() =>
        {
            while (program.Caught.TryDequeue(out var request))
            {
                var (query, headers, body) = (request.Query, request.Headers, request.Body);
                var read = official.Read(world.OfficialAccount(), query, headers, body)!;
                Assert.Equal("success", read.Answer);
                receipts[read.Receipts[0].ProviderId!] = read.Receipts[0];
                Assert.Null(official.Read(world.OfficialAccount() with { Secrets = new Dictionary<string, string>() }, query, headers, body));
                Assert.Null(official.Read(world.OfficialAccount() with { Values = new Dictionary<string, string> { ["AppId"] = "wxother" } }, query, headers, body));
                Assert.Null(official.Read(world.OfficialAccount(), new Dictionary<string, string>(query) { ["nonce"] = "x" }, headers, body));
                Assert.Null(official.Read(world.OfficialAccount(), query, headers, "<xml><Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID><Status>success</Status></xml>"u8.ToArray()));
                world.Clock.Ahead = TimeSpan.FromMinutes(6);
                Assert.Null(official.Read(world.OfficialAccount(), query, headers, body));
                world.Clock.Ahead = TimeSpan.Zero;
                // The address is confirmed by the same words.
                query["echostr"] = "4375120948345356249";
                Assert.Equal("4375120948345356249", official.Confirm(world.OfficialAccount(), query));
                query["signature"] = "0";
                Assert.Null(official.Confirm(world.OfficialAccount(), query));
            }

            return receipts.Count == 2;
        });
        account.ReceiptAddress = null;
        Assert.True(receipts[sent[0].ProviderId!].Delivered);
        Assert.Equal((false, FailureClass.InvalidRecipient), (receipts[sent[1].ProviderId!].Delivered, receipts[sent[1].ProviderId!].Failure!.Value));
    }

    [Fact]
    public async Task A_member_who_is_invalid_fails_alone_though_the_call_succeeds()
    {
        world.Script(new ScriptRule { Kind = Kinds.WeComApp, Recipient = "WangWu", Action = "error", Code = "unlicenseduser" });
        var group = new[] { Form("text", "ZhangSan", Emoji), Form("text", "invalidLi", Emoji), Form("text", "invalidZhao", Emoji), Form("text", "WangWu", Emoji), Form("text", "a|b", "x") };
        var outcomes = await app.SendAsync(world.WeCom(), group, CancellationToken.None);
        Assert.Equal([SendResult.Accepted, SendResult.Failed, SendResult.Failed, SendResult.Failed, SendResult.Failed], outcomes.Select(o => o.Result));
        Assert.Equal(["81013", "81013", "701008", "local-userid"], outcomes.Skip(1).Select(o => o.Code));
        Assert.Equal(Emoji, Assert.Single(world.Seen(Kinds.WeComApp)).Text);
    }

    [Fact]
    public async Task The_same_request_again_is_noticed_and_too_much_for_one_member_is_dropped_in_silence()
    {
        var account = world.WeCom();
        var message = Form("textcard", "zhang", "描述", "标题", "https://example.com/x");
        await app.SendAsync(account, [message], CancellationToken.None);
        Assert.Equal(SendResult.Accepted, Assert.Single(await app.SendAsync(account, [message], CancellationToken.None)).Result);
        Assert.Equal((1, 1), (world.Counts(Kinds.WeComApp).Shown, world.Counts(Kinds.WeComApp).Repeats));
        for (var i = 0; i < 30; i++)
            await app.SendAsync(account, [Form("text", "li", $"第 {i} 条")], CancellationToken.None);
        Assert.Equal(SendResult.Accepted, Assert.Single(await app.SendAsync(account, [Form("text", "li", "多余")], CancellationToken.None)).Result);
        Assert.Equal(1, world.Counts(Kinds.WeComApp).Dropped);
    }

    [Fact]
    public async Task What_WeCom_would_cut_is_refused()
    {
        Assert.Equal(FailureClass.Rejected, Assert.Single(await app.SendAsync(world.WeCom(), [Form("text", "zhang", new string('长', 683))], CancellationToken.None)).Failure);
        Assert.Equal(FailureClass.Rejected, Assert.Single(await robot.SendAsync(world.Robot(), [Form("markdown", "", new string('长', 1366))], CancellationToken.None)).Failure);
        Assert.Equal(SendResult.Accepted, Assert.Single(await robot.SendAsync(world.Robot(), [Form("markdown", "", new string('长', 1365))], CancellationToken.None)).Result);
    }

    [Fact]
    public async Task A_robot_takes_twenty_a_minute()
    {
        for (var i = 0; i < 20; i++)
            Assert.Equal(SendResult.Accepted, Assert.Single(await robot.SendAsync(world.Robot(), [Form("text", "", $"{i} {Emoji}")], CancellationToken.None)).Result);
        var outcome = Assert.Single(await robot.SendAsync(world.Robot(), [Form("text", "", "21")], CancellationToken.None));
        Assert.Equal((FailureClass.Throttled, "45009"), (outcome.Failure!.Value, outcome.Code));
        Assert.InRange(outcome.RetryAt!.Value - world.Clock.GetUtcNow(), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        Assert.Equal(FailureClass.Credentials, Assert.Single(await robot.SendAsync(world.Robot("other"), [Form("text", "", "x")], CancellationToken.None)).Failure);
        Assert.True((await robot.ProbeAsync(world.Robot(), CancellationToken.None)).Usable);
        Assert.False((await robot.ProbeAsync(world.Robot("other"), CancellationToken.None)).Usable);
    }

    [Theory]
    [InlineData("oa")]
    [InlineData("wecom-app")]
    public async Task A_cut_leaves_it_unknown_and_a_token_that_cannot_be_had_does_not(string kind)
    {
        IMessageProvider provider = kind == "oa" ? official : app;
        var message = kind == "oa" ? Form("text", "o-li", "x") : Form("text", "li", "x");
        ProviderAccount Account(string? secret = null) => kind == "oa" ? world.OfficialAccount(secret ?? "sim-oa-secret") : world.WeCom(secret ?? "sim-wecom-secret");
        world.Script(new ScriptRule { Kind = kind, Operation = "*send", Action = "cut", Times = 1 });
        Assert.Equal(SendResult.Unknown, Assert.Single(await provider.SendAsync(Account(), [message], CancellationToken.None)).Result);
        world.Script(new ScriptRule { Kind = kind, Operation = "token", Action = "cut" });
        var outcome = Assert.Single(await provider.SendAsync(Account(), [message], CancellationToken.None));
        Assert.Equal((SendResult.Failed, FailureClass.Transient), (outcome.Result, outcome.Failure!.Value));
        world.Script();
        Assert.Equal(FailureClass.Credentials, Assert.Single(await provider.SendAsync(Account("other"), [message], CancellationToken.None)).Failure);
    }
}
