using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Tests.Api;

/// <summary>The HTTP API on real sockets over a database of its own, on as many nodes as a test starts. Nothing is delivered: there are no providers.</summary>
public sealed class ApiWorld : IAsyncLifetime
{
    internal static readonly SystemActor Administrator = new("test");

    private readonly List<ApiNode> nodes = [];
    private string connection = "";

    internal ApiNode Node => nodes[0];

    /// <summary>An active template for SMS and mail: <c>name</c> (required) and <c>amount</c> (money).</summary>
    internal string Template { get; private set; } = "";

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        await StartNodeAsync();
        Template = await TemplateAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    internal async Task<ApiNode> StartNodeAsync(params IMessageProvider[] providers)
    {
        var node = await ApiNode.StartAsync(connection, providers);
        nodes.Add(node);
        return node;
    }

    /// <summary>A client with a new key.</summary>
    internal async Task<ApiClient> ClientAsync(ApiScopes scopes = ApiScopes.MessagesSend | ApiScopes.MessagesRead, Action<ApiKeyDraft>? with = null, ApiNode? node = null)
    {
        var draft = new ApiKeyDraft { Name = "测试系统", Scopes = scopes, PerSecond = 10_000, PerMinute = 100_000, Concurrency = 1_000 };
        with?.Invoke(draft);
        var made = await Node.Get<ApiKeyService>().CreateAsync(draft, Administrator, default);
        Assert.True(made.Ok, made.Refusal?.Code);
        return new ApiClient(node ?? Node, made.Value.Text, made.Value.Id);
    }

    internal async Task<string> TemplateAsync(TemplateState state = TemplateState.Active, params MessageChannel[] channels)
    {
        var code = $"t{Guid.NewGuid():N}";
        await using var db = await Node.Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();
        var template = new MessageTemplate
        {
            Id = Guid.CreateVersion7(), Code = code, Name = "测试", Category = MessageCategory.Notice, State = state, ActiveVersion = state == TemplateState.Active ? 1 : null,
            CreatedAt = DateTimeOffset.UtcNow, ChangedAt = DateTimeOffset.UtcNow,
        };
        if (channels.Length == 0)
            channels = [MessageChannel.Sms, MessageChannel.Email, MessageChannel.Push];
        var content = new TemplateContent(
            [new TemplateVariable("name", "称呼"), new TemplateVariable("amount", "金额", VariableType.Money, Required: false)],
            [.. channels.Select(c => new ChannelVariant(c, "text", "您好，{{name}}，金额 {{amount}}。", Subject: "通知"))]);
        db.MessageTemplates.Add(template);
        db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "测试", CreatedAt = DateTimeOffset.UtcNow });
        db.Announce(MessageTopics.Templates);
        await db.SaveChangesAsync();
        return code;
    }

    internal async Task<T?> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Node.Get<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return await command.ExecuteScalarAsync() is T found ? found : default;
    }

    /// <summary>The wall clock, set ahead by as much as a test wants.</summary>
    internal sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}

/// <summary>A node: the API's part of the program, a running engine, and the relay to the other nodes.</summary>
internal sealed class ApiNode : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;

    private ApiNode(WebApplication app, ApiWorld.ShiftedClock clock)
    {
        this.app = app;
        Clock = clock;
        running = Task.WhenAll(Get<DeliveryEngine>().RunAsync(stop.Token), Get<ChangeRelay>().RunAsync(stop.Token));
    }

    public ApiWorld.ShiftedClock Clock { get; }

    public Uri Address => new(app.Urls.Single());

    public T Get<T>() where T : notnull => app.Services.GetRequiredService<T>();

    public static async Task<ApiNode> StartAsync(string connection, IReadOnlyList<IMessageProvider> providers)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var clock = new ApiWorld.ShiftedClock();
        var ring = KeyRings.With("one");
        builder.Services.AddSingleton<TimeProvider>(clock).AddData(connection)
            .AddSingleton(new FieldCipher(ring)).AddSingleton(new FieldHash(ring))
            .AddMessages().AddMessageApi();
        foreach (var provider in providers)
            builder.Services.AddSingleton(provider);
        var app = builder.Build();
        app.MapMessageApi();
        await app.StartAsync();
        var node = new ApiNode(app, clock);
        await Eventually.TrueAsync(() => node.Get<ChangeRelay>().Listening);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await app.DisposeAsync();
        stop.Dispose();
    }
}

/// <summary>Another system with a key.</summary>
internal sealed class ApiClient(ApiNode node, string? key, Guid keyId)
{
    private readonly HttpClient http = new() { BaseAddress = node.Address };

    public Guid KeyId => keyId;

    /// <summary>The text of the key.</summary>
    public string Key => key!;

    public Task<ApiAnswer> SendAsync(string json, string? idempotencyKey = null) => AskAsync(HttpMethod.Post, "/api/messages/send", json, idempotencyKey);

    public Task<ApiAnswer> GetAsync(string path) => AskAsync(HttpMethod.Get, path, null);

    /// <summary>The same system asking another node, or with another key.</summary>
    public ApiClient On(ApiNode other, string? otherKey = null) => new(other, otherKey ?? key, keyId);

    public async Task<ApiAnswer> AskAsync(HttpMethod method, string path, string? json, string? idempotencyKey = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        if (idempotencyKey is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        using var answer = await http.SendAsync(request);
        return new ApiAnswer(
            (int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.MediaType,
            answer.Headers.Concat(answer.Content.Headers).ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }
}

/// <summary>What came back.</summary>
internal sealed record ApiAnswer(int Status, string Body, string? Type, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The stable code of a refusal.</summary>
    public string? Code => Type == "application/problem+json" ? Json.GetProperty("code").GetString() : null;

    public Guid Id => Json.GetProperty("id").GetGuid();

    public override string ToString() => $"{Status} {Body}";
}
