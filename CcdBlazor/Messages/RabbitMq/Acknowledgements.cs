using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>
/// Acknowledges deliveries in groups. What is done in one piece from the front goes as one frame; what waits behind something slow goes by itself after a moment,
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
        // Tags beyond the front that are done; true while they still have to be acknowledged.
        var beyond = new SortedDictionary<ulong, bool>();
        var front = 0UL;
        try
        {
            while (await done.Reader.WaitToReadAsync(CancellationToken.None))
            {
                await Task.Delay(Gather, CancellationToken.None);
                var waiting = beyond.Where(b => b.Value).Select(b => b.Key).ToList();
                while (done.Reader.TryRead(out var next))
                    if (next.Tag > front)
                        beyond[next.Tag] = next.Acknowledge;
                var last = 0UL;
                while (beyond.Remove(front + 1, out var acknowledge))
                {
                    front++;
                    if (acknowledge)
                        last = front;
                }

                if (last > 0)
                    await channel.BasicAckAsync(last, multiple: true, CancellationToken.None);
                foreach (var tag in waiting.Where(tag => tag > front))
                {
                    beyond[tag] = false;
                    await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
                }

                if (beyond.ContainsValue(true))
                    done.Writer.TryWrite((0, false));
            }

            foreach (var (tag, _) in beyond.Where(b => b.Value))
                await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
        }
        catch (Exception e) when (e is OperationInterruptedException or ObjectDisposedException or IOException)
        {
        }
    }
}
