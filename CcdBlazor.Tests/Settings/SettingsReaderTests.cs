using System.Collections.Concurrent;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Settings;

public sealed class SettingsReaderTests(SettingsWorld world) : IClassFixture<SettingsWorld>
{
    [Fact]
    public async Task A_second_node_has_a_change_in_less_than_two_seconds()
    {
        await using var elsewhere = world.Node(SampleSettings.All);
        var reader = elsewhere.GetRequiredService<SettingsReader>();
        await reader.LoadAsync(default);
        var heard = new ConcurrentQueue<int>();
        var live = reader.Watch(SampleSettings.Rate);
        live.Changed += heard.Enqueue;
        using var stop = new CancellationTokenSource();
        var relays = (ChangeRelay[])[world.Services.GetRequiredService<ChangeRelay>(), elsewhere.GetRequiredService<ChangeRelay>()];
        var running = Task.WhenAll(relays.Select(relay => relay.RunAsync(stop.Token)));
        await Eventually.TrueAsync(() => relays.All(relay => relay.Listening));

        for (var rate = 101; rate <= 103; rate++)
        {
            Assert.True((await world.ChangeAsync(SampleSettings.Rate, rate)).Ok);
            await Eventually.TrueAsync(() => live.Value == rate && reader.Get(SampleSettings.Rate) == rate, TimeSpan.FromSeconds(2));
        }

        Assert.Equal([101, 102, 103], heard);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task What_was_announced_before_the_relay_listened_is_read_when_it_does()
    {
        await using var elsewhere = world.Node(SampleSettings.All);
        var reader = elsewhere.GetRequiredService<SettingsReader>();
        await reader.LoadAsync(default);
        Assert.True((await world.ChangeAsync(SampleSettings.Backlog, 123L)).Ok);
        Assert.NotEqual(123L, reader.Get(SampleSettings.Backlog));
        using var stop = new CancellationTokenSource();
        var running = elsewhere.GetRequiredService<ChangeRelay>().RunAsync(stop.Token);
        await Eventually.TrueAsync(() => reader.Get(SampleSettings.Backlog) == 123L);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_stored_value_that_no_longer_fits_falls_back_to_the_default_and_is_reported()
    {
        var log = new KeptLog();
        await using var node = world.Node(SampleSettings.All, log);
        var reader = node.GetRequiredService<SettingsReader>();
        await world.StoreByHandAsync(SampleSettings.Signature.Key, "\"这是一个以前可以用现在太长的签名\"");
        await world.StoreByHandAsync("gone.feature.setting", "1");
        await reader.LoadAsync(default);
        await reader.LoadAsync(default);
        Assert.Equal(SampleSettings.Signature.Default, reader.Get(SampleSettings.Signature));
        Assert.Equal([SampleSettings.Signature.Key], reader.Problems.Keys);
        Assert.Single(log.Warnings, line => line.Contains(SampleSettings.Signature.Key, StringComparison.Ordinal));

        var row = await world.RowAsync(SampleSettings.Signature);
        Assert.Contains("2 至 12 个字", row.Problem);
        Assert.Equal(SampleSettings.Signature.DefaultJson, row.Value);
        Assert.True((await world.ChangeAsync(SampleSettings.Signature, "新签名")).Ok);
        Assert.Null((await world.RowAsync(SampleSettings.Signature)).Problem);
        Assert.Equal("新签名", world.Reader.Get(SampleSettings.Signature));
    }

    [Fact]
    public async Task A_listener_hears_only_real_changes()
    {
        var heard = 0;
        world.Reader.Watch(SampleSettings.Lanes).Changed += _ => heard++;
        Assert.Same(world.Reader.Watch(SampleSettings.Lanes), world.Reader.Watch(SampleSettings.Lanes));
        Assert.True((await world.ChangeAsync(SampleSettings.Lanes, [SampleSettings.Lanes.Default[0] with { Workers = 11 }])).Ok);
        Assert.Equal(1, heard);
        Assert.True((await world.ChangeAsync(SampleSettings.Approval, !world.Reader.Get(SampleSettings.Approval))).Ok);
        await world.Reader.LoadAsync(default);
        Assert.Equal(1, heard);
    }

    [Fact]
    public void A_setting_that_nobody_registered_is_a_mistake() => Assert.Throws<InvalidOperationException>(
        () => world.Reader.Get(new Setting<bool>("sample.stranger", true) { Group = "组", Title = "题", Description = "述" }));

    [Fact]
    public async Task The_values_hold_while_the_database_is_away_and_the_news_is_not_lost()
    {
        await using var elsewhere = world.Node(SampleSettings.All);
        var reader = elsewhere.GetRequiredService<SettingsReader>();
        await reader.LoadAsync(default);
        var route = reader.Get(SampleSettings.Route);
        await using (var db = world.Db())
            await db.Database.ExecuteSqlAsync($"alter table settings rename to settings_away");
        elsewhere.GetRequiredService<ChangeFeed>().Publish(new Change(SettingsService.Topic));
        Assert.Equal(route, reader.Get(SampleSettings.Route));
        var other = route == SampleRoute.InTurn ? SampleRoute.Weighted : SampleRoute.InTurn;
        await using (var db = world.Db())
        {
            await db.Database.ExecuteSqlAsync($"alter table settings_away rename to settings");
            await db.Database.ExecuteSqlAsync(
                $"insert into settings (key, value, version, changed_at, changed_by) values ('sample.route', {Setting<SampleRoute>.Json(other)}, 1, now(), '') on conflict (key) do update set value = excluded.value, version = settings.version + 1");
        }

        elsewhere.GetRequiredService<ChangeFeed>().Publish(new Change(SettingsService.Topic));
        await Eventually.TrueAsync(() => reader.Get(SampleSettings.Route) == other);
    }

    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Warnings.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
