using System.Text;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Lookup;

/// <summary>
/// The one way in which messages and their steps are read, for pages (<see cref="Records.MessageRecords"/>) and for other systems (<see cref="MessageQueries"/>). It knows no rights and masks
/// nothing: those two do.
/// </summary>
internal sealed class MessageSearch(NpgsqlDataSource source)
{
    public const int LargestStretch = 100;

    /// <summary>Longer searches are given up: the caller narrows the time.</summary>
    private const int PatienceSeconds = 8;

    private const int MostSteps = 1_000;

    private const string Select = """
        select m.id, m.state, m.channel, t.code, coalesce(t.name, ''), coalesce(t.category, 2), m.template_id, m.template_version, m.recipient, m.variables, m.priority, m.urgent,
          m.accepted_at, m.not_before, m.expires_at, m.finished_at, m.receipt_at, m.attempt, m.account, a.name, m.failure, m.code, m.reason, m.cost_milli,
          m.batch_id, b.number, m.customer_id, m.subject_id, m.tags, m.caller, l.why, l.ready_at
        from messages m left join message_templates t on t.id = m.template_id left join message_batches b on b.id = m.batch_id
          left join channel_accounts a on a.number = m.account left join later_messages l on l.id = m.id
        where true
        """;

    /// <summary>One message; none when it is not there, or was handed in by somebody else than <paramref name="caller"/> where one is named.</summary>
    public async Task<FoundMessage?> FindAsync(Guid id, Guid? caller, CancellationToken ct)
    {
        await using var command = source.CreateCommand();
        command.CommandText = Wanted(new MessageFilter(MessageId: id, Caller: caller), null, command.Parameters);
        await using var rows = await command.ExecuteReaderAsync(ct);
        return await rows.ReadAsync(ct) ? Read(rows) : null;
    }

    /// <summary>Messages newest first, by cursor: stable while new ones come in, and the hundredth stretch costs what the first does. Gives a search up that takes too long.</summary>
    public async Task<(List<FoundMessage> Rows, Guid? Next)> ListAsync(MessageFilter filter, Guid? cursor, int take, CancellationToken ct)
    {
        take = Math.Clamp(take, 1, LargestStretch);
        await using var command = source.CreateCommand();
        command.CommandTimeout = PatienceSeconds;
        command.CommandText = $"{Wanted(filter, cursor, command.Parameters)} order by m.id desc limit {take + 1}";
        var found = new List<FoundMessage>(take + 1);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
            found.Add(Read(rows));
        var more = found.Count > take;
        if (more)
            found.RemoveAt(take);
        return (found, more ? found[^1].Id : null);
    }

    /// <summary>The steps of a message, oldest first; kept for seven days.</summary>
    public async Task<List<TraceView>> StepsAsync(Guid id, CancellationToken ct)
    {
        // No step is older than the message, whose id says when it was made; the hour is for clocks that differ.
        await using var command = source.CreateCommand(
            $"select at, node, result, attempt, host, code, provider_id, detail from message_traces where message_id = $1 and at >= $2 order by at, node, result limit {MostSteps}");
        command.Parameters.AddWithValue(id);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (MessageIds.TimeOf(id) - TimeSpan.FromHours(1)).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var steps = new List<TraceView>();
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            steps.Add(new TraceView(
                r.GetFieldValue<DateTimeOffset>(0), (TraceNode)r.GetInt16(1), (TraceResult)r.GetInt16(2), r.GetInt16(3), Text(r, 4), Text(r, 5), Text(r, 6), Text(r, 7)));
        return steps;
    }

    private static string Wanted(MessageFilter filter, Guid? cursor, NpgsqlParameterCollection values)
    {
        var sql = new StringBuilder(Select);
        void And<T>(string condition, T value, string close = "")
        {
            values.Add(new NpgsqlParameter<T> { TypedValue = value });
            sql.Append(" and ").Append(condition).Append(" $").Append(values.Count).Append(close);
        }

        // For one the index also has the order.
        if (filter.People is [var one])
            And("m.person =", one);
        else if (filter.People is { } people)
            And<Guid[]>("m.person = any(", [.. people], ")");
        if (filter.MessageId is { } message)
            And("m.id =", message);
        if (filter.BatchId is { } batch)
            And("m.batch_id =", batch);
        if (filter.Template is { } template)
            And("m.template_id in (select id from message_templates where code =", template, ")");
        if (filter.State is { } state)
            And("m.state =", (short)state);
        if (filter.Channel is { } channel)
            And("m.channel =", (short)channel);
        if (filter.Caller is { } caller)
            And("m.caller =", caller);
        // Times become bounds of the id, so that only the days in question are opened.
        if (filter.From is { } from)
            And("m.id >=", MessageIds.First(from));
        if (filter.Until is { } until)
            And("m.id <", MessageIds.First(until));
        if (cursor is { } after)
            And("m.id <", after);
        return sql.ToString();
    }

    private static FoundMessage Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), (MessageState)r.GetInt16(1), (MessageChannel)r.GetInt16(2), Text(r, 3), r.GetString(4), (MessageCategory)r.GetInt16(5), r.GetGuid(6), r.GetInt32(7), r.GetString(8), r.GetString(9),
        r.GetInt16(10), r.GetBoolean(11), r.GetFieldValue<DateTimeOffset>(12), Value<DateTimeOffset>(r, 13), Value<DateTimeOffset>(r, 14), Value<DateTimeOffset>(r, 15), Value<DateTimeOffset>(r, 16),
        r.GetInt16(17), Value<int>(r, 18), Text(r, 19), (FailureClass?)Value<short>(r, 20), Text(r, 21), Text(r, 22), Value<int>(r, 23),
        Value<Guid>(r, 24), Text(r, 25), Value<Guid>(r, 26), Value<Guid>(r, 27), r.IsDBNull(28) ? [] : r.GetFieldValue<string[]>(28), Value<Guid>(r, 29),
        (WaitReason?)Value<short>(r, 30), r.IsDBNull(31) || r.GetDateTime(31) == DateTime.MaxValue ? null : Value<DateTimeOffset>(r, 31));

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static T? Value<T>(NpgsqlDataReader r, int column)
        where T : struct => r.IsDBNull(column) ? null : r.GetFieldValue<T>(column);
}

/// <summary>A message as it is stored: nothing masked, variables as they are. Does not leave this assembly.</summary>
internal sealed record FoundMessage(
    Guid Id, MessageState State, MessageChannel Channel, string? TemplateCode, string TemplateName, MessageCategory Category, Guid TemplateId, int TemplateVersion, string Recipient, string Variables,
    int Priority, bool Urgent, DateTimeOffset AcceptedAt, DateTimeOffset? NotBefore, DateTimeOffset? ExpiresAt, DateTimeOffset? FinishedAt, DateTimeOffset? ReceiptAt,
    int Attempt, int? Account, string? AccountName, FailureClass? Failure, string? Code, string? Reason, int? CostMilli,
    Guid? BatchId, string? BatchNumber, Guid? CustomerId, Guid? SubjectId, IReadOnlyList<string> Tags, Guid? Caller, WaitReason? Waits, DateTimeOffset? WaitsUntil);
