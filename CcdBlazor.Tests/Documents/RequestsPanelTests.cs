using Bunit;
using CcdBlazor.Components.Documents;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Radzen;

namespace CcdBlazor.Tests.Documents;

/// <summary>Asking from the customer's page, as the clerk sees it.</summary>
public sealed class RequestsPanelTests : BunitContext, IClassFixture<GivenFile>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly GivenFile given;

    public RequestsPanelTests(GivenFile given)
    {
        this.given = given;
        Services.AddSingleton(given.Get<ChangeFeed>());
        Services.AddSingleton(given.Get<DocumentRequests>());
        Services.AddSingleton<TimeProvider>(given.Clock);
        Services.AddRadzenComponents();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    public async Task InitializeAsync()
    {
        await given.Get<SettingsReader>().LoadAsync(default);
        await given.Get<TemplateSeed>().EnsureShippedAsync(default);
    }

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_clerk_picks_items_sees_the_message_and_sends_it()
    {
        var customer = await given.CustomerAsync(name: "面板客户");
        var panel = await PanelAsync(customer);
        panel.Find("[data-testid=ask-customer]").Click();
        panel.WaitForAssertion(() => Assert.Contains("身份证正面、户口本", panel.Find("[data-testid=request-preview]").TextContent, StringComparison.Ordinal), Patience);

        // Without the household register.
        panel.FindAll("fieldset input")[1].Change(false);
        panel.WaitForAssertion(() => Assert.DoesNotContain("户口本", panel.Find("[data-testid=request-preview]").TextContent, StringComparison.Ordinal), Patience);
        panel.Find("#side-form").Submit();
        panel.WaitForAssertion(() => Assert.Equal("排队中", panel.Find("[data-testid=request-state]").TextContent), Patience);
        Assert.Empty(panel.FindAll(".drawer"));
        Assert.Equal([GivenFile.Front], Assert.Single(await given.Get<DocumentRequests>().ListAsync(customer, given.Clerk, default)).ItemCodes);
    }

    [Fact]
    public async Task The_state_of_a_message_changes_on_the_open_page()
    {
        var customer = await given.CustomerAsync();
        await AskAsync(customer);
        var panel = await PanelAsync(customer);
        panel.WaitForAssertion(() => Assert.Equal("排队中", panel.Find("[data-testid=request-state]").TextContent), Patience);
        await using (var command = given.Get<NpgsqlDataSource>().CreateCommand("update messages set state = 5, reason = '号码不存在' where customer_id = $1"))
        {
            command.Parameters.AddWithValue(customer);
            await command.ExecuteNonQueryAsync();
        }

        given.Get<ChangeFeed>().Publish(new Change(MessageTopics.Customer(customer)));
        panel.WaitForAssertion(() => Assert.Contains("号码不存在", panel.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Past_the_last_day_an_open_request_is_amber()
    {
        var customer = await given.CustomerAsync();
        await AskAsync(customer);
        given.Clock.Advance(TimeSpan.FromDays(9));
        var panel = await PanelAsync(customer);
        panel.WaitForAssertion(() => Assert.Contains("已过截止日期", panel.Find(".chip-amber").TextContent, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Who_may_not_collect_is_shown_no_button()
    {
        var customer = await given.CustomerAsync();
        await AskAsync(customer);
        var panel = await PanelAsync(customer, mayAsk: false);
        panel.WaitForAssertion(() => Assert.NotEmpty(panel.FindAll("[data-testid=request-state]")), Patience);
        Assert.Empty(panel.FindAll("button"));
    }

    private async Task AskAsync(Guid customer)
    {
        var due = DateOnly.FromDateTime(given.Clock.GetUtcNow().UtcDateTime.AddHours(8)).AddDays(7);
        var asked = await given.Get<DocumentRequests>().AskAsync(
            customer, new RequestDraft(Guid.NewGuid(), [], ShippedTemplates.DocumentRequest, MessageChannel.Sms, 0, null, due), given.Clerk, default);
        Assert.True(asked.Ok, asked.Refusal?.Text);
    }

    private async Task<IRenderedComponent<RequestsPanel>> PanelAsync(Guid customer, bool mayAsk = true)
    {
        var report = (await given.ChecklistAsync(customer)).Report;
        return Render<RequestsPanel>(p => p.Add(c => c.CustomerId, customer).Add(c => c.Actor, given.Clerk).Add(c => c.Report, report).Add(c => c.MayAsk, mayAsk));
    }
}
