using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Radzen;

namespace CcdBlazor.Components.Staff;

/// <summary>The tree of departments with leaders.</summary>
public sealed partial class DepartmentsPage(StaffDirectory directory, DepartmentService service, CurrentActor current, DialogService dialogs)
{
    /// <summary>More people than anybody scrolls through; a house with more of them needs a search here.</summary>
    private const int MostLeadersOffered = 200;

    private IReadOnlyList<DepartmentRow> departments = [];
    private IReadOnlyList<StaffPick> people = [];
    private DepartmentDraft? draft;
    private DepartmentRow? edited;
    private Refusal? refusal;
    private Refusal? draftRefusal;
    private bool busy;

    protected override IEnumerable<string> Topics() => [StaffTopics.Departments, StaffTopics.All];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        departments = await directory.DepartmentsAsync(ct);
        people = await directory.PickAsync(null, null, MostLeadersOffered, ct);
    }

    private static string Indent(DepartmentRow row) => string.Create(CultureInfo.InvariantCulture, $"margin-inline-start:{(row.Level - 1) * 1.25}rem");

    private static Guid? Id(object? value) => Guid.TryParse((string?)value, out var id) ? id : null;

    private void Open(DepartmentRow? row, Guid? parentId)
    {
        edited = row;
        draftRefusal = null;
        draft = new DepartmentDraft { Name = row?.Name ?? "", ParentId = parentId, LeaderId = row?.LeaderId };
        // A leader who was disabled since, or stands beyond the list, stays chosen.
        if (row is { LeaderId: { } leader, LeaderName: { } name } && people.All(p => p.Id != leader))
            people = [new StaffPick(leader, name, null), .. people];
    }

    private void Close() => draft = null;

    private async Task SaveAsync()
    {
        busy = true;
        var by = await current.GetAsync();
        draftRefusal = edited is null
            ? (await service.CreateAsync(draft!, by, Gone)).Refusal
            : (await service.EditAsync(edited.Id, draft!, edited.Version, by, Gone)).Refusal;
        busy = false;
        if (draftRefusal is not null)
            return;
        Close();
        await ReloadAsync();
    }

    private async Task DeleteAsync(DepartmentRow row)
    {
        if (await dialogs.Confirm($"确定删除部门“{row.Name}”吗？", "删除部门", new ConfirmOptions { OkButtonText = "删除", CancelButtonText = "返回" }) != true)
            return;
        refusal = (await service.DeleteAsync(row.Id, await current.GetAsync(), Gone)).Refusal;
        await ReloadAsync();
    }
}
