using System.Text.Json;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Failures;

/// <summary>What people do about failures.</summary>
public sealed partial class DeadLetter
{
    // In one order everywhere (messages, failures, progress, batches), as outcomes and receipts are written, so that nobody waits in a circle.
    // A message of a cancelled batch stays what it is.
    private const string Take = """
        select m.id, m.state, m.channel, m.priority, m.batch_id, m.turn, m.receipt_at is not null,
          coalesce(b.account, (select a.number from channel_accounts a where a.number = m.account and a.bound_only))
        from messages m left join message_batches b on b.id = m.batch_id
        where m.id = any($1) and m.id between $2 and $3 and m.state in (5, 8) and b.state is distinct from 5 order by m.id for update of m
        """;

    private const string Release = """
        with mine as materialized (select id from message_failures where id = any($1) order by id for update)
        delete from message_failures where id = any(array(select id from mine)) returning id
        """;

    private const string Back = """
        update messages m set state = 1, turn = m.turn + 1, attempt = 0, account = u.account, failure = null, code = null, reason = null, provider_id = null, finished_at = null, receipt_at = null,
          recipient = coalesce($3, m.recipient), variables = coalesce($4, m.variables), person = case when $3 is null or m.customer_id is not null then m.person else $5 end
        from unnest($1::uuid[], $2::int[]) as u(id, account) where m.id = u.id
        """;

    private const string Queue = """
        insert into ready_messages (id, lane, class, turn) select * from unnest($1::uuid[], $2::int[], $3::smallint[], $4::smallint[])
        """;

    private const string Counted = """
        update message_batch_progress p set failed = p.failed + u.failed, unknown = p.unknown + u.unknown, sent = p.sent + u.sent, bounced = p.bounced + u.bounced, delivered = p.delivered + u.delivered
        from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[]) as u(id, failed, unknown, sent, bounced, delivered) where p.batch_id = u.id
        """;

    // Finished or waiting after its canary: both end again by themselves once the outcomes are in.
    private const string Reopen = "update message_batches set state = 2, finished_at = null where id = any($1) and state in (4, 6)";

    private sealed record Taken(Guid Id, MessageState State, MessageChannel Channel, short Class, Guid? Batch, short Turn, bool Receipt, int? Account)
    {
        public int Lane => Sending.Lane.Of(Channel, Account);
    }

    /// <summary>
    /// Sends chosen messages again as they are. Those whose outcome nobody knows may reach their recipient a second time: whoever calls asked a person.
    /// What somebody else settled meanwhile is left out and counted. Needs <see cref="Permission.SendMessages"/> and <see cref="Permission.ViewMessages"/>.
    /// </summary>
    public async Task<Result<ReplayOutcome>> ReplayAsync(IReadOnlyCollection<Guid> ids, Actor by, CancellationToken ct)
    {
        if (!MayAct(by))
            return CommonRefusals.Forbidden;
        if (ids.Count == 0)
            return FailureRefusals.NothingChosen;
        if (ids.Count > Piece)
            return FailureRefusals.TooMany;
        var wanted = ids.Distinct().ToList();
        var replayed = await ReplayPieceAsync(wanted, null, null, by, ct);
        return new ReplayOutcome(replayed, wanted.Count - replayed);
    }

    /// <summary>Sends everything of one cause again that has failed by now, up to <see cref="MostAtOnce"/>.</summary>
    public async Task<Result<ReplayOutcome>> ReplayGroupAsync(FailureCause cause, Actor by, CancellationToken ct)
    {
        if (!MayAct(by))
            return CommonRefusals.Forbidden;
        // What fails again meanwhile is not taken a second time.
        var until = clock.GetUtcNow();
        var (replayed, left) = (0, 0);
        Guid? after = null;
        while (replayed + left < MostAtOnce)
        {
            var ids = await NextAsync(cause, until, after, ct);
            if (ids.Count == 0)
                return new ReplayOutcome(replayed, left);
            after = ids[^1];
            var now = await ReplayPieceAsync(ids, null, null, by, ct);
            replayed += now;
            left += ids.Count - now;
        }

        return new ReplayOutcome(replayed, left, More: true);
    }

    /// <summary>Corrects recipient and values of one failed message and sends it again; both are checked as at the door.</summary>
    /// <param name="recipient">None to keep the one it has.</param>
    public async Task<Result> CorrectAsync(Guid id, string? recipient, IReadOnlyDictionary<string, string> variables, Actor by, CancellationToken ct)
    {
        if (!MayAct(by))
            return CommonRefusals.Forbidden;
        await using (var connection = await source.OpenConnectionAsync(ct))
        {
            await using var find = new NpgsqlCommand("select channel, template_id, template_version, recipient, variables from messages where id = $1 and state = 5", connection);
            find.Parameters.AddWithValue(id);
            await using var r = await find.ExecuteReaderAsync(ct);
            if (!await r.ReadAsync(ct))
                return FailureRefusals.Settled;
            var channel = (MessageChannel)r.GetInt16(0);
            var (template, version, toBot) = (r.GetGuid(1), r.GetInt32(2), r.GetString(3).Length == 0);
            if (SealedVariables.MayBeIn(r.GetString(4)))
                return FailureRefusals.Secret;
            if (RecipientRules.Normalise(channel, recipient ?? r.GetString(3), toBot) is not { } whole)
                return SendRefusals.Recipient(channel);
            recipient = whole;
            if (await templates.VersionAsync(template, version, ct) is { } compiled)
            {
                if (compiled.Category == MessageCategory.Verification)
                    return FailureRefusals.Secret;
                if (compiled.Check(variables) is { } wrong)
                    return wrong;
            }

            var person = RecipientRules.PersonOf(null, channel, whole);
            var text = JsonSerializer.Serialize(variables, MessageJson.Default.IReadOnlyDictionaryStringString).Replace("\\u0000", "", StringComparison.Ordinal);
            await r.CloseAsync();
            return await ReplayPieceAsync([id], (recipient, person, text), null, by, ct) == 1 ? Result.Done : FailureRefusals.Settled;
        }
    }

    /// <summary>A person knows that a message whose outcome was unknown did arrive. Needs the same rights as sending it again.</summary>
    public async Task<Result> ConfirmDeliveredAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayAct(by))
            return CommonRefusals.Forbidden;
        return await ReplayPieceAsync([id], null, MessageState.Delivered, by, ct) == 1 ? Result.Done : FailureRefusals.Settled;
    }

    private async Task<List<Guid>> NextAsync(FailureCause cause, DateTimeOffset until, Guid? after, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            $"""
            select id from message_failures where channel = $1 and failure = $2 and code is not distinct from $3 and at <= $4 and ($5::uuid is null or id > $5) order by id limit {Piece}
            """);
        AddCause(command.Parameters, cause);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = until.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<Guid?> { TypedValue = after, NpgsqlDbType = NpgsqlDbType.Uuid });
        var ids = new List<Guid>(Piece);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            ids.Add(r.GetGuid(0));
        return ids;
    }

    /// <summary>One transaction: what could be taken is back in the queue, or settled, when it commits. Answers how many.</summary>
    private async Task<int> ReplayPieceAsync(List<Guid> ids, (string Recipient, Guid Person, string Variables)? corrected, MessageState? settle, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var transaction = (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
        var connection = transaction.Connection!;
        ids.Sort(UuidOrder.Instance);
        var taken = await TakeAsync(connection, transaction, ids, ct);
        if (settle is not null)
            taken.RemoveAll(t => t.State != MessageState.Unknown);
        var mine = await ReleaseAsync(connection, transaction, taken, ct);
        taken.RemoveAll(t => !mine.Contains(t.Id));
        if (taken.Count == 0)
            return 0;

        await using (var batch = new UnnestBatch(connection, transaction))
        {
            if (settle is null)
            {
                batch.Add(Back).Column(taken, NpgsqlDbType.Uuid, t => t.Id).Column(taken, NpgsqlDbType.Integer, t => t.Account)
                    .Value(corrected?.Recipient, NpgsqlDbType.Text).Value(corrected?.Variables, NpgsqlDbType.Text).Value(corrected?.Person, NpgsqlDbType.Uuid);
                batch.Add(Queue)
                    .Column(taken, NpgsqlDbType.Uuid, t => t.Id).Column(taken, NpgsqlDbType.Integer, t => t.Lane).Column(taken, NpgsqlDbType.Smallint, t => t.Class)
                    .Column(taken, NpgsqlDbType.Smallint, t => (short)(t.Turn + 1));
                batch.Add("delete from awaited_receipts where message_id = any($1)").Column(taken, NpgsqlDbType.Uuid, t => t.Id);
            }
            else
            {
                batch.Add("update messages set state = 4, receipt_at = $2, reason = null where id = any($1)").Column(taken, NpgsqlDbType.Uuid, t => t.Id).Value(now.UtcDateTime, NpgsqlDbType.TimestampTz);
            }

            var detail = corrected is null ? $"由 {by.DisplayName} 操作" : $"由 {by.DisplayName} 修正后重发";
            ExitStatements.WriteTraces(batch, taken.ConvertAll(t => settle is null
                ? new TraceRow(now, t.Id, TraceNode.Queue, TraceResult.Replayed, 0, null, null, detail)
                : new TraceRow(now, t.Id, TraceNode.Callback, TraceResult.Done, 0, null, null, $"由 {by.DisplayName} 确认")));
            WriteCounters(batch, taken, settle is not null);
            await batch.ExecuteAsync(ct);
        }

        var action = settle is not null ? "message.confirmed" : corrected is not null ? "message.corrected" : "message.replayed";
        db.Audit(by, now, action, new AuditSubject("message", taken.Count == 1 ? taken[0].Id : null), after: new { taken.Count });
        db.Announce(MessageTopics.Batches);
        foreach (var batch in taken.Where(t => t.Batch is not null).Select(t => t.Batch!.Value).Distinct())
            db.Announce(MessageTopics.Batch(batch));
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return 0;
        await work.CommitAsync(ct);
        counters.Say(MessageTopics.Monitor);
        if (settle is null)
            foreach (var (lane, priorityClass) in taken.Select(t => (t.Lane, t.Class)).Distinct())
                signals.Raise(lane, priorityClass);
        return taken.Count;
    }

    private static async Task<List<Taken>> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Guid> ids, CancellationToken ct)
    {
        await using var take = new NpgsqlCommand(Take, connection, transaction);
        take.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        take.Parameters.AddWithValue(ids[0]);
        take.Parameters.AddWithValue(ids[^1]);
        var taken = new List<Taken>(ids.Count);
        await using var r = await take.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            taken.Add(new Taken(
                r.GetGuid(0), (MessageState)r.GetInt16(1), (MessageChannel)r.GetInt16(2), PriorityClass.Of(r.GetInt16(3)), r.IsDBNull(4) ? null : r.GetGuid(4), r.GetInt16(5), r.GetBoolean(6),
                r.IsDBNull(7) ? null : r.GetInt32(7)));
        return taken;
    }

    private static async Task<HashSet<Guid>> ReleaseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Taken> taken, CancellationToken ct)
    {
        var mine = new HashSet<Guid>(taken.Count);
        await using var release = new NpgsqlCommand(Release, connection, transaction);
        release.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. taken.Select(t => t.Id)] });
        await using var r = await release.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            mine.Add(r.GetGuid(0));
        return mine;
    }

    /// <summary>What was counted for them is taken back. A receipt that said "did not arrive" had been counted as sent before.</summary>
    private static void WriteCounters(UnnestBatch batch, List<Taken> taken, bool delivered)
    {
        var batches = taken.Where(t => t.Batch is not null).GroupBy(t => t.Batch!.Value).OrderBy(g => g.Key, UuidOrder.Instance).ToList();
        if (batches.Count == 0)
            return;
        batch.Add(Counted)
            .Column(batches, NpgsqlDbType.Uuid, g => g.Key)
            .Column(batches, NpgsqlDbType.Integer, g => -g.Count(t => t is { State: MessageState.Failed, Receipt: false }))
            .Column(batches, NpgsqlDbType.Integer, g => -g.Count(t => t.State == MessageState.Unknown))
            .Column(batches, NpgsqlDbType.Integer, g => delivered ? g.Count() : -g.Count(t => t is { State: MessageState.Failed, Receipt: true }))
            .Column(batches, NpgsqlDbType.Integer, g => -g.Count(t => t is { State: MessageState.Failed, Receipt: true }))
            .Column(batches, NpgsqlDbType.Integer, g => delivered ? g.Count() : 0);
        if (!delivered)
            batch.Add(Reopen).Column(batches, NpgsqlDbType.Uuid, g => g.Key);
    }
}
