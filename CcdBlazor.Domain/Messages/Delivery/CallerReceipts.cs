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
    private const int LargestGroup = 1_000;

    /// <summary>Groups under one commit: what comes again at most when it fails.</summary>
    private const int MostGroups = 8;

    // Message by message through the index of its day, whatever the planner believes of the sizes.
    private const string Take = """
        with d as (delete from caller_receipts where seq = any(array(select seq from caller_receipts order by seq limit $1)) returning *)
        select d.seq, d.message_id, d.caller, d.at, d.state, d.channel, d.code, d.reason, m.batch_id, m.customer_id, m.subject_id, m.tags
        from d left join lateral (select batch_id, customer_id, subject_id, tags from messages where id = d.message_id offset 0) m on true order by d.seq
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
    /// Hands the next receipts over and forgets them once all is confirmed; when either throws they stay, and come again. Answers how many; 0 also while another node is at it.
    /// </summary>
    /// <param name="hand">Sends a group on its way; the next group is read meanwhile, and handed over after it.</param>
    /// <param name="confirmed">Ends when everything that was handed over is kept.</param>
    public async Task<int> PassOnAsync(Func<IReadOnlyList<CallerReceipt>, Task> hand, Func<Task> confirmed, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var turn = new NpgsqlCommand("select pg_try_advisory_xact_lock(7316009)", connection, transaction))
            if (await turn.ExecuteScalarAsync(ct) is not true)
                return 0;
        var passed = 0;
        var handing = Task.CompletedTask;
        try
        {
            for (var groups = 0; groups < MostGroups; groups++)
            {
                var some = await TakeAsync(connection, transaction, ct);
                await handing;
                if (some.Count == 0)
                    break;
                handing = hand(some);
                passed += some.Count;
                if (some.Count < LargestGroup)
                    break;
            }
        }
        finally
        {
            // Nobody else may publish while it is at it.
            await handing;
        }

        if (passed == 0)
            return 0;
        await confirmed();
        await transaction.CommitAsync(ct);
        return passed;
    }

    private static async Task<List<CallerReceipt>> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        var receipts = new List<CallerReceipt>();
        await using var take = new NpgsqlCommand(Take, connection, transaction);
        take.Parameters.AddWithValue(LargestGroup);
        await using var r = await take.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            receipts.Add(new CallerReceipt(
                r.GetInt64(0), r.GetGuid(1), r.GetGuid(2), r.GetFieldValue<DateTimeOffset>(3), r.GetInt16(4) is > 0 and var state ? (MessageState)state : null, (MessageChannel)r.GetInt16(5),
                r.IsDBNull(6) ? null : r.GetString(6), r.IsDBNull(7) ? null : r.GetString(7), Id(r, 8), Id(r, 9), Id(r, 10), r.IsDBNull(11) ? [] : r.GetFieldValue<string[]>(11)));
        return receipts;
    }

    private static Guid? Id(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
}
