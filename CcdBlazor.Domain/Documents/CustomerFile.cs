using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// One customer's file, loaded to be changed: the customer's row is locked for the transaction, so two uploads, or an upload and a verdict,
/// take turns and the completeness that is stored is always that of all documents.
/// </summary>
internal sealed class CustomerFile
{
    /// <summary>Into 资料已齐全 and out of it moves the check itself, nobody else.</summary>
    private static readonly SystemActor TheCheck = new("completeness");

    private readonly CcdDbContext db;
    private readonly List<Document> documents;

    private CustomerFile(CcdDbContext db, Customer customer, ChecklistRules rules, List<Document> documents)
    {
        this.db = db;
        Customer = customer;
        Rules = rules;
        Facts = customer.Facts.ToHashSet();
        this.documents = documents;
    }

    public Customer Customer { get; }

    public ChecklistRules Rules { get; }

    public IReadOnlySet<string> Facts { get; }

    public IReadOnlyList<Document> Documents => documents;

    /// <summary>Locks and loads. Not visible to the actor is not found.</summary>
    public static async Task<Result<CustomerFile>> LockAsync(CcdDbContext db, ProductQueries products, Guid customerId, Actor by, CancellationToken ct)
    {
        var customer = await CustomerLocks.LockAsync(db, customerId, by, ct);
        return customer is null ? CommonRefusals.NotFound : await OfAsync(db, products, customer, ct);
    }

    /// <summary>The file of a customer that is locked already.</summary>
    public static async Task<CustomerFile> OfAsync(CcdDbContext db, ProductQueries products, Customer customer, CancellationToken ct)
    {
        var rules = await products.MergedAsync([.. customer.Loans.OrderBy(l => l.Position).Select(l => l.RulesVersionId)], ct);
        var documents = await db.Documents.Where(d => d.CustomerId == customer.Id).ToListAsync(ct);
        return new CustomerFile(db, customer, rules, documents);
    }

    /// <summary>What the checklist calls the item of a document; its code when a newer version no longer has it.</summary>
    public string TitleOf(Document document) => Rules.Find(document.ItemCode)?.Title ?? document.ItemCode;

    public void Add(Document document)
    {
        documents.Add(document);
        db.Add(document);
    }

    public CompletenessReport Check() =>
        Completeness.OfCustomer(Rules, Facts, [.. documents.Select(d => new DocumentFact(d.Id, d.ItemCode, d.State))], Customer.Loans.Count > 0, Customer.ReturnNote);

    /// <summary>Stores what the check finds and tells who watches. Call after every change of documents, facts or rules.</summary>
    public CompletenessReport Settle(DateTimeOffset now)
    {
        var report = Check();
        var before = Customer.State;
        if (Customer.ApplyCompleteness(report, TheCheck, now) is not null)
            FileNotes.StateChanged(db, Customer, before, TheCheck, now);
        Announce();
        return report;
    }

    public void Announce()
    {
        db.Announce(CustomerTopics.One(Customer.Id));
        db.Announce(CustomerTopics.All);
        db.Announce(CustomerTopics.Dashboard);
    }
}
