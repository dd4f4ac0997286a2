using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// Who sees which customer. Every query starts here; what is not visible does not exist for the one who asks.
/// </summary>
internal static class CustomerVisibility
{
    /// <summary>
    /// Staff: their own, those they work on, those of departments they lead; with <see cref="Permission.ViewSubmittedFiles"/> also what
    /// was submitted once; with <see cref="Permission.ViewAllCustomers"/> all. A customer behind a link: only himself. The recycle bin
    /// is no part of it (<see cref="InRecycleBin"/>). Each arm has an index, so that PostgreSQL joins bitmaps instead of reading the table.
    /// </summary>
    public static IQueryable<Customer> VisibleTo(this IQueryable<Customer> customers, Actor by)
    {
        if (by is SystemActor)
            return customers;
        var live = customers.Where(c => c.DeletedAt == null);
        switch (by)
        {
            case LinkActor link:
                return live.Where(c => c.Id == link.CustomerId);
            case StaffActor staff when staff.May(Permission.ViewAllCustomers):
                return live;
            case StaffActor staff:
                var me = staff.StaffId;
                var led = staff.LedDepartments.Select(id => (Guid?)id).ToArray();
                if (staff.May(Permission.ViewSubmittedFiles))
                    return live.Where(c => c.StaffIds.Contains(me) || led.Contains(c.DepartmentId) || c.SubmittedAt != null);
                return led.Length == 0
                    ? live.Where(c => c.StaffIds.Contains(me))
                    : live.Where(c => c.StaffIds.Contains(me) || led.Contains(c.DepartmentId));
            // Another system, whose key was given the right to see all. A signed-in customer sees nothing of what staff see (OpenTo).
            default:
                return by.May(Permission.ViewAllCustomers) ? live : customers.Where(c => false);
        }
    }

    /// <summary>
    /// The customers whose own part this reader may open: what <see cref="VisibleTo"/> says, and for a signed-in customer his own files, which are visible to him nowhere else. For
    /// services that serve customers, too; what they show to a customer they decide themselves.
    /// </summary>
    public static IQueryable<Customer> OpenTo(this IQueryable<Customer> customers, Actor by)
    {
        if (by is not CustomerActor customer)
            return customers.VisibleTo(by);
        var own = customer.CustomerIds.ToArray();
        return customers.Where(c => c.DeletedAt == null && own.Contains(c.Id));
    }

    /// <summary>The grams of which a visible customer has at least one; none for who sees all. It must say the same as <see cref="VisibleTo"/>.</summary>
    public static string[]? GramsFor(Actor by) => by is not StaffActor staff || staff.May(Permission.ViewAllCustomers)
        ? null
        :
        [
            CustomerSearch.StaffGram(staff.StaffId), .. staff.LedDepartments.Select(CustomerSearch.DepartmentGram),
            .. staff.May(Permission.ViewSubmittedFiles) ? [CustomerSearch.SubmittedGram] : Array.Empty<string>(),
        ];

    /// <summary>Deleted customers, for those who may delete and restore.</summary>
    public static IQueryable<Customer> InRecycleBin(this IQueryable<Customer> customers, Actor by) =>
        by.May(Permission.DeleteCustomers) ? customers.Where(c => c.DeletedAt != null) : customers.Where(c => false);
}

/// <summary>
/// Who sees one customer, as far as the customer itself says it: <see cref="CustomerVisibility.VisibleTo"/> for a row that was read already.
/// The two are written side by side and tested to agree.
/// </summary>
internal sealed record CustomerAccess(Guid CustomerId, IReadOnlyCollection<Guid> StaffIds, Guid? DepartmentId, bool Submitted, bool Deleted)
{
    public static CustomerAccess Of(Customer c) => new(c.Id, c.StaffIds, c.DepartmentId, c.SubmittedAt is not null, c.DeletedAt is not null);

    public bool VisibleTo(Actor by) => by switch
    {
        SystemActor => true,
        _ when Deleted => false,
        LinkActor link => link.CustomerId == CustomerId,
        StaffActor staff => staff.May(Permission.ViewAllCustomers)
            || StaffIds.Contains(staff.StaffId)
            || (DepartmentId is { } department && staff.LedDepartments.Contains(department))
            || (Submitted && staff.May(Permission.ViewSubmittedFiles)),
        _ => by.May(Permission.ViewAllCustomers),
    };
}

/// <summary>For writes that must see a customer and its file at rest, such as deciding on documents.</summary>
internal static class CustomerLocks
{
    /// <summary>
    /// Loads the customer, with its loans, and locks its row until the transaction of the caller ends; none when it is not visible.
    /// Whoever changes documents takes this lock first, so completeness is never computed from half of two changes.
    /// </summary>
    public static async Task<Customer?> LockAsync(CcdDbContext db, Guid id, Actor by, CancellationToken ct)
    {
        // The lock is taken before anything is read through the rights, so that the row read below is the newest one.
        await db.Database.ExecuteSqlAsync($"select 1 from customers where id = {id} for update", ct);
        return await db.Customers.Include(c => c.Loans).VisibleTo(by).SingleOrDefaultAsync(c => c.Id == id, ct);
    }
}
