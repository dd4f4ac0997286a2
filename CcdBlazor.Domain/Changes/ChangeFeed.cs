using Microsoft.Extensions.Logging;

namespace CcdBlazor.Domain.Changes;

/// <summary>
/// Something changed: only what it is about, never the new value. Listeners read again. Topics are narrow
/// (<c>customer:{id}</c>, <c>customers</c>, <c>staff:{id}</c>), so a page hears only what it shows.
/// </summary>
/// <param name="Topic">What changed.</param>
/// <param name="Note">A short, impersonal word for the listener (ids and verbs only: it crosses the wire between nodes).</param>
public readonly record struct Change(string Topic, string? Note = null);

/// <summary>
/// In-process announcements after commit, relayed between nodes by the relay (PostgreSQL NOTIFY).
/// Publishing copies the listeners under the lock and calls them outside it; a listener that fails is logged and skipped.
/// </summary>
public sealed class ChangeFeed(ILogger<ChangeFeed> log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Subscription>> byTopic = [];

    /// <summary>Raised for changes of this node only, for the relay.</summary>
    public event Action<Change>? PublishedHere;

    /// <summary>How many subscriptions are open; for the metrics.</summary>
    public int Subscriptions { get; private set; }

    /// <summary>Hear changes of one topic until the result is disposed. The listener must return quickly and may be called on any thread.</summary>
    public IDisposable Subscribe(string topic, Action<Change> listener)
    {
        var subscription = new Subscription(this, topic, listener);
        lock (gate)
        {
            if (!byTopic.TryGetValue(topic, out var list))
                byTopic[topic] = list = [];
            list.Add(subscription);
            Subscriptions++;
        }

        return subscription;
    }

    /// <summary>Tell the listeners here and, through the relay, on the other nodes. Call after the commit, never before.</summary>
    public void Publish(Change change)
    {
        PublishedHere?.Invoke(change);
        Deliver(change);
    }

    /// <summary>A change that another node published.</summary>
    public void Deliver(Change change)
    {
        Subscription[] listeners;
        lock (gate)
        {
            if (!byTopic.TryGetValue(change.Topic, out var list))
                return;
            listeners = [.. list];
        }

        foreach (var subscription in listeners)
            subscription.Call(change);
    }

    /// <summary>After the relay lost its connection nobody knows what was missed: everybody reads again.</summary>
    public void DeliverToAll()
    {
        Subscription[] listeners;
        lock (gate)
            listeners = [.. byTopic.Values.SelectMany(list => list)];

        foreach (var subscription in listeners)
            subscription.Call(new Change(subscription.Topic, "resync"));
    }

    private sealed class Subscription(ChangeFeed feed, string topic, Action<Change> listener) : IDisposable
    {
        private volatile bool disposed;

        public string Topic => topic;

        public void Call(Change change)
        {
            if (disposed)
                return;
            try
            {
                listener(change);
            }
            catch (Exception e)
            {
                // One broken page must not keep the news from the others.
                feed.Log(e, topic);
            }
        }

        public void Dispose()
        {
            lock (feed.gate)
            {
                if (disposed)
                    return;
                disposed = true;
                feed.Subscriptions--;
                if (feed.byTopic.TryGetValue(topic, out var list) && list.Remove(this) && list.Count == 0)
                    feed.byTopic.Remove(topic);
            }
        }
    }

    private void Log(Exception e, string topic) => log.LogError(e, "A listener of {Topic} failed", topic);
}
