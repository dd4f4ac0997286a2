using System.Buffers;
using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Endpoints;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>
/// Takes requests of other systems from the broker through the same door as the HTTP API. Acknowledged after the commit and after the answer was confirmed, so a
/// request may come twice; its message id is the idempotency key.
/// </summary>
internal sealed class RequestConsumer(
    RabbitMqSettings settings, ApiKeyBook keys, ApiLimits limits, MessageSender sender, BatchService batches, RabbitMqMetrics metrics, TimeProvider clock, ILogger<RequestConsumer> log) : IBrokerWork
{
    public const string KeyHeader = "x-api-key";

    /// <summary>On dead letters: the refusal's stable code, and its words.</summary>
    public const string CodeHeader = "x-ccd-code";

    public const string TextHeader = "x-ccd-text";

    /// <summary>Whoever publishes faster than his limit for so long is refused, or he would hold up everybody else in the queue.</summary>
    private static readonly TimeSpan LimitPatience = TimeSpan.FromSeconds(30);

    /// <summary>A place among a key's simultaneous calls is free again in a moment.</summary>
    private static readonly TimeSpan NextPlace = TimeSpan.FromMilliseconds(20);

    private const ushort BatchesAtOnce = 4;

    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(15);

    /// <summary>As many turns as a key has places. Without them hundreds in hand would ask for fifty places again and again.</summary>
    private readonly ConcurrentDictionary<(Guid Key, int Places), SemaphoreSlim> turns = new();

    public static readonly Refusal IdMissing = new("broker.message_id", "消息缺少 message-id（1 到 255 个字符），无法防止重复发送。") { Field = "message-id" };

    public static readonly Refusal RouteUnknown = new("broker.routing_key", "路由键应为 send 或 send-batch。") { Field = "routing-key" };

    public async Task RunAsync(IConnection connection, CancellationToken ct)
    {
        await using var answers = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), ct);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task Read(string queue, ushort prefetch) => QueueReader.RunAsync(connection, prefetch, [queue], (delivery, abandon) => HandleAsync(delivery, answers, abandon), end.Token);
        Task[] both = [Read(Topology.Requests, settings.Prefetch), Read(Topology.BatchRequests, BatchesAtOnce)];
        await Task.WhenAny(both);
        await end.CancelAsync();
        await Task.WhenAll(both);
    }

    private async Task HandleAsync(Delivery delivery, IChannel answers, CancellationToken abandon)
    {
        try
        {
            var answer = await TakeAsync(delivery, abandon);
            metrics.Request(answer.Refusal?.Code ?? (answer.Repeated ? "repeated" : "accepted"));
            if (answer.Refusal is { } refusal)
                await RefuseAsync(delivery, answers, answer.Body, refusal);
            else if (ReplyTo(delivery) is { } to)
                await PublishAsync(answers, "", to, mandatory: false, Reply(delivery, "accepted"), answer.Body);
            delivery.Ack();
        }
        catch (Exception e) when (e is OperationCanceledException or OperationInterruptedException or PublishException or TimeoutException or ObjectDisposedException or IOException)
        {
            // Not acknowledged: it comes again, and the idempotency key knows it.
            if (answers.IsOpen)
                await delivery.RejectAsync(again: true);
            else
                await delivery.GiveUpAsync();
        }
        catch (Exception e)
        {
            log.LogError(e, "A request from the broker failed");
            await delivery.RejectAsync(again: false);
        }
    }

    private readonly record struct Answer(byte[] Body, Refusal? Refusal, bool Repeated = false);

    /// <summary>Waits while the program or the key's limits say "later"; whatever else is said is the answer.</summary>
    private async Task<Answer> TakeAsync(Delivery delivery, CancellationToken abandon)
    {
        for (var since = clock.GetTimestamp(); ;)
        {
            TimeSpan wait;
            try
            {
                var (answer, later) = await TryAsync(delivery, abandon);
                if (answer.Refusal is not { Kind: RefusalKind.Unavailable or RefusalKind.TooMany } busy || (busy.Kind == RefusalKind.TooMany && clock.GetElapsedTime(since) > LimitPatience))
                    return answer;
                wait = later;
            }
            catch (Exception e) when (e is DbException or TimeoutException || e.InnerException is DbException)
            {
                log.LogWarning("A request from the broker waits for the database ({Error})", e.GetType().Name);
                wait = TimeSpan.FromSeconds(1);
            }

            if (!delivery.Channel.IsOpen)
                throw new OperationCanceledException("The channel is lost.");
            // Those that wait together do not come back together.
            await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), clock, abandon);
        }
    }

    private async Task<(Answer Answer, TimeSpan Later)> TryAsync(Delivery delivery, CancellationToken ct)
    {
        var check = await keys.CheckAsync((delivery.Header(KeyHeader) ?? "").AsMemory(), ct);
        if (!check.Ok)
            return (Refused(check.Refusal), default);
        var access = check.Value;
        var batch = delivery.RoutingKey == Topology.SendBatch;
        if (!batch && delivery.RoutingKey != Topology.Send)
            return (Refused(RouteUnknown), default);
        var scope = batch ? ApiScopes.MessagesBatches : ApiScopes.MessagesSend;
        if ((access.Scopes & scope) != scope)
            return (Refused(ApiKeyRefusals.ScopeMissing(scope)), default);
        if (delivery.Properties.MessageId is not { Length: > 0 and <= 255 } id)
            return (Refused(IdMissing), default);
        if (delivery.Body.Length > (batch ? BatchEndpoints.LargestBody : SendEndpoint.LargestBody))
            return (Refused(ApiRefusals.TooLarge), default);
        var turn = turns.GetOrAdd((access.Id, access.Concurrency), key => new SemaphoreSlim(key.Places));
        await turn.WaitAsync(ct);
        try
        {
            var permit = await limits.TakeAsync(access, ct);
            if (permit.Refusal is { } busy)
                return (Refused(busy), busy == ApiKeyRefusals.TooManyAtOnce ? NextPlace : permit.RetryAfter);
            using (permit.Place)
                return (batch ? await BatchAsync(delivery, id, access, ct) : await SendAsync(delivery, id, access, ct), TimeSpan.FromMilliseconds(500));
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<Answer> SendAsync(Delivery delivery, string id, ApiKeyAccess access, CancellationToken ct)
    {
        var asked = new ReadOnlySequence<byte>(delivery.Body);
        var request = SendEndpoint.Read(asked, id);
        if (!request.Ok)
            return Refused(request.Refusal);
        var accepted = await sender.SendAsync(request.Value, new MessageCaller(access.Id, access.Actor), ApiBody.Hash(asked), ct);
        if (!accepted.Ok)
            return Refused(accepted.Refusal);
        // Most who ask this way want no answer.
        byte[] body = ReplyTo(delivery) is null ? [] : JsonSerializer.SerializeToUtf8Bytes(new { id = accepted.Value.Id, traceId = accepted.Value.Id });
        return new Answer(body, null, accepted.Value.Repeated);
    }

    private async Task<Answer> BatchAsync(Delivery delivery, string id, ApiKeyAccess access, CancellationToken ct)
    {
        var body = new ReadOnlySequence<byte>(delivery.Body);
        var read = BatchEndpoints.Read(body, id, clock.GetUtcNow());
        if (!read.Ok)
            return Refused(read.Refusal);
        var created = await batches.CreateAsync(read.Value.Draft, read.Value.Recipients, new MessageCaller(access.Id, access.Actor), ApiBody.Hash(body), ct);
        if (!created.Ok)
            return Refused(created.Refusal);
        BadRowAnswer[] bad = [.. created.Value.Bad.Select(BadRowAnswer.Of)];
        if (created.Value.Id is not { } batch)
        {
            var refusal = BatchEndpoints.RowsBad;
            return new Answer(JsonSerializer.SerializeToUtf8Bytes(new RowsRefusedAnswer(refusal.Text, StatusCodes.Status422UnprocessableEntity, refusal.Code, bad), ApiJson.Plain.RowsRefusedAnswer), refusal);
        }

        return new Answer(
            JsonSerializer.SerializeToUtf8Bytes(new BatchAcceptedAnswer(batch, created.Value.Number!, created.Value.Accepted, bad), ApiJson.Plain.BatchAcceptedAnswer), null, created.Value.Repeated);
    }

    private static Answer Refused(Refusal refusal)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, ApiAnswers.Writing))
            ApiAnswers.WriteRefusal(json, refusal, RefusalResults.StatusOf(refusal.Kind));
        return new Answer(buffer.WrittenSpan.ToArray(), refusal);
    }

    /// <summary>To whoever asked, if he listens; else to the dead-letter exchange, without the key.</summary>
    private async Task RefuseAsync(Delivery delivery, IChannel answers, byte[] body, Refusal refusal)
    {
        if (ReplyTo(delivery) is { } to)
        {
            try
            {
                await PublishAsync(answers, "", to, mandatory: true, Reply(delivery, "refused"), body);
                return;
            }
            catch (PublishException e) when (e.IsReturn)
            {
                log.LogInformation("Nobody listens for the answer to a refused request");
            }
        }

        var properties = new BasicProperties(delivery.Properties) { Persistent = true, ReplyTo = null, Expiration = null, UserId = null };
        properties.Headers = (delivery.Properties.Headers ?? new Dictionary<string, object?>()).Where(h => h.Key != KeyHeader).ToDictionary();
        properties.Headers[CodeHeader] = refusal.Code;
        properties.Headers[TextHeader] = refusal.Text;
        await PublishAsync(answers, Topology.Dead, $"{Topology.Requests}.{delivery.RoutingKey}", mandatory: false, properties, delivery.Body);
    }

    /// <summary>Where the answer goes. Queues of our own are no place for answers: a request could otherwise speak to our workers.</summary>
    private static string? ReplyTo(Delivery delivery) =>
        delivery.Properties.ReplyTo is { Length: > 0 } to && !to.StartsWith(Topology.OwnPrefix, StringComparison.Ordinal) ? to : null;

    private static BasicProperties Reply(Delivery delivery, string type) => new()
    {
        Persistent = true,
        ContentType = type == "refused" ? "application/problem+json" : "application/json",
        Type = type,
        CorrelationId = delivery.Properties.CorrelationId ?? delivery.Properties.MessageId,
    };

    private static Task PublishAsync(IChannel channel, string exchange, string routingKey, bool mandatory, BasicProperties properties, byte[] body) =>
        channel.BasicPublishAsync(exchange, routingKey, mandatory, properties, body).AsTask().WaitAsync(ConfirmedWithin);
}
