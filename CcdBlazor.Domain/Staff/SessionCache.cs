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
    private readonly ConcurrentDictionary<(Guid StaffId, long Generation), Lazy<Task<StaffSession?>>> asking = new();
    private readonly TimeProvider clock;
    private readonly IDisposable[] subscriptions;
    private long generation;

    public SessionCache(ChangeFeed feed, TimeProvider clock)
    {
        this.clock = clock;
        subscriptions = [.. new[] { StaffTopics.All, StaffTopics.Roles, StaffTopics.Departments }.Select(topic => feed.Subscribe(topic, _ => Clear()))];
    }

    /// <summary>
    /// The kept answer, or a fresh one. When all open pages of a person ask at the same moment, the database is asked once; who asks after a
    /// change never gets an answer that was begun before it.
    /// </summary>
    public ValueTask<StaffSession?> GetAsync(Guid staffId, Func<Task<StaffSession?>> ask, CancellationToken ct)
    {
        if (kept.TryGetValue(staffId, out var entry) && entry.Until > clock.GetUtcNow())
            return ValueTask.FromResult(entry.Session);
        var asked = Interlocked.Read(ref generation);
        return new(asking.GetOrAdd((staffId, asked), key => new(() => Task.Run(() => AskAsync(key, ask), CancellationToken.None))).Value.WaitAsync(ct));
    }

    private async Task<StaffSession?> AskAsync((Guid StaffId, long Generation) key, Func<Task<StaffSession?>> ask)
    {
        try
        {
            var session = await ask();
            kept[key.StaffId] = (session, clock.GetUtcNow() + KeptFor);
            // A change came while the database was answering: this answer may be from before it.
            if (Interlocked.Read(ref generation) != key.Generation)
                kept.TryRemove(key.StaffId, out _);
            return session;
        }
        finally
        {
            asking.TryRemove(key, out _);
        }
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
