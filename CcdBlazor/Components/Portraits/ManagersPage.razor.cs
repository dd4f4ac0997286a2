using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits;

/// <summary>Account managers with their profiles and loads, which follow every change of a customer.</summary>
public sealed partial class ManagersPage(ManagerQueries managers, CurrentActor current, NavigationManager navigation)
{
    private ManagerBoard? board;
    private Refusal? refusal;
    private ManagerRow? editing;

    /// <summary>What stands in the field: it narrows the list with every key, and goes into the address when the field is left.</summary>
    private string? typed;

    private string? address;

    [SupplyParameterFromQuery(Name = "q")]
    private string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "state")]
    private string? State { get; set; }

    /// <summary>Customers change all the time; the loads need not blink with each.</summary>
    protected override TimeSpan Calm => TimeSpan.FromSeconds(1);

    private IEnumerable<ManagerRow> Shown => board!.Managers.Where(m => Fits(m, typed?.Trim()) && State switch
    {
        "ready" => m.TakesPart,
        "away" => !m.TakesPart,
        "full" => m.Open >= m.Maximum,
        _ => true,
    });

    protected override IEnumerable<string> Topics() => [PortraitTopics.Managers, CustomerTopics.Dashboard, StaffTopics.All];

    protected override void OnParametersSet()
    {
        base.OnParametersSet();
        if (Q != address)
            typed = address = Q;
    }

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var found = await managers.BoardAsync(await current.GetAsync(), ct);
        refusal = found.Refusal;
        board = found.Ok ? found.Value : null;
    }

    internal static string Share(double gini) => gini.ToString("0.00", CultureInfo.InvariantCulture);

    internal static string Few(IReadOnlyList<string> words) => words.Count switch
    {
        0 => "未填写",
        <= 4 => string.Join("、", words),
        _ => $"{string.Join("、", words.Take(4))} 等 {words.Count} 项",
    };

    private static bool Fits(ManagerRow m, string? text) => string.IsNullOrEmpty(text)
        || m.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || m.Department?.Contains(text, StringComparison.OrdinalIgnoreCase) == true
        || m.Capabilities.Any(c => c.Contains(text, StringComparison.OrdinalIgnoreCase));

    private void Go(string name, string? value) =>
        navigation.NavigateTo(navigation.GetUriWithQueryParameter(name, string.IsNullOrWhiteSpace(value) ? null : value.Trim()), replace: true);
}
