using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Tests.Messages;

/// <summary>What is refused at the door, and what is taken exactly once.</summary>
public sealed class DoorTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    [Fact]
    public async Task Each_bad_request_is_refused_with_its_own_code()
    {
        var good = MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Sms, "13800000001");
        var now = DateTimeOffset.UtcNow;
        var cases = new (string Code, MessageRequest Request)[]
        {
            ("messages.template_unknown", good with { Template = "nobody" }),
            ("messages.variable_missing", good with { Variables = new Dictionary<string, string>() }),
            ("messages.variable_unknown", good with { Variables = new Dictionary<string, string> { ["name"] = "x", ["other"] = "y" } }),
            ("messages.variable_invalid", good with { Variables = new Dictionary<string, string> { ["name"] = new('长', 501) } }),
            ("messages.recipient_invalid", good with { Recipient = "1380000" }),
            ("messages.recipient_invalid", good with { Channel = MessageChannel.Email, Recipient = "a@example.com\r\nBcc: b@example.com" }),
            ("messages.recipient_invalid", good with { Recipient = "" }),
            ("messages.priority_range", good with { Priority = 11 }),
            ("messages.priority_range", good with { Priority = -1 }),
            ("messages.at_past", good with { At = now.AddHours(-1) }),
            ("messages.at_past", good with { After = TimeSpan.FromSeconds(-1) }),
            ("messages.at_and_after", good with { At = now.AddHours(1), After = TimeSpan.FromHours(1) }),
            ("messages.at_too_far", good with { At = now.AddYears(11) }),
            ("messages.expiry_before_start", good with { At = now.AddHours(2), ExpiresAt = now.AddHours(1) }),
            ("messages.key_length", good with { IdempotencyKey = new string('k', 256) }),
            ("messages.tags", good with { Tags = [new string('t', 41)] }),
        };
        var before = await world.CountAsync("select count(*) from messages");
        foreach (var (code, request) in cases)
            Assert.Equal(code, (await world.First.Sender.SendAsync(request, MessagesWorld.Program, null, default)).Refusal?.Code);
        Assert.Equal(before, await world.CountAsync("select count(*) from messages"));
    }

    [Fact]
    public async Task Digits_of_full_width_are_a_phone_number()
    {
        var template = await world.TemplateAsync();
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "＋８６ １３８-0000-00０3"), MessageState.Sent);
        Assert.Equal("13800000003", await world.ScalarAsync<string>("select recipient from messages where id = $1", id));
    }

    [Fact]
    public async Task A_value_that_looks_like_a_variable_stays_what_it_is()
    {
        var template = await world.TemplateAsync();
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1", "{{name}}{{x}}"), MessageState.Sent);
        Assert.Equal("您好，{{name}}{{x}}。", world.Push.Received.Single(r => r.Id == id).Text);
    }

    [Fact]
    public async Task The_same_key_is_the_same_message_however_many_ask_at_once_and_another_body_is_refused()
    {
        var request = MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Push, "d2") with { IdempotencyKey = "order-1" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => world.First.Sender.SendAsync(request, MessagesWorld.Program, null, default).AsTask())));
        Assert.All(answers, a => Assert.True(a.Ok, a.Refusal?.Code));
        var id = Assert.Single(answers.Select(a => a.Value.Id).Distinct());
        Assert.Equal(1, answers.Count(a => !a.Value.Repeated));
        Assert.Equal(1, await world.CountAsync("select count(*) from messages where recipient = 'd2'"));

        var other = await world.First.Sender.SendAsync(request with { Recipient = "d3" }, MessagesWorld.Program, null, default);
        Assert.Equal("messages.key_reused", other.Refusal?.Code);
        // Another caller's keys are his own.
        var stranger = await world.First.Sender.SendAsync(request with { Recipient = "d3" }, MessagesWorld.Program with { Id = Guid.NewGuid() }, null, default);
        Assert.True(stranger.Ok);
        Assert.NotEqual(id, stranger.Value.Id);
    }

    [Fact]
    public async Task A_scheduled_message_waits_for_its_moment()
    {
        var at = DateTimeOffset.UtcNow.AddMilliseconds(900);
        var request = MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Push, "d4") with { At = at };
        var id = await world.SendUntilAsync(request, MessageState.Sent);
        var sent = world.Push.Received.Single(r => r.Id == id).At;
        Assert.InRange(sent, at, at.AddSeconds(10));
    }

    [Fact]
    public async Task A_message_in_the_callers_transaction_exists_when_the_callers_change_does()
    {
        var template = await world.TemplateAsync();
        foreach (var commit in new[] { false, true })
        {
            await using var db = await world.First.DbAsync();
            Guid id;
            await using (var work = await db.BeginAsync(default))
            {
                id = (await world.First.Sender.EnqueueAsync(db, MessagesWorld.Request(template, MessageChannel.Push, $"tx-{commit}"), MessagesWorld.Program, default)).Value.Id;
                if (commit)
                    await work.CommitAsync(default);
            }

            if (commit)
                await world.UntilAsync(id, MessageState.Sent);
            else
                Assert.Equal(0, await world.CountAsync("select count(*) from messages where id = $1", id));
        }
    }

    [Fact]
    public void Text_is_escaped_for_its_channel()
    {
        var content = new TemplateContent(
            [new TemplateVariable("x", "甲")],
            [
                new ChannelVariant(MessageChannel.Email, "html", "{{x}}", Subject: "通知 {{x}}", Html: "<p>{{x}}</p>", Url: "https://example.com/?q={{x}}"),
                new ChannelVariant(MessageChannel.WeCom, "markdown", "**{{x}}**"),
                new ChannelVariant(MessageChannel.Feishu, "text", "{{x}}"),
                new ChannelVariant(MessageChannel.Sms, "text", "{{x}}", ProviderTemplate: "SMS_1", Parameters: [new TemplateParameter("p", "{{x}}")]),
            ]);
        var template = new CompiledTemplate(Guid.NewGuid(), "t", 1, MessageCategory.Notice, content);
        var values = new Dictionary<string, string> { ["x"] = "<b>a&b</b>\r\n*c*" };
        var mail = template.Render(MessageChannel.Email, values);
        Assert.Equal("<p>&lt;b&gt;a&amp;b&lt;/b&gt;&#xD;&#xA;*c*</p>", mail.Html);
        Assert.Equal("通知 <b>a&b</b> *c*", mail.Subject);
        Assert.Equal("https://example.com/?q=%3Cb%3Ea%26b%3C%2Fb%3E%0D%0A%2Ac%2A", mail.Url);
        Assert.Equal("**＜b＞a&b＜/b＞ \\*c\\***", template.Render(MessageChannel.WeCom, values).Text);
        Assert.DoesNotContain('<', template.Render(MessageChannel.Feishu, values).Text);
        Assert.Equal("<b>a&b</b> *c*", Assert.Single(template.Render(MessageChannel.Sms, values).Parameters).Value);
    }
}
