using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>A delivery, copied out of the connection's buffers.</summary>
internal sealed record Delivery(IChannel Channel, Acknowledgements Done, ulong Tag, string RoutingKey, IReadOnlyBasicProperties Properties, byte[] Body)
{
    /// <summary>A header as text; null when there is none, or none that is text.</summary>
    public string? Header(string name) => Properties.Headers is { } headers && headers.TryGetValue(name, out var value)
        ? value switch { byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes), string text => text, _ => null }
        : null;

    /// <summary>Done with. On a lost channel it says nothing: the broker shows the delivery again then.</summary>
    public void Ack() => Done.Add(Tag);

    /// <summary>Nothing more can be done on this connection: whoever reads the channel hears of it, and another connection is made.</summary>
    public async Task GiveUpAsync()
    {
        try
        {
            await Channel.CloseAsync();
        }
        catch (Exception e) when (e is OperationInterruptedException or ObjectDisposedException or IOException)
        {
        }
    }

    /// <param name="again">Back into the queue; else to the dead-letter exchange.</param>
    public async Task RejectAsync(bool again)
    {
        try
        {
            await Channel.BasicNackAsync(Tag, multiple: false, requeue: again);
            Done.Leave(Tag);
        }
        catch (Exception e) when (e is OperationInterruptedException or ObjectDisposedException or IOException)
        {
        }
    }
}

/// <summary>Reads queues, several deliveries at once, as many as the prefetch allows.</summary>
internal static class QueueReader
{
    /// <summary>What is in hand at the end gets so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Until cancelled; then no more is taken, and what is in hand is waited for. Throws at once when the channel is lost: what is in hand then goes on, and finds
    /// out when it acknowledges.
    /// </summary>
    /// <param name="handle">Acknowledges itself; its token is for giving up at the end.</param>
    public static async Task RunAsync(IConnection connection, ushort prefetch, IEnumerable<string> queues, Func<Delivery, CancellationToken, Task> handle, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        await channel.BasicQosAsync(0, prefetch, global: false, ct);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var abandon = new CancellationTokenSource();
        var done = new Acknowledgements(channel);
        using var ended = new CancellationTokenSource();
        var acknowledging = done.RunAsync(ended.Token);
        var inHand = 0;
        channel.ChannelShutdownAsync += (_, why) =>
        {
            lost.TrySetException(new IOException(why.ReplyText));
            return Task.CompletedTask;
        };
        async Task HandleAsync(Delivery delivery)
        {
            try
            {
                await handle(delivery, abandon.Token);
            }
            finally
            {
                Interlocked.Decrement(ref inHand);
            }
        }

        var tags = new List<string>();
        foreach (var queue in queues)
        {
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.UnregisteredAsync += (_, _) =>
            {
                lost.TrySetException(new IOException($"The queue {queue} was taken away."));
                return Task.CompletedTask;
            };
            consumer.ReceivedAsync += (_, e) =>
            {
                var delivery = new Delivery(channel, done, e.DeliveryTag, e.RoutingKey, e.BasicProperties, e.Body.ToArray());
                Interlocked.Increment(ref inHand);
                // Begun here, one after the other: up to its first wait a delivery costs less than handing it to another thread.
                _ = HandleAsync(delivery);
                return Task.CompletedTask;
            };
            tags.Add(await channel.BasicConsumeAsync(queue, autoAck: false, consumer, ct));
        }

        await Task.WhenAny(lost.Task, Task.Delay(Timeout.InfiniteTimeSpan, ct));
        if (lost.Task.IsFaulted)
        {
            await ended.CancelAsync();
            await acknowledging;
            await lost.Task;
        }

        foreach (var tag in tags)
            await channel.BasicCancelAsync(tag, noWait: true, CancellationToken.None);
        abandon.CancelAfter(Patience);
        while (Volatile.Read(ref inHand) > 0 && !lost.Task.IsFaulted)
            await Task.Delay(10, CancellationToken.None);
        await ended.CancelAsync();
        await acknowledging;
    }
}
