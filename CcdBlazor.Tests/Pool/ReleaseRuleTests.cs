using System.Diagnostics;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Tests.Customers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Pool;

/// <summary>The rule of release, said twice (in C# and in SQL), and the job at a scale at which a statement per row would show.</summary>
public sealed class ReleaseRuleTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly StaffActor Admin = CustomersWorld.Administrator();

    [Fact]
    public void The_most_specific_rule_counts_and_among_equals_the_longest()
    {
        var (personal, car) = (FakeProducts.Personal.Id, FakeProducts.Car.Id);
        ReleaseTerms[] rules =
        [
            new(null, null, 7, 0), new(CustomerLevel.A, null, 30, 0), new(null, personal, 10, 0), new(null, car, 20, 0), new(CustomerLevel.A, personal, 3, 0),
        ];
        Assert.Equal(7, ReleaseTerms.For(rules, null, [])!.Days);
        Assert.Equal(30, ReleaseTerms.For(rules, CustomerLevel.A, [])!.Days);
        Assert.Equal(20, ReleaseTerms.For(rules, CustomerLevel.B, [personal, car])!.Days);
        Assert.Equal(3, ReleaseTerms.For(rules, CustomerLevel.A, [personal, car])!.Days);
        Assert.Null(ReleaseTerms.For(rules[1..2], CustomerLevel.B, []));
        var (idle, created) = (new DateTimeOffset(2026, 11, 10, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 9, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(idle.AddDays(7), new ReleaseTerms(null, null, 7, 3).DueAt(idle, created));
        Assert.Equal(created.AddDays(60), new ReleaseTerms(null, null, 7, 60).DueAt(idle, created));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_database_finds_the_same_moment_as_the_rule_for_any_rules_and_customers(int seed)
    {
        var random = new Random(seed);
        CustomerLevel?[] levels = [null, CustomerLevel.A, CustomerLevel.C];
        Guid?[] products = [null, FakeProducts.Personal.Id, FakeProducts.Car.Id];
        var pairs = (from level in levels from product in products select (level, product)).OrderBy(_ => random.Next()).Take(random.Next(0, 8)).ToArray();
        var drafts = pairs.Select(p => new ReleaseRuleDraft { Level = p.level, ProductId = p.product, Days = random.Next(1, 40), ProtectDays = random.Next(0, 50), ReminderDays = [] }).ToArray();
        var owner = await GivenPoolAsync(drafts);
        var rules = drafts.Select(d => new ReleaseTerms(d.Level, d.ProductId, d.Days, d.ProtectDays)).ToArray();
        for (var i = 0; i < 15; i++)
        {
            var wanted = products.OfType<Guid>().Where(_ => random.Next(2) == 0).ToArray();
            var draft = CustomersWorld.Draft();
            draft.Loans = [.. wanted.Select(p => new LoanDraft { ProductId = p, Amount = 10_000m })];
            var id = await world.GivenCustomerAsync(owner, draft);
            var level = levels[random.Next(levels.Length)];
            Assert.True((await world.Service.SetLevelAsync(id, level, owner, default)).Ok);
            await using var db = await world.DbAsync();
            var customer = await db.Customers.AsNoTracking().SingleAsync(c => c.Id == id);
            var expected = ReleaseTerms.For(rules, level, wanted)?.DueAt(customer.IdleSince, customer.CreatedAt);
            Assert.Equal(expected, (await world.Get<PoolQueries>().CountdownsAsync([id], owner, default)).GetValueOrDefault(id)?.DueAt);
            world.Clock.Advance(TimeSpan.FromMinutes(random.Next(1, 600)));
        }
    }

    [Fact]
    public async Task Releasing_thousands_costs_statements_by_the_page_and_not_by_the_row()
    {
        // What other tests of this class left behind goes first.
        world.Clock.Advance(TimeSpan.FromDays(400));
        await world.Get<PoolRelease>().ReleaseAsync(world.Clock.GetUtcNow(), default);
        var owner = await GivenPoolAsync([new ReleaseRuleDraft()]);
        await MultiplyAsync(await world.GivenCustomerAsync(owner), 40);
        world.Clock.Advance(TimeSpan.FromDays(8));
        var few = await CountStatementsAsync();
        Assert.Equal(41, few.Released);
        await MultiplyAsync(await world.GivenCustomerAsync(owner), 2 * PoolRelease.PageSize);
        world.Clock.Advance(TimeSpan.FromDays(8));
        var many = await CountStatementsAsync();
        Assert.Equal(1 + (2 * PoolRelease.PageSize), many.Released);
        // Three pages instead of one.
        Assert.InRange(many.Statements, few.Statements, (3 * few.Statements) + 3);
        await using var db = await world.DbAsync();
        Assert.Equal(0, await db.Customers.CountAsync(c => c.OwnerId == owner.StaffId));
        Assert.Equal(few.Released + many.Released, await db.CustomerOwnerChanges.CountAsync(h => h.FromOwnerId == owner.StaffId && h.Cause == OwnerChangeCause.ReleasedByRule));
    }

    private async Task<(int Released, int Statements)> CountStatementsAsync()
    {
        var statements = 0;
        using var root = new Activity("counted").Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            // Others run beside this test in the same process.
            ActivityStarted = activity => _ = activity.TraceId == root.TraceId ? Interlocked.Increment(ref statements) : 0,
        };
        ActivitySource.AddActivityListener(listener);
        var released = await world.Get<PoolRelease>().ReleaseAsync(world.Clock.GetUtcNow(), default);
        Assert.NotEqual(0, statements);
        return (released, statements);
    }

    private async Task MultiplyAsync(Guid customer, int times)
    {
        await using var db = await world.DbAsync();
        var columns = await db.Database.SqlQuery<string>(
            $"""select column_name as "Value" from information_schema.columns where table_name = 'customers' and is_generated = 'NEVER' and column_name not in ('id', 'number', 'identity_hash')""").ToListAsync();
        var list = string.Join(", ", columns);
#pragma warning disable EF1002 // Names of columns, from the catalogue.
        await db.Database.ExecuteSqlRawAsync(
            $"insert into customers (id, number, {list}) select gen_random_uuid(), 'M-' || left(md5(random()::text), 24), {list} from customers, generate_series(1, {times}) where id = '{customer}'");
#pragma warning restore EF1002
    }

    private async Task<StaffActor> GivenPoolAsync(ReleaseRuleDraft[] rules)
    {
        var owner = await world.KnownAsync(CustomersWorld.Staff(Guid.CreateVersion7(), Permission.EditCustomers, Permission.PickFromPool));
        await world.KnownAsync(Admin);
        var saved = await world.Get<PoolSettings>().SaveAsync(new PoolDraft { Name = $"公海 {Guid.CreateVersion7():N}", DepartmentId = owner.DepartmentId, Rules = rules }, Admin, default);
        Assert.True(saved.Ok, saved.Refusal?.Text);
        return owner;
    }
}
