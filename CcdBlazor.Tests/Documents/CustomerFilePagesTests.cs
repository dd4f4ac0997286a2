using Bunit;
using CcdBlazor.Components.Documents;
using CcdBlazor.Components.Shared;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Satisfaction;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Live;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Documents;

/// <summary>The two pages of one customer's file, as somebody sees them while others work.</summary>
public sealed class CustomerFilePagesTests : BunitContext, IClassFixture<GivenFile>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly GivenFile given;
    private readonly PresenceBoard presence;
    private readonly SignedIn current = new();

    public CustomerFilePagesTests(GivenFile given)
    {
        this.given = given;
        presence = new PresenceBoard(given.Get<ChangeFeed>(), given.Clock);
        Services.AddSingleton(presence);
        Services.AddSingleton(given.Get<ChangeFeed>());
        Services.AddSingleton(given.Get<SharedFileReads>());
        Services.AddSingleton(given.Get<StaffDirectory>());
        Services.AddSingleton(given.Customers);
        Services.AddSingleton(given.Documents);
        Services.AddSingleton(given.Queries);
        Services.AddSingleton(given.Reviews);
        Services.AddSingleton(given.Get<CustomerQueries>());
        Services.AddSingleton(given.Get<PoolQueries>());
        Services.AddSingleton(given.Get<PoolService>());
        Services.AddSingleton(given.Get<FollowUpQueries>());
        Services.AddSingleton(given.Get<SatisfactionQueries>());
        Services.AddSingleton(given.Get<SatisfactionService>());
        Services.AddSingleton(new FollowUpService(given.Get<IDbContextFactory<CcdDbContext>>(), given.Get<FileStore>(), null!, given.Clock));
        Services.AddSingleton(given.Links);
        Services.AddSingleton(given.Get<DocumentRequests>());
        Services.AddSingleton(given.Get<PublicAddress>());
        Services.AddSingleton(given.Get<CustomerAccountQueries>());
        Services.AddSingleton(given.Get<CustomerAccountService>());
        Services.AddSingleton(given.Get<RulesUpgrade>());
        Services.AddSingleton(given.Get<SettingsReader>());
        Services.AddSingleton<TimeProvider>(given.Clock);
        Services.AddSingleton<CurrentActor>(current);
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new RendererInfo("Server", true));
    }

    [Fact]
    public async Task The_customers_page_shows_a_colleagues_change_and_what_did_not_change_is_not_drawn_again()
    {
        SignedInAs(given.Clerk);
        var customer = await given.CustomerAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        var page = Render<CustomerFilePage>(p => p.Add(c => c.Id, customer));
        page.WaitForElement("[data-testid=checklist]", Patience);
        var checklist = page.FindComponent<ChecklistPanel>();
        var (drawn, lines) = (checklist.RenderCount, page.FindAll(".timeline li").Count);

        Assert.True((await given.Customers.SetTagsAsync(customer, ["同事加的"], given.Administrator, default)).Ok);
        page.WaitForAssertion(() => Assert.Contains("同事加的", page.Markup, StringComparison.Ordinal), Patience);
        page.WaitForAssertion(() => Assert.Equal(lines + 1, page.FindAll(".timeline li").Count), Patience);
        Assert.Equal(drawn, checklist.RenderCount);

        await given.HandInAsync(customer, GivenFile.Pages);
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".doc-tile").Count), Patience);
    }

    [Theory]
    [InlineData(typeof(CustomerFilePage))]
    [InlineData(typeof(ReviewPage))]
    public async Task Who_loses_the_customer_loses_the_page_and_is_no_longer_present(Type which)
    {
        SignedInAs(given.OtherClerk);
        var customer = await given.CustomerAsync(name: "将要移走");
        Assert.True((await given.Customers.SetCollaboratorsAsync(customer, [given.OtherClerk.StaffId], given.Administrator, default)).Ok);
        var page = Render<DynamicComponent>(p => p.Add(c => c.Type, which).Add(c => c.Parameters, new Dictionary<string, object> { ["Id"] = customer }));
        page.WaitForAssertion(() => Assert.Contains("将要移走", page.Markup, StringComparison.Ordinal), Patience);
        Assert.Single(presence.Here(customer));

        Assert.True((await given.Customers.SetCollaboratorsAsync(customer, [], given.Administrator, default)).Ok);
        page.WaitForAssertion(() => Assert.DoesNotContain("将要移走", page.Markup, StringComparison.Ordinal), Patience);
        page.FindComponent<NotAllowed>();
        Assert.Empty(presence.Here(customer));
        await DisposeComponentsAsync();
        Assert.Equal(0, given.Get<SharedFileReads>().Watched);
    }

    [Fact]
    public async Task A_verdict_is_on_the_reviewers_page_at_once()
    {
        SignedInAs(given.Reviewer);
        var customer = await given.InReviewAsync();
        var page = Render<ReviewPage>(p => p.Add(c => c.Id, customer));
        page.WaitForElement(".review-actions .btn-primary", Patience).Click();
        page.WaitForAssertion(() => Assert.Contains("1 / 3 份已处理", page.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Older_lines_of_the_timeline_stay_while_new_ones_arrive()
    {
        SignedInAs(given.Clerk);
        var customer = await given.CustomerAsync();
        for (var n = 0; n < 40; n++)
            Assert.True((await given.Customers.SetTagsAsync(customer, [$"标签{n}"], given.Clerk, default)).Ok);
        var page = Render<CustomerFilePage>(p => p.Add(c => c.Id, customer));
        var all = (await given.AuditOfAsync(customer)).Count;
        page.WaitForAssertion(() => Assert.Equal(30, page.FindAll(".timeline li").Count), Patience);
        page.FindAll("button").Single(b => b.TextContent == "查看更早的动态").Click();
        page.WaitForAssertion(() => Assert.Equal(all, page.FindAll(".timeline li").Count), Patience);
        Assert.DoesNotContain(page.FindAll("button"), b => b.TextContent == "查看更早的动态");

        Assert.True((await given.Customers.SetTagsAsync(customer, ["又一个"], given.Administrator, default)).Ok);
        page.WaitForAssertion(() => Assert.Equal(all + 1, page.FindAll(".timeline li").Count), Patience);
    }

    private void SignedInAs(StaffActor who) => current.Actor = who;

    private sealed class SignedIn() : CurrentActor(null!, null!, null!, null!)
    {
        public StaffActor Actor { get; set; } = default!;

        public override Task<StaffActor> GetAsync() => Task.FromResult(Actor);
    }
}
