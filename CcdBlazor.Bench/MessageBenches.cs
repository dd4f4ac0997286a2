using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using CcdBlazor.Bench.Messages;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Bench;

/// <summary>
/// The message platform against the simulator (a process of its own on 127.0.0.1), on a durable database of its own: batches accepted,
/// messages delivered with all four trace rows, time from the door to the start, and an urgent message behind a crowd.
/// </summary>
internal static class MessageBenches
{
    internal const int Crowd = 200_000;
    private static readonly MessageCaller Caller = new(null, new SystemActor("bench"));

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var postgres = await BenchHost.StartServerAsync(settings, ct);
        var connection = await BenchHost.EmptyDatabaseAsync(postgres, "ccd_bench_messages", ct);
        using var simulator = await SimulatorProcess.StartAsync(settings.Root, ct);
        await BatchesAsync(connection, settings, simulator, ct);
        await DeliveriesAsync(connection, settings, simulator, ct);
        await StartsAsync(connection, settings, simulator, ct);
    }

    private static async Task BatchesAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        await using var node = await Node.StartAsync(connection, settings, simulator, deliver: false, ct);
        var times = new double[40];
        for (var round = -2; round < times.Length; round++)
        {
            var rows = Enumerable.Range(0, 10_000).Select(i => new BatchRecipient($"device-{round}-{i}", Values(i))).ToList();
            var since = Stopwatch.GetTimestamp();
            var made = await node.Get<BatchService>().CreateAsync(new BatchDraft { Name = "bench", Template = node.Template, Channel = MessageChannel.Push }, rows, Caller, null, ct);
            if (made.Refusal is { } refusal)
                throw new InvalidOperationException(refusal.Code);
            if (round >= 0)
                times[round] = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        }

        Figures.Latency("batch of 10,000 accepted", times, goalP95: 200);
        await node.ExecuteAsync("truncate messages, message_batch_progress; delete from message_batches", ct);
    }

    /// <summary>With and without traces in turns, so that a disturbance meets both; the first round only warms up. Medians.</summary>
    private static async Task DeliveriesAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        var traced = new List<(double Sent, double Confirmed)>();
        var plain = new List<double>();
        for (var round = 0; round < 4; round++)
        {
            var with = await DeliveryAsync(connection, settings, simulator, traces: true, ct);
            var without = await DeliveryAsync(connection, settings, simulator, traces: false, ct);
            if (round == 0)
                continue;
            traced.Add(with);
            plain.Add(without.Sent);
        }

        Figures.Value("delivered, traces on, until the last outcome", traced.Select(t => t.Sent).Order().ElementAt(1), "msg/s");
        Figures.Value("delivered, traces on, until the last receipt", traced.Select(t => t.Confirmed).Order().ElementAt(1), "msg/s", goalAtLeast: 15_000);
        Figures.Value("delivered, traces off", plain.Order().ElementAt(1), "msg/s");
    }

    internal static async Task<(double Sent, double Confirmed)> DeliveryAsync(string connection, BenchSettings settings, SimulatorProcess simulator, bool traces, CancellationToken ct)
    {
        await using var node = await Node.StartAsync(connection, settings, simulator, deliver: false, ct);
        node.Get<DeliveryPolicySource>().Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default, Traces = traces };
        await node.FillAsync(Crowd, priority: 5, ct);
        await simulator.ResetAsync(receipts: traces, ct);
        using var self = Process.GetCurrentProcess();
        var before = (Program: self.TotalProcessorTime.TotalSeconds, Database: AcceptBench.PostgresSeconds(settings), Simulator: simulator.ProcessorSeconds);
        var since = Stopwatch.GetTimestamp();
        node.Deliver();
        await node.UntilAsync($"select coalesce(sum(n), 0) from message_minutes where result = {(int)MessageState.Sent}", Crowd, ct);
        var (sent, confirmed) = (Crowd / Stopwatch.GetElapsedTime(since).TotalSeconds, 0.0);
        if (traces)
        {
            await node.UntilAsync($"select coalesce(sum(n), 0) from message_minutes where result = {ReceiptBook.Confirmed}", Crowd, ct);
            confirmed = Crowd / Stopwatch.GetElapsedTime(since).TotalSeconds;
            if (await node.CountAsync("select count(*) from message_traces", ct) is var rows && rows != 4L * Crowd)
                throw new InvalidOperationException($"{rows} trace rows of {4L * Crowd}");
        }

        self.Refresh();
        Figures.Note(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"traces {(traces ? "on" : "off")}: {sent:N0}/s{(traces ? $", with receipts {confirmed:N0}/s" : "")}; processor per message: program {(self.TotalProcessorTime.TotalSeconds - before.Program) / Crowd * 1e6:0} µs, "
            + $"database {(AcceptBench.PostgresSeconds(settings) - before.Database) / Crowd * 1e6:0} µs, simulator {(simulator.ProcessorSeconds - before.Simulator) / Crowd * 1e6:0} µs"));
        return (sent, confirmed);
    }

    private static async Task StartsAsync(string connection, BenchSettings settings, SimulatorProcess simulator, CancellationToken ct)
    {
        await using var node = await Node.StartAsync(connection, settings, simulator, deliver: true, ct);
        node.Get<DeliveryPolicySource>().Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default };
        async Task<double> StartAsync(int i, int priority)
        {
            var since = Stopwatch.GetTimestamp();
            var accepted = await node.Get<MessageSender>().SendAsync(
                new MessageRequest { Template = node.Template, Channel = MessageChannel.InApp, Recipient = Guid.NewGuid().ToString(), Variables = Values(i), Priority = priority }, Caller, null, ct);
            var began = await node.Watch.BeganAsync(accepted.Value.Id, ct);
            return Stopwatch.GetElapsedTime(since, began).TotalMilliseconds;
        }

        for (var i = 0; i < 50; i++)
            await StartAsync(i, 5);
        var idle = new double[500];
        for (var i = 0; i < idle.Length; i++)
        {
            await Task.Delay(5, ct);
            idle[i] = await StartAsync(i, 5);
        }

        Figures.Latency("idle: from the call at the door to the start", idle, goalP99: 8);
        Figures.Value("idle: median", Figures.Percentile(idle, 0.5), "ms", goalBelow: 1.5);

        node.Watch.CallTakes = TimeSpan.FromMilliseconds(20);
        await node.FillAsync(100_000, priority: 1, ct, MessageChannel.InApp);
        await Task.Delay(1_000, ct);
        var urgent = new double[40];
        for (var i = 0; i < urgent.Length; i++)
        {
            urgent[i] = await StartAsync(i, 10);
            await Task.Delay(25, ct);
        }

        Figures.Note($"still waiting behind: {await node.CountAsync("select count(*) from ready_messages", ct):N0}");
        Figures.Latency("priority 10 behind 100,000 of priority 1: start", urgent, goalP99: 50);
    }

    private static Dictionary<string, string> Values(int i) => new() { ["name"] = $"客户{i}", ["number"] = "KH-20261120-0001" };

    /// <summary>The platform's services over the database, with the real push client, and a receiver of receipts.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly WebApplication web;
        private readonly CancellationTokenSource stop = new();
        private Task running = Task.CompletedTask;
        private Guid templateId;

        private Node(WebApplication web) => this.web = web;

        public string Template { get; } = $"bench{Guid.NewGuid():N}";

        public WatchedProvider Watch => Get<WatchedProvider>();

        public static async Task<Node> StartAsync(string connection, BenchSettings settings, SimulatorProcess simulator, bool deliver, CancellationToken ct)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls(SimulatorProcess.ReceiptAddress);
            var services = builder.Services;
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());
            services.AddData(connection);
            services.AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), settings.DataFolder, mustBeConfigured: false), new UploadOptions(Path.Combine(settings.DataFolder, "uploads")));
            services.AddChannels();
            services.AddSingleton<WatchedProvider>().AddSingleton<IMessageProvider>(p => p.GetRequiredService<WatchedProvider>());
            services.AddMessages();
            var node = new Node(builder.Build());
            node.web.Run(node.ReceiveAsync);
            await node.web.StartAsync(ct);
            await node.PrepareAsync(simulator, ct);
            if (deliver)
                node.Deliver();
            return node;
        }

        public T Get<T>()
            where T : notnull => web.Services.GetRequiredService<T>();

        public void Deliver() => running = Task.Run(() => Get<DeliveryEngine>().RunAsync(stop.Token));

        public async Task ExecuteAsync(string sql, CancellationToken ct)
        {
            await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
            command.CommandTimeout = 600;
            await command.ExecuteNonQueryAsync(ct);
        }

        public async Task<long> CountAsync(string sql, CancellationToken ct)
        {
            await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
            return Convert.ToInt64(await command.ExecuteScalarAsync(ct), System.Globalization.CultureInfo.InvariantCulture);
        }

        public async Task UntilAsync(string sql, long wanted, CancellationToken ct)
        {
            var since = Stopwatch.GetTimestamp();
            while (await CountAsync(sql, ct) < wanted)
            {
                if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromMinutes(3))
                    throw new TimeoutException(sql);
                await Task.Delay(20, ct);
            }
        }

        /// <summary>A crowd in the queue, as the door would have written it.</summary>
        public Task FillAsync(int count, int priority, CancellationToken ct, MessageChannel channel = MessageChannel.Push) => ExecuteAsync(
            $$"""
            truncate messages, ready_messages, later_messages, message_traces, message_minutes, message_latencies, message_contents, person_days, message_failures;
            with m as (
              insert into messages (id, accepted_at, template_id, person, template_version, channel, priority, state, recipient, variables)
              select (substr(message_id_from(now())::text, 1, 14) || '7' || lpad(to_hex(i / 65536), 3, '0') || '-8' || substr(md5(i::text), 1, 3) || '-' || substr(md5(i::text), 4, 12))::uuid,
                now(), '{{templateId}}', md5(i::text)::uuid, 1, {{(short)channel}}, {{priority}}, 1, {{(channel == MessageChannel.InApp ? "md5(i::text)::uuid::text" : "'device-' || i")}},
                '{"name":"客户' || i || '","number":"KH-20261120-0001"}'
              from generate_series(1, {{count}}) i returning id)
            , t as (insert into message_traces (at, message_id, node, result, attempt, host) select now(), id, 0, 0, 0, 'bench' from m)
            insert into ready_messages (id, lane, class, turn) select id, {{Lane.Of(channel)}}, {{PriorityClass.Of(priority)}}, 0 from m;
            analyze messages; analyze ready_messages;
            """, ct);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            await web.DisposeAsync();
            stop.Dispose();
        }

        private async Task PrepareAsync(SimulatorProcess simulator, CancellationToken ct)
        {
            await Get<Database>().MigrateAsync(ct);
            await using var db = await Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync(ct);
            var now = DateTimeOffset.UtcNow;
            if (!await db.ChannelAccounts.AnyAsync(a => a.Kind == PushWebhookProvider.KindName, ct))
            {
                db.ChannelAccounts.Add(new ChannelAccount
                {
                    Id = Guid.CreateVersion7(), Kind = PushWebhookProvider.KindName, Channel = MessageChannel.Push, Name = "bench", BaseAddress = simulator.Address, CreatedAt = now,
                    Values = new() { ["KeyId"] = "sim-push" },
                    SecretsCipher = Get<FieldCipher>().Encrypt(JsonSerializer.Serialize(new Dictionary<string, string> { ["Secret"] = "sim-push-secret" }), AccountBook.SecretsContext),
                });
                db.ChannelAccounts.Add(new ChannelAccount { Id = Guid.CreateVersion7(), Kind = Watch.Kind, Channel = MessageChannel.InApp, Name = "bench", BaseAddress = "http://127.0.0.1/", CreatedAt = now });
            }

            var content = new TemplateContent(
                [new TemplateVariable("name", "称呼"), new TemplateVariable("number", "编号")],
                [.. new[] { MessageChannel.Push, MessageChannel.InApp }.Select(c => new ChannelVariant(c, "text", "{{name}}您好，您的申请 {{number}} 有新进展，请查看。", Subject: "进展通知"))]);
            var template = new MessageTemplate
            {
                Id = Guid.CreateVersion7(), Code = Template, Name = "bench", Category = MessageCategory.Notice, State = TemplateState.Active, ActiveVersion = 1, CreatedAt = now, ChangedAt = now,
            };
            templateId = template.Id;
            db.MessageTemplates.Add(template);
            db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "bench", CreatedAt = now });
            await db.SaveChangesAsync(ct);
        }

        /// <summary>What the program's endpoint does: verify, apply, answer after the commit.</summary>
        private async Task ReceiveAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var account = (await Get<AccountBook>().CurrentAsync(default)).Values.First(a => a.Provider.Kind == PushWebhookProvider.KindName);
            var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            if (Get<PushWebhookProvider>().Read(account.Provider, new Dictionary<string, string>(), headers, body.ToArray()) is not { } genuine)
            {
                context.Response.StatusCode = 401;
                return;
            }

            await Get<ReceiptBook>().ApplyAsync(account.Number, genuine.Receipts, default);
            context.Response.ContentType = genuine.AnswerContentType;
            await context.Response.WriteAsync(genuine.Answer);
        }
    }

    /// <summary>Notes when each message's call begins; takes as long as it is told. Stands in the process, so nothing else is measured.</summary>
    private sealed class WatchedProvider : IMessageProvider
    {
        private readonly ConcurrentDictionary<Guid, TaskCompletionSource<long>> began = new();

        public TimeSpan CallTakes { get; set; }

        public string Kind => "bench";

        public MessageChannel Channel => MessageChannel.InApp;

        public int LargestGroup => 1;

        public ResendRule Resend => ResendRule.RecognisesOurId;

        public Task<long> BeganAsync(Guid message, CancellationToken ct) => Of(message).Task.WaitAsync(TimeSpan.FromSeconds(60), ct);

        public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var message in group)
                Of(message.Id).TrySetResult(now);
            if (CallTakes > TimeSpan.Zero)
                await Task.Delay(CallTakes, ct);
            return [.. group.Select(m => new SendOutcome(m.Id, SendResult.Delivered))];
        }

        public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

        public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));

        private TaskCompletionSource<long> Of(Guid message) => began.GetOrAdd(message, _ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}

/// <summary>The simulator as a process of its own, ended with this object.</summary>
internal sealed class SimulatorProcess : IDisposable
{
    public const string ReceiptAddress = "http://127.0.0.1:5199";

    private readonly Process process;
    private readonly HttpClient http = new();

    private SimulatorProcess(Process process) => this.process = process;

    public string Address { get; } = "http://127.0.0.1:5198";

    public double ProcessorSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    public static async Task<SimulatorProcess> StartAsync(string root, CancellationToken ct)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "CcdBlazor.Simulator.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:5198", "--Smtp:StartTlsPort=0", "--Smtp:TlsPort=0", $"--Receipts:Program={ReceiptAddress}"])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var simulator = new SimulatorProcess(process);
        for (var i = 0; i < 200; i++)
        {
            try
            {
                await simulator.http.GetStringAsync($"{simulator.Address}/sim/counts", ct);
                return simulator;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, ct);
            }
        }

        throw new TimeoutException("The simulator did not start.");
    }

    /// <summary>Forgets everything and lifts all limits.</summary>
    public async Task ResetAsync(bool receipts, CancellationToken ct)
    {
        (await http.PostAsync($"{Address}/sim/reset", null, ct)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync($"{Address}/sim/limits", new { kind = "*" }, ct)).EnsureSuccessStatusCode();
        (await http.PostAsJsonAsync($"{Address}/sim/accounts", new
        {
            kind = PushWebhookProvider.KindName, id = "sim-push", secret = "sim-push-secret", receiptAddress = $"{ReceiptAddress}/api/messages/receipts/41", receiptMode = receipts ? "once" : "never",
        }, ct)).EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
        http.Dispose();
    }
}
