using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Staff;
using Npgsql;

namespace CcdBlazor.Bench;

/// <summary>
/// The public pool among a million customers: a morning on which 20,000 are due, then 40,000 more, the pages of a pool of that size, and people who pick at the same moment
/// from the same page.
/// </summary>
internal static class PoolBench
{
    private const int Due = 20_000;
    private const int Full = 60_000;
    private const double PageGoal = 20;
    private const double PickGoal = 20;
    private const double ReleaseGoal = 30;
    private const int PicksEach = 40;

    /// <summary>Of the only rule.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromDays(7);

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartOnCopyAsync(settings, "ccd_bench_pool", ct);
        var admin = (await host.Get<StaffDirectory>().FindActorByUserNameAsync(BenchPeople.Administrator, ct))!;
        var pool = await PoolAsync(host, admin, ct);
        await ReleaseAsync(host, settings, ct);
        await PagesAsync(host, pool, settings, ct);
        await PickAsync(host, pool, ct);
    }

    /// <summary>The company's pool, with nothing that limits what is measured.</summary>
    private static async Task<Guid> PoolAsync(BenchHost host, StaffActor admin, CancellationToken ct)
    {
        var pools = host.Get<PoolSettings>();
        await pools.EnsureAsync(ct);
        var draft = (await pools.AllAsync(admin, ct)).Value.Single();
        (draft.MostHeld, draft.PicksPerDay, draft.ViewsPerDay) = (null, null, null);
        var saved = await pools.SaveAsync(draft, admin, ct);
        return saved.Ok ? saved.Value : throw new InvalidOperationException(saved.Refusal!.Text);
    }

    private static async Task ReleaseAsync(BenchHost host, BenchSettings settings, CancellationToken ct)
    {
        var (due, full) = (Math.Min(Due, settings.Customers / 10), Math.Min(Full, settings.Customers / 10 * 3));
        var releasable = await ScalarAsync<long>(host, $"select count(*) from customers c where {PoolSql.Releasable}", ct);
        Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{releasable:N0} customers have an owner and await papers"));
        var release = host.Get<PoolRelease>();

        // The load writes each row's moment, so the n-th is due at one and no other is.
        async Task<DateTimeOffset> DayOnWhichAreDueAsync(int n) => new DateTimeOffset(
            await ScalarAsync<DateTime>(host, $"select idle_since from customers c where {PoolSql.Releasable} order by idle_since, id offset {n - 1} limit 1", ct), TimeSpan.Zero) + Period;
        var now = await DayOnWhichAreDueAsync(due);

        var since = Stopwatch.GetTimestamp();
        var told = await host.Get<PoolRelease>().RemindAsync(now - TimeSpan.FromDays(4), ct);
        Figures.Value("reminders: everybody reaches the third day at once", Stopwatch.GetElapsedTime(since).TotalSeconds, "s", goalBelow: ReleaseGoal);
        Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{told} people were told"));

        since = Stopwatch.GetTimestamp();
        var released = await release.ReleaseAsync(now, ct);
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        Figures.Value(string.Create(CultureInfo.InvariantCulture, $"release of {released:N0} that are due"), seconds, "s", goalBelow: ReleaseGoal);
        Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{released / seconds:N0} a second, {(settings.Customers - released):N0} customers stay"));
        Figures.Goal("  exactly those that were due", released == due && await ScalarAsync<long>(host, "select count(*) from customers where pool_id is not null", ct) == released);
        var idle = await Figures.TimeAsync(Math.Min(50, settings.Runs), async _ => await release.ReleaseAsync(now, ct));
        Figures.Latency("a run of the job when nothing is due", idle, PageGoal);

        now = await DayOnWhichAreDueAsync(full - released);
        since = Stopwatch.GetTimestamp();
        released += await release.ReleaseAsync(now, ct);
        Figures.Value(string.Create(CultureInfo.InvariantCulture, $"until {released:N0} lie in the pool"), Stopwatch.GetElapsedTime(since).TotalSeconds, "s");
        // As autovacuum does it a minute later.
        await ExecuteAsync(host, "vacuum (analyze) customers", ct);
        await ExecuteAsync(host, "vacuum (analyze) customer_owner_changes", ct);
        // Levels are given by hand; the load gives none.
        await ExecuteAsync(host, "update customers set level = case when id::text like '%0' then 1 else 3 end where pool_id is not null and id::text ~ '[0-7]$'", ct);
        await ExecuteAsync(host, "vacuum (analyze) customers", ct);
    }

    private static async Task PagesAsync(BenchHost host, Guid pool, BenchSettings settings, CancellationToken ct)
    {
        var queries = host.Get<PoolQueries>();
        var products = (await host.Get<CustomerQueries>().ProductsAsync(ct)).Select(p => p.Id).ToArray();
        var numbers = await QueryBenches.TextsAsync(host, "select number from customers tablesample system (1) where pool_id is not null limit 200", ct);
        var first = new PageRequest(1, 20);
        string[] names = ["张伟", "王芳", "李娜", "刘强", "陈静"];
        (string Name, Func<int, (PoolFilter Filter, PageRequest Page)> Ask)[] asks =
        [
            ("first page", _ => (new PoolFilter(), first)),
            ("pages 2 to 50", i => (new PoolFilter(), new PageRequest(2 + (i % 49), 20))),
            ("100 a page", _ => (new PoolFilter(), new PageRequest(1, 100))),
            ("companies", _ => (new PoolFilter(Kind: CustomerKind.Company), first)),
            ("a product", i => (new PoolFilter(ProductId: products[i % products.Length]), first)),
            ("level A", _ => (new PoolFilter(Level: CustomerLevel.A), first)),
            ("a level that nobody has", _ => (new PoolFilter(Level: CustomerLevel.D), first)),
            ("company, product, level", i => (new PoolFilter(Kind: CustomerKind.Company, ProductId: products[i % products.Length], Level: CustomerLevel.A), first)),
            ("name: 张", _ => (new PoolFilter("张"), first)),
            ("name: two characters", i => (new PoolFilter(names[i % names.Length]), first)),
            ("name: rare 龘", _ => (new PoolFilter("龘"), first)),
            ("name: 贸易有限", _ => (new PoolFilter("贸易有限"), first)),
            ("name nobody has", _ => (new PoolFilter("没有这个人"), first)),
            ("number", i => (new PoolFilter(numbers[i % numbers.Count]), first)),
            ("start of a number", i => (new PoolFilter(numbers[i % numbers.Count][..9]), first)),
        ];
        foreach (var (role, actor) in await QueryBenches.ReadersAsync(host, ct))
        {
            Figures.Latency($"{role}, what may still be picked", await Figures.TimeAsync(settings.Runs, async _ => await queries.PoolsAsync(actor, ct)), PageGoal);
            foreach (var (name, ask) in asks)
            {
                long found = 0;
                var times = await Figures.TimeAsync(settings.Runs, async run =>
                {
                    var (filter, page) = ask(run);
                    found = (await queries.ListAsync(pool, filter, page, actor, ct)).Value.Total;
                });
                Figures.Latency($"{role}, {name} ({found})", times, PageGoal);
            }
        }
    }

    /// <summary>Each takes what stands on top of a page that all of them read at the same moment, one at a time, as people do.</summary>
    private static async Task PickAsync(BenchHost host, Guid pool, CancellationToken ct)
    {
        var service = host.Get<PoolService>();
        var directory = host.Get<StaffDirectory>();
        foreach (var people in new[] { 1, 4, 20 })
        {
            var hands = new List<StaffActor>();
            foreach (var name in BenchPeople.Owners.Skip(10 + people).Take(people))
                hands.Add((await directory.FindActorByUserNameAsync(name, ct))!);
            var (picked, late) = (new List<Guid>(), 0);
            var times = new List<double>();
            // Three customers for every two picks: some are gone when the hand comes.
            var page = (await QueryBenches.TextsAsync(
                host, $"select id::text from customers where pool_id = '{pool}' and deleted_at is null order by owner_since desc, id desc limit {(people == 1 ? PicksEach : (people * PicksEach * 2 / 3) + 1)}", ct)).Select(Guid.Parse).ToArray();
            await Task.WhenAll(hands.Select((hand, at) => Task.Run(
                async () =>
                {
                    for (var i = 0; i < PicksEach; i++)
                    {
                        var id = page[people == 1 ? i : ((i * people) + (at / 2 * 2)) * 2 / 3 % page.Length];
                        var since = Stopwatch.GetTimestamp();
                        var outcome = await service.PickAsync([id], hand, ct);
                        lock (times)
                        {
                            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                            if (outcome.Ok)
                                picked.AddRange(outcome.Value.Picked);
                            else
                                late++;
                        }
                    }
                },
                ct)));
            Figures.Latency($"{people} {(people == 1 ? "person picks" : "people pick at once")}", [.. times], people <= 4 ? PickGoal : 0);
            Figures.Note($"{picked.Count} picked, {late} times somebody was quicker");
            Figures.Goal("  nobody got what somebody else has", picked.Count == picked.Distinct().Count() && await ScalarAsync<long>(
                host, $"select count(*) from customers where id = any(array[{string.Join(',', picked.Select(id => $"'{id}'::uuid"))}]) and owner_id is not null and pool_id is null", ct) == picked.Count);
        }
    }

    private static async Task<T> ScalarAsync<T>(BenchHost host, string sql, CancellationToken ct)
    {
        await using var command = host.Get<NpgsqlDataSource>().CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task ExecuteAsync(BenchHost host, string sql, CancellationToken ct)
    {
        await using var command = host.Get<NpgsqlDataSource>().CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
