using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Files;
using CcdBlazor.Endpoints;
using CcdBlazor.Files;

namespace CcdBlazor.Tests.Files;

public class TusProtocolTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("123", 123L)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData(" 1", null)]
    [InlineData("1e3", null)]
    [InlineData("0x10", null)]
    [InlineData("9999999999999999999", null)]
    public void A_number_of_bytes_is_digits_only(string? header, long? bytes) => Assert.Equal(bytes, TusProtocol.Bytes(header));

    [Fact]
    public void Metadata_is_pairs_of_key_and_base64()
    {
        var name = Convert.ToBase64String(Encoding.UTF8.GetBytes("身份证.jpg"));

        var metadata = TusProtocol.Metadata($"filename {name}, item aWQ=,flag,empty ");

        Assert.NotNull(metadata);
        Assert.Equal("身份证.jpg", metadata["filename"]);
        Assert.Equal("id", metadata["item"]);
        Assert.Equal("", metadata["flag"]);
        Assert.Equal("", metadata["empty"]);
        Assert.Empty(TusProtocol.Metadata((string?)null)!);
    }

    [Theory]
    [InlineData("item !!!")]
    [InlineData("item aWQ= more")]
    [InlineData("item aWQ=,item aWQ=")]
    [InlineData(",")]
    [InlineData("item aWQ=,,flag")]
    public void Malformed_metadata_is_none(string header) => Assert.Null(TusProtocol.Metadata(header));

    [Fact]
    public void A_checksum_names_an_algorithm_that_is_offered_and_has_its_length()
    {
        var sha1 = Convert.ToBase64String(SHA1.HashData("x"u8));
        var sha256 = Convert.ToBase64String(SHA256.HashData("x"u8));

        Assert.Equal(HashAlgorithmName.SHA1, TusProtocol.Checksum($"sha1 {sha1}")!.Algorithm);
        Assert.Equal(SHA256.HashData("x"u8), TusProtocol.Checksum($"sha256 {sha256}")!.Expected);
        Assert.Null(TusProtocol.Checksum($"sha1 {sha256}"));
        Assert.Null(TusProtocol.Checksum($"sha256 {sha1}"));
        Assert.Null(TusProtocol.Checksum($"md5 {sha1}"));
        Assert.Null(TusProtocol.Checksum("sha256"));
        Assert.Null(TusProtocol.Checksum("sha256 ???"));
        Assert.Null(TusProtocol.Checksum(""));
    }

    [Fact]
    public void A_time_is_written_as_http_does() =>
        Assert.Equal("Fri, 20 Nov 2026 06:05:00 GMT", TusProtocol.Time(new DateTimeOffset(2026, 11, 20, 14, 5, 0, TimeSpan.FromHours(8))));

    [Fact]
    public void Every_kind_of_refusal_has_a_status_of_its_own() =>
        Assert.Equal(Enum.GetValues<RefusalKind>().Length, Enum.GetValues<RefusalKind>().Select(RefusalResults.StatusOf).Distinct().Count());

    [Theory]
    [InlineData("身份证.jpg", "身份证.jpg")]
    [InlineData("C:\\Users\\me\\a.pdf", "a.pdf")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("photo\u202Egpj.exe", "photogpj.exe")]
    [InlineData("a\u0000b\r\n.png", "ab.png")]
    [InlineData("  ..  ", "文件")]
    [InlineData("", "文件")]
    [InlineData(null, "文件")]
    [InlineData("a<b>:\"|?*.jpg", "ab.jpg")]
    public void A_file_name_is_made_harmless(string? given, string clean) => Assert.Equal(clean, FileNames.Clean(given));

    [Fact]
    public void A_long_file_name_keeps_its_extension()
    {
        var clean = FileNames.Clean(string.Concat(Enumerable.Repeat("😀", 100)) + ".jpeg");

        Assert.InRange(clean.Length, 100, 120);
        Assert.EndsWith(".jpeg", clean, StringComparison.Ordinal);
        Assert.Equal(clean, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(clean)));
    }
}
