using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>What became of messages in some stretch of time.</summary>
/// <param name="Sent">Taken by a provider, delivered ones among them.</param>
/// <param name="Delivered">Confirmed by the provider.</param>
/// <param name="Bounced">Taken first, then reported as not delivered.</param>
/// <param name="CostMilli">In 1/1000 yuan.</param>
public readonly record struct OutcomeCounts(long Sent, long Delivered, long Bounced, long Failed, long Skipped, long Cancelled, long Unknown, long CostMilli)
{
    /// <summary>Share of those that a provider took and did not report as lost, among all that were tried; null without any.</summary>
    public double? SuccessRate => Sent + Failed + Unknown is > 0 and var tried ? (double)(Sent - Bounced) / tried : null;

    public static OutcomeCounts operator +(OutcomeCounts a, OutcomeCounts b) => new(
        a.Sent + b.Sent, a.Delivered + b.Delivered, a.Bounced + b.Bounced, a.Failed + b.Failed, a.Skipped + b.Skipped, a.Cancelled + b.Cancelled, a.Unknown + b.Unknown, a.CostMilli + b.CostMilli);

    internal static OutcomeCounts Of(short result, long n, long cost) => result switch
    {
        (short)MessageState.Sent => new(n, 0, 0, 0, 0, 0, 0, cost),
        (short)MessageState.Delivered => new(n, n, 0, 0, 0, 0, 0, cost),
        ReceiptBook.Confirmed => new(0, n, 0, 0, 0, 0, 0, cost),
        ReceiptBook.Bounced => new(0, 0, n, 0, 0, 0, 0, cost),
        (short)MessageState.Failed => new(0, 0, 0, n, 0, 0, 0, cost),
        (short)MessageState.Skipped => new(0, 0, 0, 0, n, 0, 0, cost),
        (short)MessageState.Cancelled => new(0, 0, 0, 0, 0, n, 0, cost),
        (short)MessageState.Unknown => new(0, 0, 0, 0, 0, 0, n, cost),
        _ => default,
    };
}

/// <summary>Response times of providers; at most 19 % off.</summary>
public readonly record struct ResponseTimes(TimeSpan? P50, TimeSpan? P95, TimeSpan? P99);

/// <summary>Figures of a stretch of time: all, by channel and by day (Shanghai).</summary>
public sealed record MessageOverview(
    DateTimeOffset From, DateTimeOffset Until, OutcomeCounts All, ResponseTimes Times,
    IReadOnlyList<(MessageChannel Channel, OutcomeCounts Counts, ResponseTimes Times)> Channels, IReadOnlyList<(DateOnly Day, OutcomeCounts Counts)> Days);

/// <summary>A queue: how many wait in a lane and class, and since when the oldest was accepted.</summary>
/// <param name="Account">The account that the lane is bound to.</param>
public sealed record QueueDepth(MessageChannel Channel, int? Account, short Class, long Waiting, DateTimeOffset? OldestAccepted);

/// <summary>How it goes right now.</summary>
/// <param name="Minutes">Outcomes per minute of the last hour, oldest first; minutes without any are left out.</param>
/// <param name="Times">Response times of the last five minutes.</param>
/// <param name="Later">How many wait for a moment, by reason.</param>
/// <param name="Lanes">Pools of this node.</param>
/// <param name="AtTheDoor">Requests of this node that wait for their commit.</param>
public sealed record MessageRealtime(
    DateTimeOffset At, IReadOnlyList<(DateTimeOffset Minute, OutcomeCounts Counts)> Minutes, ResponseTimes Times, IReadOnlyList<QueueDepth> Queues,
    IReadOnlyList<(WaitReason Why, long Waiting)> Later, IReadOnlyList<LaneGauge> Lanes, int AtTheDoor, int OutcomesWaiting);

/// <summary>Figures of the message platform, from what is added up per minute; the same for the monitor page and for other systems.</summary>
public sealed class MessageStatistics(NpgsqlDataSource source, DeliveryEngine engine, TimeProvider clock)
{
    /// <summary>Longest stretch of an overview.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(92);

    /// <summary>Depths are counted; however many watch, at most once in this time.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(1);

    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private readonly SemaphoreSlim asking = new(1);
    private volatile Task<MessageRealtime>? kept;
    private long keptAt;

    /// <summary>Figures from a moment until another, at most <see cref="Longest"/> apart.</summary>
    public async Task<MessageOverview> OverviewAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken ct)
    {
        if (until - from > Longest)
            from = until - Longest;
        await using var connection = await source.OpenConnectionAsync(ct);
        var channels = new Dictionary<MessageChannel, OutcomeCounts>();
        var days = new SortedDictionary<DateOnly, OutcomeCounts>();
        await using (var counts = Between(connection, """
            select (minute at time zone 'Asia/Shanghai')::date, channel, result, sum(n)::bigint, sum(cost_milli)::bigint
            from message_minutes where minute >= $1 and minute < $2 group by 1, 2, 3
            """, from, until))
        {
            await using var r = await counts.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                var (day, channel) = (r.GetFieldValue<DateOnly>(0), (MessageChannel)r.GetInt16(1));
                var one = OutcomeCounts.Of(r.GetInt16(2), r.GetInt64(3), r.GetInt64(4));
                days[day] = days.GetValueOrDefault(day) + one;
                channels[channel] = channels.GetValueOrDefault(channel) + one;
            }
        }

        var times = await TimesAsync(connection, from, until, ct);
        for (var day = DayOf(from); day <= DayOf(until) && days.Count < 100; day = day.AddDays(1))
            days.TryAdd(day, default);
        return new MessageOverview(
            from, until, channels.Values.Aggregate(default(OutcomeCounts), (a, b) => a + b), Percentiles(times),
            [.. channels.OrderBy(c => c.Key).Select(c => (c.Key, c.Value, Percentiles(times.Where(t => t.Channel == c.Key))))],
            [.. days.Select(d => (d.Key, d.Value))]);
    }

    /// <summary>How it goes right now; at most a second old.</summary>
    public async Task<MessageRealtime> RealtimeAsync(CancellationToken ct)
    {
        if (kept is { IsCompletedSuccessfully: true } recent && clock.GetElapsedTime(Interlocked.Read(ref keptAt)) < KeptFor)
            return await recent;
        await asking.WaitAsync(ct);
        try
        {
            if (kept is { IsCompletedSuccessfully: true } meanwhile && clock.GetElapsedTime(Interlocked.Read(ref keptAt)) < KeptFor)
                return await meanwhile;
            var fresh = await AskAsync(ct);
            kept = Task.FromResult(fresh);
            Interlocked.Exchange(ref keptAt, clock.GetTimestamp());
            return fresh;
        }
        finally
        {
            asking.Release();
        }
    }

    private async Task<MessageRealtime> AskAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var connection = await source.OpenConnectionAsync(ct);
        var minutes = new SortedDictionary<DateTimeOffset, OutcomeCounts>();
        await using (var counts = Between(connection, "select minute, result, sum(n)::bigint, sum(cost_milli)::bigint from message_minutes where minute >= $1 and minute < $2 group by 1, 2", now.AddHours(-1), now.AddMinutes(1)))
        {
            await using var r = await counts.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                var minute = r.GetFieldValue<DateTimeOffset>(0);
                minutes[minute] = minutes.GetValueOrDefault(minute) + OutcomeCounts.Of(r.GetInt16(1), r.GetInt64(2), r.GetInt64(3));
            }
        }

        var queues = new List<QueueDepth>();
        await using (var depth = new NpgsqlCommand("""
            with g as (select lane, class, count(*) as n, min(seq) as first from ready_messages group by lane, class)
            select g.lane, g.class, g.n, (select r.id from ready_messages r where r.lane = g.lane and r.class = g.class and r.seq = g.first) from g order by g.lane, g.class
            """, connection))
        {
            await using var r = await depth.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                queues.Add(new QueueDepth(
                    Lane.ChannelOf(r.GetInt32(0)), Lane.AccountOf(r.GetInt32(0)), r.GetInt16(1), r.GetInt64(2), await r.IsDBNullAsync(3, ct) ? null : MessageIds.TimeOf(r.GetGuid(3))));
        }

        var later = new List<(WaitReason, long)>();
        await using (var waits = new NpgsqlCommand("select why, count(*) from later_messages group by why order by why", connection))
        {
            await using var r = await waits.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                later.Add(((WaitReason)r.GetInt16(0), r.GetInt64(1)));
        }

        var times = await TimesAsync(connection, now.AddMinutes(-5), now.AddMinutes(1), ct);
        return new MessageRealtime(now, [.. minutes.Select(m => (m.Key, m.Value))], Percentiles(times), queues, later, engine.Gauges, engine.AtTheDoor, engine.OutcomesWaiting);
    }

    private static async Task<List<(MessageChannel Channel, short Bucket, long Count)>> TimesAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset until, CancellationToken ct)
    {
        var times = new List<(MessageChannel, short, long)>();
        await using var buckets = Between(connection, "select channel, bucket, sum(n)::bigint from message_latencies where minute >= $1 and minute < $2 group by 1, 2", from, until);
        await using var r = await buckets.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            times.Add(((MessageChannel)r.GetInt16(0), r.GetInt16(1), r.GetInt64(2)));
        return times;
    }

    private static ResponseTimes Percentiles(IEnumerable<(MessageChannel Channel, short Bucket, long Count)> times)
    {
        var counts = times.GroupBy(t => t.Bucket).Select(g => (g.Key, g.Sum(t => t.Count))).ToList();
        return new ResponseTimes(LatencyBuckets.Percentile(counts, 0.5), LatencyBuckets.Percentile(counts, 0.95), LatencyBuckets.Percentile(counts, 0.99));
    }

    private static NpgsqlCommand Between(NpgsqlConnection connection, string sql, DateTimeOffset from, DateTimeOffset until)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = until.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return command;
    }

    private static DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, Shanghai).DateTime);
}
