namespace CcdBlazor.Domain.Messages.Monitor;

/// <summary>
/// Since when the head of a queue has been ready. The queue keeps no times (every byte of it is paid at each send), but its places are
/// numbered: a place that is higher than the last number of a moment was taken after that moment.
/// </summary>
internal sealed class QueueAges
{
    private const int Most = 4_000;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly List<(DateTimeOffset At, long LastSeq)> samples = [];

    /// <summary>Takes note of the last number given.</summary>
    public void Note(DateTimeOffset at, long lastSeq)
    {
        lock (gate)
        {
            if (samples.Count > 0 && at - samples[^1].At < Between)
                return;
            samples.Add((at, lastSeq));
            if (samples.Count > Most)
                // Older moments are kept further apart.
                for (var i = Most / 2; i > 0; i -= 2)
                    samples.RemoveAt(i);
        }
    }

    /// <summary>How long the place has been in the queue: at least this, and at most a sample's distance more. Zero when it is not known.</summary>
    public TimeSpan AgeOf(long seq, DateTimeOffset now)
    {
        lock (gate)
        {
            // The first moment at which the number had been given.
            var (low, high) = (0, samples.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (samples[middle].LastSeq >= seq)
                    high = middle;
                else
                    low = middle + 1;
            }

            return low < samples.Count && now > samples[low].At ? now - samples[low].At : TimeSpan.Zero;
        }
    }
}
