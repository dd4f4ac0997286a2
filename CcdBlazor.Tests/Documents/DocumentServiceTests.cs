using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Documents;

public sealed class DocumentServiceTests(GivenFile given) : IClassFixture<GivenFile>
{
    [Fact]
    public async Task The_file_is_complete_exactly_when_the_last_paper_arrives_and_no_longer_when_one_is_taken_back()
    {
        var customer = await given.CustomerAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        await given.HandInAsync(customer, GivenFile.Pages);
        Assert.Equal((CustomerState.Collecting, 75, 1), await given.StoredStateAsync(customer));

        var last = await given.HandInAsync(customer, GivenFile.Pages);
        Assert.Equal((CustomerState.Complete, 100, 0), await given.StoredStateAsync(customer));

        Assert.True((await given.Documents.WithdrawAsync(last, given.Clerk, default)).Ok);
        Assert.Equal((CustomerState.Collecting, 75, 1), await given.StoredStateAsync(customer));
        Assert.Equal(["file.completed", "document.withdrawn", "file.incompleted"], (await given.AuditOfAsync(customer)).TakeLast(3));
    }

    [Fact]
    public async Task A_fact_that_asks_for_more_makes_a_complete_file_incomplete_again()
    {
        var customer = await given.CompleteAsync();
        Assert.True((await given.Customers.SetFactsAsync(customer, [CustomerFacts.Married], given.Clerk, default)).Ok);
        Assert.Equal(CustomerState.Collecting, (await given.StoredStateAsync(customer)).State);
        await given.HandInAsync(customer, GivenFile.Spouse);
        Assert.Equal((CustomerState.Complete, 100, 0), await given.StoredStateAsync(customer));
    }

    [Fact]
    public async Task A_customer_without_a_product_is_not_complete()
    {
        var customer = await given.CustomerAsync(withProduct: false);
        Assert.Equal((CustomerState.Collecting, 0, 1), await given.StoredStateAsync(customer));
        var report = (await given.ChecklistAsync(customer)).Report;
        Assert.False(report.Complete);
        Assert.Contains("贷款产品", Assert.Single(report.Missing).Text, StringComparison.Ordinal);
        Assert.Equal("customer.move_not_allowed", (await given.Reviews.MoveAsync(customer, CustomerMove.SubmitForReview, null, given.Clerk, default)).Refusal?.Code);
    }

    [Fact]
    public async Task Many_uploads_at_once_never_exceed_the_places_and_completeness_is_exact()
    {
        var customer = await given.CustomerAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        var stored = new List<UploadedFile>();
        for (var i = 0; i < 8; i++)
            stored.Add(await given.StoredAsync(customer, GivenFile.Pages));

        var answers = await Task.WhenAll(stored.Select(file => Task.Run(() => given.Documents.AcceptAsync(given.Clerk, file, default))));

        Assert.Equal(3, answers.Count(a => a.Ok));
        Assert.All(answers.Where(a => !a.Ok), a => Assert.Equal("document.full", a.Refusal!.Code));
        Assert.Equal([1, 2, 3], (await given.DocumentsOfAsync(customer, GivenFile.Pages)).Select(d => d.Ordinal).Order());
        Assert.Equal((CustomerState.Complete, 100, 0), await given.StoredStateAsync(customer));
        Assert.Equal(4, (await given.AuditOfAsync(customer)).Count(a => a == "document.uploaded"));
    }

    [Fact]
    public async Task An_upload_that_is_finished_twice_is_one_document()
    {
        var customer = await given.CustomerAsync();
        var file = await given.StoredAsync(customer, GivenFile.Front);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => given.Documents.AcceptAsync(given.Clerk, file, default))));
        Assert.Single(answers.Select(a => a.Value).Distinct());
        Assert.Single(await given.DocumentsOfAsync(customer, GivenFile.Front));
        Assert.Single(await given.AuditOfAsync(customer), a => a == "document.uploaded");
    }

    [Fact]
    public async Task The_same_content_twice_in_one_item_is_refused_and_may_stand_in_another()
    {
        var customer = await given.CustomerAsync();
        byte[] content = [1, 2, 3, .. Guid.NewGuid().ToByteArray()];
        Assert.True((await given.TryHandInAsync(customer, GivenFile.Pages, content: content)).Ok);
        Assert.Equal(DocumentRefusals.SameFile, (await given.TryHandInAsync(customer, GivenFile.Pages, content: content)).Refusal);
        Assert.True((await given.TryHandInAsync(customer, GivenFile.Extra, content: content)).Ok);
    }

    [Theory]
    [InlineData("nothing", "a.jpg", 10, "document.unknown_item")]
    [InlineData(GivenFile.Spouse, "a.jpg", 10, "document.not_needed")]
    [InlineData(GivenFile.Front, "a.pdf", 10, "document.wrong_format")]
    [InlineData(GivenFile.Front, "a.svg", 10, "document.wrong_format")]
    [InlineData(GivenFile.Extra, "a.jpg", 200_000, "document.too_large")]
    [InlineData(GivenFile.Extra, "a.jpg", 10, null)]
    [InlineData(GivenFile.Extra, "photo", 10, null)]
    public async Task What_an_item_does_not_take_is_refused_before_a_byte_is_sent(string item, string name, long length, string? code)
    {
        var customer = await given.CustomerAsync();
        var checkedUpload = await given.Documents.CheckAsync(given.Clerk, new UploadRequest(customer, item, "key", name, null, length, null), default);
        Assert.Equal(code, checkedUpload.Refusal?.Code);
    }

    [Fact]
    public async Task Content_of_another_kind_than_the_item_takes_is_refused_whatever_its_name()
    {
        var customer = await given.CustomerAsync();
        var pdf = await given.StoredAsync(customer, GivenFile.Front, kind: ContentKind.Pdf);
        Assert.Equal("document.wrong_format", (await given.Documents.AcceptAsync(given.Clerk, pdf, default)).Refusal?.Code);
        var picture = await given.StoredAsync(customer, GivenFile.Front, kind: ContentKind.Png);
        Assert.True((await given.Documents.AcceptAsync(given.Clerk, picture, default)).Ok);
    }

    [Fact]
    public async Task Nobody_else_may_hand_in_or_take_back_and_learns_not_even_that_the_customer_exists()
    {
        var customer = await given.CustomerAsync();
        var document = await given.HandInAsync(customer, GivenFile.Front);
        var request = new UploadRequest(customer, GivenFile.Pages, "key", "a.jpg", null, 10, null);

        Assert.True((await given.Documents.CheckAsync(given.Clerk, request, default)).Ok);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.CheckAsync(given.OtherClerk, request, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.CheckAsync(given.OtherClerk, request with { CustomerId = Guid.NewGuid() }, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.WithdrawAsync(document, given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.WithdrawAsync(Guid.NewGuid(), given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await given.Documents.WithdrawAsync(document, given.Reviewer, default)).Refusal);
        Assert.Null(await given.Queries.ChecklistAsync(customer, given.OtherClerk, default));
        Assert.Null(await given.Queries.CollectionAsync(customer, given.OtherClerk, default));
        Assert.Null(await given.Queries.OpenForViewingAsync(document, download: false, given.OtherClerk, default));
        Assert.Null(await given.Queries.FindThumbnailAsync(document, given.OtherClerk, default));
        Assert.Empty((await given.Queries.TimelineAsync(customer, null, 30, given.OtherClerk, default)).Rows);
        Assert.NotNull(await given.Queries.FindThumbnailAsync(document, given.Clerk, default));
        Assert.NotEmpty((await given.Queries.TimelineAsync(customer, null, 30, given.Clerk, default)).Rows);
    }

    [Theory]
    [InlineData(CustomerState.Collecting, true)]
    [InlineData(CustomerState.Complete, true)]
    [InlineData(CustomerState.InReview, false)]
    [InlineData(CustomerState.Approved, false)]
    [InlineData(CustomerState.Rejected, false)]
    public async Task Papers_change_only_while_they_are_collected(CustomerState state, bool open)
    {
        var customer = state == CustomerState.Collecting ? await given.CustomerAsync() : state == CustomerState.Complete ? await given.CompleteAsync() : await given.InReviewAsync();
        if (state == CustomerState.Approved)
        {
            await given.AcceptAllAsync(customer);
            await given.MoveAsync(customer, CustomerMove.Approve, given.Reviewer);
        }

        if (state == CustomerState.Rejected)
            await given.MoveAsync(customer, CustomerMove.Reject, given.Reviewer, "负债过高");

        var expected = open ? null : DocumentRefusals.ClosedForUpload;
        Assert.Equal(expected, (await given.Documents.CheckAsync(given.Clerk, new UploadRequest(customer, GivenFile.Extra, "key", "a.jpg", null, 10, null), default)).Refusal);
        Assert.Equal(expected, (await given.TryHandInAsync(customer, GivenFile.Extra)).Refusal);
        Assert.Equal(open, (await given.ChecklistAsync(customer, given.Clerk)).MayCollect);
        if (await given.DocumentsOfAsync(customer, GivenFile.Front) is [var front])
            Assert.Equal(expected, (await given.Documents.WithdrawAsync(front.Id, given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task An_upload_that_ends_after_the_customer_was_deleted_is_refused()
    {
        var customer = await given.CustomerAsync();
        var file = await given.StoredAsync(customer, GivenFile.Front);
        Assert.True((await given.Customers.DeleteAsync(customer, "重复登记", given.Administrator, default)).Ok);
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.AcceptAsync(given.Clerk, file, default)).Refusal);
    }

    [Fact]
    public async Task A_returned_paper_gives_its_place_to_the_next_upload_and_stays_as_a_version()
    {
        var customer = await given.InReviewAsync();
        var bad = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        await given.ReturnAsync(customer, bad.Id);
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请重拍身份证");
        Assert.Equal(CustomerState.Collecting, (await given.StoredStateAsync(customer)).State);

        var better = await given.HandInAsync(customer, GivenFile.Front);

        var old = await given.DocumentAsync(customer, bad.Id);
        Assert.Equal((DocumentState.Replaced, (Guid?)better, "照片模糊"), (old.State, old.ReplacedById, old.ReturnReason));
        Assert.Equal(2, (await given.DocumentAsync(customer, better)).Ordinal);
        Assert.Equal((CustomerState.Complete, 100, 0), await given.StoredStateAsync(customer));
        Assert.Contains("document.replaced", await given.AuditOfAsync(customer));
        Assert.Equal(DocumentRefusals.ReplacedMeanwhile, (await given.Documents.WithdrawAsync(bad.Id, given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task An_accepted_paper_is_neither_replaced_nor_taken_back()
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        Assert.True((await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted)).Ok);
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请补充");

        Assert.Equal(DocumentRefusals.AcceptedStays, (await given.TryHandInAsync(customer, GivenFile.Front, replaces: front.Id)).Refusal);
        Assert.Equal(DocumentRefusals.AcceptedStays, (await given.Documents.WithdrawAsync(front.Id, given.Clerk, default)).Refusal);
        Assert.Equal("document.full", (await given.TryHandInAsync(customer, GivenFile.Front)).Refusal?.Code);
        var page = (await given.DocumentsOfAsync(customer, GivenFile.Pages))[0];
        Assert.True((await given.TryHandInAsync(customer, GivenFile.Pages, replaces: page.Id)).Ok);
    }

    [Fact]
    public async Task Replacing_a_returned_paper_of_a_full_item_does_not_make_a_place_more()
    {
        var customer = await given.InReviewAsync();
        var returned = (await given.DocumentsOfAsync(customer, GivenFile.Pages))[0];
        await given.ReturnAsync(customer, returned.Id);
        // As after a move to newer rules with fewer places: more good papers than the item takes.
        await using (var db = given.Db())
        {
            for (var ordinal = 10; ordinal < 13; ordinal++)
                db.Add(Document.HandedIn(customer, GivenFile.Pages, (await given.StoredAsync(customer, GivenFile.Pages)).FileId, "旧.jpg", ordinal, given.Clerk, given.Clock.GetUtcNow()));
            await db.SaveChangesAsync();
        }

        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请补充");
        Assert.Equal("document.full", (await given.TryHandInAsync(customer, GivenFile.Pages, replaces: returned.Id)).Refusal?.Code);
        Assert.Equal(4, (await given.DocumentsOfAsync(customer, GivenFile.Pages)).Count(d => d.State == DocumentState.Uploaded));
    }

    [Fact]
    public async Task Announcements_come_after_the_commit_and_none_for_what_was_refused()
    {
        var customer = await given.CustomerAsync();
        var (subscription, heard) = given.Listen(customer);
        using (subscription)
        {
            var stored = given.StoredAsync(customer, GivenFile.Front);
            var seen = -1;
            using var reader = given.Get<Domain.Changes.ChangeFeed>().Subscribe(CustomerTopics.One(customer), _ =>
            {
                using var db = given.Db();
                seen = db.Documents.Count(d => d.CustomerId == customer);
            });
            await given.Documents.AcceptAsync(given.Clerk, await stored, default);
            Assert.Equal(1, seen);
            Assert.NotEmpty(heard);
            heard.Clear();
            Assert.False((await given.TryHandInAsync(customer, GivenFile.Front)).Ok);
            Assert.Empty(heard);
        }
    }

    [Fact]
    public async Task A_view_and_a_download_are_each_in_the_audit_and_a_download_needs_its_permission()
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        var legal = await given.StaffAsync(Domain.Staff.ShippedRoles.Legal);

        Assert.NotNull(await given.Queries.OpenForViewingAsync(front.Id, download: false, legal, default));
        Assert.Null(await given.Queries.OpenForViewingAsync(front.Id, download: true, legal, default));
        Assert.NotNull(await given.Queries.OpenForViewingAsync(front.Id, download: true, given.Reviewer, default));
        Assert.Equal(["document.viewed", "document.downloaded"], (await given.AuditOfAsync(customer)).TakeLast(2));
    }
}
