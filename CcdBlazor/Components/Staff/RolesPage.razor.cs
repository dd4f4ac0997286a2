using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.JSInterop;
using Radzen;

namespace CcdBlazor.Components.Staff;

/// <summary>Roles against permissions. Ticks wait for "save"; what colleagues change meanwhile does not overwrite them.</summary>
public sealed partial class RolesPage(StaffDirectory directory, RoleService service, CurrentActor current, DialogService dialogs, IJSRuntime script)
{
    private static readonly IReadOnlyList<(Permission Permission, PermissionWords Words)> Permissions =
        [.. Enum.GetValues<Permission>().Select(p => (p, PermissionText.Of(p)))];

    /// <summary>What was ticked and not saved, with the version of the role that was ticked on.</summary>
    private readonly Dictionary<Guid, (HashSet<Permission> Permissions, uint Version)> changed = [];

    private IReadOnlyList<RoleRow> roles = [];
    private Refusal? refusal;
    private Refusal? addRefusal;
    private Guid? chosenId;
    private string newName = "";
    private bool adding;
    private bool busy;

    private RoleRow? Chosen => roles.FirstOrDefault(r => r.Id == chosenId) ?? (roles.Count > 0 ? roles[0] : null);

    protected override IEnumerable<string> Topics() => [StaffTopics.Roles, StaffTopics.All];

    protected override async Task LoadAsync(CancellationToken ct) => roles = await directory.RolesAsync(ct);

    private bool Holds(RoleRow role, Permission permission) =>
        (changed.TryGetValue(role.Id, out var edit) ? edit.Permissions : role.Permissions).Contains(permission);

    private static bool IsFixed(RoleRow role, Permission permission) => role.IsAdministrator && permission == Permission.ManageStaff;

    private void Choose(RoleRow role, Permission permission, bool chosen)
    {
        if (!changed.TryGetValue(role.Id, out var edit))
            changed[role.Id] = edit = ([.. role.Permissions], role.Version);
        if (chosen)
            edit.Permissions.Add(permission);
        else
            edit.Permissions.Remove(permission);
        if (edit.Permissions.SetEquals(role.Permissions))
            changed.Remove(role.Id);
    }

    private void Discard()
    {
        changed.Clear();
        refusal = null;
    }

    private async Task SaveAsync()
    {
        busy = true;
        refusal = null;
        var by = await current.GetAsync();
        foreach (var (id, edit) in changed.ToArray())
        {
            var role = roles.FirstOrDefault(r => r.Id == id);
            var saved = await service.EditAsync(id, new RoleDraft { Name = role?.Name ?? "", Permissions = edit.Permissions }, edit.Version, by, Gone);
            if (!saved.Ok)
            {
                refusal = saved.Refusal;
                break;
            }

            changed.Remove(id);
        }

        busy = false;
        await ReloadAsync();
        if (refusal is null)
            await script.InvokeVoidAsync("ccd.toast", "权限已保存，立即生效");
    }

    private async Task AddAsync()
    {
        busy = true;
        var made = await service.CreateAsync(new RoleDraft { Name = newName }, await current.GetAsync(), Gone);
        busy = false;
        addRefusal = made.Refusal;
        if (!made.Ok)
            return;
        chosenId = made.Value;
        CloseAdding();
        await ReloadAsync();
    }

    private void CloseAdding()
    {
        adding = false;
        addRefusal = null;
        newName = "";
    }

    private async Task DeleteAsync(RoleRow role)
    {
        if (await dialogs.Confirm($"删除角色“{role.Name}”后不能恢复。确定删除吗？", "删除角色", new ConfirmOptions { OkButtonText = "删除", CancelButtonText = "返回" }) != true)
            return;
        var deleted = await service.DeleteAsync(role.Id, await current.GetAsync(), Gone);
        refusal = deleted.Refusal;
        if (deleted.Ok)
            changed.Remove(role.Id);
        await ReloadAsync();
    }
}
