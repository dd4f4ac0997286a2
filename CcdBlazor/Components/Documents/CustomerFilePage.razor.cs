using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Live;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Documents;

/// <summary>A customer with the whole file: what is missing, who acts, every paper, and what happened. Fills itself while others work on it.</summary>
public sealed partial class CustomerFilePage : LiveComponent
{
    private StaffActor? actor;
    private CustomerDetail? detail;
    private ChecklistView? checklist;
    private PresenceBoard.Visit? visit;
    private string? uploadItem;

    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private CustomerQueries Customers { get; set; } = default!;

    [Inject]
    private DocumentQueries Documents { get; set; } = default!;

    [Inject]
    private PresenceBoard Presence { get; set; } = default!;

    protected override object LoadKey => Id;

    protected override IEnumerable<string> Topics() => [CustomerTopics.One(Id)];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        actor = await Current.GetAsync();
        var found = await Customers.DetailAsync(Id, actor, ct);
        detail = found.Ok ? found.Value : null;
        checklist = detail is null ? null : await Documents.ChecklistAsync(Id, actor, ct);
        EnterOnce();
    }

    protected override ValueTask OnLeaveAsync()
    {
        visit?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Present is who has a live page: not the prerendered copy, and not one whose customer cannot be seen.</summary>
    private void EnterOnce()
    {
        if (!RendererInfo.IsInteractive || actor is null)
            return;
        if (visit is not null && (detail is null || visit.CustomerId != Id))
        {
            visit.Dispose();
            visit = null;
        }

        if (detail is not null)
            visit ??= Presence.Enter(Id, actor.StaffId);
    }
}
