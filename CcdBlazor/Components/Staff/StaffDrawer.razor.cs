using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Radzen;

namespace CcdBlazor.Components.Staff;

/// <summary>Creates or edits one account.</summary>
public sealed partial class StaffDrawer(StaffDirectory directory, StaffAccounts accounts, CurrentActor current, DialogService dialogs, IJSRuntime script)
{
    private readonly HashSet<Guid> roleIds = [];
    private StaffDraft draft = new();
    private StaffDetail? detail;
    private Refusal? refusal;
    private PasswordHandover? handover;
    private Guid? madeId;
    private bool busy;

    /// <summary>None for a new account.</summary>
    [Parameter]
    public Guid? StaffId { get; set; }

    [Parameter, EditorRequired]
    public IReadOnlyList<DepartmentRow> Departments { get; set; } = [];

    [Parameter, EditorRequired]
    public IReadOnlyList<RoleRow> Roles { get; set; } = [];

    [Parameter]
    public EventCallback OnClose { get; set; }

    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        if (StaffId is not { } id)
            return;
        var found = await directory.DetailAsync(id, await current.GetAsync(), default);
        refusal = found.Refusal;
        if (!found.Ok)
            return;
        detail = found.Value;
        draft = new StaffDraft { UserName = detail.UserName, Name = detail.Name, Phone = detail.Phone, Email = detail.Email, DepartmentId = detail.DepartmentId };
        roleIds.Clear();
        roleIds.UnionWith(detail.RoleIds);
    }

    private void Choose(Guid roleId, bool chosen)
    {
        if (chosen)
            roleIds.Add(roleId);
        else
            roleIds.Remove(roleId);
    }

    private async Task SaveAsync()
    {
        busy = true;
        try
        {
            var by = await current.GetAsync();
            if (detail is null)
                await CreateAsync(by);
            else
                await EditAsync(detail, by);
        }
        finally
        {
            busy = false;
        }
    }

    private async Task CreateAsync(Actor by)
    {
        var made = await accounts.CreateAsync(draft with { RoleIds = [.. roleIds] }, by, default);
        refusal = made.Refusal;
        if (made.Ok)
            (handover, madeId) = (made.Value.Password, made.Value.Id);
    }

    /// <summary>Details first: when they are refused (somebody else changed them), the roles stay as they were too.</summary>
    private async Task EditAsync(StaffDetail seen, Actor by)
    {
        var edited = await accounts.EditAsync(seen.Id, draft, seen.Version, by, default);
        refusal = edited.Refusal;
        if (!edited.Ok)
            return;
        if (!roleIds.SetEquals(seen.RoleIds))
        {
            var set = await accounts.SetRolesAsync(seen.Id, [.. roleIds], by, default);
            if (!set.Ok)
            {
                await LoadAsync();
                refusal = set.Refusal;
                return;
            }
        }

        await script.InvokeVoidAsync("ccd.toast", $"已保存“{draft.Name}”");
        await OnClose.InvokeAsync();
    }

    private async Task ResetPasswordAsync()
    {
        if (!await AgreesAsync($"重置后，{draft.Name}的旧密码立即失效，所有设备上的登录都会退出。确定重置吗？", "重置密码"))
            return;
        var reset = await accounts.ResetPasswordAsync(detail!.Id, await current.GetAsync(), default);
        refusal = reset.Refusal;
        (handover, madeId) = (reset.Ok ? reset.Value : null, detail!.Id);
    }

    /// <summary>The mail does not reach him.</summary>
    private async Task ByHandAsync()
    {
        busy = true;
        try
        {
            var reset = await accounts.ResetPasswordAsync(madeId!.Value, await current.GetAsync(), default, byHand: true);
            refusal = reset.Refusal;
            handover = reset.Ok ? reset.Value : handover;
        }
        finally
        {
            busy = false;
        }
    }

    private async Task RemoveTwoFactorAsync()
    {
        if (await AgreesAsync($"取消后，{draft.Name}只凭密码即可登录。仅在本人手机和恢复码都丢失时使用。确定取消吗？", "取消两步验证"))
            await ChangeAsync(by => accounts.RemoveTwoFactorAsync(detail!.Id, by, default), "已取消两步验证");
    }

    private async Task DisableAsync()
    {
        if (await AgreesAsync($"停用后，{draft.Name}不能登录，已打开的页面会立即断开；已做的工作和记录都会保留。确定停用吗？", "停用账号"))
            await ChangeAsync(by => accounts.DisableAsync(detail!.Id, null, by, default), "已停用");
    }

    private Task EnableAsync() => ChangeAsync(by => accounts.EnableAsync(detail!.Id, by, default), "已重新启用");

    private async Task ChangeAsync(Func<Actor, Task<Result>> change, string done)
    {
        var outcome = await change(await current.GetAsync());
        if (outcome.Ok)
        {
            await LoadAsync();
            await script.InvokeVoidAsync("ccd.toast", done);
        }

        refusal = outcome.Refusal;
    }

    private async Task<bool> AgreesAsync(string question, string title) =>
        await dialogs.Confirm(question, title, new ConfirmOptions { OkButtonText = title, CancelButtonText = "返回" }) == true;
}
