namespace CcdBlazor.Domain.Audit;

/// <summary>One thing that somebody did. Written in the commit of the change itself; never updated, never deleted (triggers refuse both).</summary>
internal sealed class AuditEntry
{
    /// <summary>Order of insertion. Gaps are normal (rolled-back transactions); removal shows in the seals.</summary>
    public long Seq { get; private set; }

    /// <summary>The transaction that wrote it, set by the database: the sequencer seals only what no running transaction can still precede.</summary>
    public ulong Txid { get; private set; }

    public required DateTimeOffset At { get; init; }

    public required string ActorKind { get; init; }

    public Guid? ActorId { get; init; }

    public required string ActorName { get; init; }

    /// <summary>IP address, when there is one.</summary>
    public string? From { get; init; }

    /// <summary>Stable verb, e.g. <c>document.returned</c>.</summary>
    public required string Action { get; init; }

    public required string SubjectType { get; init; }

    public Guid? SubjectId { get; init; }

    /// <summary>The customer whose timeline shows it.</summary>
    public Guid? CustomerId { get; init; }

    public string? Reason { get; init; }

    /// <summary>Changed values before, as JSON; personal numbers masked by the writer.</summary>
    public string? Before { get; init; }

    public string? After { get; init; }
}

/// <summary>A link of the hash chain over the entries, in the order in which they were sealed.</summary>
internal sealed class AuditSeal
{
    /// <summary>Place in the chain, from 1 without gaps.</summary>
    public required long Position { get; init; }

    /// <summary>The transaction of the entry. With <see cref="Seq"/> it is where the sequencer goes on, even when the entry itself is gone.</summary>
    public required ulong Txid { get; init; }

    public required long Seq { get; init; }

    /// <summary>SHA-256 over the previous hash and the canonical bytes of the entry.</summary>
    public required byte[] Hash { get; init; }
}
