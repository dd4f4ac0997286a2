using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Monitor;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

public sealed class AlarmTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    private static readonly Uri Page = new("https://ccd.example/messages/monitor");

    [Fact]
    public async Task Trouble_is_told_in_one_digest_per_ten_minutes_over_all_nodes_and_ends_with_a_notice()
    {
        await world.First.Get<InAppAccount>().EnsureAsync(default);
        await world.First.Get<TemplateSeed>().EnsureShippedAsync(default);
        var second = await world.StartNodeAsync();
        var watcher = await WatcherAsync(Permission.ViewMessages);
        var keeper = await WatcherAsync(Permission.ManageChannels);
        var stranger = await WatcherAsync(Permission.EditCustomers);

        // Nothing is wrong: nobody hears anything.
        await StepAsync();
        Assert.Equal(0, await ToldAsync(watcher));

        var stuck = (await world.First.Sender.SendAsync(MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Feishu, "chat-1"), MessagesWorld.Program, null, default)).Value.Id;
        await world.RunAsync("update messages set accepted_at = accepted_at - interval '8 minutes' where id = $1", stuck);
        await Task.WhenAll(world.First.Get<AlarmWatch>().StepAsync(Page, default), second.Get<AlarmWatch>().StepAsync(Page, default));
        await StepAsync();
        Assert.Equal((1, 1, 0), (await ToldAsync(watcher), await ToldAsync(keeper), await ToldAsync(stranger)));
        Assert.Contains("飞书最久的消息已等待 8 分", await LastAsync(watcher));
        Assert.Equal("age:feishu", Assert.Single(await AlarmsAsync()).Key);

        // Another trouble within the ten minutes is on the page at once and in people's ears later.
        var refused = await world.AddAccountAsync(world.Bot, a => (a.RestsUntil, a.RestReason, a.BoundOnly) = (DateTimeOffset.UtcNow.AddHours(1), "账号被拒：密钥错误", true));
        await StepAsync();
        Assert.Equal(["age:feishu", $"account:{refused}"], (await AlarmsAsync()).Select(a => a.Key));
        Assert.Equal(1, await ToldAsync(watcher));
        await TenMinutesLaterAsync();
        await StepAsync();
        Assert.Equal(2, await ToldAsync(watcher));
        Assert.Contains("密钥错误", await LastAsync(watcher));
        Assert.Contains("仍在：飞书", await LastAsync(watcher));

        // What comes and goes between two digests is told to nobody.
        await world.RunAsync("insert into message_minutes (minute, channel, account, template_id, result, n) values (date_trunc('minute', now()), 2, 1, gen_random_uuid(), 5, 5000)");
        await StepAsync();
        Assert.Contains(await AlarmsAsync(), a => a.Key == "failures");
        await world.RunAsync("delete from message_minutes where n = 5000");
        await StepAsync();

        // All over: said once, and the list is empty again.
        await world.RunAsync("delete from ready_messages where id = $1", stuck);
        await world.RunAsync("update channel_accounts set rests_until = null, rest_reason = null where number = $1", refused);
        await StepAsync();
        Assert.Empty(await AlarmsAsync());
        Assert.Equal(2, await ToldAsync(watcher));
        await TenMinutesLaterAsync();
        await StepAsync();
        await TenMinutesLaterAsync();
        await StepAsync();
        Assert.Equal(3, await ToldAsync(watcher));
        Assert.Contains("已恢复：飞书", await LastAsync(watcher));
        Assert.DoesNotContain("5,000", await LastAsync(watcher));
        Assert.Equal(0, await world.CountAsync("select count(*) from message_alarms"));
    }

    private Task StepAsync() => world.First.Get<AlarmWatch>().StepAsync(Page, default);

    private Task TenMinutesLaterAsync() => world.RunAsync("update message_alarm_digests set at = at - interval '11 minutes'");

    private async Task<IReadOnlyList<ActiveAlarm>> AlarmsAsync() => (await world.First.Get<MonitorBoard>().ReadAsync()).Alarms;

    private Task<long> ToldAsync(Guid staff) => world.CountAsync("select count(*) from messages where recipient = $1", staff.ToString());

    private async Task<string> LastAsync(Guid staff)
    {
        var sent = await ToldAsync(staff);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from notices where staff_id = $1", staff) == sent);
        return (await world.ScalarAsync<string>("select title || text from notices where staff_id = $1 order by id desc limit 1", staff))!;
    }

    private async Task<Guid> WatcherAsync(Permission permission)
    {
        var id = await StaffRows.AddAsync(world);
        await using var db = await world.First.DbAsync();
        var role = new Role { Name = $"r{Guid.NewGuid():N}"[..20] };
        role.Grant([permission]);
        db.Set<Role>().Add(role);
        db.Set<StaffRole>().Add(new StaffRole { StaffId = id, RoleId = role.Id });
        await db.SaveChangesAsync();
        return id;
    }
}
