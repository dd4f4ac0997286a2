using System.Buffers;
using System.Text.Json;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>Takes batches and steers them. Every recipient of a batch ends in exactly one outcome, and the counters add up to the total.</summary>
public sealed partial class BatchService
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly TemplateBook templates;
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;

    internal BatchService(IDbContextFactory<CcdDbContext> contexts, TemplateBook templates, ChangeFeed feed, TimeProvider clock)
    {
        this.contexts = contexts;
        this.templates = templates;
        this.feed = feed;
        this.clock = clock;
    }

    /// <summary>Batches above this size need a second person; 0 for never.</summary>
    public int ApprovalAbove { get; set; }

    /// <summary>
    /// Takes a batch: checks every row, then writes batch and messages in one commit. Bad rows are listed with their numbers; whether the
    /// good ones go on then is the draft's choice.
    /// </summary>
    public async Task<Result<BatchAccepted>> CreateAsync(BatchDraft draft, IReadOnlyList<BatchRecipient> recipients, MessageCaller by, Guid? bodyHash, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var checkedRows = await CheckAsync(templates, draft, recipients, now, ct);
        if (!checkedRows.Ok)
            return checkedRows.Refusal;
        var (template, good, bad) = checkedRows.Value;
        var name = draft.Name.Trim();
        if (good.Count == 0)
            return BatchRefusals.AllBad with { Others = [.. bad.Take(100).Select(b => b.Refusal)] };
        if (bad.Count > 0 && !draft.AcceptGood)
            return new BatchAccepted(null, null, 0, bad);
        return await WriteAsync(draft, name, template, good, bad, by, bodyHash, now, ct);
    }

    /// <summary>Starts, pauses, resumes, continues after the canary, cancels or approves. Needs <see cref="Permission.SendMessages"/>, as everything that steers a batch.</summary>
    public async Task<Result<BatchState>> MoveAsync(Guid id, BatchMove move, Actor by, CancellationToken ct)
    {
        if (!by.May(Permission.SendMessages))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        // The feeder takes this lock too: while it is held nothing of the batch enters the queue.
        if (await db.Database.SqlQuery<int>($"select fed as \"Value\" from message_batch_progress where batch_id = {id} for update").ToListAsync(ct) is not [var fed])
            return CommonRefusals.NotFound;
        var batch = await db.MessageBatches.SingleAsync(b => b.Id == id, ct);
        if (BatchWorkflow.Next(batch.State, move) is not { } next)
            return BatchRefusals.MoveNotAllowed(batch.State, move);
        if (move == BatchMove.Approve && batch.CallerId is { } author && by.Id == author)
            return BatchRefusals.SecondPerson;
        if (move == BatchMove.Start && ApprovalAbove > 0 && batch.Total > ApprovalAbove)
            next = BatchState.AwaitsApproval;
        var before = batch.State;
        batch.State = next;
        if (move == BatchMove.Continue)
            batch.Canary = 0;
        if (move == BatchMove.Cancel)
        {
            batch.FinishedAt = now;
            await CancelRestAsync(db, id, fed, now, ct);
        }

        if (move is BatchMove.Resume or BatchMove.Continue)
            await db.Database.ExecuteSqlAsync($"update later_messages set ready_at = {now} where batch_id = {id} and why = {(short)WaitReason.Paused}", ct);
        db.Audit(by, now, "message_batch.moved", new AuditSubject("message_batch", id), new { State = BatchWorkflow.Words(before) }, new { State = BatchWorkflow.Words(next) });
        db.Announce(MessageTopics.Batches);
        db.Announce(MessageTopics.Batch(id));
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        return next;
    }

    /// <summary>What is not in the queue yet goes with the new priority.</summary>
    public Task<Result> ChangePriorityAsync(Guid id, int priority, Actor by, CancellationToken ct) =>
        priority is < 0 or > 10
            ? Task.FromResult<Result>(SendRefusals.PriorityRange)
            : EditAsync(id, by, "message_batch.priority", batch =>
            {
                if (batch.State is BatchState.Finished or BatchState.Cancelled)
                    return BatchRefusals.NotEditable;
                batch.Priority = (short)priority;
                return Result.Done;
            }, ct);

    /// <summary>Another moment for a batch that has not begun.</summary>
    public Task<Result> RescheduleAsync(Guid id, DateTimeOffset at, Actor by, CancellationToken ct) =>
        at < clock.GetUtcNow().AddMinutes(-1)
            ? Task.FromResult<Result>(SendRefusals.AtPast)
            : EditAsync(id, by, "message_batch.rescheduled", batch =>
            {
                if (batch.State is not (BatchState.Draft or BatchState.Scheduled) || batch.StartedAt is not null)
                    return BatchRefusals.NotEditable;
                batch.StartAt = at.ToUniversalTime();
                return Result.Done;
            }, ct);

    private async Task<Result> EditAsync(Guid id, Actor by, string action, Func<MessageBatch, Result> change, CancellationToken ct)
    {
        if (!by.May(Permission.SendMessages))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await db.MessageBatches.SingleOrDefaultAsync(b => b.Id == id, ct) is not { } batch)
            return CommonRefusals.NotFound;
        var before = new { batch.Priority, batch.StartAt };
        var changed = change(batch);
        if (!changed.Ok)
            return changed;
        db.Audit(by, clock.GetUtcNow(), action, new AuditSubject("message_batch", id), before, new { batch.Priority, batch.StartAt });
        db.Announce(MessageTopics.Batches);
        db.Announce(MessageTopics.Batch(id));
        return await db.TrySaveAsync(ct);
    }

    /// <summary>
    /// Everything that is not in the queue or in a worker's hands is cancelled here; those end at their claim. A send that was interrupted is
    /// settled first: it may have reached the person.
    /// </summary>
    private static async Task CancelRestAsync(CcdDbContext db, Guid id, int fed, DateTimeOffset now, CancellationToken ct)
    {
        const short cancelled = (short)MessageState.Cancelled;
        await db.Database.ExecuteSqlAsync(
            $"""
            with waiting as (
              delete from later_messages l using messages m where l.batch_id = {id} and m.id = l.id and m.code is distinct from {MessageRow.InterruptedCode} returning l.id)
            , gone as (
              update messages m set state = {cancelled}, finished_at = {now}
              where m.batch_id = {id} and m.state = 1 and (m.batch_no > {fed} or m.id in (select id from waiting)) returning m.id)
            , t as (insert into message_traces (at, message_id, node, result, attempt, host) select {now}, id, 0, 5, 0, {ThisHost.Name} from gone)
            update message_batch_progress set cancelled = cancelled + (select count(*) from gone), fed = (select total from message_batches where id = {id}) where batch_id = {id}
            """, ct);
    }

    /// <summary>A batch whose head is right, with its rows sorted into good and bad.</summary>
    internal sealed record CheckedBatch(CompiledTemplate Template, List<(BatchRecipient Row, string Recipient)> Good, List<BadRow> Bad);

    /// <summary>Everything that is asked at the door, without writing.</summary>
    internal static async Task<Result<CheckedBatch>> CheckAsync(TemplateBook templates, BatchDraft draft, IReadOnlyList<BatchRecipient> recipients, DateTimeOffset now, CancellationToken ct)
    {
        if (recipients.Count == 0)
            return BatchRefusals.Empty;
        if (recipients.Count > BatchRefusals.MostRecipients)
            return BatchRefusals.TooMany;
        if (draft.Name.Trim() is not { Length: > 0 and <= 100 })
            return BatchRefusals.NameMissing;
        if (draft.CanaryPercent is < 0 or > 50)
            return BatchRefusals.CanaryRange;
        if (await templates.FindAsync(draft.Template, ct) is not { } entry)
            return TemplateRefusals.Unknown;
        if (entry.Active is not { } template)
            return TemplateRefusals.NotActive;
        var probe = new MessageRequest
        {
            Template = draft.Template, Channel = draft.Channel, Recipient = "", Priority = draft.Priority, At = draft.At, ExpiresAt = draft.ExpiresAt,
            IdempotencyKey = draft.IdempotencyKey, Tags = draft.Tags,
        };
        if (MessageSender.RefusalApartFromVariables(probe, template, now) is { } refusal)
            return refusal;

        var (good, bad) = Check(draft, recipients, template);
        return new CheckedBatch(template, good, bad);
    }

    private static (List<(BatchRecipient Row, string Recipient)> Good, List<BadRow> Bad) Check(BatchDraft draft, IReadOnlyList<BatchRecipient> recipients, CompiledTemplate template)
    {
        var good = new List<(BatchRecipient, string)>(recipients.Count);
        var bad = new List<BadRow>();
        var seen = new HashSet<string>(recipients.Count, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < recipients.Count; i++)
        {
            var row = recipients[i];
            var recipient = RecipientRules.Normalise(draft.Channel, row.Recipient);
            var refusal = recipient is null ? SendRefusals.Recipient(draft.Channel)
                : template.Check(row.Variables) is { } wrong ? wrong
                : seen.Add(recipient) ? null : BatchRefusals.Duplicate;
            if (refusal is null)
                good.Add((row, recipient!));
            else
                bad.Add(new BadRow(i + 1, row.Recipient.Length > 40 ? row.Recipient[..40] : row.Recipient, refusal));
        }

        return (good, bad);
    }

    private async Task<Result<BatchAccepted>> WriteAsync(
        BatchDraft draft, string name, CompiledTemplate template, List<(BatchRecipient Row, string Recipient)> good, List<BadRow> bad, MessageCaller by, Guid? bodyHash, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        var id = Guid.CreateVersion7(now);
        if (draft.IdempotencyKey is { } text)
        {
            var key = RecipientRules.HashOf($"batch {by.Id:N}\n{text}");
            var body = bodyHash ?? RecipientRules.HashOf($"{draft.Template}\n{draft.Channel}\n{draft.At:O}\n{string.Join('\n', good.Select(g => g.Recipient))}");
            var written = await db.Database.ExecuteSqlAsync($"insert into message_keys (key, body, message_id, at) values ({key}, {body}, {id}, {now}) on conflict (key) do update set body = excluded.body, message_id = excluded.message_id, at = excluded.at where message_keys.at <= excluded.at - interval '24 hours'", ct);
            if (written == 0)
            {
                // The same rows are as bad as they were the first time.
                var again = await RepeatedAsync(db, key, body, ct);
                return again.Ok ? again.Value with { Bad = bad } : again.Refusal;
            }
        }

        var batch = new MessageBatch
        {
            Id = id,
            Number = await NumberAsync(db, now, ct),
            Name = name,
            TemplateId = template.Id,
            TemplateVersion = template.Version,
            Channel = draft.Channel,
            Account = draft.Account,
            Priority = (short)draft.Priority,
            Urgent = draft.Urgent,
            State = !draft.Start ? BatchState.Draft : ApprovalAbove > 0 && good.Count > ApprovalAbove ? BatchState.AwaitsApproval : BatchState.Scheduled,
            Total = good.Count,
            Canary = draft.CanaryPercent == 0 ? 0 : Math.Max(1, good.Count * draft.CanaryPercent / 100),
            StartAt = draft.At?.ToUniversalTime(),
            ExpiresAt = draft.ExpiresAt?.ToUniversalTime(),
            CreatedAt = now,
            CallerId = by.Id ?? by.Actor.Id,
            CallerName = by.Actor.DisplayName,
        };
        var stored = await StoreAsync(db, batch, draft, good, by, now, ct);
        if (!stored.Ok)
            return stored.Refusal;
        await work.CommitAsync(ct);
        feed.Publish(new Change(MessageTopics.Batches));
        return new BatchAccepted(id, batch.Number, good.Count, bad);
    }

    /// <summary>Writes a batch with its messages into the caller's transaction.</summary>
    private static async Task<Result> StoreAsync(
        CcdDbContext db, MessageBatch batch, BatchDraft draft, List<(BatchRecipient Row, string Recipient)> good, MessageCaller by, DateTimeOffset now, CancellationToken ct)
    {
        db.MessageBatches.Add(batch);
        db.Audit(by.Actor, now, "message_batch.created", new AuditSubject("message_batch", batch.Id), after: new { batch.Number, batch.Name, batch.Total });
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved;
        await db.Database.ExecuteSqlAsync($"insert into message_batch_progress (batch_id) values ({batch.Id})", ct);
        await CopyAsync((NpgsqlConnection)db.Database.GetDbConnection(), batch, draft, good, by, now, ct);
        return Result.Done;
    }

    private static async Task<Result<BatchAccepted>> RepeatedAsync(CcdDbContext db, Guid key, Guid body, CancellationToken ct)
    {
        var transaction = (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
        await using var find = new NpgsqlCommand("select body, message_id from message_keys where key = $1", transaction.Connection, transaction);
        find.Parameters.AddWithValue(key);
        Guid id;
        await using (var reader = await find.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct))
                return SendRefusals.Busy;
            if (reader.GetGuid(0) != body)
                return SendRefusals.KeyReused;
            id = reader.GetGuid(1);
        }

        var first = await db.MessageBatches.AsNoTracking().SingleAsync(b => b.Id == id, ct);
        return new BatchAccepted(id, first.Number, first.Total, [], Repeated: true);
    }

    /// <summary>Rows go in by binary COPY. None of them is in the queue; the batch's row is.</summary>
    private static async Task CopyAsync(
        NpgsqlConnection connection, MessageBatch batch, BatchDraft draft, List<(BatchRecipient Row, string Recipient)> good, MessageCaller by, DateTimeOffset now, CancellationToken ct)
    {
        await using var copy = await BinaryCopy.BeginAsync(
            connection,
            """
            copy messages (id, accepted_at, expires_at, template_id, person, batch_id, customer_id, caller, batch_no, template_version, account, channel, priority,
              state, urgent, recipient, variables, tags) from stdin (format binary)
            """, ct);
        var tags = draft.Tags.Count == 0 ? null : draft.Tags;
        var values = new ArrayBufferWriter<byte>(1024);
        await using var json = new Utf8JsonWriter(values);
        for (var i = 0; i < good.Count; i++)
        {
            var (row, recipient) = good[i];
            await copy.RowAsync(18, ct);
            copy.Add(MessageIds.InOrder(now, i));
            copy.Add(now);
            copy.Add(draft.ExpiresAt);
            copy.Add(batch.TemplateId);
            copy.Add(RecipientRules.PersonOf(row.CustomerId, batch.Channel, recipient));
            copy.Add(batch.Id);
            copy.Add(row.CustomerId);
            copy.Add(by.Id);
            copy.Add(i + 1);
            copy.Add(batch.TemplateVersion);
            copy.Add(batch.Account);
            copy.Add((short)batch.Channel);
            copy.Add(batch.Priority);
            copy.Add((short)MessageState.Waiting);
            copy.Add(batch.Urgent);
            copy.Add(recipient);
            copy.Add(Json(row.Variables));
            copy.Add(tags);
        }

        await copy.CompleteAsync(ct);

        ReadOnlySpan<byte> Json(IReadOnlyDictionary<string, string> variables)
        {
            values.ResetWrittenCount();
            json.Reset();
            JsonSerializer.Serialize(json, variables, MessageJson.Default.IReadOnlyDictionaryStringString);
            return values.WrittenSpan;
        }
    }

    private static async Task<string> NumberAsync(CcdDbContext db, DateTimeOffset now, CancellationToken ct)
    {
        var day = now.ToOffset(TimeSpan.FromHours(8)).ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        // One at a time, until the commit.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(7316003)", ct);
        var last = await db.MessageBatches.Where(b => b.Number.StartsWith($"PL-{day}-")).MaxAsync(b => (string?)b.Number, ct);
        var next = last is null ? 1 : int.Parse(last.AsSpan(last.LastIndexOf('-') + 1), System.Globalization.CultureInfo.InvariantCulture) + 1;
        return $"PL-{day}-{next:D4}";
    }
}
