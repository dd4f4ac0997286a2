namespace CcdBlazor.Domain.Audit;

/// <summary>A link of the chain: the <paramref name="Position"/>-th seal and its hash (64 hexadecimal digits).</summary>
public sealed record AuditHead(long Position, string Hash);

/// <summary>How far a verification is.</summary>
public readonly record struct AuditProgress(long Verified, long Total);

/// <summary>What is wrong with the first row that does not fit the chain.</summary>
public enum AuditBreakKind
{
    /// <summary>The entry, or the hash kept for it, is not what was sealed.</summary>
    Changed,
    /// <summary>The entry was sealed and is gone.</summary>
    Removed,
    /// <summary>The entry stands among sealed ones and was never sealed: it was slipped in afterwards.</summary>
    Inserted,
    /// <summary>A link of the chain itself was taken out.</summary>
    SealRemoved,
    /// <summary>The chain agrees with itself, but not with the head that was written down outside the database: it was computed anew.</summary>
    Rewritten,
    /// <summary>The chain is shorter than a head that was written down outside the database.</summary>
    Shortened,
}

/// <summary>The first broken row.</summary>
/// <param name="Position">Place in the chain, from 1.</param>
/// <param name="Seq">Number of the entry, where one is known.</param>
/// <param name="At">When the entry was written; for a row that is gone, the time of the last intact entry before it.</param>
public sealed record AuditBreak(AuditBreakKind Kind, long Position, long? Seq, DateTimeOffset? At)
{
    /// <summary>Chinese, for the administrator; times are given by the caller in local form.</summary>
    public string Text => Kind switch
    {
        AuditBreakKind.Changed => $"第 {Seq} 号记录的内容被改动过。",
        AuditBreakKind.Removed => $"第 {Seq} 号记录已被删除。",
        AuditBreakKind.Inserted => $"第 {Seq} 号记录是事后插入的。",
        AuditBreakKind.SealRemoved => $"校验链的第 {Position} 环被删除。",
        AuditBreakKind.Rewritten => $"校验链在第 {Position} 环之前被整体改写，与库外留存的校验值不符。",
        AuditBreakKind.Shortened => $"校验链在第 {Position} 环之后被截断，库外留存的校验值比它更长。",
    };
}

/// <summary>The outcome of a verification.</summary>
/// <param name="Verified">Entries whose seal fits.</param>
/// <param name="Unsealed">Entries too young to be sealed; none of them is vouched for yet.</param>
/// <param name="Head">The last link that fits; none for an empty chain.</param>
/// <param name="Anchors">How many heads from outside the database were compared.</param>
/// <param name="Break">The first row that does not fit; none when all do.</param>
public sealed record AuditReport(long Verified, long Unsealed, AuditHead? Head, int Anchors, AuditBreak? Break, TimeSpan Took)
{
    public bool Intact => Break is null;
}
