using System.Collections.Concurrent;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace CcdBlazor.Tests.Messages;

/// <summary>A database with the message platform on it, providers played by <see cref="FakeProvider"/>, and a running engine per node.</summary>
public sealed class MessagesWorld : IAsyncLifetime
{
    private readonly List<Node> nodes = [];
    private string connection = "";

    internal static readonly MessageCaller Program = new(null, new SystemActor("test"));

    internal FakeProvider Push { get; } = new("push-webhook", MessageChannel.Push, 100, ResendRule.RecognisesOurId);
    internal FakeProvider Mail { get; } = new("smtp", MessageChannel.Email, 1, ResendRule.CannotTell);
    internal FakeProvider Sms { get; } = new("aliyun-sms", MessageChannel.Sms, 100, ResendRule.CanBeAsked);
    internal FakeProvider Bot { get; } = new("feishu-bot", MessageChannel.Feishu, 1, ResendRule.CannotTell);

    /// <summary>Further services of the first node.</summary>
    internal Action<IServiceCollection>? With { get; init; }

    internal Node First => nodes[0];

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        await StartNodeAsync(with: With);
        foreach (var provider in new[] { Push, Mail, Sms })
            await AddAccountAsync(provider);
    }

    public async Task DisposeAsync()
    {
        foreach (var node in nodes.ToList())
            await EndAsync(node);
        await TestCluster.DropDatabaseAsync(connection);
    }

    /// <summary>Ends a node as the end of its program would.</summary>
    internal async Task EndAsync(Node node)
    {
        nodes.Remove(node);
        await node.DisposeAsync();
    }

    /// <summary>Another node on the same database.</summary>
    internal async Task<Node> StartNodeAsync(Action<DeliveryPolicySource>? policy = null, Action<IServiceCollection>? with = null, bool ticketsOnly = false)
    {
        var ring = KeyRings.With("one");
        var collection = new ServiceCollection();
        with?.Invoke(collection);
        var services = collection
            .AddLogging()
            .AddData(connection)
            .AddSingleton(new FieldCipher(ring))
            .AddSingleton(new FieldHash(ring))
            .AddSingleton<IMessageProvider>(Push).AddSingleton<IMessageProvider>(Mail).AddSingleton<IMessageProvider>(Sms).AddSingleton<IMessageProvider>(Bot)
            .AddSingleton(new NodeTimes(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)))
            .AddMessages()
            .BuildServiceProvider();
        if (nodes.Count == 0)
            await SchemaForTests.EnsureAsync(services);
        var source = services.GetRequiredService<DeliveryPolicySource>();
        // The wall clock must not decide whether a test finds quiet hours.
        source.Current = new DeliveryPolicy { QuietFrom = default, QuietUntil = default, FirstBackOff = TimeSpan.FromMilliseconds(50) };
        policy?.Invoke(source);
        var node = new Node(services, ticketsOnly);
        nodes.Add(node);
        await node.StartHostedAsync();
        return node;
    }

    internal async Task<int> AddAccountAsync(FakeProvider provider, Action<ChannelAccount>? with = null)
    {
        await using var db = await First.DbAsync();
        var account = new ChannelAccount
        {
            Id = Guid.CreateVersion7(), Kind = provider.Kind, Channel = provider.Channel, Name = provider.Kind, BaseAddress = "http://127.0.0.1:1/",
            CreatedAt = DateTimeOffset.UtcNow,
        };
        with?.Invoke(account);
        db.ChannelAccounts.Add(account);
        db.Announce(MessageTopics.Accounts);
        await db.SaveChangesAsync();
        return account.Number;
    }

    /// <summary>An active template that speaks all channels: <c>{{name}}</c> required.</summary>
    internal async Task<string> TemplateAsync(MessageCategory category = MessageCategory.Notice)
    {
        var code = $"t{Guid.NewGuid():N}";
        var template = new MessageTemplate
        {
            Id = Guid.CreateVersion7(), Code = code, Name = "测试", Category = category, State = TemplateState.Active, ActiveVersion = 1,
            CreatedAt = DateTimeOffset.UtcNow, ChangedAt = DateTimeOffset.UtcNow,
        };
        var content = new TemplateContent(
            [new TemplateVariable("name", "称呼")],
            [.. Enum.GetValues<MessageChannel>().Select(c => new ChannelVariant(c, "text", "您好，{{name}}。", Subject: "通知"))]);
        await using var db = await First.DbAsync();
        db.MessageTemplates.Add(template);
        db.TemplateVersions.Add(new TemplateVersion { Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, Content = content, AuthorName = "测试", CreatedAt = DateTimeOffset.UtcNow });
        db.Announce(MessageTopics.Templates);
        await db.SaveChangesAsync();
        return code;
    }

    /// <summary>Hands in one message and waits until it has the state.</summary>
    internal async Task<Guid> SendUntilAsync(MessageRequest request, MessageState state)
    {
        var accepted = await First.Sender.SendAsync(request, Program, null, default);
        Assert.True(accepted.Ok, accepted.Refusal?.Code);
        await UntilAsync(accepted.Value.Id, state);
        return accepted.Value.Id;
    }

    internal Task UntilAsync(Guid message, MessageState state) =>
        Eventually.TrueAsync(async () => await StateAsync(message) == state, what: $"{message} is {state}");

    internal async Task<MessageState> StateAsync(Guid message) => (MessageState)await ScalarAsync<short>("select state from messages where id = $1", message);

    internal Task<string?> CodeAsync(Guid message) => ScalarAsync<string>("select code from messages where id = $1", message);

    internal static MessageRequest Request(string template, MessageChannel channel, string recipient, string name = "张三") => new()
    {
        Template = template,
        Channel = channel,
        Recipient = recipient,
        Variables = new Dictionary<string, string> { ["name"] = name },
    };

    internal async Task<T?> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = First.Get<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        return await command.ExecuteScalarAsync() is T found ? found : default;
    }

    internal async Task RunAsync(string sql, params object[] values)
    {
        await using var command = First.Get<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync();
    }

    internal Task<long> CountAsync(string sql, params object[] values) => ScalarAsync<long>(sql, values);

    /// <summary>A node: services and a running engine.</summary>
    internal sealed class Node : IAsyncDisposable
    {
        private readonly ServiceProvider services;
        private readonly CancellationTokenSource stop = new();
        private readonly Task running;
        private readonly Task relaying;

        public Node(ServiceProvider services, bool ticketsOnly)
        {
            this.services = services;
            running = Task.Run(() => Get<DeliveryEngine>().RunAsync(stop.Token, ticketsOnly: ticketsOnly));
            relaying = Task.Run(() => Get<Domain.Changes.ChangeRelay>().RunAsync(stop.Token));
        }

        public MessageSender Sender => Get<MessageSender>();

        /// <summary>Changes how this node delivers.</summary>
        public void Policy(Func<DeliveryPolicy, DeliveryPolicy> change)
        {
            var source = Get<DeliveryPolicySource>();
            source.Current = change(source.Current);
        }

        public T Get<T>() where T : notnull => services.GetRequiredService<T>();

        public Task<CcdDbContext> DbAsync() => Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

        internal async Task StartHostedAsync()
        {
            foreach (var hosted in services.GetServices<IHostedService>())
                await hosted.StartAsync(default);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var hosted in services.GetServices<IHostedService>())
                await hosted.StopAsync(default);
            await stop.CancelAsync();
            await running;
            await relaying;
            await services.DisposeAsync();
            stop.Dispose();
        }
    }
}

/// <summary>A provider inside the test: remembers what it got, and answers as told.</summary>
internal sealed class FakeProvider(string kind, MessageChannel channel, int largestGroup, ResendRule resend) : IMessageProvider
{
    public ConcurrentQueue<(Guid Id, string Recipient, string Text, int Account, DateTimeOffset At)> Received { get; } = new();

    /// <summary>What to answer; accepts everything unless told otherwise.</summary>
    public Func<ProviderAccount, OutgoingMessage, SendOutcome> Answer { get; set; } = (_, m) => new SendOutcome(m.Id, SendResult.Accepted, ProviderId: m.Id.ToString("N"));

    /// <summary>What to answer when asked afterwards.</summary>
    public Func<OutgoingMessage, SendOutcome> Asked { get; set; } = m => new SendOutcome(m.Id, SendResult.NeverArrived);

    /// <summary>Waited for before each answer.</summary>
    public Func<CancellationToken, Task> Hold { get; set; } = _ => Task.CompletedTask;

    public string Kind => kind;

    public MessageChannel Channel => channel;

    public int LargestGroup => largestGroup;

    public ResendRule Resend => resend;

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct)
    {
        Assert.InRange(group.Count, 1, largestGroup);
        await Hold(ct);
        var outcomes = new SendOutcome[group.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            Received.Enqueue((group[i].Id, group[i].Recipient, group[i].Content.Text, account.Number, DateTimeOffset.UtcNow));
            outcomes[i] = Answer(account, group[i]);
        }

        return outcomes;
    }

    public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>([.. group.Select(Asked)]);

    /// <summary>What a probe finds.</summary>
    public ProbeResult Probe { get; set; } = new(true);

    public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(Probe);
}
