using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Claims that change hands. A claim is worth as much as the node in its row: the relay's name stands there until one worker puts its own in
/// its place, and only while the relay's stands there can the relay take the messages back. Both are one statement on one row, so one of them wins.
/// </summary>
internal sealed class TicketStore(NpgsqlDataSource source, ClaimStore claims)
{
    private const string Take = """
        update message_claims set node = $2, claimed_at = $3, account = $4 where id = $1 and node = $5 returning ids, turns
        """;

    // The turn stays: the messages have left no worker's hands.
    private const string GiveBack = """
        with c as (delete from message_claims where id = any($1) and node = $2 returning ids, turns, lane, class)
        insert into ready_messages (id, lane, class, turn) select u.id, c.lane, c.class, u.turn from c cross join lateral unnest(c.ids, c.turns) u(id, turn)
        """;

    /// <summary>The group of a ticket, from now on this node's; null when somebody has it already or the relay took it back.</summary>
    public async Task<ClaimedGroup?> TakeOverAsync(LaneTicket ticket, NodeLease lease, int account, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var taken = new List<(Guid Id, short Turn)>();
        await using (var command = new NpgsqlCommand(Take, connection))
        {
            command.Parameters.AddWithValue(ticket.Claim);
            command.Parameters.AddWithValue(lease.Id);
            command.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, now.UtcDateTime);
            command.Parameters.AddWithValue(account);
            command.Parameters.AddWithValue(ticket.Node);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                taken.AddRange(reader.GetFieldValue<Guid[]>(0).Zip(reader.GetFieldValue<short[]>(1)));
        }

        return taken.Count == 0 ? null : new ClaimedGroup(ticket.Claim, lease, ticket.Lane, ticket.Class, now, await claims.RowsAsync(connection, taken, ticket.Lane, ticket.Class, ct));
    }

    /// <summary>Puts what nobody has taken over back into the queue. Doing it twice does it once.</summary>
    public async Task ReturnAsync(IReadOnlyCollection<Guid> tickets, Guid node, CancellationToken ct)
    {
        await using var command = source.CreateCommand(GiveBack);
        command.Parameters.AddWithValue(tickets.ToArray());
        command.Parameters.AddWithValue(node);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Which of a node's tickets nobody has taken over yet.</summary>
    public async Task<HashSet<Guid>> OpenAsync(IReadOnlyCollection<Guid> tickets, Guid node, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select id from message_claims where id = any($1) and node = $2");
        command.Parameters.AddWithValue(tickets.ToArray());
        command.Parameters.AddWithValue(node);
        var open = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            open.Add(reader.GetGuid(0));
        return open;
    }
}
