namespace CcdBlazor.Domain.Messages.Delivery;

/// <summary>
/// Which lanes and classes of a channel have work, and whose turn it is. Lower classes get every eighth claim while they have work, the
/// one that waited longest first: a flood of urgent messages slows low priority down and never stops it.
/// </summary>
internal sealed class LaneQueue(TimeProvider clock)
{
    private const int FairShare = 8;

    private readonly Lock gate = new();
    private readonly Dictionary<(int Lane, short Class), Place> places = [];
    private TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int claims;

    /// <summary>There is, or may be, work.</summary>
    public void Raise(int lane, short priorityClass)
    {
        lock (gate)
        {
            if (!places.TryGetValue((lane, priorityClass), out var place))
                places[(lane, priorityClass)] = place = new Place { ServedAt = clock.GetTimestamp() };
            if (!place.Busy)
                place.ServedAt = clock.GetTimestamp();
            place.Busy = true;
            place.Signals++;
            wake.TrySetResult();
        }
    }

    /// <summary>Nothing is known to wait in any lane or class.</summary>
    public bool Idle
    {
        get
        {
            lock (gate)
            {
                foreach (var place in places.Values)
                    if (place.Busy)
                        return false;
                return true;
            }
        }
    }

    /// <summary>Ends when something was raised.</summary>
    public Task WakeAsync()
    {
        lock (gate)
        {
            if (wake.Task.IsCompleted && !places.Values.Any(p => p.Busy))
                wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return wake.Task;
        }
    }

    /// <summary>The lane and class to claim from next among those that can be served, or null.</summary>
    public (int Lane, short Class, long After, int Signals)? Next(Func<int, short, bool> servable)
    {
        lock (gate)
        {
            var fair = ++claims % FairShare == 0;
            (int Lane, short Class)? best = null;
            Place? bestPlace = null;
            foreach (var (key, place) in places)
            {
                if (!place.Busy || !servable(key.Lane, key.Class))
                    continue;
                var better = best is not { } b
                    || (fair ? place.ServedAt < bestPlace!.ServedAt : key.Class < b.Class || (key.Class == b.Class && place.ServedAt < bestPlace!.ServedAt));
                if (better)
                {
                    best = key;
                    bestPlace = place;
                }
            }

            if (best is not { } chosen)
                return null;
            bestPlace!.ServedAt = clock.GetTimestamp();
            return (chosen.Lane, chosen.Class, bestPlace.After(clock), bestPlace.Signals);
        }
    }

    /// <summary>What a claim found: the place reached, and whether it took all there was.</summary>
    public void Claimed(int lane, short priorityClass, long last, bool drained, int signals)
    {
        lock (gate)
        {
            var place = places[(lane, priorityClass)];
            place.Reached(last, clock);
            // A signal that came during the claim may be about rows that it did not see.
            if (drained && place.Signals == signals)
                place.Busy = false;
            if (!places.Values.Any(p => p.Busy) && wake.Task.IsCompleted)
                wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Place
    {
        /// <summary>Rows of the queue that are gone stay in the index while an old snapshot is open; a claim need not walk over them again.</summary>
        private static readonly TimeSpan Margin = TimeSpan.FromSeconds(3);

        /// <summary>But a row whose commit took longer than the margin must be found too.</summary>
        private static readonly TimeSpan FromTheStart = TimeSpan.FromSeconds(20);

        private readonly Queue<(long At, long Seq)> reached = new();
        private long newest;
        private long safe;
        private long fromStartAt;

        public bool Busy { get; set; }
        public int Signals { get; set; }
        public long ServedAt { get; set; }

        public long After(TimeProvider clock)
        {
            if (clock.GetElapsedTime(fromStartAt) > FromTheStart || fromStartAt == 0)
            {
                fromStartAt = clock.GetTimestamp();
                return 0;
            }

            while (reached.TryPeek(out var first) && clock.GetElapsedTime(first.At) > Margin)
                safe = Math.Max(safe, reached.Dequeue().Seq);
            return safe;
        }

        public void Reached(long seq, TimeProvider clock)
        {
            if (seq <= newest)
                return;
            newest = seq;
            reached.Enqueue((clock.GetTimestamp(), seq));
        }
    }
}
