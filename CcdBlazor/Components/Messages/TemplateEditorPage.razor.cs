using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.JSInterop;
using Radzen;

namespace CcdBlazor.Components.Messages;

/// <summary>Editing of one template with its preview. What a colleague stores meanwhile never touches what is being typed: the editor is told and decides.</summary>
public sealed partial class TemplateEditorPage(TemplateQueries queries, TemplateService templates, CurrentActor current, DialogService dialogs, IJSRuntime js, NavigationManager navigation)
{
    private TemplateDetail? template;
    private TemplateEditing? editing;
    private TemplatePreviewed preview = new([], null);
    private IReadOnlyDictionary<string, string> values = new Dictionary<string, string>();
    private IReadOnlyList<string> warnings = [];
    private SmsTerms? sms;
    private MessageChannel chosen;
    private Drawer drawer;
    private Refusal? refusal;
    private bool busy;
    private bool rejecting;
    private string reason = "";

    /// <summary>The row version that the editing started from.</summary>
    private uint basis;

    private enum Drawer
    {
        None,
        History,
        Copy,
    }

    [Parameter]
    public Guid Id { get; set; }

    /// <summary>True while there is something that is stored nowhere.</summary>
    private bool Dirty { get; set; }

    private bool Outdated => Dirty && template is not null && template.Version != basis;

    private string Standing => template switch
    {
        { Draft.SubmittedAt: not null, MayApprove: false } => "等待另一位同事批准。写过这一版的人不能自己批准。",
        { Draft.SubmittedAt: not null } => "请核对内容，批准后立即启用。",
        { SecondPerson: true, Draft: not null } => "启用前须由另一位同事批准。",
        { State: TemplateState.Active } => $"正在使用第 {template.ActiveVersion} 版。修改后会产生新版本，已收下的消息仍按原来的版本发送。",
        { State: TemplateState.Inactive } => "已停用：新的消息会被拒绝，已收下的仍会发送。",
        _ => "还没有启用。",
    };

    protected override object? LoadKey => Id;

    protected override IEnumerable<string> Topics() => [MessageTopics.Templates, MessageTopics.Accounts];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var found = await queries.FindAsync(Id, await current.GetAsync(), ct);
        if (!found.Ok)
        {
            template = null;
            return;
        }

        sms = await queries.SmsTermsAsync(ct);
        var another = template?.Id != found.Value.Id;
        template = found.Value;
        // What did not change is not begun anew: a key that is on its way would otherwise write into an editor that is gone.
        if (another || (!Dirty && template.Version != basis))
            Start(template.Newest.Content);
    }

    private void Start(TemplateContent content)
    {
        editing = TemplateEditing.Of(template!.Name, template.Category, content);
        basis = template.Version;
        Dirty = false;
        if (content.Variants.All(v => v.Channel != chosen))
            chosen = content.Variants.Select(v => v.Channel).FirstOrDefault();
        Look();
    }

    private void Changed()
    {
        Dirty = true;
        refusal = null;
        if (editing!.Variants.All(v => v.Channel != chosen))
            chosen = editing.Variants.Select(v => v.Channel).FirstOrDefault();
        Look();
    }

    private void Fill(IReadOnlyDictionary<string, string> given)
    {
        values = given;
        Look();
    }

    private void Look()
    {
        var content = editing!.Content;
        warnings = TemplateRules.Warnings(content);
        // What the chosen customer does not give comes from the samples.
        var filled = TemplatePreview.Samples(content);
        foreach (var (name, value) in values)
            if (filled.ContainsKey(name))
                filled[name] = value;
        preview = TemplatePreview.Of(content, filled, sms);
    }

    private async Task SaveAsync()
    {
        if (Outdated)
            return;
        var saved = await WriteAsync(by => templates.SaveDraftAsync(Id, new TemplateDraft(template!.Code, editing!.Name, editing.Category, editing.Content), basis, by, Gone));
        if (!saved.Ok)
            return;
        Dirty = false;
        await ReloadAsync();
        await js.InvokeVoidAsync("ccd.toast", $"已保存为第 {saved.Value} 版草稿");
    }

    private async Task ActivateAsync()
    {
        if (warnings.Count > 0 && !await AskAsync($"{string.Join(" ", warnings.Take(3))} 仍要启用吗？", "启用模板", "启用"))
            return;
        await DoAsync(by => templates.ActivateAsync(Id, template!.Version, by, Gone), "已启用");
    }

    private Task SubmitAsync() => DoAsync(by => templates.SubmitAsync(Id, template!.Version, by, Gone), "已提交批准");

    private Task ApproveAsync() => DoAsync(by => templates.ApproveAsync(Id, template!.Version, by, Gone), "已批准并启用");

    private async Task RejectAsync()
    {
        rejecting = false;
        if (await DoAsync(by => templates.RejectAsync(Id, reason, template!.Version, by, Gone), "已退回"))
            reason = "";
    }

    private async Task DeactivateAsync()
    {
        if (await AskAsync($"停用“{template!.Name}”后，新的消息会被拒绝；已收下的消息和排队的批次仍会发送。确定停用吗？", "停用模板", "停用"))
            await DoAsync(by => templates.DeactivateAsync(Id, template!.Version, by, Gone), "已停用");
    }

    private async Task DiscardAsync()
    {
        if (!await AskAsync($"第 {template!.Draft!.Number} 版草稿会被删除，正在使用的版本不变。确定放弃吗？", "放弃草稿", "放弃"))
            return;
        Dirty = false;
        await DoAsync(by => templates.DiscardDraftAsync(Id, template!.Version, by, Gone), "已放弃草稿");
    }

    private async Task DeleteAsync()
    {
        if (!await AskAsync($"删除“{template!.Name}”后，其他系统不能再用代码 {template.Code} 发送；已收下的消息和排队的批次仍会发送。确定删除吗？", "删除模板", "删除"))
            return;
        Dirty = false;
        if (await WriteAsync(async by => await templates.DeleteAsync(Id, template!.Version, by, Gone) is { Ok: false } no ? no.Refusal : (Result<bool>)true) is { Ok: true })
            navigation.NavigateTo("/messages/templates");
    }

    private void Restore(TemplateVersionRow version)
    {
        drawer = Drawer.None;
        editing = TemplateEditing.Of(editing!.Name, editing.Category, version.Content);
        Changed();
    }

    private void KeepMine() => basis = template!.Version;

    private void TakeTheirs() => Start(template!.Newest.Content);

    private async Task<bool> DoAsync(Func<Actor, Task<Result>> write, string done)
    {
        var written = await WriteAsync(async by => await write(by) is { Ok: false } no ? no.Refusal : (Result<bool>)true);
        await ReloadAsync();
        if (written.Ok)
            await js.InvokeVoidAsync("ccd.toast", done);
        return written.Ok;
    }

    private async Task<Result<T>> WriteAsync<T>(Func<Actor, Task<Result<T>>> write)
    {
        busy = true;
        var written = await write(await current.GetAsync());
        busy = false;
        refusal = written.Refusal;
        return written;
    }

    private async Task AskBeforeLeavingAsync(LocationChangingContext context)
    {
        if (Dirty && !await AskAsync("离开后，没有保存的修改会丢失。确定离开吗？", "请确认", "离开"))
            context.PreventNavigation();
    }

    private async Task<bool> AskAsync(string question, string title, string yes) =>
        await dialogs.Confirm(question, title, new ConfirmOptions { OkButtonText = yes, CancelButtonText = "取消" }) == true;
}
