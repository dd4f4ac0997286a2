using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;

namespace CcdBlazor.Domain.Documents;

/// <summary>The audit rows of this feature, which are also the lines of the customer's timeline.</summary>
internal static class FileNotes
{
    /// <summary>The completeness check moved the file by itself.</summary>
    public static void StateChanged(CcdDbContext db, Customer customer, CustomerState before, Actor by, DateTimeOffset now) =>
        db.Audit(by, now, customer.State == CustomerState.Complete ? "file.completed" : "file.incompleted", new AuditSubject("customer", customer.Id, customer.Id),
            new { State = before }, new { customer.State, Percent = customer.CompletenessPercent });

    public static void OfDocument(CcdDbContext db, string action, Document document, string itemTitle, Actor by, DateTimeOffset now, string? reason = null) =>
        db.Audit(by, now, action, new AuditSubject("document", document.Id, document.CustomerId),
            after: new { Item = itemTitle, document.FileName, document.Ordinal, document.State }, reason: reason);

    public static void OfLink(CcdDbContext db, string action, CustomerLink link, Actor by, DateTimeOffset now) =>
        db.Audit(by, now, action, new AuditSubject("link", link.Id, link.CustomerId), after: new { link.ExpiresAt, Items = link.ItemCodes.Length });
}
