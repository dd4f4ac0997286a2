using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
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

namespace CcdBlazor.Bench.Messages;

/// <summary>The platform's services over the database, with the real push client, and a receiver of receipts.</summary>
internal sealed class MessageNode : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;
    private Guid templateId;

    private MessageNode(WebApplication web) => this.web = web;

    public string Template { get; } = $"bench{Guid.NewGuid():N}";

    public WatchedProvider Watch => Get<WatchedProvider>();

    public static async Task<MessageNode> StartAsync(string connection, BenchSettings settings, SimulatorProcess simulator, bool deliver, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(SimulatorProcess.ReceiptAddress);
        var services = builder.Services;
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());
        services.AddData(connection);
        services.AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), settings.DataFolder, mustBeConfigured: false), new UploadOptions(Path.Combine(settings.DataFolder, "uploads")));
        services.AddChannels();
        services.AddSingleton<WatchedProvider>().AddSingleton<IMessageProvider>(p => p.GetRequiredService<WatchedProvider>());
        services.AddSingleton<IMessageProvider, NothingProvider>();
        services.AddMessages();
        var node = new MessageNode(builder.Build());
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
        return Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
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

    /// <summary>A crowd in an empty queue, as the door would have written it.</summary>
    public async Task FillAsync(int count, int priority, CancellationToken ct, MessageChannel channel = MessageChannel.Push)
    {
        await ExecuteAsync("truncate messages, ready_messages, later_messages, message_traces, message_minutes, message_latencies, message_contents, person_days, message_failures", ct);
        await AppendAsync(count, priority, ct, channel);
        await ExecuteAsync("analyze messages; analyze ready_messages", ct);
    }

    /// <summary>More of them behind what is there; to other people, so that no limit per person counts them together.</summary>
    public async Task AppendAsync(int count, int priority, CancellationToken ct, MessageChannel channel = MessageChannel.Push)
    {
        await ExecuteAsync(
            $$"""
            with m as (
              insert into messages (id, accepted_at, template_id, person, template_version, channel, priority, state, recipient, variables)
              select (substr(message_id_from(now())::text, 1, 14) || '7' || lpad(to_hex(i / 16384), 3, '0') || '-' || to_hex(32768 + i % 16384) || '-' || substr(h, 4, 12))::uuid,
                now(), '{{templateId}}', h::uuid, 1, {{(short)channel}}, {{priority}}, 1, {{(channel == MessageChannel.InApp ? "h::uuid::text" : "'device-' || h")}},
                '{"name":"客户' || i || '","number":"KH-20261120-0001"}'
              from generate_series(1, {{count}}) i, lateral (select md5(i || '{{Guid.NewGuid():N}}') as h) salted returning id)
            , t as (insert into message_traces (at, message_id, node, result, attempt, host) select now(), id, 0, 0, 0, 'bench' from m)
            insert into ready_messages (id, lane, class, turn) select id, {{Lane.Of(channel)}}, {{PriorityClass.Of(priority)}}, 0 from m;
            """, ct);
        Get<LaneSignals>().Raise(Lane.Of(channel), PriorityClass.Of(priority));
    }

    /// <summary>The one kind of account that the push channel uses; before <see cref="Deliver"/>.</summary>
    public Task OnlyAsync(string kind, CancellationToken ct) =>
        ExecuteAsync($"update channel_accounts set enabled = kind = '{kind}', rests_until = null where channel = (select channel from channel_accounts where kind = '{kind}')", ct);

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
