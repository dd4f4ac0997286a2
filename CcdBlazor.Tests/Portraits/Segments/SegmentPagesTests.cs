using Bunit;
using CcdBlazor.Components.Portraits.Segments;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Segments;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace CcdBlazor.Tests.Portraits.Segments;

public sealed class SegmentPagesTests : BunitContext, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly PortraitsWorld world = new();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        Services.AddSingleton(world.Get<SegmentRunQueries>());
        Services.AddSingleton(world.Get<SegmentRunService>());
        Services.AddSingleton(world.Get<ChangeFeed>());
        Services.AddScoped<DialogService>();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task A_run_is_asked_for_in_the_drawer_and_its_result_appears_by_itself()
    {
        var owner = await world.PersonAsync("周经理");
        SignIn(owner);
        var customers = new List<Guid>();
        foreach (var income in new[] { "5", "6", "7", "8", "80", "81", "82" })
        {
            customers.Add(await world.CustomerAsync(owner));
            await world.FillAsync(customers[^1], owner, new TraitInput(Traits.Income, income));
        }

        var page = Render<SegmentsPage>();
        await (await page.WaitForElementAsync("[data-act=start]", Patience)).ClickAsync(new());
        // All other traits are left out; two groups are enough.
        foreach (var feature in SegmentFeatures.All.Where(f => f.Key != Traits.Income))
            await (await page.WaitForElementAsync($"select[data-feature='{feature.Key}']", Patience)).ChangeAsync(new ChangeEventArgs { Value = "0" });
        await page.FindAll("input[type=number]")[0].ChangeAsync(new ChangeEventArgs { Value = "2" });
        await page.FindAll("input[type=number]")[1].ChangeAsync(new ChangeEventArgs { Value = "4" });
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForElementAsync("[data-part=open]", Patience);
        Assert.True(page.Find("[data-act=start]").HasAttribute("disabled"));

        Assert.True(await world.Get<SegmentRunner>().RunNextAsync(default));

        await page.WaitForElementAsync(".segment-map", Patience);
        Assert.Equal(2, page.FindAll("[data-segment]").Count);
        Assert.Contains("年收入高", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-part=open]"));
        var chip = Render<SegmentChip>(p => p.Add(c => c.CustomerId, customers[6]));
        await chip.WaitForAssertionAsync(() => Assert.Contains("2 号群 · 年收入高", chip.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Who_may_only_look_is_offered_nothing_to_start()
    {
        var reader = await world.PersonAsync("读者", null, Permission.ViewPortraits);
        SignIn(reader);
        var page = Render<SegmentsPage>();
        await page.WaitForElementAsync(".empty", Patience);
        Assert.Empty(page.FindAll("button"));
    }

    [Fact]
    public async Task A_cancelled_run_leaves_the_page_ready_for_another()
    {
        SignIn(PortraitsWorld.Lead);
        Assert.True((await world.Get<SegmentRunService>().RequestAsync(SegmentRunDraft.Suggested(), PortraitsWorld.Lead, default)).Ok);
        var page = Render<SegmentsPage>();
        await (await page.WaitForElementAsync("[data-part=open] button", Patience)).ClickAsync(new());
        // Asked first: minutes of work are lost.
        await page.WaitForElementAsync(".dialog", Patience);
        Assert.NotEmpty(page.FindAll("[data-part=open]"));
        await page.Find(".dialog .btn-danger").ClickAsync(new());
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("[data-part=open]")), Patience);
        Assert.NotNull(await page.WaitForElementAsync("[data-run=Cancelled]", Patience));
        Assert.False(page.Find("[data-act=start]").HasAttribute("disabled"));
    }

    private void SignIn(StaffActor who)
    {
        Services.AddSingleton<CurrentActor>(new FixedActor(who));
        SetRendererInfo(new RendererInfo("Server", true)); // closes the list of services
    }
}
