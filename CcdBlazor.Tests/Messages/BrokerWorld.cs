using System.Text;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Messages.RabbitMq;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace CcdBlazor.Tests.Messages;

/// <summary>The classes that share one broker run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class BrokerTogether : ICollectionFixture<RabbitBroker>
{
    public const string Name = "broker";
}

/// <summary>A world whose first node works with a broker, and another system at the broker's other side.</summary>
internal sealed class BrokerWorld : IAsyncDisposable
{
    private readonly RabbitBroker broker;
    private IConnection theirs = null!;

    private BrokerWorld(RabbitBroker broker, params MessageChannel[] lanes)
    {
        this.broker = broker;
        World = new MessagesWorld { With = Services(new RabbitMqSettings(broker.Uri, Worker: false, Requests: true, Receipts: true, lanes.ToHashSet(), 500)) };
        Worker = Services(new RabbitMqSettings(broker.Uri, Worker: true, Requests: false, Receipts: true, lanes.ToHashSet(), 500));
    }

    internal MessagesWorld World { get; }

    /// <summary>What makes a node a worker.</summary>
    internal Action<IServiceCollection> Worker { get; }

    internal IChannel Theirs { get; private set; } = null!;

    internal string Template { get; private set; } = "";

    internal NewApiKey Key { get; private set; } = null!;

    internal static async Task<BrokerWorld> StartAsync(RabbitBroker broker, params MessageChannel[] lanes)
    {
        var one = new BrokerWorld(broker, lanes);
        await one.ConnectAsync();
        // What an earlier test left.
        foreach (var queue in (string[])[Topology.Requests, Topology.BatchRequests, Topology.Dead, .. Topology.Lanes(new RabbitMqSettings(broker.Uri, false, true, true, Enum.GetValues<MessageChannel>().ToHashSet(), 1))])
        {
            await using var channel = await one.theirs.CreateChannelAsync();
            await channel.QueueDeleteAsync(queue);
        }

        await one.World.InitializeAsync();
        one.Template = await one.World.TemplateAsync();
        one.Key = (await one.World.First.Get<ApiKeyService>().CreateAsync(
            new ApiKeyDraft { Name = "外部系统", Scopes = ApiScopes.MessagesSend | ApiScopes.MessagesBatches, PerSecond = 100_000, PerMinute = 1_000_000, Concurrency = 20 },
            new SystemActor("test"), default)).Value;
        await one.ConnectedAsync(one.World.First);
        return one;
    }

    internal Task ConnectedAsync(MessagesWorld.Node node) => Eventually.TrueAsync(() => node.Get<BrokerState>().Current is { Up: true }, TimeSpan.FromSeconds(90), "the node is connected");

    internal async Task ConnectAsync()
    {
        theirs = await broker.ConnectAsync();
        Theirs = await theirs.CreateChannelAsync(new CreateChannelOptions(true, true));
    }

    internal async Task<MessagesWorld.Node> StartWorkerAsync()
    {
        var node = await World.StartNodeAsync(with: Worker, ticketsOnly: true);
        await ConnectedAsync(node);
        return node;
    }

    /// <summary>A queue of the other system's own.</summary>
    internal async Task<string> QueueAsync(string? receipts = null)
    {
        var name = (await Theirs.QueueDeclareAsync($"theirs-{Guid.NewGuid():N}", durable: true, exclusive: false, autoDelete: false)).QueueName;
        if (receipts is not null)
            await Theirs.QueueBindAsync(name, Topology.Receipts, receipts);
        return name;
    }

    internal Task AskAsync(string body, string? id, string? replyTo = null, string? key = null, string routingKey = Topology.Send) => Theirs.BasicPublishAsync(
        Topology.Requests, routingKey, mandatory: true,
        new BasicProperties { Persistent = true, MessageId = id, ReplyTo = replyTo, Headers = new Dictionary<string, object?> { [RequestConsumer.KeyHeader] = key ?? Key.Text } },
        Encoding.UTF8.GetBytes(body)).AsTask();

    internal string Body(string recipient) => $$"""{"template":"{{Template}}","channel":"push","recipient":"{{recipient}}","variables":{"name":"张三"},"tags":["{{recipient}}"]}""";

    /// <summary>The next message of a queue, taken away.</summary>
    internal async Task<BasicGetResult> NextAsync(string queue)
    {
        BasicGetResult? found = null;
        await Eventually.TrueAsync(async () => (found = await Theirs.BasicGetAsync(queue, autoAck: true)) is not null, TimeSpan.FromSeconds(60), $"a message in {queue}");
        return found!;
    }

    internal async Task<int> SentAsync() => (int)await World.CountAsync("select count(*) from messages where state = 3");

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await theirs.DisposeAsync();
    }

    private static Action<IServiceCollection> Services(RabbitMqSettings settings) =>
        services => services.AddLogging().AddMetrics().AddApiKeys().AddSingleton<ApiLimits>().AddRabbitMq(settings);
}
