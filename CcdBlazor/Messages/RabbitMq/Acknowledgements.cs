using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>
/// Acknowledges deliveries in groups. What is done in one piece from the front goes as one frame; what waits behind something slow goes by itself after a while,
/// so that one slow delivery never fills the prefetch window. To a quorum queue every frame is an entry of its log.
/// </summary>
internal sealed class Acknowledgements(IChannel channel)
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);

    private readonly Channel<(ulong Tag, bool Acknowledge)> done = Channel.CreateUnbounded<(ulong, bool)>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(ulong tag) => done.Writer.TryWrite((tag, true));

    /// <summary>Already answered in another way. Before that a group could swallow it.</summary>
    public void Leave(ulong tag) => done.Writer.TryWrite((tag, false));

    /// <summary>Until cancelled; what is done by then is still acknowledged. On a lost channel nothing is said: the broker shows everything again.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        ct.Register(() => done.Writer.TryComplete());
        var front = new AcknowledgementFront();
        try
        {
            while (await done.Reader.WaitToReadAsync(CancellationToken.None))
            {
                await Task.Delay(Gather, CancellationToken.None);
                front.Round();
                while (done.Reader.TryRead(out var next))
                    if (next.Tag > 0)
                        front.Done(next.Tag, next.Acknowledge);
                if (front.Advance() is > 0 and var last)
                    await channel.BasicAckAsync(last, multiple: true, CancellationToken.None);
                foreach (var tag in front.Overdue())
                    await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
                // Comes back to what still waits.
                if (front.Waiting)
                    done.Writer.TryWrite((0, false));
            }

            foreach (var tag in front.Rest())
                await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
        }
        catch (Exception e) when (e is OperationInterruptedException or ObjectDisposedException or IOException)
        {
        }
    }
}

/// <summary>Which deliveries of a channel are done, and up to where all of them are.</summary>
internal sealed class AcknowledgementFront
{
    /// <summary>
    /// Rounds that something done waits for those before it. Requests are committed by two writers in turns, and for the time of a commit one half stands before the other:
    /// after one round, as it was, half of all requests were acknowledged one by one.
    /// </summary>
    private const int MostRounds = 10;

    // Beyond the front: the round in which it was done, while it still has to be acknowledged.
    private readonly SortedDictionary<ulong, long?> beyond = [];
    private ulong front;
    private long round;
    private int waiting;

    /// <summary>Something done waits for something before it.</summary>
    public bool Waiting => waiting > 0;

    public void Round() => round++;

    /// <param name="acknowledge">False when it was answered in another way.</param>
    public void Done(ulong tag, bool acknowledge)
    {
        if (tag > front && beyond.TryAdd(tag, acknowledge ? round : null) && acknowledge)
            waiting++;
    }

    /// <summary>Moves the front. Answers the last delivery that is to be acknowledged with all before it; 0 for none.</summary>
    public ulong Advance()
    {
        var last = 0UL;
        while (beyond.Remove(front + 1, out var since))
        {
            front++;
            if (since is null)
                continue;
            waiting--;
            last = front;
        }

        return last;
    }

    /// <summary>What has waited long enough; from now on it counts as answered.</summary>
    public IReadOnlyList<ulong> Overdue() => Take(since => round - since >= MostRounds);

    /// <summary>Everything that still waits.</summary>
    public IReadOnlyList<ulong> Rest() => Take(_ => true);

    private List<ulong> Take(Func<long, bool> which)
    {
        List<ulong> taken = waiting == 0 ? [] : [.. beyond.Where(b => b.Value is { } since && which(since)).Select(b => b.Key)];
        foreach (var tag in taken)
            beyond[tag] = null;
        waiting -= taken.Count;
        return taken;
    }
}
