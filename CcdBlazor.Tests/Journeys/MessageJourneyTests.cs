using System.Globalization;
using Microsoft.Playwright;
using Npgsql;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>A batch in the real browser, through the bell, which needs no provider: from the template to the last corrected failure.</summary>
[Collection(BrowserJourneys.Name)]
public class MessageJourneyTests(Browsers browsers)
{
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    [Fact]
    public async Task From_a_template_to_a_batch_that_is_paused_and_resumed_to_failures_that_are_corrected_and_sent_again()
    {
        var staff = await StaffAsync();
        var lead = await browsers.DesktopAsync("zhuguan");
        await Browsers.GoLiveAsync(lead, "/messages/send?kind=batch");
        await lead.FillAsync("#batch-name", "进度通知一批");
        await lead.SelectOptionAsync("#send-template", new SelectOptionValue { Label = "进度通知" });
        await lead.SelectOptionAsync("#send-channel", "InApp");
        await lead.FillAsync("#send-at", DateTimeOffset.UtcNow.AddDays(1).ToOffset(Shanghai).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture));

        // Three nobody knows, and one that is no address at all.
        string[] recipients = [.. staff, .. Enumerable.Range(0, 3).Select(_ => Guid.NewGuid().ToString()), "没有这个人"];
        await lead.FillAsync("#batch-paste", "接收人\tname\titem\tstatus\tnote\turl\n" + string.Join('\n', recipients.Select((r, i) => $"{r}\t第{i}位\t贷款申请\t审核中\t资料齐全\thttps://example.com/{i}")));
        await lead.GetByRole(AriaRole.Button, new() { Name = "检查并试算" }).ClickAsync();
        await Expect(lead.GetByTestId("forecast")).ToContainTextAsync("有错的 1 行");
        await Expect(lead.Locator("[data-figure=good]")).ToHaveTextAsync($"{staff.Count + 3}");
        await lead.Locator("label:has-text('跳过有错的') input").CheckAsync();
        await lead.GetByRole(AriaRole.Button, new() { Name = "按计划发送" }).ClickAsync();
        await lead.Locator(".dialog .btn-primary").ClickAsync();
        await lead.WaitForURLAsync(url => url.Contains("/messages/batches/", StringComparison.Ordinal));
        var batch = new Uri(lead.Url).AbsolutePath;

        // A colleague watches; nothing is done on his page.
        var colleague = await browsers.DesktopAsync("admin");
        await Browsers.GoLiveAsync(colleague, batch);
        await Expect(colleague.Locator("[data-state=Scheduled]")).ToBeVisibleAsync();
        await MoveAsync(lead, "Pause", "Paused");
        await Expect(colleague.Locator("[data-state=Paused]")).ToBeVisibleAsync();
        await MoveAsync(lead, "Resume", "Scheduled");
        await lead.GetByRole(AriaRole.Button, new() { Name = "改期" }).ClickAsync();
        await lead.FillAsync("#batch-at", DateTimeOffset.UtcNow.ToOffset(Shanghai).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
        await lead.Locator(".dialog .btn-primary").ClickAsync();
        await Expect(colleague.Locator("[data-state=Finished]")).ToBeVisibleAsync();
        await Expect(colleague.Locator("[data-figure=sent]")).ToHaveTextAsync($"{staff.Count}");
        await Expect(colleague.Locator("[data-figure=failed]")).ToHaveTextAsync("3");

        // Sent again without a change they fail again; corrected, one arrives.
        await Browsers.GoLiveAsync(lead, "/messages/failures");
        var cause = lead.Locator("[data-cause='1-3-unknown_staff']");
        await Expect(cause.Locator(".chip")).ToHaveTextAsync("3 条");
        await cause.GetByRole(AriaRole.Button, new() { Name = "全部重发" }).ClickAsync();
        await lead.Locator(".dialog .btn-primary").ClickAsync();
        await Expect(lead.Locator(".notice-green")).ToContainTextAsync("已重新发送 3 条");
        await Expect(cause.Locator(".chip")).ToHaveTextAsync("3 条");
        await cause.GetByRole(AriaRole.Button, new() { Name = "逐条处理" }).ClickAsync();
        await cause.GetByRole(AriaRole.Button, new() { Name = "修正" }).First.ClickAsync();
        await lead.FillAsync("#correct-recipient", staff[0]);
        await lead.Locator(".drawer-foot .btn-primary").ClickAsync();
        await Expect(lead.Locator(".notice-green")).ToContainTextAsync("已修正并重新发送");
        await Expect(cause.Locator(".chip")).ToHaveTextAsync("2 条");
        await Expect(colleague.Locator("[data-figure=sent]")).ToHaveTextAsync($"{staff.Count + 1}");
        await Expect(colleague.Locator("[data-figure=failed]")).ToHaveTextAsync("2");
        await Expect(colleague.Locator("[data-state=Finished]")).ToBeVisibleAsync();

        await lead.Context.CloseAsync();
        await colleague.Context.CloseAsync();
    }

    private static async Task MoveAsync(IPage page, string move, string state)
    {
        await page.Locator($"[data-move={move}]").ClickAsync();
        await page.Locator(".dialog .btn-primary").ClickAsync();
        await Expect(page.Locator($"[data-state={state}]")).ToBeVisibleAsync();
    }

    private async Task<IReadOnlyList<string>> StaffAsync()
    {
        await using var source = NpgsqlDataSource.Create(browsers.Program.ConnectionString);
        await using var command = source.CreateCommand("select id::text from staff where not disabled order by user_name");
        var found = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            found.Add(reader.GetString(0));
        return found;
    }
}
