using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

public sealed class DeliveryTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    [Fact]
    public async Task Every_accepted_message_reaches_its_provider_once_and_leaves_its_whole_trace()
    {
        var template = await world.TemplateAsync();
        var accepted = await Task.WhenAll(Enumerable.Range(0, 3_000).Select(i =>
            world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, $"device-{i}"), MessagesWorld.Program, null, default).AsTask()));
        Assert.All(accepted, a => Assert.True(a.Ok, a.Refusal?.Code));
        var ids = accepted.Select(a => a.Value.Id).ToArray();

        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from messages where id = any($1) and state = 3", ids) == ids.Length);
        Assert.Equal(ids.Order(), world.Push.Received.Select(r => r.Id).Where(ids.Contains).Order());
        Assert.Equal(ids.Length * 3L, await world.CountAsync("select count(*) from message_traces where message_id = any($1)", ids));
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 0);
        Assert.Equal(0, await world.CountAsync("select count(*) from ready_messages"));
    }
}
