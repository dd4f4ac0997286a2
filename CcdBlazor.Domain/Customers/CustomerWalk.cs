using CcdBlazor.Domain.Common;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// Where matches of a filter lie together in the order that is asked for: parts of the table, each with an index that begins with what
/// the part is and goes on in the order (an owner's customers, newest change first). Reading a page then costs the page, not the table.
/// </summary>
internal static class CustomerWalk
{
    /// <summary>Each part costs a question of its own.</summary>
    private const int MostParts = 6;

    /// <summary>
    /// Months of registration that a filter by day touches; none without such a filter, or when they are too many.
    /// </summary>
    public static int[] MonthsOf(CustomerFilter filter, DateTimeOffset now)
    {
        if (filter.CreatedFrom is not { } from)
            return [];
        var today = CustomerNumbers.DayOf(now);
        var to = filter.CreatedTo is { } last && last < today ? last : today;
        var months = new List<int>();
        for (var month = new DateOnly(from.Year, from.Month, 1); month <= to; month = month.AddMonths(1))
        {
            if (months.Count == MostParts)
                return [];
            months.Add(CustomerSearch.MonthOf(month));
        }

        return [.. months];
    }

    /// <summary>
    /// The parts to read, each from its beginning; together they hold every match, and some hold others, too. Several parts may hold the
    /// same customer.
    /// </summary>
    public static IReadOnlyList<CustomerPart> PartsOf(IQueryable<Customer> live, CustomerFilter filter, Actor by, DateTimeOffset now)
    {
        if (filter.Sort == CustomerSort.Created)
            return [new(Between(live, filter))];
        if (filter.Sort != CustomerSort.Updated)
            return [new(live)];
        if (filter.OwnerId is { } owner)
            return [new(live.Where(c => c.OwnerId == owner))];
        if (MonthsOf(filter, now) is { Length: > 0 } months)
            return [.. months.Select(month => new CustomerPart(live.Where(c => c.CreatedMonth == month)))];
        if (!by.May(Permission.ViewAllCustomers) && by is StaffActor staff)
            return VisibleParts(live, staff);
        if (filter.States is { Count: > 0 and <= MostParts } states)
            return [.. states.Distinct().Select(state => new CustomerPart(live.Where(c => c.State == state)))];
        return [new(live)];
    }

    /// <summary>What somebody without the right to see all may see: the largest part first.</summary>
    public static IReadOnlyList<CustomerPart> VisibleParts(IQueryable<Customer> live, StaffActor staff)
    {
        var led = staff.LedDepartments.Select(id => (Guid?)id).ToArray();
        if (led.Length > MostParts)
            return [new(live)];
        var parts = new List<CustomerPart>();
        var rest = live;
        if (staff.May(Permission.ViewSubmittedFiles))
        {
            parts.Add(new(live.Where(c => c.SubmittedAt != null)));
            rest = rest.Where(c => c.SubmittedAt == null);
        }

        foreach (var one in led)
            parts.Add(new(live.Where(c => c.DepartmentId == one), rest.Where(c => c.DepartmentId == one)));
        if (led.Length > 0)
            rest = rest.Where(c => c.DepartmentId == null || !led.Contains(c.DepartmentId));
        var me = staff.StaffId;
        var gram = CustomerSearch.CollaboratorGram(me);
        // A customer is in its owner's department: who leads their own has their own customers already.
        if (staff.DepartmentId is not { } home || !staff.LedDepartments.Contains(home))
            parts.Add(new(live.Where(c => c.OwnerId == me), rest.Where(c => c.OwnerId == me)));
        parts.Add(new(live.Where(c => c.SearchGrams.Contains(gram)), rest.Where(c => c.SearchGrams.Contains(gram) && c.OwnerId != me), HasOrder: false));
        return parts;
    }

    private static IQueryable<Customer> Between(IQueryable<Customer> live, CustomerFilter filter)
    {
        if (filter.CreatedFrom is { } first)
        {
            var from = CustomerNumbers.StartOf(first);
            live = live.Where(c => c.CreatedAt >= from);
        }

        if (filter.CreatedTo is { } last && last < DateOnly.MaxValue)
        {
            var before = CustomerNumbers.StartOf(last.AddDays(1));
            live = live.Where(c => c.CreatedAt < before);
        }

        return live;
    }
}

/// <summary>A part of the table.</summary>
/// <param name="Rows">Live customers of the part.</param>
/// <param name="Alone">Those that are in no part before it, for counting.</param>
/// <param name="HasOrder">An index of the part goes on in the order of the list; otherwise the part is small enough to be sorted.</param>
internal sealed record CustomerPart(IQueryable<Customer> Rows, IQueryable<Customer> Alone, bool HasOrder = true)
{
    public CustomerPart(IQueryable<Customer> rows)
        : this(rows, rows)
    {
    }
}
