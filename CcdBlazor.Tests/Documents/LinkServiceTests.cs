using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Documents;

public sealed class LinkServiceTests(GivenFile given) : IClassFixture<GivenFile>
{
    [Fact]
    public async Task A_link_names_the_items_that_are_open_and_its_token_is_stored_nowhere()
    {
        var customer = await given.CustomerAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        var (actor, token, id) = await given.LinkAsync(customer);

        Assert.Equal((customer, id), (actor.CustomerId, actor.LinkId));
        await using var db = given.Db();
        var link = await db.CustomerLinks.SingleAsync(l => l.Id == id);
        Assert.Equal([GivenFile.Extra, GivenFile.Pages], link.ItemCodes.Order(StringComparer.Ordinal));
        Assert.Equal(link.CreatedAt + TimeSpan.FromDays(7), link.ExpiresAt);
        Assert.Equal(43, token.Length);
        Assert.DoesNotContain(await db.AuditEntries.Where(e => e.CustomerId == customer).ToListAsync(), e => (e.After ?? "").Contains(token, StringComparison.Ordinal));
        Assert.Equal(["link.created", "link.opened"], (await given.AuditOfAsync(customer)).TakeLast(2));
    }

    [Fact]
    public async Task Unknown_guessed_expired_and_revoked_tokens_open_nothing()
    {
        var customer = await given.CustomerAsync();
        var (_, token, id) = await given.LinkAsync(customer);

        foreach (var wrong in (string[])["", "short", new string('a', 43), token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), token + "=", new string('x', 5000), "' or 1=1 --" + token])
            Assert.Equal(LinkRefusals.Unknown, (await given.Links.OpenAsync(wrong, null, default)).Refusal);

        given.Clock.Advance(DocumentSettings.LinkLifetime.Default - TimeSpan.FromSeconds(1));
        Assert.True((await given.Links.OpenAsync(token, null, default)).Ok);
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(LinkRefusals.Expired, (await given.Links.OpenAsync(token, null, default)).Refusal);
        Assert.True((await given.Links.RevokeAsync(id, given.Clerk, default)).Ok);
        Assert.Equal(LinkRefusals.Revoked, (await given.Links.OpenAsync(token, null, default)).Refusal);
    }

    [Fact]
    public async Task A_link_that_ends_while_it_is_used_takes_nothing_more_and_keeps_what_came()
    {
        var customer = await given.CustomerAsync();
        var (actor, _, id) = await given.LinkAsync(customer);
        var first = await given.HandInAsync(customer, GivenFile.Front, actor);
        var onItsWay = await given.StoredAsync(customer, GivenFile.Pages);
        Assert.True((await given.Links.RevokeAsync(id, given.Clerk, default)).Ok);

        Assert.Equal(LinkRefusals.Revoked, (await given.Documents.CheckAsync(actor, Request(customer, GivenFile.Pages), default)).Refusal);
        Assert.Equal(LinkRefusals.Revoked, (await given.Documents.AcceptAsync(actor, onItsWay, default)).Refusal);
        Assert.Equal(LinkRefusals.Revoked, (await given.Documents.WithdrawAsync(first, actor, default)).Refusal);
        Assert.Null(await given.Queries.CollectionAsync(customer, actor, default));
        Assert.Equal(DocumentState.Uploaded, (await given.DocumentAsync(customer, first)).State);
    }

    [Fact]
    public async Task A_link_takes_papers_for_its_items_and_its_customer_only()
    {
        var customer = await given.CustomerAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        var (actor, _, _) = await given.LinkAsync(customer);
        var other = await given.CustomerAsync();

        Assert.True((await given.Documents.CheckAsync(actor, Request(customer, GivenFile.Pages), default)).Ok);
        Assert.Equal(LinkRefusals.OutsideLink, (await given.Documents.CheckAsync(actor, Request(customer, GivenFile.Front), default)).Refusal);
        Assert.Equal(LinkRefusals.OutsideLink, (await given.TryHandInAsync(customer, GivenFile.Front, actor)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.CheckAsync(actor, Request(other, GivenFile.Pages), default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.CheckAsync(actor, Request(Guid.NewGuid(), GivenFile.Pages), default)).Refusal);
        Assert.Equal(LinkRefusals.Unknown, (await given.TryHandInAsync(other, GivenFile.Pages, actor)).Refusal);
    }

    [Fact]
    public async Task A_link_shows_what_is_missing_and_never_content_nor_the_full_name()
    {
        var customer = await given.CustomerAsync(name: "欧阳明月");
        var (actor, _, _) = await given.LinkAsync(customer);
        var own = await given.HandInAsync(customer, GivenFile.Front, actor);

        var page = (await given.Queries.CollectionAsync(customer, actor, default))!;
        Assert.Equal("欧***", page.CustomerName);
        Assert.Equal([GivenFile.Front, GivenFile.Pages, GivenFile.Extra], page.Items.Select(i => i.Report.Rule.Code));
        Assert.Null(await given.Queries.OpenForViewingAsync(own, download: false, actor, default));
        Assert.Null(await given.Queries.OpenForViewingAsync(own, download: true, actor, default));
        Assert.Null(await given.Queries.FindThumbnailAsync(own, actor, default));
        var other = await given.CustomerAsync();
        Assert.Null(await given.Queries.CollectionAsync(other, actor, default));
        Assert.Equal(CommonRefusals.Forbidden, (await given.Reviews.DecideAsync(own, DocumentVerdict.Accepted, null, 1, actor, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await given.Links.CreateAsync(customer, actor, default)).Refusal);
    }

    [Fact]
    public async Task Nothing_open_needs_no_link_and_a_file_in_review_gets_none()
    {
        var customer = await given.CompleteAsync();
        await given.HandInAsync(customer, GivenFile.Pages);
        await given.HandInAsync(customer, GivenFile.Extra);
        Assert.True((await given.Links.CreateAsync(customer, given.Clerk, default)).Ok);
        await given.HandInAsync(customer, GivenFile.Extra);
        Assert.Equal(LinkRefusals.NothingOpen, (await given.Links.CreateAsync(customer, given.Clerk, default)).Refusal);
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        Assert.Equal(DocumentRefusals.ClosedForUpload, (await given.Links.CreateAsync(customer, given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task Only_those_who_collect_and_see_the_customer_make_and_revoke_links()
    {
        var customer = await given.CustomerAsync();
        var (_, token, id) = await given.LinkAsync(customer);
        Assert.Equal(CommonRefusals.NotFound, (await given.Links.CreateAsync(customer, given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await given.Links.CreateAsync(customer, given.Reviewer, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Links.RevokeAsync(id, given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Links.RevokeAsync(Guid.NewGuid(), given.OtherClerk, default)).Refusal);
        Assert.Empty(await given.Queries.LinksAsync(customer, given.OtherClerk, default));
        Assert.Single(await given.Queries.LinksAsync(customer, given.Clerk, default));
        Assert.True((await given.Links.OpenAsync(token, null, default)).Ok);
    }

    [Fact]
    public async Task The_customer_takes_back_an_own_undecided_upload_within_thirty_minutes()
    {
        var customer = await given.CustomerAsync();
        var staffs = await given.HandInAsync(customer, GivenFile.Pages);
        var (actor, _, _) = await given.LinkAsync(customer);
        var (another, _, _) = await given.LinkAsync(customer);
        var own = await given.HandInAsync(customer, GivenFile.Front, actor);
        var late = await given.HandInAsync(customer, GivenFile.Pages, actor);

        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.WithdrawAsync(staffs, actor, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.WithdrawAsync(own, another, default)).Refusal);
        given.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.True((await given.Documents.WithdrawAsync(own, actor, default)).Ok);
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(DocumentRefusals.TooLateToWithdraw, (await given.Documents.WithdrawAsync(late, actor, default)).Refusal);
        Assert.True((await given.Documents.WithdrawAsync(late, given.Clerk, default)).Ok);
    }

    [Fact]
    public async Task The_customer_does_not_take_back_what_a_reviewer_has_returned()
    {
        var customer = await given.CustomerAsync();
        var (actor, _, _) = await given.LinkAsync(customer);
        var own = await given.HandInAsync(customer, GivenFile.Front, actor);
        await given.HandInAsync(customer, GivenFile.Pages);
        await given.HandInAsync(customer, GivenFile.Pages);
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        Assert.Equal(DocumentRefusals.ClosedForUpload, (await given.Documents.WithdrawAsync(own, actor, default)).Refusal);
        await given.ReturnAsync(customer, own);
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请重拍");
        Assert.Equal(DocumentRefusals.TooLateToWithdraw, (await given.Documents.WithdrawAsync(own, actor, default)).Refusal);
        Assert.True((await given.TryHandInAsync(customer, GivenFile.Front, actor, replaces: own)).Ok);
    }

    [Fact]
    public async Task The_customer_replaces_what_was_returned_but_not_what_a_colleague_handed_in()
    {
        var customer = await given.CustomerAsync();
        var staffs = await given.HandInAsync(customer, GivenFile.Pages);
        var (actor, _, _) = await given.LinkAsync(customer);
        Assert.Equal(DocumentRefusals.TooLateToWithdraw, (await given.TryHandInAsync(customer, GivenFile.Pages, actor, replaces: staffs)).Refusal);
        var own = await given.HandInAsync(customer, GivenFile.Pages, actor);
        Assert.True((await given.TryHandInAsync(customer, GivenFile.Pages, actor, replaces: own)).Ok);
        Assert.Equal(DocumentState.Uploaded, (await given.DocumentAsync(customer, staffs)).State);
    }

    [Fact]
    public async Task A_deleted_customers_link_is_unknown()
    {
        var customer = await given.CustomerAsync();
        var (_, token, _) = await given.LinkAsync(customer);
        Assert.True((await given.Customers.DeleteAsync(customer, "重复登记", given.Administrator, default)).Ok);
        Assert.Equal(LinkRefusals.Unknown, (await given.Links.OpenAsync(token, null, default)).Refusal);
    }

    [Fact]
    public async Task A_link_that_ends_within_a_day_is_told_once_in_the_timeline_while_papers_are_collected()
    {
        var collecting = await given.CustomerAsync();
        await given.LinkAsync(collecting);
        var revoked = await given.CustomerAsync();
        Assert.True((await given.Links.RevokeAsync((await given.LinkAsync(revoked)).Id, given.Clerk, default)).Ok);
        var complete = await given.CompleteAsync();
        await given.LinkAsync(complete);
        var end = given.Clock.GetUtcNow() + DocumentSettings.LinkLifetime.Default;

        await given.Links.NoteExpiringAsync(end - CustomerLink.WarnBefore - TimeSpan.FromMinutes(1), default);
        Assert.DoesNotContain("link.expiring", await given.AuditOfAsync(collecting));
        for (var run = 0; run < 2; run++)
            await given.Links.NoteExpiringAsync(end - TimeSpan.FromHours(2), default);

        Assert.Single(await given.AuditOfAsync(collecting), action => action == "link.expiring");
        Assert.DoesNotContain("link.expiring", await given.AuditOfAsync(revoked));
        Assert.DoesNotContain("link.expiring", await given.AuditOfAsync(complete));
        var line = (await given.Queries.TimelineAsync(collecting, null, 10, given.Clerk, default)).Rows[0];
        Assert.Contains("一天内到期", line.Words, StringComparison.Ordinal);
    }

    private static UploadRequest Request(Guid customer, string item) => new(customer, item, "key", "a.jpg", null, 10, null);
}
