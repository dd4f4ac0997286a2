using CcdBlazor.Domain.Messages.Channels;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>Messages and their traces for other systems. Whoever calls asks for the right to do so.</summary>
public sealed class MessageQueries
{
    public const int LargestStretch = MessageSearch.LargestStretch;

    private readonly NpgsqlDataSource source;
    private readonly MessageSearch search;

    internal MessageQueries(NpgsqlDataSource source, MessageSearch search)
    {
        this.source = source;
        this.search = search;
    }

    /// <summary>One message, or null. The recipient is whole only for <paramref name="reader"/>, who handed it in.</summary>
    public async Task<MessageView?> FindAsync(Guid id, Guid? reader, CancellationToken ct) =>
        await search.FindAsync(id, caller: null, ct) is { } message ? Of(message, reader) : null;

    /// <summary>The steps of a message, oldest first; kept for seven days.</summary>
    public async Task<IReadOnlyList<TraceView>> TraceAsync(Guid id, CancellationToken ct) => await search.StepsAsync(id, ct);

    /// <summary>Messages newest first, by cursor: stable while new ones come in, and the hundredth stretch costs what the first does.</summary>
    public async Task<MessageStretch> ListAsync(MessageFilter filter, Guid? cursor, int take, Guid? reader, CancellationToken ct)
    {
        var (rows, next) = await search.ListAsync(filter, cursor, take, ct);
        return new MessageStretch(rows.ConvertAll(row => Of(row, reader)), next);
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

    private static MessageView Of(FoundMessage m, Guid? reader) => new(
        m.Id, m.State, m.Channel, m.TemplateCode, m.TemplateVersion, reader is not null && m.Caller == reader ? m.Recipient : RecipientMask.Of(m.Channel, m.Recipient), m.Priority, m.Urgent,
        m.AcceptedAt, m.NotBefore, m.ExpiresAt, m.FinishedAt, m.ReceiptAt, m.Attempt, m.Account, m.Failure, m.Code, m.Reason, m.CostMilli, m.BatchId, m.CustomerId, m.SubjectId,
        m.Tags, m.Caller, m.Waits, m.WaitsUntil);

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static T? Value<T>(NpgsqlDataReader r, int column)
        where T : struct => r.IsDBNull(column) ? null : r.GetFieldValue<T>(column);
}
