using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>One thing that happened to a message of an API key.</summary>
/// <param name="Number">The same however often it is passed on.</param>
/// <param name="State">None when the message was accepted.</param>
public sealed record CallerReceipt(
    long Number, Guid Message, Guid Caller, DateTimeOffset At, MessageState? State, MessageChannel Channel, string? Code, string? Reason,
    Guid? Batch, Guid? Customer, Guid? Subject, IReadOnlyList<string> Tags);

/// <summary>
/// What became of the messages of other systems, kept from the commit that changed it until somebody has taken it. In the order in which it happened to
/// each message; one node at a time passes it on, and what was passed on without our hearing of it is passed on again under its number.
/// </summary>
public sealed class CallerReceipts
{
    private const int LargestGroup = 2_000;

    private const string Take = """
        with d as (delete from caller_receipts where seq = any(array(select seq from caller_receipts order by seq limit $1)) returning *)
        select d.seq, d.message_id, d.caller, d.at, d.state, d.channel, d.code, d.reason, m.batch_id, m.customer_id, m.subject_id, m.tags
        from d left join messages m on m.id = d.message_id order by d.seq
        """;

    private readonly NpgsqlDataSource source;

    internal CallerReceipts(NpgsqlDataSource source) => this.source = source;

    /// <summary>Begins to keep receipts, or ends it and forgets those that wait; for the whole database. Says nothing when it is so already.</summary>
    public async Task KeepAsync(bool wanted, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select caller_receipts_keep($1)");
        command.Parameters.AddWithValue(wanted);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// Hands the next receipts over and forgets them once that is done; when <paramref name="pass"/> throws they stay. Answers how many; 0 also while another node is at it.
    /// </summary>
    public async Task<int> PassOnAsync(Func<IReadOnlyList<CallerReceipt>, Task> pass, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var turn = new NpgsqlCommand("select pg_try_advisory_xact_lock(7316009)", connection, transaction))
            if (await turn.ExecuteScalarAsync(ct) is not true)
                return 0;
        var receipts = new List<CallerReceipt>();
        await using (var take = new NpgsqlCommand(Take, connection, transaction))
        {
            take.Parameters.AddWithValue(LargestGroup);
            await using var r = await take.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                receipts.Add(new CallerReceipt(
                    r.GetInt64(0), r.GetGuid(1), r.GetGuid(2), r.GetFieldValue<DateTimeOffset>(3), r.GetInt16(4) is > 0 and var state ? (MessageState)state : null, (MessageChannel)r.GetInt16(5),
                    r.IsDBNull(6) ? null : r.GetString(6), r.IsDBNull(7) ? null : r.GetString(7), Id(r, 8), Id(r, 9), Id(r, 10), r.IsDBNull(11) ? [] : r.GetFieldValue<string[]>(11)));
        }

        if (receipts.Count == 0)
            return 0;
        await pass(receipts);
        await transaction.CommitAsync(ct);
        return receipts.Count;
    }

    private static Guid? Id(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
}
