using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace CcdBlazor.Components.Layout;

/// <summary>
/// Links of the navigation with the present place marked. One component for all of them: a <see cref="NavLink"/> each cost a circuit 2 KB.
/// </summary>
public abstract class NavBar : ComponentBase, IDisposable
{
    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    protected IReadOnlyList<NavEntry> Entries { get; private set; } = [];

    public void Dispose()
    {
        Navigation.LocationChanged -= OnMoved;
        GC.SuppressFinalize(this);
    }

    protected override async Task OnInitializedAsync()
    {
        Navigation.LocationChanged += OnMoved;
        Entries = NavEntry.For(await Current.GetAsync());
    }

    /// <summary>For <c>aria-current</c>.</summary>
    protected string? PageOf(NavEntry entry) => entry.LeadsTo($"/{Navigation.ToBaseRelativePath(Navigation.Uri)}") ? "page" : null;

    private void OnMoved(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(StateHasChanged);
}
