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
                places[(lane, priorityClass)] = place = new Place(clock) { ServedAt = clock.GetTimestamp() };
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
                return !AnyBusy;
        }
    }

    private bool AnyBusy => places.Values.Any(p => p.Busy);

    /// <summary>Ends when something was raised.</summary>
    public Task WakeAsync()
    {
        lock (gate)
        {
            if (wake.Task.IsCompleted && !AnyBusy)
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
            return (chosen.Lane, chosen.Class, bestPlace.After(), bestPlace.Signals);
        }
    }

    /// <summary>What a claim found: the place reached, and whether it took all there was.</summary>
    public void Claimed(int lane, short priorityClass, long last, bool drained, int signals)
    {
        lock (gate)
        {
            var place = places[(lane, priorityClass)];
            var sawAll = place.Reached(last, drained);
            // A signal that came during the claim may be about rows that it did not see.
            if (sawAll && place.Signals == signals)
                place.Busy = false;
            if (!AnyBusy && wake.Task.IsCompleted)
                wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>
    /// How far the claims of one lane and class have come. Rows of the queue that are gone stay in its index while anybody holds an old snapshot, so a claim must not walk
    /// over what claims before it took: with a backlog each begins where the last one ended. What was committed late, or given back, lies behind that. It is
    /// looked for every second with a margin, before the lane is taken for empty, and now and then from the very start.
    /// </summary>
    private sealed class Place(TimeProvider clock)
    {
        /// <summary>A row may be committed so much later than its place in the queue was taken.</summary>
        private static readonly TimeSpan Margin = TimeSpan.FromSeconds(3);

        private static readonly TimeSpan WithMarginEvery = TimeSpan.FromSeconds(1);

        /// <summary>But a row whose commit took longer than the margin must be found too.</summary>
        private static readonly TimeSpan FromTheStartEvery = TimeSpan.FromSeconds(20);

        /// <summary>Either look takes a fiftieth of the time, however much lies there,</summary>
        private const int Rarely = 50;

        /// <summary>but is never put off for longer than so many times its usual distance: a look that only waited (a lock, a slow disk) must not hide a late row for minutes.</summary>
        private const int Farthest = 5;

        private enum From
        {
            End,
            Margin,
            Start,
        }

        private readonly Queue<(long At, long Seq)> reached = new();
        private From from;
        private bool more;
        private long newest;
        private long safe;
        private long withMarginAt;
        private long fromStartAt;
        private TimeSpan fromStartEvery = FromTheStartEvery;
        private TimeSpan withMarginEvery = WithMarginEvery;

        public bool Busy { get; set; }
        public int Signals { get; set; }
        public long ServedAt { get; set; }

        /// <summary>Behind which place the next claim looks.</summary>
        public long After()
        {
            if (fromStartAt == 0 || clock.GetElapsedTime(fromStartAt) > fromStartEvery)
            {
                from = From.Start;
                fromStartAt = withMarginAt = clock.GetTimestamp();
                return 0;
            }

            while (reached.TryPeek(out var first) && clock.GetElapsedTime(first.At) > Margin)
                safe = Math.Max(safe, reached.Dequeue().Seq);
            if (more && clock.GetElapsedTime(withMarginAt) < withMarginEvery)
            {
                from = From.End;
                return newest;
            }

            from = From.Margin;
            withMarginAt = clock.GetTimestamp();
            return safe;
        }

        /// <summary>What the claim found. True when nothing is left, late rows included.</summary>
        public bool Reached(long seq, bool drained)
        {
            if (from == From.Start)
                fromStartEvery = Apart(FromTheStartEvery, fromStartAt);
            else if (from == From.Margin)
                withMarginEvery = Apart(WithMarginEvery, withMarginAt);
            more = !drained;
            if (seq > newest)
            {
                newest = seq;
                reached.Enqueue((clock.GetTimestamp(), seq));
            }

            return drained && from != From.End;
        }

        private TimeSpan Apart(TimeSpan least, long began)
        {
            var rest = clock.GetElapsedTime(began) * Rarely;
            return TimeSpan.FromTicks(Math.Clamp(rest.Ticks, least.Ticks, least.Ticks * Farthest));
        }
    }
}
