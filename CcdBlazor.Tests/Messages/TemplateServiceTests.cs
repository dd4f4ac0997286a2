using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Messages;

public sealed class TemplateServiceTests(TemplateHouse house) : IClassFixture<TemplateHouse>
{
    [Fact]
    public async Task A_new_template_is_a_draft_and_cannot_be_sent_before_it_is_activated()
    {
        var made = await house.CreatedAsync();
        Assert.Equal((TemplateState.Draft, null, 1), (made.State, made.ActiveVersion, made.Draft?.Number));
        var book = house.Services.GetRequiredService<TemplateBook>();
        Assert.Null((await book.FindAsync(made.Code, default))!.Active);

        Assert.True((await house.Templates.ActivateAsync(made.Id, made.Version, TemplateHouse.Author, default)).Ok);
        Assert.Equal(1, (await book.FindAsync(made.Code, default))!.Active!.Version);
        Assert.Equal(["template.created", "template.activated"], (await house.AuditAsync(made.Id)).Select(e => e.Action));
    }

    [Fact]
    public async Task Editing_a_released_template_makes_the_next_version_while_the_first_goes_on()
    {
        var released = await ReleasedAsync();
        var draft = TemplateHouse.Draft(released.Code, "{{name}}，新文字。");
        var saved = await house.Templates.SaveDraftAsync(released.Id, draft, released.Version, TemplateHouse.Author, default);
        Assert.Equal(2, saved.Value);
        var now = await house.ReadAsync(released.Id);
        Assert.Equal((1, 2), (now.ActiveVersion, now.Draft!.Number));

        // A draft is changed in place.
        Assert.Equal(2, (await house.Templates.SaveDraftAsync(released.Id, draft with { Name = "改名" }, now.Version, TemplateHouse.Author, default)).Value);
        now = await house.ReadAsync(released.Id);
        Assert.True((await house.Templates.ActivateAsync(released.Id, now.Version, TemplateHouse.Author, default)).Ok);
        now = await house.ReadAsync(released.Id);
        Assert.Equal((2, null, 2), (now.ActiveVersion, now.Draft, now.Versions.Count));
        Assert.Equal("您好{{name}}，您的订单已受理。", now.Versions[1].Content.Variants[0].Text);
    }

    [Fact]
    public async Task Two_editors_never_overwrite_each_other()
    {
        var made = await house.CreatedAsync();
        Assert.True((await house.Templates.SaveDraftAsync(made.Id, TemplateHouse.Draft(made.Code, "甲{{name}}"), made.Version, TemplateHouse.Author, default)).Ok);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, (await house.Templates.SaveDraftAsync(made.Id, TemplateHouse.Draft(made.Code, "乙{{name}}"), made.Version, TemplateHouse.Second, default)).Refusal);
    }

    [Fact]
    public async Task A_category_stays_once_a_version_was_released()
    {
        var released = await ReleasedAsync();
        var refused = await house.Templates.SaveDraftAsync(released.Id, TemplateHouse.Draft(released.Code) with { Category = MessageCategory.Marketing }, released.Version, TemplateHouse.Author, default);
        Assert.Equal(TemplateRefusals.CategoryFixed, refused.Refusal);
    }

    [Fact]
    public async Task A_code_is_taken_until_its_template_is_deleted()
    {
        var made = await house.CreatedAsync();
        Assert.Equal(TemplateRefusals.CodeTaken, (await house.Templates.CreateAsync(TemplateHouse.Draft(made.Code), TemplateHouse.Author, default)).Refusal);
        Assert.Equal(TemplateRefusals.CodeTaken, (await house.Templates.CopyAsync(made.Id, made.Code, "副本", TemplateHouse.Author, default)).Refusal);
        Assert.True((await house.Templates.DeleteAsync(made.Id, made.Version, TemplateHouse.Author, default)).Ok);
        Assert.True((await house.Templates.CreateAsync(TemplateHouse.Draft(made.Code), TemplateHouse.Author, default)).Ok);
        Assert.Equal(CommonRefusals.NotFound, (await house.Queries.FindAsync(made.Id, TemplateHouse.Author, default)).Refusal);
    }

    [Fact]
    public async Task A_deleted_template_stays_readable_for_what_was_accepted_with_it()
    {
        var released = await ReleasedAsync();
        Assert.True((await house.Templates.DeleteAsync(released.Id, released.Version, TemplateHouse.Author, default)).Ok);
        // As a node that starts now sees it.
        using var book = new TemplateBook(
            house.Services.GetRequiredService<IDbContextFactory<Domain.Data.CcdDbContext>>(), house.Services.GetRequiredService<Domain.Changes.ChangeFeed>());
        Assert.Null(await book.FindAsync(released.Code, default));
        var version = await book.VersionAsync(released.Id, 1, default);
        Assert.Equal("您好张三，您的订单已受理。", version!.Render(MessageChannel.Sms, new Dictionary<string, string> { ["name"] = "张三" }).Text);
    }

    [Fact]
    public async Task With_a_second_person_nobody_releases_what_he_wrote_on()
    {
        await house.SecondPersonAsync(true);
        try
        {
            var made = await house.CreatedAsync();
            Assert.Equal(TemplateRefusals.ApprovalNeeded, (await house.Templates.ActivateAsync(made.Id, made.Version, TemplateHouse.Author, default)).Refusal);
            Assert.Equal(TemplateRefusals.NotSubmitted, (await house.Templates.ApproveAsync(made.Id, made.Version, TemplateHouse.Second, default)).Refusal);
            Assert.True((await house.Templates.SubmitAsync(made.Id, made.Version, TemplateHouse.Author, default)).Ok);
            made = await house.ReadAsync(made.Id);
            Assert.Equal(CommonRefusals.Forbidden, (await house.Templates.ApproveAsync(made.Id, made.Version, TemplateHouse.Author, default)).Refusal);

            // The approver who changed a word is an author now, and what was submitted has to be submitted again.
            Assert.True((await house.Templates.SaveDraftAsync(made.Id, TemplateHouse.Draft(made.Code, "{{name}}，改过。"), made.Version, TemplateHouse.Second, default)).Ok);
            made = await house.ReadAsync(made.Id);
            Assert.Null(made.Draft!.SubmittedAt);
            Assert.True((await house.Templates.SubmitAsync(made.Id, made.Version, TemplateHouse.Author, default)).Ok);
            made = await house.ReadAsync(made.Id, TemplateHouse.Second);
            Assert.False(made.MayApprove);
            Assert.Equal(TemplateRefusals.OwnTemplate, (await house.Templates.ApproveAsync(made.Id, made.Version, TemplateHouse.Second, default)).Refusal);

            var third = TemplateHouse.Staff("周第三", Permission.ApproveTemplates);
            Assert.True((await house.ReadAsync(made.Id, third)).MayApprove);
            Assert.True((await house.Templates.ApproveAsync(made.Id, made.Version, third, default)).Ok);
            made = await house.ReadAsync(made.Id);
            Assert.Equal((TemplateState.Active, 1, "周第三"), (made.State, made.ActiveVersion, made.Versions[0].ApprovedByName));
        }
        finally
        {
            await house.SecondPersonAsync(false);
        }
    }

    [Fact]
    public async Task What_is_sent_back_carries_its_reason_until_it_is_written_again()
    {
        var made = await house.CreatedAsync();
        Assert.True((await house.Templates.SubmitAsync(made.Id, made.Version, TemplateHouse.Author, default)).Ok);
        made = await house.ReadAsync(made.Id);
        Assert.Equal(TemplateRefusals.ReasonNeeded, (await house.Templates.RejectAsync(made.Id, " ", made.Version, TemplateHouse.Second, default)).Refusal);
        Assert.True((await house.Templates.RejectAsync(made.Id, "缺少退订说明", made.Version, TemplateHouse.Second, default)).Ok);
        made = await house.ReadAsync(made.Id);
        Assert.Equal(("缺少退订说明", null), (made.Draft!.RejectedReason, made.Draft.SubmittedAt));
        Assert.Equal("缺少退订说明", (await house.AuditAsync(made.Id)).Last(e => e.Action == "template.rejected").Reason);
        Assert.True((await house.Templates.SaveDraftAsync(made.Id, TemplateHouse.Draft(made.Code, "{{name}}"), made.Version, TemplateHouse.Author, default)).Ok);
        Assert.Null((await house.ReadAsync(made.Id)).Draft!.RejectedReason);
    }

    [Fact]
    public async Task A_draft_is_discarded_and_the_released_version_stays()
    {
        var released = await ReleasedAsync();
        await house.Templates.SaveDraftAsync(released.Id, TemplateHouse.Draft(released.Code, "{{name}}"), released.Version, TemplateHouse.Author, default);
        released = await house.ReadAsync(released.Id);
        Assert.True((await house.Templates.DiscardDraftAsync(released.Id, released.Version, TemplateHouse.Author, default)).Ok);
        released = await house.ReadAsync(released.Id);
        Assert.Equal((1, null, 1), (released.ActiveVersion, released.Draft, released.Versions.Count));
        Assert.Equal(TemplateRefusals.NoDraft, (await house.Templates.DiscardDraftAsync(released.Id, released.Version, TemplateHouse.Author, default)).Refusal);
        var onlyDraft = await house.CreatedAsync();
        Assert.Equal(TemplateRefusals.OnlyDraft, (await house.Templates.DiscardDraftAsync(onlyDraft.Id, onlyDraft.Version, TemplateHouse.Author, default)).Refusal);
    }

    [Fact]
    public async Task Without_the_right_nothing_is_read_or_written()
    {
        var made = await house.CreatedAsync();
        var clerk = TemplateHouse.Clerk;
        Assert.Equal(CommonRefusals.Forbidden, (await house.Queries.ListAsync(new TemplateFilter(), new PageRequest(), clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Queries.FindAsync(made.Id, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Templates.CreateAsync(TemplateHouse.Draft(), clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Templates.CopyAsync(made.Id, "a_copy", "副本", clerk, default)).Refusal);
        foreach (var write in new Func<Task<Result>>[]
        {
            async () => (await house.Templates.SaveDraftAsync(made.Id, TemplateHouse.Draft(), made.Version, clerk, default)).WithoutValue(),
            () => house.Templates.DiscardDraftAsync(made.Id, made.Version, clerk, default), () => house.Templates.SubmitAsync(made.Id, made.Version, clerk, default),
            () => house.Templates.ApproveAsync(made.Id, made.Version, clerk, default), () => house.Templates.RejectAsync(made.Id, "原因", made.Version, clerk, default),
            () => house.Templates.ActivateAsync(made.Id, made.Version, clerk, default), () => house.Templates.DeactivateAsync(made.Id, made.Version, clerk, default),
            () => house.Templates.DeleteAsync(made.Id, made.Version, clerk, default),
        })
            Assert.Equal(CommonRefusals.Forbidden, (await write()).Refusal);
        // Whoever sends chooses among those in use.
        await house.Templates.ActivateAsync(made.Id, made.Version, TemplateHouse.Author, default);
        Assert.Contains(await house.Queries.ActiveAsync(clerk, default), t => t.Id == made.Id);
        Assert.Empty(await house.Queries.ActiveAsync(TemplateHouse.Staff("财务", Permission.ViewStatistics), default));
    }

    [Fact]
    public async Task The_list_is_narrowed_by_every_filter()
    {
        var name = $"列表{Guid.NewGuid():N}";
        var made = await house.CreatedAsync(TemplateHouse.Draft() with { Name = name, Category = MessageCategory.Marketing });
        async Task<int> CountAsync(TemplateFilter filter) => (await house.Queries.ListAsync(filter, new PageRequest(), TemplateHouse.Author, default)).Value.Total;
        Assert.Equal(1, await CountAsync(new TemplateFilter(name[2..12])));
        Assert.Equal(1, await CountAsync(new TemplateFilter(made.Code, MessageCategory.Marketing, MessageChannel.Sms, TemplateState.Draft)));
        Assert.Equal(0, await CountAsync(new TemplateFilter(name, Category: MessageCategory.Notice)));
        Assert.Equal(0, await CountAsync(new TemplateFilter(name, Channel: MessageChannel.Email)));
        Assert.Equal(0, await CountAsync(new TemplateFilter(name, State: TemplateState.Active)));
        Assert.Equal(0, await CountAsync(new TemplateFilter(name, Waiting: true)));
        await house.Templates.SubmitAsync(made.Id, made.Version, TemplateHouse.Author, default);
        Assert.Equal(1, await CountAsync(new TemplateFilter(name, Waiting: true)));
    }

    [Fact]
    public async Task The_shipped_templates_come_once_are_in_use_and_cannot_be_deleted()
    {
        var seed = house.Services.GetRequiredService<TemplateSeed>();
        await Task.WhenAll(seed.EnsureShippedAsync(default), seed.EnsureShippedAsync(default));
        await seed.EnsureShippedAsync(default);
        var rows = (await house.Queries.ListAsync(new TemplateFilter(State: TemplateState.Active), new PageRequest(1, 100), TemplateHouse.Author, default)).Value.Rows;
        Assert.All(ShippedTemplates.All, s => Assert.Single(rows, r => r.Code == s.Code && r.Shipped));
        var one = await house.ReadAsync(rows.First(r => r.Code == ShippedTemplates.DailyReport).Id);
        Assert.Equal(TemplateRefusals.Shipped, (await house.Templates.DeleteAsync(one.Id, one.Version, TemplateHouse.Author, default)).Refusal);

        // What an administrator switched off stays off.
        Assert.True((await house.Templates.DeactivateAsync(one.Id, one.Version, TemplateHouse.Author, default)).Ok);
        await seed.EnsureShippedAsync(default);
        Assert.Equal(TemplateState.Inactive, (await house.ReadAsync(one.Id)).State);
    }

    private async Task<TemplateDetail> ReleasedAsync()
    {
        var made = await house.CreatedAsync();
        Assert.True((await house.Templates.ActivateAsync(made.Id, made.Version, TemplateHouse.Author, default)).Ok);
        return await house.ReadAsync(made.Id);
    }
}
