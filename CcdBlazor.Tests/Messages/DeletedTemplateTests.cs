using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Messages;

public sealed class DeletedTemplateTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    [Fact]
    public async Task A_batch_that_was_accepted_goes_out_as_it_was_though_its_template_was_deleted_and_its_code_used_anew()
    {
        var by = new SystemActor("test");
        var code = await world.TemplateAsync();
        var batches = world.First.Get<BatchService>();
        var accepted = await batches.CreateAsync(
            new BatchDraft { Name = "批次", Template = code, Channel = MessageChannel.Push },
            [.. Enum.GetValues<DayOfWeek>().Select(d => new BatchRecipient($"gone-{d}", new Dictionary<string, string> { ["name"] = "张三" }))], MessagesWorld.Program, null, default);
        Assert.True(accepted.Ok, accepted.Refusal?.Text);

        var templates = world.First.Get<TemplateService>();
        MessageTemplate stored;
        await using (var db = await world.First.DbAsync())
            stored = await db.Set<MessageTemplate>().AsNoTracking().SingleAsync(t => t.Code == code);
        Assert.True((await templates.DeleteAsync(stored.Id, stored.Version, by, default)).Ok);
        Assert.Equal(TemplateRefusals.Unknown, (await world.First.Sender.SendAsync(MessagesWorld.Request(code, MessageChannel.Push, "gone-new"), MessagesWorld.Program, null, default)).Refusal);
        var made = await templates.CreateAsync(new TemplateDraft(code, "另一个", MessageCategory.Notice, new TemplateContent([], [new ChannelVariant(MessageChannel.Push, "text", "别的内容", Subject: "题")])), by, default);
        Assert.True(made.Ok, made.Refusal?.Text);

        // A node that starts now knows nothing of before.
        await world.StartNodeAsync();
        Assert.True((await batches.MoveAsync(accepted.Value.Id!.Value, BatchMove.Start, by, default)).Ok);
        await Eventually.TrueAsync(() => world.Push.Received.Count(r => r.Recipient.StartsWith("gone-", StringComparison.Ordinal)) == 7);
        Assert.All(world.Push.Received.Where(r => r.Recipient.StartsWith("gone-", StringComparison.Ordinal)), r => Assert.Equal("您好，张三。", r.Text));
    }
}
