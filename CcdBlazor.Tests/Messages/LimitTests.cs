using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

/// <summary>Limits that hold for the whole cluster, and rules that protect a person.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private readonly MessagesWorld world = new();

    public Task InitializeAsync() => world.InitializeAsync();

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Two_nodes_together_never_exceed_an_accounts_quota_in_any_window()
    {
        var second = await world.StartNodeAsync();
        var bot = await world.AddAccountAsync(world.Bot, a =>
        {
            a.BoundOnly = true;
            a.Limits = [new QuotaRule(1, 5)];
        });
        var template = await world.TemplateAsync();
        for (var i = 0; i < 20; i++)
        {
            var node = i % 2 == 0 ? world.First : second;
            var accepted = await node.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Feishu, "", $"n{i}") with { Account = bot }, MessagesWorld.Program, null, default);
            Assert.True(accepted.Ok, accepted.Refusal?.Code);
        }

        await Eventually.TrueAsync(() => world.Bot.Received.Count == 20, TimeSpan.FromSeconds(40));
        var times = world.Bot.Received.Select(r => r.At).Order().ToList();
        // Any six in a row take longer than the window, but for the time between grant and call.
        for (var i = 5; i < times.Count; i++)
            Assert.True(times[i] - times[i - 5] > TimeSpan.FromMilliseconds(700), $"{i}: {times[i] - times[i - 5]}");
    }

    [Fact]
    public async Task A_recipients_own_limit_puts_off_what_is_too_much()
    {
        var template = await world.TemplateAsync(MessageCategory.Verification);
        await using (var db = await world.First.DbAsync())
        {
            var account = db.ChannelAccounts.Single(a => a.Kind == "aliyun-sms");
            account.RecipientLimits = [new QuotaRule(60, 1, (int)MessageCategory.Verification)];
            db.Announce(MessageTopics.Accounts);
            await db.SaveChangesAsync();
        }

        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001", "1"), MessageState.Sent);
        var second = await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001", "2"), MessagesWorld.Program, null, default);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000002", "3"), MessageState.Sent);
        await Eventually.TrueAsync(async () => await world.ScalarAsync<short>("select why from later_messages where id = $1", second.Value.Id) == (short)WaitReason.RecipientLimit);
        Assert.Equal(2, world.Sms.Received.Count);
    }

    [Fact]
    public async Task A_recipients_limit_per_template_leaves_other_templates_alone()
    {
        var (one, other) = (await world.TemplateAsync(), await world.TemplateAsync());
        await using (var db = await world.First.DbAsync())
        {
            db.ChannelAccounts.Single(a => a.Kind == "aliyun-sms").RecipientLimits = [new QuotaRule(86_400, 1, (int)MessageCategory.Notice, PerTemplate: true)];
            db.Announce(MessageTopics.Accounts);
            await db.SaveChangesAsync();
        }

        await world.SendUntilAsync(MessagesWorld.Request(one, MessageChannel.Sms, "13800000001", "1"), MessageState.Sent);
        var second = await world.First.Sender.SendAsync(MessagesWorld.Request(one, MessageChannel.Sms, "13800000001", "2"), MessagesWorld.Program, null, default);
        await world.SendUntilAsync(MessagesWorld.Request(other, MessageChannel.Sms, "13800000001", "3"), MessageState.Sent);
        await Eventually.TrueAsync(async () => await world.ScalarAsync<short>("select why from later_messages where id = $1", second.Value.Id) == (short)WaitReason.RecipientLimit);
        Assert.Equal(2, world.Sms.Received.Count);
    }

    [Fact]
    public async Task The_same_content_reaches_a_person_once_in_five_minutes_but_codes_always()
    {
        var notice = await world.TemplateAsync();
        await world.SendUntilAsync(MessagesWorld.Request(notice, MessageChannel.Sms, "13800000001"), MessageState.Sent);
        var again = await world.SendUntilAsync(MessagesWorld.Request(notice, MessageChannel.Sms, "13800000001"), MessageState.Skipped);
        Assert.Equal(SkipCodes.SameContent, await world.CodeAsync(again));
        await world.SendUntilAsync(MessagesWorld.Request(notice, MessageChannel.Sms, "13800000001", "李四"), MessageState.Sent);

        var codes = await world.TemplateAsync(MessageCategory.Verification);
        await world.SendUntilAsync(MessagesWorld.Request(codes, MessageChannel.Sms, "13800000001"), MessageState.Sent);
        await world.SendUntilAsync(MessagesWorld.Request(codes, MessageChannel.Sms, "13800000001"), MessageState.Sent);
    }

    [Fact]
    public async Task A_person_gets_no_more_than_the_daily_cap_over_all_channels()
    {
        world.First.Policy(p => p with { DailyCap = 3 });
        var template = await world.TemplateAsync();
        var customer = Guid.NewGuid();
        for (var i = 0; i < 2; i++)
            await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001", $"{i}") with { CustomerId = customer }, MessageState.Sent);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Email, "a@example.com") with { CustomerId = customer }, MessageState.Sent);
        var fourth = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d") with { CustomerId = customer }, MessageState.Skipped);
        Assert.Equal(SkipCodes.DailyCap, await world.CodeAsync(fourth));
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d", "x") with { CustomerId = customer, Urgent = true }, MessageState.Sent);
    }

    [Theory]
    [InlineData(BlockKind.Blocked, MessageCategory.Notice, MessageState.Skipped)]
    [InlineData(BlockKind.OptOut, MessageCategory.Marketing, MessageState.Skipped)]
    [InlineData(BlockKind.OptOut, MessageCategory.Notice, MessageState.Sent)]
    public async Task Lists_are_obeyed(BlockKind kind, MessageCategory category, MessageState expected)
    {
        await ListAsync(kind, "13800000001");
        var template = await world.TemplateAsync(category);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), expected);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000002"), MessageState.Sent);
    }

    [Fact]
    public async Task In_test_mode_only_the_white_list_gets_anything()
    {
        world.First.Policy(p => p with { TestMode = true });
        await ListAsync(BlockKind.WhiteList, "13800000001");
        var template = await world.TemplateAsync();
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), MessageState.Sent);
        var other = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000002"), MessageState.Skipped);
        Assert.Equal(SkipCodes.TestMode, await world.CodeAsync(other));
    }

    [Fact]
    public async Task What_expired_while_it_waited_is_not_sent()
    {
        var template = await world.TemplateAsync();
        var soon = DateTimeOffset.UtcNow.AddMilliseconds(700);
        var tries = 0;
        world.Push.Answer = (_, m) => new SendOutcome(m.Id, ++tries > 50 ? SendResult.Accepted : SendResult.Failed, FailureClass.Transient);
        world.First.Policy(p => p with { MostAttempts = 100, BreakerFailures = 1_000, LongestBackOff = TimeSpan.FromMilliseconds(200) });
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d") with { ExpiresAt = soon }, MessageState.Skipped);
        Assert.Equal(SkipCodes.Expired, await world.CodeAsync(id));
    }

    [Theory]
    [InlineData("2026-11-20T13:59:00Z", null)]
    [InlineData("2026-11-20T14:00:00Z", "2026-11-21T00:00:00Z")]
    [InlineData("2026-11-20T23:59:00Z", "2026-11-21T00:00:00Z")]
    [InlineData("2026-11-21T00:00:00Z", null)]
    public void Quiet_hours_end_in_the_morning_in_shanghai(string now, string? end) =>
        Assert.Equal(
            end is null ? null : DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture),
            PersonGate.QuietEnd(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), new TimeOnly(22, 0), new TimeOnly(8, 0)));

    [Fact]
    public async Task In_quiet_hours_a_customers_message_waits_and_an_urgent_one_goes()
    {
        // All day but one minute that is not now.
        var now = TimeOnly.FromDateTime(DateTime.UtcNow.AddHours(8));
        world.First.Policy(p => p with { QuietFrom = now.AddHours(-1), QuietUntil = now.AddHours(1) });
        var template = await world.TemplateAsync();
        var waits = await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), MessagesWorld.Program, null, default);
        await Eventually.TrueAsync(async () => await world.ScalarAsync<short>("select why from later_messages where id = $1", waits.Value.Id) == (short)WaitReason.QuietHours);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001", "急") with { Urgent = true }, MessageState.Sent);
    }

    private async Task ListAsync(BlockKind kind, string number)
    {
        await using var db = await world.First.DbAsync();
        db.MessageBlocks.Add(new MessageBlock
        {
            Id = Guid.CreateVersion7(), Kind = kind, Recipient = RecipientRules.PersonOf(null, MessageChannel.Sms, number), Shown = number, Reason = "测试", ByName = "测试", At = DateTimeOffset.UtcNow,
        });
        await db.SaveChangesAsync();
        world.First.Get<ChangeFeed>().Publish(new Change(BlockBook.Topic));
    }
}
