using System.Text.Json;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>How a lane of this node is doing; for the monitor page.</summary>
/// <param name="Workers">Size of the pool.</param>
/// <param name="Busy">Workers in a call.</param>
/// <param name="UnderWay">Messages claimed and without an outcome.</param>
/// <param name="CallTime">Average length of a call; none while there was none.</param>
public readonly record struct LaneGauge(MessageChannel Channel, int Workers, int Busy, int UnderWay, TimeSpan? CallTime, Bottleneck Bottleneck);

/// <summary>
/// The delivering part of a node: door, lanes, outcomes, heartbeat, and the loops that feed the queue. Starts and stops as one.
/// </summary>
public sealed class DeliveryEngine
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>A sweep rests fifty times as long as it took, and so long at most.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly MessageIntake intake;
    private readonly DirectStart direct;
    private readonly ExitWriter exits;
    private readonly NodeLife life;
    private readonly ClaimStore claims;
    private readonly Promoter promoter;
    private readonly BatchFeeder feeder;
    private readonly LaneSignals signals;
    private readonly ChangeFeed feed;
    private readonly TimeProvider clock;
    private readonly ILogger<DeliveryEngine> log;
    private readonly Dictionary<MessageChannel, LaneRunner> lanes;
    private int tickets;
    private int runs;
    private volatile bool closed;

    internal DeliveryEngine(
        NpgsqlDataSource source, MessageIntake intake, DirectStart direct, ExitWriter exits, ClaimStore claims, ActiveClaims active, AccountBook accounts, TemplateBook templates, PersonGate gate, QuotaLedger quota,
        BatchBook batches, BatchFeeder feeder, DeliveryPolicySource policy, TicketStore tickets, ILaneCarrier? carrier, IEnumerable<IMessageProvider> providers, SealedVariables secrets, LaneSignals signals, NodeTimes times, ChangeFeed feed, TimeProvider clock, ILoggerFactory logs)
    {
        this.intake = intake;
        this.direct = direct;
        this.exits = exits;
        this.claims = claims;
        this.feeder = feeder;
        this.signals = signals;
        this.feed = feed;
        this.clock = clock;
        log = logs.CreateLogger<DeliveryEngine>();
        var byKind = providers.ToDictionary(p => p.Kind);
        life = new NodeLife(source, signals, byKind, accounts, active, times, () => JsonSerializer.Serialize(Gauges, JsonSerializerOptions.Web), clock, logs.CreateLogger<NodeLife>());
        promoter = new Promoter(source, signals, clock);
        var tools = new LaneTools(source, claims, active, exits, accounts, templates, gate, quota, batches, policy, tickets, carrier, byKind, secrets, clock, logs.CreateLogger<LaneRunner>());
        lanes = byKind.Values.Select(p => p.Channel).Distinct().ToDictionary(channel => channel, channel => new LaneRunner(channel, tools, () => life.Lease));
    }

    /// <summary>How each lane of this node is doing.</summary>
    public IReadOnlyList<LaneGauge> Gauges =>
        [.. lanes.Values.Select(l => new LaneGauge(l.Channel, l.Pool.Size, l.Pool.Busy, l.UnderWay, l.Pool.CallTime, l.Bottleneck)).OrderBy(g => g.Channel)];

    /// <summary>No lane knows of anything that waits.</summary>
    internal bool Idle => lanes.Values.All(l => l.Queue.Idle);

    /// <summary>Requests that wait for their commit.</summary>
    public int AtTheDoor => intake.Waiting;

    /// <summary>Outcomes that wait for their commit.</summary>
    public int OutcomesWaiting => exits.Waiting;

    /// <summary>Runs until cancelled, then brings what was begun to its end. Once: door and outcomes are closed then.</summary>
    /// <param name="deliver">False for a node that only accepts messages and leaves delivering them to others.</param>
    /// <param name="ticketsOnly">True for a worker process: it delivers what it is shown by <see cref="DeliverAsync"/> and claims nothing itself.</param>
    public async Task RunAsync(CancellationToken ct, bool deliver = true, bool ticketsOnly = false)
    {
        // A second run would claim messages whose outcomes nobody writes, and never end.
        if (Interlocked.Increment(ref runs) > 1)
            throw new InvalidOperationException("An engine runs once.");
        if (!deliver)
        {
            await intake.RunAsync(ct);
            return;
        }

        using var subscription = ticketsOnly ? null : feed.Subscribe(LaneSignals.Topic, signals.Hear);
        if (!ticketsOnly)
        {
            signals.Raised += Wake;
            direct.Open((lane, priorityClass, messages, now) => lanes.TryGetValue(Lane.ChannelOf(lane), out var runner) ? runner.Offer(lane, priorityClass, messages, now) : null);
        }

        using var writing = new CancellationTokenSource();
        try
        {
            var door = intake.RunAsync(ct);
            var outcomes = exits.RunAsync(writing.Token);
            var heart = life.RunAsync(ct);
            if (ticketsOnly)
                await Task.Delay(Timeout.InfiniteTimeSpan, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else
                await Task.WhenAll([
                    .. lanes.Values.Select(lane => Task.Run(() => lane.RunAsync(ct), CancellationToken.None)),
                    KeepAsync(SweepAsync, ct), KeepAsync(PromoteAsync, ct), KeepAsync(FeedAsync, ct)]);
            closed = true;
            while (Volatile.Read(ref tickets) > 0)
                await Task.Delay(20, CancellationToken.None);
            await door;
            exits.Complete();
            await outcomes.WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing.CancelAsync();
            await heart;
            await life.LeaveAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            // The database is gone at the end: the next start, or another node, takes over.
            log.LogWarning("Stopped without the database ({Error})", e.GetType().Name);
        }
        finally
        {
            signals.Raised -= Wake;
            direct.Open(null);
        }
    }

    /// <summary>
    /// Delivers the group that a relaying node claimed: ends when its outcomes are committed, or when the ticket is worth nothing any more (somebody has the
    /// group, or it was taken back). Throws when this node ends or the database does not answer; the ticket may then be shown to anybody.
    /// </summary>
    public async Task DeliverAsync(LaneTicket ticket, CancellationToken ct)
    {
        Interlocked.Increment(ref tickets);
        try
        {
            if (closed)
                throw new OperationCanceledException("This node ends.");
            if (lanes.TryGetValue(ticket.Channel, out var runner))
                await runner.DeliverAsync(ticket, ct);
            else
                log.LogWarning("A ticket of lane {Lane}, which this program does not know", ticket.Lane);
        }
        finally
        {
            Interlocked.Decrement(ref tickets);
        }
    }

    private void Wake(int lane, short priorityClass)
    {
        if (lane == 0)
            _ = SweepAsync(CancellationToken.None);
        else if (lanes.TryGetValue(Lane.ChannelOf(lane), out var runner))
            for (short c = 0; c < PriorityClass.Count; c++)
                if (priorityClass < 0 || priorityClass == c)
                    runner.Queue.Raise(lane, c);
    }

    /// <summary>Finds work that no signal told of. It walks over what is gone and still in the index, so it rests the longer the more that is.</summary>
    private async Task SweepAsync(CancellationToken ct)
    {
        var rest = Look;
        try
        {
            var since = clock.GetTimestamp();
            var busy = await claims.BusyLanesAsync(ct);
            // Only of a look that came to an end: after an outage the next one is due at once.
            rest = TimeSpan.FromTicks(Math.Clamp(clock.GetElapsedTime(since).Ticks * 50, Look.Ticks, LongestRest.Ticks));
            foreach (var (lane, priorityClass) in busy)
                if (lanes.TryGetValue(Lane.ChannelOf(lane), out var runner))
                    runner.Queue.Raise(lane, priorityClass);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            log.LogDebug("Looking for work failed ({Error})", e.GetType().Name);
        }

        await Task.Delay(rest, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PromoteAsync(CancellationToken ct)
    {
        var sooner = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Hear(DateTimeOffset moment)
        {
            if (moment - clock.GetUtcNow() < Look)
                sooner.TrySetResult();
        }

        signals.LaterRaised += Hear;
        try
        {
            while (await promoter.StepAsync(ct) > 0)
            {
            }

            var wait = await promoter.NextAsync(ct) - clock.GetUtcNow() is { } until && until < Look ? until : Look;
            if (wait > TimeSpan.Zero)
                await Task.WhenAny(sooner.Task, Task.Delay(wait, clock, ct));
        }
        finally
        {
            signals.LaterRaised -= Hear;
        }
    }

    private async Task FeedAsync(CancellationToken ct)
    {
        using var woken = new SemaphoreSlim(0);
        using var hears = feed.Subscribe(MessageTopics.Batches, _ => woken.Release());
        var more = await feeder.StepAsync(ct);
        await woken.WaitAsync(more ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromMilliseconds(300), ct);
    }

    private async Task KeepAsync(Func<CancellationToken, Task> part, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await part(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                log.LogWarning("A loop of the message platform waits for the database ({Error})", e is PostgresException p ? p.SqlState : e.GetType().Name);
                await Task.Delay(Look, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
