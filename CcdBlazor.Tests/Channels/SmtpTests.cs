using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Simulator;
using static CcdBlazor.Tests.Channels.ChannelWorld;

namespace CcdBlazor.Tests.Channels;

public sealed class SmtpTests : IClassFixture<ChannelWorld>
{
    private readonly ChannelWorld world;
    private readonly SmtpProvider smtp;

    public SmtpTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
        smtp = world.Provider<SmtpProvider>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_person_reads_is_what_was_written(bool implicitTls)
    {
        const string Subject = "【信贷助手】请补充资料：营业执照、近六个月银行流水、法人身份证复印件（第 3 次提醒）😀👨‍👩‍👧";
        const string Text = "您好，\n.开头的点\n\n..两个点\n=等号= <b>不是粗体</b>\n很长的一行：";
        var text = Text + new string('长', 500);
        const string Html = "<p>您好 😀 <a href=\"https://example.com/?a=1&amp;b=2\">打开</a></p>";
        var message = Message("li.lei@example.com", text, Subject, Html);
        var outcome = Assert.Single(await smtp.SendAsync(world.Mail(implicitTls), [message], CancellationToken.None));
        Assert.Equal(SendResult.Accepted, outcome.Result);
        var seen = Assert.Single(world.Seen(Kinds.Smtp));
        Assert.Equal((message.Id.ToString("N"), "li.lei@example.com", Subject), (seen.Id, seen.Recipient, seen.Title));
        Assert.Equal(text, seen.Text.ReplaceLineEndings("\n"));
        Assert.Equal(Html, seen.Url);
    }

    [Fact]
    public async Task English_is_readable_on_the_wire_and_arrives_too()
    {
        var text = string.Join('\n', Enumerable.Repeat("Dear customer, the total = 100.00; trailing blank \n.dot and a line that is longer than seventy-six characters goes here.", 3));
        using var mail = new PooledBytes(64);
        MailText.Write(mail, Guid.NewGuid(), "a@b.cn", "Sender", "", "c@d.cn", "Hello", text, null, DateTimeOffset.UnixEpoch);
        var wire = System.Text.Encoding.ASCII.GetString(mail.Written.Span);
        Assert.Contains("quoted-printable", wire, StringComparison.Ordinal);
        Assert.All(wire.Split("\r\n"), line => Assert.True(line.Length <= 76, line));
        Assert.DoesNotContain("\r\n.dot", wire, StringComparison.Ordinal);
        Assert.Equal(text, MailReading.Read(wire[..^3]).Text.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Many_go_over_one_connection_and_a_bad_one_in_between_costs_only_itself()
    {
        var group = new[] { Message("a@example.com"), Message("invalid@example.com"), Message("b@example.com"), Message("no address"), Message("c@例子.中国") };
        var outcomes = await smtp.SendAsync(world.Mail(), group, CancellationToken.None);
        Assert.Equal([SendResult.Accepted, SendResult.Failed, SendResult.Accepted, SendResult.Failed, SendResult.Accepted], outcomes.Select(o => o.Result));
        Assert.Equal((FailureClass.InvalidRecipient, "550 5.1.1"), (outcomes[1].Failure!.Value, outcomes[1].Code));
        Assert.Equal(["a@example.com", "b@example.com", "c@xn--fsqu00a.xn--fiqs8s"], world.Seen(Kinds.Smtp).Select(m => m.Recipient));
    }

    [Theory]
    [InlineData("a@example.com\r\nBcc: b@example.com", "主题")]
    [InlineData("a@example.com>\r\nRCPT TO:<b@example.com", "主题")]
    [InlineData("a@example.com, b@example.com", "主题")]
    [InlineData("王 <a@example.com>", "主题")]
    [InlineData("a@example.com", "主题\r\nBcc: b@example.com")]
    [InlineData("a@example.com", "主题\n")]
    [InlineData("a@example.com", "主\0题")]
    public async Task Words_that_would_become_headers_are_refused(string recipient, string subject)
    {
        var outcome = Assert.Single(await smtp.SendAsync(world.Mail(), [Message(recipient, subject: subject)], CancellationToken.None));
        Assert.Equal(SendResult.Failed, outcome.Result);
        Assert.True(outcome.Failure is FailureClass.InvalidRecipient or FailureClass.Rejected);
        Assert.Equal(0, world.Counts(Kinds.Smtp).Shown);
    }

    [Fact]
    public async Task A_wrong_password_is_a_matter_of_the_account()
    {
        var outcome = Assert.Single(await smtp.SendAsync(world.Mail(password: "other"), [Message("a@example.com")], CancellationToken.None));
        Assert.Equal((FailureClass.Credentials, "535 5.7.8"), (outcome.Failure!.Value, outcome.Code));
        Assert.True((await smtp.ProbeAsync(world.Mail(), CancellationToken.None)).Usable);
        Assert.False((await smtp.ProbeAsync(world.Mail(password: "other"), CancellationToken.None)).Usable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_certificate_that_is_neither_valid_nor_pinned_gets_no_password(string pin)
    {
        foreach (var implicitTls in new[] { true, false })
        {
            var outcome = Assert.Single(await smtp.SendAsync(world.Mail(implicitTls, pin: pin), [Message("a@example.com")], CancellationToken.None));
            Assert.Equal((FailureClass.Credentials, "tls"), (outcome.Failure!.Value, outcome.Code));
        }

        Assert.Equal(0, world.Counts(Kinds.Smtp).Refused);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("hang")]
    public async Task After_the_mail_left_no_answer_means_unknown(string action)
    {
        var account = world.Mail();
        var (clients, hasty) = await world.HastyAsync<SmtpProvider>(account);
        await using var _ = clients;
        world.Script(new ScriptRule { Kind = Kinds.Smtp, Operation = "DATA", Action = action, Times = 1 });
        var provider = action == "hang" ? hasty : smtp;
        var outcomes = await provider.SendAsync(account, [Message("a@example.com"), Message("b@example.com")], CancellationToken.None);
        Assert.Equal(SendResult.Unknown, outcomes[0].Result);
        if (action == "cut")
            Assert.Equal(SendResult.Accepted, outcomes[1].Result);
    }

    [Theory]
    [InlineData("RCPT", "450 4.2.1", FailureClass.Throttled)]
    [InlineData("RCPT", "451 4.3.0", FailureClass.Transient)]
    [InlineData("RCPT", "550 5.7.1", FailureClass.Rejected)]
    [InlineData("RCPT", "550", FailureClass.InvalidRecipient)]
    [InlineData("DATA", "554 5.6.0", FailureClass.Rejected)]
    [InlineData("DATA", "421 4.3.2", FailureClass.Transient)]
    [InlineData("DATA", "550 5.1.1", FailureClass.InvalidRecipient)]
    public async Task Replies_are_told_apart_by_their_stage_and_both_codes(string operation, string reply, FailureClass expected)
    {
        world.Script(new ScriptRule { Kind = Kinds.Smtp, Operation = operation, Action = "error", Code = reply, Times = 1 });
        var outcomes = await smtp.SendAsync(world.Mail(), [Message("a@example.com"), Message("b@example.com")], CancellationToken.None);
        Assert.Equal((SendResult.Failed, expected, reply), (outcomes[0].Result, outcomes[0].Failure!.Value, outcomes[0].Code));
        Assert.Equal(SendResult.Accepted, outcomes[1].Result);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_passing_trouble()
    {
        var account = world.Mail() with { BaseAddress = new Uri("smtps://127.0.0.1:1") };
        var outcome = Assert.Single(await smtp.SendAsync(account, [Message("a@example.com")], CancellationToken.None));
        Assert.Equal(FailureClass.Transient, outcome.Failure);
    }
}
