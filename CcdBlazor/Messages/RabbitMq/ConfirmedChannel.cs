using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>
/// Publishes one after the other and waits for the broker's confirms by their numbers: a confirm speaks for all before it, so a group costs one wait, where the client's own
/// tracking keeps a task, an entry and a header per message. For one publisher at a time.
/// </summary>
internal sealed class ConfirmedChannel : IAsyncDisposable
{
    private readonly IChannel channel;
    private readonly Lock gate = new();

    // Confirmed one by one before those in front of them.
    private readonly SortedSet<ulong> beyond = [];
    private readonly Queue<(ulong Number, TaskCompletionSource Reached)> waiting = new();
    private Exception? broken;
    private ulong confirmed;
    private ulong published;

    private ConfirmedChannel(IChannel channel)
    {
        this.channel = channel;
        channel.BasicAcksAsync += (_, e) =>
        {
            Confirm(e.DeliveryTag, e.Multiple);
            return Task.CompletedTask;
        };
        channel.BasicNacksAsync += (_, _) =>
        {
            Break(new IOException("The broker did not take a message."));
            return Task.CompletedTask;
        };
        channel.ChannelShutdownAsync += (_, why) =>
        {
            Break(new IOException(why.ReplyText));
            return Task.CompletedTask;
        };
    }

    public bool IsOpen => channel.IsOpen;

    public static async Task<ConfirmedChannel> OpenAsync(IConnection connection, CancellationToken ct) =>
        new(await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), ct));

    /// <summary>Written in this order. The body may be used again when it returns.</summary>
    public async ValueTask PublishAsync(string exchange, string routingKey, BasicProperties properties, ReadOnlyMemory<byte> body)
    {
        // Before the call: the confirm can be here before its return. Never taken back; after a failure the channel is not used any more.
        published++;
        try
        {
            await channel.BasicPublishAsync(exchange, routingKey, mandatory: false, properties, body, CancellationToken.None);
        }
        catch (Exception e)
        {
            Break(e);
            throw;
        }
    }

    /// <summary>Ends when the broker keeps everything that was published until now. Fails when it refused one or is gone: then none of what was not confirmed is certain.</summary>
    public Task ConfirmedAsync()
    {
        lock (gate)
        {
            if (broken is not null)
                return Task.FromException(broken);
            if (confirmed >= published)
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue((published, reached));
            return reached.Task;
        }
    }

    public ValueTask DisposeAsync() => channel.DisposeAsync();

    private void Confirm(ulong number, bool multiple)
    {
        lock (gate)
        {
            if (multiple)
                confirmed = Math.Max(confirmed, number);
            else if (number > confirmed)
                beyond.Add(number);
            for (; beyond.Count > 0 && beyond.Min <= confirmed + 1; beyond.Remove(beyond.Min))
                confirmed = Math.Max(confirmed, beyond.Min);
            while (waiting.TryPeek(out var first) && first.Number <= confirmed)
                waiting.Dequeue().Reached.TrySetResult();
        }
    }

    private void Break(Exception why)
    {
        lock (gate)
        {
            broken ??= why;
            while (waiting.TryDequeue(out var one))
                one.Reached.TrySetException(broken);
        }
    }
}
