using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Settings;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>
/// Sends again what failed for a passing reason within the last day, when a setting says so: at most 100 per run and three times per message,
/// replays by people included. What a provider refused, what came back, and what may have arrived is left to people.
/// </summary>
public sealed class FailedRetry
{
    // Locked in the order in which outcomes and receipts are written (messages by id, failures, progress, batches), so that nobody waits in a circle.
    // A message is bound to its account where the batch says so, or the account takes bound messages only.
    private const string Take = """
        select m.id, m.channel, m.priority, m.batch_id, m.turn + 1,
          coalesce(b.account, (select a.number from channel_accounts a where a.number = m.account and a.bound_only))
        from messages m left join message_batches b on b.id = m.batch_id
        where m.id = any(array(
            select f.id from message_failures f join messages o on o.id = f.id
            where f.failure = 1 and f.at >= $1 and o.state = 5 and o.receipt_at is null and (o.expires_at is null or o.expires_at > $2)
              and (select count(*) from message_traces t where t.message_id = f.id and t.node = 0 and t.result = 8) < 3
            order by f.at limit 100))
          and m.state = 5 and m.receipt_at is null and b.state is distinct from 5
        order by m.id for update of m skip locked
        """;

    private readonly NpgsqlDataSource source;
    private readonly LaneSignals signals;
    private readonly MessageCounters counters;
    private readonly SettingsReader settings;
    private readonly TimeProvider clock;

    internal FailedRetry(NpgsqlDataSource source, LaneSignals signals, MessageCounters counters, SettingsReader settings, TimeProvider clock)
    {
        this.source = source;
        this.signals = signals;
        this.counters = counters;
        this.settings = settings;
        this.clock = clock;
    }

    private readonly record struct Taken(Guid Id, int Lane, short Class, short Turn, Guid? Batch, int? Account);

    /// <summary>How many were sent again; none when the setting is off.</summary>
    public async Task<int?> RetryAsync(CancellationToken ct)
    {
        if (!settings.Get(MessageSettings.RetryFailed))
            return null;
        var now = clock.GetUtcNow();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var taken = await TakeAsync(connection, transaction, now, ct);
        if (taken.Count == 0)
            return 0;
        await using (var batch = new UnnestBatch(connection, transaction))
        {
            batch.Add("""
                update messages m set state = 1, turn = u.turn, attempt = 0, account = u.account, failure = null, code = null, reason = null, provider_id = null, finished_at = null
                from unnest($1::uuid[], $2::smallint[], $3::int[]) as u(id, turn, account) where m.id = u.id
                """).Column(taken, NpgsqlDbType.Uuid, t => t.Id).Column(taken, NpgsqlDbType.Smallint, t => t.Turn).Column(taken, NpgsqlDbType.Integer, t => t.Account);
            batch.Add("delete from message_failures where id = any($1)").Column(taken, NpgsqlDbType.Uuid, t => t.Id);
            batch.Add("insert into ready_messages (id, lane, class, turn) select * from unnest($1::uuid[], $2::int[], $3::smallint[], $4::smallint[])")
                .Column(taken, NpgsqlDbType.Uuid, t => t.Id).Column(taken, NpgsqlDbType.Integer, t => t.Lane).Column(taken, NpgsqlDbType.Smallint, t => t.Class).Column(taken, NpgsqlDbType.Smallint, t => t.Turn);
            ExitStatements.WriteTraces(batch, taken.ConvertAll(t => new TraceRow(now, t.Id, TraceNode.Queue, TraceResult.Replayed, 0, Detail: "每小时自动重试")));
            var batches = taken.Where(t => t.Batch is not null).GroupBy(t => t.Batch!.Value).OrderBy(g => g.Key, UuidOrder.Instance).ToList();
            if (batches.Count > 0)
            {
                batch.Add("update message_batch_progress p set failed = p.failed - u.n from unnest($1::uuid[], $2::int[]) as u(id, n) where p.batch_id = u.id")
                    .Column(batches, NpgsqlDbType.Uuid, g => g.Key).Column(batches, NpgsqlDbType.Integer, g => g.Count());
                // Ends again by itself once the outcomes are in.
                batch.Add("update message_batches set state = 2, finished_at = null where id = any($1) and state = 4").Column(batches, NpgsqlDbType.Uuid, g => g.Key);
            }

            await batch.ExecuteAsync(ct);
        }

        await transaction.CommitAsync(ct);
        foreach (var (lane, priorityClass) in taken.Select(t => (t.Lane, t.Class)).Distinct())
            signals.Raise(lane, priorityClass);
        counters.Say(MessageTopics.Monitor);
        if (taken.Any(t => t.Batch is not null))
            counters.Say(MessageTopics.Batches);
        return taken.Count;
    }

    private static async Task<List<Taken>> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Take, connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.AddHours(-24).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var taken = new List<Taken>(100);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
        {
            int? account = await r.IsDBNullAsync(5, ct) ? null : r.GetInt32(5);
            taken.Add(new Taken(
                r.GetGuid(0), Lane.Of((Channels.MessageChannel)r.GetInt16(1), account), PriorityClass.Of(r.GetInt16(2)), (short)r.GetInt32(4), await r.IsDBNullAsync(3, ct) ? null : r.GetGuid(3), account));
        }

        return taken;
    }
}
