using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>Something that a node does with a connection, while it lasts.</summary>
internal interface IBrokerWork
{
    /// <summary>Runs until cancelled. Throws when it cannot go on with this connection; another one is made then.</summary>
    Task RunAsync(IConnection connection, CancellationToken ct);
}
