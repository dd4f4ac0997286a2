using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>The section <c>RabbitMQ</c>.</summary>
/// <param name="Worker">This process is a worker (<c>Messages:Worker=true</c>).</param>
/// <param name="Lanes">The channels that worker processes serve. Like the whole section read at start-up only.</param>
/// <param name="Prefetch">Requests in hand at once.</param>
internal sealed record RabbitMqSettings(Uri Uri, bool Worker, bool Requests, bool Receipts, IReadOnlySet<MessageChannel> Lanes, ushort Prefetch)
{
    /// <summary>Null without an address. Throws a sentence for the operator when the section cannot be used.</summary>
    public static RabbitMqSettings? Read(IConfiguration configuration, bool production)
    {
        var worker = configuration.GetValue("Messages:Worker", false);
        var section = configuration.GetSection("RabbitMQ");
        if (section["Uri"] is not { Length: > 0 } text)
            return worker ? throw new InvalidOperationException("Messages:Worker needs RabbitMQ:Uri: a worker gets its work from the broker.") : null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps"))
            throw new InvalidOperationException("RabbitMQ:Uri must look like amqps://user:password@host:5671/vhost.");
        // Bodies hold names and numbers of people, and requests hold keys.
        if (production && uri is { Scheme: "amqp", IsLoopback: false })
            throw new InvalidOperationException("RabbitMQ:Uri must begin with amqps:// when the broker is another machine.");
        var lanes = new HashSet<MessageChannel>();
        foreach (var code in (section["Lanes"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (!ChannelCodes.TryRead(code, out var channel) || channel == MessageChannel.InApp)
                throw new InvalidOperationException($"RabbitMQ:Lanes names {code}; it can hold {string.Join(", ", ChannelCodes.All.Where(c => c.Channel != MessageChannel.InApp).Select(c => c.Code))}.");
            else
                lanes.Add(channel);
        if (worker && lanes.Count == 0)
            throw new InvalidOperationException("Messages:Worker needs RabbitMQ:Lanes: the channels that are handed to workers, the same on every node.");
        return new RabbitMqSettings(
            uri, worker, !worker && section.GetValue("Requests", true), section.GetValue("Receipts", true), lanes, (ushort)Math.Clamp(section.GetValue("Prefetch", 1_000), 1, 10_000));
    }
}
