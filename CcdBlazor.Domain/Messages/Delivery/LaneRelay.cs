using System.Collections.Concurrent;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// The sending side of a lane that worker processes serve: claims groups like any node and gives the carrier a ticket for each. A ticket that the
/// carrier does not confirm, or that no worker takes in time, is taken back; the ticket itself is worth nothing then.
/// </summary>
internal sealed class LaneRelay(MessageChannel channel, ILaneCarrier carrier, LaneTools tools, LaneQueue queue, Func<Guid> node)
{
    /// <summary>Calls per ticket, and the bounds of its messages: enough to make the ticket cheap, few enough to share a batch among workers.</summary>
    private const int CallsPerTicket = 20;

    private const int LargestTicket = 500;

    /// <summary>Tickets of one class that no worker has taken yet. What does not fit stays in the queue, where a more urgent message can overtake it.</summary>
    private const int MostOpen = 8;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<Guid, Open> open = new();

    private readonly record struct Open(LaneTicket Ticket, int Messages, long Since);

    /// <summary>A ticket that nobody has taken for so long is taken back.</summary>
    internal TimeSpan TakenWithin { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Messages in tickets that no worker has taken yet.</summary>
    public int Messages => open.Values.Sum(o => o.Messages);

    /// <summary>One claim. False when there was nothing to do, with what stands in the way.</summary>
    public async Task<(bool Did, Bottleneck Why)> StepAsync(Func<int, DateTimeOffset, (AccountInUse? Account, Bottleneck Why)> choose, CancellationToken ct)
    {
        var now = tools.Clock.GetUtcNow();
        var room = new int[PriorityClass.Count];
        foreach (var ticket in open.Values)
            room[ticket.Ticket.Class]++;
        var blocked = Bottleneck.Nothing;
        var next = queue.Next((lane, priorityClass) =>
        {
            if (!carrier.Ready(channel, priorityClass))
                blocked = Bottleneck.Broker;
            else if (room[priorityClass] >= MostOpen)
                blocked = Bottleneck.Workers;
            else if (choose(lane, now) is { Account: null } none)
                blocked = none.Why;
            else
                return true;
            return false;
        });
        if (next is not { } chosen)
            return (false, blocked);

        var most = MostOf(choose(chosen.Lane, now).Account);
        var claim = Guid.CreateVersion7(now);
        var by = node();
        tools.Active.Begin(claim);
        var (count, last) = (0, 0L);
        try
        {
            (count, last) = await tools.Claims.ReserveAsync(claim, by, chosen.Lane, chosen.Class, most, chosen.After, now, ct);
        }
        finally
        {
            if (count == 0)
                tools.Active.Forget(claim);
        }

        queue.Claimed(chosen.Lane, chosen.Class, last, count < most, chosen.Signals);
        if (count == 0)
            return (true, blocked);
        var given = new Open(new LaneTicket(claim, by, chosen.Lane, chosen.Class), count, tools.Clock.GetTimestamp());
        open[claim] = given;
        _ = HandOverAsync(given);
        return (true, blocked);
    }

    /// <summary>No more than the account's windows can ever hold: the rest would only come back.</summary>
    private int MostOf(AccountInUse? account)
    {
        var calls = account is not null && tools.Providers.TryGetValue(account.Provider.Kind, out var provider) ? CallsPerTicket * provider.LargestGroup : CallsPerTicket;
        return Math.Max(1, Math.Min(Math.Min(calls, LargestTicket), account is { Most.Length: > 0 } ? account.Most.Min() : LargestTicket));
    }

    /// <summary>Looks which tickets were taken, and takes back what was not, until cancelled; then takes back all.</summary>
    public async Task WatchAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (!open.IsEmpty)
                    await LookAsync(ct);
            }
            catch (Exception e) when (IsOutage(e) || ct.IsCancellationRequested)
            {
                tools.Log.LogDebug("Tickets of lane {Channel} were not looked at ({Error})", channel, e.GetType().Name);
            }

            await Task.Delay(LookEvery, tools.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>At the end of this node: nobody would look after them.</summary>
    public Task StopAsync() => TakeBackAsync([.. open.Values], patience: 3);

    private async Task HandOverAsync(Open given)
    {
        if (!await carrier.HandOverAsync(given.Ticket))
            await TakeBackAsync([given], patience: int.MaxValue);
    }

    private async Task LookAsync(CancellationToken ct)
    {
        foreach (var group in open.Values.GroupBy(o => o.Ticket.Node).ToList())
        {
            var waiting = await tools.Tickets.OpenAsync([.. group.Select(o => o.Ticket.Claim)], group.Key, ct);
            foreach (var ticket in group.Where(o => !waiting.Contains(o.Ticket.Claim)))
                Forget(ticket.Ticket.Claim);
            var late = group.Where(o => waiting.Contains(o.Ticket.Claim) && tools.Clock.GetElapsedTime(o.Since) > TakenWithin).ToList();
            if (late.Count > 0)
                await TakeBackAsync(late, patience: 1);
        }
    }

    private async Task TakeBackAsync(IReadOnlyList<Open> tickets, int patience)
    {
        foreach (var group in tickets.GroupBy(o => o.Ticket.Node))
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await tools.Tickets.ReturnAsync([.. group.Select(o => o.Ticket.Claim)], group.Key, CancellationToken.None);
                    foreach (var one in group)
                    {
                        Forget(one.Ticket.Claim);
                        queue.Raise(one.Ticket.Lane, one.Ticket.Class);
                    }

                    tools.Log.LogInformation("Took {Count} tickets of lane {Channel} back", group.Count(), channel);
                    break;
                }
                catch (ObjectDisposedException)
                {
                    // The program ends: who lives takes over what it held.
                    return;
                }
                catch (Exception e) when (IsOutage(e))
                {
                    tools.Log.LogWarning("{Count} tickets of lane {Channel} wait for the database ({Error})", group.Count(), channel, e.GetType().Name);
                    if (attempt >= patience)
                        break;
                    await Task.Delay(TimeSpan.FromMilliseconds(500), tools.Clock);
                }
            }
    }

    private void Forget(Guid claim)
    {
        if (open.TryRemove(claim, out _))
            tools.Active.Forget(claim);
    }

    private static bool IsOutage(Exception e) => e is NpgsqlException or IOException or TimeoutException or InvalidOperationException;
}
