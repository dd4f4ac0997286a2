using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Statistics;

/// <summary>Whose customers are counted.</summary>
public enum StatisticsScopeKind
{
    Everybody,
    /// <summary>A department that the reader leads, with everything below it.</summary>
    Department,
    /// <summary>Customers that the reader owns.</summary>
    Mine,
}

/// <summary>A scope to choose.</summary>
/// <param name="Label">Chinese.</param>
public sealed record StatisticsScope(StatisticsScopeKind Kind, Guid? DepartmentId, string Label)
{
    /// <summary>The word in the address.</summary>
    public string Word => Kind switch
    {
        StatisticsScopeKind.Everybody => "all",
        StatisticsScopeKind.Department => DepartmentId.ToString()!,
        StatisticsScopeKind.Mine => "mine",
    };
}

/// <summary>What happened on one day in Shanghai, on customers that are in the scope now.</summary>
/// <param name="Registered">Customers registered on the day.</param>
/// <param name="Uploads">Documents handed in.</param>
public sealed record TrendDay(DateOnly Day, long Registered, long Uploads, long Submitted, long Returned, long Approved, long Rejected);

/// <summary>Customers of the last 30 days by where they stand now; each step is a part of the one before.</summary>
/// <param name="Complete">资料已齐全 or beyond.</param>
/// <param name="Submitted">审核中 or decided.</param>
public sealed record Funnel(long Registered, long Complete, long Submitted, long Approved);

/// <summary>The files in review.</summary>
/// <param name="OldestSince">Since when the one waits that waits longest.</param>
/// <param name="MedianSince">Half of them wait at least since then.</param>
public sealed record WaitingFiles(long Count, DateTimeOffset? OldestSince, DateTimeOffset? MedianSince);

/// <summary>A colleague's customers now, and what happened on them in the last 30 days.</summary>
public sealed record ColleagueFigures(Guid StaffId, string Name, StateCounts Customers, long Registered, long Uploads, long Submitted, long Approved);

/// <summary>Customers by state.</summary>
public sealed record StateCounts(long Collecting, long Complete, long InReview, long Approved, long Rejected)
{
    public long Total => Collecting + Complete + InReview + Approved + Rejected;

    /// <summary>资料已齐全 or beyond.</summary>
    public long Filled => Total - Collecting;

    /// <summary>Share of <see cref="Filled"/>, 0..100, rounded down so that 100 means all; none without customers.</summary>
    public int? FilledPercent => Total == 0 ? null : (int)(Filled * 100 / Total);
}

/// <summary>Everything on the page 统计.</summary>
/// <param name="ListsOpen">The reader sees every customer of the scope, so each figure opens as a list of the same length.</param>
/// <param name="Trend">30 days, the oldest first, today last.</param>
/// <param name="Colleagues">Most customers first; empty for the scope of one's own.</param>
public sealed record Dashboard(
    StatisticsScope Scope, bool ListsOpen, DateOnly Today, DateTimeOffset At, StateCounts Customers, WaitingFiles Waiting, Funnel Funnel,
    IReadOnlyList<TrendDay> Trend, IReadOnlyList<ColleagueFigures> Colleagues)
{
    /// <summary>First day of the trend and of the funnel.</summary>
    public DateOnly FirstDay => Trend[0].Day;
}

/// <summary>What a list of events shows.</summary>
public enum FileEventKind
{
    /// <summary>Documents handed in, by anybody.</summary>
    Uploads,
    /// <summary>Documents handed in by customers themselves.</summary>
    CustomerUploads,
    Submitted,
    Returned,
    Approved,
    Rejected,
}

/// <summary>Which events. Days are days in Shanghai, both included.</summary>
public sealed record FileEventFilter(FileEventKind Kind, DateOnly From, DateOnly To, Guid? OwnerId = null, Guid? DepartmentId = null);

/// <summary>One thing that happened on a customer's file. Properties, not parameters: a query can sort by them.</summary>
public sealed record FileEventRow
{
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required Guid CustomerId { get; init; }

    public required string Number { get; init; }

    public required string Name { get; init; }

    /// <summary>The file name of a document, or the reason of a decision.</summary>
    public required string? What { get; init; }

    /// <summary>Who did it.</summary>
    public required string By { get; init; }
}

public static class StatisticsRefusals
{
    public static readonly Refusal ScopeNotYours = new("statistics.scope", "没有找到这个统计范围，或您无权查看。", RefusalKind.NotFound);
}
