using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Staff;

/// <summary>Accounts: list, filters in the address, and the drawer for one of them.</summary>
public sealed partial class StaffPage(StaffDirectory directory, CurrentActor current, NavigationManager navigation)
{
    private Page<StaffRow> list = new([], 0, false, new PageRequest());
    private IReadOnlyList<DepartmentRow> departments = [];
    private IReadOnlyList<RoleRow> roles = [];
    private Refusal? refusal;
    private Guid? editing;

    [SupplyParameterFromQuery(Name = "q")]
    private string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "department")]
    private string? Department { get; set; }

    [SupplyParameterFromQuery(Name = "role")]
    private string? RoleId { get; set; }

    [SupplyParameterFromQuery(Name = "state")]
    private string? State { get; set; }

    [SupplyParameterFromQuery(Name = "page")]
    private int? Number { get; set; }

    protected override object? LoadKey => (Q, Department, RoleId, State, Number);

    protected override IEnumerable<string> Topics() => [StaffTopics.All, StaffTopics.Roles, StaffTopics.Departments];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        departments = await directory.DepartmentsAsync(ct);
        roles = await directory.RolesAsync(ct);
        var filter = new StaffFilter(Q, Id(Department), Id(RoleId), Enum.TryParse<StaffState>(State, out var state) && Enum.IsDefined(state) ? state : null);
        var found = await directory.ListAsync(filter, new PageRequest(Number ?? 1), await current.GetAsync(), ct);
        refusal = found.Refusal;
        if (found.Ok)
            list = found.Value;
    }

    internal static string Indented(DepartmentRow department) => string.Concat(Enumerable.Repeat("　", department.Level - 1)) + department.Name;

    private static Guid? Id(string? text) => Guid.TryParse(text, out var id) ? id : null;

    /// <summary>Another filter: the address changes, from its first page on, without a new entry in the history for every letter.</summary>
    private void Go((string Name, string? Value) filter) =>
        navigation.NavigateTo(navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            [filter.Name] = string.IsNullOrEmpty(filter.Value) ? null : filter.Value,
            ["page"] = null,
        }), replace: true);

    private string At(int number) => navigation.GetUriWithQueryParameter("page", number.ToString(CultureInfo.InvariantCulture));
}
