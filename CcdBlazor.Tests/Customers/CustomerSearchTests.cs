using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Customers;

public sealed class CustomerSearchTests(CustomersWorld world) : IClassFixture<CustomersWorld>
{
    private static readonly StaffActor All = CustomersWorld.Administrator();

    [Theory]
    [InlineData("欧阳")]
    [InlineData("欧")]
    [InlineData("阳娜")]
    [InlineData("欧阳娜娜")]
    [InlineData(" 欧阳 娜娜 ")]
    [InlineData("19412345678")]
    [InlineData("194 1234 5678")]
    [InlineData("+86 194-1234-5678")]
    [InlineData("8619412345678")]
    [InlineData("１９４１２３４５６７８")]
    [InlineData("5678")]
    [InlineData("4123")]
    [InlineData("34567")]
    [InlineData("002X")]
    [InlineData("002x")]
    [InlineData("００２Ｘ")]
    [InlineData("11010519491231002X")]
    [InlineData("110105 19491231 002x")]
    [InlineData("欧阳 5678")]
    [InlineData("欧阳 002x")]
    [InlineData("KH-20261120-")]
    [InlineData("kh20261120")]
    [InlineData("20261120-")]
    public async Task A_customer_is_found_by(string typed)
    {
        var id = await TheOneAsync();
        Assert.Contains(id, await FindAsync(typed));
    }

    [Theory]
    [InlineData("欧娜")]
    [InlineData("阳欧")]
    [InlineData("娜欧阳")]
    [InlineData("5679")]
    [InlineData("567")]
    [InlineData("3456719")]
    [InlineData("003X")]
    [InlineData("11010519491231002")]
    [InlineData("欧阳 9999")]
    [InlineData("KH-20261121")]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("'; drop table customers; --")]
    [InlineData("\ud842")]
    public async Task A_customer_is_not_found_by(string typed)
    {
        var id = await TheOneAsync();
        Assert.DoesNotContain(id, await FindAsync(typed));
    }

    [Fact]
    public async Task The_customer_number_is_found_whole_and_by_its_tail()
    {
        var id = await TheOneAsync();
        var number = (await world.Queries.DetailAsync(id, All, default)).Value.Number;
        Assert.Equal([id], await FindAsync(number));
        Assert.Equal([id], await FindAsync(number.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal)));
        Assert.Contains(id, await FindAsync(number[^5..]));
        Assert.Contains(id, await FindAsync(number[^4..]));
    }

    [Fact]
    public async Task A_company_is_found_by_part_of_its_name_in_any_case_and_width()
    {
        var id = await world.GivenCustomerAsync(All, CustomersWorld.Draft("上海 ABC８８４８贸易有限公司（分公司）"));
        foreach (var typed in new[] { "贸易有限", "abc", "ＡＢＣ", "8848", "c8848", "限公司分公" })
            Assert.Contains(id, await FindAsync(typed));
    }

    [Fact]
    public async Task Search_follows_the_edit()
    {
        var id = await world.GivenCustomerAsync(All, CustomersWorld.Draft("司马相如", "19498761234"));
        var form = (await world.Queries.FormAsync(id, All, default)).Value;
        var draft = form.Draft.Copy();
        draft.Name = "诸葛亮";
        draft.Phones = ["19411112222"];
        Assert.True((await world.Service.EditAsync(id, draft, form, All, default)).Ok);
        Assert.DoesNotContain(id, await FindAsync("司马"));
        Assert.DoesNotContain(id, await FindAsync("8761"));
        Assert.Contains(id, await FindAsync("诸葛"));
        Assert.Contains(id, await FindAsync("2222"));
    }

    [Fact]
    public async Task Filters_narrow_by_product_tag_source_state_kind_and_day()
    {
        var draft = CustomersWorld.Draft("端木赐");
        draft.Tags = ["重点客户"];
        draft.Source = "老客户介绍";
        draft.Loans = [new LoanDraft { ProductId = FakeProducts.Car.Id, Amount = 80_000 }];
        var id = await world.GivenCustomerAsync(All, draft);
        var today = DateOnly.FromDateTime(world.Clock.GetUtcNow().UtcDateTime);

        foreach (var fitting in new CustomerFilter[]
        {
            new(ProductId: FakeProducts.Car.Id), new(Tag: "重点客户"), new(Source: "老客户介绍"), new(States: [CustomerState.Collecting]),
            new(States: [CustomerState.Collecting, CustomerState.Approved]), new(OwnerId: All.StaffId), new(Kind: CustomerKind.Person),
            new(CreatedFrom: today, CreatedTo: today), new("端木", Tag: "重点客户"),
        })
            Assert.Contains(id, await FindAsync(fitting));
        foreach (var other in new CustomerFilter[]
        {
            new(ProductId: FakeProducts.Old.Id), new(Tag: "重点"), new(Source: "网络"), new(States: [CustomerState.Approved]), new(OwnerId: Guid.NewGuid()),
            new(Kind: CustomerKind.Company), new(CreatedFrom: today.AddDays(1)), new(CreatedTo: today.AddDays(-1)), new(WaitingDays: 1), new(DepartmentId: Guid.NewGuid()),
        })
            Assert.DoesNotContain(id, await FindAsync(other));
    }

    [Theory]
    [InlineData(CustomerSort.Updated)]
    [InlineData(CustomerSort.Created)]
    [InlineData(CustomerSort.Name)]
    [InlineData(CustomerSort.Completeness)]
    [InlineData(CustomerSort.StateSince)]
    public async Task Every_order_shows_each_customer_once(CustomerSort sort)
    {
        var clerk = CustomersWorld.Clerk();
        var expected = new HashSet<Guid>();
        for (var i = 0; i < 25; i++)
        {
            expected.Add(await world.GivenCustomerAsync(clerk, CustomersWorld.Draft("赵钱孙李周吴"[i % 6] + "翻页")));
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var first = await world.Queries.ListAsync(new CustomerFilter(Sort: sort), new PageRequest(1, 20), clerk, default);
        var second = await world.Queries.ListAsync(new CustomerFilter(Sort: sort), new PageRequest(2, 20), clerk, default);
        Assert.Equal((25, false, 20, 5), (first.Total, first.TotalIsFloor, first.Rows.Count, second.Rows.Count));
        Assert.Equal(expected, first.Rows.Concat(second.Rows).Select(r => r.Id).ToHashSet());
        if (sort == CustomerSort.Name)
            Assert.Equal(["李翻页", "钱翻页", "孙翻页", "吴翻页", "赵翻页", "周翻页"], first.Rows.Concat(second.Rows).Select(r => r.Name).Distinct());
    }

    [Theory]
    [InlineData(CustomerSort.Updated)]
    [InlineData(CustomerSort.Created)]
    [InlineData(CustomerSort.Name)]
    [InlineData(CustomerSort.Completeness)]
    [InlineData(CustomerSort.StateSince)]
    public async Task More_matches_than_are_gathered_are_still_in_order_and_counted_as_more(CustomerSort sort)
    {
        var clerk = await GivenManyAsync();
        foreach (var filter in new CustomerFilter[] { new("鑫"), new("鑫", States: [CustomerState.Collecting]), new(CreatedFrom: new DateOnly(2020, 1, 1)), new() })
        {
            var first = await world.Queries.ListAsync(filter with { Sort = sort }, new PageRequest(1, 20), clerk, default);
            var second = await world.Queries.ListAsync(filter with { Sort = sort }, new PageRequest(2, 20), clerk, default);
            // Without a filter the count goes along an index, and further.
            Assert.Equal(filter.IsEmpty ? (CustomerList.Gathered + 50, false) : (CustomerList.Gathered, true), (first.Total, first.TotalIsFloor));
            Assert.Equal((20, 20), (first.Rows.Count, second.Rows.Count));
            var rows = first.Rows.Concat(second.Rows).ToList();
            Assert.Equal(40, rows.Select(r => r.Id).Distinct().Count());
            Assert.Equal(
                sort switch
                {
                    CustomerSort.Updated => rows.OrderByDescending(r => r.UpdatedAt),
                    CustomerSort.Created => rows.OrderByDescending(r => r.CreatedAt),
                    CustomerSort.Name => rows.OrderBy(r => r.Name == "安鑫" ? 0 : 1),
                    CustomerSort.Completeness => rows.OrderByDescending(r => r.Percent),
                    CustomerSort.StateSince => rows.OrderBy(r => r.StateSince),
                    _ => throw new ArgumentOutOfRangeException(nameof(sort)),
                },
                rows);
        }
    }

    /// <summary>A few more than the list gathers; written past the service, which would take a minute.</summary>
    private async Task<StaffActor> GivenManyAsync()
    {
        var clerk = await world.KnownAsync(Many);
        await using var db = await world.DbAsync();
        if (await db.Customers.AnyAsync(c => c.OwnerId == Many.StaffId))
            return clerk;
        for (var i = 0; i < CustomerList.Gathered + 50; i++)
            db.Add(Customer.Open(
                $"KH-20250101-{i:0000}", new CustomerProfile(CustomerKind.Person, i % 100 == 7 ? "安鑫" : "张鑫", [], null, [], null, []), null,
                clerk.StaffId, null, clerk, world.Clock.GetUtcNow().AddMinutes(-i)));
        await db.SaveChangesAsync();
        return clerk;
    }

    private static readonly StaffActor Many = CustomersWorld.Clerk();

    private async Task<Guid> TheOneAsync()
    {
        var found = await world.Queries.ListAsync(new CustomerFilter("11010519491231002X"), new PageRequest(), All, default);
        return found.Rows.Count > 0
            ? found.Rows[0].Id
            : await world.GivenCustomerAsync(All, CustomersWorld.Draft("欧阳娜娜", "+86 194 1234 5678", "11010519491231002x"));
    }

    private Task<Guid[]> FindAsync(string typed) => FindAsync(new CustomerFilter(typed));

    private async Task<Guid[]> FindAsync(CustomerFilter filter) =>
        [.. (await world.Queries.ListAsync(filter, new PageRequest(1, 100), All, default)).Rows.Select(r => r.Id)];
}
