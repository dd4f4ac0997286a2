using System.Collections.Concurrent;
using CcdBlazor.Domain.Changes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Tells the pages that watch: after outcomes were committed, at most twice a second per topic, so that ten thousand messages a second
/// are two renders a second.
/// </summary>
internal sealed class MessageCounters(ChangeFeed feed, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, byte> pending = new();

    public void Add(List<MessageExit> group)
    {
        Say(MessageTopics.Monitor);
        foreach (var exit in group)
        {
            if (exit.Row.BatchId is { } batch)
                Say(MessageTopics.Batch(batch));
            if (exit.Row.CustomerId is { } customer)
                Say(MessageTopics.Customer(customer));
        }
    }

    /// <summary>Announces the topic soon; a topic that is already about to be announced costs nothing.</summary>
    public void Say(string topic)
    {
        if (pending.TryAdd(topic, 0))
            _ = SayLaterAsync(topic);
    }

    private async Task SayLaterAsync(string topic)
    {
        await Task.Delay(Pause, clock);
        pending.TryRemove(topic, out _);
        feed.Publish(new Change(topic));
    }
}
