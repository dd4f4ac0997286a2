using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

public sealed class MessageSettingsTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    private static readonly StaffActor Admin = new(Guid.CreateVersion7(), "管理员", null, new HashSet<Permission> { Permission.ManageSettings }, new HashSet<Guid>());

    [Fact]
    public void Every_setting_stands_for_what_the_engine_does_without_it()
    {
        var reader = SettingsReader.Fixed(MessageSettings.All);
        var source = new DeliveryPolicySource();

        new PolicyFromSettings(reader, source, world.First.Get<BatchService>()).Follow();

        Assert.Equal(new DeliveryPolicy(), source.Current);
    }

    [Theory]
    [InlineData("25:00")]
    [InlineData("8:00 ")]
    [InlineData("夜里十点")]
    public void Quiet_hours_that_are_no_time_are_refused(string text) => Assert.False(MessageSettings.QuietFrom.Accept(Setting<string>.Json(text)).Ok);

    [Fact]
    public void A_list_with_something_that_is_no_address_is_refused()
    {
        Assert.True(MessageSettings.ReportAddresses.Accept(Setting<string>.Json("a@example.com，b@example.com")).Ok);
        Assert.False(MessageSettings.ReportAddresses.Accept(Setting<string>.Json("a@example.com, nobody")).Ok);
    }

    [Fact]
    public async Task A_change_on_one_node_steers_the_engines_of_all_nodes_within_two_seconds()
    {
        var second = await world.StartNodeAsync();
        foreach (var node in new[] { world.First, second })
        {
            await node.Get<SettingsReader>().LoadAsync(default);
            node.Get<PolicyFromSettings>().Follow();
        }

        var before = world.First.Get<DeliveryPolicySource>().Current;
        var changes = new SettingsChange(
            [new SettingEdit(MessageSettings.DailyCap.Key, "7", 0), new SettingEdit(MessageSettings.PoolMost.Key, "33", 0), new SettingEdit(MessageSettings.ApprovalAbove.Key, "500", 0), new SettingEdit(MessageSettings.TestMode.Key, "true", 0)], "试一试");
        var changed = await world.First.Get<SettingsService>().ChangeAsync(changes, Admin, default);
        Assert.True(changed.Ok, changed.Refusal?.Text);

        foreach (var node in new[] { world.First, second })
            await Eventually.TrueAsync(() => Task.FromResult(
                node.Get<DeliveryPolicySource>().Current is { DailyCap: 7, PoolMost: 33, TestMode: true } && node.Get<BatchService>().ApprovalAbove == 500));
        Assert.NotEqual(before, world.First.Get<DeliveryPolicySource>().Current);
    }
}
