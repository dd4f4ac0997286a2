using CcdBlazor.Domain.Products;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.JSInterop;
using Radzen;

namespace CcdBlazor.Components.Products;

/// <summary>
/// Editing of one product's checklist. What was not published lives here and, a moment later, in the browser's session storage. A version that
/// a colleague publishes meanwhile never touches it: the editor is told and decides.
/// </summary>
public sealed partial class ProductEditorPage
{
    /// <summary>Time without a change before the draft is kept.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(600);

    private ProductRow? product;
    private ProductRow? opened;
    private ChecklistRules published = ChecklistRules.Empty;
    private ChecklistEditing? editing;
    private Guid basis;
    private Guid? open;
    private RuleLine? focus;
    private Drawer drawer;
    private bool restored;
    private ChecklistKeeper? keeper;
    private CancellationTokenSource? keeping;
    private ProductInfoForm? info;

    private enum Drawer
    {
        None,
        Publish,
        History,
    }

    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private ProductQueries Queries { get; set; } = default!;

    [Inject]
    private DialogService Dialogs { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    /// <summary>True while there are changes that no version holds.</summary>
    private bool Unpublished { get; set; }

    /// <summary>True when the changes were made to a version that is no longer the newest.</summary>
    private bool Outdated => Unpublished && product is not null && basis != product.CurrentVersionId;

    protected override object? LoadKey => Id;

    protected override IEnumerable<string> Topics() => [ProductService.Topic];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var found = (await Queries.ListAsync(onlyActive: false, ct)).FirstOrDefault(p => p.Id == Id);
        if (found is null)
        {
            product = null;
            return;
        }

        published = await Queries.RulesAsync(found.CurrentVersionId, ct) ?? ChecklistRules.Empty;
        var another = product?.Id != found.Id;
        if (another || (!Unpublished && basis != found.CurrentVersionId))
        {
            editing = ChecklistEditing.Of(published);
            basis = found.CurrentVersionId;
        }

        if (another)
        {
            // The kept draft of this product is looked for after the next render.
            keeper = null;
            open = null;
            restored = false;
        }

        product = found;
        Compare();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (keeper is null && product is not null)
        {
            keeper = new ChecklistKeeper(Js, product.Id);
            await TakeUpDraftAsync();
        }

        if (focus is { } line)
        {
            focus = null;
            await Js.InvokeVoidAsync("ccd.focus", $"#{RuleCard.HeadOf(line)}");
        }
    }

    protected override async ValueTask OnLeaveAsync()
    {
        if (keeping is null)
            return;
        await keeping.CancelAsync();
        keeping.Dispose();
    }

    private async Task TakeUpDraftAsync()
    {
        if (await keeper!.FindAsync(Gone) is not { } draft)
            return;
        editing = ChecklistEditing.Of(draft.Rules);
        basis = draft.VersionId;
        Compare();
        restored = Unpublished;
        StateHasChanged();
    }

    private void Compare() => Unpublished = editing is not null && editing.DiffersFrom(published);

    private Task ChangedAsync()
    {
        editing!.Look();
        Compare();
        restored = false;
        KeepSoon();
        return Task.CompletedTask;
    }

    private Task AddAsync(string type)
    {
        Show(editing!.Add(type));
        return ChangedAsync();
    }

    private Task DuplicateAsync(RuleLine line)
    {
        Show(editing!.Duplicate(line));
        return ChangedAsync();
    }

    private Task MoveAsync(RuleLine line, int by)
    {
        editing!.Move(line, by);
        focus = line;
        return ChangedAsync();
    }

    private Task RemoveAsync(RuleLine line)
    {
        editing!.Remove(line);
        open = null;
        return ChangedAsync();
    }

    private Task UndoAsync()
    {
        if (editing!.Undo() is { } line)
            Show(line);
        return ChangedAsync();
    }

    private void Show(RuleLine line)
    {
        open = line.Key;
        focus = line;
    }

    private void Toggle(RuleLine line) => open = open == line.Key ? null : line.Key;

    private void OpenPublish()
    {
        opened = product;
        drawer = Drawer.Publish;
    }

    private void CloseDrawer() => drawer = Drawer.None;

    private async Task PublishedAsync(Guid version)
    {
        drawer = Drawer.None;
        // What was edited is what is published now; whatever the reload brings on top is the colleagues'.
        basis = version;
        Unpublished = false;
        await ForgetAsync();
        await ReloadAsync();
        editing = ChecklistEditing.Of(published);
        Compare();
        await Js.InvokeVoidAsync("ccd.toast", $"已发布第 {product?.CurrentVersionNumber} 版");
    }

    private async Task RestoreAsync(RulesVersionRow version)
    {
        if (Unpublished && !await AskAsync("还有没有发布的修改，会被这一版的内容代替。确定吗？", "用这一版代替"))
            return;
        if (await Queries.RulesAsync(version.Id, Gone) is not { } rules)
            return;
        editing = ChecklistEditing.Of(rules);
        basis = product!.CurrentVersionId;
        drawer = Drawer.None;
        open = null;
        await ChangedAsync();
    }

    private Task ContinueOnNewestAsync()
    {
        basis = product!.CurrentVersionId;
        return ChangedAsync();
    }

    private async Task DiscardAsync()
    {
        if (!await AskAsync("没有发布的修改会全部丢失。确定放弃吗？", "放弃修改"))
            return;
        editing = ChecklistEditing.Of(published);
        basis = product!.CurrentVersionId;
        restored = false;
        open = null;
        Compare();
        await ForgetAsync();
    }

    private async Task AskBeforeLeavingAsync(LocationChangingContext context)
    {
        if (!Unpublished && info?.Dirty != true)
            return;
        if (await AskAsync("离开后，没有发布或保存的修改会丢失。确定离开吗？", "离开"))
            await ForgetAsync();
        else
            context.PreventNavigation();
    }

    private async Task<bool> AskAsync(string question, string yes) =>
        await Dialogs.Confirm(question, "请确认", new ConfirmOptions { OkButtonText = yes, CancelButtonText = "取消" }) == true;

    private void KeepSoon()
    {
        keeping?.Cancel();
        keeping?.Dispose();
        keeping = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        _ = KeepAsync(keeping.Token);
    }

    private async Task KeepAsync(CancellationToken ct)
    {
        try
        {
            await Task.Delay(Pause, ct);
            if (keeper is null || editing is null)
                return;
            if (Unpublished)
                await keeper.KeepAsync(new KeptChecklist(basis, editing.Rules), ct);
            else
                await keeper.ForgetAsync(ct);
        }
        catch (Exception e) when (e is OperationCanceledException or JSException or JSDisconnectedException)
        {
            // A newer change keeps instead, the page is gone, or the browser's storage is full: the draft is still on the page.
        }
    }

    private async Task ForgetAsync()
    {
        if (keeping is not null)
            await keeping.CancelAsync();
        if (keeper is not null)
            await keeper.ForgetAsync(Gone);
    }
}
