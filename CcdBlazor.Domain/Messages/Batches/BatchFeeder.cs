using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>
/// Moves the messages of running batches into the queue piece by piece. What is not fed yet can be paused, cancelled and re-prioritised
/// at once, and a batch of ten thousand never stands in front of everybody else as one block.
/// </summary>
internal sealed class BatchFeeder(NpgsqlDataSource source, LaneSignals signals, ChangeFeed feed, TimeProvider clock)
{
    private const int Piece = 2_000;

    /// <summary>Most fed messages without an outcome: enough for the fastest lane between two looks, little enough to stop quickly.</summary>
    private const int Window = 6_000;

    private const string Due = """
        update message_batches set state = 2, started_at = $1 where state = 1 and (start_at is null or start_at <= $1) returning id
        """;

    private const string Running = """
        select b.id from message_batches b join message_batch_progress p on p.batch_id = b.id
        where b.state = 2 order by b.priority desc, b.created_at limit 200
        """;

    private const string Lock = """
        select b.total, b.canary, b.channel, b.account, b.priority, b.state, p.fed,
          p.sent + p.failed + p.skipped + p.cancelled + p.unknown
        from message_batches b join message_batch_progress p on p.batch_id = b.id where b.id = $1 for update of p skip locked
        """;

    private const string Feed = """
        with next as (select id, turn, batch_no from messages where batch_id = $1 and batch_no > $2 and batch_no <= $3 and state = 1 order by batch_no)
        , q as (insert into ready_messages (id, lane, class, turn) select id, $4, $5, turn from next order by batch_no)
        , t as (insert into message_traces (at, message_id, node, result, attempt, host) select $6, id, 0, 0, 0, $7 from next)
        update message_batch_progress set fed = $3 where batch_id = $1
        """;

    /// <summary>One look at all batches. True when something was fed and more is left.</summary>
    public async Task<bool> StepAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var changed = await ReadIdsAsync(Due, now, ct);
        var more = false;
        foreach (var batch in await ReadIdsAsync(Running, null, ct))
            more |= await FeedAsync(batch, now, changed, ct);
        if (changed.Count > 0)
        {
            feed.Publish(new Change(MessageTopics.Batches));
            foreach (var batch in changed)
                feed.Publish(new Change(MessageTopics.Batch(batch)));
        }

        return more;
    }

    private async Task<List<Guid>> ReadIdsAsync(string sql, DateTimeOffset? now, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        if (now is { } moment)
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = moment.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            ids.Add(reader.GetGuid(0));
        return ids;
    }

    private async Task<bool> FeedAsync(Guid batch, DateTimeOffset now, List<Guid> changed, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        int total, canary, fed, outcomes, lane;
        short priorityClass;
        await using (var find = new NpgsqlCommand(Lock, connection, transaction))
        {
            find.Parameters.AddWithValue(batch);
            await using var reader = await find.ExecuteReaderAsync(ct);
            // Another node is at it, or somebody paused it in this moment.
            if (!await reader.ReadAsync(ct) || reader.GetInt16(5) != (short)BatchState.Running)
                return false;
            total = reader.GetInt32(0);
            canary = reader.GetInt32(1);
            lane = Lane.Of((Channels.MessageChannel)reader.GetInt16(2), reader.IsDBNull(3) ? null : reader.GetInt32(3));
            priorityClass = PriorityClass.Of(reader.GetInt16(4));
            fed = reader.GetInt32(6);
            outcomes = reader.GetInt32(7);
        }

        var most = canary > 0 ? Math.Min(canary, total) : total;
        if (fed >= most)
        {
            if (outcomes < most)
                return false;
            var done = most == total;
            await using var finish = new NpgsqlCommand("update message_batches set state = $2, finished_at = $3 where id = $1 and state = 2", connection, transaction);
            finish.Parameters.AddWithValue(batch);
            finish.Parameters.AddWithValue((short)(done ? BatchState.Finished : BatchState.CanaryDone));
            finish.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, done ? now.UtcDateTime : DBNull.Value);
            await finish.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
            changed.Add(batch);
            return false;
        }

        var room = Math.Min(Piece, Window - (fed - outcomes));
        if (room <= 0)
            return false;
        var until = Math.Min(most, fed + room);
        await using (var push = new NpgsqlCommand(Feed, connection, transaction))
        {
            push.Parameters.AddWithValue(batch);
            push.Parameters.AddWithValue(fed);
            push.Parameters.AddWithValue(until);
            push.Parameters.AddWithValue(lane);
            push.Parameters.AddWithValue(priorityClass);
            push.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, now.UtcDateTime);
            push.Parameters.AddWithValue(ThisHost.Name);
            await push.ExecuteNonQueryAsync(ct);
        }

        await transaction.CommitAsync(ct);
        signals.Raise(lane, priorityClass);
        return until < most;
    }
}
