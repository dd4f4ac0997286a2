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

    public void Add(MessageRow row)
    {
        if (!rows.TryAdd(row.Id, row))
            return;
        order.Enqueue(row.Id);
        while (rows.Count > Most && order.TryDequeue(out var oldest))
            rows.TryRemove(oldest, out _);
        // Ids that were taken leave the queue in their turn.
        while (order.Count > 2 * Most && order.TryDequeue(out var gone))
            rows.TryRemove(gone, out _);
    }

    public MessageRow? Take(Guid id) => rows.TryRemove(id, out var row) ? row : null;
}
