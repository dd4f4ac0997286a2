using System.Text;
using System.Text.Json;
using CcdBlazor.Channels;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Channels;

/// <summary>What holds for every kind, and the JSON that Chinese providers want.</summary>
public sealed class ChannelRulesTests : IClassFixture<ChannelWorld>
{
    private readonly ChannelWorld world;

    public ChannelRulesTests(ChannelWorld world)
    {
        this.world = world;
        world.Reset();
    }

    [Theory]
    [InlineData("中文 < > & ' + 😀👨‍👩‍👧")]
    [InlineData("\\ud83d\\ude00 als Text")]
    [InlineData("\\\\ud83d😀\\")]
    [InlineData("\"\t\u0001")]
    public void Characters_go_as_themselves_and_come_back_equal(string text)
    {
        var json = WireJson.Write(text, static (writer, t) => writer.WriteStringValue(t));
        Assert.Equal(text, JsonSerializer.Deserialize<string>(json));
        if (text.Contains('中', StringComparison.Ordinal))
            Assert.Equal($"\"{text}\"", Encoding.UTF8.GetString(json));
    }

    [Fact]
    public void Every_kind_says_what_its_accounts_need_and_a_word_names_one_kind()
    {
        var kinds = world.Provider<IEnumerable<IMessageProvider>>().ToList();
        Assert.Equal(kinds.Count, kinds.Select(k => k.Kind).Distinct().Count());
        Assert.All(kinds, kind =>
        {
            Assert.NotEmpty(kind.Fields);
            Assert.Contains(kind.Fields, f => f.Secret);
            Assert.All(kind.Fields, f => Assert.Matches("[A-Za-z\u4e00-\u9fff]", f.Title));
            Assert.InRange(kind.LargestGroup, 1, 1000);
        });
        Assert.Equal(
            ["aliyun-sms", "feishu-app", "feishu-bot", "oa", "push-webhook", "smtp", "tencent-sms", "wecom-app", "wecom-robot"], kinds.Select(k => k.Kind).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Addresses_with_secrets_are_not_logged()
    {
        var lines = new List<string>();
        await using var services = new ServiceCollection()
            .AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(new ListLogger(lines)))
            .AddSingleton<ITokenStore>(new MemoryTokens()).AddChannels().BuildServiceProvider();
        await services.GetRequiredService<WeComAppProvider>().SendAsync(world.WeCom(), [ChannelWorld.Form("text", "li", "私密内容")], CancellationToken.None);
        await services.GetRequiredService<WeComRobotProvider>().SendAsync(world.Robot(), [ChannelWorld.Form("text", "", "私密内容")], CancellationToken.None);
        Assert.DoesNotContain(lines, l => l.Contains("sim-wecom-secret", StringComparison.Ordinal) || l.Contains("access_token", StringComparison.Ordinal)
            || l.Contains("sim-robot-key", StringComparison.Ordinal) || l.Contains("私密", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_caller_who_gives_up_gets_no_outcome()
    {
        world.Script(new CcdBlazor.Simulator.ScriptRule { Action = "hang" });
        using var stop = new CancellationTokenSource();
        var send = world.Provider<PushWebhookProvider>().SendAsync(world.Push(), [ChannelWorld.Message("a")], stop.Token);
        await Support.Eventually.TrueAsync(() => world.Counts("push-webhook").Shown == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
    }

    private sealed class ListLogger(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add($"{formatter(state, exception)} {exception}");
        }
    }
}
