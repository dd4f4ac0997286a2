using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Products;

public sealed class ProductSeedTests : IAsyncLifetime
{
    private readonly ProductHouse house = new();

    public Task InitializeAsync() => house.InitializeAsync();

    public Task DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task Shipped_products_come_once_and_belong_to_the_administrator_afterwards()
    {
        var seed = house.Services.GetRequiredService<ProductSeed>();
        await seed.EnsureShippedAsync(default);
        var rows = await house.Queries.ListAsync(onlyActive: false, default);
        Assert.Equal(ShippedProducts.All.Select(p => p.Name), rows.Select(r => r.Name));

        await house.Products.DescribeAsync(rows[0].Id, new ProductDraft(rows[0].Code, "本公司信用贷", null, 9), rows[0].Version, ProductHouse.Editor, default);
        await seed.EnsureShippedAsync(default);

        var after = await house.Queries.ListAsync(onlyActive: false, default);
        Assert.Equal(ShippedProducts.All.Count, after.Count);
        Assert.Contains(after, r => r.Name == "本公司信用贷");
    }

    [Fact]
    public async Task Two_programs_that_start_at_once_bring_each_product_once()
    {
        await using var other = house.AnotherNode();

        await Task.WhenAll(new[] { house.Services, other }.SelectMany(node => new[] { node, node }).Select(node => Task.Run(() =>
            node.GetRequiredService<ProductSeed>().EnsureShippedAsync(default))));

        var rows = await house.Queries.ListAsync(onlyActive: false, default);
        Assert.Equal(ShippedProducts.All.Select(p => p.Code).Order(), rows.Select(r => r.Code).Order());
        await using var db = await house.DbAsync();
        Assert.Equal(rows.Count, await db.RulesVersions.CountAsync());
    }
}
