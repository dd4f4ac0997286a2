using System.Diagnostics.Metrics;
using CcdBlazor.Operations;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>The broker's share of the program's figures.</summary>
internal sealed class RabbitMqMetrics
{
    private readonly Counter<long> requests;
    private readonly Counter<long> receipts;
    private readonly Counter<long> tickets;

    public RabbitMqMetrics(IMeterFactory meters, BrokerState state)
    {
        var meter = meters.Create(CcdMetrics.MeterName);
        requests = meter.CreateCounter<long>("ccd.broker.requests", description: "Requests from the broker, by outcome");
        receipts = meter.CreateCounter<long>("ccd.broker.receipts", description: "Receipts that the broker confirmed");
        tickets = meter.CreateCounter<long>("ccd.broker.tickets", description: "Groups of messages for workers, by outcome");
        meter.CreateObservableGauge("ccd.broker.up", () => state.Current is { Up: true } ? 1 : 0, description: "1 while connected to the broker");
    }

    /// <param name="outcome"><c>accepted</c>, <c>repeated</c> or the code of the refusal.</param>
    public void Request(string outcome) => requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Receipts(int count) => receipts.Add(count);

    /// <param name="outcome"><c>published</c>, <c>not_confirmed</c>, <c>done</c>, <c>again</c> or <c>unreadable</c>.</param>
    public void Ticket(string outcome) => tickets.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
