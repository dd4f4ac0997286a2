using System.Diagnostics;
using System.Text;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Files;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Media;

/// <summary>Every file of ill will or bad luck costs one refused upload, and the next good one is taken.</summary>
public sealed class HostileFileTests(MediaWorkerFixture fixture) : IClassFixture<MediaWorkerFixture>
{
    [Fact]
    public Task An_empty_file_is_refused() => RefusedAsync([], MediaRefusals.Empty);

    [Theory]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>")]
    [InlineData("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>")]
    [InlineData("<!DOCTYPE html><html><script>alert(1)</script></html>")]
    [InlineData("<html>%PDF-1.7 is in the first kilobyte, so a lenient reader takes this page for a PDF</html>")]
    [InlineData("GIF89a\u0001\u0000\u0001\u0000")]
    [InlineData("\u0000\u0000\u0000\u0018ftypheic\u0000\u0000\u0000\u0000mif1heic")]
    [InlineData("MZ this is a program")]
    [InlineData("just text")]
    public Task Other_content_behind_a_jpg_name_is_refused(string content) =>
        RefusedAsync(Encoding.Latin1.GetBytes(content), MediaRefusals.UnknownType);

    [Fact]
    public async Task A_pixel_bomb_is_refused_by_its_header_at_once()
    {
        var path = fixture.Keep(TestPictures.PngHeader(50_000, 50_000));
        await fixture.Worker.ProbeAsync(path, default); // the child process is up
        var began = Stopwatch.GetTimestamp();

        var answer = await fixture.Worker.PrepareAsync(path, fixture.Folder, default);

        Assert.Equal(MediaRefusals.TooManyPixels, answer.Refusal);
        // Milliseconds in truth; decoding 2,500 megapixels would take most of a minute.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2));
    }

    [Fact]
    public Task An_endless_strip_is_refused() => RefusedAsync(TestPictures.PngHeader(1, 8_000_000), MediaRefusals.TooManyPixels);

    [Fact]
    public Task A_png_without_its_pixels_is_broken() => RefusedAsync(TestPictures.PngHeader(4000, 3000), MediaRefusals.Broken);

    [Theory]
    [InlineData(0.95)]
    [InlineData(0.5)]
    [InlineData(0.01)]
    public async Task A_truncated_jpeg_is_broken(double kept)
    {
        var whole = TestPictures.Photo(800, 600);

        await RefusedAsync(whole[..(int)(whole.Length * kept)], MediaRefusals.Broken);
        Assert.True((await fixture.Worker.PrepareAsync(fixture.Keep(whole), fixture.Folder, default)).Ok);
    }

    [Fact]
    public async Task A_refused_picture_leaves_nothing_in_the_work_folder()
    {
        var work = Directory.CreateDirectory(Path.Combine(fixture.Folder, "work-" + Guid.NewGuid())).FullName;

        await fixture.Worker.PrepareAsync(fixture.Keep(TestPictures.Photo(800, 600)[..^2000]), work, default);

        Assert.Empty(Directory.EnumerateFileSystemEntries(work));
    }

    [Fact]
    public Task A_pdf_with_an_opening_password_is_refused() =>
        RefusedAsync(TestPdfs.Encrypted("1234", "owner"), MediaRefusals.PasswordProtected);

    [Fact]
    public async Task A_pdf_that_is_only_restricted_opens_without_asking_and_is_taken()
    {
        var answer = await fixture.Worker.ProbeAsync(fixture.Keep(TestPdfs.Encrypted("", "owner")), default);

        Assert.Equal(1, Taken(answer).Pages);
    }

    [Fact]
    public Task A_restricted_pdf_with_a_script_is_refused() =>
        RefusedAsync(TestPdfs.Encrypted("", "owner", withJavaScript: true), MediaRefusals.ActivePdf);

    public static TheoryData<string, byte[]> ActivePdfs => new()
    {
        { "script", TestPdfs.WithJavaScript() },
        { "escaped names", TestPdfs.WithEscapedJavaScript() },
        { "object stream", TestPdfs.WithJavaScriptInObjectStream() },
        { "covered by a later object", TestPdfs.WithCoveredJavaScript() },
        { "launch", TestPdfs.WithLaunch() },
        { "embedded file", TestPdfs.WithEmbeddedFile() },
    };

    [Theory]
    [MemberData(nameof(ActivePdfs))]
    public Task A_pdf_that_acts_is_refused(string how, byte[] pdf)
    {
        Assert.NotEmpty(how);
        return RefusedAsync(pdf, MediaRefusals.ActivePdf);
    }

    [Fact]
    public async Task A_pdf_that_only_names_its_start_page_is_taken() =>
        Assert.Equal(2, Taken(await fixture.Worker.ProbeAsync(fixture.Keep(TestPdfs.WithStartPage()), default)).Pages);

    [Fact]
    public async Task A_pdf_may_have_500_pages_and_no_more()
    {
        Assert.Equal(500, Taken(await fixture.Worker.ProbeAsync(fixture.Keep(TestPdfs.Statement(500, "Long")), default)).Pages);
        await RefusedAsync(TestPdfs.Statement(501, "Longer"), MediaRefusals.TooManyPages);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.3)]
    public async Task A_pdf_that_lacks_pages_is_broken(double kept)
    {
        var whole = TestPdfs.Statement(20, "Cut");

        await RefusedAsync(whole[..(int)(whole.Length * kept)], MediaRefusals.Broken);
    }

    [Fact]
    public Task A_pdf_header_with_nothing_behind_it_is_broken() =>
        RefusedAsync(Encoding.ASCII.GetBytes("%PDF-1.7\n" + new string('x', 5000)), MediaRefusals.Broken);

    [Fact]
    public Task A_document_that_unpacks_to_300_MB_is_refused() => RefusedAsync(TestOfficeFiles.Bomb(), MediaRefusals.ArchiveBomb);

    [Fact]
    public Task A_document_that_lies_about_its_size_is_refused() => RefusedAsync(TestOfficeFiles.LyingBomb(), MediaRefusals.ArchiveBomb);

    [Fact]
    public Task A_document_of_thousands_of_parts_is_refused() => RefusedAsync(TestOfficeFiles.TooManyParts(), MediaRefusals.ArchiveBomb);

    [Fact]
    public Task A_document_with_macros_is_refused() => RefusedAsync(TestOfficeFiles.DocxWithMacros(), MediaRefusals.UnknownType);

    [Fact]
    public Task An_archive_that_is_no_document_is_refused() => RefusedAsync(TestOfficeFiles.PlainZip(), MediaRefusals.UnknownType);

    private async Task RefusedAsync(byte[] content, Refusal expected)
    {
        var answer = await fixture.Worker.PrepareAsync(fixture.Keep(content), fixture.Folder, default);

        Assert.Equal(expected, answer.Refusal);
        Assert.True(await fixture.Worker.IsHealthyAsync(default));
    }

    private static MediaFacts Taken(Result<MediaFacts> answer)
    {
        Assert.Null(answer.Refusal);
        return answer.Value;
    }
}
