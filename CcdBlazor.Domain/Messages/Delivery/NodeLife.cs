using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>The rhythm of the nodes' hearts.</summary>
/// <param name="OwnLimit">Without a heartbeat for so long a node sends nothing more.</param>
/// <param name="OthersLimit">And after so long (by the database's clock) the others take over; longer than <paramref name="OwnLimit"/>.</param>
internal sealed record NodeTimes(TimeSpan Beat, TimeSpan OwnLimit, TimeSpan OthersLimit)
{
    public static readonly NodeTimes Usual = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12));
}

/// <summary>
/// This node's heartbeat, and what becomes of the claims of nodes whose heart stopped. A node that cannot reach the database stops
/// sending before the others give it up, so two nodes never hold the same message.
/// </summary>
internal sealed class NodeLife(
    NpgsqlDataSource source, LaneSignals signals, IReadOnlyDictionary<string, IMessageProvider> providers, AccountBook accounts, ActiveClaims active, NodeTimes times, Func<string?> gauges, TimeProvider clock, ILogger<NodeLife> log)
{
    private Guid id = Guid.CreateVersion7();
    private long beatAt;
    private long steadySince;
    private volatile bool registered;

    public Guid Id => id;

    /// <summary>True while it is certain that nobody else has taken over what this node holds.</summary>
    public bool MayClaim => registered && clock.GetElapsedTime(beatAt) < times.OwnLimit;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await BeatAsync(ct);
                // Right after the database came back every heartbeat is old: nobody is dead because of that.
                if (clock.GetElapsedTime(steadySince) > times.OthersLimit)
                    await RecoverAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                steadySince = clock.GetTimestamp();
                log.LogWarning("The heartbeat failed ({Error})", e is PostgresException p ? p.SqlState : e.GetType().Name);
            }

            await Task.Delay(times.Beat, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Others gave this node up: it goes on as a new one, empty-handed.</summary>
    private void Renew()
    {
        registered = false;
        id = Guid.CreateVersion7();
    }

    /// <summary>A clean end, after the last outcome was written.</summary>
    public async Task LeaveAsync(CancellationToken ct)
    {
        registered = false;
        await using var command = source.CreateCommand("delete from message_nodes where id = $1");
        command.Parameters.AddWithValue(id);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task BeatAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        if (!registered)
        {
            await using var enter = source.CreateCommand("insert into message_nodes (id, name, started_at, seen_at) values ($1, $2, now(), now()) on conflict (id) do nothing");
            enter.Parameters.AddWithValue(id);
            enter.Parameters.AddWithValue(ThisHost.Name);
            await enter.ExecuteNonQueryAsync(ct);
            steadySince = started;
            beatAt = started;
            registered = true;
            return;
        }

        await using var beat = source.CreateCommand("update message_nodes set seen_at = now(), gauges = $2 where id = $1");
        beat.Parameters.AddWithValue(id);
        // What the other nodes' monitor pages show of this one travels with the heartbeat.
        beat.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = gauges(), NpgsqlDbType = NpgsqlDbType.Text });
        if (await beat.ExecuteNonQueryAsync(ct) == 0)
        {
            log.LogWarning("This node was declared dead");
            Renew();
            return;
        }

        beatAt = started;
    }

    private async Task RecoverAsync(CancellationToken ct)
    {
        await using (var bury = source.CreateCommand("delete from message_nodes where seen_at < now() - $1 and id <> $2"))
        {
            bury.Parameters.AddWithValue(times.OthersLimit);
            bury.Parameters.AddWithValue(id);
            await bury.ExecuteNonQueryAsync(ct);
        }

        while (await RecoverSomeAsync(ct))
        {
        }
    }

    private readonly record struct Orphan(Guid Id, int Lane, short Class, int? Account, Guid? Batch, short Attempt, bool Begun);

    private async Task<bool> RecoverSomeAsync(CancellationToken ct)
    {
        // A message is still in the claim's hands when it has no outcome and did not leave the claim since ("turn").
        const string Find = """
            with c as (
              select c.* from message_claims c where not exists (select from message_nodes n where n.id = c.node) or (c.node = $1 and c.claimed_at < $2 and c.id <> all($3))
              order by c.id limit 50 for update skip locked)
            select c.id, m.id, c.lane, c.class, c.account, m.batch_id, m.attempt,
              exists (select from message_traces t where t.message_id = m.id and t.node = 1 and t.result = 0 and t.code is not null and t.at >= c.claimed_at)
            from c cross join lateral unnest(c.ids, c.turns) u(id, turn)
            left join messages m on m.id = u.id and m.state = 1 and m.turn = u.turn
            """;
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var claims = new HashSet<Guid>();
        var orphans = new List<Orphan>();
        await using (var find = new NpgsqlCommand(Find, connection, transaction))
        {
            find.Parameters.AddWithValue(id);
            find.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, (clock.GetUtcNow() - times.OthersLimit).UtcDateTime);
            find.Parameters.AddWithValue(active.Ids);
            await using var r = await find.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                claims.Add(r.GetGuid(0));
                if (!r.IsDBNull(1))
                    orphans.Add(new Orphan(r.GetGuid(1), r.GetInt32(2), r.GetInt16(3), r.IsDBNull(4) ? null : r.GetInt32(4), r.IsDBNull(5) ? null : r.GetGuid(5), r.GetInt16(6), r.GetBoolean(7)));
            }
        }

        if (claims.Count == 0)
            return false;
        var known = await accounts.CurrentAsync(ct);
        // The mark of a beginning is only left where a form of the kind does not recognise our id.
        ResendRule RuleOf(Orphan o) => o.Account is { } number && known.TryGetValue(number, out var account) && providers.TryGetValue(account.Provider.Kind, out var provider)
            && !(provider.Resend == ResendRule.RecognisesOurId && o.Begun)
            ? provider.Resend
            : ResendRule.CannotTell;
        var unknown = orphans.FindAll(o => RuleOf(o) == ResendRule.CannotTell && o.Begun);
        var again = orphans.FindAll(o => !(RuleOf(o) == ResendRule.CannotTell && o.Begun));
        bool InDoubt(Orphan o) => RuleOf(o) == ResendRule.RecognisesOurId || o.Begun;
        var now = clock.GetUtcNow();

        await using (var batch = new UnnestBatch(connection, transaction))
        {
            batch.Add(UnnestBatch.PlanForTheseArguments);
            if (again.Count > 0)
                // A send that was interrupted under an earlier claim is still to be settled, whatever became of this one. What a receipt settled meanwhile is not sent again.
                batch.Add("""
                    with u as (select * from unnest($1::uuid[], $2::int[], $3::smallint[], $4::text[], $5::int[]) u(id, lane, class, code, account))
                    , m as (update messages m set turn = m.turn + 1, code = coalesce(u.code, case when m.code = 'interrupted' then m.code end), account = coalesce(u.account, m.account) from u where m.id = u.id and m.state = 1 returning m.id, m.turn)
                    insert into ready_messages (id, lane, class, turn) select u.id, u.lane, u.class, m.turn from u join m using (id)
                    """)
                    .Column(again, NpgsqlDbType.Uuid, o => o.Id).Column(again, NpgsqlDbType.Integer, o => o.Lane).Column(again, NpgsqlDbType.Smallint, o => o.Class)
                    .Column(again, NpgsqlDbType.Text, o => InDoubt(o) ? MessageRow.InterruptedCode : null).Column(again, NpgsqlDbType.Integer, o => o.Account);
            if (unknown.Count > 0)
            {
                batch.Add("update messages m set state = 8, code = 'node_died', reason = '发送时程序中断，服务商无法确认是否送出', finished_at = $2 where m.id = any($1)")
                    .Column(unknown, NpgsqlDbType.Uuid, o => o.Id).Value(now.UtcDateTime, NpgsqlDbType.TimestampTz);
                batch.Add("""
                    insert into message_failures (id, at, template_id, batch_id, account, channel, failure, code, reason)
                    select m.id, $2, m.template_id, m.batch_id, m.account, m.channel, $3, m.code, m.reason from messages m where m.id = any($1) on conflict (id) do nothing
                    """).Column(unknown, NpgsqlDbType.Uuid, o => o.Id).Value(now.UtcDateTime, NpgsqlDbType.TimestampTz).Value(Failures.DeadLetter.UnknownClass, NpgsqlDbType.Smallint);
                var batches = unknown.Where(o => o.Batch is not null).GroupBy(o => o.Batch!.Value).ToList();
                batch.Add("update message_batch_progress p set unknown = p.unknown + u.n from unnest($1::uuid[], $2::int[]) u(id, n) where p.batch_id = u.id")
                    .Column(batches, NpgsqlDbType.Uuid, b => b.Key).Column(batches, NpgsqlDbType.Integer, b => b.Count());
            }

            ExitStatements.WriteTraces(batch, orphans.ConvertAll(o => new TraceRow(
                now, o.Id, TraceNode.Process, RuleOf(o) == ResendRule.CannotTell && o.Begun ? TraceResult.Unknown : TraceResult.Recovered, o.Attempt)));
            batch.Add("delete from message_claims where id = any($1)").Value<Guid[]>([.. claims], NpgsqlDbType.Array | NpgsqlDbType.Uuid);
            await batch.ExecuteAsync(ct);
        }

        await transaction.CommitAsync(ct);
        log.LogWarning("Took over {Claims} claims of nodes that died: {Again} messages again, {Unknown} unknown", claims.Count, again.Count, unknown.Count);
        foreach (var (lane, priorityClass) in again.Select(o => (o.Lane, o.Class)).Distinct())
            signals.Raise(lane, priorityClass);
        return true;
    }
}
