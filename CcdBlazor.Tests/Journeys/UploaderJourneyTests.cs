using System.Globalization;
using CcdBlazor.Tests.Support;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static CcdBlazor.Tests.Journeys.JourneySteps;
using static Microsoft.Playwright.Assertions;

namespace CcdBlazor.Tests.Journeys;

/// <summary>The desktop uploader in the real browser: a line that breaks, every source of a picture, and far too many files at once.</summary>
[Collection(BrowserJourneys.Name)]
public class UploaderJourneyTests(Browsers browsers, ITestOutputHelper output)
{
    private const int Megabyte = 1024 * 1024;
    private const string Send = ".uppy-StatusBar-actionBtn--upload";

    [Fact]
    public async Task An_upload_whose_line_is_cut_or_whose_page_is_reloaded_in_the_middle_goes_on_where_it_stopped()
    {
        var product = await browsers.OfferAsync("断线", Rule("id_card_front", 1), Rule("bank_statement", 2));
        await using var line = new CuttingProxy(browsers.Program.Address);
        var clerk = await browsers.DesktopAsync("jingli", line.Address);
        clerk.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        var sent = Traffic.Of(clerk);

        // The script of the uploader is slow to come; the page is painted again and again meanwhile.
        var mayLoad = new TaskCompletionSource();
        await clerk.RouteAsync("**/dist/uploader.js", async route =>
        {
            await mayLoad.Task;
            await route.ContinueAsync();
        });
        await NewCustomerAsync(clerk, product);
        foreach (var item in new[] { "bank_statement", "id_card_front", "bank_statement" })
            await clerk.SelectOptionAsync("#upload-item", item);
        await Expect(clerk.GetByTestId("uploader")).ToBeEmptyAsync();
        mayLoad.SetResult();

        // Cut after 3 of 12 MB: what arrived is not sent again, and the rest follows in order.
        var held = line.HoldNextPatchAfter(3 * Megabyte);
        var scan = await SaveAsync("银行流水.pdf", TestPdfs.Scan(12 * Megabyte, 1));
        await UploadAsync(clerk, "bank_statement", scan);
        await held;
        await ArrivedAsync(2 * Megabyte);
        line.Cut();
        await Expect(Documents(clerk, "bank_statement")).ToHaveCountAsync(1);
        sent.GoesOnAfter(3 * Megabyte, uploads: 1);

        // Held after 2 of 9 MB, and the page is reloaded: it finds the file and the upload by itself.
        held = line.HoldNextPatchAfter(2 * Megabyte);
        await UploadAsync(clerk, "bank_statement", await SaveAsync("银行流水-2.pdf", TestPdfs.Scan(9 * Megabyte, 2)));
        await held;
        await ArrivedAsync(Megabyte);
        sent.Forget();
        await clerk.ReloadAsync();
        await Expect(Documents(clerk, "bank_statement")).ToHaveCountAsync(2);
        sent.GoesOnAfter(2 * Megabyte, uploads: 0);
        await clerk.Context.CloseAsync();
    }

    [Fact]
    public async Task Pictures_come_from_the_camera_the_screen_and_the_clipboard_and_are_turned_and_cropped_before_they_are_sent()
    {
        var product = await browsers.OfferAsync("来源", Rule("other", 1) with { MaxFiles = 9 });
        var clerk = await browsers.DesktopAsync("jingli");
        var first = await NewCustomerAsync(clerk, product);
        await NewCustomerAsync(clerk, product);
        // From one customer straight to another: what is chosen now belongs to the one who is shown.
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", first);
        await clerk.WaitForURLAsync("**" + first);
        await Expect(clerk.Locator($".actions a[href='{first}/edit']")).ToBeVisibleAsync();
        var board = clerk.GetByTestId("uploader");

        await board.Locator("[data-uppy-acquirer-id=Webcam] button").ClickAsync();
        await board.Locator(".uppy-Webcam-button--picture").ClickAsync();
        await board.Locator(".uppy-Webcam-button--submit").ClickAsync();
        await Expect(Chosen(board, "拍照-")).ToBeVisibleAsync();

        await board.GetByText("添加更多文件").First.ClickAsync();
        await board.Locator("[data-uppy-acquirer-id=ScreenCapture] button").ClickAsync();
        await board.Locator(".uppy-ScreenCapture-button--screenshot").ClickAsync();
        await board.Locator(".uppy-ScreenCapture-button--submit").ClickAsync();
        await Expect(Chosen(board, "截屏-")).ToBeVisibleAsync();

        await clerk.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await clerk.EvaluateAsync("""
            async bytes => {
                const png = new Blob([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], { type: 'image/png' });
                await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
                document.activeElement?.blur();
            }
            """, Convert.ToBase64String(TestPictures.Png(400, 300)));
        await clerk.Keyboard.PressAsync("Control+V");
        await Expect(Chosen(board, "截图-")).ToBeVisibleAsync();

        await board.GetByText("添加更多文件").First.ClickAsync();
        await board.Locator("input[type=file]").First.SetInputFilesAsync(
            [await SaveAsync("横着.jpg", TestPictures.Photo(800, 500, 6, 4)), await SaveAsync("太宽.jpg", TestPictures.Photo(800, 500, 1, 5))]);
        await EditAsync(board, "横着.jpg", "旋转 90°");
        await EditAsync(board, "太宽.jpg", "裁剪为正方形");

        await board.Locator(Send).ClickAsync();
        await Expect(Documents(clerk, "other")).ToHaveCountAsync(5);
        var turned = await OriginalAsync(clerk, "横着.jpg");
        Assert.Equal((500, 800), (turned.Width, turned.Height));
        Assert.False(turned.IsUpright);
        var cropped = await OriginalAsync(clerk, "太宽.jpg");
        Assert.Equal(cropped.Width, cropped.Height);
        foreach (var name in new[] { "拍照-", "截屏-", "截图-" })
            Assert.True((await OriginalAsync(clerk, name)).Width > 100, name);
        await clerk.Context.CloseAsync();
    }

    [Fact]
    public async Task Of_300_files_chosen_at_once_as_many_are_taken_as_the_item_holds_and_the_rest_is_refused_in_one_sentence()
    {
        var product = await browsers.OfferAsync("很多", Rule("other", 1) with { MaxFiles = 50 });
        var folder = Directory.CreateTempSubdirectory("ccd-journey-").FullName;
        var paths = new List<string>();
        foreach (var photo in TestPictures.SmallPhotos(300))
        {
            paths.Add(Path.Combine(folder, $"资料{paths.Count + 1}.jpg"));
            await File.WriteAllBytesAsync(paths[^1], photo);
        }

        var clerk = await browsers.DesktopAsync("jingli");
        await NewCustomerAsync(clerk, product);
        var board = clerk.GetByTestId("uploader");
        await board.Locator("input[type=file]").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await clerk.EvaluateAsync("() => { window.longest = 0; new PerformanceObserver(l => { for (const e of l.getEntries()) window.longest = Math.max(window.longest, e.duration); }).observe({ entryTypes: ['longtask'] }); }");
        await board.Locator("input[type=file]").First.SetInputFilesAsync(paths);

        var told = board.Locator(".uppy-Informer").Last;
        await Expect(told).ToHaveTextAsync("250 个文件没有加入：“其他资料”还能再传 50 份，已经选够了");
        await Expect(board.Locator(Send)).ToContainTextAsync("50");
        await board.Locator(Send).ClickAsync();
        // The page answers while it sends.
        await clerk.GetByTestId("create-link").ClickAsync();
        await Expect(clerk.GetByTestId("link-url")).ToBeVisibleAsync();
        await Expect(Documents(clerk, "other")).ToHaveCountAsync(50);
        await Expect(board).ToBeHiddenAsync();
        output.WriteLine("Longest task of the page: {0:0} ms", await clerk.EvaluateAsync<double>("window.longest"));
        await clerk.Context.CloseAsync();
    }

    /// <summary>The program has written so much of the one upload that is on its way.</summary>
    private Task ArrivedAsync(long bytes)
    {
        var uploads = new DirectoryInfo(Path.Combine(browsers.Program.DataFolder, "uploads"));
        return Eventually.TrueAsync(() => uploads.EnumerateFiles("*", SearchOption.AllDirectories).Any(f => f.Length >= bytes), TimeSpan.FromMinutes(1));
    }

    private static ILocator Documents(IPage page, string item) => page.Locator($"[data-item={item}] .doc-tile[data-document]");

    private static ILocator Chosen(ILocator board, string name) => board.Locator(".uppy-Dashboard-Item", new() { HasText = name });

    private static async Task EditAsync(ILocator board, string name, string action)
    {
        await Chosen(board, name).Locator(".uppy-Dashboard-Item-action--edit").ClickAsync();
        await board.Locator(".uppy-ImageCropper-controls button[aria-label='" + action + "']").ClickAsync();
        await board.Locator(".uppy-DashboardContent-save").ClickAsync();
    }

    /// <summary>What the server keeps of the file that was sent under this name.</summary>
    private static async Task<TestPictures.Inspection> OriginalAsync(IPage page, string name)
    {
        var id = await page.Locator(".doc-tile", new() { HasText = name }).GetAttributeAsync("data-document");
        var answer = await page.Context.APIRequest.GetAsync($"/files/{id}/original");
        Assert.True(answer.Ok, $"{name}: {answer.Status}");
        return TestPictures.Inspect(await answer.BodyAsync());
    }

    private static async Task<string> SaveAsync(string name, byte[] bytes)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("ccd-journey-").FullName, name);
        await File.WriteAllBytesAsync(path, bytes);
        return path;
    }

    /// <summary>The tus requests of a page with their answers, in order.</summary>
    private sealed class Traffic
    {
        /// <summary>The program reads so much ahead; it dies with the line, as does the head of the request, which the proxy counts too.</summary>
        private const int ReadAhead = Megabyte + (64 * 1024);
        private readonly List<(string Method, int Status, long Sent, long Answered)> requests = [];

        public static Traffic Of(IPage page)
        {
            var traffic = new Traffic();
            page.Response += (_, response) =>
            {
                if (response.Url.Contains("/api/uploads", StringComparison.Ordinal) && response.Request.Method is "POST" or "PATCH" or "HEAD")
                {
                    lock (traffic.requests)
                        traffic.requests.Add((response.Request.Method, response.Status, Offset(response.Request.Headers), Offset(response.Headers)));
                }
            };
            return traffic;
        }

        /// <summary>The program was asked where it stands and had what went through; from there on each part was sent, and once only.</summary>
        public void GoesOnAfter(int passed, int uploads)
        {
            lock (requests)
            {
                var kept = requests.Last(r => r is { Method: "HEAD", Status: 200 }).Answered;
                Assert.True(kept > passed - ReadAhead && kept <= passed, string.Join('\n', requests));
                var taken = requests.Where(r => r is { Method: "PATCH", Status: 204 }).ToList();
                Assert.Equal(kept, taken[0].Sent);
                Assert.Equal(taken.Skip(1).Select(r => r.Sent), taken.SkipLast(1).Select(r => r.Answered));
                Assert.Equal(uploads, requests.Count(r => r.Method == "POST"));
            }

            Forget();
        }

        public void Forget()
        {
            lock (requests)
                requests.Clear();
        }

        private static long Offset(Dictionary<string, string> headers) =>
            headers.TryGetValue("upload-offset", out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
    }
}
