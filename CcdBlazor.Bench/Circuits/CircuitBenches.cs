using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.Bench.Circuits;

/// <summary>Open pages under load: the program in a process of its own, the clients in this one, on the same cores.</summary>
internal static class CircuitBenches
{
    private const int Openers = 8;
    private const int Seconds = 20;
    private const int ChangesWatched = 10;
    private const int People = 20;

    /// <summary>The heading of the record that only the interactive page can have rendered.</summary>
    private const string PageIsThere = "资料清单";

    /// <summary>Taking a paper back asks first; "cancel" brings the first button back. Nothing is written.</summary>
    private static readonly string[] Toggle = ["撤回", "取消"];

    public static async Task CircuitsAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        await using var node = await ProgramNode.StartAsync(settings, ProgramNode.Over(settings, host.Postgres.ConnectionString), ct);
        var administrator = await node.SignInAsync(BenchPeople.Administrator, ct);
        var visits = await VisitsAsync(host, node, settings.Circuits, ct);
        var clients = new ConcurrentBag<CircuitClient>();
        try
        {
            var few = Math.Max(2, settings.Circuits / 10);
            await OpenAsync(node, visits.Take(few), clients, ct);
            var (heapBefore, residentBefore) = (await node.HeapAsync(administrator, ct), Figures.ResidentMegabytes(node.Id));
            var since = Stopwatch.GetTimestamp();
            await OpenAsync(node, visits.Skip(few), clients, ct);
            var more = clients.Count - few;
            Figures.Value($"customer pages opened per second ({Openers} at a time)", more / Stopwatch.GetElapsedTime(since).TotalSeconds, "/s");
            var heap = await node.HeapAsync(administrator, ct);
            Figures.Value($"managed heap per circuit ({few} to {clients.Count} circuits)", (heap - heapBefore) / 1000.0 / more, "KB", goalBelow: 250);
            var resident = Figures.ResidentMegabytes(node.Id);
            Figures.Value($"resident memory per circuit ({residentBefore:0} to {resident:0} MB)", (resident - residentBefore) * 1000 / more, "KB");

            var (bytesBefore, processorBefore) = (clients.Sum(c => c.RenderedBytes), node.ProcessorSeconds);
            var clickable = clients.Where(c => c.CanClick).ToArray();
            since = Stopwatch.GetTimestamp();
            var times = await ClickEachSecondAsync(clickable, ct);
            var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
            Figures.Latency($"click to render, {clickable.Length} circuits, {times.Length / seconds:0} clicks/s", times, goalP99: 60);
            Figures.Value("bytes per click, before compression", (clients.Sum(c => c.RenderedBytes) - bytesBefore) / (double)times.Length, "B");
            Figures.Value("server processor time per click", (node.ProcessorSeconds - processorBefore) * 1000 / times.Length, "ms");
        }
        finally
        {
            await CloseAsync(clients);
        }

        await RowOfListAsync(host, node, ct);
    }

    public static async Task WatchersAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        await using var relay = await host.RelayAsync(ct);
        await WatchAsync(host, settings, nodes: 1, goal: 150, ct);
        await WatchAsync(host, settings, nodes: 2, goal: 300, ct);
    }

    public static async Task ReconnectAsync(BenchSettings settings, CancellationToken ct)
    {
        await using var host = await BenchHost.StartAsync(settings, ct);
        await using var node = await ProgramNode.StartAsync(settings, ProgramNode.Over(settings, host.Postgres.ConnectionString), ct);
        var visits = await VisitsAsync(host, node, settings.Circuits, ct);
        var clients = new ConcurrentBag<CircuitClient>();
        try
        {
            await OpenAsync(node, visits, clients, ct);
            Drop(clients);
            var since = Stopwatch.GetTimestamp();
            var returned = await Task.WhenAll(clients.Select(c => c.ReturnAsync(ct)));
            var fresh = new ConcurrentBag<CircuitClient>();
            await OpenAsync(node, visits.Take(returned.Count(r => !r)), fresh, ct);
            Figures.Value($"{clients.Count} back as a browser does it, {fresh.Count} of them with a new page", Stopwatch.GetElapsedTime(since).TotalSeconds, "s", goalBelow: 8);
            await CloseAsync(fresh);

            Drop(clients);
            await CloseAsync(clients);
            clients.Clear();
            since = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(visits, new ParallelOptions { MaxDegreeOfParallelism = visits.Count, CancellationToken = ct }, (visit, token) => OpenOneAsync(node, visit, clients, token));
            Figures.Value($"{clients.Count} at once with a new page each", Stopwatch.GetElapsedTime(since).TotalSeconds, "s", goalBelow: 8);
        }
        finally
        {
            await CloseAsync(clients);
        }
    }

    private static async Task WatchAsync(BenchHost host, BenchSettings settings, int nodes, double goal, CancellationToken ct)
    {
        var administrator = (await host.Get<StaffDirectory>().FindActorByUserNameAsync(BenchPeople.Administrator, ct))!;
        var customer = Guid.Parse((await QueryBenches.TextsAsync(host, "select id::text from customers where state = 0 order by updated_at desc limit 1", ct))[0]);
        var names = BenchPeople.Owners.Take(People).ToArray();
        var people = new List<Guid>();
        foreach (var name in names)
            people.Add((await host.Get<StaffDirectory>().FindActorByUserNameAsync(name, ct))!.StaffId);
        await ExpectAsync(host.Get<CustomerService>().SetCollaboratorsAsync(customer, people, administrator, ct));

        var running = new List<ProgramNode>();
        string[] cookies = [];
        var clients = new ConcurrentBag<CircuitClient>();
        try
        {
            for (var n = 0; n < nodes; n++)
            {
                var node = await ProgramNode.StartAsync(settings, ProgramNode.Over(settings, host.Postgres.ConnectionString), ct);
                running.Add(node);
                // The nodes share the keys of their cookies, so one sign-in opens all of them.
                if (n == 0)
                    cookies = await Task.WhenAll(names.Select(name => node.SignInAsync(name, ct)));
                await OpenAsync(node, Enumerable.Range(0, settings.Watchers / nodes).Select(i => (cookies[i % cookies.Length], customer)), clients, ct);
            }

            var (all, last, processor) = (new List<double>(), new List<double>(), 0.0);
            for (var change = 0; change < ChangesWatched + 2; change++)
            {
                // Everything that opening the pages set in motion has come to rest, and so has the change before.
                await Task.Delay(TimeSpan.FromSeconds(1.5), ct);
                var word = string.Create(CultureInfo.InvariantCulture, $"标{nodes}-{change}-{Environment.TickCount64 % 100_000}");
                var seeing = clients.Select(c => c.SeesAsync(word, ct)).ToArray();
                var before = running.Sum(node => node.ProcessorSeconds);
                var since = Stopwatch.GetTimestamp();
                await ExpectAsync(host.Get<CustomerService>().SetTagsAsync(customer, [word], administrator, ct));
                var times = (await Task.WhenAll(seeing)).Select(at => Stopwatch.GetElapsedTime(since, at).TotalMilliseconds).ToArray();
                if (change < 2)
                    continue; // warm-up
                all.AddRange(times);
                last.Add(times.Max());
                processor += running.Sum(node => node.ProcessorSeconds) - before;
            }

            var failed = clients.Count(c => c.Failure is not null);
            Figures.Latency($"{clients.Count} watchers on {nodes} node{(nodes > 1 ? "s" : "")}, {failed} lost, from before the write", [.. all], goalP99: goal);
            Figures.Latency("   until the last of them", [.. last]);
            Figures.Value("   server processor time per change", processor * 1000 / ChangesWatched, "ms");
        }
        finally
        {
            await CloseAsync(clients);
            foreach (var node in running)
                await node.DisposeAsync();
        }
    }

    /// <summary>What a change of one row sends to a page that shows 100 of them.</summary>
    private static async Task RowOfListAsync(BenchHost host, ProgramNode node, CancellationToken ct)
    {
        await using var relay = await host.RelayAsync(ct);
        var reader = (await host.Get<StaffDirectory>().FindActorByUserNameAsync(BenchPeople.Manager, ct))!;
        var page = await host.Get<CustomerQueries>().ListAsync(new CustomerFilter(), new PageRequest(1, 100), reader, ct);
        var cookie = await node.SignInAsync(BenchPeople.Manager, ct);
        await using var client = await CircuitClient.OpenAsync(node.Http, cookie, "/customers?size=100", page.Rows[0].Name, [], ct);
        await Task.Delay(TimeSpan.FromSeconds(2), ct);
        var sizes = new List<double>();
        for (var change = 0; change < 12; change++)
        {
            var before = client.RenderedBytes;
            var word = string.Create(CultureInfo.InvariantCulture, $"行{change}-{Environment.TickCount64 % 100_000}");
            var seen = client.SeesAsync(word, ct);
            await ExpectAsync(host.Get<CustomerService>().SetTagsAsync(page.Rows[page.Rows.Count / 2].Id, [word], reader, ct));
            await seen;
            await Task.Delay(TimeSpan.FromSeconds(1.5), ct);
            sizes.Add(client.RenderedBytes - before);
        }

        // The first moves the row's mark of freshness there, the others are what a change costs.
        Figures.Value($"bytes per one-row change, {page.Rows.Count} rows in the page, before compression", Figures.Percentile([.. sizes.Skip(1)], 0.5), "B", goalBelow: 1000);
    }

    /// <summary>Customers with papers that can be taken back, each with a cookie of somebody who owns it.</summary>
    private static async Task<List<(string Cookie, Guid Customer)>> VisitsAsync(BenchHost host, ProgramNode node, int count, CancellationToken ct)
    {
        var visits = new List<(string, Guid)>();
        var names = BenchPeople.Owners.Take(Math.Clamp(count / 2, 1, People)).ToArray();
        var each = (count + names.Length - 1) / names.Length;
        foreach (var name in names)
        {
            var actor = (await host.Get<StaffDirectory>().FindActorByUserNameAsync(name, ct))!;
            var cookie = await node.SignInAsync(name, ct);
            var own = await QueryBenches.TextsAsync(host, string.Create(
                CultureInfo.InvariantCulture,
                $"select id::text from customers c where staff_ids @> array['{actor.StaffId}'::uuid] and state in (0, 1) and (select count(*) from documents d where d.customer_id = c.id and d.state = 0) >= 3 limit {each}"), ct);
            visits.AddRange(own.Select(id => (cookie, Guid.Parse(id))));
        }

        return visits[..Math.Min(count, visits.Count)];
    }

    private static Task OpenAsync(ProgramNode node, IEnumerable<(string Cookie, Guid Customer)> visits, ConcurrentBag<CircuitClient> clients, CancellationToken ct) =>
        Parallel.ForEachAsync(visits, new ParallelOptions { MaxDegreeOfParallelism = Openers, CancellationToken = ct }, (visit, token) => OpenOneAsync(node, visit, clients, token));

    private static async ValueTask OpenOneAsync(ProgramNode node, (string Cookie, Guid Customer) visit, ConcurrentBag<CircuitClient> clients, CancellationToken ct) =>
        clients.Add(await CircuitClient.OpenAsync(node.Http, visit.Cookie, $"/customers/{visit.Customer}", PageIsThere, Toggle, ct));

    /// <summary>Everybody clicks once a second, spread over the second.</summary>
    private static async Task<double[]> ClickEachSecondAsync(IReadOnlyList<CircuitClient> clients, CancellationToken ct)
    {
        var times = new ConcurrentBag<double>();
        await Task.WhenAll(clients.Select(async (client, i) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1000.0 * i / clients.Count), ct);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            for (var n = 0; n < Seconds; n++)
            {
                var took = await client.ClickAsync(ct);
                // The first seconds compile what runs often.
                if (n >= 3)
                    times.Add(took);
                await timer.WaitForNextTickAsync(ct);
            }
        }));
        return [.. times];
    }

    private static void Drop(IEnumerable<CircuitClient> clients)
    {
        foreach (var client in clients)
            client.Drop();
    }

    private static async Task CloseAsync(IEnumerable<CircuitClient> clients)
    {
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    private static async Task ExpectAsync(Task<Result> change)
    {
        if (await change is { Ok: false } refused)
            throw new InvalidOperationException(refused.Refusal.Code);
    }
}
