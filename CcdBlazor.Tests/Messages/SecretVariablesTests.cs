using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Tests.Messages;

/// <summary>What only the recipient may read: whole in what is sent, sealed in the record.</summary>
public sealed class SecretVariablesTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    private const string Secret = "https://ccd.test/set-password/secret-token";

    [Fact]
    public async Task A_secret_value_reaches_its_recipient_and_stands_sealed_in_the_record()
    {
        var code = await world.TemplateAsync();
        var sent = await world.SendUntilAsync(MessagesWorld.Request(code, MessageChannel.Push, "device-secret", Secret) with { Secret = ["name"] }, MessageState.Sent);

        Assert.Equal($"您好，{Secret}。", world.Push.Received.Single(r => r.Id == sent).Text);
        var stored = await world.ScalarAsync<string>("select variables from messages where id = $1", sent);
        Assert.DoesNotContain("secret-token", stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sealed_value_copied_into_another_message_stays_sealed()
    {
        var code = await world.TemplateAsync();
        var sent = await world.SendUntilAsync(MessagesWorld.Request(code, MessageChannel.Push, "device-owner", Secret) with { Secret = ["name"] }, MessageState.Sent);
        var stored = (await world.ScalarAsync<string>("select variables::json ->> 'name' from messages where id = $1", sent))!;

        var thief = await world.SendUntilAsync(MessagesWorld.Request(code, MessageChannel.Push, "device-thief", stored), MessageState.Sent);
        Assert.Equal($"您好，{stored}。", world.Push.Received.Single(r => r.Id == thief).Text);
        var odd = await world.SendUntilAsync(MessagesWorld.Request(code, MessageChannel.Push, "device-odd", "sealed:"), MessageState.Sent);
        Assert.Equal("您好，sealed:。", world.Push.Received.Single(r => r.Id == odd).Text);
    }

    [Fact]
    public async Task A_part_of_the_program_may_offer_more_than_a_template_uses()
    {
        var request = MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Push, "device-more");
        var offered = request with { Variables = new Dictionary<string, string> { ["name"] = "张三", ["sender"] = "李经理" } };
        Assert.Equal("messages.variable_unknown", (await world.First.Sender.SendAsync(offered, MessagesWorld.Program, null, default)).Refusal?.Code);
        var sent = await world.SendUntilAsync(offered with { LeaveOutUnused = true }, MessageState.Sent);
        Assert.DoesNotContain("李经理", await world.ScalarAsync<string>("select variables from messages where id = $1", sent), StringComparison.Ordinal);
    }
}
