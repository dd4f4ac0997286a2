using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Upkeep;

namespace CcdBlazor.Domain.Messages.Monitor;

/// <summary>Everything that the monitor page shows, of one moment.</summary>
/// <param name="Today">Since midnight in Shanghai.</param>
/// <param name="Times">Response times of providers since midnight.</param>
/// <param name="Channels">The same by channel.</param>
/// <param name="Days">Seven days, oldest first, today last.</param>
/// <param name="Later">How many wait for a moment, by reason; counted up to <see cref="MonitorBoard.MostCounted"/> in all.</param>
public sealed record MonitorView(
    DateTimeOffset At, OutcomeCounts Today, ResponseTimes Times, IReadOnlyList<(MessageChannel Channel, OutcomeCounts Counts, ResponseTimes Times)> Channels,
    IReadOnlyList<(DateOnly Day, OutcomeCounts Counts)> Days, IReadOnlyList<LaneView> Lanes, IReadOnlyList<(WaitReason Why, long Waiting)> Later,
    IReadOnlyList<AccountHealth> Accounts, int Nodes, IReadOnlyList<ActiveAlarm> Alarms);

/// <summary>A channel's queue and its pools over all nodes.</summary>
/// <param name="Waiting">Ready to go; at most <see cref="MonitorBoard.MostCounted"/> counted per class.</param>
/// <param name="MoreWaiting">The count stopped at its bound.</param>
/// <param name="Oldest">How long the oldest has been ready; none when nothing waits.</param>
/// <param name="UnderWay">In the hands of nodes, without an outcome.</param>
/// <param name="Pools">One per node.</param>
public sealed record LaneView(MessageChannel Channel, long Waiting, bool MoreWaiting, TimeSpan? Oldest, long UnderWay, IReadOnlyList<NodePool> Pools)
{
    public int Workers => Pools.Sum(p => p.Gauge.Workers);

    public int Busy => Pools.Sum(p => p.Gauge.Busy);

    /// <summary>What holds the channel back: where one node has no reason, another one's counts.</summary>
    public Bottleneck Bottleneck => Pools.Select(p => p.Gauge.Bottleneck).Where(b => b != Bottleneck.Nothing).DefaultIfEmpty(Bottleneck.Nothing).Max();
}

/// <summary>A lane's pool on one node.</summary>
public sealed record NodePool(string Node, LaneGauge Gauge);

/// <summary>An account: whether it is used now, and what is left of its quota.</summary>
/// <param name="RestsUntil">Not used before; none when it is used.</param>
/// <param name="Fault">What the last probe found wrong.</param>
public sealed record AccountHealth(
    int Number, string Name, MessageChannel Channel, bool Enabled, DateTimeOffset? RestsUntil, string? RestReason, DateTimeOffset? ProbedAt, string? Fault, IReadOnlyList<QuotaWindow> Quota)
{
    /// <summary>Its keys, signature or balance were refused: a person has to do something.</summary>
    public bool Refused => RestsUntil is not null && RestReason?.StartsWith(CredentialsReason.Prefix, StringComparison.Ordinal) == true;
}

/// <summary>Something that a person should look at.</summary>
/// <param name="Key">Stable: <c>age:sms</c>, <c>account:3</c>, <c>failures</c>.</param>
/// <param name="Words">Chinese, one sentence.</param>
public sealed record ActiveAlarm(string Key, string Words, DateTimeOffset Since);

/// <summary>What people read about a lane.</summary>
public static class BottleneckWords
{
    public static string Of(Bottleneck bottleneck) => bottleneck switch
    {
        Bottleneck.Nothing => "没有瓶颈",
        Bottleneck.Workers => "线程都在等服务商答复",
        Bottleneck.Quota => "账号限额已用完",
        Bottleneck.Provider => "服务商限流或熔断，账号休息中",
        Bottleneck.NoAccount => "没有可用的账号",
        Bottleneck.Database => "等待数据库写入",
        Bottleneck.Broker => "等待消息代理或工作进程",
        _ => throw new ArgumentOutOfRangeException(nameof(bottleneck), bottleneck, null),
    };

    public static string Of(WaitReason why) => why switch
    {
        WaitReason.Scheduled => "定时",
        WaitReason.Retry => "等待重试",
        WaitReason.Quota => "账号限额",
        WaitReason.RecipientLimit => "接收人限额",
        WaitReason.QuietHours => "免打扰",
        WaitReason.Paused => "批次暂停",
        WaitReason.ProviderThrottled => "服务商限流",
        WaitReason.NoAccount => "没有可用账号",
        _ => throw new ArgumentOutOfRangeException(nameof(why), why, null),
    };
}
