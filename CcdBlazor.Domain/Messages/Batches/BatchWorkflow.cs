namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>What a person or another system may do with a batch.</summary>
public enum BatchMove : short
{
    Start = 1,
    Pause = 2,
    /// <summary>Go on after a pause.</summary>
    Resume = 3,
    /// <summary>Send the rest after the canary share.</summary>
    Continue = 4,
    Cancel = 5,
    /// <summary>A second person lets a large batch go.</summary>
    Approve = 6,
}

/// <summary>Which move is allowed in which state, and where it leads. The only place that knows.</summary>
public static class BatchWorkflow
{
    private static readonly (BatchState From, BatchMove Move, BatchState To)[] Moves =
    [
        (BatchState.Draft, BatchMove.Start, BatchState.Scheduled),
        (BatchState.Draft, BatchMove.Cancel, BatchState.Cancelled),
        (BatchState.AwaitsApproval, BatchMove.Approve, BatchState.Scheduled),
        (BatchState.AwaitsApproval, BatchMove.Cancel, BatchState.Cancelled),
        (BatchState.Scheduled, BatchMove.Pause, BatchState.Paused),
        (BatchState.Scheduled, BatchMove.Cancel, BatchState.Cancelled),
        (BatchState.Running, BatchMove.Pause, BatchState.Paused),
        (BatchState.Running, BatchMove.Cancel, BatchState.Cancelled),
        (BatchState.Paused, BatchMove.Resume, BatchState.Scheduled),
        (BatchState.Paused, BatchMove.Cancel, BatchState.Cancelled),
        (BatchState.CanaryDone, BatchMove.Continue, BatchState.Scheduled),
        (BatchState.CanaryDone, BatchMove.Cancel, BatchState.Cancelled),
    ];

    /// <summary>Where the move leads, or null when it is not allowed.</summary>
    public static BatchState? Next(BatchState from, BatchMove move)
    {
        foreach (var (state, allowed, to) in Moves)
            if (state == from && allowed == move)
                return to;
        return null;
    }

    public static IReadOnlyList<BatchMove> AllowedIn(BatchState state) => [.. Moves.Where(m => m.From == state).Select(m => m.Move)];

    public static string Words(BatchState state) => state switch
    {
        BatchState.Draft => "草稿",
        BatchState.Scheduled => "等待开始",
        BatchState.Running => "发送中",
        BatchState.Paused => "已暂停",
        BatchState.Finished => "已完成",
        BatchState.Cancelled => "已取消",
        BatchState.CanaryDone => "试发完成，待确认",
        BatchState.AwaitsApproval => "待审批",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string Words(BatchMove move) => move switch
    {
        BatchMove.Start => "开始发送",
        BatchMove.Pause => "暂停",
        BatchMove.Resume => "继续",
        BatchMove.Continue => "发送其余",
        BatchMove.Cancel => "取消",
        BatchMove.Approve => "批准",
        _ => throw new ArgumentOutOfRangeException(nameof(move), move, null),
    };
}
