namespace CcdBlazor.Domain.FollowUps;

/// <summary>A follow-up on the customer's page.</summary>
/// <param name="IsDone">The arranged step was taken or replaced.</param>
/// <param name="MayChange">The reader wrote it, less than a day ago.</param>
public sealed record FollowUpRow(
    Guid Id, FollowUpKind Kind, string What, string? Result, DateOnly? NextOn, string? NextWhat, bool IsDone, Guid StaffId, string Staff, DateTimeOffset At,
    DateTimeOffset? EditedAt, bool MayChange, IReadOnlyList<FollowUpFileRow> Files)
{
    public FollowUpDraft ToDraft() => new() { Kind = Kind, What = What, Result = Result, NextOn = NextOn, NextWhat = NextWhat };
}

public sealed record FollowUpFileRow(Guid FileId, string FileName);

/// <summary>Which part of what is arranged.</summary>
public enum DueWhen
{
    All,
    /// <summary>Before today and not done.</summary>
    Overdue,
    Today,
    /// <summary>Today until Sunday.</summary>
    ThisWeek,
}

/// <summary>What the due list is narrowed to.</summary>
/// <param name="Mine">Arranged by the reader, or on customers that the reader owns; otherwise on every customer that the reader sees.</param>
/// <param name="On">One day, in Shanghai; then <paramref name="When"/> does not count.</param>
public sealed record DueFilter(DueWhen When = DueWhen.All, bool Mine = true, FollowUpKind? Kind = null, DateOnly? On = null);

/// <summary>A step that is arranged and not done.</summary>
/// <param name="LastKind">How the contact was made in which it was arranged.</param>
/// <param name="Last">What was spoken of then.</param>
public sealed record DueRow(
    Guid Id, Guid CustomerId, string Number, string Customer, DateOnly NextOn, string? NextWhat, FollowUpKind LastKind, string Last, string? LastResult, DateTimeOffset LastAt,
    Guid StaffId, string Staff);

/// <summary>How many of each part there are.</summary>
public sealed record DueCounts(int Overdue, int Today, int ThisWeek, int All);

/// <summary>A day of the month view.</summary>
/// <param name="Rows">The first few.</param>
public sealed record DueDay(DateOnly Day, int Count, IReadOnlyList<DueRow> Rows);
