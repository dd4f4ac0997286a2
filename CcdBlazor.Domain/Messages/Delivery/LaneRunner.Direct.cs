using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>What an idle lane takes at the door.</summary>
internal sealed partial class LaneRunner
{
    private volatile bool open;

    /// <summary>A claim for messages that are about to be committed; null when the lane is not idle, or could not begin all of them at once. From memory: somebody waits.</summary>
    public DirectClaim? Offer(int lane, short priorityClass, int messages, DateTimeOffset now)
    {
        var lease = leaseNow();
        if (!open || relay is not null || !lease.Holds || tools.Exits.Waiting > LargestClaim || !Queue.Idle || !tools.Accounts.Fresh)
            return null;
        if (Choose(tools.Accounts.Known, lane, now).Account is not { } account || !tools.Providers.TryGetValue(account.Provider.Kind, out var provider))
            return null;
        if (messages > MostAtOnce(account, provider, Pool.FreeFor(priorityClass)))
            return null;

        // Counted before the second look: who closes the lane waits for what is counted.
        Interlocked.Add(ref underWay, messages);
        if (!open)
        {
            Interlocked.Add(ref underWay, -messages);
            return null;
        }

        var claim = Guid.CreateVersion7(now);
        tools.Active.Begin(claim);
        return new DirectClaim(claim, lease.Id, account.Number, now, Begin, Abandon);

        void Begin(List<MessageRow> accepted)
        {
            if (accepted.Count == 0)
            {
                Abandon();
                return;
            }

            tools.Active.Holds(claim, accepted.Count);
            Interlocked.Add(ref underWay, accepted.Count - messages);
            var group = new ClaimedGroup(claim, lease, lane, priorityClass, now, accepted);
            _ = Task.Run(() => ProcessAsync(group, account, provider, tools.Policy.Current), CancellationToken.None);
        }

        void Abandon()
        {
            tools.Active.Forget(claim);
            Interlocked.Add(ref underWay, -messages);
        }
    }

    /// <summary>The lane ends: what was offered until now is waited for, and nothing more is.</summary>
    private void Close()
    {
        open = false;
        // Before the count is read.
        Interlocked.MemoryBarrier();
    }

    /// <summary>How many messages of an account can be begun with so many workers; 0 with none.</summary>
    private static int MostAtOnce(AccountInUse account, IMessageProvider provider, int workers)
    {
        var most = Math.Min(LargestClaim, workers * provider.LargestGroup);
        foreach (var limit in account.Most)
            most = Math.Min(most, Math.Max(1, limit));
        return most;
    }
}
