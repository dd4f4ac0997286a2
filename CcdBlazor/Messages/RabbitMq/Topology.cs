using CcdBlazor.Api;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>The broker's exchanges and queues. All durable; queues are quorum queues, so a broker of several machines keeps them when one fails.</summary>
internal static class Topology
{
    /// <summary>Direct exchange, and queue of the single sends that other systems ask for; routing keys <see cref="Send"/> and <see cref="SendBatch"/>.</summary>
    public const string Requests = "ccd.requests";

    /// <summary>Queue of the batches among them: some megabytes each, so few are taken at once, and no single send waits behind one.</summary>
    public const string BatchRequests = "ccd.requests.batch";

    public const string Send = "send";
    public const string SendBatch = "send-batch";

    /// <summary>Topic exchange; routing key <c>{key id}.{state}</c>.</summary>
    public const string Receipts = "ccd.receipts";

    /// <summary>Topic exchange and queue of what nobody could use.</summary>
    public const string Dead = "ccd.dead";

    /// <summary>Everything of the program's own; nobody may ask for an answer there.</summary>
    public const string OwnPrefix = "ccd.";

    private static readonly Dictionary<string, object?> Quorum = new() { ["x-queue-type"] = "quorum" };
    private static readonly Dictionary<string, object?> QuorumWithDead = new() { ["x-queue-type"] = "quorum", ["x-dead-letter-exchange"] = Dead };

    /// <summary>The queue of a channel and class; reached through the default exchange.</summary>
    public static string Lane(MessageChannel channel, short priorityClass) => $"ccd.lane.{ChannelCodes.Of(channel)}.{ApiWords.OfClass(priorityClass)}";

    public static IEnumerable<string> Lanes(RabbitMqSettings settings) =>
        settings.Lanes.Order().SelectMany(channel => Enumerable.Range(0, PriorityClass.Count).Select(c => Lane(channel, (short)c)));

    /// <summary>Makes what is not there. Refused by the broker when something of the name is there and is different.</summary>
    public static async Task DeclareAsync(IConnection connection, RabbitMqSettings settings, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        await channel.ExchangeDeclareAsync(Dead, ExchangeType.Topic, durable: true, cancellationToken: ct);
        await QueueAsync(channel, Dead, Quorum, ct);
        await channel.QueueBindAsync(Dead, Dead, "#", cancellationToken: ct);
        if (settings.Requests)
        {
            await channel.ExchangeDeclareAsync(Requests, ExchangeType.Direct, durable: true, cancellationToken: ct);
            await QueueAsync(channel, Requests, QuorumWithDead, ct);
            await channel.QueueBindAsync(Requests, Requests, Send, cancellationToken: ct);
            await QueueAsync(channel, BatchRequests, QuorumWithDead, ct);
            await channel.QueueBindAsync(BatchRequests, Requests, SendBatch, cancellationToken: ct);
        }

        if (settings.Receipts)
            await channel.ExchangeDeclareAsync(Receipts, ExchangeType.Topic, durable: true, cancellationToken: ct);
        foreach (var queue in Lanes(settings))
            await QueueAsync(channel, queue, QuorumWithDead, ct);
    }

    private static Task QueueAsync(IChannel channel, string name, Dictionary<string, object?> arguments, CancellationToken ct) =>
        channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: ct);
}
