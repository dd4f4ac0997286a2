using CcdBlazor.Domain.Messages.Failures;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using static NpgsqlTypes.NpgsqlDbType;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>The statements that write a group of outcomes: one round trip, one commit.</summary>
internal static class ExitStatements
{
    // It leaves its claim here too ("turn"): whoever takes over the claim tells by it what has been counted. What a receipt said before stays.
    private const string Finals = """
        update messages m set
          state = case when m.receipt_at is null then u.state else m.state end, finished_at = u.at, attempt = u.attempt, account = coalesce(u.account, m.account), turn = m.turn + 1,
          failure = case when m.receipt_at is null then u.failure else m.failure end, code = case when m.receipt_at is null then u.code else m.code end,
          reason = case when m.receipt_at is null then u.reason else m.reason end, provider_id = coalesce(u.provider_id, m.provider_id), cost_milli = coalesce(m.cost_milli, 0) + coalesce(u.cost_milli, 0)
        from unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::smallint[], $5::int[], $6::smallint[], $7::text[], $8::text[], $9::text[], $10::int[])
          as u(id, state, at, attempt, account, failure, code, reason, provider_id, cost_milli)
        where m.id = u.id and m.id between $11 and $12
        """;

    private const string Laters = """
        with u as (
          select * from unnest($1::uuid[], $2::smallint[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[], $8::int[], $9::smallint[], $10::smallint[], $11::smallint[], $12::smallint[])
          as u(id, attempt, account, code, reason, ready_at, batch_id, lane, class, turn, why, failure))
        , m as (update messages m set attempt = u.attempt, turn = u.turn, account = coalesce(u.account, m.account), code = u.code, reason = u.reason, failure = u.failure from u where m.id = u.id and m.id between $13 and $14)
        insert into later_messages (id, ready_at, batch_id, lane, class, turn, why) select id, ready_at, batch_id, lane, class, turn, why from u
        """;

    private const string NextChannels = """
        with u as (
          select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::int[], $6::smallint[], $7::smallint[], $8::text[])
          as u(id, channel, recipient, fallbacks, lane, class, turn, code))
        , m as (update messages m set channel = u.channel, recipient = u.recipient, fallbacks = u.fallbacks, attempt = 0, turn = u.turn, account = null, code = u.code, failure = null
          from u where m.id = u.id and m.id between $9 and $10)
        insert into ready_messages (id, lane, class, turn) select id, lane, class, turn from u
        """;

    private const string Traces = """
        insert into message_traces (at, message_id, node, result, attempt, host, code, provider_id, detail)
        select t.at, t.id, t.node, t.result, t.attempt, $9, t.code, t.provider_id, t.detail
        from unnest($1::timestamptz[], $2::uuid[], $3::smallint[], $4::smallint[], $5::smallint[], $6::text[], $7::text[], $8::text[])
          as t(at, id, node, result, attempt, code, provider_id, detail)
        """;

    // Counted down first and removed in a second statement: two writers that finish one claim together must both see the other's part.
    private const string Claims = "update message_claims c set open = c.open - u.n from unnest($1::uuid[], $2::int[]) as u(id, n) where c.id = u.id";

    private const string EmptyClaims = "delete from message_claims where id = any($1) and open <= 0";

    private const string Failures = """
        insert into message_failures (id, at, template_id, batch_id, account, channel, failure, code, reason)
        select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::int[], $6::smallint[], $7::smallint[], $8::text[], $9::text[])
        on conflict (id) do update set at = excluded.at, account = excluded.account, channel = excluded.channel, failure = excluded.failure, code = excluded.code, reason = excluded.reason
        """;

    private const string Batches = """
        update message_batch_progress p set
          sent = p.sent + u.sent, delivered = p.delivered + u.delivered, failed = p.failed + u.failed, skipped = p.skipped + u.skipped, cancelled = p.cancelled + u.cancelled,
          unknown = p.unknown + u.unknown, cost_milli = p.cost_milli + u.cost, first_at = coalesce(p.first_at, $9), last_at = $9
        from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::bigint[]) as u(id, sent, delivered, failed, skipped, cancelled, unknown, cost)
        where p.batch_id = u.id
        """;

    private const string Minutes = """
        insert into message_minutes (minute, channel, account, template_id, result, n, cost_milli)
        select * from unnest($1::timestamptz[], $2::smallint[], $3::int[], $4::uuid[], $5::smallint[], $6::bigint[], $7::bigint[])
        on conflict (minute, channel, account, template_id, result) do update set n = message_minutes.n + excluded.n, cost_milli = message_minutes.cost_milli + excluded.cost_milli
        """;

    private const string Latencies = """
        insert into message_latencies (minute, channel, bucket, n)
        select * from unnest($1::timestamptz[], $2::smallint[], $3::smallint[], $4::bigint[])
        on conflict (minute, channel, bucket) do update set n = message_latencies.n + excluded.n
        """;

    private const string Awaited = """
        insert into awaited_receipts (message_id, account, sent_at, ask_at, recipient, provider_id)
        select * from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[]) on conflict do nothing
        """;

    private const string ProviderIds = """
        insert into message_provider_ids (provider_id, message_id, at) select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) on conflict do nothing
        """;

    /// <summary>Place of <see cref="Finals"/> in the batch: behind the kind of plans, the number of the group, and the check of the claims.</summary>
    private const int FinalsAt = 3;

    public static async Task WriteAsync(NpgsqlConnection connection, Guid flush, List<MessageExit> group, bool traces, DateTimeOffset now, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new UnnestBatch(connection, transaction);
        var claims = group.GroupBy(e => e.Claim).Select(g => (Id: g.Key, Count: g.Count())).OrderBy(c => c.Id, UuidOrder.Instance).ToList();
        batch.Add(UnnestBatch.PlanForTheseArguments);
        // First of all: a second try waits here for the end of the first one, of which nobody knows yet whether it commits.
        batch.Add("insert into message_flushes (id, at) values ($1, $2)").Value(flush, Uuid).Value(now.UtcDateTime, TimestampTz);
        batch.Add("select message_claims_held($1)").Column(claims, Uuid, c => c.Id);

        // In the order of ids, as receipts are applied: the two never wait for each other in a circle.
        group.Sort((a, b) => UuidOrder.Instance.Compare(a.Row.Id, b.Row.Id));
        var finals = group.FindAll(e => e.Kind == ExitKind.Final);
        if (finals.Count > 0)
            WriteFinals(batch, finals, now);
        var laters = group.FindAll(e => e.Kind == ExitKind.Later);
        if (laters.Count > 0)
            WriteLaters(batch, laters);
        var nexts = group.FindAll(e => e.Kind == ExitKind.NextChannel);
        if (nexts.Count > 0)
            WriteNexts(batch, nexts);
        if (traces)
            WriteTraces(batch, ExitTraces.Of(group));
        WriteClaims(batch, claims);
        WriteFigures(batch, group);
        await batch.ExecuteAsync(ct);
        // A row that a receipt was just being applied to can be missed by the recheck of one statement (see UnnestBatch): the next sees it as it is now.
        if (finals.Count > 0 && batch.Touched(FinalsAt) < (ulong)finals.Count)
        {
            await using var again = new UnnestBatch(connection, transaction);
            AddFinals(again, Finals + " and m.finished_at is distinct from u.at", finals, now);
            await again.ExecuteAsync(ct);
        }

        await transaction.CommitAsync(ct);
    }

    internal static void WriteTraces(UnnestBatch batch, List<TraceRow> traces)
    {
        if (traces.Count > 0)
            batch.Add(Traces)
                .Column(traces, TimestampTz, t => t.At.UtcDateTime).Column(traces, Uuid, t => t.Message).Column(traces, Smallint, t => (short)t.Node).Column(traces, Smallint, t => (short)t.Result)
                .Column(traces, Smallint, t => t.Attempt).Column(traces, Text, t => t.Code).Column(traces, Text, t => t.ProviderId).Column(traces, Text, t => t.Detail)
                .Value(ThisHost.Name, Text);
    }

    private static void WriteFinals(UnnestBatch batch, List<MessageExit> finals, DateTimeOffset now)
    {
        AddFinals(batch, Finals, finals, now);
        // What is unknown waits for a person too, under its own cause.
        var failed = finals.FindAll(e => e.State is MessageState.Failed or MessageState.Unknown);
        if (failed.Count > 0)
            batch.Add(Failures)
                .Column(failed, Uuid, e => e.Row.Id).Column(failed, TimestampTz, e => now.UtcDateTime).Column(failed, Uuid, e => e.Row.TemplateId).Column(failed, Uuid, e => e.Row.BatchId)
                .Column(failed, Integer, e => e.Account).Column(failed, Smallint, e => (short)e.Row.Channel).Column(failed, Smallint, e => e.State == MessageState.Unknown ? DeadLetter.UnknownClass : (short)(e.Failure ?? Channels.FailureClass.Rejected))
                .Column(failed, Text, e => e.Code).Column(failed, Text, e => e.Reason);

        var asked = finals.FindAll(e => e.AskAt is not null);
        if (asked.Count > 0)
            batch.Add(Awaited)
                .Column(asked, Uuid, e => e.Row.Id).Column(asked, Integer, e => e.Account ?? 0).Column(asked, TimestampTz, e => e.EndedAt.UtcDateTime)
                .Column(asked, TimestampTz, e => e.AskAt!.Value.UtcDateTime).Column(asked, Text, e => e.Row.Recipient).Column(asked, Text, e => e.ProviderId);

        var named = finals.FindAll(e => e.State == MessageState.Sent && e is { ProviderId: not null, FoundByProviderId: true });
        if (named.Count > 0)
            batch.Add(ProviderIds)
                .Column(named, Uuid, e => RecipientRules.HashOf($"{e.Account}:{e.ProviderId}")).Column(named, Uuid, e => e.Row.Id).Column(named, TimestampTz, e => e.EndedAt.UtcDateTime);
    }

    private static void AddFinals(UnnestBatch batch, string sql, List<MessageExit> finals, DateTimeOffset now)
    {
        var (least, greatest) = Bounds(finals);
        batch.Add(sql)
            .Column(finals, Uuid, e => e.Row.Id).Column(finals, Smallint, e => (short)e.State).Column(finals, TimestampTz, e => (e.Attempted ? e.EndedAt : now).UtcDateTime)
            .Column(finals, Smallint, e => e.Row.Attempt).Column(finals, Integer, e => e.Account).Column(finals, Smallint, e => (short?)e.Failure)
            .Column(finals, Text, e => e.Code).Column(finals, Text, e => e.Reason).Column(finals, Text, e => e.ProviderId).Column(finals, Integer, e => e.CostMilli)
            .Value(least, Uuid).Value(greatest, Uuid);
    }

    private static void WriteLaters(UnnestBatch batch, List<MessageExit> laters)
    {
        var (least, greatest) = Bounds(laters);
        batch.Add(Laters)
            .Column(laters, Uuid, e => e.Row.Id).Column(laters, Smallint, e => e.Row.Attempt).Column(laters, Integer, e => e.Account).Column(laters, Text, e => e.Code)
            .Column(laters, Text, e => e.Reason).Column(laters, TimestampTz, e => e.ReadyAt!.Value.UtcDateTime).Column(laters, Uuid, e => e.Row.BatchId)
            .Column(laters, Integer, e => e.Row.Lane).Column(laters, Smallint, e => e.Row.Class).Column(laters, Smallint, e => (short)(e.Row.Turn + 1))
            .Column(laters, Smallint, e => (short)e.Why).Column(laters, Smallint, e => (short?)e.Failure)
            .Value(least, Uuid).Value(greatest, Uuid);
    }

    private static void WriteNexts(UnnestBatch batch, List<MessageExit> nexts)
    {
        var (least, greatest) = Bounds(nexts);
        batch.Add(NextChannels)
            .Column(nexts, Uuid, e => e.Row.Id).Column(nexts, Smallint, e => (short)e.Next!.Value.Channel).Column(nexts, Text, e => e.Next!.Value.Recipient)
            .Column(nexts, Text, e => e.Next!.Value.Left).Column(nexts, Integer, e => Lane.Of(e.Next!.Value.Channel)).Column(nexts, Smallint, e => e.Row.Class)
            .Column(nexts, Smallint, e => (short)(e.Row.Turn + 1)).Column(nexts, Text, e => e.Code)
            .Value(least, Uuid).Value(greatest, Uuid);
    }

    private static void WriteClaims(UnnestBatch batch, List<(Guid Id, int Count)> claims)
    {
        batch.Add(Claims).Column(claims, Uuid, c => c.Id).Column(claims, Integer, c => c.Count);
        batch.Add(EmptyClaims).Column(claims, Uuid, c => c.Id);
    }

    private static void WriteFigures(UnnestBatch batch, List<MessageExit> group)
    {
        var batches = group.Where(e => e is { Kind: ExitKind.Final, Row.BatchId: not null }).GroupBy(e => e.Row.BatchId!.Value).OrderBy(g => g.Key, UuidOrder.Instance).ToList();
        if (batches.Count > 0)
            batch.Add(Batches)
                .Column(batches, Uuid, b => b.Key)
                .Column(batches, Integer, b => b.Count(e => e.State is MessageState.Sent or MessageState.Delivered)).Column(batches, Integer, b => b.Count(e => e.State == MessageState.Delivered))
                .Column(batches, Integer, b => b.Count(e => e.State == MessageState.Failed)).Column(batches, Integer, b => b.Count(e => e.State == MessageState.Skipped))
                .Column(batches, Integer, b => b.Count(e => e.State == MessageState.Cancelled)).Column(batches, Integer, b => b.Count(e => e.State == MessageState.Unknown))
                .Column(batches, Bigint, b => b.Sum(e => (long)(e.CostMilli ?? 0)))
                .Value(batches[0].Max(e => e.EndedAt).UtcDateTime, TimestampTz);

        var minutes = group.Where(e => e.Kind == ExitKind.Final)
            .GroupBy(e => (Minute: Minute(e.EndedAt), e.Row.Channel, Account: e.Account ?? 0, e.Row.TemplateId, e.State))
            .OrderBy(g => g.Key.Minute).ThenBy(g => g.Key.Channel).ThenBy(g => g.Key.Account).ThenBy(g => g.Key.TemplateId, UuidOrder.Instance).ThenBy(g => g.Key.State).ToList();
        if (minutes.Count > 0)
            batch.Add(Minutes)
                .Column(minutes, TimestampTz, g => g.Key.Minute).Column(minutes, Smallint, g => (short)g.Key.Channel).Column(minutes, Integer, g => g.Key.Account)
                .Column(minutes, Uuid, g => g.Key.TemplateId).Column(minutes, Smallint, g => (short)g.Key.State).Column(minutes, Bigint, g => (long)g.Count())
                .Column(minutes, Bigint, g => g.Sum(e => (long)(e.CostMilli ?? 0)));

        var latencies = group.Where(e => e.Attempted)
            .GroupBy(e => (Minute: Minute(e.EndedAt), e.Row.Channel, Bucket: LatencyBuckets.Of(e.EndedAt - e.StartedAt)))
            .OrderBy(g => g.Key.Minute).ThenBy(g => g.Key.Channel).ThenBy(g => g.Key.Bucket).ToList();
        if (latencies.Count > 0)
            batch.Add(Latencies)
                .Column(latencies, TimestampTz, g => g.Key.Minute).Column(latencies, Smallint, g => (short)g.Key.Channel).Column(latencies, Smallint, g => g.Key.Bucket)
                .Column(latencies, Bigint, g => (long)g.Count());
    }

    private static DateTime Minute(DateTimeOffset moment) => new(moment.UtcTicks - moment.UtcTicks % TimeSpan.TicksPerMinute, DateTimeKind.Utc);

    private static (Guid Least, Guid Greatest) Bounds(List<MessageExit> exits)
    {
        var least = exits[0].Row.Id;
        var greatest = least;
        foreach (var exit in exits)
        {
            if (UuidOrder.Instance.Compare(exit.Row.Id, least) < 0)
                least = exit.Row.Id;
            if (UuidOrder.Instance.Compare(exit.Row.Id, greatest) > 0)
                greatest = exit.Row.Id;
        }

        return (least, greatest);
    }
}
