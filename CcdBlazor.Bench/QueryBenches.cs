using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Domain.Statistics;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Bench;

/// <summary>Reads of the pages, in process, through the same services as the pages: an account manager, a sales lead, an administrator.</summary>
internal static class QueryBenches
{
    private const double Goal = 20;
    private const double DashboardGoal = 100;
    private static readonly PageRequest First = new(1, 20);

    public static async Task ListAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        var customers = host.Get<CustomerQueries>();
        var product = (await customers.ProductsAsync(ct))[2].Id;
        foreach (var (role, actor) in await ReadersAsync(host, ct))
        {
            // Tails of real rows, another one in each run: one row's pages in memory would flatter.
            var phones = await TextsAsync(host, $"select right(phones[1], 8) from customers where staff_ids @> array['{actor.StaffId}'::uuid] limit 200", ct);
            var numbers = await TextsAsync(host, $"select right(number, 4) from customers where staff_ids @> array['{actor.StaffId}'::uuid] limit 200", ct);
            if (phones.Count == 0)
            {
                phones = await TextsAsync(host, "select right(phones[1], 8) from customers tablesample system (1) limit 200", ct);
                numbers = await TextsAsync(host, "select right(number, 4) from customers tablesample system (1) limit 200", ct);
            }

            (string Name, Func<int, (CustomerFilter Filter, PageRequest Page)> Ask)[] asks =
            [
                ("no filter", _ => (new CustomerFilter(), First)),
                ("no filter, page 50", _ => (new CustomerFilter(), new PageRequest(50))),
                ("100 a page", _ => (new CustomerFilter(), new PageRequest(1, 100))),
                ("state", i => (new CustomerFilter(States: [CustomerStateWords.All[i % 5]]), First)),
                ("two states, longest wait first", _ => (new CustomerFilter(States: [CustomerState.Collecting, CustomerState.Complete], Sort: CustomerSort.StateSince), First)),
                ("product and tag", _ => (new CustomerFilter(ProductId: product, Tag: "加急"), First)),
                ("source, state, kind", _ => (new CustomerFilter(Source: "门店", States: [CustomerState.Collecting], Kind: CustomerKind.Company), First)),
                ("by pinyin", _ => (new CustomerFilter(Sort: CustomerSort.Name), First)),
                ("by completeness", _ => (new CustomerFilter(Sort: CustomerSort.Completeness), First)),
                ("created in one month", _ => (new CustomerFilter(CreatedFrom: new DateOnly(2026, 3, 1), CreatedTo: new DateOnly(2026, 3, 31)), First)),
                ("name part: 张", _ => (new CustomerFilter("张"), First)),
                ("name part: two characters", i => (new CustomerFilter(((string[])["张伟", "王芳", "李娜", "刘强", "陈静"])[i % 5]), First)),
                ("name part: rare 龘", _ => (new CustomerFilter("龘"), First)),
                ("name part: 贸易有限", _ => (new CustomerFilter("贸易有限"), First)),
                ("name part with state", _ => (new CustomerFilter("李", States: [CustomerState.InReview]), First)),
                ("phone tail, 4 digits", i => (new CustomerFilter(phones[i % phones.Count][4..]), First)),
                ("phone tail, 8 digits", i => (new CustomerFilter(phones[i % phones.Count]), First)),
                ("number tail", i => (new CustomerFilter("-" + numbers[i % numbers.Count]), First)),
                ("nothing found", _ => (new CustomerFilter("没有这个人"), First)),
            ];
            foreach (var (name, ask) in asks)
            {
                var rows = 0;
                var times = await Figures.TimeAsync(settings.Runs, async i =>
                {
                    var (filter, page) = ask(i);
                    rows = (await customers.ListAsync(filter, page, actor, ct)).Total;
                });
                Figures.Latency($"{role}, {name} ({rows})", times, Goal);
                // Where a page says "at least", the page of the program goes on counting after it has shown the rows.
                var (first, firstPage) = ask(0);
                if ((await customers.ListAsync(first, firstPage, actor, ct)) is not { TotalIsFloor: true, Total: < CustomerQueries.CountedTo })
                    continue;
                var counts = await Figures.TimeAsync(settings.Runs / 4, async i => rows = (await customers.CountAsync(ask(i).Filter, actor, ct)).Total);
                Figures.Latency($"  {name}: the total afterwards ({rows})", counts);
            }
        }
    }

    public static async Task DetailAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        var customers = host.Get<CustomerQueries>();
        var documents = host.Get<DocumentQueries>();
        foreach (var (role, actor) in await ReadersAsync(host, ct))
        {
            var ids = await VisibleAsync(host, actor, 1_000, ct);
            var found = 0;
            var times = await Figures.TimeAsync(settings.Runs, async i =>
            {
                var id = ids[i * 37 % ids.Count];
                found += (await customers.DetailAsync(id, actor, ct)).Ok && await documents.ChecklistAsync(id, actor, ct) is not null ? 1 : 0;
            });
            if (found < settings.Runs)
                throw new InvalidOperationException("A customer was not found.");
            Figures.Latency($"{role}, record and checklist", times, Goal);
        }
    }

    public static async Task CompletenessAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        var (_, actor) = (await ReadersAsync(host, ct))[0];
        var ids = await VisibleAsync(host, actor, 5_000, ct);
        var contexts = host.Get<IDbContextFactory<CcdDbContext>>();
        var products = host.Get<ProductQueries>();
        var percent = 0;
        var times = await Figures.TimeAsync(settings.Runs, async run =>
        {
            var wanted = Enumerable.Range(0, 50).Select(n => ids[(run * 53 + n * 97) % ids.Count]).ToArray();
            await using var db = await contexts.CreateDbContextAsync(ct);
            var customers = await db.Customers.AsNoTracking().Include(c => c.Loans).VisibleTo(actor).Where(c => wanted.Contains(c.Id)).ToListAsync(ct);
            var documents = (await db.Documents.AsNoTracking().Where(d => wanted.Contains(d.CustomerId))
                .Select(d => new { d.CustomerId, Fact = new DocumentFact(d.Id, d.ItemCode, d.State) }).ToListAsync(ct)).ToLookup(d => d.CustomerId, d => d.Fact);
            foreach (var customer in customers)
            {
                var rules = await products.MergedAsync([.. customer.Loans.OrderBy(l => l.Position).Select(l => l.RulesVersionId)], ct);
                percent += Completeness.Of(rules, customer.Facts.ToHashSet(), [.. documents[customer.Id]]).Percent;
            }
        });
        Figures.Latency("50 customers: read facts, rules, documents; compute", times, Goal);
    }

    public static async Task DashboardAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        var statistics = host.Get<StatisticsQueries>();
        var today = host.Get<TodayQueries>();
        foreach (var (role, actor) in await ReadersAsync(host, ct))
        {
            foreach (var scope in await statistics.ScopesAsync(actor, ct))
            {
                long customers = 0;
                var times = await Figures.TimeAsync(settings.Runs, async _ => customers = (await statistics.DashboardAsync(scope, actor, ct)).Value.Customers.Total);
                Figures.Latency($"{role}, 统计 {scope.Label} ({customers})", times, DashboardGoal);
            }

            Figures.Latency($"{role}, 今日", await Figures.TimeAsync(settings.Runs, async _ => await today.TodayAsync(actor, ct)), DashboardGoal);
        }

        var since = Stopwatch.GetTimestamp();
        var wrong = await host.Get<StatisticsFolding>().RecomputeAsync(ct);
        Figures.Note(string.Create(CultureInfo.InvariantCulture, $"everything counted again in {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s, {wrong.Count} differences"));
    }

    internal static async Task<IReadOnlyList<(string Role, StaffActor Actor)>> ReadersAsync(BenchHost host, CancellationToken ct)
    {
        var directory = host.Get<StaffDirectory>();
        return
        [
            ("客户经理", (await directory.FindActorByUserNameAsync(BenchPeople.Manager, ct))!),
            ("销售主管", (await directory.FindActorByUserNameAsync(BenchPeople.Lead, ct))!),
            ("管理员", (await directory.FindActorByUserNameAsync(BenchPeople.Administrator, ct))!),
        ];
    }

    /// <summary>Customers that this person owns; any, for one who owns none.</summary>
    internal static async Task<IReadOnlyList<Guid>> VisibleAsync(BenchHost host, StaffActor actor, int most, CancellationToken ct)
    {
        var own = await TextsAsync(host, $"select id::text from customers where staff_ids @> array['{actor.StaffId}'::uuid] limit {most}", ct);
        var ids = own.Count > 0 ? own : await TextsAsync(host, $"select id::text from customers tablesample bernoulli (5) limit {most}", ct);
        return [.. ids.Select(Guid.Parse)];
    }

    internal static async Task<IReadOnlyList<string>> TextsAsync(BenchHost host, string sql, CancellationToken ct)
    {
        await using var command = host.Get<NpgsqlDataSource>().CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var texts = new List<string>();
        while (await reader.ReadAsync(ct))
            texts.Add(reader.GetString(0));
        return texts;
    }
}
