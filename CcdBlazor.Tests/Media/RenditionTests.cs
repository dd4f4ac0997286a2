using System.Text;
using CcdBlazor.Domain.Files;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Media;

public sealed class RenditionTests(MediaWorkerFixture fixture) : IClassFixture<MediaWorkerFixture>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Every_orientation_gives_upright_renditions_without_EXIF(int orientation)
    {
        var photo = TestPictures.Photo(640, 480, orientation);
        Assert.True(TestPictures.Inspect(photo) is { HasMetadata: true } before && before.Orientation == orientation);

        var answer = await fixture.Worker.PrepareAsync(fixture.Keep(photo), fixture.Folder, default);

        Assert.Null(answer.Refusal);
        Assert.Equal(new MediaFacts(ContentKind.Jpeg, 640, 480, 1, orientation), answer.Value.Facts);
        foreach (var (rendition, width, height) in new[] { (answer.Value.Preview!, 640, 480), (answer.Value.Thumbnail!, 320, 240) })
        {
            var bytes = await File.ReadAllBytesAsync(rendition.Path);
            var seen = TestPictures.Inspect(bytes);
            Assert.Equal(("jpeg", width, height), (seen.Format, seen.Width, seen.Height));
            Assert.Equal((width, height, bytes.LongLength), (rendition.Width, rendition.Height, rendition.Bytes));
            Assert.True(seen.IsUpright);
            Assert.Equal((false, 1), (seen.HasMetadata, seen.Orientation));
            Assert.Equal(-1, bytes.AsSpan().IndexOf("Exif"u8));
            Assert.Equal(-1, bytes.AsSpan().IndexOf("TestPhone"u8));
        }
    }

    [Fact]
    public async Task A_large_photo_is_brought_down_to_the_agreed_edges()
    {
        var answer = await fixture.Worker.PrepareAsync(fixture.Keep(TestPictures.Photo(2400, 3200, orientation: 6)), fixture.Folder, default);

        Assert.Null(answer.Refusal);
        Assert.Equal((2400, 3200), (answer.Value.Facts.Width, answer.Value.Facts.Height));
        Assert.Equal((1536, 2048), (answer.Value.Preview!.Width, answer.Value.Preview.Height));
        Assert.Equal((240, 320), (answer.Value.Thumbnail!.Width, answer.Value.Thumbnail.Height));
    }

    [Fact]
    public async Task The_type_is_found_by_content_whatever_the_name_says()
    {
        var files = new (byte[] Content, MediaFacts Facts)[]
        {
            (TestPictures.Photo(120, 80), new(ContentKind.Jpeg, 120, 80, 1, 1)),
            (TestPictures.Png(120, 80), new(ContentKind.Png, 120, 80, 1, 1)),
            (TestPictures.WebP(120, 80), new(ContentKind.WebP, 120, 80, 1, 1)),
            (TestPdfs.Statement(3, "Statement"), new(ContentKind.Pdf, null, null, 3, 1)),
            (TestOfficeFiles.Docx(), new(ContentKind.Docx, null, null, null, 1)),
            (TestOfficeFiles.Xlsx(), new(ContentKind.Xlsx, null, null, null, 1)),
        };
        foreach (var (content, facts) in files)
        {
            var answer = await fixture.Worker.ProbeAsync(fixture.Keep(content, "something.txt"), default);
            Assert.Null(answer.Refusal);
            Assert.Equal(facts, answer.Value);
        }
    }

    [Fact]
    public async Task Documents_have_no_renditions()
    {
        var answer = await fixture.Worker.PrepareAsync(fixture.Keep(TestPdfs.Statement(1, "One")), fixture.Folder, default);

        Assert.Equal((null, null), (answer.Value.Thumbnail, answer.Value.Preview));
    }

    [Fact]
    public async Task The_checklist_is_typeset_with_data_that_cannot_be_markup()
    {
        var data = new
        {
            company = "示例信贷有限公司",
            customerName = "张三 #panic(\"injected\")",
            maskedNumber = "110105********002X",
            products = new[] { "个人信用贷" },
            date = "2026年11月20日",
            items = new[]
            {
                new { name = "银行流水", state = "missing", reason = (string?)null, help = (string?)"近 6 个月" },
                new { name = "身份证正面", state = "returned", reason = (string?)"照片模糊 *$x$ @a <b>", help = (string?)null },
            },
        };

        var answer = await fixture.Worker.TypesetAsync("checklist", data, default);

        Assert.Null(answer.Refusal);
        Assert.StartsWith("%PDF-", Encoding.Latin1.GetString(answer.Value[..8]), StringComparison.Ordinal);
        // What we make must pass our own door.
        Assert.Equal(1, (await fixture.Worker.ProbeAsync(fixture.Keep(answer.Value), default)).Value.Pages);
    }

    [Theory]
    [InlineData("nothing-like-this")]
    [InlineData("../server")]
    public Task A_template_that_is_not_shipped_is_a_bug_of_the_caller(string template) =>
        Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Worker.TypesetAsync(template, new { }, default));
}
