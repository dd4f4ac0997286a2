using System.Collections.Concurrent;
using CcdBlazor.Domain.Changes;

namespace CcdBlazor.Domain.Staff;

/// <summary>
/// Answers of the last seconds to "who is this and what may he do", which every request and every write asks. Emptied by any change of
/// accounts, roles or departments; the short life only bounds the time in which the relay between nodes may be down.
/// </summary>
internal sealed class SessionCache : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Guid, (StaffSession? Session, DateTimeOffset Until)> kept = new();
    private readonly TimeProvider clock;
    private readonly IDisposable[] subscriptions;
    private long generation;

    public SessionCache(ChangeFeed feed, TimeProvider clock)
    {
        this.clock = clock;
        subscriptions = [.. new[] { StaffTopics.All, StaffTopics.Roles, StaffTopics.Departments }.Select(topic => feed.Subscribe(topic, _ => Clear()))];
    }

    /// <summary>To be read before asking the database: an answer from before a change is then not kept.</summary>
    public long Generation => Interlocked.Read(ref generation);

    public bool TryGet(Guid staffId, out StaffSession? session)
    {
        var found = kept.TryGetValue(staffId, out var entry) && entry.Until > clock.GetUtcNow();
        session = found ? entry.Session : null;
        return found;
    }

    public void Keep(Guid staffId, StaffSession? session, long asked)
    {
        kept[staffId] = (session, clock.GetUtcNow() + KeptFor);
        // A change came while the database was answering: this answer may be from before it.
        if (Generation != asked)
            kept.TryRemove(staffId, out _);
    }

    public void Dispose()
    {
        foreach (var subscription in subscriptions)
            subscription.Dispose();
    }

    private void Clear()
    {
        Interlocked.Increment(ref generation);
        kept.Clear();
    }
}
