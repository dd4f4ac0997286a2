using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Upkeep;
using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Tests.Messages;

public sealed class FailedRetryTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    [Fact]
    public async Task Only_what_failed_for_a_passing_reason_today_is_sent_again_at_most_three_times_and_only_when_a_setting_says_so()
    {
        world.First.Policy(p => p with { MostAttempts = 1, BreakerFailures = 100 });
        var failure = FailureClass.Transient;
        world.Push.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Failed, failure, Code: "down");
        var template = await world.TemplateAsync();
        var passing = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "device-1"), MessageState.Failed);
        failure = FailureClass.Rejected;
        var refused = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "device-2"), MessageState.Failed);
        failure = FailureClass.Transient;
        var old = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "device-3"), MessageState.Failed);
        await world.RunAsync("update message_failures set at = at - interval '25 hours' where id = $1", old);
        var retry = world.First.Get<FailedRetry>();

        Assert.Null(await retry.RetryAsync(default));
        var admin = new StaffActor(Guid.CreateVersion7(), "管理员", null, new HashSet<Permission> { Permission.ManageSettings }, new HashSet<Guid>());
        Assert.True((await world.First.Get<SettingsService>().ChangeAsync(MessageSettings.RetryFailed, true, 0, "测试重试", admin, default)).Ok);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, await retry.RetryAsync(default));
            await world.UntilAsync(passing, MessageState.Failed);
        }

        Assert.Equal(0, await retry.RetryAsync(default));
        Assert.Equal(4, world.Push.Received.Count(m => m.Id == passing));
        Assert.Equal((1, 1), (world.Push.Received.Count(m => m.Id == refused), world.Push.Received.Count(m => m.Id == old)));
    }
}
