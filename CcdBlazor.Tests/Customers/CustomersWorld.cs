using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Customers;

/// <summary>A database with the Customers feature on it. Papers are played by <see cref="FakePapers"/>, products by <see cref="FakeProducts"/>.</summary>
public sealed class CustomersWorld : IAsyncLifetime
{
    private static int ordinal;
    private string connection = "";
    private ServiceProvider services = default!;

    internal TestClock Clock { get; } = new();

    internal FakePapers Papers { get; } = new();

    internal FakeProducts Products { get; } = new();

    internal CustomerService Service => services.GetRequiredService<CustomerService>();

    internal CustomerQueries Queries => services.GetRequiredService<CustomerQueries>();

    internal T Get<T>() where T : notnull => services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        var ring = KeyRings.With("one");
        services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(Clock)
            .AddData(connection)
            .AddSingleton(new FieldCipher(ring))
            .AddSingleton(new FieldHash(ring))
            .AddSingleton<ICompletenessCheck>(Papers)
            .AddSingleton<ILoanProducts>(Products)
            .AddCustomers()
            .AddProducts()
            .AddFollowUps()
            .AddPool()
            .AddStaff()
            .BuildServiceProvider();
        await SchemaForTests.EnsureAsync(services);
        await using var db = await DbAsync();
        foreach (var offer in FakeProducts.All)
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                insert into loan_products (id, code, name, active, position, current_version_id, current_version_number)
                values ({offer.Id}, {offer.Id.ToString("N")}, {offer.Name}, {offer.Offered}, 1, {offer.RulesVersionId}, 1) on conflict do nothing
                """);
            await db.Database.ExecuteSqlAsync(
                $"""
                insert into rules_versions (id, product_id, number, rules, published_at, published_by_name)
                values ({offer.RulesVersionId}, {offer.Id}, 1, '[]', now(), '测试') on conflict do nothing
                """);
        }
    }

    public async Task DisposeAsync()
    {
        await services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    internal Task<CcdDbContext> DbAsync() => services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    /// <summary>A colleague of the sales: creates and edits customers, sees only their own.</summary>
    internal static StaffActor Clerk(Guid? department = null) => Staff(department, Permission.EditCustomers, Permission.CollectDocuments, Permission.RevealIdentity);

    internal static StaffActor Reviewer() => Staff(null, Permission.ViewSubmittedFiles, Permission.ReviewDocuments);

    internal static StaffActor Administrator() => Staff(null, Enum.GetValues<Permission>());

    internal static StaffActor Staff(Guid? department, params Permission[] may) => new(Guid.CreateVersion7(), "同事", department, may.ToHashSet(), new HashSet<Guid>());

    internal static CustomerDraft Draft(string name = "王小明", string? phone = null, string? identity = null) => new()
    {
        Name = name,
        Phones = [phone ?? MobilePhone.SyntheticAt(Interlocked.Increment(ref ordinal)).Value],
        IdentityNumber = identity,
    };

    internal static string FreshIdentity() => CitizenNumber.SyntheticAt(Interlocked.Increment(ref ordinal)).Value;

    /// <summary>Gives the actor an account, and its department a row.</summary>
    internal async Task<StaffActor> KnownAsync(StaffActor actor, bool disabled = false)
    {
        await using var db = await DbAsync();
        if (await db.StaffMembers.AnyAsync(s => s.Id == actor.StaffId))
            return actor;
        if (actor.DepartmentId is { } department && !await db.Departments.AnyAsync(d => d.Id == department))
            db.Add(new Department { Id = department, Name = $"部门{department:N}", Path = $"/{department:N}/" });
        db.Add(new StaffMember
        {
            Id = actor.StaffId,
            UserName = actor.StaffId.ToString("N"),
            NormalizedUserName = actor.StaffId.ToString("N").ToUpperInvariant(),
            Name = actor.Name,
            DepartmentId = actor.DepartmentId,
            Disabled = disabled,
            CreatedAt = Clock.GetUtcNow(),
        });
        await db.SaveChangesAsync();
        return actor;
    }

    internal async Task<Guid> GivenCustomerAsync(StaffActor by, CustomerDraft? draft = null)
    {
        await KnownAsync(by);
        var created = await Service.CreateAsync(draft ?? Draft(), by, default);
        Assert.True(created.Ok, created.Refusal?.Text);
        return created.Value;
    }

    /// <summary>Moves a file through the entity, as the Documents feature does.</summary>
    internal async Task MoveAsync(Guid id, CustomerMove move, Actor by, string? reason = null)
    {
        await using var db = await DbAsync();
        await using var work = await db.BeginAsync(default);
        var customer = await CustomerLocks.LockAsync(db, id, new SystemActor("test"), default);
        var moved = customer!.Move(move, by, reason, FakePapers.CompleteFile, Clock.GetUtcNow());
        Assert.True(moved.Ok, moved.Refusal?.Text);
        Assert.True((await db.TrySaveAsync(default)).Ok);
        await work.CommitAsync(default);
    }

    internal async Task GivenStateAsync(Guid id, CustomerState state)
    {
        var all = Administrator();
        await MoveAsync(id, CustomerMove.MarkComplete, new SystemActor("test"));
        if (state == CustomerState.Complete)
            return;
        await MoveAsync(id, CustomerMove.SubmitForReview, all);
        if (state == CustomerState.Approved)
            await MoveAsync(id, CustomerMove.Approve, all);
        if (state == CustomerState.Rejected)
            await MoveAsync(id, CustomerMove.Reject, all, "资料不实");
    }
}

/// <summary>Answers what the test says the papers are.</summary>
internal sealed class FakePapers : ICompletenessCheck
{
    public static readonly CompletenessReport CompleteFile = new(100, true, true, [], [], [], 0, []);
    public static readonly CompletenessReport IncompleteFile = new(40, false, false, [], [new Missing("还缺：银行流水")], [new Missing("还缺：银行流水")], 0, []);

    public CompletenessReport Now { get; set; } = IncompleteFile;

    public int Asked { get; private set; }

    public Task RecomputeAsync(CcdDbContext db, Customer customer, Actor by, CancellationToken ct)
    {
        Asked++;
        customer.ApplyCompleteness(Now, new SystemActor("completeness"), customer.UpdatedAt);
        return Task.CompletedTask;
    }
}

internal sealed class FakeProducts : ILoanProducts
{
    public static readonly LoanOffer Personal = new(Guid.Parse("00000000-0000-7000-8000-000000000001"), "个人信用贷", Guid.Parse("00000000-0000-7000-8000-0000000000a1"), true);
    public static readonly LoanOffer Car = new(Guid.Parse("00000000-0000-7000-8000-000000000002"), "车贷", Guid.Parse("00000000-0000-7000-8000-0000000000a2"), true);
    public static readonly LoanOffer Old = new(Guid.Parse("00000000-0000-7000-8000-000000000003"), "旧产品", Guid.Parse("00000000-0000-7000-8000-0000000000a3"), false);

    public static readonly LoanOffer[] All = [Personal, Car, Old];

    public Task<IReadOnlyDictionary<Guid, LoanOffer>> AllAsync(CcdDbContext db, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<Guid, LoanOffer>>(All.ToDictionary(p => p.Id));
}

/// <summary>Stands still until the test moves it.</summary>
internal sealed class TestClock : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 20, 2, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan by) => now += by;
}
