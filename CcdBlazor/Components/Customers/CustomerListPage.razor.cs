using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace CcdBlazor.Components.Customers;

/// <summary>
/// The list of customers. Everything that decides what it shows is in the address. A colleague's change appears in its row; rows
/// never move under the pointer: when order or membership changed, the page offers to show it.
/// </summary>
public sealed partial class CustomerListPage : LiveComponent
{
    private readonly HashSet<Guid> chosen = [];
    private HashSet<Guid> fresh = [];
    private StaffActor? actor;
    private CustomerListAddress address = new(new CustomerFilter());
    private CustomerListAddress? shown;
    private IReadOnlyList<CustomerRow>? rows;
    private int total;
    private bool totalIsFloor;
    private bool stale;
    private bool? narrow;
    private DateTimeOffset now;

    [Inject]
    private CustomerQueries Customers { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    [SupplyParameterFromQuery(Name = "q")]
    private string? Search { get; set; }

    [SupplyParameterFromQuery]
    private string? State { get; set; }

    [SupplyParameterFromQuery]
    private Guid? Product { get; set; }

    [SupplyParameterFromQuery]
    private Guid? Owner { get; set; }

    [SupplyParameterFromQuery]
    private Guid? Department { get; set; }

    [SupplyParameterFromQuery]
    private string? Tag { get; set; }

    [SupplyParameterFromQuery]
    private string? Source { get; set; }

    [SupplyParameterFromQuery]
    private string? Kind { get; set; }

    [SupplyParameterFromQuery]
    private DateOnly? From { get; set; }

    [SupplyParameterFromQuery]
    private DateOnly? To { get; set; }

    [SupplyParameterFromQuery]
    private int? Waiting { get; set; }

    [SupplyParameterFromQuery]
    private bool SentBack { get; set; }

    [SupplyParameterFromQuery]
    private string? Sort { get; set; }

    [SupplyParameterFromQuery]
    private int? Page { get; set; }

    [SupplyParameterFromQuery]
    private int? Size { get; set; }

    protected override object LoadKey => address.ToString();

    private bool MayChoose => actor is not null && (actor.May(Permission.EditCustomers) || actor.May(Permission.ReassignCustomers) || actor.May(Permission.ExportCustomers));

    private bool AllChosen => rows is { Count: > 0 } && rows.All(r => chosen.Contains(r.Id));

    private string TotalInWords => rows is null ? "" : totalIsFloor ? $"超过 {Format.Count(total)} 位" : $"共 {Format.Count(total)} 位";

    protected override IEnumerable<string> Topics() => [CustomerTopics.All];

    protected override Task OnParametersSetAsync()
    {
        address = CustomerListAddress.Read(Search, State, Product, Owner, Department, Tag, Source, Kind, From, To, Waiting, Sort, Page, Size, SentBack);
        return base.OnParametersSetAsync();
    }

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var (asked, before) = (address, rows);
        actor = await Current.GetAsync();
        var page = await Customers.ListAsync(asked.Filter, asked.Request, actor, ct);
        if (asked != address)
            return; // Somebody typed on; the later answer counts.
        now = Clock.GetUtcNow();
        (total, totalIsFloor) = (page.Total, page.TotalIsFloor);
        if (before is null || before.Count == 0 || shown?.ToString() != asked.ToString())
        {
            (rows, shown, stale, fresh) = (page.Rows, asked, false, []);
            return;
        }

        // A change of somebody else: the rows stay where they are.
        var read = page.Rows.ToDictionary(r => r.Id);
        // In the usual order each change moves its row to the top; that alone is not worth a word.
        stale = asked.Filter.Sort == CustomerSort.Updated
            ? !before.Select(r => r.Id).ToHashSet().SetEquals(read.Keys)
            : !before.Select(r => r.Id).SequenceEqual(page.Rows.Select(r => r.Id));
        var gone = before.Where(r => !read.ContainsKey(r.Id)).Select(r => r.Id).ToArray();
        if (gone.Length > 0)
            foreach (var row in await Customers.RowsAsync(gone, actor, ct))
                read[row.Id] = row;
        rows = [.. before.Where(r => read.ContainsKey(r.Id)).Select(r => read[r.Id])];
        fresh = [.. before.Where(r => read.TryGetValue(r.Id, out var next) && next.UpdatedAt != r.UpdatedAt).Select(r => r.Id)];
        chosen.IntersectWith(rows.Select(r => r.Id));
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender || !RendererInfo.IsInteractive)
            return;
        try
        {
            // Until the window is known both forms are there; afterwards the other one costs no memory.
            narrow = await Js.InvokeAsync<bool>("ccd.narrow");
            StateHasChanged();
        }
        catch (Exception e) when (e is JSException or JSDisconnectedException or OperationCanceledException)
        {
            // Both forms stay, and the style sheet chooses.
        }
    }

    private void Open(CustomerListAddress wanted)
    {
        ClearChosen();
        Navigation.NavigateTo(wanted.ToString(), replace: true);
    }

    private void More() => Open(address with { Size = Math.Min(PageRequest.LargestSize, address.Size + PageRequest.SmallestSize) });

    private void Resize(int size) => Open(address with { Size = size, Page = 1 });

    private string PageAddress(int page) => (address with { Page = page }).ToString();

    private async Task RefreshAsync()
    {
        shown = null;
        await ReloadAsync();
    }

    private void Choose(Guid id)
    {
        if (!chosen.Remove(id))
            chosen.Add(id);
    }

    private void ChooseAll()
    {
        if (AllChosen)
            chosen.Clear();
        else
            chosen.UnionWith(rows!.Select(r => r.Id));
    }

    private void ClearChosen() => chosen.Clear();

    private async Task ChosenDoneAsync()
    {
        chosen.Clear();
        await RefreshAsync();
    }
}
