using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits;

/// <summary>One run: its progress, what it found, and what is done with it.</summary>
public sealed partial class AssignmentPage(AssignmentQueries queries, AssignmentService assignments, CurrentActor current)
{
    private readonly HashSet<Guid> chosen = [];
    private RunDetail? detail;
    private Refusal? refusal;
    private Ask? ask;
    private string? done;
    private string note = "";
    private bool busy;

    private enum Ask
    {
        Apply,
        Discard,
        Undo,
    }

    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "kind")]
    private string? Kind { get; set; }

    [SupplyParameterFromQuery(Name = "outcome")]
    private string? Outcome { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    private string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "manager")]
    private Guid? Manager { get; set; }

    [SupplyParameterFromQuery(Name = "page")]
    private int? Number { get; set; }

    protected override object? LoadKey => Id;

    protected override IEnumerable<string> Topics() => [PortraitTopics.Assignment(Id)];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var asked = Id;
        var found = await queries.DetailAsync(asked, await current.GetAsync(), ct);
        if (asked == Id)
            detail = found.Ok ? found.Value : null;
    }

    private Task ApplyAsync() => DoAsync(async by =>
    {
        var applied = await assignments.ApplyAsync(Id, chosen.Count > 0 ? [.. chosen] : null, note, by, default);
        if (applied.Ok)
        {
            done = $"已更换 {applied.Value.Changed} 位客户的负责人{(applied.Value.Skipped > 0 ? $"，跳过 {applied.Value.Skipped} 位（原因见下表）" : "")}。";
            chosen.Clear();
        }

        return applied.WithoutValue();
    });

    private Task DiscardAsync() => DoAsync(by => assignments.DiscardAsync(Id, by, default));

    private Task UndoAsync() => DoAsync(async by =>
    {
        var undone = await assignments.UndoAsync(Id, by, default);
        if (undone.Ok)
            done = $"已交还 {undone.Value.Changed} 位客户{(undone.Value.Skipped > 0 ? $"，{undone.Value.Skipped} 位没有改动（原因见下表）" : "")}。";
        return undone.WithoutValue();
    });

    private async Task DoAsync(Func<Actor, Task<Result>> work)
    {
        (busy, done) = (true, null);
        try
        {
            refusal = (await work(await current.GetAsync())).Refusal;
            ask = null;
            await ReloadAsync();
        }
        finally
        {
            busy = false;
        }
    }
}
