using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits.Effects;

/// <summary>What became of the customers that assignments moved, against those that stayed and the span before.</summary>
public sealed partial class EffectsPage(EffectsQueries queries, CurrentActor current, NavigationManager navigation)
{
    private EffectsView? view;
    private Refusal? refusal;

    [SupplyParameterFromQuery(Name = "run")]
    private Guid? Run { get; set; }

    [SupplyParameterFromQuery(Name = "month")]
    private int? Month { get; set; }

    [SupplyParameterFromQuery(Name = "department")]
    private Guid? DepartmentId { get; set; }

    protected override object? LoadKey => (Run, Month, DepartmentId);

    private EffectFilter Filter => EffectsAddress.Read(Run, Month, DepartmentId);

    private string Chosen => Run?.ToString() ?? Month?.ToString(CultureInfo.InvariantCulture) ?? "";

    protected override IEnumerable<string> Topics() => [PortraitTopics.Assignments];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var asked = Filter;
        var found = await queries.ViewAsync(asked, await current.GetAsync(), ct);
        if (asked != Filter)
            return;
        refusal = found.Refusal;
        view = found.Ok ? found.Value : null;
    }

    private void Go(string? value) => navigation.NavigateTo(EffectsAddress.Of(
        Guid.TryParse(value, out var run) ? new EffectFilter(run, null, DepartmentId)
        : new EffectFilter(null, int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var month) ? month : null, DepartmentId)), replace: true);

    private void Department(string? value) =>
        navigation.NavigateTo(EffectsAddress.Of(Filter with { DepartmentId = Guid.TryParse(value, out var id) ? id : null }), replace: true);
}
