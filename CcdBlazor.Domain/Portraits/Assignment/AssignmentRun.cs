using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Domain.Portraits.Assignment;

/// <summary>Where a run stands. The names are stored.</summary>
public enum RunState
{
    /// <summary>等待计算</summary>
    Queued,
    /// <summary>计算中</summary>
    Computing,
    /// <summary>待批准: nothing was changed so far.</summary>
    Ready,
    /// <summary>已执行, all of it or a part.</summary>
    Applied,
    /// <summary>已撤销</summary>
    Undone,
    /// <summary>已放弃</summary>
    Discarded,
    /// <summary>计算失败</summary>
    Failed,
}

/// <summary>Figures of a finished run.</summary>
public sealed record RunFigures(
    PlanFigures Optimal, PlanFigures Greedy, PlanFigures Today, int Customers, int Left, double Gap, double Seconds, IReadOnlyList<string> Shortfalls, IReadOnlyList<ManagerLoad> Loads);

/// <summary>What a manager has, and would have: customers in work, and what those want, in CNY.</summary>
public sealed record ManagerLoad(Guid ManagerId, string Name, int Before, int After, int Maximum, int Minimum = 0, decimal AmountBefore = 0, decimal AmountAfter = 0);

/// <summary>
/// A dry run of the assignment and what came of it. Computing changes no customer; that needs somebody's approval, which is written here.
/// At most one run waits or computes at a time (<see cref="Busy"/> is unique).
/// </summary>
internal sealed class AssignmentRun
{
    /// <summary>A node that said nothing for this long is gone; another takes its run up from the beginning.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(2);

    public const int LongestNote = 500;

    internal static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), Converters = { new JsonStringEnumConverter() } };

    public Guid Id { get; private init; }

    /// <summary>Counts up; shown as <c>FP-0001</c>.</summary>
    public int Ordinal { get; private init; }

    public RunState State { get; private set; }

    /// <summary>1 while it waits or computes, else none; the unique index over it lets only one do so.</summary>
    public short? Busy { get; private set; }

    public Guid? RequestedById { get; private init; }

    public string RequestedByName { get; private init; } = "";

    public DateTimeOffset RequestedAt { get; private init; }

    /// <summary>Departments whose customers and managers take part; none: the whole company.</summary>
    public Guid[]? DepartmentIds { get; private init; }

    /// <summary>Only customers whose owner is no account manager in use.</summary>
    public bool OnlyOrphans { get; private init; }

    public string Rules { get; private set; } = "{}";

    /// <summary>0..100.</summary>
    public short Progress { get; private set; }

    /// <summary>Chinese: what is being done.</summary>
    public string Step { get; private set; } = "";

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public DateTimeOffset? FinishedAt { get; private set; }

    public string? Figures { get; private set; }

    /// <summary>Chinese.</summary>
    public string? Failure { get; private set; }

    public Guid? ApprovedById { get; private set; }

    public string? ApprovedByName { get; private set; }

    public DateTimeOffset? ApprovedAt { get; private set; }

    public string? Note { get; private set; }

    public string? EndedByName { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    public uint Version { get; private set; }

    public static AssignmentRun Request(Guid[]? departments, bool onlyOrphans, Actor by, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), State = RunState.Queued, Busy = 1, RequestedById = by.Id, RequestedByName = by.DisplayName, RequestedAt = now, DepartmentIds = departments,
        OnlyOrphans = onlyOrphans, Step = "等待计算",
    };

    public bool MayBeTakenUp(DateTimeOffset now) => State == RunState.Queued || (State == RunState.Computing && HeartbeatAt < now - LostAfter);

    public void TakeUp(ScoreRules rules, DateTimeOffset now)
    {
        State = RunState.Computing;
        Rules = JsonSerializer.Serialize(rules, Json);
        Report(0, "读取客户和客户经理", now);
    }

    public void Report(int percent, string step, DateTimeOffset now)
    {
        Progress = (short)Math.Clamp(percent, 0, 100);
        Step = step;
        HeartbeatAt = now;
    }

    public void Finish(RunFigures figures, DateTimeOffset now)
    {
        (State, Busy, Progress, Step) = (RunState.Ready, null, 100, "计算完成");
        Figures = JsonSerializer.Serialize(figures, Json);
        FinishedAt = now;
    }

    public void Fail(string why, DateTimeOffset now)
    {
        (State, Busy, Failure, Step) = (RunState.Failed, null, why, "计算失败");
        FinishedAt = now;
    }

    /// <summary>Somebody says yes, to all of it or to a part; further parts may follow.</summary>
    public Result Approve(Actor by, string? note, DateTimeOffset now)
    {
        if (State is not (RunState.Ready or RunState.Applied))
            return AssignmentRefusals.NotReady(State);
        State = RunState.Applied;
        ApprovedById ??= by.Id;
        ApprovedByName ??= by.DisplayName;
        ApprovedAt ??= now;
        Note ??= note;
        return Result.Done;
    }

    public Result Discard(Actor by, DateTimeOffset now)
    {
        if (State != RunState.Ready && State != RunState.Queued)
            return AssignmentRefusals.NotReady(State);
        (State, Busy, EndedByName, EndedAt) = (RunState.Discarded, null, by.DisplayName, now);
        return Result.Done;
    }

    public Result Undo(Actor by, DateTimeOffset now)
    {
        if (State != RunState.Applied)
            return AssignmentRefusals.NotApplied;
        (State, EndedByName, EndedAt) = (RunState.Undone, by.DisplayName, now);
        return Result.Done;
    }
}

/// <summary>What came of a row. The names are stored.</summary>
public enum RowOutcome
{
    /// <summary>Nothing so far.</summary>
    Open,
    Applied,
    /// <summary>Left out at applying, with the reason.</summary>
    Skipped,
    Undone,
}

/// <summary>One customer of a run.</summary>
internal sealed class AssignmentRow
{
    public const int LongestWhy = 200;

    public required Guid RunId { get; init; }

    public required Guid CustomerId { get; init; }

    public required Guid FromOwnerId { get; init; }

    public Guid? ToManagerId { get; init; }

    public required PlanKind Kind { get; init; }

    public double Score { get; init; }

    public ScoreClass? Class { get; init; }

    /// <summary>Score with the present owner.</summary>
    public double? Today { get; init; }

    /// <summary>Chinese, one per factor.</summary>
    public string[] Reasons { get; init; } = [];

    public RowOutcome Outcome { get; set; }

    /// <summary>Chinese: why it was skipped or not undone.</summary>
    public string? Why { get; set; }
}

/// <summary>Refusals of assignments.</summary>
public static class AssignmentRefusals
{
    public static readonly Refusal Running = new("assignment.running", "已有一次分配正在计算，请等它结束后再开始。", RefusalKind.Conflict);
    public static readonly Refusal NothingToApply = new("assignment.nothing_to_apply", "没有可以执行的变更。", RefusalKind.Conflict);
    public static readonly Refusal NotApplied = new("assignment.not_applied", "这个方案没有执行过，不需要撤销。", RefusalKind.Conflict);
    public static readonly Refusal NoReach = new("assignment.no_reach", "您没有负责的部门，也不能查看全部客户，不能发起分配。", RefusalKind.Forbidden);
    public static readonly Refusal NeedsPerson = new("assignment.needs_person", "分配方案须由有权限的同事批准。", RefusalKind.Forbidden);
    public static readonly Refusal AlreadyHis = new("assignment.already_his", "该客户已经由这位客户经理负责。", RefusalKind.Conflict);

    public static Refusal NotReady(RunState state) => new("assignment.not_ready", $"这个方案现在是“{state.Label()}”，不能这样操作。", RefusalKind.Conflict);
}

/// <summary>Words of runs.</summary>
public static class AssignmentWords
{
    public static string Label(this RunState state) => state switch
    {
        RunState.Queued => "等待计算",
        RunState.Computing => "计算中",
        RunState.Ready => "待批准",
        RunState.Applied => "已执行",
        RunState.Undone => "已撤销",
        RunState.Discarded => "已放弃",
        RunState.Failed => "计算失败",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string Colour(this RunState state) => state switch
    {
        RunState.Queued or RunState.Discarded or RunState.Undone => "grey",
        RunState.Computing => "blue",
        RunState.Ready => "amber",
        RunState.Applied => "green",
        RunState.Failed => "red",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string Label(this PlanKind kind) => kind switch
    {
        PlanKind.Kept => "不变",
        PlanKind.Moved => "更换",
        PlanKind.Unassigned => "未分配",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Label(this RowOutcome outcome) => outcome switch
    {
        RowOutcome.Open => "未执行",
        RowOutcome.Applied => "已执行",
        RowOutcome.Skipped => "已跳过",
        RowOutcome.Undone => "已撤销",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };
}
