using System.Collections.Concurrent;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Messages that this process just accepted, so that claiming them needs no second read. Only a shortcut: what is not here is read
/// from the table. Bounded; the oldest go first.
/// </summary>
internal sealed class RecentRows
{
    private const int Most = 30_000;

    private readonly ConcurrentDictionary<Guid, MessageRow> rows = new();
    private readonly ConcurrentQueue<Guid> order = new();

    // Counted here: the dictionary's own Count takes all of its locks, some twenty microseconds for each message.
    private int count;

    public void Add(MessageRow row)
    {
        if (!rows.TryAdd(row.Id, row))
            return;
        Interlocked.Increment(ref count);
        order.Enqueue(row.Id);
        while (Volatile.Read(ref count) > Most && order.TryDequeue(out var oldest))
            Take(oldest);
        // Ids that were taken leave the queue in their turn.
        while (order.Count > 2 * Most && order.TryDequeue(out var gone))
            Take(gone);
    }

    public MessageRow? Take(Guid id)
    {
        if (!rows.TryRemove(id, out var row))
            return null;
        Interlocked.Decrement(ref count);
        return row;
    }
}
