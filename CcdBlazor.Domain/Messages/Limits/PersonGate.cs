using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Limits;

/// <summary>What stands between a message and its recipient. Nothing in the way when both are null.</summary>
internal readonly record struct GateAnswer(string? SkipCode, DateTimeOffset? WaitUntil, WaitReason Why);

/// <summary>
/// The rules that protect a person: opt-out, block list, test mode, quiet hours, same content, daily cap. Asked for a whole group at once,
/// right before it is sent; the last two are decided by the database, so they hold over all nodes.
/// </summary>
internal sealed class PersonGate(NpgsqlDataSource source, BlockBook blocks)
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    // A content belongs to the message that came first until its time is over; the same message may pass again (a retry). "was" reads the version that is being
    // replaced, so whether a message passes for the first time needs no look before.
    private const string Contents = """
        insert into message_contents (content, message_id, until)
        select distinct on (content) content, message_id, $3::timestamptz from unnest($1::uuid[], $2::uuid[]) as u(content, message_id) order by content
        on conflict (content) do update set was = message_contents.message_id, message_id = excluded.message_id, until = greatest(message_contents.until, excluded.until)
        where message_contents.until < $4 or message_contents.message_id = excluded.message_id
        returning message_id, was is distinct from message_id
        """;

    private const string Caps = """
        insert into person_days (person, day, sent) select p, $2, 1 from unnest($1::uuid[]) p order by p
        on conflict (person, day) do update set sent = person_days.sent + 1 where person_days.sent < $3
        returning person
        """;

    /// <summary>
    /// These commits do not wait for the disk: a crash of the server may forget the last moments of the counters and nothing else. What a message has
    /// become, and that it is being sent, is never written like this.
    /// </summary>
    private const string NotWaitingForTheDisk = "select set_config('synchronous_commit', 'off', true)";

    /// <summary>One answer per row, in order.</summary>
    public async Task<GateAnswer[]> AskAsync(IReadOnlyList<MessageRow> rows, IReadOnlyList<CompiledTemplate?> templates, DeliveryPolicy policy, DateTimeOffset now, CancellationToken ct)
    {
        var answers = new GateAnswer[rows.Count];
        var lists = await blocks.CurrentAsync(ct);
        var open = new List<int>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            answers[i] = ByLists(rows[i], templates[i]?.Category ?? MessageCategory.Notice, lists, policy, now);
            if (answers[i] == default && templates[i] is { Category: not MessageCategory.Verification } && !rows[i].Interrupted)
                open.Add(i);
        }

        if (open.Count > 0 && (policy.SameContentWindow > TimeSpan.Zero || policy.DailyCap > 0))
            await ByHistoryAsync(rows, open, answers, policy, now, ct);
        return answers;
    }

    /// <summary>What needs no history: expiry, lists, test mode, quiet hours.</summary>
    internal static GateAnswer ByLists(MessageRow row, MessageCategory category, BlockBook.Lists lists, DeliveryPolicy policy, DateTimeOffset now)
    {
        if (row.ExpiresAt <= now)
            return new GateAnswer(SkipCodes.Expired, null, default);
        var listed = lists.Entries.Count > 0 || policy.TestMode;
        if (listed)
        {
            var recipient = RecipientRules.PersonOf(null, row.Channel, row.Recipient);
            if (lists.Has(BlockKind.Blocked, recipient, row.Person, row.Channel))
                return new GateAnswer(SkipCodes.Blocked, null, default);
            if (category == MessageCategory.Marketing && lists.Has(BlockKind.OptOut, recipient, row.Person, row.Channel))
                return new GateAnswer(SkipCodes.OptedOut, null, default);
            if (policy.TestMode && row.Channel != MessageChannel.InApp && !lists.Has(BlockKind.WhiteList, recipient, row.Person, row.Channel))
                return new GateAnswer(SkipCodes.TestMode, null, default);
        }

        if (row.Urgent || category == MessageCategory.Verification || !ReachesCustomers(row.Channel))
            return default;
        var (from, until) = lists.Quiet.TryGetValue(row.Person, out var own) ? own : (policy.QuietFrom, policy.QuietUntil);
        return QuietEnd(now, from, until) is { } end
            ? new GateAnswer(null, end + Smear(row.Id, policy.QuietSmear), WaitReason.QuietHours)
            : default;
    }

    /// <summary>The bell, WeCom and Feishu speak to colleagues at work.</summary>
    internal static bool ReachesCustomers(MessageChannel channel) => channel is MessageChannel.Sms or MessageChannel.Email or MessageChannel.Push or MessageChannel.OfficialAccount;

    /// <summary>When the quiet hours end that <paramref name="now"/> falls into; null outside of them.</summary>
    internal static DateTimeOffset? QuietEnd(DateTimeOffset now, TimeOnly from, TimeOnly until)
    {
        if (from == until)
            return null;
        var local = now.ToOffset(Shanghai);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (!time.IsBetween(from, until))
            return null;
        var end = new DateTimeOffset(local.Date + until.ToTimeSpan(), Shanghai);
        return end > local ? end : end.AddDays(1);
    }

    /// <summary>A share of the time that only depends on the message: the same again after a restart, and even over all messages.</summary>
    private static TimeSpan Smear(Guid id, TimeSpan over) => over * ((uint)id.GetHashCode() / (double)uint.MaxValue);

    private async Task ByHistoryAsync(IReadOnlyList<MessageRow> rows, List<int> open, GateAnswer[] answers, DeliveryPolicy policy, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var fresh = open;
        if (policy.SameContentWindow > TimeSpan.Zero)
        {
            var passed = new Dictionary<Guid, bool>(open.Count);
            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(NotWaitingForTheDisk));
                var command = new NpgsqlBatchCommand(Contents);
                batch.BatchCommands.Add(command);
                command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. open.Select(i => ContentOf(rows[i]))] });
                command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. open.Select(i => rows[i].Id)] });
                command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (now + policy.SameContentWindow).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
                command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
                await using var reader = await batch.ExecuteReaderAsync(ct);
                await reader.NextResultAsync(ct);
                while (await reader.ReadAsync(ct))
                    passed[reader.GetGuid(0)] = reader.GetBoolean(1);
            }

            fresh = [];
            foreach (var i in open)
                if (!passed.TryGetValue(rows[i].Id, out var first))
                    answers[i] = new GateAnswer(SkipCodes.SameContent, null, default);
                else if (first)
                    fresh.Add(i);
        }

        // A person with several messages in one group is asked about once per round.
        for (var left = fresh.FindAll(i => !rows[i].Urgent && ReachesCustomers(rows[i].Channel)); policy.DailyCap > 0 && left.Count > 0;)
        {
            var round = left.DistinctBy(i => rows[i].Person).ToList();
            var under = new HashSet<Guid>(round.Count);
            await using (var batch = new NpgsqlBatch(connection))
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(NotWaitingForTheDisk));
                var command = new NpgsqlBatchCommand(Caps);
                batch.BatchCommands.Add(command);
                command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. round.Select(i => rows[i].Person)] });
                command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = DateOnly.FromDateTime(now.ToOffset(Shanghai).DateTime) });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = policy.DailyCap });
                await using var reader = await batch.ExecuteReaderAsync(ct);
                await reader.NextResultAsync(ct);
                while (await reader.ReadAsync(ct))
                    under.Add(reader.GetGuid(0));
            }

            foreach (var i in round)
                if (!under.Contains(rows[i].Person))
                    answers[i] = new GateAnswer(SkipCodes.DailyCap, null, default);
            left = left.Count == round.Count ? [] : [.. left.Except(round)];
        }
    }

    /// <summary>Key of a content to a person: the same words through the same channel.</summary>
    internal static Guid ContentOf(MessageRow row) => RecipientRules.HashOf($"{row.TemplateId:N}{row.TemplateVersion}:{(short)row.Channel}:{row.Person:N}:{row.Recipient}:{row.Variables}");
}
