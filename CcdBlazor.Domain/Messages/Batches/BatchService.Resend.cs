using System.Text.Json;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>A second try for those whom a batch did not reach.</summary>
public sealed partial class BatchService
{
    // Taking the failure away is the right to send it again: whoever replays or resends at the same time finds nothing left.
    // Locked in the order of ids, as a replay does, so that the two never wait in a circle.
    private const string TakeFailed = """
        with mine as materialized (select id from message_failures where batch_id = $1 and failure <> 0 order by id for update)
        , gone as (delete from message_failures where id = any(array(select id from mine)) returning id)
        select m.id, m.recipient, m.variables, m.customer_id, m.person, m.channel
        from gone join messages m on m.id = gone.id where m.state = 5 and m.batch_id = $1 order by m.batch_no
        """;

    /// <summary>
    /// A new batch, started at once, with only the failed of a finished or cancelled one. Each failure is sent again once, however often this is asked
    /// for; those whose outcome is unknown are not among them. Refuses when nothing is left to resend. Needs <see cref="Permission.SendMessages"/>.
    /// </summary>
    public async Task<Result<BatchAccepted>> ResendFailedAsync(Guid id, MessageCaller by, CancellationToken ct)
    {
        if (!by.Actor.May(Permission.SendMessages))
            return CommonRefusals.Forbidden;
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await db.MessageBatches.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, ct) is not { } old)
            return CommonRefusals.NotFound;
        if (old.State is not (BatchState.Finished or BatchState.Cancelled))
            return BatchRefusals.ResendTooEarly;
        var (good, contents) = await TakeFailedAsync((NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction(), old, ct);
        if (good.Count == 0)
            return BatchRefusals.NothingToResend;
        // The first try must not count as "the same content a moment ago".
        await db.Database.ExecuteSqlAsync($"delete from message_contents where content = any({contents})", ct);
        var batch = new MessageBatch
        {
            Id = Guid.CreateVersion7(now),
            Number = await NumberAsync(db, now, ct),
            Name = Named(old.Name),
            TemplateId = old.TemplateId,
            TemplateVersion = old.TemplateVersion,
            Channel = old.Channel,
            Account = old.Account,
            Priority = old.Priority,
            Urgent = old.Urgent,
            State = BatchState.Scheduled,
            Total = good.Count,
            CreatedAt = now,
            CallerId = by.Id ?? by.Actor.Id,
            CallerName = by.Actor.DisplayName,
            ResendOf = id,
        };
        var draft = new BatchDraft { Name = batch.Name, Template = "", Channel = batch.Channel };
        var stored = await StoreAsync(db, batch, draft, good, by, now, ct);
        if (!stored.Ok)
            return stored.Refusal;
        db.Audit(by.Actor, now, "message_batch.resent", new AuditSubject("message_batch", id), after: new { batch.Number, batch.Total });
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        await work.CommitAsync(ct);
        feed.Publish(new Change(MessageTopics.Batches));
        feed.Publish(new Change(MessageTopics.Batch(id)));
        return new BatchAccepted(batch.Id, batch.Number, batch.Total, []);
    }

    private static async Task<(List<(BatchRecipient Row, string Recipient)> Good, Guid[] Contents)> TakeFailedAsync(NpgsqlTransaction transaction, MessageBatch old, CancellationToken ct)
    {
        var good = new List<(BatchRecipient, string)>();
        var contents = new List<Guid>();
        await using var command = new NpgsqlCommand(TakeFailed, transaction.Connection, transaction);
        command.Parameters.AddWithValue(old.Id);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
        {
            var (recipient, variables) = (r.GetString(1), r.GetString(2));
            var customer = r.IsDBNull(3) ? (Guid?)null : r.GetGuid(3);
            good.Add((new BatchRecipient(recipient, JsonSerializer.Deserialize(variables, MessageJson.Default.DictionaryStringString) ?? [], customer), recipient));
            contents.Add(PersonGate.ContentOf(new MessageRow
            {
                Id = r.GetGuid(0), AcceptedAt = default, TemplateId = old.TemplateId, TemplateVersion = old.TemplateVersion, Person = r.GetGuid(4), Channel = (MessageChannel)r.GetInt16(5),
                Recipient = recipient, Variables = variables,
            }));
        }

        return (good, [.. contents.Order(UuidOrder.Instance)]);
    }

    private static string Named(string name)
    {
        const string Mark = "（重发）";
        var text = name.EndsWith(Mark, StringComparison.Ordinal) ? name : name + Mark;
        return text.Length <= 100 ? text : name[..(100 - Mark.Length)] + Mark;
    }
}
