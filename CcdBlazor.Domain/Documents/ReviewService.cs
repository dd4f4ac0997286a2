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
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ProductQueries products;
    private readonly TimeProvider clock;

    internal ReviewService(IDbContextFactory<CcdDbContext> contexts, ProductQueries products, TimeProvider clock)
    {
        this.contexts = contexts;
        this.products = products;
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
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var customerId = await db.Documents.Where(d => d.Id == documentId).Select(d => (Guid?)d.CustomerId).SingleOrDefaultAsync(ct);
        if (customerId is null)
            return CommonRefusals.NotFound;
        var locked = await CustomerFile.LockAsync(db, products, customerId.Value, by, ct);
        if (!locked.Ok)
            return locked.Refusal;
        var file = locked.Value;
        var document = file.Documents.Single(d => d.Id == documentId);
        if (!document.IsCurrent)
            return DocumentRefusals.ReplacedMeanwhile;
        if (file.Customer.State != CustomerState.InReview)
            return DocumentRefusals.NotInReview;
        var decided = document.Decide(verdict, reason, seen, by, now);
        if (!decided.Ok)
            return decided.Refusal;
        db.Add(decided.Value);
        FileNotes.OfDocument(db, verdict == DocumentVerdict.Accepted ? "document.accepted" : "document.returned", document,
            file.Rules.Find(document.ItemCode)?.Title ?? document.ItemCode, by, now, document.ReturnReason);
        file.Settle(now);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    /// <summary>
    /// Moves the whole file: submit (again), approve, refuse, send back, reopen. The table of <see cref="CustomerWorkflow"/> decides, and for approval the
    /// checklist: every needed document accepted. Refusals carry everything that is missing.
    /// </summary>
    public async Task<Result> MoveAsync(Guid customerId, CustomerMove move, string? reason, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var locked = await CustomerFile.LockAsync(db, products, customerId, by, ct);
        if (!locked.Ok)
            return locked.Refusal;
        var file = locked.Value;
        var from = file.Customer.State;
        if (move is CustomerMove.Approve or CustomerMove.Reject && by.May(Permission.ReviewDocuments) && UploadedAny(file, by))
            return DocumentRefusals.UploaderMayNotReview;
        var moved = file.Customer.Move(move, by, reason, file.Check(), now);
        if (!moved.Ok)
            return moved.WithoutValue();
        db.Add(FileDecision.Of(customerId, move, from, file.Customer.State, reason, by, now));
        db.Audit(by, now, ActionOf(move), new AuditSubject("customer", customerId, customerId), new { State = from }, new { file.Customer.State }, reason);
        file.Settle(now);
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

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
