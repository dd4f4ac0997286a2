using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>Brings messages whose moment has come into the queue.</summary>
internal sealed class Promoter(NpgsqlDataSource source, LaneSignals signals, TimeProvider clock)
{
    private const string Promote = """
        with due as (
          delete from later_messages where id = any(array(
            select id from later_messages where ready_at <= $1 order by ready_at limit 2000 for update skip locked))
          returning id, lane, class, turn, ready_at)
        , q as (insert into ready_messages (id, lane, class, turn) select id, lane, class, turn from due order by ready_at)
        select lane, class, count(*) from due group by lane, class
        """;

    /// <summary>Moves what is due; answers how many.</summary>
    public async Task<int> StepAsync(CancellationToken ct)
    {
        var moved = 0;
        await using var command = source.CreateCommand(Promote);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = clock.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            signals.Raise(reader.GetInt32(0), reader.GetInt16(1));
            moved += (int)reader.GetInt64(2);
        }

        return moved;
    }

    /// <summary>When the next one is due, if there is any.</summary>
    public async Task<DateTimeOffset?> NextAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select min(ready_at) from later_messages where ready_at < 'infinity'");
        return await command.ExecuteScalarAsync(ct) is DateTime moment ? new DateTimeOffset(moment, TimeSpan.Zero) : null;
    }
}
