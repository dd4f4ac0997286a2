using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
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
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Bench.Messages;

/// <summary>A program's services with a provider that takes everything at once.</summary>
internal sealed class RelaySide(ServiceProvider services, string name) : IAsyncDisposable
{
    public const string Empty =
        "truncate messages, ready_messages, later_messages, message_traces, message_minutes, message_latencies, message_contents, person_days, message_failures, message_keys, caller_receipts";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;

    public static async Task<RelaySide> StartAsync(string name, string connection, BenchSettings settings, RabbitMqSettings? broker, CancellationToken ct)
    {
        var services = new ServiceCollection().AddLogging(log => log.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole()).AddMetrics().AddData(connection)
            .AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), settings.DataFolder, mustBeConfigured: false), new UploadOptions(Path.Combine(settings.DataFolder, "uploads")))
            .AddSingleton<IMessageProvider, EverTaker>().AddMessages().AddApiKeys().AddSingleton<ApiLimits>().AddRabbitMq(broker).BuildServiceProvider();
        await services.GetRequiredService<Database>().MigrateAsync(ct);
        services.GetRequiredService<DeliveryPolicySource>().Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default };
        foreach (var hosted in services.GetServices<IHostedService>())
            await hosted.StartAsync(ct);
        return new RelaySide(services, name);
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public void Run(bool deliver, bool ticketsOnly) => running = Task.Run(() => Get<DeliveryEngine>().RunAsync(stop.Token, deliver, ticketsOnly));

    public async Task ConnectedAsync(CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        while (Get<BrokerState>().Current is not { Up: true })
        {
            if (Stopwatch.GetElapsedTime(since) > Patience)
                throw new TimeoutException($"Waited {Patience.TotalSeconds:0} s for the broker to let {name} in.");
            await Task.Delay(50, ct);
        }
    }

    public async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Until so many are counted. Where it does not come to that, says what there was and where the rest stands.</summary>
    public async Task UntilAsync(string what, string sql, long wanted, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        while (await CountAsync(sql, ct) is var count && count < wanted)
        {
            if (Stopwatch.GetElapsedTime(since) > Patience)
            {
                string[] places = ["select count(*) from ready_messages", "select count(*) from later_messages", "select coalesce(sum(open), 0) from message_claims", "select count(*) from message_claims"];
                var at = new List<long>();
                foreach (var place in places)
                    at.Add(await CountAsync(place, ct));
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture,
                    $"Waited {Patience.TotalSeconds:0} s for {wanted:N0} {what}; {count:N0} are there, {at[0]:N0} in the queue, {at[1]:N0} put off, {at[2]:N0} in {at[3]:N0} claims."));
            }

            await Task.Delay(20, ct);
        }
    }

    private async Task<long> CountAsync(string sql, CancellationToken ct)
    {
        await using var command = Get<NpgsqlDataSource>().CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
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
    public Task FillAsync(Guid templateId, int count, CancellationToken ct) => ExecuteAsync(
        $$"""
        {{Empty}};
        with m as (
          insert into messages (id, accepted_at, template_id, person, template_version, channel, priority, state, recipient, variables)
          select (substr(message_id_from(now())::text, 1, 14) || '7' || lpad(to_hex(i / 65536), 3, '0') || '-8' || substr(md5(i::text), 1, 3) || '-' || substr(md5(i::text), 4, 12))::uuid,
            now(), '{{templateId}}', md5(i::text)::uuid, 1, {{(short)MessageChannel.Push}}, 5, 1, 'device-' || i, '{"name":"客户' || i || '","number":"KH-20261120-0001"}'
          from generate_series(1, {{count}}) i returning id)
        , t as (insert into message_traces (at, message_id, node, result, attempt, host) select now(), id, 0, 0, 0, 'bench' from m)
        insert into ready_messages (id, lane, class, turn) select id, {{Lane.Of(MessageChannel.Push)}}, {{PriorityClass.Of(5)}}, 0 from m;
        analyze messages; analyze ready_messages;
        """, ct);

    public async ValueTask DisposeAsync()
    {
        await EndAsync("its connection to the broker", Task.WhenAll(services.GetServices<IHostedService>().Select(hosted => hosted.StopAsync(CancellationToken.None))));
        await stop.CancelAsync();
        await EndAsync("its engine", running);
        await services.DisposeAsync();
        stop.Dispose();
    }

    private async Task EndAsync(string what, Task end)
    {
        try
        {
            await end.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            // Said and gone on, or the reason why the run ended would never be read.
            Figures.Note($"{name} did not end: waited {Patience.TotalSeconds:0} s for {what}");
        }
    }
}

/// <summary>Takes everything at once: nothing of a provider's time is measured.</summary>
internal sealed class EverTaker : IMessageProvider
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
