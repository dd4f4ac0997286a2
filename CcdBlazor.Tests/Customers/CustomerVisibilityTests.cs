using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerVisibilityTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly Guid Branch = Guid.CreateVersion7();
    private static readonly Guid TeamBelow = Guid.CreateVersion7();

    [Fact]
    public async Task The_owner_sees_his_customer_and_a_stranger_does_not()
    {
        var owner = CustomersWorld.Clerk(TeamBelow);
        var id = await world.GivenCustomerAsync(owner);
        await AssertSeesAsync(owner, id, true);
        await AssertSeesAsync(CustomersWorld.Clerk(TeamBelow), id, false);
        await AssertSeesAsync(CustomersWorld.Clerk(), id, false);
    }

    [Fact]
    public async Task A_leader_sees_the_customers_of_the_departments_below()
    {
        var id = await world.GivenCustomerAsync(CustomersWorld.Clerk(TeamBelow));
        // What a leader leads comes with everything below it.
        await AssertSeesAsync(CustomersWorld.Clerk(Branch) with { LedDepartments = new HashSet<Guid> { Branch, TeamBelow } }, id, true);
        await AssertSeesAsync(CustomersWorld.Clerk(Branch) with { LedDepartments = new HashSet<Guid> { Guid.CreateVersion7() } }, id, false);
    }

    [Fact]
    public async Task A_customer_without_department_is_led_by_nobody()
    {
        var id = await world.GivenCustomerAsync(CustomersWorld.Clerk());
        await AssertSeesAsync(CustomersWorld.Clerk(Branch) with { LedDepartments = new HashSet<Guid> { Branch, Guid.Empty } }, id, false);
    }

    [Fact]
    public async Task A_reviewer_sees_a_file_from_its_first_submission_on()
    {
        var id = await world.GivenCustomerAsync(CustomersWorld.Clerk());
        var reviewer = CustomersWorld.Reviewer();
        await AssertSeesAsync(reviewer, id, false);
        await world.GivenStateAsync(id, CustomerState.InReview);
        await AssertSeesAsync(reviewer, id, true);
        await world.MoveAsync(id, CustomerMove.ReturnForMore, reviewer, "流水不清晰");
        await AssertSeesAsync(reviewer, id, true);
    }

    [Fact]
    public async Task A_customer_behind_a_link_sees_only_himself()
    {
        var (mine, other) = (await world.GivenCustomerAsync(CustomersWorld.Clerk()), await world.GivenCustomerAsync(CustomersWorld.Clerk()));
        var link = new LinkActor(Guid.CreateVersion7(), mine);
        await AssertSeesAsync(link, mine, true);
        await AssertSeesAsync(link, other, false);
    }

    [Fact]
    public async Task A_deleted_customer_is_visible_only_in_the_recycle_bin_of_those_who_may_delete()
    {
        var owner = CustomersWorld.Clerk();
        var admin = CustomersWorld.Administrator();
        var id = await world.GivenCustomerAsync(owner);
        Assert.True((await world.Service.DeleteAsync(id, "重复登记", admin, default)).Ok);
        await AssertSeesAsync(owner, id, false);
        await AssertSeesAsync(admin, id, false);
        Assert.Contains((await world.Queries.RecycleBinAsync(new PageRequest(1, 100), admin, default)).Value.Rows, r => r.Id == id);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Queries.RecycleBinAsync(new PageRequest(), owner, default)).Refusal);
    }

    [Fact]
    public async Task What_is_not_visible_answers_like_what_is_not_there_for_every_write()
    {
        var id = await world.GivenCustomerAsync(CustomersWorld.Clerk());
        var stranger = CustomersWorld.Staff(null, Permission.EditCustomers, Permission.DeleteCustomers, Permission.RevealIdentity, Permission.ReassignCustomers);
        var form = (await world.Queries.FormAsync(id, CustomersWorld.Administrator(), default)).Value;
        foreach (var target in new[] { id, Guid.CreateVersion7() })
        {
            Assert.Equal(CommonRefusals.NotFound, (await world.Queries.DetailAsync(target, stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Queries.FormAsync(target, stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Service.EditAsync(target, form.Draft, form, stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Service.SetFactsAsync(target, [], stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Service.SetTagsAsync(target, [], stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Service.DeleteAsync(target, "原因", stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Service.RestoreAsync(target, stranger, default)).Refusal);
            Assert.Equal(CommonRefusals.NotFound, (await world.Service.RevealIdentityAsync(target, "核对", stranger, default)).Refusal);
        }
    }

    private async Task AssertSeesAsync(Actor actor, Guid id, bool sees)
    {
        await using var db = await world.DbAsync();
        Assert.Equal(sees, await db.Customers.VisibleTo(actor).AnyAsync(c => c.Id == id));
        // In memory, over a row that was read for everybody, the answer is the same.
        Assert.Equal(sees, CustomerAccess.Of(await db.Customers.SingleAsync(c => c.Id == id)).VisibleTo(actor));
        if (actor is not StaffActor)
            return;
        Assert.Equal(sees, (await world.Queries.DetailAsync(id, actor, default)).Ok);
        var listed = await world.Queries.ListAsync(new CustomerFilter(), new PageRequest(1, 100), actor, default);
        Assert.Equal(sees, listed.Rows.Any(r => r.Id == id));
    }
}
