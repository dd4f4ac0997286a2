using System.Diagnostics;
using System.Globalization;
using System.Text;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Files;
using CcdBlazor.Messages.RabbitMq;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace CcdBlazor.Bench.Messages;

/// <summary>
/// Messages through the broker, against the bare client on the same broker, in turns. The bare client publishes persistent messages with confirms into a quorum queue
/// and takes and acknowledges them, and does nothing else with them. Ours: a lane that a worker serves, from the queue in PostgreSQL to the committed outcome with all
/// trace rows; requests, from the other system's publish to the committed message; receipts, from the rows to the confirm.
/// </summary>
internal static class RelayBench
{
    private const int Count = 40_000;
    private const int Rounds = 5;
    private const int Window = 1_000;

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        settings = settings with { Folder = Path.Combine(settings.Folder, "relay") };
        Directory.CreateDirectory(settings.DataFolder);
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_relay", ct);
        await using var broker = await BenchBroker.StartAsync(ct);
        await using var theirs = await broker.ConnectAsync(ct);
        await using var relay = await Side.StartAsync(connection, settings, new RabbitMqSettings(broker.Uri, false, false, false, Lanes, 500), ct);
        var (template, templateId) = await relay.PrepareAsync(ct);
        await using var door = await Side.StartAsync(connection, settings, new RabbitMqSettings(broker.Uri, false, true, false, new HashSet<MessageChannel>(), 500), ct);
        await using var worker = await Side.StartAsync(connection, settings, new RabbitMqSettings(broker.Uri, true, false, false, Lanes, 500), ct);
        // The same engine without a broker, to see what the broker costs.
        await using var direct = await Side.StartAsync(connection, settings, null, ct);
        door.Run(deliver: false, ticketsOnly: false);
        worker.Run(deliver: true, ticketsOnly: true);
        await Task.WhenAll(door.ConnectedAsync(ct), worker.ConnectedAsync(ct), relay.ConnectedAsync(ct));
        var key = (await door.Get<ApiKeyService>().CreateAsync(
            new ApiKeyDraft { Name = "bench", Scopes = ApiScopes.MessagesSend, PerSecond = 100_000, PerMinute = 6_000_000, Concurrency = 1_000 }, new SystemActor("bench"), ct)).Value;

        var figures = new Dictionary<string, List<double>>();
        for (var round = 0; round <= Rounds; round++)
        {
            var (bare, bareRelay) = (await BareAsync(theirs, round, 400, ct), await BarePublishAsync(theirs, round, ct));
            var lane = await LaneAsync(relay, templateId, ct);
            var here = await LaneAsync(direct, templateId, ct);
            var requests = await RequestsAsync(theirs, door, key.Text, template, round, ct);
            var receipts = await ReceiptsAsync(theirs, relay, key.Id, ct);
            Figures.Note(string.Create(CultureInfo.InvariantCulture,
                $"{(round == 0 ? "warming up" : $"round {round}")}: bare {bare:N0}/s, bare publish only {bareRelay:N0}/s, lane {lane:N0}/s (without a broker {here:N0}/s), requests {requests:N0}/s, receipts {receipts:N0}/s"));
            if (round == 0)
                continue;
            foreach (var (name, value) in new[] { ("bare", bare), ("publish", bareRelay), ("lane", lane), ("here", here), ("requests", requests), ("receipts", receipts) })
                (figures.TryGetValue(name, out var list) ? list : figures[name] = []).Add(value);
        }

        double Median(string name) => figures[name].Order().ElementAt(Rounds / 2);
        double Ratio(string ours, string theirs) => figures[ours].Zip(figures[theirs], (a, b) => a / b).Order().ElementAt(Rounds / 2);
        Figures.Value("bare client: publish, confirm, take, acknowledge", Median("bare"), "msg/s");
        Figures.Value("bare client: publish and confirm", Median("publish"), "msg/s");
        Figures.Value("lane through the broker, to the outcome", Median("lane"), "msg/s");
        Figures.Value("  against the bare client", Ratio("lane", "bare"), "x", goalAtLeast: 0.8);
        Figures.Value("  against the same lane without a broker", Ratio("lane", "here"), "x");
        Figures.Value("requests, to the committed message", Median("requests"), "msg/s");
        Figures.Value("  against the bare client", Ratio("requests", "bare"), "x", goalAtLeast: 0.8);
        Figures.Value("receipts, from the row to the confirm", Median("receipts"), "msg/s");
        Figures.Value("  against the bare client's publish", Ratio("receipts", "publish"), "x", goalAtLeast: 0.8);
    }

    private static readonly HashSet<MessageChannel> Lanes = [MessageChannel.Push];

    private static async Task<double> BareAsync(IConnection connection, int round, int bytes, CancellationToken ct)
    {
        await using var taking = await connection.CreateChannelAsync(cancellationToken: ct);
        var queue = await QuorumAsync(taking, $"bare-{round}", ct);
        await taking.BasicQosAsync(0, 500, false, ct);
        var taken = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(taking);
        consumer.ReceivedAsync += async (_, e) =>
        {
            await taking.BasicAckAsync(e.DeliveryTag, multiple: false);
            if (++taken == Count)
                all.TrySetResult();
        };
        await taking.BasicConsumeAsync(queue, autoAck: false, consumer, ct);
        var body = new byte[bytes];
        var since = Stopwatch.GetTimestamp();
        await PublishAsync(connection, "", queue, i => (new BasicProperties { Persistent = true, MessageId = $"{round}-{i}" }, body), ct);
        await all.Task.WaitAsync(TimeSpan.FromMinutes(2), ct);
        var perSecond = Count / Stopwatch.GetElapsedTime(since).TotalSeconds;
        await taking.QueueDeleteAsync(queue, cancellationToken: ct);
        return perSecond;
    }

    private static async Task<double> BarePublishAsync(IConnection connection, int round, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        var queue = await QuorumAsync(channel, $"bare-publish-{round}", ct);
        var body = new byte[200];
        var since = Stopwatch.GetTimestamp();
        await PublishAsync(connection, "", queue, i => (new BasicProperties { Persistent = true, MessageId = $"{round}-{i}" }, body), ct);
        var perSecond = Count / Stopwatch.GetElapsedTime(since).TotalSeconds;
        await channel.QueueDeleteAsync(queue, cancellationToken: ct);
        return perSecond;
    }

    private static async Task<double> LaneAsync(Side relay, Guid templateId, CancellationToken ct)
    {
        await relay.FillAsync(templateId, ct);
        var since = Stopwatch.GetTimestamp();
        relay.Run(deliver: true, ticketsOnly: false);
        await relay.UntilAsync($"select coalesce(sum(n), 0) from message_minutes where result = {(int)MessageState.Sent}", Count, ct);
        var perSecond = Count / Stopwatch.GetElapsedTime(since).TotalSeconds;
        await relay.StopAsync();
        return perSecond;
    }

    private static async Task<double> RequestsAsync(IConnection connection, Side door, string key, string template, int round, CancellationToken ct)
    {
        await door.ExecuteAsync(Side.Empty, ct);
        var headers = new Dictionary<string, object?> { [RequestConsumer.KeyHeader] = key };
        var since = Stopwatch.GetTimestamp();
        await PublishAsync(connection, Topology.Requests, Topology.Send, i => (
            new BasicProperties { Persistent = true, MessageId = $"request-{round}-{i}", Headers = headers },
            Encoding.UTF8.GetBytes($$"""{"template":"{{template}}","channel":"push","recipient":"device-{{i}}","variables":{"name":"客户{{i}}","number":"KH-20261120-0001"},"priority":5}""")), ct);
        await door.UntilAsync("select count(*) from messages", Count, ct);
        return Count / Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    private static async Task<double> ReceiptsAsync(IConnection connection, Side relay, Guid key, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), ct);
        await channel.ExchangeDeclareAsync(Topology.Receipts, ExchangeType.Topic, durable: true, cancellationToken: ct);
        var queue = await QuorumAsync(channel, $"receipts-{Guid.NewGuid():N}", ct);
        await channel.QueueBindAsync(queue, Topology.Receipts, "#", cancellationToken: ct);
        await relay.ExecuteAsync($"insert into caller_receipts (message_id, caller, at, state, channel) select id, '{key}', now(), 3, channel from messages limit {Count}", ct);
        var receipts = relay.Get<CallerReceipts>();
        var since = Stopwatch.GetTimestamp();
        var passed = 0;
        while (await receipts.PassOnAsync(some => ReceiptPublisher.PublishAsync(channel, some, ct), ct) is > 0 and var some)
            passed += some;
        var perSecond = passed / Stopwatch.GetElapsedTime(since).TotalSeconds;
        await channel.QueueDeleteAsync(queue, cancellationToken: ct);
        return perSecond;
    }

    private static async Task PublishAsync(IConnection connection, string exchange, string routingKey, Func<int, (BasicProperties, byte[])> message, CancellationToken ct)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), ct);
        var confirms = new Queue<Task>(Window);
        for (var i = 0; i < Count; i++)
        {
            if (confirms.Count == Window)
                await confirms.Dequeue();
            var (properties, body) = message(i);
            confirms.Enqueue(channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, body, ct).AsTask());
        }

        await Task.WhenAll(confirms);
    }

    private static async Task<string> QuorumAsync(IChannel channel, string name, CancellationToken ct) =>
        (await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: ct)).QueueName;

    /// <summary>A program's services with a provider that takes everything at once.</summary>
    private sealed class Side(ServiceProvider services) : IAsyncDisposable
    {
        public const string Empty =
            "truncate messages, ready_messages, later_messages, message_traces, message_minutes, message_latencies, message_contents, person_days, message_failures, message_keys, caller_receipts";

        private CancellationTokenSource stop = new();
        private Task running = Task.CompletedTask;

        public static async Task<Side> StartAsync(string connection, BenchSettings settings, RabbitMqSettings? broker, CancellationToken ct)
        {
            var services = new ServiceCollection().AddLogging().AddMetrics().AddData(connection)
                .AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), settings.DataFolder, mustBeConfigured: false), new UploadOptions(Path.Combine(settings.DataFolder, "uploads")))
                .AddSingleton<IMessageProvider, EverTaker>().AddMessages().AddApiKeys().AddSingleton<ApiLimits>().AddRabbitMq(broker).BuildServiceProvider();
            await services.GetRequiredService<Database>().MigrateAsync(ct);
            services.GetRequiredService<DeliveryPolicySource>().Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default };
            foreach (var hosted in services.GetServices<IHostedService>())
                await hosted.StartAsync(ct);
            return new Side(services);
        }

        public T Get<T>()
            where T : notnull => services.GetRequiredService<T>();

        public void Run(bool deliver, bool ticketsOnly) => running = Task.Run(() => Get<DeliveryEngine>().RunAsync(stop.Token, deliver, ticketsOnly));

        public async Task StopAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
            stop = new CancellationTokenSource();
        }

        public async Task ConnectedAsync(CancellationToken ct)
        {
            while (Get<BrokerState>().Current is not { Up: true })
                await Task.Delay(50, ct);
        }

        public async Task ExecuteAsync(string sql, CancellationToken ct)
        {
            await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
            command.CommandTimeout = 600;
            await command.ExecuteNonQueryAsync(ct);
        }

        public async Task UntilAsync(string sql, long wanted, CancellationToken ct)
        {
            await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
            var since = Stopwatch.GetTimestamp();
            while (Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture) < wanted)
            {
                if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromMinutes(3))
                    throw new TimeoutException(sql);
                await Task.Delay(20, ct);
            }
        }

        public async Task<(string Code, Guid Id)> PrepareAsync(CancellationToken ct)
        {
            await using var db = await Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync(ct);
            var now = DateTimeOffset.UtcNow;
            db.ChannelAccounts.Add(new ChannelAccount { Id = Guid.CreateVersion7(), Kind = EverTaker.KindName, Channel = MessageChannel.Push, Name = "bench", BaseAddress = "http://127.0.0.1/", CreatedAt = now });
            var template = new MessageTemplate
            {
                Id = Guid.CreateVersion7(), Code = "bench", Name = "bench", Category = MessageCategory.Notice, State = TemplateState.Active, ActiveVersion = 1, CreatedAt = now, ChangedAt = now,
            };
            db.MessageTemplates.Add(template);
            var content = new TemplateContent(
                [new TemplateVariable("name", "称呼"), new TemplateVariable("number", "编号")],
                [new ChannelVariant(MessageChannel.Push, "text", "{{name}}您好，您的申请 {{number}} 有新进展，请查看。", Subject: "进展通知")]);
            db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "bench", CreatedAt = now });
            await db.SaveChangesAsync(ct);
            return (template.Code, template.Id);
        }

        /// <summary>A crowd in the queue, as the door would have written it.</summary>
        public Task FillAsync(Guid templateId, CancellationToken ct) => ExecuteAsync(
            $$"""
            {{Empty}};
            with m as (
              insert into messages (id, accepted_at, template_id, person, template_version, channel, priority, state, recipient, variables)
              select (substr(message_id_from(now())::text, 1, 14) || '7' || lpad(to_hex(i / 65536), 3, '0') || '-8' || substr(md5(i::text), 1, 3) || '-' || substr(md5(i::text), 4, 12))::uuid,
                now(), '{{templateId}}', md5(i::text)::uuid, 1, {{(short)MessageChannel.Push}}, 5, 1, 'device-' || i, '{"name":"客户' || i || '","number":"KH-20261120-0001"}'
              from generate_series(1, {{Count}}) i returning id)
            , t as (insert into message_traces (at, message_id, node, result, attempt, host) select now(), id, 0, 0, 0, 'bench' from m)
            insert into ready_messages (id, lane, class, turn) select id, {{Lane.Of(MessageChannel.Push)}}, {{PriorityClass.Of(5)}}, 0 from m;
            analyze messages; analyze ready_messages;
            """, ct);

        public async ValueTask DisposeAsync()
        {
            foreach (var hosted in services.GetServices<IHostedService>())
                await hosted.StopAsync(default);
            await StopAsync();
            await services.DisposeAsync();
        }
    }

    /// <summary>Takes everything at once: nothing of a provider's time is measured.</summary>
    private sealed class EverTaker : IMessageProvider
    {
        public const string KindName = "bench";

        public string Kind => KindName;

        public MessageChannel Channel => MessageChannel.Push;

        public int LargestGroup => 100;

        public ResendRule Resend => ResendRule.RecognisesOurId;

        public Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
            Task.FromResult<IReadOnlyList<SendOutcome>>([.. group.Select(m => new SendOutcome(m.Id, SendResult.Accepted))]);

        public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

        public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));
    }
}
