using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Satisfaction;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using Npgsql;

namespace CcdBlazor.DevTools;

/// <summary>
/// Two and a half months of the demo house's past: customers, two applied assignments, decisions and ratings, so that the effects of assignments show something. Built through the same services on a
/// clock that stands in the past; the running program keeps the true one.
/// </summary>
internal static class DemoHistory
{
    private const int Customers = 36;

    /// <summary>Of those, decided before the first assignment.</summary>
    private const int Early = 8;

    /// <summary>Registered between the two assignments.</summary>
    private const int Late = 7;

    private static readonly string?[] Said = ["经理很耐心，资料要求讲得很清楚。", null, "整体不错，就是等了两天。", "很快，谢谢。", null, "希望少跑一趟门店。", null];

    /// <param name="hand">Hands in everything that a customer needs, by the given services.</param>
    /// <param name="decide">Submits and decides.</param>
    public static async Task CreateAsync(
        IServiceProvider services, Func<IServiceProvider, int, CancellationToken, Task<List<(Guid Id, StaffActor Owner)>>> create, Func<IServiceProvider, Guid, StaffActor, CancellationToken, Task> hand,
        Func<IServiceProvider, Guid, StaffActor, bool, CancellationToken, Task> decide, CancellationToken ct)
    {
        var clock = new PastClock(services.GetRequiredService<TimeProvider>());
        await using var past = Past(services, clock);
        var admin = await services.GetRequiredService<StaffDirectory>().FindActorByUserNameAsync("admin", ct) ?? throw new InvalidOperationException("The demo administrator is missing.");

        clock.DaysAgo = 75;
        var customers = await RegisterAsync(Customers);
        var plans = customers.Take(Early).Select((c, i) => new Plan(c.Id, 66 - (i * 3), i % 8 < 5)).ToList();
        await CarryOutAsync(plans);
        var moved = await AssignAsync(40);
        // Who was given to a better fitting manager converts better here: three of four, and of the others two of five.
        plans = [.. customers.Skip(Early).Select((c, i) => new Plan(c.Id, Decided(i, moved.Contains(c.Id)), moved.Contains(c.Id) ? i % 4 != 3 : i % 5 < 3))];
        await CarryOutAsync(plans.Where(p => p.DaysAgo > 9));
        clock.DaysAgo = 12;
        var late = await RegisterAsync(Late);
        plans.AddRange(late.Select((c, i) => new Plan(c.Id, 7 - i, i % 3 != 1)));
        await AssignAsync(9);
        await CarryOutAsync(plans.Where(p => p.DaysAgo <= 9));
        await services.GetRequiredService<EffectsFold>().RunAsync(services.GetRequiredService<TimeProvider>().GetUtcNow(), ct);

        async Task<List<(Guid Id, StaffActor Owner)>> RegisterAsync(int count)
        {
            var made = await create(past, count, ct);
            // On the true clock, and at once: customers whom nobody followed up would lie in the public pool a moment later.
            foreach (var (id, owner) in made)
                Expect((await services.GetRequiredService<FollowUpService>().AddAsync(id, new FollowUpDraft { Kind = FollowUpKind.Call, What = "回访办理情况。", Result = "客户表示满意，有需要再联系。" }, owner, ct)).WithoutValue());
            await DemoPortraits.CustomersAsync(past, [.. made.Select(c => c.Id)], ct);
            return made;
        }

        async Task CarryOutAsync(IEnumerable<Plan> some)
        {
            foreach (var plan in some.OrderByDescending(p => p.DaysAgo))
            {
                clock.DaysAgo = plan.DaysAgo + 1.5;
                await hand(past, plan.Customer, admin, ct);
                clock.DaysAgo = plan.DaysAgo;
                await decide(past, plan.Customer, admin, plan.Approve, ct);
                await RateAsync(past, plan, admin, ct);
            }
        }

        async Task<HashSet<Guid>> AssignAsync(double daysAgo)
        {
            clock.DaysAgo = daysAgo;
            var (assignments, queries) = (past.GetRequiredService<AssignmentService>(), past.GetRequiredService<AssignmentQueries>());
            var started = await assignments.StartAsync(false, admin, ct);
            Expect(started.WithoutValue());
            // The program beside us may have taken it up already; either way it is computed on the true clock.
            while ((await queries.DetailAsync(started.Value, admin, ct)).Value.Run.State is RunState.Queued or RunState.Computing)
                if (!await services.GetRequiredService<AssignmentWork>().StepAsync(ct))
                    await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            if ((await queries.DetailAsync(started.Value, admin, ct)).Value.ChangesLeft > 0)
                Expect((await assignments.ApplyAsync(started.Value, null, "季度调整", admin, ct)).WithoutValue());
            var rows = await queries.RowsAsync(started.Value, new RunRowFilter(PlanKind.Moved), new PageRequest(1, PageRequest.LargestSize), admin, ct);
            return [.. rows.Value.Rows.Select(r => r.CustomerId)];
        }
    }

    /// <summary>Within the span after the first assignment for most of the moved and half of the others; the rest in the last days.</summary>
    private static double Decided(int i, bool moved) => moved ? i % 4 == 3 ? 6 - (i % 3) : 34 - (i % 7) * 3 : i % 2 == 0 ? 30 - (i % 6) * 3 : 5 - (i % 3);

    private static async Task RateAsync(IServiceProvider past, Plan plan, StaffActor admin, CancellationToken ct)
    {
        var n = plan.Customer.GetHashCode() & 0xFF;
        if (n % 4 == 0)
            return;
        var service = past.GetRequiredService<SatisfactionService>();
        var link = await service.LinkAsync(plan.Customer, admin, ct);
        Expect(link.WithoutValue());
        var stars = plan.Approve ? 4 + (n % 2) : 2 + (n % 3);
        Expect(await service.RateAsync(plan.Customer, new RatingDraft(stars, Said[n % Said.Length]), new LinkActor(link.Value.Id, plan.Customer), ct));
    }

    private static ServiceProvider Past(IServiceProvider services, PastClock clock)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(clock);
        // Data source, files, keys and settings are those of the program; nothing here is disposed with the past.
        collection.AddData("Host=never-opened").AddSingleton(services.GetRequiredService<NpgsqlDataSource>());
        collection.AddSettings().AddStaff().AddProducts().AddCustomers().AddDocuments().AddSatisfaction().AddPortraits();
        collection.AddSingleton(services.GetRequiredService<FieldCipher>()).AddSingleton(services.GetRequiredService<FieldHash>()).AddSingleton(services.GetRequiredService<FileStore>())
            .AddSingleton(services.GetRequiredService<SettingsReader>());
        return collection.BuildServiceProvider();
    }

    private static void Expect(Result result)
    {
        if (!result.Ok)
            throw new InvalidOperationException($"Seeding the past: {result.Refusal.Code} {result.Refusal.Text}");
    }

    private sealed record Plan(Guid Customer, double DaysAgo, bool Approve);

    /// <summary>The true clock, so many days earlier.</summary>
    private sealed class PastClock(TimeProvider now) : TimeProvider
    {
        public double DaysAgo { get; set; }

        public override DateTimeOffset GetUtcNow() => now.GetUtcNow().AddDays(-DaysAgo);
    }
}
