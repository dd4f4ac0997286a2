using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>The figures per day (Asia/Shanghai), added up from the minutes. Computing a day again replaces it; nothing is counted twice.</summary>
public sealed class DayFigures(NpgsqlDataSource source, TimeProvider clock)
{
    private const string Days = """
        insert into message_days (day, channel, account, template_id, result, n, cost_milli)
        select $1, channel, account, template_id, result, sum(n)::bigint, sum(cost_milli)::bigint from message_minutes
        where minute >= $1::timestamp at time zone 'Asia/Shanghai' and minute < ($1 + 1)::timestamp at time zone 'Asia/Shanghai' group by channel, account, template_id, result
        """;

    private const string Latencies = """
        insert into message_day_latencies (day, channel, bucket, n)
        select $1, channel, bucket, sum(n)::bigint from message_latencies
        where minute >= $1::timestamp at time zone 'Asia/Shanghai' and minute < ($1 + 1)::timestamp at time zone 'Asia/Shanghai' group by channel, bucket
        """;

    /// <summary>The day of now, in Shanghai.</summary>
    public DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).DateTime);

    /// <summary>Computes the days again. Days whose minutes are (partly) gone stay as they are. Answers how many were computed.</summary>
    public async Task<int> ComputeAsync(DateOnly first, DateOnly last, CancellationToken ct)
    {
        var whole = Today.AddDays(1 - (int)MessageCleaning.MinutesKept.TotalDays);
        var computed = 0;
        await using var connection = await source.OpenConnectionAsync(ct);
        for (var day = first < whole ? whole : first; day <= last; day = day.AddDays(1), computed++)
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            // One at a time: two runs of one day would insert the same rows.
            foreach (var sql in new[]
            {
                "select pg_advisory_xact_lock(7316003) where $1 is not null", "delete from message_days where day = $1", Days, "delete from message_day_latencies where day = $1", Latencies,
            })
            {
                await using var command = new NpgsqlCommand(sql, connection, transaction);
                command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = day, NpgsqlDbType = NpgsqlDbType.Date });
                await command.ExecuteNonQueryAsync(ct);
            }

            await transaction.CommitAsync(ct);
        }

        return computed;
    }
}
