using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Documents;

public sealed class ReviewServiceTests(GivenFile given) : IClassFixture<GivenFile>
{
    [Fact]
    public async Task Of_two_reviewers_who_decide_at_once_one_wins_and_the_other_is_told_who()
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();

        var answers = await Task.WhenAll(
            Task.Run(() => given.Reviews.DecideAsync(front.Id, DocumentVerdict.Accepted, null, front.Version, given.Reviewer, default)),
            Task.Run(() => given.Reviews.DecideAsync(front.Id, DocumentVerdict.Returned, "反光", front.Version, given.SecondReviewer, default)));

        var winner = answers[0].Ok ? given.Reviewer : given.SecondReviewer;
        Assert.Single(answers, a => a.Ok);
        var refusal = answers.Single(a => !a.Ok).Refusal!;
        Assert.Equal("document.decided_meanwhile", refusal.Code);
        Assert.Contains(winner.Name, refusal.Text, StringComparison.Ordinal);
        await using var db = given.Db();
        Assert.Equal(winner.StaffId, (await db.DocumentReviews.SingleAsync(r => r.DocumentId == front.Id)).ReviewerId);
        Assert.Single(await given.AuditOfAsync(customer), a => a is "document.accepted" or "document.returned");
    }

    [Fact]
    public async Task A_verdict_on_a_version_that_was_replaced_meanwhile_is_refused()
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.SecondReviewer, "请重拍");
        var better = await given.HandInAsync(customer, GivenFile.Front, replaces: front.Id);
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);

        Assert.Equal(DocumentRefusals.ReplacedMeanwhile, (await given.Reviews.DecideAsync(front.Id, DocumentVerdict.Accepted, null, front.Version, given.Reviewer, default)).Refusal);
        Assert.True((await given.DecideAsync(customer, better, DocumentVerdict.Accepted)).Ok);
    }

    [Fact]
    public async Task A_later_verdict_on_what_is_on_the_screen_is_a_further_row()
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        Assert.True((await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted)).Ok);
        Assert.True((await given.DecideAsync(customer, front.Id, DocumentVerdict.Returned, given.SecondReviewer, "证件已过期")).Ok);
        Assert.Equal((DocumentState.Returned, "证件已过期"), ((await given.DocumentAsync(customer, front.Id)).State, (await given.DocumentAsync(customer, front.Id)).ReturnReason));
        Assert.True((await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted)).Ok);
        Assert.Null((await given.DocumentAsync(customer, front.Id)).ReturnReason);
        await using var db = given.Db();
        Assert.Equal(3, await db.DocumentReviews.CountAsync(r => r.DocumentId == front.Id));
    }

    [Theory]
    [InlineData(null, "document.reason_missing")]
    [InlineData("  ", "document.reason_missing")]
    [InlineData("long", "customer.reason_too_long")]
    [InlineData("照片模糊", null)]
    public async Task A_return_says_why(string? reason, string? code)
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        var text = reason == "long" ? new string('长', 501) : reason;
        Assert.Equal(code, (await given.DecideAsync(customer, front.Id, DocumentVerdict.Returned, reason: text)).Refusal?.Code);
    }

    [Fact]
    public async Task Documents_are_decided_only_in_review_and_only_by_reviewers()
    {
        var customer = await given.CompleteAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        Assert.Equal(CommonRefusals.NotFound, (await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted)).Refusal);
        Assert.Equal(DocumentRefusals.NotInReview, (await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted, given.Administrator)).Refusal);
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        Assert.Equal(CommonRefusals.Forbidden, (await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted, given.Clerk)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Reviews.DecideAsync(Guid.NewGuid(), DocumentVerdict.Accepted, null, 1, given.Reviewer, default)).Refusal);
        Assert.True((await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted)).Ok);
    }

    [Fact]
    public async Task Who_handed_a_paper_in_neither_decides_on_it_nor_on_the_file()
    {
        var customer = await given.CustomerAsync();
        var own = await given.HandInAsync(customer, GivenFile.Front, given.Administrator);
        await given.HandInAsync(customer, GivenFile.Pages);
        var theirs = await given.HandInAsync(customer, GivenFile.Pages);
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);

        Assert.Equal(DocumentRefusals.UploaderMayNotReview, (await given.DecideAsync(customer, own, DocumentVerdict.Accepted, given.Administrator)).Refusal);
        Assert.False((await given.DocumentAsync(customer, own, given.Administrator)).MayReview);
        Assert.True((await given.DocumentAsync(customer, theirs, given.Administrator)).MayReview);
        Assert.True((await given.DecideAsync(customer, theirs, DocumentVerdict.Accepted, given.Administrator)).Ok);
        await given.AcceptAllAsync(customer);
        Assert.Equal(DocumentRefusals.UploaderMayNotReview, (await given.Reviews.MoveAsync(customer, CustomerMove.Approve, null, given.Administrator, default)).Refusal);
        Assert.Equal(DocumentRefusals.UploaderMayNotReview, (await given.Reviews.MoveAsync(customer, CustomerMove.Reject, "负债过高", given.Administrator, default)).Refusal);
        await given.MoveAsync(customer, CustomerMove.Approve, given.Reviewer);
    }

    [Fact]
    public async Task Only_a_complete_file_is_submitted_and_by_those_who_collect()
    {
        var customer = await given.CustomerAsync();
        Assert.Equal("customer.move_not_allowed", (await given.Reviews.MoveAsync(customer, CustomerMove.SubmitForReview, null, given.Clerk, default)).Refusal?.Code);
        var complete = await given.CompleteAsync();
        Assert.Equal(CommonRefusals.NotFound, (await given.Reviews.MoveAsync(complete, CustomerMove.SubmitForReview, null, given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await given.Reviews.MoveAsync(complete, CustomerMove.SubmitForReview, null, given.Reviewer, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await given.Reviews.MoveAsync(complete, CustomerMove.MarkIncomplete, null, given.Administrator, default)).Refusal);
        await given.MoveAsync(complete, CustomerMove.SubmitForReview, given.Clerk);
        Assert.Equal("customer.move_not_allowed", (await given.Reviews.MoveAsync(complete, CustomerMove.SubmitForReview, null, given.Clerk, default)).Refusal?.Code);
        Assert.Equal("file.submitted", (await given.AuditOfAsync(complete))[^1]);
    }

    [Fact]
    public async Task Approval_wants_every_needed_paper_accepted_and_names_those_that_are_not()
    {
        var customer = await given.InReviewAsync();
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        Assert.True((await given.DecideAsync(customer, front.Id, DocumentVerdict.Accepted)).Ok);

        var early = await given.Reviews.MoveAsync(customer, CustomerMove.Approve, null, given.Reviewer, default);
        Assert.Equal("customer.not_all_accepted", early.Refusal?.Code);
        Assert.Contains("户口本", Assert.Single(early.Refusal!.Missing).Text, StringComparison.Ordinal);
        Assert.Equal(CommonRefusals.Forbidden, (await given.Reviews.MoveAsync(customer, CustomerMove.Approve, null, given.Clerk, default)).Refusal);

        await given.AcceptAllAsync(customer);
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        await given.MoveAsync(customer, CustomerMove.Approve, given.Reviewer);
        Assert.Equal(CustomerState.Approved, (await given.StoredStateAsync(customer)).State);
        await using var db = given.Db();
        Assert.Equal([CustomerMove.SubmitForReview, CustomerMove.Approve], await db.FileDecisions.Where(d => d.CustomerId == customer).OrderBy(d => d.At).Select(d => d.Move).ToListAsync());
    }

    [Theory]
    [InlineData(CustomerMove.ReturnForMore)]
    [InlineData(CustomerMove.Reject)]
    public async Task Sending_back_and_refusing_need_a_reason(CustomerMove move)
    {
        var customer = await given.InReviewAsync();
        Assert.Equal(CustomerRefusals.ReasonMissing, (await given.Reviews.MoveAsync(customer, move, " ", given.Reviewer, default)).Refusal);
        Assert.Equal(CustomerState.InReview, (await given.StoredStateAsync(customer)).State);
        await given.MoveAsync(customer, move, given.Reviewer, "流水不足六个月");
        await using var db = given.Db();
        Assert.Equal("流水不足六个月", (await db.FileDecisions.SingleAsync(d => d.CustomerId == customer && d.Move == move)).Reason);
        Assert.Equal("流水不足六个月", (await db.AuditEntries.OrderBy(e => e.Seq).LastAsync(e => e.CustomerId == customer && e.Reason != null)).Reason);
    }

    [Fact]
    public async Task Only_an_administrator_reopens_and_says_why()
    {
        var customer = await given.InReviewAsync();
        await given.MoveAsync(customer, CustomerMove.Reject, given.Reviewer, "资料不实");
        Assert.Equal(CommonRefusals.Forbidden, (await given.Reviews.MoveAsync(customer, CustomerMove.Reopen, "复议", given.Reviewer, default)).Refusal);
        Assert.Equal(CustomerRefusals.ReasonMissing, (await given.Reviews.MoveAsync(customer, CustomerMove.Reopen, null, given.Administrator, default)).Refusal);
        await given.MoveAsync(customer, CustomerMove.Reopen, given.Administrator, "客户补充了证明");
        // Nothing was returned, so the check finds the file complete again at once.
        Assert.Equal((CustomerState.Complete, 100, 0), await given.StoredStateAsync(customer));
        Assert.Equal(["file.reopened", "file.completed"], (await given.AuditOfAsync(customer)).TakeLast(2));
    }

    [Fact]
    public async Task Two_decisions_on_a_file_at_once_leave_one()
    {
        var customer = await given.InReviewAsync();
        await given.AcceptAllAsync(customer);
        var answers = await Task.WhenAll(
            Task.Run(() => given.Reviews.MoveAsync(customer, CustomerMove.Approve, null, given.Reviewer, default)),
            Task.Run(() => given.Reviews.MoveAsync(customer, CustomerMove.Reject, "负债过高", given.SecondReviewer, default)));
        Assert.Single(answers, a => a.Ok);
        Assert.Equal("customer.move_not_allowed", answers.Single(a => !a.Ok).Refusal!.Code);
        await using var db = given.Db();
        Assert.Single(await db.FileDecisions.Where(d => d.CustomerId == customer && d.Move != CustomerMove.SubmitForReview).ToListAsync());
    }

    [Fact]
    public async Task A_file_sent_back_without_a_returned_paper_has_the_reviewers_words_as_an_open_item()
    {
        var customer = await given.InReviewAsync();
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请补充收入说明");

        // Two lines are complete, the words are a third.
        Assert.Equal((CustomerState.Collecting, 66, 1), await given.StoredStateAsync(customer));
        var view = await given.ChecklistAsync(customer, given.Clerk);
        Assert.Equal("审核员退回：请补充收入说明", Assert.Single(view.Report.Missing).Text);
        Assert.Equal(("请补充收入说明", given.Reviewer.Name, null), (view.LastReturn!.Words, view.LastReturn.ByName, view.LastReturn.Answer));
        Assert.Contains((await DetailAsync(customer)).AllowedMoves, m => m.Label == "再次提交");
        Assert.Equal("请补充收入说明", (await given.Queries.CollectionAsync(customer, (await given.LinkAsync(customer)).Actor, default))!.ReturnNote);
        // What has nothing to do with it leaves it open.
        Assert.True((await given.Customers.SetFactsAsync(customer, [CustomerFacts.Divorced], given.Clerk, default)).Ok);
        Assert.Equal(CustomerState.Collecting, (await given.StoredStateAsync(customer)).State);
    }

    [Fact]
    public async Task A_new_paper_closes_the_reviewers_words()
    {
        var customer = await given.InReviewAsync();
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请补充收入说明");
        await given.HandInAsync(customer, GivenFile.Extra);
        Assert.Equal((CustomerState.Complete, 100, 0), await given.StoredStateAsync(customer));
        Assert.DoesNotContain((await DetailAsync(customer)).AllowedMoves, m => m.Label == "再次提交");
        Assert.NotNull((await given.ChecklistAsync(customer)).LastReturn);
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
    }

    [Fact]
    public async Task Submitting_again_answers_the_reviewer_in_words()
    {
        var customer = await given.InReviewAsync();
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请说明近三月的查询记录");
        Assert.Equal(CustomerRefusals.ReasonMissing, (await given.Reviews.MoveAsync(customer, CustomerMove.SubmitForReview, " ", given.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await given.Reviews.MoveAsync(customer, CustomerMove.SubmitForReview, "已说明", given.Reviewer, default)).Refusal);

        given.Clock.Advance(TimeSpan.FromSeconds(1));
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk, "均为信用卡自动审批");
        Assert.Equal((CustomerState.InReview, 100, 0), await given.StoredStateAsync(customer));
        var seen = (await given.ChecklistAsync(customer, given.Reviewer)).LastReturn;
        Assert.Equal(("请说明近三月的查询记录", "均为信用卡自动审批"), (seen?.Words, seen?.Answer));
        Assert.Equal(["file.returned", "file.submitted"], (await given.AuditOfAsync(customer)).TakeLast(2));
        await given.AcceptAllAsync(customer);
        await given.MoveAsync(customer, CustomerMove.Approve, given.Reviewer);
        Assert.Null((await given.ChecklistAsync(customer)).LastReturn);
    }

    [Fact]
    public async Task With_a_paper_still_missing_submitting_again_is_refused_with_everything_open()
    {
        var customer = await given.InReviewAsync();
        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请补充收入说明");
        var front = (await given.DocumentsOfAsync(customer, GivenFile.Front)).Single();
        Assert.True((await given.Documents.WithdrawAsync(front.Id, given.Clerk, default)).Ok);
        var refusal = (await given.Reviews.MoveAsync(customer, CustomerMove.SubmitForReview, "已补充", given.Clerk, default)).Refusal;
        Assert.Equal("customer.file_incomplete", refusal?.Code);
        Assert.Equal(["缺少身份证正面", "审核员退回：请补充收入说明"], refusal!.Missing.Select(m => m.Text));
    }

    [Fact]
    public async Task Reviewers_see_a_file_from_its_submission_on_and_find_it_in_the_queue_while_it_waits()
    {
        var customer = await given.CompleteAsync();
        Assert.Null(await given.Queries.ChecklistAsync(customer, given.Reviewer, default));
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        Assert.NotNull(await given.Queries.ChecklistAsync(customer, given.Reviewer, default));
        var page = new PageRequest(1, 100);
        var row = (await given.Queries.ReviewQueueAsync(page, given.Reviewer, default)).Rows.Single(r => r.CustomerId == customer);
        Assert.Equal((3, 0, false), (row.Documents, row.Decided, row.Mine));
        Assert.Empty((await given.Queries.ReviewQueueAsync(page, given.Clerk, default)).Rows);

        await given.MoveAsync(customer, CustomerMove.ReturnForMore, given.Reviewer, "请补充");
        Assert.DoesNotContain((await given.Queries.ReviewQueueAsync(page, given.Reviewer, default)).Rows, r => r.CustomerId == customer);
        Assert.NotNull(await given.Queries.ChecklistAsync(customer, given.Reviewer, default));
        var legal = await given.StaffAsync(ShippedRoles.Legal);
        var finance = await given.StaffAsync(ShippedRoles.Finance);
        Assert.NotNull(await given.Queries.ChecklistAsync(customer, legal, default));
        Assert.Null(await given.Queries.ChecklistAsync(customer, finance, default));
    }

    private async Task<CustomerDetail> DetailAsync(Guid customer) => (await given.Get<CustomerQueries>().DetailAsync(customer, given.Clerk, default)).Value;
}
