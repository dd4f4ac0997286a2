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

    private readonly ConcurrentDictionary<int, byte> raised = new();

    /// <summary>Something may be sent now in this lane. Called on any thread; must return at once.</summary>
    public event Action<int, short>? Raised;

    /// <summary>Something was put off until a moment.</summary>
    public event Action<DateTimeOffset>? LaterRaised;

    public void Raise(int lane, short priorityClass)
    {
        Raised?.Invoke(lane, priorityClass);
        // One announcement per lane until the relay took it: publishing per flush would only fill the relay's list.
        if (raised.TryAdd(lane, 0))
            _ = AnnounceAsync(lane);
    }

    public void RaiseLater(DateTimeOffset moment) => LaterRaised?.Invoke(moment);

    /// <summary>From another node, or after the relay lost its connection: any class may have work.</summary>
    public void Hear(Change change)
    {
        if (int.TryParse(change.Note, NumberStyles.Integer, CultureInfo.InvariantCulture, out var lane))
            Raised?.Invoke(lane, -1);
        else
            Raised?.Invoke(0, -1);
    }

    private async Task AnnounceAsync(int lane)
    {
        await Task.Delay(25);
        raised.TryRemove(lane, out _);
        feed.Publish(new Change(Topic, lane.ToString(CultureInfo.InvariantCulture)));
    }
}
