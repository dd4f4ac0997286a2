using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace CcdBlazor.Components.Customers;

/// <summary>Registers a customer, or edits one. What a colleague saved meanwhile is merged; only fields that both changed are asked about.</summary>
public sealed partial class CustomerEditPage : ComponentBase, IDisposable
{
    private StaffActor? actor;
    private CustomerForm? basis;
    private CustomerDraft? draft;
    private CustomerDraft unchanged = new();
    private EditContext? context;
    private FluentValidator? validator;
    private Refusal? missing;
    private Refusal? refusal;
    private CustomerMerge? conflict;
    private IReadOnlyList<DuplicateRow> duplicates = [];
    private IReadOnlyList<ProductChoice> products = [];
    private IReadOnlyList<string> tags = [];
    private IReadOnlyList<string> sources = [];
    private string newTag = "";
    private string? leavingTo;
    private bool mayLeave;
    private bool busy;

    [Parameter]
    public Guid? Id { get; set; }

    [Inject]
    private CustomerService Service { get; set; } = default!;

    [Inject]
    private CustomerQueries Customers { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    private string Title => Id is null ? "新建客户" : "编辑客户";

    private bool Company => draft?.Kind == CustomerKind.Company;

    private bool Locked => basis is { ChecklistIsOpen: false };

    private bool Changed => draft is not null && !mayLeave && (!draft.Says(unchanged) || !string.IsNullOrWhiteSpace(newTag));

    private string DraftKey => Id is { } id ? $"customer-{id:N}" : "customer-new";

    private string Back => Id is { } id ? $"/customers/{id}" : "/customers";

    private string IdentityHelp => basis?.Identity is null ? "可以稍后补充；号码加密保存。" : $"已登记 {basis.Identity}；留空则不修改。";

    protected override async Task OnInitializedAsync()
    {
        actor = await Current.GetAsync();
        if (Id is { } id)
        {
            var form = await Customers.FormAsync(id, actor, default);
            missing = form.Refusal;
            if (!form.Ok)
                return;
            basis = form.Value;
        }
        else if (!actor.May(Permission.EditCustomers))
        {
            missing = CommonRefusals.Forbidden;
            return;
        }

        products = await Customers.ProductsAsync(default);
        tags = await Customers.SuggestTagsAsync(actor, default);
        sources = await Customers.SuggestSourcesAsync(actor, default);
        StartFrom(basis?.Draft ?? new CustomerDraft());
    }

    public void Dispose() => Forget();

    private void StartFrom(CustomerDraft start)
    {
        Forget();
        unchanged = start.Copy();
        draft = start.Copy();
        if (draft.Phones.Count == 0)
            draft.Phones.Add("");
        context = new EditContext(draft);
        context.OnFieldChanged += LookForDuplicates;
    }

    private void Forget()
    {
        if (context is not null)
            context.OnFieldChanged -= LookForDuplicates;
    }

    private async Task SaveAsync()
    {
        AddTag();
        refusal = null;
        if (busy || !context!.Validate())
            return;
        busy = true;
        var result = basis is null ? await CreateAsync() : await Service.EditAsync(Id!.Value, draft!, basis, actor!, default);
        busy = false;
        if (result.Ok)
        {
            mayLeave = true;
            await Js.InvokeVoidAsync("ccd.forgetDraft", DraftKey);
            await Js.InvokeVoidAsync("ccd.toast", "已保存");
            Navigation.NavigateTo(Back);
        }
        else if (result.Refusal == CommonRefusals.ChangedMeanwhile)
        {
            await MeetAsync();
        }
        else
        {
            refusal = validator!.Show(result.Refusal);
        }
    }

    private async Task<Result> CreateAsync()
    {
        var created = await Service.CreateAsync(draft!, actor!, default);
        if (created.Ok)
            Id = created.Value;
        return created.WithoutValue();
    }

    /// <summary>Somebody saved in between: takes over what only they changed, and asks about what both did.</summary>
    private async Task MeetAsync()
    {
        var now = await Customers.FormAsync(Id!.Value, actor!, default);
        if (!now.Ok)
        {
            refusal = now.Refusal;
            return;
        }

        conflict = CustomerMerge.Of(basis!.Draft, draft!, now.Value);
        var merged = conflict.Merged;
        basis = now.Value;
        StartFrom(basis.Draft);
        unchanged = basis.Draft.Copy();
        draft = merged;
        Rebind();
    }

    private void Rebind()
    {
        Forget();
        context = new EditContext(draft!);
        context.OnFieldChanged += LookForDuplicates;
    }

    private async Task KeepMineAsync()
    {
        conflict = null;
        await SaveAsync();
    }

    private void TakeTheirs()
    {
        conflict = null;
        StartFrom(basis!.Draft);
    }

    private async void LookForDuplicates(object? sender, FieldChangedEventArgs e)
    {
        if (e.FieldIdentifier.FieldName is not (nameof(CustomerDraft.Name) or nameof(CustomerDraft.Phones) or nameof(CustomerDraft.IdentityNumber)))
            return;
        try
        {
            await InvokeAsync(async () =>
            {
                duplicates = await Customers.DuplicatesAsync(draft!, Id, actor!, default);
                StateHasChanged();
            });
        }
        catch (Exception problem)
        {
            await DispatchExceptionAsync(problem);
        }
    }

    private void SetPhone(int at, ChangeEventArgs e)
    {
        draft!.Phones[at] = (string?)e.Value ?? "";
        Tell(nameof(CustomerDraft.Phones));
    }

    private void AddPhone() => draft!.Phones.Add("");

    private void RemovePhone(int at)
    {
        draft!.Phones.RemoveAt(at);
        Tell(nameof(CustomerDraft.Phones));
    }

    private void AddTag()
    {
        if (newTag.Trim() is { Length: > 0 } tag && !draft!.Tags.Contains(tag))
            draft.Tags.Add(tag);
        newTag = "";
        Tell(nameof(CustomerDraft.Tags));
    }

    private void RemoveTag(string tag)
    {
        draft!.Tags.Remove(tag);
        Tell(nameof(CustomerDraft.Tags));
    }

    private void Tell(string field) => context!.NotifyFieldChanged(context.Field(field));

    private Task KeyAsync(KeyboardEventArgs e) => e.Key == "Escape" && leavingTo is null ? CancelAsync() : Task.CompletedTask;

    private Task CancelAsync()
    {
        if (Changed)
            leavingTo = Back;
        else
            Navigation.NavigateTo(Back);
        return Task.CompletedTask;
    }

    private void BeforeLeaving(LocationChangingContext leaving)
    {
        if (!Changed)
            return;
        leaving.PreventNavigation();
        leavingTo = leaving.TargetLocation;
        StateHasChanged();
    }

    private async Task Leave()
    {
        mayLeave = true;
        await Js.InvokeVoidAsync("ccd.forgetDraft", DraftKey);
        Navigation.NavigateTo(leavingTo!);
    }
}
