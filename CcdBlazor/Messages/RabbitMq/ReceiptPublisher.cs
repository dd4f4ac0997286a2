using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using CcdBlazor.Api;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using RabbitMQ.Client;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>Publishes what became of other systems' messages. Forgotten here only when the broker has confirmed it.</summary>
internal sealed class ReceiptPublisher(CallerReceipts receipts, RabbitMqMetrics metrics, TimeProvider clock, ILogger<ReceiptPublisher> log) : IBrokerWork
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(15);

    public async Task RunAsync(IConnection connection, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), ct);
        while (!ct.IsCancellationRequested)
        {
            var passed = 0;
            try
            {
                passed = await receipts.PassOnAsync(some => PublishAsync(channel, some, ct), ct);
                metrics.Receipts(passed);
            }
            catch (Exception e) when (e is DbException or TimeoutException { InnerException: DbException } && channel.IsOpen)
            {
                log.LogWarning("Receipts wait for the database ({Error})", e.GetType().Name);
            }

            if (passed == 0)
                await Task.Delay(Look, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>All at once, in their order; one wait for all confirms.</summary>
    internal static async Task PublishAsync(IChannel channel, IReadOnlyList<CallerReceipt> receipts, CancellationToken ct)
    {
        var confirms = new Task[receipts.Count];
        var buffer = new ArrayBufferWriter<byte>(512);
        for (var i = 0; i < confirms.Length; i++)
        {
            var receipt = receipts[i];
            buffer.ResetWrittenCount();
            Write(buffer, receipt);
            var state = StateOf(receipt);
            var properties = new BasicProperties
            {
                Persistent = true,
                ContentType = "application/json",
                Type = state,
                MessageId = receipt.Number.ToString(CultureInfo.InvariantCulture),
                Timestamp = new AmqpTimestamp(receipt.At.ToUnixTimeSeconds()),
            };
            confirms[i] = channel.BasicPublishAsync(Topology.Receipts, $"{receipt.Caller:D}.{state}", mandatory: false, properties, buffer.WrittenMemory.ToArray(), CancellationToken.None).AsTask();
        }

        await Task.WhenAll(confirms).WaitAsync(ConfirmedWithin, ct);
    }

    private static string StateOf(CallerReceipt receipt) => receipt.State is { } state ? ApiWords.Of(state) : "accepted";

    private static void Write(ArrayBufferWriter<byte> buffer, CallerReceipt receipt)
    {
        using var json = new Utf8JsonWriter(buffer, ApiAnswers.Writing);
        json.WriteStartObject();
        json.WriteNumber("receipt"u8, receipt.Number);
        json.WriteString("id"u8, receipt.Message);
        json.WriteString("state"u8, StateOf(receipt));
        json.WriteString("channel"u8, ChannelCodes.Of(receipt.Channel));
        json.WriteString("at"u8, receipt.At.UtcDateTime);
        if (receipt.Code is { } code)
            json.WriteString("code"u8, code);
        if (receipt.Reason is { } reason)
            json.WriteString("reason"u8, reason);
        if (receipt.Batch is { } batch)
            json.WriteString("batchId"u8, batch);
        if (receipt.Customer is { } customer)
            json.WriteString("customerId"u8, customer);
        if (receipt.Subject is { } subject)
            json.WriteString("subjectId"u8, subject);
        json.WriteStartArray("tags"u8);
        foreach (var tag in receipt.Tags)
            json.WriteStringValue(tag);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
