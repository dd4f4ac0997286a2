using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

/// <summary>What a provider answers decides what becomes of a message: again, elsewhere, the dead letter, or a person.</summary>
public sealed class OutcomeTests : IAsyncLifetime
{
    private readonly MessagesWorld world = new();
    private string template = "";

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        template = await world.TemplateAsync();
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_transient_failure_is_tried_again_until_it_succeeds()
    {
        var tries = 0;
        world.Push.Answer = (_, m) => ++tries < 3
            ? new SendOutcome(m.Id, SendResult.Failed, FailureClass.Transient, Code: "503")
            : new SendOutcome(m.Id, SendResult.Accepted);
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Sent);
        Assert.Equal(3, tries);
        Assert.Equal(3, await world.ScalarAsync<short>("select attempt from messages where id = $1", id));
        Assert.Equal(3, await world.CountAsync("select count(*) from message_traces where message_id = $1 and node = 2", id));
    }

    [Fact]
    public async Task A_failure_that_stays_ends_in_the_dead_letter_after_the_most_attempts()
    {
        world.Push.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Failed, FailureClass.Transient, Code: "503");
        world.First.Policy(p => p with { MostAttempts = 3, BreakerFailures = 100 });
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Failed);
        Assert.Equal(3, world.Push.Received.Count);
        Assert.Equal("503", await world.ScalarAsync<string>("select code from message_failures where id = $1", id));
    }

    [Theory]
    [InlineData(FailureClass.InvalidRecipient)]
    [InlineData(FailureClass.Rejected)]
    public async Task What_can_never_succeed_is_not_tried_again(FailureClass failure)
    {
        world.Push.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Failed, failure, Code: "no");
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Failed);
        Assert.Single(world.Push.Received);
    }

    [Fact]
    public async Task The_next_channel_takes_over_where_one_fails_for_good()
    {
        world.Push.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Failed, FailureClass.InvalidRecipient, Code: "no device");
        var id = await world.SendUntilAsync(
            MessagesWorld.Request(template, MessageChannel.Push, "d1") with { Fallbacks = [new Fallback(MessageChannel.Sms, "13800000001")] }, MessageState.Sent);
        Assert.Equal(id, Assert.Single(world.Sms.Received).Id);
        Assert.Equal((short)MessageChannel.Sms, await world.ScalarAsync<short>("select channel from messages where id = $1", id));
    }

    [Fact]
    public async Task A_push_back_rests_the_account_and_uses_up_no_attempt()
    {
        var first = true;
        var until = DateTimeOffset.UtcNow.AddSeconds(1);
        world.Push.Answer = (_, m) =>
        {
            if (!first)
                return new SendOutcome(m.Id, SendResult.Accepted);
            first = false;
            return new SendOutcome(m.Id, SendResult.Failed, FailureClass.Throttled, Code: "429", RetryAt: until);
        };
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Sent);
        var (before, after) = (world.Push.Received.First().At, world.Push.Received.Last().At);
        Assert.True(after >= until && before < until);
        Assert.Equal(1, await world.ScalarAsync<short>("select attempt from messages where id = $1", id));
    }

    [Fact]
    public async Task Another_account_sends_what_one_with_bad_keys_could_not_and_nothing_goes_out_twice()
    {
        var bad = await world.AddAccountAsync(world.Push, a => a.Weight = 1_000_000);
        world.Push.Answer = (account, m) => account.Number == bad
            ? new SendOutcome(m.Id, SendResult.Failed, FailureClass.Credentials, Code: "401")
            : new SendOutcome(m.Id, SendResult.Accepted);
        await Eventually.TrueAsync(async () =>
        {
            await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1", Guid.NewGuid().ToString("N")), MessageState.Sent);
            return world.Push.Received.Any(r => r.Account == bad);
        });
        Assert.Single(world.Push.Received, r => r.Account == bad);
        Assert.NotNull(await world.ScalarAsync<string>("select rest_reason from channel_accounts where number = $1", bad));
    }

    [Fact]
    public async Task An_interrupted_send_goes_again_under_the_same_id_through_the_same_account_where_the_provider_recognises_it()
    {
        await world.AddAccountAsync(world.Push);
        await world.AddAccountAsync(world.Push);
        var first = true;
        world.Push.Answer = (_, m) =>
        {
            var result = first ? SendResult.Unknown : SendResult.Accepted;
            first = false;
            return new SendOutcome(m.Id, result);
        };
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Sent);
        Assert.Equal(2, world.Push.Received.Count);
        Assert.All(world.Push.Received, r => Assert.Equal(id, r.Id));
        Assert.Single(world.Push.Received.Select(r => r.Account).Distinct());
    }

    [Fact]
    public async Task An_interrupted_send_is_asked_about_where_the_provider_can_be_asked()
    {
        world.Sms.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Unknown);
        world.Sms.Asked = m => new SendOutcome(m.Id, SendResult.Accepted, ProviderId: "theirs");
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), MessageState.Sent);
        Assert.Equal(id, Assert.Single(world.Sms.Received).Id);
    }

    [Fact]
    public async Task An_interrupted_send_that_never_arrived_is_sent_once_more()
    {
        var first = true;
        world.Sms.Answer = (_, m) =>
        {
            var result = first ? SendResult.Unknown : SendResult.Accepted;
            first = false;
            return new SendOutcome(m.Id, result);
        };
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), MessageState.Sent);
        Assert.Equal(2, world.Sms.Received.Count);
    }

    [Fact]
    public async Task An_interrupted_send_ends_as_unknown_where_nobody_can_tell()
    {
        world.Mail.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Unknown);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Email, "a@example.com"), MessageState.Unknown);
        Assert.Single(world.Mail.Received);
    }

    [Fact]
    public async Task A_provider_that_hangs_holds_up_no_other_channel_and_no_urgent_message()
    {
        using var stuck = new SemaphoreSlim(0);
        world.Push.Hold = ct => stuck.WaitAsync(ct);
        for (var i = 0; i < 3_000; i++)
            Assert.True((await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, $"d{i}") with { Priority = 1 }, MessagesWorld.Program, null, default)).Ok);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), MessageState.Sent);

        // A tenth of the workers is kept for what is urgent, so its call begins although all others hang.
        world.Push.Hold = _ => Task.CompletedTask;
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "urgent") with { Priority = 10 }, MessageState.Sent);
        Assert.Contains(world.Push.Received, r => r.Recipient == "urgent");
        stuck.Release(10_000);
    }

    [Fact]
    public async Task Low_priority_goes_on_while_urgent_messages_keep_coming()
    {
        // One call at a time, so that there is always a queue of urgent ones.
        world.First.Policy(p => p with { PoolLeast = 2, PoolMost = 2 });
        world.Mail.Hold = async ct => await Task.Delay(5, ct);
        using var flood = new CancellationTokenSource();
        var flooding = Task.Run(async () =>
        {
            for (var i = 0; !flood.IsCancellationRequested; i++)
                await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Email, $"u{i}@example.com") with { Priority = 10 }, MessagesWorld.Program, null, default);
        });
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from ready_messages where class = 0") > 500);
        for (var i = 0; i < 20; i++)
            await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Email, $"low{i}@example.com") with { Priority = 0 }, MessagesWorld.Program, null, default);
        await Eventually.TrueAsync(() => world.Mail.Received.Count(r => r.Recipient.StartsWith("low", StringComparison.Ordinal)) == 20);
        Assert.True(await world.CountAsync("select count(*) from ready_messages where class = 0") > 0);
        await flood.CancelAsync();
        await flooding;
    }
}
