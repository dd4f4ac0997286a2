using System.Data.Common;
using CcdBlazor.Domain.Messages.Delivery;
using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>
/// A worker process: takes tickets and delivers their groups, with the same engine, gate, quotas and outcomes as every node. A ticket is acknowledged when the
/// outcomes are committed.
/// </summary>
internal sealed class LaneWorker(RabbitMqSettings settings, DeliveryEngine engine, RabbitMqMetrics metrics, TimeProvider clock, ILogger<LaneWorker> log) : IBrokerWork
{
    /// <summary>Tickets in hand per queue; each queue has its own, so a flood of low priority holds up nothing urgent.</summary>
    private const ushort Prefetch = 6;

    public Task RunAsync(IConnection connection, CancellationToken ct) => QueueReader.RunAsync(connection, Prefetch, Topology.Lanes(settings), HandleAsync, ct);

    private async Task HandleAsync(Delivery delivery, CancellationToken ct)
    {
        if (!LaneTicketText.TryRead(delivery.Body, out var ticket))
        {
            log.LogWarning("A ticket in {Queue} could not be read", delivery.RoutingKey);
            metrics.Ticket("unreadable");
            await delivery.RejectAsync(again: false);
            return;
        }

        try
        {
            await engine.DeliverAsync(ticket, ct);
            metrics.Ticket("done");
            delivery.Ack();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Who has the group is in the database; shown again, the ticket will say whether there is anything left to do.
            if (e is not (DbException or OperationCanceledException or TimeoutException or IOException))
                log.LogError(e, "A ticket failed");
            metrics.Ticket("again");
            await Task.Delay(TimeSpan.FromSeconds(1), clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await delivery.RejectAsync(again: true);
        }
    }
}
