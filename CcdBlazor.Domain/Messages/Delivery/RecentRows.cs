using System.Collections.Concurrent;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Messages that this process just accepted, so that claiming them needs no second read. Only a shortcut: what is not here is read
/// from the table. Bounded, and when it is full new ones are not kept: the oldest are claimed first, and replacing them all the time would give the garbage
/// collector thousands of rows to move, during which nobody is answered. What nobody claims here (another node did) is let go after a while.
/// </summary>
internal sealed class RecentRows(TimeProvider clock)
{
    internal const int Most = 30_000;

    internal static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, MessageRow> rows = new();
    private readonly ConcurrentQueue<(Guid Id, long Since)> order = new();

    // Counted here: the dictionary's own Count takes all of its locks, some twenty microseconds for each message.
    private int count;

    public void Add(MessageRow row)
    {
        var now = clock.GetTimestamp();
        // Ids that were taken leave the queue in their turn. Two writers at once may let one go that is a moment too young: it is read again.
        while (order.TryPeek(out var oldest) && (clock.GetElapsedTime(oldest.Since, now) > Kept || order.Count > 2 * Most) && order.TryDequeue(out var gone))
            Take(gone.Id);
        if (Volatile.Read(ref count) >= Most || !rows.TryAdd(row.Id, row))
            return;
        Interlocked.Increment(ref count);
        order.Enqueue((row.Id, now));
    }

    public MessageRow? Take(Guid id)
    {
        if (!rows.TryRemove(id, out var row))
            return null;
        Interlocked.Decrement(ref count);
        return row;
    }
}
