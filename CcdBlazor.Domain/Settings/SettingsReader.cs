using System.Collections.Concurrent;
using System.Collections.Frozen;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CcdBlazor.Domain.Settings;

/// <summary>
/// The values of now, for code that runs often. <see cref="Get{T}"/> looks into an immutable snapshot in memory; <see cref="Watch{T}"/> hands out the value
/// itself, kept fresh. Until <see cref="LoadAsync"/> ran, and for a stored value that does not fit its bounds any more, the default holds.
/// The snapshot is read again when any node announces <see cref="SettingsService.Topic"/>, and after the relay between nodes was interrupted.
/// </summary>
public sealed class SettingsReader : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SettingsCatalogue catalogue;
    private readonly IDbContextFactory<CcdDbContext>? contexts;
    private readonly ILogger log;
    private readonly IDisposable? subscription;
    private readonly CancellationTokenSource stopped = new();
    private readonly SemaphoreSlim oneAtATime = new(1);
    private readonly ConcurrentDictionary<Setting, ILive> watched = new();
    private readonly ConcurrentDictionary<(string Key, int Version), bool> reported = new();
    private int wanted;
    private volatile Snapshot snapshot;

    internal SettingsReader(SettingsCatalogue catalogue, IDbContextFactory<CcdDbContext> contexts, ChangeFeed feed, ILogger<SettingsReader> log)
    {
        this.catalogue = catalogue;
        this.contexts = contexts;
        this.log = log;
        snapshot = Snapshot.Of(catalogue, []);
        subscription = feed.Subscribe(SettingsService.Topic, _ => ReadAgain());
    }

    private SettingsReader(SettingsCatalogue catalogue, IEnumerable<(Setting Setting, string Json)> values)
    {
        this.catalogue = catalogue;
        log = NullLogger.Instance;
        snapshot = Snapshot.Of(catalogue, values.Select(value => new Stored(value.Setting.Key, value.Json, 1)));
    }

    /// <summary>Stored values that do not fit their definition, by key, with the Chinese reason. Their defaults hold.</summary>
    public IReadOnlyDictionary<string, string> Problems => snapshot.Problems;

    /// <summary>How often the snapshot was read from the database; for tests and metrics.</summary>
    public long Loads { get; private set; }

    /// <summary>A reader without a database: the defaults, except for the given values. For tests and tools.</summary>
    public static SettingsReader Fixed(IEnumerable<Setting> settings, params IEnumerable<(Setting Setting, string Json)> values) => new(new SettingsCatalogue(settings), values);

    /// <summary>The value of now. A setting that no module registered is a mistake and throws.</summary>
    public T Get<T>(Setting<T> setting) =>
        snapshot.Values.TryGetValue(setting, out var value) ? (T)value : throw new InvalidOperationException($"The setting '{setting.Key}' is not registered: its module must call AddSettings.");

    /// <summary>The value as an object that follows the changes; the same one for everybody who asks. For the hottest paths.</summary>
    public Live<T> Watch<T>(Setting<T> setting)
    {
        if (watched.TryGetValue(setting, out var known))
            return (Live<T>)known;
        var live = (Live<T>)watched.GetOrAdd(setting, new Live<T>(setting, Get(setting)));
        // A snapshot may come between reading the value and being listed.
        Snapshot seen;
        do
        {
            seen = snapshot;
            Follow(live, seen.Values[setting]);
        }
        while (seen != snapshot);
        return live;
    }

    /// <summary>Reads everything from the database; call once at start, after the migrations. When it returns, the snapshot holds all that was committed before the call.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        if (contexts is null)
            return;
        await oneAtATime.WaitAsync(ct);
        try
        {
            await using var db = await contexts.CreateDbContextAsync(ct);
            var stored = await db.StoredSettings.AsNoTracking().Where(s => s.Value != null).Select(s => new Stored(s.Key, s.Value!, s.Version)).ToListAsync(ct);
            var fresh = Snapshot.Of(catalogue, stored, snapshot);
            snapshot = fresh;
            Loads++;
            foreach (var one in stored)
                if (fresh.Problems.TryGetValue(one.Key, out var problem) && reported.TryAdd((one.Key, one.Version), true))
                    log.LogWarning("The stored value of the setting {Key} (version {Version}) does not fit; its default holds: {Problem}", one.Key, one.Version, problem);
            foreach (var (setting, live) in watched)
                Follow(live, fresh.Values[setting]);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose()
    {
        subscription?.Dispose();
        stopped.Cancel();
    }

    /// <summary>Returns at once. Any number of calls while one reading runs lead to exactly one more.</summary>
    private void ReadAgain()
    {
        if (Interlocked.Increment(ref wanted) == 1)
            _ = Task.Run(ReadWhileWantedAsync);
    }

    private async Task ReadWhileWantedAsync()
    {
        while (!stopped.IsCancellationRequested)
        {
            var seen = Volatile.Read(ref wanted);
            try
            {
                await LoadAsync(stopped.Token);
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever went wrong: the values of before go on to hold, and the news must not be lost.
                log.LogWarning("The settings could not be read ({Error}); trying again", e.GetType().Name);
                await Task.Delay(RetryAfter, stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (Interlocked.CompareExchange(ref wanted, 0, seen) == seen)
                return;
        }
    }

    private void Follow(ILive live, object value)
    {
        try
        {
            live.Follow(value);
        }
        catch (Exception e)
        {
            // A listener of one value must not keep the others from theirs.
            log.LogError(e, "A listener of a setting failed");
        }
    }

    private readonly record struct Stored(string Key, string Json, int Version);

    private sealed class Snapshot(FrozenDictionary<Setting, object> values, IReadOnlyDictionary<string, string> problems, IReadOnlyDictionary<string, string> texts)
    {
        public FrozenDictionary<Setting, object> Values => values;

        public IReadOnlyDictionary<string, string> Problems => problems;

        public static Snapshot Of(SettingsCatalogue catalogue, IEnumerable<Stored> stored, Snapshot? before = null)
        {
            var values = catalogue.All.ToDictionary(setting => setting, setting => setting.DefaultValue);
            var texts = new Dictionary<string, string>();
            var problems = new Dictionary<string, string>();
            foreach (var one in stored)
            {
                // A key that no feature declares any more, or that only a newer node knows.
                if (catalogue.Find(one.Key) is not { } setting)
                    continue;
                var read = before?.Kept(setting, one.Json) is { } same ? new BoxedValue(same, null) : setting.Read(one.Json);
                if (read.Refusal is not null)
                {
                    problems[one.Key] = read.Refusal.Text;
                    continue;
                }

                values[setting] = read.Value!;
                texts[one.Key] = one.Json;
            }

            return new Snapshot(values.ToFrozenDictionary(), problems, texts);
        }

        /// <summary>The very object of before when its text is the same: a list that did not change counts as the same list.</summary>
        private object? Kept(Setting setting, string json) => texts.GetValueOrDefault(setting.Key) == json ? values[setting] : null;
    }
}

internal interface ILive
{
    void Follow(object value);
}

/// <summary>A value that follows its setting. Reading it costs one memory access.</summary>
public sealed class Live<T> : ILive
{
    private volatile Cell cell;

    internal Live(Setting<T> setting, T value)
    {
        Setting = setting;
        cell = new Cell(value);
    }

    /// <summary>Raised after the value changed, on any thread. The listener must return quickly and must not throw.</summary>
    public event Action<T>? Changed;

    public Setting<T> Setting { get; }

    public T Value => cell.Value;

    void ILive.Follow(object value)
    {
        if (Equals(cell.Value, value))
            return;
        cell = new Cell((T)value);
        Changed?.Invoke((T)value);
    }

    // One reference is exchanged at once whatever the size of the value.
    private sealed class Cell(T value)
    {
        public T Value { get; } = value;
    }
}
