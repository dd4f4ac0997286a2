using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Failures;
using CcdBlazor.Domain.Messages.Records;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Messages.Failures;

/// <summary>The dead letter by cause, live, with what people do about it.</summary>
public sealed partial class FailuresPage
{
    private const int AtOnce = 50;

    private sealed record Question(FailureCause? Cause, int Count, IReadOnlyList<Guid>? Ids);

    private readonly HashSet<Guid> chosen = [];
    private IReadOnlyList<FailureGroup>? groups;
    private FailureStretch? list;
    private FailureCause? open;
    private Guid? cursor;
    private Question? asked;
    private Guid? settling;
    private Guid? correcting;
    private Guid? traced;
    private Refusal? refusal;
    private string? outcome;
    private DateTimeOffset now;
    private bool mayAct;
    private bool busy;

    [Inject]
    private DeadLetter Failures { get; set; } = default!;

    [Inject]
    private CurrentActor Current { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    protected override TimeSpan Calm => TimeSpan.FromSeconds(1);

    protected override IEnumerable<string> Topics() => [MessageTopics.Monitor];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var by = await Current.GetAsync();
        now = Clock.GetUtcNow();
        mayAct = by.May(Permission.SendMessages);
        var answer = await Failures.GroupsAsync(by, ct);
        if (!answer.Ok)
            refusal = answer.Refusal;
        groups = answer.Ok ? answer.Value : [];
        if (open is not null && groups.All(group => group.Cause != open))
            Close();
        if (open is not null)
        {
            var found = await Failures.ListAsync(open, null, cursor, AtOnce, by, ct);
            list = found.Ok ? found.Value : null;
            chosen.IntersectWith(list?.Rows.Select(row => row.Id) ?? []);
        }
    }

    private Task ToggleAsync(FailureCause cause)
    {
        var closing = open == cause;
        Close();
        if (closing)
            return Task.CompletedTask;
        open = cause;
        return ReloadAsync();
    }

    private void Close()
    {
        (open, list, cursor) = (null, null, null);
        chosen.Clear();
    }

    private Task ToAsync(Guid? next)
    {
        cursor = next;
        chosen.Clear();
        return ReloadAsync();
    }

    private void Choose((Guid Id, bool On) choice)
    {
        if (choice.On)
            chosen.Add(choice.Id);
        else
            chosen.Remove(choice.Id);
    }

    private async Task ReplayAsync()
    {
        if (asked is not { } question || busy)
            return;
        await ActAsync(async by =>
        {
            var answer = question.Ids is { } ids ? await Failures.ReplayAsync(ids, by, Gone) : await Failures.ReplayGroupAsync(question.Cause!, by, Gone);
            if (answer.Ok)
                outcome = $"已重新发送 {Format.Count(answer.Value.Replayed)} 条{(answer.Value.Left > 0 ? $"，{Format.Count(answer.Value.Left)} 条已由他人处理或批次已取消" : "")}{(answer.Value.More ? "，还有更多，请再次操作" : "")}。";
            return answer.WithoutValue();
        });
        asked = null;
    }

    private async Task SettleAsync(Guid id, bool arrived)
    {
        await ActAsync(async by =>
        {
            if (arrived)
            {
                var done = await Failures.ConfirmDeliveredAsync(id, by, Gone);
                outcome = done.Ok ? "已记为送达。" : null;
                return done;
            }

            var again = await Failures.ReplayAsync([id], by, Gone);
            if (again is { Ok: true, Value.Replayed: 0 })
                return FailureRefusals.Settled;
            outcome = again.Ok ? "已重新发送。" : null;
            return again.WithoutValue();
        });
        settling = null;
    }

    private async Task CorrectedAsync()
    {
        (correcting, outcome) = (null, "已修正并重新发送。");
        await ReloadAsync();
    }

    private async Task ActAsync(Func<StaffActor, Task<Result>> act)
    {
        busy = true;
        outcome = null;
        refusal = (await act(await Current.GetAsync())).Refusal;
        busy = false;
        chosen.Clear();
        await ReloadAsync();
    }

    private static string TitleOf(FailureCause cause) => cause.Failure is { } failure ? ChannelWords.Of(failure) : RecordWords.Of(Domain.Messages.Sending.MessageState.Unknown);

    private static string KeyOf(FailureCause cause) => $"{(int)cause.Channel}-{(int?)cause.Failure ?? 0}-{cause.Code}";
}
