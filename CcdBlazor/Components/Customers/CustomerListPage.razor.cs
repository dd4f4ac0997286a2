using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Pool;
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
    private Dictionary<Guid, string> countdowns = [];
    private HashSet<Guid> fresh = [];
    private StaffActor? actor;
    private CustomerListAddress address = new(new CustomerFilter());
    private CustomerListAddress list = new(new CustomerFilter());
    private CustomerViews views = new([], null, CustomerColumns.Usual);
    private CustomerViewRow? view;
    private IReadOnlyList<CustomerColumn> columns = CustomerColumns.Usual;
    private (Guid? View, IReadOnlyList<CustomerColumn> Columns)? toKeep;
    private bool keeping;
    private bool viewsRead;
    private bool viewGone;
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
    private PoolQueries Pools { get; set; } = default!;

    [Inject]
    private CustomerViewService Views { get; set; } = default!;

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
    private string? View { get; set; }

    [SupplyParameterFromQuery]
    private int? Page { get; set; }

    [SupplyParameterFromQuery]
    private int? Size { get; set; }

    protected override object LoadKey => address.ToString();

    private bool MayChoose => actor is not null && (actor.May(Permission.EditCustomers) || actor.May(Permission.ReassignCustomers) || actor.May(Permission.ExportCustomers));

    private bool AllChosen => rows is { Count: > 0 } && rows.All(r => chosen.Contains(r.Id));

    private string TotalInWords => rows is null ? "" : totalIsFloor && total < CustomerQueries.CountedTo ? "正在统计…" : totalIsFloor ? $"{Format.Count(total)} 位以上" : $"共 {Format.Count(total)} 位";

    protected override IEnumerable<string> Topics() => [CustomerTopics.All];

    protected override Task OnParametersSetAsync()
    {
        address = CustomerListAddress.Read(Search, State, Product, Owner, Department, Tag, Source, Kind, From, To, Waiting, Sort, Page, Size, SentBack, View);
        return base.OnParametersSetAsync();
    }

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var (asked, before) = (address, rows);
        actor = await Current.GetAsync();
        if (!viewsRead)
            views = await Views.AllAsync(actor, ct);
        viewsRead = true;
        var (wanted, opened) = Resolve(asked);
        var page = await Customers.ListAsync(wanted.Filter, wanted.Request, actor, ct);
        if (asked != address)
            return; // Somebody typed on; the later answer counts.
        (list, viewGone) = (wanted, opened is null && asked.ViewId is not null && asked.LeavesItToView);
        (view, columns) = (opened, opened?.Columns ?? views.Columns);
        now = Clock.GetUtcNow();
        countdowns = (await Pools.CountdownsAsync([.. page.Rows.Where(r => r.OwnerId == actor.StaffId).Select(r => r.Id)], actor, ct)).Values
            .Where(c => c.IsNear(now)).ToDictionary(c => c.CustomerId, c => c.Text(now));
        // A reload for a colleague's change does not count again what was counted.
        if (!page.TotalIsFloor || shown?.ToString() != wanted.ToString() || page.Total > total)
            (total, totalIsFloor) = (page.Total, page.TotalIsFloor);
        if (before is null || before.Count == 0 || shown?.ToString() != wanted.ToString())
        {
            (rows, shown, stale, fresh) = (page.Rows, wanted, false, []);
            await CountOnAsync(wanted, ct);
            return;
        }

        // A change of somebody else: the rows stay where they are.
        var read = page.Rows.ToDictionary(r => r.Id);
        // In the usual order each change moves its row to the top; that alone is not worth a word.
        stale = wanted.Filter.Sort == CustomerSort.Updated
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

    /// <summary>The rows are there already; the total follows.</summary>
    private async Task CountOnAsync(CustomerListAddress counted, CancellationToken ct)
    {
        if (!totalIsFloor || total >= CustomerQueries.CountedTo || !RendererInfo.IsInteractive)
            return;
        StateHasChanged();
        var (all, isFloor) = await Customers.CountAsync(counted.Filter, actor!, ct);
        if (counted == shown)
            (total, totalIsFloor) = (all, isFloor);
    }

    /// <summary>What is shown at an address: its own conditions, or those of the view that it names, or of the default.</summary>
    private (CustomerListAddress List, CustomerViewRow? View) Resolve(CustomerListAddress asked)
    {
        var opened = views.Find(asked.ViewId ?? (asked is { View: null, LeavesItToView: true } ? views.DefaultId : null));
        if (opened is null || !asked.LeavesItToView)
            return (asked, opened);
        return (asked with { Filter = opened.Filter, View = opened.Id.ToString() }, opened);
    }

    /// <summary>
    /// At once for the eye, and in what a reload for a colleague's change goes by; kept for the next time one after the other, so that of quick
    /// clicks the last one stays. In a colleague's view it is for now only.
    /// </summary>
    private async Task ShowColumnsAsync(IReadOnlyList<CustomerColumn> wanted)
    {
        columns = wanted;
        if (view is null)
            views = views with { Columns = wanted };
        else
            views = views with { Views = [.. views.Views.Select(v => v.Id == view.Id ? v with { Columns = wanted } : v)] };
        view = views.Find(view?.Id);
        if (view is { IsMine: false })
            return;
        toKeep = (view?.Id, wanted);
        if (keeping)
            return;
        keeping = true;
        try
        {
            while (toKeep is { } next)
            {
                toKeep = null;
                await Views.ChooseColumnsAsync(next.View, next.Columns, actor!, Gone);
            }
        }
        finally
        {
            keeping = false;
        }
    }

    /// <summary>A view was saved, changed or deleted: the page goes to <paramref name="target"/>.</summary>
    private async Task ViewChangedAsync(string target)
    {
        ClearChosen();
        viewsRead = false;
        if (Navigation.ToAbsoluteUri(target).ToString() == Navigation.Uri)
            await RefreshAsync();
        else
            Navigation.NavigateTo(target, replace: true);
    }

    private void Open(CustomerListAddress wanted)
    {
        ClearChosen();
        Navigation.NavigateTo(wanted.ToString(), replace: true);
    }

    private void More() => Open(list with { Size = Math.Min(PageRequest.LargestSize, list.Size + PageRequest.SmallestSize) });

    private void Resize(int size) => Open(list with { Size = size, Page = 1 });

    private string PageAddress(int page) => (list with { Page = page }).ToString();

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
