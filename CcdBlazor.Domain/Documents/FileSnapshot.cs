using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>
/// Everything that the pages of one customer show, as one reader is shown it. A part that did not change between two reads is the very same
/// object, so a page can tell by reference what to draw again.
/// </summary>
public sealed record CustomerFileView(
    CustomerDetail Customer, ChecklistView Checklist, IReadOnlyList<LinkRow> Links, TimelinePage Timeline, IReadOnlyList<NewerRules> NewerRules);

/// <summary>A product of the customer has newer rules than those that he was started with.</summary>
/// <param name="FromNumber">Number of the customer's version.</param>
public sealed record NewerRules(string Product, int FromNumber, int ToNumber);

/// <summary>One read of a customer's file, the same for all readers; immutable. Nobody is shown it but through <see cref="For"/>.</summary>
internal sealed class FileSnapshot
{
    /// <summary>Lines of the timeline that every page starts with.</summary>
    public const int TimelineLines = 30;

    private readonly CustomerAccess access;
    private readonly SharedPart<CustomerRecord, CustomerDetail> customer;
    private readonly SharedPart<CustomerPapers, ChecklistView> papers;
    private readonly IReadOnlyList<LinkRow> links;
    private readonly TimelinePage timeline;
    private readonly IReadOnlyList<NewerRules> newer;

    private FileSnapshot(
        CustomerAccess access, SharedPart<CustomerRecord, CustomerDetail> customer, SharedPart<CustomerPapers, ChecklistView> papers,
        IReadOnlyList<LinkRow> links, TimelinePage timeline, IReadOnlyList<NewerRules> newer) =>
        (this.access, this.customer, this.papers, this.links, this.timeline, this.newer) = (access, customer, papers, links, timeline, newer);

    /// <summary>Reads it all; none when there is no such customer. Parts that are as they were are taken over from the read before.</summary>
    public static async Task<FileSnapshot?> ReadAsync(
        IDbContextFactory<CcdDbContext> contexts, CustomerQueries customers, ProductQueries products, Guid customerId, FileSnapshot? before, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        // Who may see it is read first and with the record: what is read after it can only be newer than the right to see it by one announced change.
        if (await customers.RecordAsync(db, db.Customers, customerId, ct) is not { } record)
            return null;
        var papers = await CustomerPapers.ReadAsync(db, products, ChecklistBasis.Of(record), ct);
        var links = await DocumentQueries.LinksAsync(db, customerId, ct);
        var timeline = await AuditQueries.TimelineAsync(db, customerId, null, TimelineLines, ct);
        var newer = await NewerAsync(products, record.Full, ct);
        return new FileSnapshot(
            record.Access,
            before is not null && before.customer.Value.Says(record) ? before.customer : new(record, record.For),
            before is not null && before.papers.Value.Says(papers) ? before.papers : new(papers, papers.For, by => papers.Uploaders.Contains(by.StaffId)),
            before is not null && before.links.SequenceEqual(links) ? before.links : links,
            before is not null && before.timeline.More == timeline.More && before.timeline.Rows.SequenceEqual(timeline.Rows) ? before.timeline : timeline,
            before is not null && before.newer.SequenceEqual(newer) ? before.newer : newer);
    }

    /// <summary>What this member of staff is shown; none when he does not see the customer.</summary>
    public CustomerFileView? For(StaffActor by) =>
        access.VisibleTo(by) ? new CustomerFileView(customer.For(by), papers.For(by), links, timeline, newer) : null;

    private static async Task<IReadOnlyList<NewerRules>> NewerAsync(ProductQueries products, CustomerDetail customer, CancellationToken ct)
    {
        if (customer.Loans.Count == 0)
            return [];
        var current = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id);
        var newer = new List<NewerRules>();
        foreach (var loan in customer.Loans)
            if (current.TryGetValue(loan.ProductId, out var product) && product.CurrentVersionId != loan.RulesVersionId)
                newer.Add(new NewerRules(
                    product.Name, (await products.VersionsAsync(loan.ProductId, ct)).FirstOrDefault(v => v.Id == loan.RulesVersionId)?.Number ?? 0, product.CurrentVersionNumber));
        return newer;
    }
}

/// <summary>
/// A part of a read and what was made of it for readers so far. Readers with the same rights get the same object: that is what lets two hundred
/// watchers of one customer share it.
/// </summary>
/// <param name="personal">Readers who are shown something of their own; the others are told apart by their rights alone.</param>
internal sealed class SharedPart<TPart, TView>(TPart value, Func<StaffActor, TView> make, Func<StaffActor, bool>? personal = null)
    where TView : class
{
    private readonly Lock gate = new();
    private readonly List<(ulong Rights, Guid? Person, TView View)> made = new(1);

    public TPart Value => value;

    public TView For(StaffActor by)
    {
        var rights = 0UL;
        foreach (var permission in by.Permissions)
            rights |= 1UL << (int)permission;
        Guid? person = personal is not null && personal(by) ? by.StaffId : null;
        lock (gate)
        {
            foreach (var known in made)
                if (known.Rights == rights && known.Person == person)
                    return known.View;
            var view = make(by);
            made.Add((rights, person, view));
            return view;
        }
    }
}
