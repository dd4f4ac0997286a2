using System.Collections.Concurrent;
using System.Globalization;
using CcdBlazor.Domain.Changes;

namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Wakes the lanes: at once inside this process, and through the change feed (gathered, at most 20 a second) on the other nodes.
/// A signal that gets lost costs a second, not a message: every lane also looks by itself.
/// </summary>
internal sealed class LaneSignals(ChangeFeed feed)
{
    internal const string Topic = "message-lanes";

    private readonly ConcurrentDictionary<(int Lane, short Class), byte> raised = new();

    /// <summary>Marks what this node announced: its lanes were woken when it happened, and waking them again costs a search of the queue that finds nothing.</summary>
    private readonly string origin = Guid.NewGuid().ToString("N")[..8];

    /// <summary>Something may be sent now in this lane. Called on any thread; must return at once.</summary>
    public event Action<int, short>? Raised;

    /// <summary>Something was put off until a moment.</summary>
    public event Action<DateTimeOffset>? LaterRaised;

    public void Raise(int lane, short priorityClass)
    {
        Raised?.Invoke(lane, priorityClass);
        // One announcement per lane and class until the relay took it: publishing per flush would only fill the relay's list.
        if (raised.TryAdd((lane, priorityClass), 0))
            _ = AnnounceAsync(lane, priorityClass);
    }

    public void RaiseLater(DateTimeOffset moment) => LaterRaised?.Invoke(moment);

    /// <summary>What another node, or a transaction of this one, announces about new work.</summary>
    public static string Note(int lane, short priorityClass) => string.Create(CultureInfo.InvariantCulture, $"{lane} {priorityClass}");

    /// <summary>From another node, or after the relay lost its connection: then any lane may have work.</summary>
    public void Hear(Change change)
    {
        var parts = change.Note?.Split(' ') ?? [];
        if (parts.Length > 2 && parts[2] == origin)
            return;
        if (parts.Length > 1 && int.TryParse(parts[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out var lane) && short.TryParse(parts[1], NumberStyles.Integer, CultureInfo.InvariantCulture, out var priorityClass))
            Raised?.Invoke(lane, priorityClass);
        else
            Raised?.Invoke(0, -1);
    }

    private async Task AnnounceAsync(int lane, short priorityClass)
    {
        await Task.Delay(25);
        raised.TryRemove((lane, priorityClass), out _);
        feed.Publish(new Change(Topic, $"{Note(lane, priorityClass)} {origin}"));
    }
}
