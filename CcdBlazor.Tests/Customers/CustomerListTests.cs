using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Customers;

/// <summary>The list answers the same whichever way it takes; grams are a matter of speed alone.</summary>
public sealed class CustomerListTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly Guid North = Guid.CreateVersion7();
    private static readonly Guid South = Guid.CreateVersion7();
    private static readonly StaffActor Ann = CustomersWorld.Clerk(North);
    private static readonly StaffActor Bob = CustomersWorld.Clerk(South);
    private static readonly StaffActor Admin = CustomersWorld.Administrator();

    private static StaffActor[] Readers =>
    [
        Admin, Ann, Bob, CustomersWorld.Reviewer(), CustomersWorld.Clerk(), Ann with { LedDepartments = new HashSet<Guid> { North } },
        Bob with { LedDepartments = new HashSet<Guid> { North, South } },
        CustomersWorld.Clerk() with { LedDepartments = Enumerable.Range(0, 9).Select(_ => Guid.CreateVersion7()).Append(South).ToHashSet() },
    ];

    private static CustomerFilter[] Filters =>
    [
        new(), new("张"), new("张伟"), new("伟"), new("贸易有限"), new("abcd"), new("1234"), new("4123"), new("12345"), new("-0002"), new("0002"), new("002X"), new("张 1234"),
        new("KH-2026"), new(States: [CustomerState.Collecting]), new(States: [CustomerState.Collecting, CustomerState.InReview]), new(States: [CustomerState.Approved]),
        new(ProductId: FakeProducts.Car.Id), new(Tag: "加急"), new(Source: "门店"), new(Kind: CustomerKind.Company), new(Kind: CustomerKind.Person),
        new(OwnerId: Ann.StaffId), new(DepartmentId: North), new(SentBack: true), new(WaitingDays: 1), new(CreatedFrom: new DateOnly(2026, 11, 1)),
        new(CreatedFrom: new DateOnly(2026, 11, 20), CreatedTo: new DateOnly(2026, 11, 20)), new(CreatedTo: new DateOnly(2026, 10, 31)), new("张", [CustomerState.Collecting], Tag: "加急"),
    ];

    [Fact]
    public async Task Grams_hide_nothing_that_the_row_allows_and_every_total_is_right()
    {
        await GivenMixedAsync();
        await using var db = await world.DbAsync();
        var seen = 0;
        foreach (var reader in Readers)
            foreach (var filter in Filters)
            {
                var match = await world.Queries.MatchAsync(db, filter, reader, default);
                var exact = (await match.Of(db.Customers).Select(c => c.Id).ToListAsync()).Order().ToList();
                var indexed = (await match.Fenced(db.Customers).Select(c => c.Id).ToListAsync()).Order().ToList();
                Assert.Equal((filter, exact), (filter, indexed), (a, b) => a.Item2.SequenceEqual(b.Item2));
                var page = await world.Queries.ListAsync(filter, new PageRequest(1, 100), reader, default);
                Assert.Equal(exact, page.Rows.Select(r => r.Id).Order());
                Assert.Equal((exact.Count, false), (page.Total, page.TotalIsFloor));
                if (filter != new CustomerFilter())
                    Assert.Equal((exact.Count, false), await world.Queries.CountAsync(filter, reader, default));
                seen += exact.Count;
            }

        Assert.True(seen > 100, "The filters fit next to nothing: the comparison says nothing.");
    }

    [Fact]
    public async Task What_is_seen_for_several_reasons_is_listed_and_counted_once()
    {
        var lead = await world.KnownAsync(CustomersWorld.Clerk(Guid.CreateVersion7()));
        lead = lead with { LedDepartments = new HashSet<Guid> { lead.DepartmentId!.Value }, Permissions = new HashSet<Permission> { Permission.EditCustomers, Permission.ViewSubmittedFiles } };
        var own = await world.GivenCustomerAsync(lead);
        await world.GivenStateAsync(own, CustomerState.InReview);
        var page = await world.Queries.ListAsync(new CustomerFilter(), new PageRequest(1, 100), lead, default);
        Assert.Single(page.Rows, r => r.Id == own);
        Assert.Equal(page.Rows.Count, page.Total);
    }

    [Fact]
    public async Task A_customer_follows_its_owner_into_the_lists_of_the_new_department()
    {
        var (old, next) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var owner = await world.KnownAsync(CustomersWorld.Clerk(old));
        await world.KnownAsync(CustomersWorld.Clerk(next));
        var id = await world.GivenCustomerAsync(owner, CustomersWorld.Draft("随迁客户"));
        await using (var db = await world.DbAsync())
            await db.Database.ExecuteSqlAsync($"update staff set department_id = {next} where id = {owner.StaffId}");
        foreach (var filter in new CustomerFilter[] { new(), new("随迁"), new(DepartmentId: next) })
        {
            Assert.Contains((await world.Queries.ListAsync(filter, new PageRequest(1, 100), Leading(next), default)).Rows, r => r.Id == id);
            Assert.Empty((await world.Queries.ListAsync(filter, new PageRequest(1, 100), Leading(old), default)).Rows);
        }
    }

    private static StaffActor Leading(Guid department) => CustomersWorld.Clerk() with { LedDepartments = new HashSet<Guid> { department } };

    private async Task GivenMixedAsync()
    {
        await world.KnownAsync(Ann);
        await world.KnownAsync(Bob);
        var drafts = new[]
        {
            CustomersWorld.Draft("张伟", "19412345678"), CustomersWorld.Draft("张三丰", "19456781234"), CustomersWorld.Draft("上海 ABCD 贸易有限公司", "19411234123"),
            CustomersWorld.Draft("伟大贸易有限公司"), CustomersWorld.Draft("李四1234"), CustomersWorld.Draft("王芳", null, "11010519491231002X"),
        };
        (drafts[2].Kind, drafts[3].Kind) = (CustomerKind.Company, CustomerKind.Company);
        var ids = new List<Guid>();
        for (var i = 0; i < drafts.Length; i++)
        {
            (drafts[i].Tags, drafts[i].Source) = (i % 2 == 0 ? ["加急"] : [], i % 3 == 0 ? "门店" : null);
            if (i % 2 == 1)
                drafts[i].Loans = [new LoanDraft { ProductId = FakeProducts.Car.Id, Amount = 80_000 }];
            ids.Add(await world.GivenCustomerAsync(i % 2 == 0 ? Ann : Bob, drafts[i]));
        }

        Assert.True((await world.Service.SetCollaboratorsAsync(ids[0], [Bob.StaffId], Admin, default)).Ok);
        await world.GivenStateAsync(ids[1], CustomerState.Approved);
        await world.GivenStateAsync(ids[2], CustomerState.InReview);
        await world.MoveAsync(ids[2], CustomerMove.ReturnForMore, Admin, "补充流水");
        await world.GivenStateAsync(ids[3], CustomerState.InReview);
    }
}
