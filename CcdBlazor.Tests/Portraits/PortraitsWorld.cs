using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Segments;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Customers;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Portraits;

/// <summary>A database with portraits, managers and assignments on it. Papers are played by <see cref="FakePapers"/>, products by <see cref="FakeProducts"/>.</summary>
public sealed class PortraitsWorld : IAsyncLifetime
{
    private static int ordinal;
    private string connection = "";
    private ServiceProvider services = default!;

    internal TestClock Clock { get; } = new();

    internal static StaffActor Lead { get; } = new(Guid.CreateVersion7(), "吴主管", null, Enum.GetValues<Permission>().ToHashSet(), new HashSet<Guid>());

    internal PortraitService Portraits => Get<PortraitService>();

    internal PortraitQueries Queries => Get<PortraitQueries>();

    internal ManagerService Managers => Get<ManagerService>();

    internal ManagerQueries ManagerQueries => Get<ManagerQueries>();

    internal T Get<T>() where T : notnull => services.GetRequiredService<T>();

    internal object GetAny(Type type) => services.GetRequiredService(type);

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        var collection = new ServiceCollection();
        Register(collection);
        services = collection.BuildServiceProvider();
        await SchemaForTests.EnsureAsync(services);
        await Get<StaffSeed>().EnsureRolesAsync(default);
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

    /// <summary>The features over this database; another host that registers them is another node.</summary>
    internal void Register(IServiceCollection to)
    {
        var ring = KeyRings.With("one");
        to
            .AddLogging()
            .AddSingleton<TimeProvider>(Clock)
            .AddData(connection)
            .AddSettings()
            .AddSingleton(new FieldCipher(ring))
            .AddSingleton(new FieldHash(ring))
            .AddSingleton<ICompletenessCheck>(new FakePapers())
            .AddSingleton<ILoanProducts>(new FakeProducts())
            .AddCustomers()
            .AddStaff()
            .AddPortraits()
            .AddSegments();
    }

    public async Task DisposeAsync()
    {
        await services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    internal Task<CcdDbContext> DbAsync() => Get<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    /// <summary>A colleague with an account, and the role when one is named.</summary>
    internal async Task<StaffActor> PersonAsync(string name, string? role = null, params Permission[] may)
    {
        var actor = new StaffActor(Guid.CreateVersion7(), name, null, may.Length == 0 ? Enum.GetValues<Permission>().ToHashSet() : may.ToHashSet(), new HashSet<Guid>());
        await using var db = await DbAsync();
        db.Add(new StaffMember
        {
            Id = actor.StaffId, UserName = actor.StaffId.ToString("N"), NormalizedUserName = actor.StaffId.ToString("N").ToUpperInvariant(), Name = name, CreatedAt = Clock.GetUtcNow(),
        });
        if (role is not null)
            db.Add(new StaffRole { StaffId = actor.StaffId, RoleId = await db.Roles.Where(r => r.Name == role).Select(r => r.Id).SingleAsync() });
        await db.SaveChangesAsync();
        return actor;
    }

    /// <summary>An account manager, with a profile when one is given.</summary>
    internal async Task<StaffActor> ManagerAsync(string name, ManagerDraft? draft = null)
    {
        var actor = await PersonAsync(name, ShippedRoles.AccountManager, Permission.EditCustomers, Permission.ViewPortraits);
        if (draft is not null)
            Assert.True((await Managers.SaveAsync(actor.StaffId, draft, 0, Lead, default)).Ok);
        return actor;
    }

    internal async Task<Guid> CustomerAsync(StaffActor owner, Action<CustomerDraft>? change = null)
    {
        var draft = new CustomerDraft { Name = $"客户{Interlocked.Increment(ref ordinal)}", Phones = [MobilePhone.SyntheticAt(Interlocked.Increment(ref ordinal)).Value] };
        change?.Invoke(draft);
        var made = await Get<CustomerService>().CreateAsync(draft, owner, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return made.Value;
    }

    internal async Task FillAsync(Guid customer, Actor by, params TraitInput[] traits)
    {
        var filled = await Portraits.FillAsync(customer, new PortraitDraft(traits, Clock.GetUtcNow()), by, default);
        Assert.True(filled.Ok, filled.Refusal?.Text);
    }

    internal async Task<PortraitTraitRow> TraitAsync(Guid customer, string trait) =>
        (await Queries.CardAsync(customer, Lead, default)).Value.Traits.Single(t => t.Trait.Code == trait);

    internal async Task<uint> VersionAsync(Guid manager) => (await ManagerQueries.FindAsync(manager, Lead, default)).Value.Version;
}
