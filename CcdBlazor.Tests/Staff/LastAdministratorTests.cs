using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Staff;

/// <summary>Each case on a house of its own, because it counts administrators.</summary>
public sealed class LastAdministratorTests : IAsyncLifetime
{
    private static readonly SystemActor System = new("test");
    private readonly StaffHouse house = new();

    public Task InitializeAsync() => house.InitializeAsync();

    public Task DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task The_last_administrator_cannot_be_disabled() =>
        Assert.Equal(StaffRefusals.LastAdministrator, (await house.Accounts.DisableAsync(house.Administrator.StaffId, null, System, default)).Refusal);

    [Fact]
    public async Task The_last_administrator_cannot_lose_the_role()
    {
        var legal = await house.RoleIdAsync(ShippedRoles.Legal);
        Assert.Equal(StaffRefusals.LastAdministrator, (await house.Accounts.SetRolesAsync(house.Administrator.StaffId, [legal], house.Administrator, default)).Refusal);
        Assert.True((await house.Directory.FindActorAsync(house.Administrator.StaffId, null, null, default))!.May(Permission.ManageStaff));
    }

    [Fact]
    public async Task One_of_two_can_go()
    {
        await house.AddAsync(ShippedRoles.Administrator);
        Assert.True((await house.Accounts.DisableAsync(house.Administrator.StaffId, null, System, default)).Ok);
    }

    [Fact]
    public async Task Two_administrators_who_disable_each_other_at_once_leave_one()
    {
        var (other, _) = await house.AddAsync(ShippedRoles.Administrator);
        var outcomes = await Task.WhenAll(
            house.Accounts.DisableAsync(other.StaffId, null, house.Administrator, default),
            house.Accounts.DisableAsync(house.Administrator.StaffId, null, other, default));
        Assert.Single(outcomes, o => o.Ok);
        Assert.Single(outcomes, o => o.Refusal == StaffRefusals.LastAdministrator);
    }

    [Fact]
    public async Task The_first_start_makes_one_administrator_with_a_printed_password()
    {
        await using var services = StaffHouse.Provide(await TestCluster.CreateDatabaseAsync(), house.Clock);
        await SchemaForTests.EnsureAsync(services);
        var seed = (StaffSeed)services.GetService(typeof(StaffSeed))!;
        await seed.EnsureRolesAsync(default);
        Assert.Equal(StaffRefusals.PasswordTooShort.Code, (await seed.EnsureFirstAdministratorAsync("short1", default)).Refusal!.Code);
        var first = (await seed.EnsureFirstAdministratorAsync(null, default)).Value;
        Assert.True(first.Created);
        var signIn = (StaffSignIn)services.GetService(typeof(StaffSignIn))!;
        var outcome = (await signIn.SignInAsync(first.UserName, first.GeneratedPassword!, null, null, default)).Value;
        Assert.True(Assert.IsType<SignInOutcome.SignedIn>(outcome).Ticket.MustChangePassword);
        Assert.False((await seed.EnsureFirstAdministratorAsync(null, default)).Value.Created);
    }
}
