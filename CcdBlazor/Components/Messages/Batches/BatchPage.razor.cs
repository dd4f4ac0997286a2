using System.Globalization;
using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace CcdBlazor.Components.Messages.Batches;

/// <summary>One batch, live: how far it is, what holds it back, who got what, and the levers.</summary>
public sealed partial class BatchPage
{
    private const int AtOnce = 50;

    private BatchDetail? detail;
    private BatchRecipientStretch? recipients;
    private Refusal? refusal;
    private BatchMove? asked;
    private Guid? traced;
    private bool resending;
    private bool moving;
    private bool busy;
    private string? newTime;

    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "outcome")]
    private string? Outcome { get; set; }

    [SupplyParameterFromQuery(Name = "after")]
    private int? After { get; set; }

    [Inject]
    private BatchQueries Queries { get; set; } = default!;

    [Inject]
    private BatchService Batches { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    private MessageState? Filter => Enum.TryParse<MessageState>(Outcome, out var state) && Enum.IsDefined(state) ? state : null;

    protected override object? LoadKey => (Id, Outcome, After);

    /// <summary>Progress is drawn twice a second at most, however fast it goes.</summary>
    protected override TimeSpan Calm => TimeSpan.FromMilliseconds(500);

    protected override IEnumerable<string> Topics() => [MessageTopics.Batch(Id)];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var by = await Current.GetAsync();
        var answer = await Queries.FindAsync(Id, by, ct);
        detail = answer.Ok ? answer.Value : null;
        if (detail is null)
            return;
        var found = await Queries.RecipientsAsync(Id, Filter, After ?? 0, AtOnce, by, ct);
        recipients = found.Ok ? found.Value : null;
    }

    private async Task MoveAsync(BatchMove move)
    {
        await ActAsync(async by => (await Batches.MoveAsync(Id, move, by, Gone)).WithoutValue(), $"已{BatchWorkflow.Words(move)}", move);
        asked = null;
    }

    private async Task ResendAsync()
    {
        Guid? made = null;
        await ActAsync(async by =>
        {
            var answer = await Batches.ResendFailedAsync(Id, new MessageCaller(by.StaffId, by), Gone);
            made = answer.Ok ? answer.Value.Id : null;
            return answer.WithoutValue();
        }, "已建立重发批次");
        resending = false;
        if (made is { } batch)
            Navigation.NavigateTo($"/messages/batches/{batch}");
    }

    private async Task RescheduleAsync()
    {
        await ActAsync(by => MessageFormatOf(newTime) is { } time ? Batches.RescheduleAsync(Id, time, by, Gone) : Task.FromResult<Result>(SendRefusals.AtPast), "已改期");
        moving = false;
    }

    private static DateTimeOffset? MessageFormatOf(string? text) => Records.MessageFormat.Typed(text);

    /// <summary>The service does not know who sees which batch: the page acts only on what it may show, and asks for the right again.</summary>
    private async Task ActAsync(Func<StaffActor, Task<Result>> act, string done, BatchMove? move = null)
    {
        busy = true;
        var by = await Current.GetAsync();
        var visible = await Queries.FindAsync(Id, by, Gone);
        var mayAct = move is { } wanted ? visible.Ok && visible.Value.Moves.Contains(wanted) : by.May(Permission.SendMessages);
        var answer = !visible.Ok ? visible.WithoutValue() : mayAct ? await act(by) : move is { } late ? BatchRefusals.MoveNotAllowed(visible.Value.Row.State, late) : CommonRefusals.Forbidden;
        refusal = answer.Refusal;
        busy = false;
        await ReloadAsync();
        if (answer.Ok)
            await Script.InvokeVoidAsync("ccd.toast", done);
    }

    private static string Consequence(BatchMove move, BatchDetail detail) => move switch
    {
        BatchMove.Start => $"将向 {Format.Count(detail.Row.Progress.Total)} 个接收人发送。{(detail.Row.StartAt is { } at ? $"计划在 {Format.Time(at)} 开始。" : "立即开始。")}",
        BatchMove.Pause => "正在发送的几条会发完，其余停下，可以随时继续。",
        BatchMove.Resume => $"继续发送剩余的 {Format.Count(detail.Row.Progress.Left)} 条。",
        BatchMove.Continue => $"将发送其余 {Format.Count(detail.Row.Progress.Left)} 条。",
        BatchMove.Cancel => $"剩余的 {Format.Count(detail.Row.Progress.Left)} 条不再发送，取消后不能恢复。已发出的不受影响。",
        BatchMove.Approve => $"批准后将向 {Format.Count(detail.Row.Progress.Total)} 个接收人发送。",
        _ => throw new ArgumentOutOfRangeException(nameof(move), move, null),
    };

    private string At(MessageState? state) =>
        Navigation.GetUriWithQueryParameters($"/messages/batches/{Id}", new Dictionary<string, object?> { ["outcome"] = state?.ToString() });

    private string Page(int? after) => Navigation.GetUriWithQueryParameter("after", after?.ToString(CultureInfo.InvariantCulture));
}
