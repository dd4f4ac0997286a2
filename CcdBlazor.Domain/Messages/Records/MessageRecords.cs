using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Records;

/// <summary>Finds messages and tells their way, for people. Needs <see cref="Permission.ViewMessages"/>; without it a sender finds what he handed in himself.</summary>
public sealed class MessageRecords
{
    public const int LargestStretch = 100;

    /// <summary>Steps are kept for so long (issue 3, line 7).</summary>
    public static readonly TimeSpan TraceKept = TimeSpan.FromDays(7);

    /// <summary>A search that takes longer is given up: the reader narrows it.</summary>
    private const int PatienceSeconds = 8;

    private const string Columns = """
        select m.id, m.accepted_at, m.channel, m.state, coalesce(t.name, ''), m.recipient, m.batch_id, b.number, m.customer_id, m.attempt, m.finished_at,
          l.why, l.ready_at, m.failure, m.code, m.reason
        """;

    private const string From = """

        from messages m left join message_templates t on t.id = m.template_id left join message_batches b on b.id = m.batch_id left join later_messages l on l.id = m.id
        """;

    private const string More = """
        , m.variables, m.template_id, m.template_version, m.priority, m.urgent, m.not_before, m.expires_at, m.receipt_at, a.name, m.cost_milli, m.tags, coalesce(t.category, 2)
        """;

    private readonly NpgsqlDataSource source;
    private readonly TemplateBook templates;
    private readonly TimeProvider clock;

    internal MessageRecords(NpgsqlDataSource source, TemplateBook templates, TimeProvider clock)
    {
        this.source = source;
        this.templates = templates;
        this.clock = clock;
    }

    /// <summary>
    /// Messages newest first, by cursor: stable while new ones come in, and no stretch costs more than the first. Refuses a search that takes
    /// too long (<see cref="RecordRefusals.TooWide"/>).
    /// </summary>
    public async Task<Result<RecordStretch>> SearchAsync(RecordFilter filter, Guid? cursor, int take, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        take = Math.Clamp(take, 1, LargestStretch);
        await using var command = source.CreateCommand();
        command.CommandTimeout = PatienceSeconds;
        command.CommandText = Wanted(filter, cursor, take, by, command.Parameters);
        try
        {
            var rows = new List<RecordRow>(take + 1);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                rows.Add(Read(reader));
            var more = rows.Count > take;
            if (more)
                rows.RemoveAt(take);
            return new RecordStretch(rows, more ? rows[^1].Id : null);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            return RecordRefusals.TooWide;
        }
    }

    /// <summary>One message with its steps, oldest first.</summary>
    public async Task<Result<RecordDetail>> FindAsync(Guid id, Actor by, CancellationToken ct)
    {
        if (!MayLook(by))
            return CommonRefusals.Forbidden;
        RecordRow row;
        string recipient, variables;
        (Guid Template, int Version) version;
        Func<string?, IReadOnlyList<RecordStep>, RecordDetail> whole;
        await using (var command = source.CreateCommand($"{Columns}{More}{From} left join channel_accounts a on a.number = m.account where m.id = $1{(SeesAll(by) ? "" : " and m.caller = $2")}"))
        {
            command.Parameters.AddWithValue(id);
            if (!SeesAll(by))
                command.Parameters.AddWithValue(by.Id ?? Guid.Empty);
            await using var r = await command.ExecuteReaderAsync(ct);
            if (!await r.ReadAsync(ct))
                return CommonRefusals.NotFound;
            row = Read(r);
            recipient = by.May(Permission.RevealIdentity) && r.GetString(5).Length > 0 ? r.GetString(5) : row.Recipient;
            variables = r.GetString(16);
            version = (r.GetGuid(17), r.GetInt32(18));
            var (priority, urgent) = (r.GetInt16(19), r.GetBoolean(20));
            var (notBefore, expires, receipt) = (Value<DateTimeOffset>(r, 21), Value<DateTimeOffset>(r, 22), Value<DateTimeOffset>(r, 23));
            var (account, cost) = (Text(r, 24), Value<int>(r, 25) ?? 0);
            IReadOnlyList<string> tags = r.IsDBNull(26) ? [] : r.GetFieldValue<string[]>(26);
            var category = (MessageCategory)r.GetInt16(27);
            var kept = row.AcceptedAt > clock.GetUtcNow() - TraceKept;
            whole = (text, steps) => new RecordDetail(
                row, recipient, category, category == MessageCategory.Verification ? null : text, version.Version, priority, urgent, notBefore, expires, receipt, account, cost, tags,
                row is { State: MessageState.Waiting, Waits: WaitReason.Scheduled, BatchId: null }, steps, kept);
        }

        return whole(await RenderAsync(version, row.Channel, variables, ct), await StepsAsync(id, row.AcceptedAt, ct));
    }

    private static bool MayLook(Actor by) => SeesAll(by) || by.May(Permission.SendMessages);

    private static bool SeesAll(Actor by) => by.May(Permission.ViewMessages);

    private static string Wanted(RecordFilter filter, Guid? cursor, int take, Actor by, NpgsqlParameterCollection values)
    {
        var sql = new StringBuilder(Columns).Append(From).Append(" where true");
        void And<T>(string condition, T value)
        {
            values.Add(new NpgsqlParameter<T> { TypedValue = value });
            sql.Append(" and ").Append(condition).Append(" $").Append(values.Count);
        }

        if (filter.People is { } people)
        {
            values.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. people] });
            sql.Append(" and m.person = any($").Append(values.Count).Append(')');
        }

        if (filter.MessageId is { } message)
            And("m.id =", message);
        if (filter.BatchId is { } batch)
            And("m.batch_id =", batch);
        if (filter.Template is { } template)
        {
            And("m.template_id in (select id from message_templates where code =", template);
            sql.Append(')');
        }

        if (filter.State is { } state)
            And("m.state =", (short)state);
        if (filter.Channel is { } channel)
            And("m.channel =", (short)channel);
        if (!SeesAll(by))
            And("m.caller =", by.Id ?? Guid.Empty);
        // Times become bounds of the id, so that only the days in question are opened.
        if (filter.From is { } from)
            And("m.id >=", MessageIds.First(from));
        if (filter.Until is { } until)
            And("m.id <", MessageIds.First(until));
        if (cursor is { } after)
            And("m.id <", after);
        return sql.Append(" order by m.id desc limit ").Append(take + 1).ToString();
    }

    private async Task<string?> RenderAsync((Guid Template, int Version) version, MessageChannel channel, string variables, CancellationToken ct)
    {
        if (await templates.VersionAsync(version.Template, version.Version, ct) is not { } template || !template.Speaks(channel))
            return null;
        var values = (JsonSerializer.Deserialize(variables, MessageJson.Default.DictionaryStringString) ?? []).ToDictionary(v => v.Key, v => SealedVariables.Shown(v.Value));
        var content = template.Render(channel, values);
        return content.Subject is { Length: > 0 } subject ? $"{subject}\n{content.Text}" : content.Text;
    }

    private async Task<IReadOnlyList<RecordStep>> StepsAsync(Guid id, DateTimeOffset acceptedAt, CancellationToken ct)
    {
        // No step is older than its message; the hour is for clocks that differ.
        await using var command = source.CreateCommand(
            "select at, node, result, attempt, host, code, provider_id, detail from message_traces where message_id = $1 and at >= $2 order by at, node, result limit 500");
        command.Parameters.AddWithValue(id);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = acceptedAt.UtcDateTime.AddHours(-1), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var steps = new List<RecordStep>();
        DateTimeOffset? before = null;
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
        {
            var at = r.GetFieldValue<DateTimeOffset>(0);
            var node = (TraceNode)r.GetInt16(1);
            var result = (TraceResult)r.GetInt16(2);
            // A "begun" mark holds the account's number, which says nothing to a reader.
            var code = node == TraceNode.Process && result == TraceResult.Done ? null : Text(r, 5);
            var (what, why, good) = RecordWords.Step(node, result, code, Text(r, 7));
            steps.Add(new RecordStep(at, what, why is { Length: > 0 } ? why : null, r.GetInt16(3), Text(r, 4), Text(r, 6), at - before, good));
            before = at;
        }

        return steps;
    }

    private static RecordRow Read(NpgsqlDataReader r)
    {
        var channel = (MessageChannel)r.GetInt16(2);
        var until = r.IsDBNull(12) || r.GetDateTime(12) == DateTime.MaxValue ? null : Value<DateTimeOffset>(r, 12);
        return new RecordRow(
            r.GetGuid(0), r.GetFieldValue<DateTimeOffset>(1), channel, (MessageState)r.GetInt16(3), r.GetString(4), RecipientMask.Shown(channel, r.GetString(5)), Value<Guid>(r, 6), Text(r, 7),
            Value<Guid>(r, 8), r.GetInt16(9), Value<DateTimeOffset>(r, 10), (WaitReason?)Value<short>(r, 11), until, (FailureClass?)Value<short>(r, 13), Text(r, 14), Text(r, 15));
    }

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static T? Value<T>(NpgsqlDataReader r, int column)
        where T : struct => r.IsDBNull(column) ? null : r.GetFieldValue<T>(column);
}

/// <summary>Refusals around looking for messages.</summary>
public static class RecordRefusals
{
    public static readonly Refusal TooWide = new("messages.search_too_wide", "符合条件的消息太多，请缩小时间范围或增加条件。", RefusalKind.Conflict);
}
