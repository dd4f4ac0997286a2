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
        await using var channel = await ConfirmedChannel.OpenAsync(connection, ct);
        while (!ct.IsCancellationRequested)
        {
            var passed = 0;
            try
            {
                passed = await PassOnAsync(receipts, channel, ct);
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

    /// <summary>Those that wait, in their order; one wait for the confirms of all.</summary>
    internal static Task<int> PassOnAsync(CallerReceipts receipts, ConfirmedChannel channel, CancellationToken ct) =>
        receipts.PassOnAsync(some => PublishAsync(channel, some).WaitAsync(ConfirmedWithin, ct), () => channel.ConfirmedAsync().WaitAsync(ConfirmedWithin, ct), ct);

    private static async Task PublishAsync(ConfirmedChannel channel, IReadOnlyList<CallerReceipt> receipts)
    {
        // Not on the reader's way: the next ones are being fetched.
        await Task.Yield();
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, ApiAnswers.Writing);
        foreach (var receipt in receipts)
        {
            buffer.ResetWrittenCount();
            json.Reset();
            Write(json, receipt);
            json.Flush();
            var state = StateOf(receipt);
            var properties = new BasicProperties
            {
                Persistent = true,
                ContentType = "application/json",
                Type = state,
                MessageId = receipt.Number.ToString(CultureInfo.InvariantCulture),
                Timestamp = new AmqpTimestamp(receipt.At.ToUnixTimeSeconds()),
            };
            await channel.PublishAsync(Topology.Receipts, $"{receipt.Caller:D}.{state}", properties, buffer.WrittenMemory);
        }
    }

    private static string StateOf(CallerReceipt receipt) => receipt.State is { } state ? ApiWords.Of(state) : "accepted";

    private static void Write(Utf8JsonWriter json, CallerReceipt receipt)
    {
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
