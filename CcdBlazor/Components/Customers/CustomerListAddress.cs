using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Components.Customers;

/// <summary>What the list shows, as its address says it: a link sent to a colleague opens the same list (within their rights).</summary>
/// <param name="View">A saved view's id, <see cref="AllView"/>, or none: the reader's default. With the id alone the list is the view's; what else
/// stands in the address counts instead of it, so that a link keeps showing the same when the view changes or is not shared.</param>
public sealed record CustomerListAddress(CustomerFilter Filter, int Page = 1, int Size = PageRequest.SmallestSize, string? View = null)
{
    public const string Path = "/customers";

    /// <summary>All customers, whatever the default view is.</summary>
    public const string AllView = "all";

    public static readonly string All = $"{Path}?view={AllView}";

    private static readonly (string Word, CustomerSort Sort)[] Sorts =
    [
        ("updated", CustomerSort.Updated), ("created", CustomerSort.Created), ("name", CustomerSort.Name), ("complete", CustomerSort.Completeness), ("waiting", CustomerSort.StateSince),
    ];

    public PageRequest Request => new(Page, Size);

    /// <summary>How many filters besides search and order are in force, for the button 更多筛选.</summary>
    public int More =>
        new[] { Filter.Kind is not null, Filter.Source is not null, Filter.CreatedFrom is not null, Filter.CreatedTo is not null, Filter.WaitingDays is not null, Filter.Tag is not null, Filter.DepartmentId is not null, Filter.SentBack }.Count(on => on);

    /// <summary>Another filter begins at the first page again. A view whose every condition was taken away is left.</summary>
    public CustomerListAddress With(CustomerFilter filter) => this with { Filter = filter, Page = 1, View = IsPlain(filter) ? AllView : View };

    public Guid? ViewId => Guid.TryParse(View, out var id) ? id : null;

    /// <summary>Says nothing of its own about what is shown.</summary>
    public bool LeavesItToView => View != AllView && IsPlain(Filter);

    /// <summary>Two filters that show the same in the same order.</summary>
    public static bool Same(CustomerFilter one, CustomerFilter other) => new CustomerListAddress(one).ToString() == new CustomerListAddress(other).ToString();

    private static bool IsPlain(CustomerFilter filter) => filter.IsEmpty && filter.Sort == CustomerSort.Updated;

    public static CustomerListAddress Read(
        string? search, string? state, Guid? product, Guid? owner, Guid? department, string? tag, string? source, string? kind, DateOnly? from, DateOnly? to, int? waiting, string? sort, int? page, int? size, bool sentBack = false, string? view = null) => new(
            new CustomerFilter(
                Blank(search),
                Blank(state)?.Split(',').Select(s => Enum.TryParse<CustomerState>(s, ignoreCase: true, out var one) && Enum.IsDefined(one) ? one : (CustomerState?)null).OfType<CustomerState>().ToArray() is { Length: > 0 } states ? states : null,
                product, owner, department, Blank(tag), Blank(source),
                Enum.TryParse<CustomerKind>(kind, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : null,
                from, to, waiting is > 0 ? waiting : null,
                Sorts.FirstOrDefault(s => s.Word == sort).Sort, sentBack),
            Math.Clamp(page ?? 1, 1, 100_000),
            size is 50 or 100 ? size.Value : Math.Clamp((size ?? 20) / 20 * 20, PageRequest.SmallestSize, PageRequest.LargestSize),
            view == AllView || Guid.TryParse(view, out _) ? view : null);

    public override string ToString()
    {
        var parts = new List<string>();
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        Add("view", View);
        Add("q", Filter.Search);
        Add("state", Filter.States is null ? null : string.Join(',', Filter.States.Select(s => s.ToString().ToLowerInvariant())));
        Add("product", Filter.ProductId?.ToString());
        Add("owner", Filter.OwnerId?.ToString());
        Add("department", Filter.DepartmentId?.ToString());
        Add("tag", Filter.Tag);
        Add("source", Filter.Source);
        Add("kind", Filter.Kind?.ToString().ToLowerInvariant());
        Add("from", Filter.CreatedFrom?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Add("to", Filter.CreatedTo?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Add("waiting", Filter.WaitingDays?.ToString(CultureInfo.InvariantCulture));
        Add("sentback", Filter.SentBack ? "true" : null);
        Add("sort", Filter.Sort == CustomerSort.Updated ? null : Sorts.First(s => s.Sort == Filter.Sort).Word);
        Add("page", Page == 1 ? null : Page.ToString(CultureInfo.InvariantCulture));
        Add("size", Size == PageRequest.SmallestSize ? null : Size.ToString(CultureInfo.InvariantCulture));
        return parts.Count == 0 ? Path : $"{Path}?{string.Join('&', parts)}";
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
