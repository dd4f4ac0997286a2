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
internal sealed partial class LaneRunner(MessageChannel channel, LaneTools tools, Func<NodeLease> leaseNow)
{
    /// <summary>Most messages per claim: 500 per claim is 14 to 22 times as fast as one (measured on PostgreSQL 18).</summary>
    private const int LargestClaim = 500;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>A call that waited longer for its worker renews its mark: whoever asks about it counts from there.</summary>
    private static readonly TimeSpan MarkHolds = TimeSpan.FromSeconds(1);

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
            relay = new LaneRelay(channel, carrier, tools, Queue, () => leaseNow().Id);
        var watching = relay?.WatchAsync(ct) ?? Task.CompletedTask;
        open = true;
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
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Whatever it was, the lane goes on.
                Bottleneck = Bottleneck.Database;
                if (e is not (NpgsqlException or IOException or TimeoutException or InvalidOperationException))
                    tools.Log.LogError(e, "A claim of lane {Channel} failed", channel);
                tools.Log.LogWarning("Lane {Channel} waits for the database ({Error})", channel, e is PostgresException p ? p.SqlState : e.GetType().Name);
                await Task.Delay(LookAgain, tools.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        Close();
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

            group = await tools.Tickets.TakeOverAsync(ticket, leaseNow(), account.Number, tools.Clock.GetUtcNow(), ct);
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
            if (!leaseNow().Holds || tools.Exits.Waiting > 10_000)
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
        var lease = leaseNow();
        if (!lease.Holds || tools.Exits.Waiting > 10_000)
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

        var most = MostAtOnce(account, provider, Math.Max(Pool.FreeFor(chosen.Class), 1));
        // A claim whose answer is lost is in the table and nowhere else; what is not active here is given back.
        var claim = Guid.CreateVersion7(now);
        tools.Active.Begin(claim);
        ClaimedGroup? group = null;
        long last;
        try
        {
            (group, last) = await tools.Claims.ClaimAsync(claim, lease, chosen.Lane, account.Number, chosen.Class, most, chosen.After, now, ct);
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
            var marked = await MarkAsync(group, ready.FindAll(r => r.Marked));
            var calls = new List<Task>();
            foreach (var part in ready.GroupBy(r => (r.Through.Number, r.Asked, r.Rule)))
                foreach (var chunk in part.Chunk(part.First().Client.LargestGroup))
                    calls.Add(CallAsync(group, chunk, marked, policy, left));
            await Task.WhenAll(calls);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not (NpgsqlException or IOException or TimeoutException))
                tools.Log.LogError(e, "A group of lane {Channel} failed", channel);
        }
        finally
        {
            // Whatever has no outcome yet was not begun: back into the queue, nothing is lost. An older doubt stays with it.
            var now = tools.Clock.GetUtcNow();
            List<MessageRow> rest;
            lock (left)
                rest = [.. left];
            foreach (var row in rest)
                await LeaveAsync(new MessageExit(row, group.Id, ExitKind.Later) { ReadyAt = now.AddSeconds(1), EndedAt = now, Why = WaitReason.Retry, Code = row.Interrupted ? MessageRow.InterruptedCode : "not_begun" }, left);
        }
    }

    private async Task CallAsync(ClaimedGroup group, Ready[] chunk, DateTimeOffset marked, DeliveryPolicy policy, HashSet<MessageRow> left)
    {
        var (account, client, rule) = (chunk[0].Through, chunk[0].Client, chunk[0].Rule);
        await Pool.EnterAsync(group.Class);
        var startedAt = tools.Clock.GetUtcNow();
        IReadOnlyList<SendOutcome> outcomes = [];
        try
        {
            if (chunk[0].Marked && (startedAt - marked).Duration() > MarkHolds)
            {
                await MarkAsync(group, [.. chunk]);
                startedAt = tools.Clock.GetUtcNow();
            }

            // Otherwise declared dead meanwhile, or cut off from the database: a successor may be at work.
            if (group.Lease.Holds)
                outcomes = await SpeakAsync(account, client, chunk);
        }
        finally
        {
            Pool.Leave(tools.Clock.GetUtcNow() - startedAt, outcomes.Any(o => o is { Failure: FailureClass.Throttled, RecipientOnly: false }));
        }

        var endedAt = tools.Clock.GetUtcNow();
        if (outcomes.Count == 0)
            return;
        // From memory: after a send nothing may stand between its outcome and the writer.
        var others = Choose(tools.Accounts.Known, group.Lane, endedAt, except: account.Number).Account is not null;
        for (var i = 0; i < chunk.Length; i++)
            await LeaveAsync(
                RetryRules.Decide(chunk[i].Row, group.Id, outcomes[i], rule, client is IReceiptPoller, account.Number, others, policy, startedAt, endedAt, Random.Shared.NextDouble())
                    with { FoundByProviderId = !client.ReceiptsReturnOurId }, left);
        try
        {
            await JudgeAsync(account, outcomes, chunk[0].Asked, policy, endedAt);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            tools.Log.LogWarning("The rest of account {Account} was noted on this node only ({Error})", account.Number, e.GetType().Name);
        }
    }

    /// <summary>The call itself. Always one outcome per message: what a client leaves open is unknown, for it may have left.</summary>
    private async Task<IReadOnlyList<SendOutcome>> SpeakAsync(AccountInUse account, IMessageProvider client, Ready[] chunk)
    {
        var messages = Array.ConvertAll(chunk, c => c.Message);
        try
        {
            var outcomes = chunk[0].Asked ? await client.AskAsync(account.Provider, messages, CancellationToken.None) : await client.SendAsync(account.Provider, messages, CancellationToken.None);
            if (outcomes.Count == chunk.Length)
                return outcomes;
            tools.Log.LogError("The client {Kind} answered {Outcomes} outcomes for {Messages} messages", client.Kind, outcomes.Count, chunk.Length);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            tools.Log.LogError(e, "The client {Kind} failed", client.Kind);
        }

        return Array.ConvertAll(chunk, c => new SendOutcome(c.Row.Id, SendResult.Unknown, Code: "client_error"));
    }

    /// <summary>What the call says about the account: push-back, refused keys, or one failure too many in a row.</summary>
    private async Task JudgeAsync(AccountInUse account, IReadOnlyList<SendOutcome> outcomes, bool asked, DeliveryPolicy policy, DateTimeOffset now)
    {
        SendOutcome? Worst(FailureClass failure)
        {
            foreach (var outcome in outcomes)
                if (outcome.Failure == failure && !outcome.RecipientOnly)
                    return outcome;
            return null;
        }

        var bad = outcomes.All(o => o.Failure == FailureClass.Transient || o.Result == SendResult.Unknown);
        // "Not listed yet" is an answer, not a failure.
        var inARow = asked ? 0 : account.Note(!bad);
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
