using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>Publishes the tickets of the lanes that workers serve. Many are under way at once, each waits for its own confirm.</summary>
internal sealed class LaneCarrier(RabbitMqSettings settings, RabbitMqMetrics metrics, TimeProvider clock, ILogger<LaneCarrier> log) : ILaneCarrier, IBrokerWork
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(10);

    private volatile IChannel? open;
    private volatile HashSet<string> served = [];

    public bool Carries(MessageChannel channel) => settings.Lanes.Contains(channel);

    public bool Ready(MessageChannel channel, short priorityClass) => open is { IsOpen: true } && served.Contains(Topology.Lane(channel, priorityClass));

    public async Task<bool> HandOverAsync(LaneTicket ticket)
    {
        try
        {
            if (open is not { IsOpen: true } channel)
                return false;
            var properties = new BasicProperties { Persistent = true, ContentType = "application/json", MessageId = ticket.Claim.ToString() };
            await channel.BasicPublishAsync("", Topology.Lane(ticket.Channel, ticket.Class), mandatory: true, properties, LaneTicketText.Write(ticket)).AsTask().WaitAsync(ConfirmedWithin);
            metrics.Ticket("published");
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            metrics.Ticket("not_confirmed");
            log.LogWarning("The broker did not confirm a group of lane {Channel} ({Error})", ticket.Channel, e.GetType().Name);
            return false;
        }
    }

    public async Task RunAsync(IConnection connection, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), ct);
        await using var asking = await connection.CreateChannelAsync(cancellationToken: ct);
        try
        {
            while (!ct.IsCancellationRequested)
            {
                var now = new HashSet<string>();
                foreach (var queue in Topology.Lanes(settings))
                    if (await asking.ConsumerCountAsync(queue, ct) > 0)
                        now.Add(queue);
                served = now;
                open = channel;
                await Task.Delay(Look, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            open = null;
            served = [];
        }
    }
}
