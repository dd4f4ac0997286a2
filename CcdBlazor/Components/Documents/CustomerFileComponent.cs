using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Live;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Documents;

/// <summary>A page about one customer's file: reads it together with everybody else who watches, and is present on it while it can be seen.</summary>
public abstract class CustomerFileComponent : LiveComponent
{
    private SharedFileReads.FileWatch? watch;

    [Parameter]
    public Guid Id { get; set; }

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private SharedFileReads Files { get; set; } = default!;

    [Inject]
    private PresenceBoard Presence { get; set; } = default!;

    protected StaffActor? Actor { get; private set; }

    /// <summary>None while loading, and when the customer is not visible, or no longer.</summary>
    protected CustomerFileView? File { get; private set; }

    protected PresenceBoard.Visit? Visit { get; private set; }

    protected override object LoadKey => Id;

    protected override IEnumerable<string> Topics() => [CustomerTopics.One(Id)];

    protected override IDisposable Subscribe(string topic, Action<Change> listener) => watch = Files.Watch(Id, listener);

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var (asked, through) = (Id, watch!);
        Actor = await Current.GetAsync();
        var read = await through.ReadAsync(Actor, ct);
        // Another customer was opened on this page meanwhile: its own reading is under way.
        if (asked != Id)
            return;
        File = read;
        EnterOrLeave();
    }

    protected override ValueTask OnLeaveAsync()
    {
        Visit?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Present is who has a live page: not the prerendered copy, and not one whose customer cannot be seen.</summary>
    private void EnterOrLeave()
    {
        if (Visit is not null && (File is null || Visit.CustomerId != Id))
        {
            Visit.Dispose();
            Visit = null;
        }

        if (RendererInfo.IsInteractive && File is not null)
            Visit ??= Presence.Enter(Id, Actor!);
    }
}
