using Bunit;
using CcdBlazor.Components.Portraits;
using CcdBlazor.Components.Portraits.Effects;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Portraits;

public sealed class EffectPagesTests : BunitContext, IAsyncLifetime
{
    /// <summary>Shared machines are slow; the condition decides, not the clock.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PortraitsWorld world = new();
    private readonly EffectsWorld house;

    public EffectPagesTests() => house = new EffectsWorld(world);

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        await house.FurnishAsync(fewest: 2);
        foreach (var type in new[] { typeof(EffectsQueries), typeof(ChangeFeed) })
            Services.AddSingleton(type, world.GetAny(type));
        Services.AddSingleton<TimeProvider>(world.Clock);
        Services.AddSingleton<CurrentActor>(new FixedActor(house.Lead));
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new RendererInfo("Server", true));
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task Before_the_first_applied_run_the_page_says_what_it_is_for()
    {
        var page = Render<EffectsPage>();
        await page.WaitForAssertionAsync(() => Assert.Equal("还没有执行过的分配方案", page.Find(".empty h2").TextContent), Patience);
        Assert.Equal("/portraits/assignments", page.Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public async Task A_run_that_was_not_counted_yet_says_so()
    {
        await house.BuyersAsync(1);
        await house.RunAsync();
        var page = Render<EffectsPage>();
        await page.WaitForAssertionAsync(() => Assert.Equal("还没有统计", page.Find(".empty h2").TextContent), Patience);
    }

    [Fact]
    public async Task Figures_lead_to_their_customers_and_too_few_are_words()
    {
        var (buyers, drivers) = (await house.BuyersAsync(3), await house.DriversAsync(1));
        var run = await house.RunAsync();
        house.Pass(1);
        await house.DecideAsync(buyers[0], CustomerMove.Approve, 5);
        await house.DecideAsync(drivers[0], CustomerMove.Reject);
        house.Pass(40);
        await house.CountAsync();
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/portraits/effects?run={run}");
        var page = Render<EffectsPage>();
        await page.WaitForAssertionAsync(() => Assert.Contains("33.3%", page.Find(".tile").TextContent, StringComparison.Ordinal), Patience);
        var table = page.Find(".effect-cohorts");
        Assert.Contains("客户太少（少于 2 位）", table.TextContent, StringComparison.Ordinal);
        Assert.Contains("评价太少（少于 2 条）", table.TextContent, StringComparison.Ordinal);
        var link = table.QuerySelectorAll("a").First(a => a.GetAttribute("aria-label")!.StartsWith("已更换负责人 已通过", StringComparison.Ordinal));
        Assert.Equal($"/portraits/effects/customers?run={run}&cohort=Moved&result=Approved", link.GetAttribute("href"));

        Services.GetRequiredService<NavigationManager>().NavigateTo(link.GetAttribute("href")!);
        var list = Render<EffectCustomersPage>();
        await list.WaitForAssertionAsync(() => Assert.Contains("共 1 位", list.Markup, StringComparison.Ordinal), Patience);
        Assert.Equal($"/customers/{buyers[0]}", list.Find("tbody th a").GetAttribute("href"));
    }

    [Fact]
    public async Task What_stands_in_the_address_and_is_no_filter_is_left_out()
    {
        await house.BuyersAsync(2);
        await house.RunAsync();
        await house.CountAsync();
        Services.GetRequiredService<NavigationManager>().NavigateTo("/portraits/effects/customers?cohort=Nonsense&result=7&class=Z");
        var list = Render<EffectCustomersPage>();
        await list.WaitForAssertionAsync(() => Assert.Contains("共 2 位", list.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public void The_picture_of_loads_says_everything_in_words_as_well()
    {
        LoadMark[] marks =
        [
            new(Guid.NewGuid(), "李经理", 4, 7, 2, 10, 100, 175), new(Guid.NewGuid(), "周经理", 12, 9, 0, 9, 300, 225),
        ];
        var picture = Render<LoadPicture>(p => p.Add(l => l.Marks, marks).Add(l => l.Planned, true));
        var lines = picture.Find(".load-lines svg");
        Assert.All(lines.GetAttribute("aria-labelledby")!.Split(' '), id => Assert.NotNull(picture.Find($"#{id}")));
        Assert.Contains("周经理：12 位变为 9 位，下限 0，上限 9，已满", picture.Find("#loads-d").TextContent, StringComparison.Ordinal);
        // Full is a shape of its own, not a colour alone.
        Assert.Single(picture.FindAll("rect.load-dot.is-full"));
        Assert.Single(picture.FindAll("circle.load-dot"));
        Assert.Contains("0.06", picture.Find(".load-lorenz figcaption").TextContent, StringComparison.Ordinal);
        Assert.Equal(2, picture.FindAll("details table")[0].QuerySelectorAll("tbody tr").Length);
    }

    [Fact]
    public void The_picture_of_nobody_and_of_nothing_is_drawn_without_a_division_by_zero()
    {
        var empty = Render<LoadPicture>();
        Assert.DoesNotContain("NaN", empty.Markup, StringComparison.Ordinal);
        var nothing = Render<LoadPicture>(p => p.Add(l => l.Marks, [new LoadMark(Guid.NewGuid(), "李经理", 0, 0, 0, 0, 0, 0)]));
        Assert.DoesNotContain("NaN", nothing.Markup, StringComparison.Ordinal);
    }
}
