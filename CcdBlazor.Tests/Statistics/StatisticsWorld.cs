using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Domain.Statistics;
using CcdBlazor.Tests.Customers;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Statistics;

/// <summary>A database with the real customers, documents and reviews on it, and a product that asks for one paper.</summary>
public sealed class StatisticsWorld : IAsyncLifetime
{
    private string connection = "";
    private ServiceProvider services = default!;
    private Guid product;

    internal TestClock Clock { get; } = new();

    internal StaffActor Admin { get; } = CustomersWorld.Administrator();

    internal StatisticsQueries Statistics => Get<StatisticsQueries>();

    internal StatisticsFolding Folding => Get<StatisticsFolding>();

    internal T Get<T>() where T : notnull => services.GetRequiredService<T>();

    internal Task<CcdDbContext> DbAsync() => Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        var ring = KeyRings.With("one");
        services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).AddData(connection)
            .AddSingleton(new FieldCipher(ring)).AddSingleton(new FieldHash(ring))
            .AddProducts().AddCustomers().AddDocuments().AddStaff().AddStatistics().BuildServiceProvider();
        await SchemaForTests.EnsureAsync(services);
        await KnownAsync(Admin);
        var offered = await Get<ProductService>().OfferAsync(
            new ProductDraft("one_paper", "一份资料", null, 1), new ChecklistRules([new ChecklistRule { Code = "bank_statement", TypeCode = "bank_statement", MaxFiles = 50 }]), Admin, default);
        Assert.True(offered.Ok, offered.Refusal?.Text);
        product = offered.Value;
    }

    public async Task DisposeAsync()
    {
        await services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    /// <summary>A colleague who collects, with an account; leads the given departments.</summary>
    internal async Task<StaffActor> GivenClerkAsync(Guid? department = null, params Guid[] leads) => await KnownAsync(new StaffActor(
        Guid.CreateVersion7(), "同事", department, new HashSet<Permission> { Permission.EditCustomers, Permission.CollectDocuments, Permission.ReassignCustomers }, leads.ToHashSet()));

    internal async Task<Guid> GivenDepartmentAsync(Guid? parent = null)
    {
        var made = await Get<DepartmentService>().CreateAsync(new DepartmentDraft { Name = $"部门{Guid.NewGuid():N}"[..20], ParentId = parent }, Admin, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return made.Value;
    }

    internal async Task<Guid> GivenCustomerAsync(StaffActor by)
    {
        var draft = CustomersWorld.Draft();
        draft.Loans = [new LoanDraft { ProductId = product, Amount = 1000 }];
        var made = await Get<CustomerService>().CreateAsync(draft, by, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return made.Value;
    }

    /// <summary>Hands a paper in. The stored file behind it is only a row.</summary>
    internal async Task<Result<Guid>> UploadAsync(Guid customer, Actor by)
    {
        var (file, sha) = (Guid.CreateVersion7(), Guid.NewGuid().ToString("N"));
        await using (var db = await DbAsync())
        {
            db.Add(new StoredBlob { Sha = sha, Location = sha, Bytes = 1, KeyId = "one", WrappedKey = [1], CreatedAt = Clock.GetUtcNow() });
            await db.SaveChangesAsync();
            db.Add(new StoredFile { Id = file, Sha = sha, Bytes = 1, Kind = ContentKind.Pdf, MediaType = "application/pdf", FileName = "流水.pdf", CreatedAt = Clock.GetUtcNow() });
            await db.SaveChangesAsync();
        }

        return await Get<DocumentService>().AcceptAsync(by, new UploadedFile(Guid.CreateVersion7(), file, customer, "bank_statement", null, "流水.pdf", 1, new MediaFacts(ContentKind.Pdf, null, null, 1, 1)), default);
    }

    internal Task<Result> MoveAsync(Guid customer, CustomerMove move) => Get<ReviewService>().MoveAsync(customer, move, "原因", Reviewer, default);

    internal async Task<Result> AcceptAllAsync(Guid customer)
    {
        var view = await Get<DocumentQueries>().ChecklistAsync(customer, Reviewer, default);
        foreach (var document in view?.Lines.SelectMany(l => l.Current).Where(d => d.State == DocumentState.Uploaded) ?? [])
            if (await Get<ReviewService>().DecideAsync(document.Id, DocumentVerdict.Accepted, null, document.Version, Reviewer, default) is { Ok: false } no)
                return no;
        return Result.Done;
    }

    /// <summary>The customer with its papers, in this state.</summary>
    internal async Task<Guid> GivenCustomerInAsync(CustomerState state, StaffActor owner)
    {
        var id = await GivenCustomerAsync(owner);
        if (state == CustomerState.Collecting)
            return id;
        Assert.True((await UploadAsync(id, owner)).Ok);
        if (state == CustomerState.Complete)
            return id;
        Assert.True((await MoveAsync(id, CustomerMove.SubmitForReview)).Ok);
        if (state == CustomerState.Approved)
        {
            Assert.True((await AcceptAllAsync(id)).Ok);
            Assert.True((await MoveAsync(id, CustomerMove.Approve)).Ok);
        }

        if (state == CustomerState.Rejected)
            Assert.True((await MoveAsync(id, CustomerMove.Reject)).Ok);
        return id;
    }

    internal async Task<Dashboard> DashboardAsync(StatisticsScope scope, StaffActor by)
    {
        var read = await Statistics.DashboardAsync(scope, by, default);
        Assert.True(read.Ok, read.Refusal?.Text);
        return read.Value;
    }

    internal Task<Dashboard> EverybodyAsync() => DashboardAsync(new StatisticsScope(StatisticsScopeKind.Everybody, null, ""), Admin);

    internal Task<Dashboard> MineAsync(StaffActor by) => DashboardAsync(new StatisticsScope(StatisticsScopeKind.Mine, null, ""), by);

    /// <summary>Does everything, and never uploads: so it may decide.</summary>
    private StaffActor Reviewer => Admin;

    private async Task<StaffActor> KnownAsync(StaffActor actor)
    {
        await using var db = await DbAsync();
        db.Add(new StaffMember
        {
            Id = actor.StaffId,
            UserName = actor.StaffId.ToString("N"),
            NormalizedUserName = actor.StaffId.ToString("N").ToUpperInvariant(),
            Name = actor.Name,
            DepartmentId = actor.DepartmentId,
            CreatedAt = Clock.GetUtcNow(),
        });
        await db.SaveChangesAsync();
        return actor;
    }
}
