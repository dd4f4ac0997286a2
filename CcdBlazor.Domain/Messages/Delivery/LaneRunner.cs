using System.Text.Json;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>What all lanes of a node share.</summary>
internal sealed record LaneTools(
    NpgsqlDataSource Source, ClaimStore Claims, ActiveClaims Active, ExitWriter Exits, AccountBook Accounts, TemplateBook Templates, PersonGate Gate, QuotaLedger Quota,
    BatchBook Batches, DeliveryPolicySource Policy, TicketStore Tickets, ILaneCarrier? Carrier, IReadOnlyDictionary<string, IMessageProvider> Providers, SealedVariables Secrets, TimeProvider Clock, ILogger<LaneRunner> Log);

/// <summary>
/// Delivers one channel: claims groups whenever a worker is free, asks the gate, and hands the calls to the workers.
/// It claims no more than it can begin at once, so an urgent message never waits behind what this node hoards.
/// </summary>
internal sealed class LaneRunner(MessageChannel channel, LaneTools tools, Func<Guid> node, Func<bool> mayClaim)
{
    /// <summary>Most messages per claim: 500 per claim is 14 to 22 times as fast as one (measured on PostgreSQL 18).</summary>
    private const int LargestClaim = 500;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>A worker without a usable account keeps a ticket for so long; then the messages go back into the queue. One that rests would hold up the others' tickets.</summary>
    private static TimeSpan AccountPatience(int lane) => TimeSpan.FromSeconds(Lane.AccountOf(lane) is null ? 30 : 2);

    private LaneRelay? relay;
    private int underWay;

    public MessageChannel Channel => channel;

    public LaneQueue Queue { get; } = new(tools.Clock);

    public WorkerPool Pool { get; } = new(tools.Clock);

    public Bottleneck Bottleneck { get; private set; }

    /// <summary>Messages claimed and without an outcome on this node, those in tickets that no worker has taken included.</summary>
    public int UnderWay => Volatile.Read(ref underWay) + (relay?.Messages ?? 0);

    public async Task RunAsync(CancellationToken ct)
    {
        if (tools.Carrier is { } carrier && carrier.Carries(channel))
            relay = new LaneRelay(channel, carrier, tools, Queue, node);
        var watching = relay?.WatchAsync(ct) ?? Task.CompletedTask;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (!await StepAsync(ct))
                    await RestAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                Bottleneck = Bottleneck.Database;
                tools.Log.LogWarning("Lane {Channel} waits for the database ({Error})", channel, e is PostgresException p ? p.SqlState : e.GetType().Name);
                await Task.Delay(LookAgain, tools.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await watching;
        if (relay is not null)
            await relay.StopAsync();
        await DrainAsync();
    }

    /// <summary>What was begun is brought to its end.</summary>
    private async Task DrainAsync()
    {
        while (Volatile.Read(ref underWay) > 0)
            await Task.Delay(20, CancellationToken.None);
    }

    /// <summary>
    /// Delivers the group of a ticket like one of this node's own; ends when its last outcome is committed, or when the ticket turns out to be worth nothing.
    /// Throws when it is not certain who has the group: then nothing was begun under it, and the ticket may be shown again.
    /// </summary>
    public async Task DeliverAsync(LaneTicket ticket, CancellationToken ct)
    {
        if (!tools.Active.TryBegin(ticket.Claim))
        {
            // Shown twice to this process: the other one is at work.
            await tools.Active.EndedAsync(ticket.Claim).WaitAsync(ct);
            return;
        }

        ClaimedGroup? group = null;
        AccountInUse? account;
        IMessageProvider? provider;
        try
        {
            if ((account = await AccountAsync(ticket.Lane, ct)) is null || !tools.Providers.TryGetValue(account.Provider.Kind, out provider))
            {
                await tools.Tickets.ReturnAsync([ticket.Claim], ticket.Node, ct);
                return;
            }

            group = await tools.Tickets.TakeOverAsync(ticket, node(), account.Number, tools.Clock.GetUtcNow(), ct);
        }
        finally
        {
            if (group is null)
                tools.Active.Forget(ticket.Claim);
            else
                tools.Active.Holds(ticket.Claim, group.Rows.Count);
        }

        if (group is null)
            return;
        Interlocked.Add(ref underWay, group.Rows.Count);
        var policy = tools.Policy.Current;
        Pool.Fit(policy, LargestClaim);
        var ended = tools.Active.EndedAsync(ticket.Claim);
        await ProcessAsync(group, account, provider, policy);
        await ended.WaitAsync(ct);
    }

    /// <summary>The account for a ticket's group, once this node is sure to live and its outcomes have room.</summary>
    private async Task<AccountInUse?> AccountAsync(int lane, CancellationToken ct)
    {
        for (var since = tools.Clock.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(50), tools.Clock, ct))
        {
            if (!mayClaim() || tools.Exits.Waiting > 10_000)
            {
                since = tools.Clock.GetTimestamp();
                continue;
            }

            if (Choose((await tools.Accounts.CurrentAsync(ct)).Values, lane, tools.Clock.GetUtcNow()).Account is { } account)
                return account;
            if (tools.Clock.GetElapsedTime(since) > AccountPatience(lane))
                return null;
        }
    }

    private async Task RestAsync(CancellationToken ct)
    {
        var wake = Queue.WakeAsync();
        if (wake.IsCompleted)
            // Work that cannot be served now (no worker, no account, no quota): look again soon.
            await Task.Delay(TimeSpan.FromMilliseconds(Bottleneck == Bottleneck.Workers ? 2 : 50), tools.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            await Task.WhenAny(wake, Task.Delay(LookAgain, tools.Clock, ct));
    }

    /// <summary>One claim. False when there was nothing to do.</summary>
    private async Task<bool> StepAsync(CancellationToken ct)
    {
        var policy = tools.Policy.Current;
        if (!mayClaim() || tools.Exits.Waiting > 10_000)
        {
            Bottleneck = Bottleneck.Database;
            return false;
        }

        var now = tools.Clock.GetUtcNow();
        var accounts = await tools.Accounts.CurrentAsync(ct);
        if (relay is not null)
        {
            (var did, Bottleneck) = await relay.StepAsync((lane, at) => Choose(accounts.Values, lane, at), ct);
            return did;
        }

        var blocked = Bottleneck.Nothing;
        AccountInUse? account = null;
        var next = Queue.Next((lane, priorityClass) =>
        {
            if (Pool.FreeFor(priorityClass) == 0)
            {
                blocked = Bottleneck.Workers;
                return false;
            }

            var (usable, why) = Choose(accounts.Values, lane, now);
            if (usable is null)
                blocked = why;
            return usable is not null;
        });
        Bottleneck = blocked;
        Pool.Fit(policy, next is null ? 0 : LargestClaim);
        if (next is not { } chosen)
            return false;
        (account, _) = Choose(accounts.Values, chosen.Lane, now);
        if (account is null || !tools.Providers.TryGetValue(account.Provider.Kind, out var provider))
            return false;

        var most = Math.Min(LargestClaim, Math.Max(Pool.FreeFor(chosen.Class), 1) * provider.LargestGroup);
        foreach (var limit in account.Most)
            most = Math.Min(most, Math.Max(1, limit));
        // A claim whose answer is lost is in the table and nowhere else; what is not active here is given back.
        var claim = Guid.CreateVersion7(now);
        tools.Active.Begin(claim);
        ClaimedGroup? group = null;
        long last;
        try
        {
            (group, last) = await tools.Claims.ClaimAsync(claim, node(), chosen.Lane, account.Number, chosen.Class, most, chosen.After, now, ct);
        }
        finally
        {
            if (group is null)
                tools.Active.Forget(claim);
            else
                tools.Active.Holds(claim, group.Rows.Count);
        }

        Queue.Claimed(chosen.Lane, chosen.Class, last, (group?.Rows.Count ?? 0) < most, chosen.Signals);
        if (group is null)
            return true;
        Interlocked.Add(ref underWay, group.Rows.Count);
        // A single message goes on at once; a large group must not hold up the next claim.
        _ = Task.Run(() => ProcessAsync(group, account, provider, policy), CancellationToken.None);
        return true;
    }

    /// <summary>The account for a lane's next group: bound, or by weight and health; a reserve (weight 0) only when no other is usable.</summary>
    internal (AccountInUse? Account, Bottleneck Why) Choose(IEnumerable<AccountInUse> accounts, int lane, DateTimeOffset now, int? except = null)
    {
        var bound = Lane.AccountOf(lane);
        AccountInUse? chosen = null;
        var best = double.MinValue;
        var why = Bottleneck.NoAccount;
        foreach (var account in accounts)
        {
            if (account.Provider.Channel != channel || !tools.Providers.ContainsKey(account.Provider.Kind) || (bound is { } b ? account.Number != b : account.BoundOnly))
                continue;
            if (account.FreeAt > now)
            {
                why = account.OutOfQuota(now) ? Bottleneck.Quota : Bottleneck.Provider;
                continue;
            }

            if (account.Number == except)
                continue;
            // Weighted random choice by the largest of random^(1/weight).
            var weight = account.Weight * Math.Max(0.05, account.Health);
            var score = weight > 0 ? Math.Log(Random.Shared.NextDouble()) / weight : double.MinValue / 2;
            if (chosen is null || score > best)
            {
                chosen = account;
                best = score;
            }
        }

        return (chosen, why);
    }

    private async Task ProcessAsync(ClaimedGroup group, AccountInUse account, IMessageProvider provider, DeliveryPolicy policy)
    {
        var left = new HashSet<MessageRow>(group.Rows);
        try
        {
            var ready = await PrepareAsync(group, account, provider, policy, left);
            if (ready.Count == 0)
                return;
            var doubtful = ready.FindAll(r => r.Rule != ResendRule.RecognisesOurId);
            if (doubtful.Count > 0)
                // If this node dies in the call, its successor must know that the call had begun.
                await BeginTraces.WriteAsync(tools.Source, group.Id, doubtful.ConvertAll(r => r.Row), account.Number, tools.Clock.GetUtcNow(), CancellationToken.None);
            var calls = new List<Task>();
            foreach (var part in ready.GroupBy(r => (r.Through.Number, r.Row.Interrupted, r.Rule)))
                foreach (var chunk in part.Chunk(provider.LargestGroup))
                    calls.Add(CallAsync(group, chunk[0].Through, provider, chunk, part.Key.Interrupted && part.Key.Rule == ResendRule.CanBeAsked, policy, part.Key.Rule, left));
            await Task.WhenAll(calls);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not (NpgsqlException or IOException or TimeoutException))
                tools.Log.LogError(e, "A group of lane {Channel} failed", channel);
        }
        finally
        {
            // Whatever has no outcome yet was not begun: back into the queue, nothing is lost.
            var now = tools.Clock.GetUtcNow();
            List<MessageRow> rest;
            lock (left)
                rest = [.. left];
            foreach (var row in rest)
                await LeaveAsync(new MessageExit(row, group.Id, ExitKind.Later) { ReadyAt = now.AddSeconds(1), EndedAt = now, Why = WaitReason.Retry, Code = "not_begun" }, left);
        }
    }

    private readonly record struct Ready(MessageRow Row, OutgoingMessage Message, AccountInUse Through, ResendRule Rule);

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
            if (templates[i] is null || !templates[i]!.Speaks(rows[i].Channel))
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
            var rule = provider.ResendFor(content);
            var before = row.Interrupted && since.TryGetValue(row.Id, out var moments) ? moments : default;
            if (row.Interrupted && rule == ResendRule.RecognisesOurId && (before.First is not { } first || now - first > provider.RecognisesFor - TimeSpan.FromMinutes(1)))
            {
                // The provider has forgotten our id by now: a person decides.
                await LeaveAsync(Out(row, group, now, MessageState.Unknown, "forgotten") with { Reason = "发送中断后已超过服务商的去重时间，无法确认是否送出" }, left);
                continue;
            }

            // An interrupted send is settled by the account that made it.
            var through = row.Interrupted && row.Account is { } number && accounts.TryGetValue(number, out var own) ? own : account;
            ready.Add(new Ready(row, new OutgoingMessage(row.Id, row.Recipient, content, before.Last ?? before.First ?? row.AcceptedAt), through, rule));
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
        await using var command = tools.Source.CreateCommand("select message_id, min(at), max(at) filter (where node = 1 and result = 0) from message_traces where message_id = any($1) and node in (1, 2) group by message_id");
        command.Parameters.AddWithValue(ids.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            since[reader.GetGuid(0)] = (reader.GetFieldValue<DateTimeOffset>(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2));
        return since;
    }

    private static readonly Dictionary<string, string> NoValues = [];

    private async Task<List<int>> UnderRecipientLimitsAsync(ClaimedGroup group, List<int> go, CompiledTemplate?[] templates, AccountInUse account, DateTimeOffset now, HashSet<MessageRow> left)
    {
        if (account.RecipientLimits.Count == 0 || go.Count == 0)
            return go;
        foreach (var rules in account.RecipientLimits.GroupBy(r => r.Category).ToList())
        {
            var asked = go.FindAll(i => !group.Rows[i].Interrupted && (rules.Key == 0 || (short)templates[i]!.Category == rules.Key));
            // One recipient twice in a group: the second waits for the next claim.
            var byKey = asked.GroupBy(i => RecipientRules.HashOf($"{account.Number}:{rules.Key}:{group.Rows[i].Recipient}")).ToDictionary(g => g.Key, g => g.ToList());
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

    private async Task CallAsync(ClaimedGroup group, AccountInUse account, IMessageProvider provider, Ready[] chunk, bool ask, DeliveryPolicy policy, ResendRule rule, HashSet<MessageRow> left)
    {
        await Pool.EnterAsync(group.Class);
        var startedAt = tools.Clock.GetUtcNow();
        IReadOnlyList<SendOutcome> outcomes;
        try
        {
            var messages = Array.ConvertAll(chunk, c => c.Message);
            outcomes = !mayClaim()
                ? [] // declared dead meanwhile, or cut off from the database: a successor may be at work
                : ask ? await provider.AskAsync(account.Provider, messages, CancellationToken.None) : await provider.SendAsync(account.Provider, messages, CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            tools.Log.LogError(e, "The client {Kind} failed", provider.Kind);
            outcomes = Array.ConvertAll(chunk, c => new SendOutcome(c.Row.Id, SendResult.Unknown, Code: "client_error"));
        }

        var endedAt = tools.Clock.GetUtcNow();
        var throttled = outcomes.Any(o => o is { Failure: FailureClass.Throttled, RecipientOnly: false });
        Pool.Leave(endedAt - startedAt, throttled);
        if (outcomes.Count == 0)
            return;
        // From memory: after a send nothing may stand between its outcome and the writer.
        var others = Choose(tools.Accounts.Known, group.Lane, endedAt, except: account.Number).Account is not null;
        for (var i = 0; i < chunk.Length; i++)
            await LeaveAsync(
                RetryRules.Decide(chunk[i].Row, group.Id, outcomes[i], rule, provider is IReceiptPoller, account.Number, others, policy, startedAt, endedAt, Random.Shared.NextDouble())
                    with { FoundByProviderId = !provider.ReceiptsReturnOurId }, left);
        try
        {
            await JudgeAsync(account, outcomes, policy, endedAt);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            tools.Log.LogWarning("The rest of account {Account} was noted on this node only ({Error})", account.Number, e.GetType().Name);
        }
    }

    /// <summary>What the call says about the account: push-back, refused keys, or one failure too many in a row.</summary>
    private async Task JudgeAsync(AccountInUse account, IReadOnlyList<SendOutcome> outcomes, DeliveryPolicy policy, DateTimeOffset now)
    {
        SendOutcome? Worst(FailureClass failure)
        {
            foreach (var outcome in outcomes)
                if (outcome.Failure == failure && !outcome.RecipientOnly)
                    return outcome;
            return null;
        }

        var bad = outcomes.All(o => o.Failure == FailureClass.Transient || o.Result == SendResult.Unknown);
        var inARow = account.Note(!bad);
        if (Worst(FailureClass.Credentials) is { } refused)
            await tools.Accounts.RestAsync(account, now + policy.CredentialsRest, CredentialsReason.Of(refused.Reason ?? refused.Code), CancellationToken.None);
        else if (Worst(FailureClass.Throttled) is { } pushed)
            await tools.Accounts.RestAsync(account, pushed.RetryAt ?? now + policy.ThrottleRest, $"服务商限流：{pushed.Reason ?? pushed.Code}", CancellationToken.None);
        else if (inARow >= policy.BreakerFailures)
            await tools.Accounts.RestAsync(account, now + policy.BreakerRest, "连续失败，暂停后自动重试", CancellationToken.None);
    }

    private static MessageExit Out(MessageRow row, ClaimedGroup group, DateTimeOffset now, MessageState state, string? code) =>
        new(row, group.Id, ExitKind.Final) { State = state, Code = code, Reason = code is null ? null : SkipCodes.Words(code), EndedAt = now };

    private static MessageExit Wait(MessageRow row, ClaimedGroup group, DateTimeOffset now, DateTimeOffset until, WaitReason why) =>
        new(row, group.Id, ExitKind.Later) { ReadyAt = until, Why = why, EndedAt = now, Code = row.Interrupted ? MessageRow.InterruptedCode : null };

    private async Task LeaveAsync(MessageExit exit, HashSet<MessageRow> left)
    {
        bool first;
        lock (left)
            first = left.Remove(exit.Row);
        if (!first)
            return;
        Interlocked.Decrement(ref underWay);
        await tools.Exits.AddAsync(exit);
    }
}
