using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Applies what providers report later. A receipt may come late, twice, out of order or before our own outcome is written: the first one
/// decides, every one leaves a trace row, and none is counted twice.
/// </summary>
internal sealed class ReceiptBook(NpgsqlDataSource source, ExitWriter exits, MessageCounters counters, TimeProvider clock)
{
    // The row itself says what it was (was = state reads the version that is being replaced), so nothing is locked or read before.
    // In the order of ids, as outcomes are written: the two never wait for each other in a circle.
    private const string Apply = """
        update messages m set was = m.state, receipt_at = u.at, state = case when u.delivered then 4 else 5 end, finished_at = coalesce(m.finished_at, u.at),
          failure = case when u.delivered then null else u.failure end, code = case when u.delivered then m.code else u.code end, reason = case when u.delivered then null else u.reason end
        from unnest($1::uuid[], $2::boolean[], $3::smallint[], $4::text[], $5::text[], $6::timestamptz[]) as u(id, delivered, failure, code, reason, at)
        where m.id = u.id and m.id between $7 and $8 and m.receipt_at is null and m.state in (1, 3, 8)
        returning m.id, m.batch_id, m.template_id, m.account, m.channel, m.was, u.delivered, m.failure, m.code, m.reason
        """;

    private const string Failures = """
        insert into message_failures (id, at, template_id, batch_id, account, channel, failure, code, reason)
        select id, $9, template_id, batch_id, account, channel, failure, code, reason
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::smallint[], $6::smallint[], $7::text[], $8::text[]) as u(id, template_id, batch_id, account, channel, failure, code, reason)
        on conflict (id) do update set at = excluded.at, failure = excluded.failure, code = excluded.code, reason = excluded.reason
        """;

    private const string Cleared = "delete from message_failures where id = any($1)";

    private const string NoLongerAwaited = "delete from awaited_receipts where message_id = any($1)";

    private const string Batches = """
        update message_batch_progress p set delivered = p.delivered + u.delivered, bounced = p.bounced + u.bounced,
          unknown = p.unknown - u.cleared, sent = p.sent + u.cleared, last_at = $5
        from unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) as u(id, delivered, bounced, cleared) where p.batch_id = u.id
        """;

    private const string Minutes = """
        insert into message_minutes (minute, channel, account, template_id, result, n)
        select * from unnest($1::timestamptz[], $2::smallint[], $3::int[], $4::uuid[], $5::smallint[], $6::bigint[])
        on conflict (minute, channel, account, template_id, result) do update set n = message_minutes.n + excluded.n
        """;

    private const int LargestGroup = 1_000;

    /// <summary>Stored result of a receipt that says "arrived" about a message that had been counted as sent.</summary>
    internal const short Confirmed = 104;

    /// <summary>Stored result of a receipt that says "did not arrive" about a message that had been sent.</summary>
    internal const short Bounced = 105;

    private readonly record struct Applied(
        Guid Id, Guid? Batch, Guid Template, int? Account, short Channel, MessageState Was, bool Delivered, short? Failure, string? Code, string? Reason);

    /// <summary>Applies the receipts of an account; answers after the commit. How many told something new.</summary>
    public async Task<int> ApplyAsync(int account, IReadOnlyList<DeliveryReceipt> receipts, CancellationToken ct)
    {
        var news = 0;
        await exits.CaughtUpAsync(ct);
        await using var connection = await source.OpenConnectionAsync(ct);
        foreach (var chunk in receipts.Chunk(LargestGroup))
            news += await ApplyChunkAsync(connection, await NamedAsync(connection, account, chunk, ct), ct);
        return news;
    }

    /// <summary>Receipts with our ids; those with the provider's id only are looked up. Unknown ones are not ours.</summary>
    private static async Task<List<(Guid Id, DeliveryReceipt Receipt)>> NamedAsync(NpgsqlConnection connection, int account, DeliveryReceipt[] receipts, CancellationToken ct)
    {
        var named = new List<(Guid, DeliveryReceipt)>(receipts.Length);
        var byProvider = new Dictionary<Guid, DeliveryReceipt>();
        foreach (var receipt in receipts)
            if (receipt.MessageId is { } id)
                named.Add((id, receipt));
            else if (receipt.ProviderId is { } theirs)
                byProvider[RecipientRules.HashOf($"{account}:{theirs}")] = receipt;
        if (byProvider.Count > 0)
        {
            await using var find = new NpgsqlCommand("select provider_id, message_id from message_provider_ids where provider_id = any($1)", connection);
            find.Parameters.AddWithValue(byProvider.Keys.ToArray());
            await using var reader = await find.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                named.Add((reader.GetGuid(1), byProvider[reader.GetGuid(0)]));
        }

        return named;
    }

    private async Task<int> ApplyChunkAsync(NpgsqlConnection connection, List<(Guid Id, DeliveryReceipt Receipt)> receipts, CancellationToken ct)
    {
        if (receipts.Count == 0)
            return 0;
        var now = clock.GetUtcNow();
        // The same message twice in one request: the earlier word counts, both leave a row.
        var first = receipts.GroupBy(r => r.Id).Select(g => g.MinBy(r => r.Receipt.At)).OrderBy(r => r.Id, UuidOrder.Instance).ToList();
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var plans = new NpgsqlCommand(UnnestBatch.PlanForTheseArguments, connection, transaction))
            await plans.ExecuteNonQueryAsync(ct);
        var applied = await TakeAsync(connection, transaction, first, ct);
        // A row that an outcome was just being written to can be missed by the recheck of one statement (see UnnestBatch): the next sees it as it is now.
        for (var missed = Without(first, applied); missed.Count > 0; missed = Without(missed, applied))
        {
            var more = await TakeAsync(connection, transaction, missed, ct);
            if (more.Count == 0)
                break;
            applied.AddRange(more);
        }

        await using (var batch = new UnnestBatch(connection, transaction))
        {
            ExitStatements.WriteTraces(batch, receipts.ConvertAll(r => new TraceRow(
                now, r.Id, TraceNode.Callback, r.Receipt.Delivered ? TraceResult.Done : TraceResult.Failed, 0, r.Receipt.Code, r.Receipt.ProviderId, r.Receipt.Reason)));
            batch.Add(NoLongerAwaited).Column(first, NpgsqlDbType.Uuid, r => r.Id);
            WriteFailures(batch, applied, now);
            WriteFigures(batch, applied, now);
            await batch.ExecuteAsync(ct);
        }

        await transaction.CommitAsync(ct);
        if (applied.Count > 0)
            counters.Say(MessageTopics.Monitor);
        foreach (var id in applied.Where(a => a.Batch is not null).Select(a => a.Batch!.Value).Distinct())
            counters.Say(MessageTopics.Batch(id));
        return applied.Count;
    }

    private static List<(Guid Id, DeliveryReceipt Receipt)> Without(List<(Guid Id, DeliveryReceipt Receipt)> receipts, List<Applied> applied)
    {
        if (receipts.Count == applied.Count)
            return [];
        var done = applied.Select(a => a.Id).ToHashSet();
        return receipts.FindAll(r => !done.Contains(r.Id));
    }

    /// <summary>Notes the receipts on messages that have none yet; in the order of ids.</summary>
    private static async Task<List<Applied>> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<(Guid Id, DeliveryReceipt Receipt)> receipts, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Apply, connection, transaction);
        new UnnestBatch.Statement(command.Parameters)
            .Column(receipts, NpgsqlDbType.Uuid, r => r.Id).Column(receipts, NpgsqlDbType.Boolean, r => r.Receipt.Delivered).Column(receipts, NpgsqlDbType.Smallint, r => (short?)r.Receipt.Failure)
            .Column(receipts, NpgsqlDbType.Text, r => r.Receipt.Code).Column(receipts, NpgsqlDbType.Text, r => r.Receipt.Reason).Column(receipts, NpgsqlDbType.TimestampTz, r => r.Receipt.At.UtcDateTime)
            .Value(receipts[0].Id, NpgsqlDbType.Uuid).Value(receipts[^1].Id, NpgsqlDbType.Uuid);
        var applied = new List<Applied>(receipts.Count);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            applied.Add(new Applied(
                r.GetGuid(0), r.IsDBNull(1) ? null : r.GetGuid(1), r.GetGuid(2), r.IsDBNull(3) ? null : r.GetInt32(3), r.GetInt16(4), (MessageState)r.GetInt16(5), r.GetBoolean(6),
                r.IsDBNull(7) ? null : r.GetInt16(7), r.IsDBNull(8) ? null : r.GetString(8), r.IsDBNull(9) ? null : r.GetString(9)));
        return applied;
    }

    /// <summary>The dead letter follows the receipts: what did not arrive goes in, what had been unknown and arrived comes out.</summary>
    private static void WriteFailures(UnnestBatch batch, List<Applied> applied, DateTimeOffset now)
    {
        var lost = applied.FindAll(a => !a.Delivered);
        if (lost.Count > 0)
            batch.Add(Failures)
                .Column(lost, NpgsqlDbType.Uuid, a => a.Id).Column(lost, NpgsqlDbType.Uuid, a => a.Template).Column(lost, NpgsqlDbType.Uuid, a => a.Batch)
                .Column(lost, NpgsqlDbType.Integer, a => a.Account).Column(lost, NpgsqlDbType.Smallint, a => a.Channel).Column(lost, NpgsqlDbType.Smallint, a => a.Failure ?? (short)FailureClass.Rejected)
                .Column(lost, NpgsqlDbType.Text, a => a.Code).Column(lost, NpgsqlDbType.Text, a => a.Reason).Value(now.UtcDateTime, NpgsqlDbType.TimestampTz);
        var found = applied.FindAll(a => a is { Delivered: true, Was: MessageState.Unknown });
        if (found.Count > 0)
            batch.Add(Cleared).Column(found, NpgsqlDbType.Uuid, a => a.Id);
    }

    private static void WriteFigures(UnnestBatch batch, List<Applied> applied, DateTimeOffset now)
    {
        var batches = applied.Where(a => a.Batch is not null).GroupBy(a => a.Batch!.Value).OrderBy(g => g.Key, UuidOrder.Instance).ToList();
        if (batches.Count > 0)
            batch.Add(Batches)
                .Column(batches, NpgsqlDbType.Uuid, g => g.Key).Column(batches, NpgsqlDbType.Integer, g => g.Count(a => a.Delivered))
                .Column(batches, NpgsqlDbType.Integer, g => g.Count(a => !a.Delivered)).Column(batches, NpgsqlDbType.Integer, g => g.Count(a => a.Was == MessageState.Unknown))
                .Value(now.UtcDateTime, NpgsqlDbType.TimestampTz);
        var minute = new DateTime(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerMinute, DateTimeKind.Utc);
        var minutes = applied.GroupBy(a => (a.Channel, Account: a.Account ?? 0, a.Template, Result: a.Delivered ? Confirmed : Bounced))
            .OrderBy(g => g.Key.Channel).ThenBy(g => g.Key.Account).ThenBy(g => g.Key.Template, UuidOrder.Instance).ThenBy(g => g.Key.Result).ToList();
        if (minutes.Count > 0)
            batch.Add(Minutes)
                .Column(minutes, NpgsqlDbType.TimestampTz, _ => minute).Column(minutes, NpgsqlDbType.Smallint, g => g.Key.Channel).Column(minutes, NpgsqlDbType.Integer, g => g.Key.Account)
                .Column(minutes, NpgsqlDbType.Uuid, g => g.Key.Template).Column(minutes, NpgsqlDbType.Smallint, g => g.Key.Result).Column(minutes, NpgsqlDbType.Bigint, g => (long)g.Count());
    }
}
