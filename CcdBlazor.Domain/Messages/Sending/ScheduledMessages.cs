using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Delivery;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>Single messages that wait for their moment: they can be called back and given another time until they enter the queue.</summary>
public sealed class ScheduledMessages
{
    private const string Find = """
        select m.caller, m.state, m.expires_at, l.id is not null
        from messages m left join later_messages l on l.id = m.id and l.why = 1 and l.batch_id is null where m.id = $1
        """;

    private const string Cancel = """
        with gone as (delete from later_messages where id = $1 and why = 1 and batch_id is null returning id)
        , m as (update messages m set state = 7, finished_at = $2 from gone where m.id = gone.id and m.id = $1 returning m.id, m.channel, m.account, m.template_id)
        , t as (insert into message_traces (at, message_id, node, result, attempt, host, detail) select $2, id, 0, 5, 0, $3, $4 from m)
        , f as (
          insert into message_minutes as f (minute, channel, account, template_id, result, n) select date_trunc('minute', $2), channel, coalesce(account, 0), template_id, 7, 1 from m
          on conflict (minute, channel, account, template_id, result) do update set n = f.n + 1)
        select count(*) from m
        """;

    private const string Move = """
        with moved as (update later_messages set ready_at = $5 where id = $1 and why = 1 and batch_id is null returning id)
        , m as (update messages m set not_before = $5, expires_at = $6 from moved where m.id = moved.id and m.id = $1 returning m.id)
        , t as (insert into message_traces (at, message_id, node, result, attempt, host, code, detail) select $2, id, 0, 1, 0, $3, 'Scheduled', $4 from m)
        select count(*) from m
        """;

    private readonly NpgsqlDataSource source;
    private readonly LaneSignals signals;
    private readonly MessageCounters counters;
    private readonly TimeProvider clock;

    internal ScheduledMessages(NpgsqlDataSource source, LaneSignals signals, MessageCounters counters, TimeProvider clock)
    {
        this.source = source;
        this.signals = signals;
        this.counters = counters;
        this.clock = clock;
    }

    /// <summary>
    /// Calls a message back. Refuses what is under way, sent or part of a batch (<see cref="ScheduleRefusals.UnderWay"/>); calling back twice is done both times.
    /// </summary>
    /// <param name="caller">Only messages that this caller handed in; any other does not exist for him. None for all.</param>
    public async Task<Result> CancelAsync(Guid id, Guid? caller, Actor by, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var (refusal, state, _) = await FindAsync(connection, id, caller, ct);
        if (state == MessageState.Cancelled)
            return Result.Done;
        if (refusal is not null)
            return refusal;
        await using var command = Command(connection, Cancel, id, $"由 {by.DisplayName} 撤回");
        return await command.ExecuteScalarAsync(ct) is 1L ? Said() : ScheduleRefusals.UnderWay;
    }

    /// <summary>
    /// Gives a message another time. Refuses a time in the past or too far away, an expiry before it, and what is under way, sent or part of a batch.
    /// </summary>
    /// <param name="caller">Only messages that this caller handed in. None for all.</param>
    /// <param name="expiresAt">Another expiry; the one it has when none.</param>
    public async Task<Result> RescheduleAsync(Guid id, DateTimeOffset at, DateTimeOffset? expiresAt, Guid? caller, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (at < now.AddMinutes(-1))
            return SendRefusals.AtPast;
        if (at > now + MessageSender.Farthest)
            return SendRefusals.TooFar;
        await using var connection = await source.OpenConnectionAsync(ct);
        var (refusal, _, expires) = await FindAsync(connection, id, caller, ct);
        if (refusal is not null)
            return refusal;
        var end = expiresAt ?? expires;
        if (end <= at)
            return SendRefusals.ExpiryBeforeStart;
        await using var command = Command(connection, Move, id, $"由 {by.DisplayName} 改期");
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = at.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<DateTime?> { TypedValue = end?.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        if (await command.ExecuteScalarAsync(ct) is not 1L)
            return ScheduleRefusals.UnderWay;
        signals.RaiseLater(at);
        return Said();
    }

    private Result Said()
    {
        counters.Say(MessageTopics.Monitor);
        return Result.Done;
    }

    private static async Task<(Refusal? Refusal, MessageState? State, DateTimeOffset? ExpiresAt)> FindAsync(NpgsqlConnection connection, Guid id, Guid? caller, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand(Find, connection);
        find.Parameters.AddWithValue(id);
        await using var reader = await find.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct) || (caller is not null && (await reader.IsDBNullAsync(0, ct) || reader.GetGuid(0) != caller)))
            return (CommonRefusals.NotFound, null, null);
        var expires = await reader.IsDBNullAsync(2, ct) ? (DateTimeOffset?)null : reader.GetFieldValue<DateTimeOffset>(2);
        return (reader.GetBoolean(3) ? null : ScheduleRefusals.UnderWay, (MessageState)reader.GetInt16(1), expires);
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid id, string detail)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ThisHost.Name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = detail });
        return command;
    }
}

/// <summary>Refusals around messages that wait for their moment.</summary>
public static class ScheduleRefusals
{
    public static readonly Refusal UnderWay = new("messages.under_way", "这条消息已经开始发送、已有结果或属于批次，不能再撤回或改期。", RefusalKind.Conflict);
}
