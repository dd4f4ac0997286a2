using System.Globalization;
using System.Text;
using CcdBlazor.Messages.RabbitMq;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// The other side of the comparison: the client as its makers document it, and nothing behind it. Persistent messages of the same size and properties as ours, publisher confirms in a
/// window, quorum queues; takes with prefetch and acknowledges in groups. It keeps no row anywhere: it is a bound, not a peer.
/// </summary>
internal static class BareClient
{
    public const ushort Prefetch = 1_000;

    private const int Window = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Publish, confirm, take, acknowledge: one queue, both ends in this process.</summary>
    /// <param name="together">Deliveries per acknowledgement.</param>
    public static async Task<Measured> RoundTripAsync(IConnection connection, CpuMeter meter, int count, int together, Func<int, (BasicProperties, byte[])> message, CancellationToken ct)
    {
        await using var taking = await connection.CreateChannelAsync(cancellationToken: ct);
        var queue = await QuorumAsync(taking, $"bare-{Guid.NewGuid():N}", ct);
        await taking.BasicQosAsync(0, Prefetch, false, ct);
        var taken = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(taking);
        consumer.ReceivedAsync += async (_, e) =>
        {
            taken++;
            if (taken % together == 0 || taken == count)
                await taking.BasicAckAsync(e.DeliveryTag, multiple: true);
            if (taken == count)
                all.TrySetResult();
        };
        await taking.BasicConsumeAsync(queue, autoAck: false, consumer, ct);
        var run = meter.Start();
        await PublishAsync(connection, "", queue, count, message, ct);
        await Within(all.Task, () => $"{count:N0} messages at the bare client's other end; {taken:N0} came", ct);
        var measured = run.Stop(count);
        await taking.QueueDeleteAsync(queue, cancellationToken: ct);
        return measured;
    }

    /// <summary>Publish and confirm, through a topic exchange as our receipts go.</summary>
    public static async Task<Measured> PublishOnlyAsync(IConnection connection, CpuMeter meter, int count, string routingKey, Func<int, (BasicProperties, byte[])> message, CancellationToken ct)
    {
        const string Exchange = "bare";
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true, cancellationToken: ct);
        var queue = await QuorumAsync(channel, $"bare-{Guid.NewGuid():N}", ct);
        await channel.QueueBindAsync(queue, Exchange, "#", cancellationToken: ct);
        var run = meter.Start();
        await PublishAsync(connection, Exchange, routingKey, count, message, ct);
        var measured = run.Stop(count);
        await channel.QueueDeleteAsync(queue, cancellationToken: ct);
        return measured;
    }

    public static async Task PublishAsync(IConnection connection, string exchange, string routingKey, int count, Func<int, (BasicProperties, byte[])> message, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), ct);
        var confirms = new Queue<Task>(Window);
        for (var i = 0; i < count; i++)
        {
            var (at, confirmed) = (i, confirms.Count);
            if (confirms.Count == Window)
                await Within(confirms.Dequeue(), () => $"the confirm of message {at - confirmed:N0} of {count:N0} to {exchange}/{routingKey}", ct);
            var (properties, body) = message(i);
            confirms.Enqueue(channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, body, ct).AsTask());
        }

        await Within(Task.WhenAll(confirms), () => $"the last {confirms.Count(c => !c.IsCompleted):N0} confirms of {count:N0} to {exchange}/{routingKey}", ct);
    }

    /// <summary>A request of another system; the bare round trip carries the same bytes.</summary>
    public static (BasicProperties, byte[]) Request(string key, string template, string run, int i) => (
        new BasicProperties { Persistent = true, MessageId = $"{run}-{i}", Headers = new Dictionary<string, object?> { [RequestConsumer.KeyHeader] = key } },
        Encoding.UTF8.GetBytes($$"""{"template":"{{template}}","channel":"push","recipient":"device-{{i}}","variables":{"name":"客户{{i}}","number":"KH-20261120-0001"},"priority":5}"""));

    /// <summary>As large as a receipt, with a receipt's properties.</summary>
    public static (BasicProperties, byte[]) Receipt(int i) => (
        new BasicProperties
        {
            Persistent = true, ContentType = "application/json", Type = "sent", MessageId = i.ToString(CultureInfo.InvariantCulture), Timestamp = new AmqpTimestamp(1_800_000_000),
        },
        Encoding.UTF8.GetBytes($$"""{"receipt":{{i}},"id":"01991f4e-0000-7000-8000-000000000000","state":"sent","channel":"push","at":"2026-11-20T12:00:00.0000000Z","tags":[]}"""));

    public static async Task<string> QuorumAsync(IChannel channel, string name, CancellationToken ct) =>
        (await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: ct)).QueueName;

    /// <summary>A wait that ends, and says for what.</summary>
    public static async Task Within(Task task, Func<string> what, CancellationToken ct)
    {
        try
        {
            await task.WaitAsync(Patience, ct);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"Waited {Patience.TotalSeconds:0} s for {what()}."), e);
        }
    }
}
