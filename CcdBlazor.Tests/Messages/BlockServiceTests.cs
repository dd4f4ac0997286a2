using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Messages;

public sealed class BlockServiceTests(TemplateHouse house) : IClassFixture<TemplateHouse>
{
    [Fact]
    public async Task An_entry_is_heard_by_the_engine_in_the_channels_own_form_and_shown_masked()
    {
        // Full-width digits, as a phone keyboard may write them.
        var added = await house.Blocks.AddAsync(new BlockDraft(BlockKind.Blocked, "号码不是本人", MessageChannel.Sms, "１３９００００１２３４"), TemplateHouse.Keeper, default);
        Assert.True(added.Ok, added.Refusal?.Text);
        var person = RecipientRules.PersonOf(null, MessageChannel.Sms, "13900001234");
        var lists = await house.Services.GetRequiredService<BlockBook>().CurrentAsync(default);
        Assert.True(lists.Has(BlockKind.Blocked, person, person, MessageChannel.Sms));
        Assert.Equal("139****1234", (await FindAsync(BlockKind.Blocked, "13900001234")).Single().Shown);
        Assert.Empty(await FindAsync(BlockKind.OptOut, "13900001234"));

        Assert.Equal(BlockRefusals.Known, (await house.Blocks.AddAsync(new BlockDraft(BlockKind.Blocked, "再来一次", MessageChannel.Sms, "139-0000-1234"), TemplateHouse.Keeper, default)).Refusal);
        Assert.True((await house.Blocks.RemoveAsync(added.Value, "号码已确认", TemplateHouse.Keeper, default)).Ok);
        lists = await house.Services.GetRequiredService<BlockBook>().CurrentAsync(default);
        Assert.False(lists.Has(BlockKind.Blocked, person, person, MessageChannel.Sms));
        Assert.Equal(["message_block.added", "message_block.removed"], (await house.AuditAsync(added.Value)).Select(e => e.Action));
        Assert.True((await house.Blocks.RemoveAsync(added.Value, "第二次", TemplateHouse.Keeper, default)).Ok);
    }

    [Fact]
    public async Task A_customer_is_listed_on_all_channels_at_once()
    {
        var customer = Guid.CreateVersion7();
        Assert.True((await house.Blocks.AddAsync(new BlockDraft(BlockKind.OptOut, "来电要求", CustomerId: customer, CustomerName: "陈嘉怡"), TemplateHouse.Keeper, default)).Ok);
        var lists = await house.Services.GetRequiredService<BlockBook>().CurrentAsync(default);
        var anyPhone = RecipientRules.PersonOf(null, MessageChannel.Sms, "13911112222");
        Assert.True(lists.Has(BlockKind.OptOut, anyPhone, customer, MessageChannel.Sms));
        Assert.True(lists.Has(BlockKind.OptOut, anyPhone, customer, MessageChannel.Email));
    }

    [Fact]
    public async Task An_import_takes_the_good_lines_and_lists_the_bad_ones()
    {
        var mark = Random.Shared.Next(1000, 9999);
        var text = $"1370000{mark},张三\r\n\n  1371111{mark}\t备注\n12345\n1370000{mark}\nnot a number";
        var first = (await house.Blocks.ImportAsync(BlockKind.WhiteList, MessageChannel.Sms, text, "测试人员", TemplateHouse.Keeper, default)).Value;
        Assert.Equal((2, 1), (first.Added, first.Known));
        Assert.Equal([4, 6], first.Bad.Select(b => b.Number));
        var again = (await house.Blocks.ImportAsync(BlockKind.WhiteList, MessageChannel.Sms, text, "测试人员", TemplateHouse.Keeper, default)).Value;
        Assert.Equal((0, 3), (again.Added, again.Known));
        Assert.Equal("测试人员", (await FindAsync(BlockKind.WhiteList, $"1370000{mark}")).Single().Reason);
    }

    [Fact]
    public async Task Two_imports_of_the_same_lines_at_once_add_each_once()
    {
        var text = string.Join('\n', Enumerable.Range(0, 500).Select(i => $"1385555{i:0000}"));
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => house.Blocks.ImportAsync(BlockKind.Blocked, MessageChannel.Sms, text, "同时导入", TemplateHouse.Keeper, default)));
        Assert.Equal(500, both.Sum(b => b.Value.Added));
        Assert.Equal(500, both.Sum(b => b.Value.Known));
    }

    [Fact]
    public async Task Bad_input_is_refused_with_its_field()
    {
        var keeper = TemplateHouse.Keeper;
        Assert.Equal("Reason", (await house.Blocks.AddAsync(new BlockDraft(BlockKind.Blocked, "", MessageChannel.Sms, "13900001234"), keeper, default)).Refusal!.Field);
        Assert.Equal("Recipient", (await house.Blocks.AddAsync(new BlockDraft(BlockKind.Blocked, "原因", MessageChannel.Sms, "12345"), keeper, default)).Refusal!.Field);
        Assert.Equal(BlockRefusals.Whom, (await house.Blocks.AddAsync(new BlockDraft(BlockKind.Blocked, "原因"), keeper, default)).Refusal);
        Assert.Equal(BlockRefusals.KindUnknown, (await house.Blocks.AddAsync(new BlockDraft((BlockKind)9, "原因", MessageChannel.Sms, "13900001234"), keeper, default)).Refusal);
        Assert.Equal(BlockRefusals.NoLines, (await house.Blocks.ImportAsync(BlockKind.Blocked, MessageChannel.Sms, " \n ", "原因", keeper, default)).Refusal);
        Assert.Equal(BlockRefusals.TooManyLines, (await house.Blocks.ImportAsync(BlockKind.Blocked, MessageChannel.Sms, new string('\n', BlockService.MostLines), "原因", keeper, default)).Refusal);
        Assert.Equal(BlockRefusals.Reason, (await house.Blocks.RemoveAsync(Guid.NewGuid(), "", keeper, default)).Refusal);
        var clerk = TemplateHouse.Clerk;
        Assert.Equal(CommonRefusals.Forbidden, (await house.Blocks.AddAsync(new BlockDraft(BlockKind.Blocked, "原因", MessageChannel.Sms, "13900001234"), clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Blocks.ImportAsync(BlockKind.Blocked, MessageChannel.Sms, "13900001234", "原因", clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Blocks.RemoveAsync(Guid.NewGuid(), "原因", clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Blocks.ListAsync(new BlockFilter(BlockKind.Blocked), new PageRequest(), clerk, default)).Refusal);
    }

    [Theory]
    [InlineData(MessageChannel.Email, "anna@example.com", "a***@example.com")]
    [InlineData(MessageChannel.WeCom, "zhangsan", "zhan***")]
    [InlineData(MessageChannel.Push, "ab", "***")]
    public void A_recipient_is_shown_in_part(MessageChannel channel, string recipient, string shown) => Assert.Equal(shown, RecipientMask.Of(channel, recipient));

    private async Task<IReadOnlyList<BlockRow>> FindAsync(BlockKind kind, string search) =>
        (await house.Blocks.ListAsync(new BlockFilter(kind, search), new PageRequest(), TemplateHouse.Keeper, default)).Value.Rows;
}
