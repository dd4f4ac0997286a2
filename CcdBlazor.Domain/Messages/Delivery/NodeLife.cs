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
    private long steadySince;
    private volatile NodeLease lease = new(times.OwnLimit, clock);

    /// <summary>Under which this node claims and sends now; another one after it was declared dead.</summary>
    public NodeLease Lease => lease;

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
        lease.End();
        lease = new NodeLease(times.OwnLimit, clock);
    }

    /// <summary>A clean end, after the last outcome was written.</summary>
    public async Task LeaveAsync(CancellationToken ct)
    {
        lease.End();
        await using var command = source.CreateCommand("delete from message_nodes where id = $1");
        command.Parameters.AddWithValue(lease.Id);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task BeatAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var mine = lease;
        if (!mine.Entered)
        {
            await using var enter = source.CreateCommand("insert into message_nodes (id, name, started_at, seen_at) values ($1, $2, now(), now()) on conflict (id) do nothing");
            enter.Parameters.AddWithValue(mine.Id);
            enter.Parameters.AddWithValue(ThisHost.Name);
            await enter.ExecuteNonQueryAsync(ct);
            steadySince = started;
            mine.Beat(started);
            return;
        }

        await using var beat = source.CreateCommand("update message_nodes set seen_at = now(), gauges = $2 where id = $1");
        beat.Parameters.AddWithValue(mine.Id);
        // What the other nodes' monitor pages show of this one travels with the heartbeat.
        beat.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = gauges(), NpgsqlDbType = NpgsqlDbType.Text });
        if (await beat.ExecuteNonQueryAsync(ct) == 0)
        {
            log.LogWarning("This node was declared dead");
            Renew();
            return;
        }

        mine.Beat(started);
    }

    private async Task RecoverAsync(CancellationToken ct)
    {
        await using (var bury = source.CreateCommand("delete from message_nodes where seen_at < now() - $1 and id <> $2"))
        {
            bury.Parameters.AddWithValue(times.OthersLimit);
            bury.Parameters.AddWithValue(lease.Id);
            await bury.ExecuteNonQueryAsync(ct);
        }

        while (await RecoverSomeAsync(ct))
        {
        }
    }

    /// <param name="Interrupted">An earlier send of it was in doubt already; in this claim it was at most asked about.</param>
    /// <param name="Begun">The mark of a beginning stands in this claim.</param>
    private readonly record struct Orphan(Guid Id, int Lane, short Class, int? Account, Guid? Batch, short Attempt, bool Interrupted, bool Begun, DateTimeOffset ClaimedAt);

    private async Task<bool> RecoverSomeAsync(CancellationToken ct)
    {
        // Two statements on purpose. The claims are locked first: a writer that held one of them has committed by then, and the second statement,
        // with a snapshot of its own, sees its outcomes. In one statement they would be missed, and what was sent would be sent again.
        const string Take = """
            select c.id from message_claims c where not exists (select from message_nodes n where n.id = c.node) or (c.node = $1 and c.claimed_at < $2 and c.id <> all($3))
            order by c.id limit 50 for update skip locked
            """;
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var claims = new List<Guid>();
        await using (var take = new NpgsqlCommand(Take, connection, transaction))
        {
            take.Parameters.AddWithValue(lease.Id);
            take.Parameters.AddWithValue(NpgsqlDbType.TimestampTz, (clock.GetUtcNow() - times.OthersLimit).UtcDateTime);
            take.Parameters.AddWithValue(active.Ids);
            await using var r = await take.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                claims.Add(r.GetGuid(0));
        }

        if (claims.Count == 0)
            return false;
        var orphans = await OrphansAsync(connection, transaction, claims, ct);
        var known = await accounts.CurrentAsync(ct);
        var now = clock.GetUtcNow();
        var unknown = orphans.FindAll(o => Lost(o, known, now));
        var again = orphans.FindAll(o => !Lost(o, known, now));

        await using (var batch = new UnnestBatch(connection, transaction))
        {
            batch.Add(UnnestBatch.PlanForTheseArguments);
            if (again.Count > 0)
                TakeoverStatements.Again(batch, [.. again.Select(o => (o.Id, o.Lane, o.Class, o.Interrupted || InDoubt(o, known) ? MessageRow.InterruptedCode : null, o.Account))]);
            if (unknown.Count > 0)
                TakeoverStatements.Unknown(batch, [.. unknown.Select(o => (o.Id, o.Account))], now);
            TakeoverStatements.Settled(batch, claims, now);
            ExitStatements.WriteTraces(batch, orphans.ConvertAll(o => new TraceRow(
                now, o.Id, TraceNode.Process, unknown.Contains(o) ? TraceResult.Unknown : TraceResult.Recovered, o.Attempt)));
            batch.Add("delete from message_claims where id = any($1)").Value<Guid[]>([.. claims], NpgsqlDbType.Array | NpgsqlDbType.Uuid);
            await batch.ExecuteAsync(ct);
        }

        await transaction.CommitAsync(ct);
        log.LogWarning("Took over {Claims} claims of nodes that died: {Again} messages again, {Unknown} unknown", claims.Count, again.Count, unknown.Count);
        foreach (var (lane, priorityClass) in again.Select(o => (o.Lane, o.Class)).Distinct())
            signals.Raise(lane, priorityClass);
        return true;
    }

    /// <summary>What the claims still hold: no outcome, and not left since ("turn").</summary>
    private static async Task<List<Orphan>> OrphansAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Guid> claims, CancellationToken ct)
    {
        const string Find = """
            select m.id, c.lane, c.class, case when m.code = 'interrupted' and m.account is not null then m.account else c.account end, m.batch_id, m.attempt,
              coalesce(m.code = 'interrupted', false),
              exists (select from message_traces t where t.message_id = m.id and t.node = 1 and t.result = 0 and t.code is not null and t.at >= c.claimed_at),
              c.claimed_at
            from message_claims c cross join lateral unnest(c.ids, c.turns) u(id, turn)
            join messages m on m.id = u.id and m.state = 1 and m.turn = u.turn
            where c.id = any($1)
            """;
        var orphans = new List<Orphan>();
        await using var find = new NpgsqlCommand(Find, connection, transaction);
        find.Parameters.AddWithValue(claims.ToArray());
        await using var r = await find.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            orphans.Add(new Orphan(
                r.GetGuid(0), r.GetInt32(1), r.GetInt16(2), r.IsDBNull(3) ? null : r.GetInt32(3), r.IsDBNull(4) ? null : r.GetGuid(4), r.GetInt16(5), r.GetBoolean(6), r.GetBoolean(7),
                r.GetFieldValue<DateTimeOffset>(8)));
        return orphans;
    }

    private IMessageProvider? ProviderOf(Orphan orphan, IReadOnlyDictionary<int, AccountInUse> known) =>
        orphan.Account is { } number && known.TryGetValue(number, out var account) ? providers.GetValueOrDefault(account.Provider.Kind) : null;

    /// <summary>It may have been sent, and nobody can say any more: a person decides.</summary>
    private bool Lost(Orphan orphan, IReadOnlyDictionary<int, AccountInUse> known, DateTimeOffset now)
    {
        // What was in doubt before this claim is settled by the next one.
        if (orphan.Interrupted)
            return false;
        return ProviderOf(orphan, known) switch
        {
            // No mark is left before such a send, so every message of the claim may be one. The other half of the time is for the send itself.
            { Resend: ResendRule.RecognisesOurId } provider when !orphan.Begun => now - orphan.ClaimedAt > provider.RecognisesFor / 2,
            { Resend: ResendRule.CanBeAsked } => false,
            // The mark is only left where a form of the kind does not recognise our id.
            _ => orphan.Begun,
        };
    }

    private bool InDoubt(Orphan orphan, IReadOnlyDictionary<int, AccountInUse> known) => orphan.Begun || ProviderOf(orphan, known) is { Resend: ResendRule.RecognisesOurId };
}

/// <summary>
/// The right to send what was claimed under it. It ends by itself when the heart stops, before others may take over, and it never comes back:
/// a group that was claimed under an ended lease belongs to somebody else, even when its process lives on under a new one.
/// </summary>
internal sealed class NodeLease(TimeSpan limit, TimeProvider clock)
{
    private long beatAt;
    private volatile bool entered;
    private volatile bool ended;

    public Guid Id { get; } = Guid.CreateVersion7();

    public bool Entered => entered;

    /// <summary>True while it is certain that nobody has taken over what is held under it.</summary>
    public bool Holds => entered && !ended && clock.GetElapsedTime(Volatile.Read(ref beatAt)) < limit;

    /// <param name="startedAt">Before the beat was sent: the others count from later.</param>
    public void Beat(long startedAt)
    {
        Volatile.Write(ref beatAt, startedAt);
        entered = true;
    }

    public void End() => ended = true;
}
