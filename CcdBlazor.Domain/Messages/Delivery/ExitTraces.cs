using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>A row of the trace, about to be written.</summary>
internal readonly record struct TraceRow(
    DateTimeOffset At, Guid Message, TraceNode Node, TraceResult Result, short Attempt, string? Code = null, string? ProviderId = null, string? Detail = null);

/// <summary>The trace rows that an outcome leaves.</summary>
internal static class ExitTraces
{
    public static List<TraceRow> Of(List<MessageExit> group)
    {
        var rows = new List<TraceRow>(group.Count * 3);
        foreach (var exit in group)
        {
            var id = exit.Row.Id;
            var attempt = exit.Row.Attempt;
            if (!exit.Attempted)
            {
                rows.Add(exit.Kind == ExitKind.Later
                    ? new TraceRow(exit.EndedAt, id, TraceNode.Process, TraceResult.Waits, attempt, exit.Why.ToString(), null, exit.Reason)
                    : new TraceRow(exit.EndedAt, id, TraceNode.Process, ResultOf(exit), attempt, exit.Code, null, exit.Reason));
                continue;
            }

            if (!exit.ProcessTraced)
                rows.Add(new TraceRow(exit.StartedAt, id, TraceNode.Process, TraceResult.Done, attempt));
            rows.Add(new TraceRow(exit.EndedAt, id, TraceNode.Send, ResultOf(exit), attempt, exit.Code, exit.ProviderId, exit.Reason));
            if (exit.Kind == ExitKind.Later)
                rows.Add(new TraceRow(exit.EndedAt, id, TraceNode.Queue, TraceResult.Waits, attempt, exit.Why.ToString()));
            else if (exit.State == MessageState.Delivered)
                // The answer itself was the confirmation.
                rows.Add(new TraceRow(exit.EndedAt, id, TraceNode.Callback, TraceResult.Done, attempt, null, exit.ProviderId));
        }

        return rows;
    }

    private static TraceResult ResultOf(in MessageExit exit) => exit.Kind switch
    {
        ExitKind.NextChannel => TraceResult.NextChannel,
        ExitKind.Later => TraceResult.Failed,
        _ => exit.State switch
        {
            MessageState.Failed => TraceResult.Failed,
            MessageState.Skipped => TraceResult.Skipped,
            MessageState.Cancelled => TraceResult.Cancelled,
            MessageState.Unknown => TraceResult.Unknown,
            _ => TraceResult.Done,
        },
    };
}
