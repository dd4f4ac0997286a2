using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>Where a batch stands. The numbers are stored.</summary>
public enum BatchState : short
{
    /// <summary>Its recipients are in, nothing is sent yet.</summary>
    Draft = 0,
    /// <summary>Waits for its moment.</summary>
    Scheduled = 1,
    Running = 2,
    Paused = 3,
    /// <summary>Every recipient has an outcome.</summary>
    Finished = 4,
    Cancelled = 5,
    /// <summary>The canary share was sent; the rest waits for a person's word.</summary>
    CanaryDone = 6,
    /// <summary>Waits for a second person's approval.</summary>
    AwaitsApproval = 7,
}

/// <summary>Up to 10,000 messages of one template, steered together. Its row is the queue entry of all of them.</summary>
internal sealed class MessageBatch
{
    public Guid Id { get; init; }

    /// <summary>Readable: <c>PL-20261120-0001</c>.</summary>
    public required string Number { get; init; }

    public required string Name { get; set; }

    public Guid TemplateId { get; init; }

    public int TemplateVersion { get; init; }

    public MessageChannel Channel { get; init; }

    public int? Account { get; init; }

    public short Priority { get; set; }

    public bool Urgent { get; init; }

    public BatchState State { get; set; }

    public int Total { get; init; }

    /// <summary>So many go first and wait for a person's word; 0 for none.</summary>
    public int Canary { get; set; }

    public DateTimeOffset? StartAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public Guid? CallerId { get; init; }

    public required string CallerName { get; init; }

    /// <summary>The batch whose failures this one sends again.</summary>
    public Guid? ResendOf { get; init; }

    public uint Version { get; init; }
}
