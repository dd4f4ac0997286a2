using System.Globalization;
using CcdBlazor.Simulator;
using CcdBlazor.Tests.Messages.Chaos;
using CcdBlazor.Tests.Support;
using Microsoft.Playwright;
using Npgsql;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>The monitor in the real browser while thousands of messages go through three providers.</summary>
[Collection(BrowserJourneys.Name)]
public class MonitorJourneyTests(Browsers browsers)
{
    [Fact]
    public async Task Under_load_the_figures_move_by_themselves_and_a_card_leads_to_its_messages()
    {
        await using var simulator = await SimulatorServer.StartAsync(["--urls", "http://127.0.0.1:0", "--Smtp:StartTlsPort=0", "--Smtp:TlsPort=0"], TimeProvider.System);
        simulator.World.Limits.Replace("*", []);
        var page = await browsers.DesktopAsync("admin");
        try
        {
            await Browsers.GoLiveAsync(page, "/messages/monitor");
            var sent = page.Locator("[data-part=cards] a.tile", new() { HasText = "今日发送" });
            var figures = new List<int> { await FigureAsync(sent) };
            await ChaosBatches.BeginAsync(browsers.Program.ConnectionString, browsers.Program.DataFolder, simulator, part: 2);
            // Nothing is done on the page; it has to show one figure or more between the first and the last, each larger.
            await Eventually.TrueAsync(async () =>
            {
                var figure = await FigureAsync(sent);
                if (figure != figures[^1])
                    figures.Add(figure);
                return figure - figures[0] >= ChaosBatches.Total / 2;
            }, TimeSpan.FromMinutes(6), "the page shows everything that was sent");
            Assert.True(figures.Count >= 3, string.Join(", ", figures));
            Assert.Equal(figures.Order(), figures);

            await sent.ClickAsync();
            await page.WaitForURLAsync(url => url.Contains("/messages/records", StringComparison.Ordinal));
            await Expect(page.Locator("tbody tr").First).ToBeVisibleAsync();
        }
        finally
        {
            // The simulator goes; nothing of the other journeys may be sent there.
            await using var source = NpgsqlDataSource.Create(browsers.Program.ConnectionString);
            await using var command = source.CreateCommand("update channel_accounts set enabled = false where base_address like '%127.0.0.1%'");
            await command.ExecuteNonQueryAsync();
            await page.Context.CloseAsync();
        }
    }

    private static async Task<int> FigureAsync(ILocator tile) =>
        int.Parse(await tile.Locator(".tile-value").InnerTextAsync(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
