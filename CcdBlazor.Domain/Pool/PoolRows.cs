using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Domain.Pool;

/// <summary>A pool that the reader may look into.</summary>
/// <param name="Customers">How many lie in it, counted to a bound.</param>
/// <param name="More">There are more than were counted.</param>
/// <param name="PicksLeft">Today, for the reader; none: no limit.</param>
/// <param name="HeldLeft">Until the reader owns as many undecided customers as the pool allows; none: no limit.</param>
/// <param name="ViewsLeft">Today, for the reader; none: no limit.</param>
public sealed record PoolStanding(Guid Id, string Name, int Customers, bool More, int? PicksLeft, int? HeldLeft, int? ViewsLeft, bool MayPick, bool MayMove)
{
    /// <summary>How many the reader can still pick now; none: no limit.</summary>
    public int? MayStillPick => PicksLeft is null ? HeldLeft : HeldLeft is null ? PicksLeft : Math.Min(PicksLeft.Value, HeldLeft.Value);
}

/// <summary>What the list of a pool is narrowed to.</summary>
/// <param name="Search">Part of the name (unless the pool hides names), or the customer number. Never a phone or an identity number.</param>
public sealed record PoolFilter(string? Search = null, CustomerKind? Kind = null, Guid? ProductId = null, CustomerLevel? Level = null);

/// <summary>A customer in a pool, as whoever may pick it sees it: masked as the pool says, here and not by the page.</summary>
/// <param name="Phone">Masked, or none when the pool hides phones (or there is none).</param>
/// <param name="Identity">Masked, or none.</param>
/// <param name="Amount">CNY.</param>
/// <param name="NotBefore">Until then the reader may not pick it (cool-down, protection).</param>
public sealed record PoolRow(
    Guid Id, string Number, CustomerKind Kind, string Name, string? Phone, string? Identity, IReadOnlyList<string> Products, decimal Amount, CustomerLevel? Level,
    int Percent, DateTimeOffset Since, string? FormerOwner, OwnerChangeCause? Cause, DateTimeOffset? LastFollowUpAt, DateTimeOffset? NotBefore);

/// <summary>The detail of a customer in a pool; each opened one counts against the views of the day.</summary>
public sealed record PoolDetail(PoolRow Row, string? Source, int Missing, string? ReleaseReason, IReadOnlyList<OwnerChangeRow> Owners, int? ViewsLeft);

/// <summary>What came of picking several.</summary>
public sealed record PickOutcome(IReadOnlyList<Guid> Picked, IReadOnlyList<(Guid Id, Refusal Refusal)> Refused);

/// <summary>When a customer goes into the pool unless somebody follows it up.</summary>
public sealed record Countdown(Guid CustomerId, DateTimeOffset DueAt, string Pool)
{
    /// <summary>Days in Shanghai until then; 0: today.</summary>
    public int DaysLeft(DateTimeOffset now) => Math.Max(0, CustomerNumbers.DayOf(DueAt).DayNumber - CustomerNumbers.DayOf(now).DayNumber);

    /// <summary>As people read it.</summary>
    public string Text(DateTimeOffset now) => DueAt <= now ? "即将进入公海" : DaysLeft(now) switch
    {
        0 => $"今天 {CustomerNumbers.OnScreen(DueAt)[11..]} 进入公海",
        var days => $"还有 {days} 天进入公海",
    };

    /// <summary>Worth a colour: three days or less.</summary>
    public bool IsNear(DateTimeOffset now) => DaysLeft(now) <= 3;
}
