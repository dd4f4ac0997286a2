using System.Linq.Expressions;
using CcdBlazor.Domain.Common;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Customers;

/// <summary>
/// What is asked of a customer, said twice: exactly, as predicates on the row (visibility is the first of them), and by grams, which one
/// index scan answers. The grams are a matter of speed alone: they never let through what the predicates refuse.
/// </summary>
internal sealed class CustomerMatch
{
    private readonly List<Func<IQueryable<Customer>, IQueryable<Customer>>> exact = [];
    private readonly SortedSet<string> all = new(StringComparer.Ordinal);
    private readonly List<string[]> any = [];

    private CustomerMatch()
    {
    }

    /// <summary>Asks for more than to be visible.</summary>
    public bool IsNarrowed { get; private set; }

    /// <summary>A number was typed whole or from its beginning: that has an index of its own, and no grams.</summary>
    public bool HasKey { get; private set; }

    /// <summary>Four digits and more were typed: next to nobody has them, whatever PostgreSQL thinks of grams that it did not count.</summary>
    public bool IsRare { get; private set; }

    public bool HasGrams => all.Count + any.Count > 0;

    /// <summary>Every live customer that the reader may see.</summary>
    public static CustomerMatch VisibleTo(Actor by)
    {
        var match = new CustomerMatch();
        match.exact.Add(customers => customers.VisibleTo(by).Where(c => c.DeletedAt == null));
        if (CustomerVisibility.GramsFor(by) is { } grams)
            match.HavingAny(grams);
        match.IsNarrowed = false;
        return match;
    }

    public CustomerMatch Where(Expression<Func<Customer, bool>> condition)
    {
        exact.Add(customers => customers.Where(condition));
        IsNarrowed = true;
        return this;
    }

    public CustomerMatch ByKey(Expression<Func<Customer, bool>> condition)
    {
        HasKey = true;
        return Where(condition);
    }

    public CustomerMatch Rare()
    {
        IsRare = true;
        return this;
    }

    public CustomerMatch Having(params string[] grams)
    {
        all.UnionWith(grams);
        IsNarrowed = true;
        return this;
    }

    public CustomerMatch HavingAny(string[] grams)
    {
        if (grams is [var only])
            return Having(only);
        any.Add(grams);
        IsNarrowed = true;
        return this;
    }

    /// <summary>Those of <paramref name="customers"/> that fit.</summary>
    public IQueryable<Customer> Of(IQueryable<Customer> customers) => exact.Aggregate(customers, (left, narrow) => narrow(left));

    /// <summary>Those that the index finds; without grams all.</summary>
    public IQueryable<Customer> Candidates(IQueryable<Customer> customers)
    {
        if (all.Count > 0)
        {
            var wanted = all.ToArray();
            customers = customers.Where(c => wanted.All(g => c.SearchGrams.Contains(g)));
        }

        foreach (var some in any)
            customers = customers.Where(c => some.Any(g => c.SearchGrams.Contains(g)));
        return customers;
    }

    /// <summary>Both, for PostgreSQL to choose from.</summary>
    public IQueryable<Customer> Both(IQueryable<Customer> customers) => Of(Candidates(customers));

    /// <summary>
    /// First the index, then the row. OFFSET, even of 0, keeps PostgreSQL from mixing the two: it takes the conditions for independent of each
    /// other, although each gram repeats one of them, would expect next to nothing, and choose its indexes by that.
    /// </summary>
    public IQueryable<Customer> Fenced(IQueryable<Customer> customers)
    {
        var none = 0;
        return Of(Candidates(customers).Skip(none));
    }
}
