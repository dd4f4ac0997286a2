using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Products;

/// <summary>A database with the Products feature on it, empty at first.</summary>
public sealed class ProductHouse : IAsyncLifetime
{
    private static int ordinal;
    private string connection = "";

    internal ServiceProvider Services { get; private set; } = default!;

    internal ProductService Products => Services.GetRequiredService<ProductService>();

    internal ProductQueries Queries => Services.GetRequiredService<ProductQueries>();

    internal static StaffActor Editor { get; } = Staff("王编辑", Permission.EditProducts);

    internal static StaffActor Clerk { get; } = Staff("李客服", Permission.EditCustomers, Permission.CollectDocuments);

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        Services = Provide(connection);
        await SchemaForTests.EnsureAsync(Services);
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    /// <summary>A second program on the same database.</summary>
    internal ServiceProvider AnotherNode() => Provide(connection);

    internal async Task<CcdDbContext> DbAsync() => await Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    internal static ChecklistRules Rules(params string[] types) =>
        new(types.Select((type, place) => new ChecklistRule { Code = type, TypeCode = type, Order = place }));

    /// <summary>A product with two papers, first version.</summary>
    internal async Task<ProductRow> GivenProductAsync(params string[] types)
    {
        var number = Interlocked.Increment(ref ordinal);
        var offered = await Products.OfferAsync(
            new ProductDraft($"product_{number}", $"产品{number}", null, number), Rules(types is [] ? ["id_card_front", "bank_statement"] : types), Editor, default);
        Assert.True(offered.Ok, offered.Refusal?.Text);
        return await ReadAsync(offered.Value);
    }

    internal async Task<ProductRow> ReadAsync(Guid id) => (await Queries.ListAsync(onlyActive: false, default)).Single(p => p.Id == id);

    internal async Task<List<string>> AuditAsync(Guid product)
    {
        await using var db = await DbAsync();
        return await db.AuditEntries.Where(e => e.SubjectId == product).OrderBy(e => e.Seq).Select(e => e.Action).ToListAsync();
    }

    private static StaffActor Staff(string name, params Permission[] may) => new(Guid.CreateVersion7(), name, null, may.ToHashSet(), new HashSet<Guid>());

    private static ServiceProvider Provide(string connection) =>
        new ServiceCollection().AddLogging().AddData(connection).AddProducts().BuildServiceProvider();
}
