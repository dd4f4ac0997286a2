using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Applies what providers report later. A receipt may come late, twice, out of order or before our own outcome is written: the first one
/// decides, every one leaves a trace row, and none is counted twice.
/// </summary>
internal sealed class ReceiptBook(NpgsqlDataSource source, MessageCounters counters, TimeProvider clock)
{
    private const string Apply = """
        with u as (
          select * from unnest($1::uuid[], $2::boolean[], $3::smallint[], $4::text[], $5::text[], $6::timestamptz[]) as u(id, delivered, failure, code, reason, at))
        , before as (
          select m.id, m.state from messages m join u on u.id = m.id
          where m.id between $7 and $8 and m.receipt_at is null and m.state in (1, 3, 8) order by m.id for update of m)
        , m as (
          update messages m set receipt_at = u.at, state = case when u.delivered then 4 else 5 end, finished_at = coalesce(m.finished_at, u.at),
            failure = case when u.delivered then null else u.failure end, code = case when u.delivered then m.code else u.code end, reason = case when u.delivered then null else u.reason end
          from u join before b on b.id = u.id where m.id = u.id and m.id between $7 and $8
          returning m.id, m.batch_id, m.template_id, m.account, m.channel, m.failure, m.code, m.reason, b.state as was, u.delivered)
        , f as (
          insert into message_failures (id, at, template_id, batch_id, account, channel, failure, code, reason)
          select id, $9, template_id, batch_id, account, channel, coalesce(failure, 3), code, reason from m where not delivered
          on conflict (id) do update set at = excluded.at, failure = excluded.failure, code = excluded.code, reason = excluded.reason)
        , g as (delete from message_failures f using m where f.id = m.id and m.delivered)
        , a as (delete from awaited_receipts w using u where w.message_id = u.id)
        select id, batch_id, template_id, account, channel, was, delivered from m
        """;

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

    private readonly record struct Applied(Guid Id, Guid? Batch, Guid Template, int Account, short Channel, MessageState Was, bool Delivered);

    /// <summary>Applies the receipts of an account; answers after the commit. How many told something new.</summary>
    public async Task<int> ApplyAsync(int account, IReadOnlyList<DeliveryReceipt> receipts, CancellationToken ct)
    {
        var news = 0;
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
        var applied = new List<Applied>(first.Count);
        await using (var command = new NpgsqlCommand(Apply, connection, transaction))
        {
            var s = new UnnestBatch.Statement(command.Parameters);
            s.Column(first, NpgsqlDbType.Uuid, r => r.Id).Column(first, NpgsqlDbType.Boolean, r => r.Receipt.Delivered).Column(first, NpgsqlDbType.Smallint, r => (short?)r.Receipt.Failure)
                .Column(first, NpgsqlDbType.Text, r => r.Receipt.Code).Column(first, NpgsqlDbType.Text, r => r.Receipt.Reason).Column(first, NpgsqlDbType.TimestampTz, r => r.Receipt.At.UtcDateTime)
                .Value(first[0].Id, NpgsqlDbType.Uuid).Value(first[^1].Id, NpgsqlDbType.Uuid).Value(now.UtcDateTime, NpgsqlDbType.TimestampTz);
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                applied.Add(new Applied(r.GetGuid(0), r.IsDBNull(1) ? null : r.GetGuid(1), r.GetGuid(2), r.IsDBNull(3) ? 0 : r.GetInt32(3), r.GetInt16(4), (MessageState)r.GetInt16(5), r.GetBoolean(6)));
        }

        await using (var batch = new UnnestBatch(connection, transaction))
        {
            ExitStatements.WriteTraces(batch, receipts.ConvertAll(r => new TraceRow(
                now, r.Id, TraceNode.Callback, r.Receipt.Delivered ? TraceResult.Done : TraceResult.Failed, 0, r.Receipt.Code, r.Receipt.ProviderId, r.Receipt.Reason)));
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

    private static void WriteFigures(UnnestBatch batch, List<Applied> applied, DateTimeOffset now)
    {
        var batches = applied.Where(a => a.Batch is not null).GroupBy(a => a.Batch!.Value).OrderBy(g => g.Key, UuidOrder.Instance).ToList();
        if (batches.Count > 0)
            batch.Add(Batches)
                .Column(batches, NpgsqlDbType.Uuid, g => g.Key).Column(batches, NpgsqlDbType.Integer, g => g.Count(a => a.Delivered))
                .Column(batches, NpgsqlDbType.Integer, g => g.Count(a => !a.Delivered)).Column(batches, NpgsqlDbType.Integer, g => g.Count(a => a.Was == MessageState.Unknown))
                .Value(now.UtcDateTime, NpgsqlDbType.TimestampTz);
        var minute = new DateTime(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerMinute, DateTimeKind.Utc);
        var minutes = applied.GroupBy(a => (a.Channel, a.Account, a.Template, Result: a.Delivered ? Confirmed : Bounced))
            .OrderBy(g => g.Key.Channel).ThenBy(g => g.Key.Account).ThenBy(g => g.Key.Template, UuidOrder.Instance).ThenBy(g => g.Key.Result).ToList();
        if (minutes.Count > 0)
            batch.Add(Minutes)
                .Column(minutes, NpgsqlDbType.TimestampTz, _ => minute).Column(minutes, NpgsqlDbType.Smallint, g => g.Key.Channel).Column(minutes, NpgsqlDbType.Integer, g => g.Key.Account)
                .Column(minutes, NpgsqlDbType.Uuid, g => g.Key.Template).Column(minutes, NpgsqlDbType.Smallint, g => g.Key.Result).Column(minutes, NpgsqlDbType.Bigint, g => (long)g.Count());
    }
}
