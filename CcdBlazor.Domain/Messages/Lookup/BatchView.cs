using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>A batch with its progress; the outcomes and what still waits add up to the total.</summary>
/// <param name="Fed">So many entered the queue.</param>
/// <param name="Sent">Taken by a provider.</param>
/// <param name="Delivered">Of those, confirmed.</param>
/// <param name="Bounced">Of those, reported as lost.</param>
public sealed record BatchView(
    Guid Id, string Number, string Name, string? Template, MessageChannel Channel, BatchState State, int Priority, int Total, int Fed, int Sent, int Delivered, int Failed,
    int Skipped, int Cancelled, int Unknown, int Bounced, long CostMilli, DateTimeOffset CreatedAt, DateTimeOffset? StartAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, Guid? Caller)
{
    /// <summary>Without an outcome yet.</summary>
    public int Waiting => Total - Sent - Failed - Skipped - Cancelled - Unknown;
}
