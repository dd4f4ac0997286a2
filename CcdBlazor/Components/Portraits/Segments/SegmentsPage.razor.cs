using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits.Segments;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits.Segments;

/// <summary>Runs of the clustering, and what the newest (or the chosen) one found.</summary>
public sealed partial class SegmentsPage(SegmentRunQueries queries, SegmentRunService service, CurrentActor current)
{
    private IReadOnlyList<SegmentRunRow> runs = [];
    private SegmentRunDetail? detail;
    private Refusal? refusal;
    private int? chosen;
    private bool mayManage;
    private bool starting;
    private bool ending;
    private bool busy;

    [SupplyParameterFromQuery(Name = "run")]
    private Guid? Run { get; set; }

    /// <summary>Progress comes every second; more often nobody can read it.</summary>
    protected override TimeSpan Calm => TimeSpan.FromMilliseconds(500);

    protected override object? LoadKey => Run;

    private SegmentOutcome? outcome => detail?.Outcome;

    private SegmentRunRow? open => runs.FirstOrDefault(r => r.State is SegmentRunState.Queued or SegmentRunState.Running);

    protected override IEnumerable<string> Topics() => [SegmentTopics.All];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var by = await current.GetAsync();
        mayManage = by.May(Permission.ManagePortraits);
        var listed = await queries.ListAsync(by, ct);
        refusal = listed.Refusal;
        runs = listed.Ok ? listed.Value : [];
        // The result of a finished run does not change: only another run, or another state of it, is read again.
        var wanted = Run ?? runs.FirstOrDefault(r => r.State == SegmentRunState.Done)?.Id;
        if (wanted is null)
            detail = null;
        else if (detail?.Row.Id != wanted || detail.Row.State != runs.FirstOrDefault(r => r.Id == wanted)?.State)
        {
            var found = await queries.DetailAsync(wanted, by, ct);
            detail = found.Ok ? found.Value : null;
            refusal ??= found.Refusal;
            chosen = null;
        }
    }

    private void Choose(int segment) => chosen = chosen == segment ? null : segment;

    private async Task CancelAsync()
    {
        if (open is not { } running)
            return;
        busy = true;
        var cancelled = await service.CancelAsync(running.Id, await current.GetAsync(), Gone);
        (busy, ending) = (false, false);
        await ReloadAsync();
        refusal ??= cancelled.Refusal;
    }

    private async Task StartedAsync()
    {
        starting = false;
        await ReloadAsync();
    }
}
