using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>Verdicts on documents and moves of whole files. Who hands a paper in may not decide on it.</summary>
public sealed class ReviewService
{
    private readonly FileChange files;
    private readonly TimeProvider clock;

    internal ReviewService(IDbContextFactory<CcdDbContext> contexts, ProductQueries products, TimeProvider clock)
    {
        files = new FileChange(contexts, products);
        this.clock = clock;
    }

    /// <summary>
    /// Accepts or returns one document. <paramref name="seen"/> is the row version on the reviewer's screen.
    /// Refusals: not found, forbidden, not in review, replaced meanwhile, decided meanwhile, uploader may not review, reason missing.
    /// </summary>
    public async Task<Result> DecideAsync(Guid documentId, DocumentVerdict verdict, string? reason, uint seen, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.ReviewDocuments))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        return await files.MakeAsync(documentId, by, (db, file, document) =>
        {
            if (!document.IsCurrent)
                return Refuse(DocumentRefusals.ReplacedMeanwhile);
            if (file.Customer.State != CustomerState.InReview)
                return Refuse(DocumentRefusals.NotInReview);
            var decided = document.Decide(verdict, reason, seen, by, now);
            if (!decided.Ok)
                return Refuse(decided.Refusal);
            db.Add(decided.Value);
            FileNotes.OfDocument(db, verdict == DocumentVerdict.Accepted ? "document.accepted" : "document.returned", document,
                file.TitleOf(document), by, now, document.ReturnReason);
            file.Settle(now);
            return Task.FromResult(Result.Done);
        }, ct);
    }

    /// <summary>
    /// Moves the whole file: submit (again), approve, refuse, send back, reopen. The table of <see cref="CustomerWorkflow"/> decides, and for approval the
    /// checklist: every needed document accepted. Refusals carry everything that is missing.
    /// </summary>
    public async Task<Result> MoveAsync(Guid customerId, CustomerMove move, string? reason, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var done = await files.MakeAsync<CustomerState>(customerId, by, (db, file) =>
        {
            var from = file.Customer.State;
            if (move is CustomerMove.Approve or CustomerMove.Reject && by.May(Permission.ReviewDocuments) && UploadedAny(file, by))
                return Task.FromResult<Result<CustomerState>>(DocumentRefusals.UploaderMayNotReview);
            var moved = file.Customer.Move(move, by, reason, file.Check(), now);
            if (!moved.Ok)
                return Task.FromResult<Result<CustomerState>>(moved.Refusal);
            db.Add(FileDecision.Of(customerId, move, from, file.Customer.State, reason, by, now));
            db.Audit(by, now, ActionOf(move), new AuditSubject("customer", customerId, customerId), new { State = from }, new { file.Customer.State }, reason);
            file.Settle(now);
            return Task.FromResult<Result<CustomerState>>(file.Customer.State);
        }, ct);
        return done.WithoutValue();
    }

    private static Task<Result> Refuse(Refusal refusal) => Task.FromResult<Result>(refusal);

    private static bool UploadedAny(CustomerFile file, Actor by) =>
        by.Id is not null && file.Documents.Any(d => d.IsCurrent && d.UploaderKind == by.Kind && d.UploaderId == by.Id);

    private static string ActionOf(CustomerMove move) => move switch
    {
        CustomerMove.MarkComplete => "file.completed",
        CustomerMove.MarkIncomplete => "file.incompleted",
        CustomerMove.SubmitForReview => "file.submitted",
        CustomerMove.ReturnForMore => "file.returned",
        CustomerMove.Approve => "file.approved",
        CustomerMove.Reject => "file.rejected",
        CustomerMove.Reopen => "file.reopened",
    };
}
