using Bunit;
using CcdBlazor.Components.Layout;
using CcdBlazor.Components.Messages.Monitor;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Monitor;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Messages;

public sealed class BellTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    [Fact]
    public async Task The_bell_counts_by_itself_and_is_ticked_off_one_by_one_or_all_at_once()
    {
        await world.First.Get<InAppAccount>().EnsureAsync(default);
        var template = await world.TemplateAsync();
        var staff = new StaffActor(await StaffRows.AddAsync(world), "同事", null, new HashSet<Permission>(), new HashSet<Guid>());
        await using var context = Context(staff);
        var bell = context.Render<Bell>();
        bell.WaitForAssertion(() => Assert.Equal("通知", bell.Find("#bell").GetAttribute("aria-label")));

        for (var i = 1; i <= 3; i++)
            await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.InApp, staff.StaffId.ToString(), $"第 {i} 条"), MessageState.Delivered);
        bell.WaitForAssertion(() => Assert.Equal("通知，3 条未读", bell.Find("#bell").GetAttribute("aria-label")));

        await bell.Find("#bell").ClickAsync(new MouseEventArgs());
        bell.WaitForAssertion(() => Assert.Equal(3, bell.FindAll("[data-notice].unread").Count));
        Assert.Contains("第 3 条", bell.Find("[data-notice]").TextContent);
        await bell.Find("[data-notice] button").ClickAsync(new MouseEventArgs());
        bell.WaitForAssertion(() => Assert.Equal(2, bell.FindAll("[data-notice].unread").Count));
        await bell.Find(".drawer-head .btn").ClickAsync(new MouseEventArgs());
        bell.WaitForAssertion(() => Assert.Empty(bell.FindAll(".unread, .dot")));

        await bell.Find(".drawer").KeyDownAsync(new KeyboardEventArgs { Key = "Escape" });
        bell.WaitForAssertion(() => Assert.Empty(bell.FindAll(".drawer")));
    }

    [Fact]
    public async Task The_monitor_moves_by_itself_and_its_figures_lead_to_their_messages()
    {
        var watcher = new StaffActor(Guid.CreateVersion7(), "主管", null, new HashSet<Permission> { Permission.ViewMessages }, new HashSet<Guid>());
        await using var context = Context(watcher);
        var page = context.Render<MonitorPage>();
        page.WaitForElement("[data-part=lanes]");
        Assert.Empty(page.FindAll("[data-share=Push]"));

        await world.SendUntilAsync(MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Push, "device-1"), MessageState.Sent);

        page.WaitForAssertion(() => Assert.Contains("channel=Push", page.Find("[data-share=Push] a").GetAttribute("href")));
        Assert.All(page.FindAll("[data-part=cards] .tile"), tile => Assert.StartsWith("/messages/records?from=", tile.GetAttribute("href")));
        Assert.Empty(page.FindAll("a[href='/messages/accounts']"));
    }

    private BunitContext Context(StaffActor actor)
    {
        var context = new BunitContext();
        BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        context.Services.AddSingleton(world.First.Get<ChangeFeed>()).AddSingleton(world.First.Get<NoticeBook>()).AddSingleton(world.First.Get<MonitorBoard>());
        context.Services.AddSingleton(TimeProvider.System).AddSingleton<CcdBlazor.Messages.RabbitMq.BrokerState>().AddSingleton<CurrentActor>(new FixedActor(actor));
        return context;
    }
}
