using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>Takes messages out of the queue in groups, and brings back those of nodes that died.</summary>
internal sealed class ClaimStore(NpgsqlDataSource source, RecentRows recent)
{
    // Rows that another node is taking are passed over. The claim is one row for the whole group.
    private const string Take = """
        with picked as (
          select ctid, seq from ready_messages where lane = $1 and class = $2 and seq > $3 order by seq limit $4 for update skip locked)
        , gone as (delete from ready_messages where ctid = any(array(select ctid from picked)) returning id, seq, turn)
        , claim as (
          insert into message_claims (id, node, claimed_at, lane, account, class, open, ids, turns)
          select $5, $6, $7, $1, $8, $2, count(*), array_agg(id), array_agg(turn) from gone having count(*) > 0)
        select id, seq, turn from gone order by seq
        """;

    private const string Fetch = """
        select id, accepted_at, not_before, expires_at, template_id, person, batch_id, batch_no, customer_id, subject_id, caller, template_version,
          account, channel, priority, attempt, urgent, recipient, variables, fallbacks, code, state, receipt_at is not null
        from messages where id = any($1) and id between $2 and $3
        """;

    /// <summary>
    /// Claims up to <paramref name="most"/> messages of one lane and class, oldest first, beyond <paramref name="after"/> in the queue.
    /// Answers the group (null when there was nothing) and the last place that was reached.
    /// </summary>
    public async Task<(ClaimedGroup? Group, long Last)> ClaimAsync(Guid claim, NodeLease lease, int lane, int? account, short priorityClass, int most, long after, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var (taken, last) = await TakeAsync(connection, claim, lease.Id, lane, account, priorityClass, most, after, now, ct);
        if (taken.Count == 0)
            return (null, last);
        return (new ClaimedGroup(claim, lease, lane, priorityClass, now, await RowsAsync(connection, taken, lane, priorityClass, ct)), last);
    }

    /// <summary>The same without reading the messages, for a claim that somebody else will take over. Nobody has tried them under it, so it names no account.</summary>
    public async Task<(int Count, long Last)> ReserveAsync(Guid claim, Guid node, int lane, short priorityClass, int most, long after, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var (taken, last) = await TakeAsync(connection, claim, node, lane, null, priorityClass, most, after, now, ct);
        return (taken.Count, last);
    }

    private static async Task<(List<(Guid Id, short Turn)> Taken, long Last)> TakeAsync(
        NpgsqlConnection connection, Guid claim, Guid node, int lane, int? account, short priorityClass, int most, long after, DateTimeOffset now, CancellationToken ct)
    {
        var taken = new List<(Guid Id, short Turn)>(most);
        var last = after;
        await using (var command = new NpgsqlCommand(Take, connection))
        {
            var p = command.Parameters;
            p.Add(new NpgsqlParameter<int> { TypedValue = lane });
            p.Add(new NpgsqlParameter<short> { TypedValue = priorityClass });
            p.Add(new NpgsqlParameter<long> { TypedValue = after });
            p.Add(new NpgsqlParameter<int> { TypedValue = most });
            p.Add(new NpgsqlParameter<Guid> { TypedValue = claim });
            p.Add(new NpgsqlParameter<Guid> { TypedValue = node });
            p.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            p.Add(new NpgsqlParameter<int?> { TypedValue = account, NpgsqlDbType = NpgsqlDbType.Integer });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                taken.Add((reader.GetGuid(0), reader.GetInt16(2)));
                last = reader.GetInt64(1);
            }
        }

        return (taken, last);
    }

    /// <summary>The rows of ids, in their order; from memory where this process accepted them, read otherwise.</summary>
    internal async Task<List<MessageRow>> RowsAsync(NpgsqlConnection connection, List<(Guid Id, short Turn)> taken, int lane, short priorityClass, CancellationToken ct)
    {
        var found = new Dictionary<Guid, MessageRow>(taken.Count);
        List<Guid>? missing = null;
        foreach (var (id, turn) in taken)
            // Only the first turn: later the table knows more (attempts, another channel).
            if (recent.Take(id) is { } row && turn == 0)
                found[id] = row;
            else
                (missing ??= []).Add(id);
        if (missing is not null)
            foreach (var row in await ReadAsync(connection, missing, ct))
                found[row.Id] = row;
        var rows = new List<MessageRow>(taken.Count);
        foreach (var (id, turn) in taken)
        {
            var row = found[id];
            row.Turn = turn;
            row.Lane = lane;
            row.Class = priorityClass;
            rows.Add(row);
        }

        return rows;
    }

    internal static async Task<List<MessageRow>> ReadAsync(NpgsqlConnection connection, List<Guid> ids, CancellationToken ct)
    {
        ids.Sort(UuidOrder.Instance);
        await using var command = new NpgsqlCommand(Fetch, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        // Bounds let the planner leave out the days that cannot hold them.
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = ids[0] });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = ids[^1] });
        var rows = new List<MessageRow>(ids.Count);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            rows.Add(new MessageRow
            {
                Id = r.GetGuid(0),
                AcceptedAt = r.GetFieldValue<DateTimeOffset>(1),
                NotBefore = r.IsDBNull(2) ? null : r.GetFieldValue<DateTimeOffset>(2),
                ExpiresAt = r.IsDBNull(3) ? null : r.GetFieldValue<DateTimeOffset>(3),
                TemplateId = r.GetGuid(4),
                Person = r.GetGuid(5),
                BatchId = r.IsDBNull(6) ? null : r.GetGuid(6),
                BatchNo = r.IsDBNull(7) ? null : r.GetInt32(7),
                CustomerId = r.IsDBNull(8) ? null : r.GetGuid(8),
                SubjectId = r.IsDBNull(9) ? null : r.GetGuid(9),
                Caller = r.IsDBNull(10) ? null : r.GetGuid(10),
                TemplateVersion = r.GetInt32(11),
                Account = r.IsDBNull(12) ? null : r.GetInt32(12),
                Channel = (MessageChannel)r.GetInt16(13),
                Priority = r.GetInt16(14),
                Attempt = r.GetInt16(15),
                Urgent = r.GetBoolean(16),
                Recipient = r.GetString(17),
                Variables = r.GetString(18),
                Fallbacks = r.IsDBNull(19) ? null : r.GetString(19),
                Interrupted = !r.IsDBNull(20) && r.GetString(20) == MessageRow.InterruptedCode,
                Settled = r.GetInt16(21) is (short)MessageState.Delivered or (short)MessageState.Failed && r.GetBoolean(22),
            });
        return rows;
    }

    /// <summary>The lanes that have anything ready, found by hopping through the index.</summary>
    public async Task<List<(int Lane, short Class)>> BusyLanesAsync(CancellationToken ct)
    {
        const string Hop = """
            with recursive h as (
              (select lane, class from ready_messages order by lane, class limit 1)
              union all
              select n.lane, n.class from h cross join lateral (
                select r.lane, r.class from ready_messages r where (r.lane, r.class) > (h.lane, h.class) order by r.lane, r.class limit 1) n)
            select lane, class from h
            """;
        var lanes = new List<(int, short)>();
        await using var command = source.CreateCommand(Hop);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            lanes.Add((reader.GetInt32(0), reader.GetInt16(1)));
        return lanes;
    }
}

/// <summary>The order in which PostgreSQL sorts uuids: byte by byte.</summary>
internal sealed class UuidOrder : IComparer<Guid>
{
    public static readonly UuidOrder Instance = new();

    public int Compare(Guid x, Guid y)
    {
        Span<byte> a = stackalloc byte[16];
        Span<byte> b = stackalloc byte[16];
        x.TryWriteBytes(a, bigEndian: true, out _);
        y.TryWriteBytes(b, bigEndian: true, out _);
        return a.SequenceCompareTo(b);
    }
}
