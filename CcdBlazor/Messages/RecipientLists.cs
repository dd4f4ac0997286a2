using System.Collections.Concurrent;

namespace CcdBlazor.Messages;

/// <summary>Lists that were just uploaded, until the page takes them over: in memory, for their owner only, half an hour, some hundred at most.</summary>
public sealed class RecipientLists(TimeProvider clock)
{
    private const int Most = 200;

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<Guid, (Guid Owner, DateTimeOffset At, RecipientSheet Sheet)> sheets = new();

    public Guid Keep(Guid owner, RecipientSheet sheet)
    {
        var now = clock.GetUtcNow();
        foreach (var (old, entry) in sheets.OrderByDescending(s => s.Value.At).Select((s, i) => (s.Key, (s.Value, Place: i))).ToList())
            if (entry.Value.At < now - Kept || entry.Place >= Most)
                sheets.TryRemove(old, out _);
        var id = Guid.NewGuid();
        sheets[id] = (owner, now, sheet);
        return id;
    }

    /// <summary>The list, once; null when it is not this person's or no longer there.</summary>
    public RecipientSheet? Take(Guid id, Guid owner) =>
        sheets.TryGetValue(id, out var kept) && kept.Owner == owner && sheets.TryRemove(id, out kept) ? kept.Sheet : null;
}
