using System.Text;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>Finds messages and their traces. Whoever calls asks for the right to do so.</summary>
public sealed class MessageQueries(NpgsqlDataSource source)
{
    public const int LargestStretch = 100;

    /// <summary>Longer searches are given up: the caller narrows the time.</summary>
    private const int PatienceSeconds = 8;

    private const string Columns = """
        select m.id, m.state, m.channel, t.code, m.template_version, m.recipient, m.priority, m.urgent, m.accepted_at, m.not_before, m.expires_at, m.finished_at, m.receipt_at,
          m.attempt, m.account, m.failure, m.code, m.reason, m.cost_milli, m.batch_id, m.customer_id, m.subject_id, m.tags, m.caller, l.why, l.ready_at
        from messages m left join message_templates t on t.id = m.template_id left join later_messages l on l.id = m.id
        """;

    /// <summary>One message, or null. The recipient is whole only for <paramref name="reader"/>, who handed it in.</summary>
    public async Task<MessageView?> FindAsync(Guid id, Guid? reader, CancellationToken ct)
    {
        await using var command = source.CreateCommand(Columns + " where m.id = $1");
        command.Parameters.AddWithValue(id);
        await using var rows = await command.ExecuteReaderAsync(ct);
        return await rows.ReadAsync(ct) ? Read(rows, reader) : null;
    }

    /// <summary>The steps of a message, oldest first; kept for seven days.</summary>
    public async Task<IReadOnlyList<TraceView>> TraceAsync(Guid id, CancellationToken ct)
    {
        // No step is older than the message: its id says when it was made.
        await using var command = source.CreateCommand("""
            select at, node, result, attempt, host, code, provider_id, detail from message_traces where message_id = $1 and at >= $2 order by at, node limit 1000
            """);
        command.Parameters.AddWithValue(id);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (MessageIds.TimeOf(id) - TimeSpan.FromHours(1)).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var steps = new List<TraceView>();
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            steps.Add(new TraceView(
                r.GetFieldValue<DateTimeOffset>(0), (TraceNode)r.GetInt16(1), (TraceResult)r.GetInt16(2), r.GetInt16(3), Text(r, 4), Text(r, 5), Text(r, 6), Text(r, 7)));
        return steps;
    }

    /// <summary>Messages newest first, by cursor: stable while new ones come in, and the hundredth stretch costs what the first does.</summary>
    public async Task<MessageStretch> ListAsync(MessageFilter filter, Guid? cursor, int take, Guid? reader, CancellationToken ct)
    {
        take = Math.Clamp(take, 1, LargestStretch);
        await using var command = source.CreateCommand();
        command.CommandTimeout = PatienceSeconds;
        var where = new StringBuilder(Columns).Append(" where true");
        void And(string condition, NpgsqlParameter value)
        {
            command.Parameters.Add(value);
            where.Append(" and ").Append(condition).Append(" $").Append(command.Parameters.Count);
        }

        if (filter.Person is { } person)
            And("m.person =", new NpgsqlParameter<Guid> { TypedValue = person });
        if (filter.BatchId is { } batch)
            And("m.batch_id =", new NpgsqlParameter<Guid> { TypedValue = batch });
        if (filter.Template is { } template)
            And("m.template_id = (select id from message_templates where deleted_at is null and code =", new NpgsqlParameter<string> { TypedValue = template });
        if (filter.Template is not null)
            where.Append(')');
        if (filter.State is { } state)
            And("m.state =", new NpgsqlParameter<short> { TypedValue = (short)state });
        if (filter.Channel is { } channel)
            And("m.channel =", new NpgsqlParameter<short> { TypedValue = (short)channel });
        if (filter.Caller is { } caller)
            And("m.caller =", new NpgsqlParameter<Guid> { TypedValue = caller });
        // Times become bounds of the id, so that only the days in question are opened.
        if (filter.From is { } from)
            And("m.id >=", new NpgsqlParameter<Guid> { TypedValue = MessageIds.First(from) });
        if (filter.Until is { } until)
            And("m.id <", new NpgsqlParameter<Guid> { TypedValue = MessageIds.First(until) });
        if (cursor is { } after)
            And("m.id <", new NpgsqlParameter<Guid> { TypedValue = after });
        where.Append(" order by m.id desc limit ").Append(take + 1);
        command.CommandText = where.ToString();
        var found = new List<MessageView>(take + 1);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
            found.Add(Read(rows, reader));
        var more = found.Count > take;
        if (more)
            found.RemoveAt(take);
        return new MessageStretch(found, more ? found[^1].Id : null);
    }

    /// <summary>A batch with its progress, or null.</summary>
    public async Task<BatchView?> BatchAsync(Guid id, CancellationToken ct)
    {
        await using var command = source.CreateCommand("""
            select b.id, b.number, b.name, t.code, b.channel, b.state, b.priority, b.total, p.fed, p.sent, p.delivered, p.failed, p.skipped, p.cancelled, p.unknown, p.bounced,
              p.cost_milli, b.created_at, b.start_at, b.started_at, b.finished_at, b.caller_id
            from message_batches b join message_batch_progress p on p.batch_id = b.id left join message_templates t on t.id = b.template_id where b.id = $1
            """);
        command.Parameters.AddWithValue(id);
        await using var r = await command.ExecuteReaderAsync(ct);
        return await r.ReadAsync(ct)
            ? new BatchView(
                r.GetGuid(0), r.GetString(1), r.GetString(2), Text(r, 3), (MessageChannel)r.GetInt16(4), (Batches.BatchState)r.GetInt16(5), r.GetInt16(6), r.GetInt32(7), r.GetInt32(8),
                r.GetInt32(9), r.GetInt32(10), r.GetInt32(11), r.GetInt32(12), r.GetInt32(13), r.GetInt32(14), r.GetInt32(15), r.GetInt64(16), r.GetFieldValue<DateTimeOffset>(17),
                Value<DateTimeOffset>(r, 18), Value<DateTimeOffset>(r, 19), Value<DateTimeOffset>(r, 20), Value<Guid>(r, 21))
            : null;
    }

    private static MessageView Read(NpgsqlDataReader r, Guid? reader)
    {
        var channel = (MessageChannel)r.GetInt16(2);
        var caller = Value<Guid>(r, 23);
        var recipient = reader is not null && caller == reader ? r.GetString(5) : RecipientMask.Of(channel, r.GetString(5));
        var until = r.IsDBNull(25) || r.GetDateTime(25) == DateTime.MaxValue ? null : Value<DateTimeOffset>(r, 25);
        return new MessageView(
            r.GetGuid(0), (MessageState)r.GetInt16(1), channel, Text(r, 3), r.GetInt32(4), recipient, r.GetInt16(6), r.GetBoolean(7), r.GetFieldValue<DateTimeOffset>(8),
            Value<DateTimeOffset>(r, 9), Value<DateTimeOffset>(r, 10), Value<DateTimeOffset>(r, 11), Value<DateTimeOffset>(r, 12), r.GetInt16(13), Value<int>(r, 14),
            (FailureClass?)Value<short>(r, 15), Text(r, 16), Text(r, 17), Value<int>(r, 18), Value<Guid>(r, 19), Value<Guid>(r, 20), Value<Guid>(r, 21),
            r.IsDBNull(22) ? [] : r.GetFieldValue<string[]>(22), caller, (WaitReason?)Value<short>(r, 24), until);
    }

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static T? Value<T>(NpgsqlDataReader r, int column)
        where T : struct => r.IsDBNull(column) ? null : r.GetFieldValue<T>(column);
}
