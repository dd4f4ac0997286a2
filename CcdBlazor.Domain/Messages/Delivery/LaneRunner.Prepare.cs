using System.Text.Json;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>What stands before the calls: gate, template, limits, and the question whether an earlier send is in doubt.</summary>
internal sealed partial class LaneRunner
{
    private readonly record struct Ready(MessageRow Row, OutgoingMessage Message, AccountInUse Through, IMessageProvider Client, ResendRule Rule)
    {
        /// <summary>Not sent, but asked about.</summary>
        public bool Asked => Row.Interrupted && Rule == ResendRule.CanBeAsked;

        /// <summary>If this node dies in the call, its successor must know that it had begun. A question leaves no mark: it would look like a send.</summary>
        public bool Marked => Rule != ResendRule.RecognisesOurId && !Asked;
    }

    /// <summary>Answers when the marks were made.</summary>
    private async Task<DateTimeOffset> MarkAsync(ClaimedGroup group, List<Ready> begun)
    {
        var now = tools.Clock.GetUtcNow();
        // Counted as of this claim even when the clock went back since.
        var at = now > group.At ? now : group.At;
        foreach (var part in begun.GroupBy(r => r.Through.Number))
            await BeginTraces.WriteAsync(tools.Source, group.Id, part.Select(r => r.Row).ToList(), part.Key, at, CancellationToken.None);
        return now;
    }

    /// <summary>Gate, template, quota. What may not go leaves the claim here.</summary>
    private async Task<List<Ready>> PrepareAsync(ClaimedGroup group, AccountInUse account, IMessageProvider provider, DeliveryPolicy policy, HashSet<MessageRow> left)
    {
        var ct = CancellationToken.None;
        var now = tools.Clock.GetUtcNow();
        var rows = group.Rows;
        var templates = new CompiledTemplate?[rows.Count];
        for (var i = 0; i < rows.Count; i++)
            templates[i] = await tools.Templates.VersionAsync(rows[i].TemplateId, rows[i].TemplateVersion, ct);
        var open = new List<int>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var state = rows[i].BatchId is { } batch ? await tools.Batches.StateAsync(batch, ct) : BatchState.Running;
            if (rows[i].Settled)
                // A receipt told what became of an interrupted send: nothing is left to do but to count it.
                await LeaveAsync(Out(rows[i], group, now, MessageState.Sent, null), left);
            else if (templates[i] is null || !templates[i]!.Speaks(rows[i].Channel))
                await LeaveAsync(Out(rows[i], group, now, MessageState.Skipped, SkipCodes.TemplateGone), left);
            else if (state == BatchState.Cancelled && !rows[i].Interrupted)
                await LeaveAsync(Out(rows[i], group, now, MessageState.Cancelled, null), left);
            else if (state == BatchState.Paused && !rows[i].Interrupted)
                await LeaveAsync(Wait(rows[i], group, now, DateTimeOffset.MaxValue, WaitReason.Paused), left);
            else
                open.Add(i);
        }

        if (open.Count == 0)
            return [];
        var answers = await tools.Gate.AskAsync(open.ConvertAll(i => rows[i]), open.ConvertAll(i => templates[i]), policy, now, ct);
        var go = new List<int>(open.Count);
        for (var k = 0; k < open.Count; k++)
            if (answers[k].SkipCode is { } code)
                await LeaveAsync(Out(rows[open[k]], group, now, MessageState.Skipped, code), left);
            else if (answers[k].WaitUntil is { } until)
                await LeaveAsync(Wait(rows[open[k]], group, now, until, answers[k].Why), left);
            else
                go.Add(open[k]);
        go = await UnderRecipientLimitsAsync(group, go, templates, account, now, left);
        go = await UnderQuotaAsync(group, go, account, now, left);

        var accounts = await tools.Accounts.CurrentAsync(ct);
        var since = await InterruptedAsync(go.FindAll(i => rows[i].Interrupted).ConvertAll(i => rows[i].Id), ct);
        var ready = new List<Ready>(go.Count);
        foreach (var i in go)
        {
            var row = rows[i];
            var values = row.Variables.Length <= 2 ? NoValues : JsonSerializer.Deserialize(row.Variables, MessageJson.Default.DictionaryStringString)!;
            if (SealedVariables.MayBeIn(row.Variables))
                tools.Secrets.Open(values, row.Id);
            var content = templates[i]!.Render(row.Channel, values);
            // An interrupted send is settled by the account that made it: no other one can tell, or recognises it.
            var (through, client) = (account, provider);
            if (row is { Interrupted: true, Account: { } number } && number != account.Number)
            {
                if (!accounts.TryGetValue(number, out var own) || !tools.Providers.TryGetValue(own.Provider.Kind, out var theirs))
                {
                    await LeaveAsync(Out(row, group, now, MessageState.Unknown, "account_gone") with { Reason = "发送中断后原渠道账号已停用，无法确认是否送出" }, left);
                    continue;
                }

                (through, client) = (own, theirs);
            }

            var rule = client.ResendFor(content);
            var before = row.Interrupted && since.TryGetValue(row.Id, out var moments) ? moments : default;
            if (row.Interrupted && rule == ResendRule.RecognisesOurId && (before.First is not { } first || now - first > client.RecognisesFor / 2))
            {
                // The provider may have forgotten our id by now: a person decides. Half of its time, because the takeover of a dead node's claim may take the other half.
                await LeaveAsync(Out(row, group, now, MessageState.Unknown, "forgotten") with { Reason = "发送中断后已超过服务商的去重时间，无法确认是否送出" }, left);
                continue;
            }

            ready.Add(new Ready(row, new OutgoingMessage(row.Id, row.Recipient, content, before.Last ?? before.First ?? row.AcceptedAt), through, client, rule));
        }

        return ready;
    }

    /// <summary>
    /// When the sends that were interrupted had begun: the first mark of all (how long the provider may know our id), and the last beginning
    /// (which send to ask about: an earlier one is settled).
    /// </summary>
    private async Task<Dictionary<Guid, (DateTimeOffset? First, DateTimeOffset? Last)>> InterruptedAsync(List<Guid> ids, CancellationToken ct)
    {
        var since = new Dictionary<Guid, (DateTimeOffset?, DateTimeOffset?)>();
        if (ids.Count == 0)
            return since;
        await using var command = tools.Source.CreateCommand("select message_id, min(at) filter (where node = 2 or result in (0, 6)), max(at) filter (where node = 1 and result = 0) from message_traces where message_id = any($1) and node in (1, 2) group by message_id");
        command.Parameters.AddWithValue(ids.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            since[reader.GetGuid(0)] = (reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2));
        return since;
    }

    private static readonly Dictionary<string, string> NoValues = [];

    private async Task<List<int>> UnderRecipientLimitsAsync(ClaimedGroup group, List<int> go, CompiledTemplate?[] templates, AccountInUse account, DateTimeOffset now, HashSet<MessageRow> left)
    {
        if (account.RecipientLimits.Count == 0 || go.Count == 0)
            return go;
        foreach (var rules in account.RecipientLimits.GroupBy(r => (r.Category, r.PerTemplate)).ToList())
        {
            var asked = go.FindAll(i => !group.Rows[i].Interrupted && (rules.Key.Category == 0 || (short)templates[i]!.Category == rules.Key.Category));
            // Several templates of ours may stand for one of the provider's.
            string TemplateOf(int i) => !rules.Key.PerTemplate ? "" : templates[i]!.ProviderTemplate(channel) is { Length: > 0 } theirs ? $":{theirs}" : $":{templates[i]!.Id:N}";
            // One recipient twice in a group: the second waits for the next claim.
            var byKey = asked.GroupBy(i => RecipientRules.HashOf($"{account.Number}:{rules.Key.Category}:{group.Rows[i].Recipient}{TemplateOf(i)}")).ToDictionary(g => g.Key, g => g.ToList());
            if (byKey.Count == 0)
                continue;
            var waiting = await tools.Quota.TakeRecipientsAsync(byKey.Keys, [.. rules], now, CancellationToken.None);
            foreach (var (key, members) in byKey)
            {
                var held = waiting.TryGetValue(key, out var until) ? members : members[1..];
                foreach (var i in held)
                {
                    go.Remove(i);
                    await LeaveAsync(Wait(group.Rows[i], group, now, until == default ? now.AddMilliseconds(200) : until, WaitReason.RecipientLimit), left);
                }
            }
        }

        return go;
    }

    private async Task<List<int>> UnderQuotaAsync(ClaimedGroup group, List<int> go, AccountInUse account, DateTimeOffset now, HashSet<MessageRow> left)
    {
        if (account.Spans.Length == 0 || go.Count == 0)
            return go;
        var (granted, freeAt) = await tools.Quota.TakeAsync(account, go.Count, now, CancellationToken.None);
        if (granted >= go.Count)
            return go;
        var until = freeAt ?? now.AddSeconds(1);
        account.QuotaFreeAt(until);
        foreach (var i in go[granted..])
            await LeaveAsync(Wait(group.Rows[i], group, now, until, WaitReason.Quota), left);
        return go[..granted];
    }
}
