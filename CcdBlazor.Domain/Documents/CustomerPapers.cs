using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>What of a customer decides about the checklist.</summary>
internal sealed record ChecklistBasis(Guid CustomerId, CustomerState State, bool ChecklistIsOpen, IReadOnlyCollection<string> Facts, IReadOnlyList<Guid> Versions, bool Submitted, string? ReturnNote)
{
    public static ChecklistBasis Of(Customer c) =>
        new(c.Id, c.State, c.ChecklistIsOpen, c.Facts, [.. c.Loans.OrderBy(l => l.Position).Select(l => l.RulesVersionId)], c.SubmittedAt is not null, c.ReturnNote);

    public static ChecklistBasis Of(CustomerRecord c) =>
        new(c.Full.Id, c.Full.State, c.Full.ChecklistIsOpen, c.Full.Facts, [.. c.Full.Loans.Select(l => l.RulesVersionId)], c.Full.SubmittedAt is not null, c.ReturnNote);
}

/// <summary>The papers of one customer as one read found them, for any reader.</summary>
/// <param name="Rows">Newest first; what only some readers may do is not set yet.</param>
/// <param name="Uploaders">The accounts behind the rows: nobody reviews what he uploaded himself.</param>
internal sealed record CustomerPapers(ChecklistBasis Basis, ChecklistRules Rules, CompletenessReport Report, IReadOnlyList<DocumentRow> Rows, IReadOnlyList<Guid?> Uploaders, FileReturn? LastReturn)
{
    public static async Task<CustomerPapers> ReadAsync(CcdDbContext db, ProductQueries products, ChecklistBasis basis, CancellationToken ct)
    {
        var rules = await products.MergedAsync(basis.Versions, ct);
        var files = db.StoredFiles;
        var found = await db.Documents.AsNoTracking()
            .Where(d => d.CustomerId == basis.CustomerId)
            .Join(files, d => d.FileId, f => f.Id, (d, f) => new { Document = d, f.Bytes, f.MediaType, HasPreview = f.PreviewSha != null, f.Pages })
            .OrderByDescending(r => r.Document.Ordinal)
            .ToListAsync(ct);
        var report = Completeness.OfCustomer(
            rules, basis.Facts.ToHashSet(), [.. found.Select(r => new DocumentFact(r.Document.Id, r.Document.ItemCode, r.Document.State))], basis.Versions.Count > 0,
            basis.ReturnNote);
        return new CustomerPapers(
            basis, rules, report,
            [.. found.Select(r => new DocumentRow(
                r.Document.Id, r.Document.ItemCode, r.Document.FileName, r.Document.State, r.Document.Ordinal, r.Document.UploaderKind, r.Document.UploaderName,
                r.Document.UploadedAt, r.Document.ReturnReason, r.Document.DecidedByName, r.Document.DecidedAt, r.Document.ReplacedById, r.Document.Version,
                r.Bytes, r.MediaType, r.HasPreview, r.Pages, MayReview: false, MayWithdraw: false))],
            [.. found.Select(r => r.Document.UploaderId)],
            await LastReturnAsync(db, basis, ct));
    }

    /// <summary>The checklist as this reader is shown it. The caller has checked that he sees the customer.</summary>
    public ChecklistView For(Actor by)
    {
        var reviewing = by.May(Permission.ReviewDocuments) && Basis.State == CustomerState.InReview;
        var collecting = by.May(Permission.CollectDocuments) && Basis.ChecklistIsOpen;
        var rows = Rows.Select((row, i) => (reviewing && row.IsCurrent && !(row.UploaderKind == by.Kind && Uploaders[i] == by.Id), collecting && row.State is DocumentState.Uploaded or DocumentState.Returned) switch
        {
            (false, false) => row,
            var (review, withdraw) => row with { MayReview = review, MayWithdraw = withdraw },
        }).ToList();
        var byItem = rows.ToLookup(d => d.ItemCode);
        return new ChecklistView(
            Basis.CustomerId, Basis.State, Report, [.. Report.Items.Select(item => new ChecklistLine(item, [.. byItem[item.Rule.Code]]))],
            [.. rows.Where(d => Rules.Find(d.ItemCode) is null)], collecting, reviewing, LastReturn);
    }

    /// <summary>True when every reader is shown the same of both. The report follows from the rest.</summary>
    public bool Says(CustomerPapers other) =>
        Basis.State == other.Basis.State && Basis.ChecklistIsOpen == other.Basis.ChecklistIsOpen && Basis.Versions.SequenceEqual(other.Basis.Versions)
        && Basis.Facts.SequenceEqual(other.Basis.Facts) && Basis.ReturnNote == other.Basis.ReturnNote && LastReturn == other.LastReturn
        && Rows.SequenceEqual(other.Rows) && Uploaders.SequenceEqual(other.Uploaders);

    /// <summary>With what words the file was sent back last; null once a decision was made.</summary>
    public static async Task<FileReturn?> LastReturnAsync(CcdDbContext db, ChecklistBasis customer, CancellationToken ct)
    {
        if (!customer.Submitted || customer.State.IsDecided())
            return null;
        var moves = await db.FileDecisions.AsNoTracking().Where(d => d.CustomerId == customer.CustomerId)
            .OrderByDescending(d => d.At).ThenByDescending(d => d.Id).Take(2)
            .Select(d => new { d.Move, d.Reason, d.ByName, d.At }).ToListAsync(ct);
        // Either it is still with the clerk, or it was submitted again: then the clerk's answer, if any, belongs to it.
        var answer = moves is [{ Move: CustomerMove.SubmitForReview }, ..] ? moves[0].Reason : null;
        return moves.Find(m => m.Move == CustomerMove.ReturnForMore) is { } back && (back == moves[0] || moves[0].Move == CustomerMove.SubmitForReview)
            ? new FileReturn(back.Reason ?? "", back.ByName, back.At, answer)
            : null;
    }
}
