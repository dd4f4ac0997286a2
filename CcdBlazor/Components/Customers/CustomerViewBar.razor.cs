using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace CcdBlazor.Components.Customers;

/// <summary>The saved views of the list, as tabs, with what can be done about the open one.</summary>
public sealed partial class CustomerViewBar
{
    private ElementReference nameField;
    private Step step;
    private string name = "";
    private ViewSharing sharing;
    private bool asDefault;
    private bool choosing;
    private bool focus;
    private bool busy;
    private int menus;
    private Refusal? refusal;

    private enum Step
    {
        None,
        Save,
        Rename,
        Delete,
    }

    [Parameter, EditorRequired]
    public CustomerViews Views { get; set; } = default!;

    /// <summary>The open view, if one is.</summary>
    [Parameter]
    public CustomerViewRow? Current { get; set; }

    /// <summary>What is shown now.</summary>
    [Parameter, EditorRequired]
    public CustomerListAddress Address { get; set; } = default!;

    [Parameter, EditorRequired]
    public IReadOnlyList<CustomerColumn> Columns { get; set; } = [];

    [Parameter, EditorRequired]
    public StaffActor Actor { get; set; } = default!;

    [Parameter]
    public EventCallback<IReadOnlyList<CustomerColumn>> OnColumns { get; set; }

    /// <summary>The views changed; the list goes to this address.</summary>
    [Parameter]
    public EventCallback<string> OnChange { get; set; }

    [Inject]
    private CustomerViewService Service { get; set; } = default!;

    private bool Changed => Current is not null && !CustomerListAddress.Same(Current.Filter, Address.Filter);

    private string Kept => Current switch
    {
        null => "保存为您自己的列设置。",
        { IsMine: true } => $"保存在视图“{Current.Name}”中。",
        _ => "这是同事共享的视图：改动只在本次打开时有效，保存为您自己的视图即可保留。",
    };

    private string Title => step == Step.Save ? "保存为视图" : "改名与共享";

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!focus)
            return;
        focus = false;
        await nameField.FocusAsync();
    }

    private static string AddressOf(Guid id) => $"{CustomerListAddress.Path}?view={id}";

    private string? TitleOf(CustomerViewRow view) => string.Join("，", new[]
    {
        view.IsMine ? null : $"{view.Owner} 共享",
        view.IsMine && view.Sharing == ViewSharing.Department ? "已共享给本部门" : view.IsMine && view.Sharing == ViewSharing.Everybody ? "已共享给全公司" : null,
        view.Id == Views.DefaultId ? "默认视图" : null,
    }.OfType<string>()) is { Length: > 0 } title ? title : null;

    private void Ask(Step next)
    {
        // Another element: the menu closes.
        menus++;
        (step, refusal, busy, asDefault) = (next, null, false, false);
        (name, sharing) = next == Step.Rename && Current is { } view ? (view.Name, view.Sharing) : ("", ViewSharing.Private);
        focus = next is Step.Save or Step.Rename;
    }

    private void Close() => (step, refusal) = (Step.None, null);

    private void KeyAsync(KeyboardEventArgs e)
    {
        if (e.Key == "Escape")
            Close();
    }

    private Task SaveAsync() => RunAsync(async () =>
    {
        if (step == Step.Rename)
        {
            var view = Current!;
            var renamed = name.Trim() == view.Name ? Result.Done : await Service.RenameAsync(view.Id, name, Actor, default);
            if (renamed.Ok && sharing != view.Sharing)
                renamed = await Service.ShareAsync(view.Id, sharing, Actor, default);
            return (renamed, AddressOf(view.Id));
        }

        var saved = await Service.SaveAsync(name, Address.Filter, Columns, sharing, Actor, default);
        if (!saved.Ok)
            return (saved.WithoutValue(), "");
        if (asDefault)
            await Service.OpenWithAsync(saved.Value, Actor, default);
        return (Result.Done, AddressOf(saved.Value));
    });

    private Task ReplaceAsync() => RunAsync(async () => (await Service.ReplaceAsync(Current!.Id, Address.Filter, Columns, Actor, default), AddressOf(Current!.Id)));

    private Task DeleteAsync() => RunAsync(async () => (await Service.DeleteAsync(Current!.Id, Actor, default), CustomerListAddress.All));

    private Task OpenWithAsync(Guid? id)
    {
        menus++;
        return RunAsync(async () => (await Service.OpenWithAsync(id, Actor, default), AddressOf(Current!.Id)));
    }

    private async Task RunAsync(Func<Task<(Result Done, string Target)>> work)
    {
        busy = true;
        var (done, target) = await work();
        (busy, refusal) = (false, done.Refusal);
        if (!done.Ok)
            return;
        Close();
        await OnChange.InvokeAsync(target);
    }
}
