using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerOwnershipTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly StaffActor Admin = CustomersWorld.Administrator();

    [Fact]
    public async Task Registering_and_handing_over_are_in_the_history_of_owners()
    {
        var (owner, next) = (CustomersWorld.Clerk() with { Name = "先前" }, await world.KnownAsync(CustomersWorld.Clerk() with { Name = "后来" }));
        var id = await world.GivenCustomerAsync(owner);
        await world.KnownAsync(Admin);
        Assert.True((await world.Service.ChangeOwnerAsync(id, next.StaffId, Admin, default)).Ok);
        var history = await world.Queries.OwnerHistoryAsync(id, next, default);
        Assert.Equal(
            [(OwnerChangeCause.Assigned, "先前", "后来", Admin.Name), (OwnerChangeCause.Registered, null, "先前", owner.Name)],
            history.Select(h => (h.Cause, h.From, h.To!, h.By)));
        Assert.Empty(await world.Queries.OwnerHistoryAsync(id, owner, default));
    }

    [Fact]
    public async Task Handing_over_to_the_same_owner_again_leaves_no_line_and_does_not_begin_the_ownership_anew()
    {
        var owner = CustomersWorld.Clerk();
        var id = await world.GivenCustomerAsync(owner);
        await world.KnownAsync(Admin);
        var since = await SinceAsync(id);
        world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True((await world.Service.ChangeOwnerAsync(id, owner.StaffId, Admin, default)).Ok);
        Assert.Single(await world.Queries.OwnerHistoryAsync(id, Admin, default));
        Assert.Equal(since, await SinceAsync(id));
    }

    [Fact]
    public async Task Many_are_moved_as_one_is_with_history_audit_and_search()
    {
        var (owner, helper, north) = (CustomersWorld.Clerk(), await world.KnownAsync(CustomersWorld.Clerk()), Guid.CreateVersion7());
        var next = await world.KnownAsync(CustomersWorld.Clerk(north));
        await world.KnownAsync(Admin);
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
            ids.Add(await world.GivenCustomerAsync(owner));
        Assert.True((await world.Service.SetCollaboratorsAsync(ids[0], [helper.StaffId, next.StaffId], Admin, default)).Ok);
        var twin = await world.GivenCustomerAsync(owner);
        Assert.True((await world.Service.ChangeOwnerAsync(twin, next.StaffId, Admin, default)).Ok);

        var run = Guid.CreateVersion7();
        IReadOnlyList<Guid> moved;
        await using (var db = await world.DbAsync())
        {
            await using var work = await db.BeginAsync(default);
            // The last of them belongs to somebody else meanwhile, says the caller.
            moved = await CustomerOwnership.MoveManyAsync(
                db, [.. ids.Select((id, i) => new OwnerMove(id, i == 4 ? helper.StaffId : owner.StaffId, next.StaffId, null, north))],
                OwnerChangeCause.AutoAssigned, Admin, world.Clock.GetUtcNow(), "均衡负载", run, skipLocked: false, default);
            await work.CommitAsync(default);
        }

        Assert.Equal(ids[..4].Order(), moved.Order());
        await using var read = await world.DbAsync();
        var customers = await read.Customers.Include(c => c.Loans).Where(c => ids.Contains(c.Id)).ToListAsync();
        foreach (var customer in customers)
        {
            var stored = customer.SearchGrams.Order(StringComparer.Ordinal).ToArray();
            customer.Touch(world.Clock.GetUtcNow());
            Assert.Equal(customer.SearchGrams.Order(StringComparer.Ordinal), stored);
        }

        var first = customers.Single(c => c.Id == ids[0]);
        Assert.Equal((next.StaffId, north), (first.OwnerId, first.DepartmentId));
        Assert.Equal([helper.StaffId], first.CollaboratorIds);
        Assert.Equal([next.StaffId, helper.StaffId], first.StaffIds);
        Assert.Equal(owner.StaffId, customers.Single(c => c.Id == ids[4]).OwnerId);
        var line = (await world.Queries.OwnerHistoryAsync(ids[0], Admin, default))[0];
        Assert.Equal((OwnerChangeCause.AutoAssigned, "均衡负载", Admin.Name), (line.Cause, line.Reason, line.By));
        Assert.Equal(4, await read.CustomerOwnerChanges.CountAsync(h => h.PartOf == run));
        Assert.Equal(4, await read.AuditEntries.CountAsync(a => a.Action == "customer.auto_assigned" && ids.Contains(a.CustomerId!.Value)));
    }

    private async Task<DateTimeOffset> SinceAsync(Guid id)
    {
        await using var db = await world.DbAsync();
        return await db.Customers.Where(c => c.Id == id).Select(c => c.OwnerSince).SingleAsync();
    }
}
