using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Settings;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages;

/// <summary>What the configuration centre draws beside a change: the figures per minute that the setting acts on.</summary>
internal static class MessageMetrics
{
    public static IEnumerable<SettingMetric> All =>
    [
        .. Of("发送", "条/分钟", Counted((short)MessageState.Sent, (short)MessageState.Delivered), MessageSettings.PoolLeast, MessageSettings.PoolMost, MessageSettings.QuietFrom, MessageSettings.QuietUntil, MessageSettings.QuietSmear),
        .. Of("拦截", "条/分钟", Counted((short)MessageState.Skipped), MessageSettings.SameContent, MessageSettings.DailyCap, MessageSettings.TestMode),
        .. Of("失败", "条/分钟", Counted((short)MessageState.Failed), MessageSettings.Attempts, MessageSettings.FirstBackOff, MessageSettings.LongestBackOff, MessageSettings.BreakerFailures, MessageSettings.BreakerRest, MessageSettings.ThrottleRest),
        .. Of("服务商响应 p95", "毫秒", ResponseAsync, MessageSettings.PoolLeast, MessageSettings.PoolMost),
    ];

    private static IEnumerable<SettingMetric> Of(
        string name, string unit, Func<IServiceProvider, DateTimeOffset, DateTimeOffset, CancellationToken, Task<IReadOnlyList<SettingMetricPoint>>> read, params Setting[] settings) =>
        settings.Select(setting => new SettingMetric(setting, name, unit, read));

    /// <summary>Minutes without any count as zero: a setting that stops something must be seen to stop it.</summary>
    private static Func<IServiceProvider, DateTimeOffset, DateTimeOffset, CancellationToken, Task<IReadOnlyList<SettingMetricPoint>>> Counted(params short[] results) => async (services, from, to, ct) =>
    {
        await using var command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand("""
            select g.minute, coalesce((select sum(n) from message_minutes m where m.minute = g.minute and m.result = any($3)), 0)::float8
            from generate_series(date_trunc('minute', $1::timestamptz), $2::timestamptz, interval '1 minute') g(minute)
            where exists (select from message_minutes where minute >= $1 and minute < $2)
            """);
        return await PointsAsync(command, from, to, p => p.Add(new NpgsqlParameter<short[]> { TypedValue = results }), r => r.GetDouble(1), ct);
    };

    private static async Task<IReadOnlyList<SettingMetricPoint>> ResponseAsync(IServiceProvider services, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        await using var command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand("""
            select minute, array_agg(bucket order by bucket), array_agg(n order by bucket)
            from (select minute, bucket, sum(n)::bigint as n from message_latencies where minute >= $1 and minute < $2 group by 1, 2) l group by 1 order by 1
            """);
        return await PointsAsync(command, from, to, _ => { }, r =>
            LatencyBuckets.Percentile(r.GetFieldValue<short[]>(1).Zip(r.GetFieldValue<long[]>(2)).Select(p => (p.First, p.Second)), 0.95)?.TotalMilliseconds ?? 0, ct);
    }

    private static async Task<IReadOnlyList<SettingMetricPoint>> PointsAsync(
        NpgsqlCommand command, DateTimeOffset from, DateTimeOffset to, Action<NpgsqlParameterCollection> more, Func<NpgsqlDataReader, double> value, CancellationToken ct)
    {
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = to.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        more(command.Parameters);
        var points = new List<SettingMetricPoint>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            points.Add(new SettingMetricPoint(reader.GetFieldValue<DateTimeOffset>(0), value(reader)));
        return points;
    }
}
