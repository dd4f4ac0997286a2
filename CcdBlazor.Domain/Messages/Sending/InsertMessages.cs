using CcdBlazor.Domain.Messages.Delivery;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>One statement that writes a group of messages with their queue entries, keys and first trace rows: all or none.</summary>
internal static class InsertMessages
{
    private const string Columns = """
        with r as (
          select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
            $9::uuid[], $10::int[], $11::int[], $12::smallint[], $13::smallint[], $14::boolean[], $15::text[], $16::text[], $17::text[], $18::text[],
            $19::int[], $20::smallint[], $21::uuid[], $22::uuid[]
        """;

    private const string Names = """
        )
          as t(id, accepted_at, not_before, expires_at, template_id, person, customer_id, subject_id,
            caller, template_version, account, channel, priority, urgent, recipient, variables, fallbacks, tags,
            lane, class, key, body
        """;

    private const string Input = Columns + Names + "))";

    private const string InputWithClaims = Columns + ", $24::uuid[]" + Names + ", claim))";

    private const string Keyed = """
        , k as (
          insert into message_keys (key, body, message_id, at) select key, body, id, accepted_at from r where key is not null
          on conflict (key) do update set body = excluded.body, message_id = excluded.message_id, at = excluded.at
            where message_keys.at <= excluded.at - interval '24 hours'
          returning message_id)
        , n as (select r.* from r where r.key is null or r.id in (select message_id from k))
        """;

    private const string Plain = ", n as (select * from r)";

    private const string Write = """
        , m as (
          insert into messages (id, accepted_at, not_before, expires_at, template_id, person, customer_id, subject_id, caller, template_version,
            account, channel, priority, state, urgent, recipient, variables, fallbacks, tags)
          select id, accepted_at, not_before, expires_at, template_id, person, customer_id, subject_id, caller, template_version,
            account, channel, priority, 1, urgent, recipient, variables, fallbacks, string_to_array(tags, U&'\001F') from n)
        , l as (insert into later_messages (id, ready_at, lane, class, turn, why) select id, not_before, lane, class, 0, 1 from n where not_before is not null)
        , t as (insert into message_traces (at, message_id, node, result, attempt, host) select accepted_at, id, 0, 0, 0, $23 from n)
        """;

    private const string Queue = ", q as (insert into ready_messages (id, lane, class, turn) select id, lane, class, 0 from n where not_before is null)";

    // What a lane begins at once is claimed here and never in the queue.
    private const string QueueOrClaim = """
        , q as (insert into ready_messages (id, lane, class, turn) select id, lane, class, 0 from n where not_before is null and claim is null)
        , c as (
          insert into message_claims (id, node, claimed_at, lane, account, class, open, ids, turns)
          select o.claim, o.node, $28, n.lane, o.account, n.class, count(*), array_agg(n.id), array_agg(0::smallint)
          from unnest($25::uuid[], $26::uuid[], $27::int[]) as o(claim, node, account) join n on n.claim = o.claim group by o.claim, o.node, o.account, n.lane, n.class)
        """;

    private const string WithKeys = Input + Keyed + Write + Queue + " select id from n";
    private const string WithoutKeys = Input + Plain + Write + Queue + " select count(*) from n";
    private const string WithKeysAndClaims = InputWithClaims + Keyed + Write + QueueOrClaim + " select id from n";
    private const string WithClaims = InputWithClaims + Plain + Write + QueueOrClaim + " select count(*) from n";

    /// <summary>The claims that idle lanes hold ready for some of the rows: which claim a row goes to (none: the queue), and the claims.</summary>
    internal readonly record struct Claimed(Guid?[] ByRow, IReadOnlyList<DirectClaim> Claims);

    /// <summary>Writes the rows. Answers the ids that were new, or null when all were (no row has a key).</summary>
    public static async Task<HashSet<Guid>?> ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, List<MessageRow> rows, bool keyed, CancellationToken ct, Claimed? claimed = null)
    {
        await using var command = new NpgsqlCommand(
            claimed is null ? keyed ? WithKeys : WithoutKeys : keyed ? WithKeysAndClaims : WithClaims, connection, transaction);
        var p = command.Parameters;
        var n = rows.Count;
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.Id);
        Add(p, NpgsqlDbType.TimestampTz, rows, n, r => r.AcceptedAt.UtcDateTime);
        Add(p, NpgsqlDbType.TimestampTz, rows, n, r => r.NotBefore?.UtcDateTime);
        Add(p, NpgsqlDbType.TimestampTz, rows, n, r => r.ExpiresAt?.UtcDateTime);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.TemplateId);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.Person);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.CustomerId);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.SubjectId);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.Caller);
        Add(p, NpgsqlDbType.Integer, rows, n, r => r.TemplateVersion);
        Add(p, NpgsqlDbType.Integer, rows, n, r => r.Account);
        Add(p, NpgsqlDbType.Smallint, rows, n, r => (short)r.Channel);
        Add(p, NpgsqlDbType.Smallint, rows, n, r => r.Priority);
        Add(p, NpgsqlDbType.Boolean, rows, n, r => r.Urgent);
        Add(p, NpgsqlDbType.Text, rows, n, r => r.Recipient);
        Add(p, NpgsqlDbType.Text, rows, n, r => r.Variables);
        Add(p, NpgsqlDbType.Text, rows, n, r => r.Fallbacks);
        Add(p, NpgsqlDbType.Text, rows, n, r => r.Tags);
        Add(p, NpgsqlDbType.Integer, rows, n, r => r.Lane);
        Add(p, NpgsqlDbType.Smallint, rows, n, r => r.Class);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.Key);
        Add(p, NpgsqlDbType.Uuid, rows, n, r => r.Body);
        p.Add(new NpgsqlParameter<string> { TypedValue = ThisHost.Name });
        if (claimed is { } direct)
        {
            p.Add(new NpgsqlParameter<Guid?[]> { TypedValue = direct.ByRow, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
            p.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. direct.Claims.Select(c => c.Id)] });
            p.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. direct.Claims.Select(c => c.Node)] });
            p.Add(new NpgsqlParameter<int[]> { TypedValue = [.. direct.Claims.Select(c => c.Account)] });
            p.Add(new NpgsqlParameter<DateTime> { TypedValue = direct.Claims[0].At.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        }

        if (!keyed)
        {
            await command.ExecuteNonQueryAsync(ct);
            return null;
        }

        var accepted = new HashSet<Guid>(n);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            accepted.Add(reader.GetGuid(0));
        return accepted;
    }

    private static void Add<T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, List<MessageRow> rows, int count, Func<MessageRow, T> value)
    {
        var values = new T[count];
        for (var i = 0; i < count; i++)
            values[i] = value(rows[i]);
        parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
