using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Notices;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Tests.Messages;

public sealed class NoticeTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    [Fact]
    public async Task A_notice_is_delivered_at_once_counted_and_announced()
    {
        var staff = await StaffAsync();
        var template = await TemplateAsync();
        var heard = 0;
        using var subscription = world.First.Get<ChangeFeed>().Subscribe(MessageTopics.Bell(staff.StaffId), _ => Interlocked.Increment(ref heard));

        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.InApp, staff.StaffId.ToString(), "一"), MessageState.Delivered);

        var book = world.First.Get<NoticeBook>();
        Assert.Equal(1, await book.UnreadAsync(staff, default));
        var row = Assert.Single((await book.PageAsync(null, staff, default)).Rows);
        Assert.Equal((id, "通知", "您好，一。"), (row.Id, row.Title, row.Text));
        Assert.True(heard > 0);
    }

    [Fact]
    public async Task Nobody_reads_or_ticks_off_what_a_colleague_was_told()
    {
        var (mine, other) = (await StaffAsync(), await StaffAsync());
        var id = await world.SendUntilAsync(MessagesWorld.Request(await TemplateAsync(), MessageChannel.InApp, mine.StaffId.ToString()), MessageState.Delivered);
        var book = world.First.Get<NoticeBook>();

        await book.ReadAsync(id, other, default);
        await book.ReadAllAsync(other, default);

        Assert.Empty((await book.PageAsync(null, other, default)).Rows);
        Assert.Equal(1, await book.UnreadAsync(mine, default));
        await book.ReadAsync(id, mine, default);
        Assert.Equal(0, await book.UnreadAsync(mine, default));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        var staff = await StaffAsync();
        var template = await TemplateAsync();
        var sent = new List<Guid>();
        for (var i = 0; i < 7; i++)
            sent.Add(await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.InApp, staff.StaffId.ToString(), $"第 {i} 条"), MessageState.Delivered));

        var book = world.First.Get<NoticeBook>();
        var seen = new List<Guid>();
        NoticeRow? last = null;
        for (var page = await book.PageAsync(null, staff, default, 3); ; page = await book.PageAsync(last, staff, default, 3))
        {
            seen.AddRange(page.Rows.Select(r => r.Id));
            last = page.Rows[^1];
            if (!page.More)
                break;
        }

        Assert.Equal(sent.AsEnumerable().Reverse(), seen);
        await book.ReadAllAsync(staff, default);
        Assert.Equal(0, await book.UnreadAsync(staff, default));
    }

    [Fact]
    public async Task Somebody_who_is_no_member_of_staff_is_an_invalid_recipient()
    {
        var id = await world.SendUntilAsync(MessagesWorld.Request(await TemplateAsync(), MessageChannel.InApp, Guid.CreateVersion7().ToString()), MessageState.Failed);

        Assert.Equal("unknown_staff", await world.CodeAsync(id));
    }

    [Fact]
    public async Task The_account_is_there_once_however_often_it_is_ensured()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.First.Get<InAppAccount>().EnsureAsync(default)));

        Assert.Equal(1, await world.CountAsync("select count(*) from channel_accounts where kind = 'in-app' and deleted_at is null"));
    }

    [Theory]
    [InlineData("/customers/1", "/customers/1")]
    [InlineData("//evil.example", null)]
    [InlineData("/\\evil.example", null)]
    [InlineData("https://evil.example", null)]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("/", null)]
    [InlineData(null, null)]
    public void A_notice_leads_only_to_places_inside_the_program(string? url, string? link) => Assert.Equal(link, InAppProvider.LinkOf(url));

    private async Task<string> TemplateAsync()
    {
        await world.First.Get<InAppAccount>().EnsureAsync(default);
        return await world.TemplateAsync();
    }

    private async Task<StaffActor> StaffAsync()
    {
        var id = await StaffRows.AddAsync(world);
        return new StaffActor(id, "同事", null, new HashSet<Permission>(), new HashSet<Guid>());
    }
}
