using System.Globalization;
using System.Runtime.CompilerServices;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Records;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Batches;

/// <summary>Reads about batches. Who holds <see cref="Permission.ViewMessages"/> or approves large ones sees all; a sender sees his own.</summary>
public sealed class BatchQueries
{
    public const int LargestStretch = 100;

    /// <summary>Lists are counted so far; beyond it "and more" is enough.</summary>
    private const int MostCounted = 10_000;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly NpgsqlDataSource source;
    private readonly QuotaOutlook outlook;
    private readonly TimeProvider clock;

    internal BatchQueries(IDbContextFactory<CcdDbContext> contexts, NpgsqlDataSource source, QuotaOutlook outlook, TimeProvider clock)
    {
        this.contexts = contexts;
        this.source = source;
        this.outlook = outlook;
        this.clock = clock;
    }

    /// <summary>A page of batches, the newest first.</summary>
    public async Task<Result<Page<BatchRow>>> ListAsync(BatchFilter filter, PageRequest page, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        var batches = Visible(db, by);
        if (filter.Search?.Trim() is { Length: > 0 } search)
            batches = batches.Where(b => b.Number.Contains(search) || EF.Functions.ILike(b.Name, $"%{Escaped(search)}%", "\\"));
        if (filter.State is { } state)
            batches = batches.Where(b => b.State == state);
        if (filter.Open)
            batches = batches.Where(b => b.State != BatchState.Finished && b.State != BatchState.Cancelled);
        if (filter.Mine && by.Id is { } me)
            batches = batches.Where(b => b.CallerId == me);
        var total = await batches.Take(MostCounted + 1).CountAsync(ct);
        var found = await batches.OrderByDescending(b => b.CreatedAt).ThenByDescending(b => b.Number).Skip(page.Skip).Take(page.Size).ToListAsync(ct);
        var names = await NamesAsync(db, found.Select(b => b.TemplateId), ct);
        var progress = await ProgressAsync([.. found.Select(b => b.Id)], ct);
        return new Page<BatchRow>([.. found.Select(b => RowOf(b, names, progress))], Math.Min(total, MostCounted), total > MostCounted, page);
    }

    /// <summary>One batch with its progress, what holds it back and what may be done.</summary>
    public async Task<Result<BatchDetail>> FindAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await Visible(db, by).SingleOrDefaultAsync(b => b.Id == id, ct) is not { } batch)
            return CommonRefusals.NotFound;
        var row = RowOf(batch, await NamesAsync(db, [batch.TemplateId], ct), await ProgressAsync([id], ct));
        var account = batch.Account is { } number ? await db.ChannelAccounts.AsNoTracking().Where(a => a.Number == number).Select(a => a.Name).FirstOrDefaultAsync(ct) : null;
        var before = batch.ResendOf is { } parent ? await db.MessageBatches.AsNoTracking().Where(b => b.Id == parent).Select(b => new { b.Id, b.Number }).FirstOrDefaultAsync(ct) : null;
        var after = await db.MessageBatches.AsNoTracking().Where(b => b.ResendOf == id).OrderBy(b => b.CreatedAt).Select(b => new { b.Id, b.Number }).ToListAsync(ct);

        var now = clock.GetUtcNow();
        var running = batch.State == BatchState.Running;
        var rate = running ? await RateAsync(id, batch.StartedAt, now, ct) : 0;
        var ahead = (batch.Canary > 0 ? Math.Min(batch.Canary, batch.Total) : batch.Total) - row.Progress.Done;
        var look = running && ahead > 0 ? await WithWaitsAsync(id, ahead, await outlook.OfAsync(batch.Channel, batch.Account, ahead, rate, now, ct), ct) : default;
        var open = await OpenFailuresAsync(id, ct);
        var acts = by.May(Permission.SendMessages);
        return new BatchDetail(
            row, batch.Priority, batch.Urgent, batch.Canary, batch.StartedAt, batch.FinishedAt, batch.ExpiresAt, account, rate, look.EndsAt, look.LimitedBy,
            [.. BatchWorkflow.AllowedIn(batch.State).Where(move => move == BatchMove.Approve ? by.May(Permission.ApproveTemplates) && batch.CallerId != by.Id : acts)],
            open, acts && open > 0 && batch.State is BatchState.Finished or BatchState.Cancelled,
            acts && batch.State is not (BatchState.Finished or BatchState.Cancelled), before is null ? null : (before.Id, before.Number), after.ConvertAll(b => (b.Id, b.Number)));
    }

    /// <summary>Recipients in their order, by cursor.</summary>
    public async Task<Result<BatchRecipientStretch>> RecipientsAsync(Guid id, MessageState? state, int after, int take, Actor by, CancellationToken ct)
    {
        if (!await MaySeeAsync(id, by, ct))
            return CommonRefusals.NotFound;
        take = Math.Clamp(take, 1, LargestStretch);
        await using var command = Recipients(id, state, after, take + 1);
        var rows = new List<BatchRecipientRow>(take + 1);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            rows.Add(Recipient(r, whole: false));
        var more = rows.Count > take;
        if (more)
            rows.RemoveAt(take);
        return new BatchRecipientStretch(rows, more ? rows[^1].No : null);
    }

    /// <summary>
    /// Outcomes of all recipients as rows of a file, read piece by piece. Recipients are whole only for those who may see them. Written to the audit
    /// before the first row goes out.
    /// </summary>
    public async Task<Result<BatchExport>> ExportAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        await using var db = await contexts.CreateDbContextAsync(ct);
        if (await Visible(db, by).Where(b => b.Id == id).Select(b => b.Number).SingleOrDefaultAsync(ct) is not { } number)
            return CommonRefusals.NotFound;
        db.Audit(by, clock.GetUtcNow(), "message_batch.exported", new AuditSubject("message_batch", id), after: new { Number = number });
        var saved = await db.TrySaveAsync(ct);
        if (!saved.Ok)
            return saved.Refusal;
        return new BatchExport(number, ["序号", "接收人", "结果", "说明", "尝试次数", "完成时间", "轨迹编号"], RowsAsync(id, by.May(Permission.RevealIdentity), ct));
    }

    private async IAsyncEnumerable<IReadOnlyList<string>> RowsAsync(Guid id, bool whole, [EnumeratorCancellation] CancellationToken ct)
    {
        const int AtOnce = 1_000;
        for (var after = 0; ;)
        {
            var rows = new List<BatchRecipientRow>(AtOnce);
            // A connection per piece: a slow reader holds none.
            await using (var command = Recipients(id, null, after, AtOnce))
            await using (var r = await command.ExecuteReaderAsync(ct))
                while (await r.ReadAsync(ct))
                    rows.Add(Recipient(r, whole));
            foreach (var row in rows)
                yield return
                [
                    row.No.ToString(CultureInfo.InvariantCulture), row.Recipient, RecordWords.Of(row.State), row.Why ?? "", row.Attempt.ToString(CultureInfo.InvariantCulture),
                    row.FinishedAt?.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "", row.MessageId.ToString("D"),
                ];
            if (rows.Count < AtOnce)
                yield break;
            after = rows[^1].No;
        }
    }

    private NpgsqlCommand Recipients(Guid id, MessageState? state, int after, int take)
    {
        var command = source.CreateCommand(
            """
            select m.batch_no, m.id, m.channel, m.recipient, m.state, m.code, m.reason, m.attempt, m.finished_at, l.why
            from messages m left join later_messages l on l.id = m.id
            where m.batch_id = $1 and m.batch_no > $2 and ($3::smallint is null or m.state = $3) order by m.batch_no limit $4
            """);
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(after);
        command.Parameters.Add(new NpgsqlParameter<short?> { TypedValue = (short?)state, NpgsqlDbType = NpgsqlDbType.Smallint });
        command.Parameters.AddWithValue(take);
        return command;
    }

    private static BatchRecipientRow Recipient(NpgsqlDataReader r, bool whole)
    {
        var channel = (MessageChannel)r.GetInt16(2);
        var state = (MessageState)r.GetInt16(4);
        var why = state == MessageState.Waiting
            ? r.IsDBNull(9) ? null : RecordWords.Of((WaitReason)r.GetInt16(9))
            : state is MessageState.Sent or MessageState.Delivered ? null : r.IsDBNull(6) ? RecordWords.Of(r.IsDBNull(5) ? null : r.GetString(5)) : r.GetString(6);
        return new BatchRecipientRow(
            r.GetInt32(0), r.GetGuid(1), whole ? r.GetString(3) : RecipientMask.Shown(channel, r.GetString(3)), state, why, r.GetInt16(7), r.IsDBNull(8) ? null : r.GetFieldValue<DateTimeOffset>(8));
    }

    private async Task<bool> MaySeeAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return false;
        await using var db = await contexts.CreateDbContextAsync(ct);
        return await Visible(db, by).AnyAsync(b => b.Id == id, ct);
    }

    private static bool MayLook(Actor by) => by.May(Permission.SendMessages) || SeesAll(by);

    private static bool SeesAll(Actor by) => by.May(Permission.ViewMessages) || by.May(Permission.ApproveTemplates);

    private static IQueryable<MessageBatch> Visible(CcdDbContext db, Actor by)
    {
        var batches = db.MessageBatches.AsNoTracking();
        if (SeesAll(by))
            return batches;
        var me = by.Id;
        return batches.Where(b => b.CallerId != null && b.CallerId == me);
    }

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    private static async Task<Dictionary<Guid, string>> NamesAsync(CcdDbContext db, IEnumerable<Guid> templates, CancellationToken ct)
    {
        var wanted = templates.Distinct().ToArray();
        return await db.MessageTemplates.AsNoTracking().Where(t => wanted.Contains(t.Id)).ToDictionaryAsync(t => t.Id, t => t.Name, ct);
    }

    private static BatchRow RowOf(MessageBatch b, Dictionary<Guid, string> names, Dictionary<Guid, BatchProgress> progress) => new(
        b.Id, b.Number, b.Name, names.GetValueOrDefault(b.TemplateId, "（模板已删除）"), b.Channel, b.State,
        progress.GetValueOrDefault(b.Id, new BatchProgress(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) with { Total = b.Total }, b.CreatedAt, b.StartAt, b.CallerName);

    private async Task<Dictionary<Guid, BatchProgress>> ProgressAsync(Guid[] ids, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select batch_id, fed, sent, delivered, failed, skipped, cancelled, unknown, bounced, cost_milli from message_batch_progress where batch_id = any($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        var found = new Dictionary<Guid, BatchProgress>(ids.Length);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            found[r.GetGuid(0)] = new BatchProgress(
                0, r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8), r.GetInt64(9));
        return found;
    }

    /// <summary>Outcomes of the last minute, or of the time since the start when that is shorter.</summary>
    private async Task<double> RateAsync(Guid id, DateTimeOffset? startedAt, DateTimeOffset now, CancellationToken ct)
    {
        var since = startedAt is { } started && started > now.AddMinutes(-1) ? started : now.AddMinutes(-1);
        await using var command = source.CreateCommand("select count(*) from messages where batch_id = $1 and finished_at > $2");
        command.Parameters.AddWithValue(id);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = since.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return await command.ExecuteScalarAsync(ct) is long n ? n / Math.Max(1, (now - since).TotalSeconds) : 0;
    }

    /// <summary>When most of what is left waits for a moment (quiet hours, quota, a throttling provider), that moment decides, not the speed.</summary>
    private async Task<Outlook> WithWaitsAsync(Guid id, int ahead, Outlook look, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            "select why, count(*)::int, max(ready_at) from later_messages where batch_id = $1 and ready_at < 'infinity' group by why order by 2 desc limit 1");
        command.Parameters.AddWithValue(id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return look;
        var (why, count, until) = ((WaitReason)reader.GetInt16(0), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2));
        return count * 2 < ahead
            ? look
            : look with { EndsAt = look.EndsAt is { } ends && ends > until ? ends : until, LimitedBy = $"{RecordWords.Of(why)}（{count} 条在等）" };
    }

    private async Task<int> OpenFailuresAsync(Guid id, CancellationToken ct)
    {
        await using var command = source.CreateCommand("select count(*)::int from message_failures where batch_id = $1 and failure <> 0");
        command.Parameters.AddWithValue(id);
        return await command.ExecuteScalarAsync(ct) is int n ? n : 0;
    }
}
