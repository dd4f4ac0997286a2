using Bunit;
using CcdBlazor.Components.Settings;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Radzen;

namespace CcdBlazor.Tests.Settings;

public sealed class SettingsPagesTests(SettingsWorld world) : IClassFixture<SettingsWorld>
{
    [Fact]
    public async Task A_change_is_looked_at_and_given_a_reason_before_it_is_saved()
    {
        await using var context = Context(world.Admin);
        var page = context.Render<SettingsPage>();
        await page.WaitForElement("button[aria-label='修改每秒发送']").ClickAsync(new MouseEventArgs());
        Assert.Contains("范围：1 条/秒 至 500 条/秒。", page.WaitForElement(".drawer").TextContent);
        Assert.Contains("短信服务流控说明（2026-11-01）", page.Find(".drawer").TextContent);
        await page.Find("#setting-value").ChangeAsync(new ChangeEventArgs { Value = "９９9" });
        await page.Find("#side-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Contains("范围", page.Find(".field.invalid .error").TextContent));
        await page.Find("#setting-value").ChangeAsync(new ChangeEventArgs { Value = "８0" });
        await page.Find("#side-form").SubmitAsync();
        Assert.Contains("80 条/秒", page.WaitForElement(".drawer [aria-label='变化'] .is-blue b").TextContent);
        await page.Find("#side-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Equal(SettingRefusals.ReasonMissing.Text, page.Find(".field.invalid .error").TextContent));
        await page.Find("#setting-reason").ChangeAsync(new ChangeEventArgs { Value = SettingsWorld.Why });
        await page.Find("#side-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".drawer")));
        Assert.Equal(80, world.Reader.Get(SampleSettings.Rate));
        page.WaitForAssertion(() => Assert.Contains("80 条/秒", page.Find("[data-key='sample.sms.rate']").TextContent));
    }

    [Fact]
    public async Task A_colleagues_change_shows_in_place_and_leaves_what_is_being_typed()
    {
        await using var context = Context(world.Admin);
        var page = context.Render<SettingsPage>();
        await page.WaitForElement("button[aria-label='修改积压上限']").ClickAsync(new MouseEventArgs());
        await page.WaitForElement("#setting-value").ChangeAsync(new ChangeEventArgs { Value = "4,000" });
        Assert.True((await world.ChangeAsync(SampleSettings.Backlog, 777L, world.OtherAdmin)).Ok);
        page.WaitForAssertion(() => Assert.Contains("管理员乙 刚刚把它改为“777 条”", page.Find(".drawer .notice-amber").TextContent));
        Assert.Contains("highlight", page.Find("[data-key='sample.sms.backlog']").ClassName);
        Assert.Equal("4000", page.Find("#setting-value").GetAttribute("value"));
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForElement("#setting-reason").ChangeAsync(new ChangeEventArgs { Value = SettingsWorld.Why });
        await page.Find("#side-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Equal("setting.stale", page.Find("[data-refusal]").GetAttribute("data-refusal")));
        Assert.Equal(777L, world.Reader.Get(SampleSettings.Backlog));
        await page.Find(".drawer .notice-amber button").ClickAsync(new MouseEventArgs());
        await page.Find("#side-form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".drawer")));
        Assert.Equal(4000L, world.Reader.Get(SampleSettings.Backlog));
    }

    [Fact]
    public async Task Spans_choices_switches_and_tables_are_edited_in_words()
    {
        await using var context = Context(world.Admin);
        var page = context.Render<SettingsPage>();
        await page.WaitForElement("button[aria-label='修改重复内容间隔']").ClickAsync(new MouseEventArgs());
        Assert.Equal(("5", "分钟"), (page.WaitForElement("#setting-value").GetAttribute("value"), page.Find("#setting-value-unit").GetAttribute("value")));
        await page.Find("#setting-value").ChangeAsync(new ChangeEventArgs { Value = "90" });
        await SaveAsync(page);
        Assert.Equal(TimeSpan.FromMinutes(90), world.Reader.Get(SampleSettings.Window));

        await page.Find("button[aria-label='修改选择账号的方式']").ClickAsync(new MouseEventArgs());
        await page.WaitForElement("#setting-value").ChangeAsync(new ChangeEventArgs { Value = "\"InTurn\"" });
        await SaveAsync(page);
        Assert.Equal(SampleRoute.InTurn, world.Reader.Get(SampleSettings.Route));

        await page.Find("button[aria-label='修改模板需要审批']").ClickAsync(new MouseEventArgs());
        await page.WaitForElement("#setting-value").ChangeAsync(new ChangeEventArgs { Value = "false" });
        await SaveAsync(page);
        Assert.False(world.Reader.Get(SampleSettings.Approval));

        await page.Find("button[aria-label='修改各渠道并发']").ClickAsync(new MouseEventArgs());
        await page.WaitForElement(".drawer .table-wrap + button").ClickAsync(new MouseEventArgs());
        await page.Find("input[aria-label='第 2 行渠道']").ChangeAsync(new ChangeEventArgs { Value = "邮件" });
        await page.Find("input[aria-label='第 2 行并发']").ChangeAsync(new ChangeEventArgs { Value = "25" });
        await page.Find("select[aria-label='第 2 行方式']").ChangeAsync(new ChangeEventArgs { Value = "\"InTurn\"" });
        await page.Find("button[aria-label='删除第 1 行']").ClickAsync(new MouseEventArgs());
        await SaveAsync(page);
        Assert.Equal([new SampleLane("邮件", 25, TimeSpan.Zero, false, 0, SampleRoute.InTurn)], world.Reader.Get(SampleSettings.Lanes));
    }

    [Fact]
    public async Task The_history_shows_the_figure_around_a_change_and_leads_back()
    {
        Assert.True((await world.ChangeAsync(SampleSettings.Share, 0.4)).Ok);
        Assert.True((await world.ChangeAsync(SampleSettings.Share, 0.6)).Ok);
        var changedAt = (await world.HistoryAsync(SampleSettings.Share))[0].At;
        await using var context = Context(world.Admin,
            new SettingMetric(SampleSettings.Share, "试发量", "条/分钟", (_, from, to, _) => Task.FromResult<IReadOnlyList<SettingMetricPoint>>(
                [new(from, 10), new(changedAt.AddMinutes(-1), 20), new(changedAt, 40), new(to, 60)])),
            new SettingMetric(SampleSettings.Share, "坏指标", "条", (_, _, _, _) => throw new InvalidOperationException("broken")));
        var page = context.Render<SettingsPage>();
        await page.WaitForElement("button[aria-label='试发比例的修改记录']").ClickAsync(new MouseEventArgs());
        var figure = page.WaitForElement("[data-version='2'] [data-metric='试发量']").TextContent;
        Assert.Contains("修改前平均 15", figure);
        Assert.Contains("修改后平均 50", figure);
        Assert.Single(page.FindAll("[data-version='2'] .trend-mark"));
        Assert.Contains("读取不到", page.Find("[data-version='2'] [data-metric='坏指标']").TextContent);

        await page.Find("[data-version='1'] > button").ClickAsync(new MouseEventArgs());
        await page.WaitForElement(".dialog #rollback-reason").ChangeAsync(new ChangeEventArgs { Value = "效果不好" });
        await page.Find(".dialog .btn-primary").ClickAsync(new MouseEventArgs());
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".drawer")));
        Assert.Equal(0.4, world.Reader.Get(SampleSettings.Share));
    }

    [Fact]
    public async Task Nothing_is_drawn_for_a_setting_without_a_figure()
    {
        Assert.True((await world.ChangeAsync(SampleSettings.Signature, "测试签名")).Ok);
        await using var context = Context(world.Admin);
        var page = context.Render<SettingsPage>();
        await page.WaitForElement("button[aria-label='短信签名的修改记录']").ClickAsync(new MouseEventArgs());
        page.WaitForElement("[data-version='1']");
        Assert.Empty(page.FindAll("figure"));
    }

    [Fact]
    public async Task A_second_person_approves_on_the_page_and_the_first_cannot()
    {
        var asked = (await world.ChangeAsync(SampleSettings.DailyCap, 8)).Value.Id;
        await using var mine = Context(world.Admin);
        var page = mine.Render<SettingsPage>();
        Assert.DoesNotContain("批准并生效", page.WaitForElement($"[data-proposal='{asked}']").TextContent);
        await using var theirs = Context(world.OtherAdmin);
        var other = theirs.Render<SettingsPage>();
        await other.WaitForElement($"[data-proposal='{asked}'] .btn-primary").ClickAsync(new MouseEventArgs());
        await Eventually.TrueAsync(() => world.Reader.Get(SampleSettings.DailyCap) == 8);
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("[data-proposal]")));
    }

    [Fact]
    public async Task A_stored_value_that_no_longer_fits_is_pointed_out()
    {
        await world.StoreByHandAsync(SampleSettings.Rate.Key, "9999");
        await using var context = Context(world.Admin);
        var page = context.Render<SettingsPage>();
        page.WaitForAssertion(() => Assert.Contains("值不可用", page.Find("[data-key='sample.sms.rate']").TextContent));
        Assert.Contains("有 1 项保存的值", page.Markup);
        Assert.Contains("30 条/秒", page.Find("[data-key='sample.sms.rate']").TextContent);
        Assert.True((await world.ChangeAsync(SampleSettings.Rate, 31)).Ok);
        page.WaitForAssertion(() => Assert.DoesNotContain("值不可用", page.Markup));
    }

    [Fact]
    public async Task Leaving_a_form_with_something_typed_asks_first()
    {
        await using var context = Context(world.Admin);
        var page = context.Render<SettingsPage>();
        await page.WaitForElement("button[aria-label='修改短信签名']").ClickAsync(new MouseEventArgs());
        await page.WaitForElement("#setting-value").InputAsync(new ChangeEventArgs { Value = "没有保存" });
        var asked = context.Services.GetRequiredService<DialogService>();
        var open = new TaskCompletionSource();
        asked.OnOpen += (_, _, _, _) => open.TrySetResult();
        _ = page.Find(".drawer").KeyDownAsync(new KeyboardEventArgs { Key = "Escape" });
        await open.Task.WaitAsync(BunitContext.DefaultWaitTimeout);
        Assert.NotEmpty(page.FindAll(".drawer"));
        await page.InvokeAsync(() => asked.Close(true));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll(".drawer")));
    }

    [Fact]
    public async Task Who_may_not_manage_settings_is_shown_none()
    {
        await using var context = Context(world.Clerk);
        var page = context.Render<SettingsPage>();
        page.WaitForAssertion(() => Assert.Equal(CommonRefusals.Forbidden.Code, page.Find("[data-refusal]").GetAttribute("data-refusal")));
        Assert.Empty(page.FindAll("[data-key]"));
    }

    [Theory]
    [InlineData("３０", "30")]
    [InlineData(" 1,000 ", "1000")]
    [InlineData("-0.50", "-0.50")]
    [InlineData("5.00", "5")]
    [InlineData("abc", "\"abc\"")]
    [InlineData(null, "\"\"")]
    public void Typed_numbers_are_understood(string? typed, string json) => Assert.Equal(json, SettingInput.NumberJson(typed));

    [Theory]
    [InlineData("\"00:05:00\"", "5", "分钟")]
    [InlineData("\"00:01:30\"", "90", "秒")]
    [InlineData("\"2.00:00:00\"", "2", "天")]
    [InlineData("\"00:00:00\"", "0", "秒")]
    [InlineData("\"00:00:00.2500000\"", "250", "毫秒")]
    public void Spans_come_in_the_largest_whole_unit_and_go_back(string json, string amount, string unit)
    {
        Assert.Equal((amount, unit), SettingInput.Duration(json));
        Assert.Equal(json, SettingInput.DurationJson(amount, unit));
    }

    [Theory]
    [InlineData("999999999999999", "天")]
    [InlineData("五", "分钟")]
    public void A_span_that_cannot_be_is_left_to_the_refusal(string amount, string unit) =>
        Assert.Equal("setting.unreadable", SampleSettings.Window.Accept(SettingInput.DurationJson(amount, unit)).Refusal?.Code);

    private static async Task SaveAsync(IRenderedComponent<SettingsPage> page)
    {
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForElement("#setting-reason").ChangeAsync(new ChangeEventArgs { Value = SettingsWorld.Why });
        await page.Find("#side-form").SubmitAsync();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll(".drawer")));
    }

    private BunitContext Context(StaffActor actor, params SettingMetric[] metrics)
    {
        var context = new BunitContext();
        BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(20);
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        context.Services.AddSingleton(world.Services.GetRequiredService<ChangeFeed>()).AddSingleton(world.Queries).AddSingleton(world.Service);
        context.Services.AddSingleton(new SettingMetrics(world.Services, metrics, TimeProvider.System, NullLogger<SettingMetrics>.Instance));
        context.Services.AddSingleton<CurrentActor>(new FixedActor(actor));
        context.Services.AddScoped<DialogService>();
        return context;
    }
}
