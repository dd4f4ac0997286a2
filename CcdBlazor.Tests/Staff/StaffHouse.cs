using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Staff;

/// <summary>A house with the shipped roles and one administrator, on a database of its own.</summary>
public sealed class StaffHouse : IAsyncLifetime
{
    public const string Password = "Right-Horse-77";

    private static readonly KeyRingOptions Keys = new(new Dictionary<string, byte[]> { ["test"] = new byte[32] }, "test", new byte[32]);

    private string connectionString = "";
    private int people;

    internal ServiceProvider Services { get; private set; } = default!;

    internal MovableClock Clock { get; } = new();

    internal StaffSignIn SignIn => Services.GetRequiredService<StaffSignIn>();

    internal StaffAccounts Accounts => Services.GetRequiredService<StaffAccounts>();

    internal RoleService Roles => Services.GetRequiredService<RoleService>();

    internal DepartmentService Departments => Services.GetRequiredService<DepartmentService>();

    internal StaffDirectory Directory => Services.GetRequiredService<StaffDirectory>();

    internal StaffSeed Seed => Services.GetRequiredService<StaffSeed>();

    internal ChangeFeed Feed => Services.GetRequiredService<ChangeFeed>();

    internal StaffActor Administrator { get; private set; } = default!;

    public async Task InitializeAsync()
    {
        connectionString = await TestCluster.CreateDatabaseAsync();
        Services = Provide(connectionString, Clock);
        await SchemaForTests.EnsureAsync(Services);
        await Seed.EnsureRolesAsync(default);
        Administrator = (await AddAsync(ShippedRoles.Administrator)).Actor;
    }

    public async Task DisposeAsync() => await Services.DisposeAsync();

    internal static ServiceProvider Provide(string connectionString, TimeProvider clock)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock);
        services.AddData(connectionString);
        services.AddSingleton(new FieldCipher(new KeyRing(Keys)));
        services.AddStaff();
        // The tests hash often and guard nothing.
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 100);
        return services.BuildServiceProvider();
    }

    /// <summary>The same house as another process sees it: its own memory, the same database.</summary>
    internal ServiceProvider AnotherNode() => Provide(connectionString, Clock);

    internal CcdDbContext Context() => Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContext();

    /// <summary>A colleague with the given roles, who signs in with <see cref="Password"/>.</summary>
    internal async Task<(StaffActor Actor, string UserName)> AddAsync(params string[] roles)
    {
        var number = Interlocked.Increment(ref people);
        var userName = $"user{number}x{Guid.NewGuid().ToString("N")[..6]}";
        var id = (await Seed.AddAsync(new StaffDraft { UserName = userName, Name = $"员工{number}" }, roles, Password, mustChangePassword: false, default)).Value;
        return ((await Directory.FindActorAsync(id, null, "10.0.0.1", default))!, userName);
    }

    internal async Task<Guid> RoleIdAsync(string name) => (await Directory.RolesAsync(default)).Single(r => r.Name == name).Id;

    internal async Task<SessionTicket> TicketAsync(string userName, string password = Password)
    {
        var outcome = await SignIn.SignInAsync(userName, password, null, "10.0.0.1", default);
        return Assert.IsType<SignInOutcome.SignedIn>(outcome.Value).Ticket;
    }

    internal async Task<List<string>> ActionsAboutAsync(Guid subject)
    {
        await using var db = Context();
        return await db.AuditEntries.Where(e => e.SubjectId == subject).OrderBy(e => e.Seq).Select(e => e.Action).ToListAsync();
    }

    internal sealed class MovableClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 11, 20, 2, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => now;

        public void Move(TimeSpan by) => now += by;
    }
}
