using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Upkeep;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Domain.Messages.Monitor;

/// <summary>
/// Reads what the monitor shows: once for all who watch on this node, at most twice a second. Whoever asks gets a reading that began after he
/// asked, so the last change is never missed.
/// </summary>
public sealed class MonitorBoard
{
    /// <summary>Counting a queue stops here.</summary>
    public const int MostCounted = 10_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RecentlyRead = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PastKept = TimeSpan.FromMinutes(10);

    private readonly NpgsqlDataSource source;
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly MessageStatistics statistics;
    private readonly QuotaUse quota;
    private readonly DayFigures days;
    private readonly TimeProvider clock;
    private readonly QueueAges ages = new();
    private readonly Lock gate = new();
    private readonly SemaphoreSlim reading = new(1);
    private Task<MonitorView>? next;
    private volatile MonitorView? last;
    private long startedAt;
    private bool started;
    private (DateOnly Today, long ReadAt, IReadOnlyList<(DateOnly Day, OutcomeCounts Counts)> Days)? past;

    internal MonitorBoard(NpgsqlDataSource source, IDbContextFactory<CcdDbContext> contexts, MessageStatistics statistics, QuotaUse quota, DayFigures days, TimeProvider clock)
    {
        this.source = source;
        this.contexts = contexts;
        this.statistics = statistics;
        this.quota = quota;
        this.days = days;
        this.clock = clock;
    }

    /// <summary>How often the database was read; for tests.</summary>
    internal int Readings { get; private set; }

    /// <summary>The figures. Refused without <see cref="Permission.ViewMessages"/>.</summary>
    public async Task<Result<MonitorView>> ReadAsync(Actor by, CancellationToken ct) =>
        by.May(Permission.ViewMessages) ? await ReadAsync().WaitAsync(ct) : CommonRefusals.Forbidden;

    /// <summary>What was read within the last two seconds, for a page that opens: at once, and to be followed by a reading of its own. None when nobody watched.</summary>
    public MonitorView? Recent(Actor by) => by.May(Permission.ViewMessages) && last is { } view && clock.GetUtcNow() - view.At < RecentlyRead ? view : null;

    internal Task<MonitorView> ReadAsync()
    {
        lock (gate)
            return next ??= ReadSoonAsync();
    }

    private async Task<MonitorView> ReadSoonAsync()
    {
        // The caller holds the lock until it knows this task.
        await Task.Yield();
        await reading.WaitAsync();
        try
        {
            if (started && Pause - clock.GetElapsedTime(startedAt) is { Ticks: > 0 } wait)
                await Task.Delay(wait, clock);
            lock (gate)
                next = null;
            (started, startedAt) = (true, clock.GetTimestamp());
            Readings++;
            return last = await ReadNowAsync(CancellationToken.None);
        }
        finally
        {
            lock (gate)
                if (!started)
                    next = null;
            reading.Release();
        }
    }

    private async Task<MonitorView> ReadNowAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var today = days.Today;
        var midnight = StartOf(today);
        var overview = await statistics.OverviewAsync(midnight, now.AddMinutes(1), ct);
        var before = await PastAsync(today, ct);
        var windows = (await quota.NowAsync(ct)).ToLookup(w => w.Account);
        var (pools, nodes) = await PoolsAsync(ct);
        return new MonitorView(
            now, overview.All, overview.Times, overview.Channels, [.. before, (today, overview.All)],
            await LanesAsync(pools, now, ct), await LaterAsync(ct), await AccountsAsync(windows, now, ct), nodes, await AlarmsAsync(ct));
    }

    /// <summary>The six days before: from the days that are added up, and from the minutes where the nightly job has not been yet.</summary>
    private async Task<IReadOnlyList<(DateOnly, OutcomeCounts)>> PastAsync(DateOnly today, CancellationToken ct)
    {
        if (past is { } kept && kept.Today == today && clock.GetElapsedTime(kept.ReadAt) < PastKept)
            return kept.Days;
        var counts = Enumerable.Range(1, 6).Select(i => today.AddDays(i - 7)).ToDictionary(day => day, _ => default(OutcomeCounts));
        var known = new HashSet<DateOnly>();
        await using (var command = source.CreateCommand("select day, result, sum(n)::bigint, sum(cost_milli)::bigint from message_days where day >= $1 and day < $2 group by 1, 2"))
        {
            command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today.AddDays(-6) });
            command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today });
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                var day = r.GetFieldValue<DateOnly>(0);
                known.Add(day);
                counts[day] += OutcomeCounts.Of(r.GetInt16(1), r.GetInt64(2), r.GetInt64(3));
            }
        }

        foreach (var day in counts.Keys.Where(day => !known.Contains(day)).ToList())
            counts[day] = (await statistics.OverviewAsync(StartOf(day), StartOf(day.AddDays(1)), ct)).All;
        past = (today, clock.GetTimestamp(), [.. counts.OrderBy(c => c.Key).Select(c => (c.Key, c.Value))]);
        return past.Value.Days;
    }

    private async Task<(ILookup<MessageChannel, NodePool> Pools, int Nodes)> PoolsAsync(CancellationToken ct)
    {
        var pools = new List<NodePool>();
        var nodes = 0;
        // A node that died is buried by the others after a while; until then its last word is old.
        await using var command = source.CreateCommand("select name, gauges from message_nodes where seen_at > now() - interval '20 seconds' order by started_at, id");
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
        {
            nodes++;
            if (!await r.IsDBNullAsync(1, ct) && JsonSerializer.Deserialize<LaneGauge[]>(r.GetString(1), JsonSerializerOptions.Web) is { } gauges)
                pools.AddRange(gauges.Select(g => new NodePool(r.GetString(0), g)));
        }

        return (pools.ToLookup(p => p.Gauge.Channel), nodes);
    }

    private async Task<IReadOnlyList<LaneView>> LanesAsync(ILookup<MessageChannel, NodePool> pools, DateTimeOffset now, CancellationToken ct)
    {
        // From lane to lane through the index; each is counted up to the bound only.
        const string Hop = """
            with recursive h as (
              (select lane, class from ready_messages order by lane, class limit 1)
              union all
              select n.lane, n.class from h cross join lateral (
                select r.lane, r.class from ready_messages r where (r.lane, r.class) > (h.lane, h.class) order by r.lane, r.class limit 1) n)
            select h.lane, (select count(*) from (select from ready_messages r where r.lane = h.lane and r.class = h.class limit 10001) c),
              head.seq, head.turn, m.accepted_at, m.not_before
            from h cross join lateral (select r.id, r.seq, r.turn from ready_messages r where r.lane = h.lane and r.class = h.class order by r.seq limit 1) head
            left join messages m on m.id = head.id
            """;
        var found = new Dictionary<MessageChannel, (long Waiting, bool More, TimeSpan? Oldest)>();
        var underWay = new Dictionary<MessageChannel, long>();
        await using var connection = await source.OpenConnectionAsync(ct);
        await using (var last = new NpgsqlCommand("select last_value from ready_messages_seq", connection))
            ages.Note(now, (long)(await last.ExecuteScalarAsync(ct))!);
        await using (var command = new NpgsqlCommand(Hop, connection))
        {
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
            {
                var (channel, count) = (Lane.ChannelOf(r.GetInt32(0)), r.GetInt64(1));
                DateTimeOffset? accepted = await r.IsDBNullAsync(4, ct) ? null : r.GetFieldValue<DateTimeOffset>(4);
                DateTimeOffset? notBefore = await r.IsDBNullAsync(5, ct) ? null : r.GetFieldValue<DateTimeOffset>(5);
                // Straight from the door, or from its schedule; what waited for anything else in between is as old as its place in the queue.
                var age = r.GetInt16(3) == 0 && accepted is { } at ? now - (notBefore > at ? notBefore.Value : at) : ages.AgeOf(r.GetInt64(2), now);
                age = age < TimeSpan.Zero ? TimeSpan.Zero : age;
                var known = found.GetValueOrDefault(channel);
                found[channel] = (known.Waiting + Math.Min(count, MostCounted), known.More || count > MostCounted, known.Oldest > age ? known.Oldest : age);
            }
        }

        await using (var claims = new NpgsqlCommand("select lane >> 16, sum(open)::bigint from message_claims group by 1", connection))
        {
            await using var r = await claims.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                underWay[(MessageChannel)r.GetInt32(0)] = r.GetInt64(1);
        }

        return [.. Enum.GetValues<MessageChannel>().Select(channel =>
        {
            var queue = found.GetValueOrDefault(channel);
            return new LaneView(channel, queue.Waiting, queue.More, queue.Oldest, underWay.GetValueOrDefault(channel), [.. pools[channel]]);
        })];
    }

    private async Task<IReadOnlyList<(WaitReason, long)>> LaterAsync(CancellationToken ct)
    {
        var later = new List<(WaitReason, long)>();
        await using var command = source.CreateCommand("select why, count(*) from (select why from later_messages limit 10000) l group by why order by why");
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            later.Add(((WaitReason)r.GetInt16(0), r.GetInt64(1)));
        return later;
    }

    private async Task<IReadOnlyList<AccountHealth>> AccountsAsync(ILookup<int, QuotaWindow> windows, DateTimeOffset now, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var accounts = await db.ChannelAccounts.AsNoTracking().Where(a => a.DeletedAt == null).OrderBy(a => a.Channel).ThenBy(a => a.Number).ToListAsync(ct);
        return [.. accounts.Select(a => new AccountHealth(
            a.Number, a.Name, a.Channel, a.Enabled, a.RestsUntil > now ? a.RestsUntil : null, a.RestsUntil > now ? a.RestReason : null, a.LastProbeAt, a.LastProbeFault, [.. windows[a.Number]]))];
    }

    private async Task<IReadOnlyList<ActiveAlarm>> AlarmsAsync(CancellationToken ct)
    {
        var alarms = new List<ActiveAlarm>();
        await using var command = source.CreateCommand("select key, words, since from message_alarms where cleared_at is null order by since");
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            alarms.Add(new ActiveAlarm(r.GetString(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2)));
        return alarms;
    }

    private static DateTimeOffset StartOf(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(8));
}
