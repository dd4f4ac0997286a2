using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace CcdBlazor.Tests.Support;

/// <summary>Word and Excel files with the few parts that make them one, and hostile variants.</summary>
public static class TestOfficeFiles
{
    private const string Types = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";

    public static byte[] Docx() => Zip(("[Content_Types].xml", Text(Types)), ("word/document.xml", Text("<document/>")));

    public static byte[] Xlsx() => Zip(("[Content_Types].xml", Text(Types)), ("xl/workbook.xml", Text("<workbook/>")));

    public static byte[] DocxWithMacros() =>
        Zip(("[Content_Types].xml", Text(Types)), ("word/document.xml", Text("<document/>")), ("word/vbaProject.bin", [1, 2, 3]));

    /// <summary>An archive that is no office file.</summary>
    public static byte[] PlainZip() => Zip(("setup.exe", Text("MZ")));

    /// <summary>A few hundred kilobytes that unpack to 300 MB.</summary>
    public static byte[] Bomb() =>
        Zip(("[Content_Types].xml", Text(Types)), ("word/document.xml", Text("<document/>")), ("word/media/image1.bmp", new byte[300 << 20]));

    /// <summary>Unpacks to 20 MB, and its directory says 1,000 bytes.</summary>
    public static byte[] LyingBomb()
    {
        var zip = Zip(("[Content_Types].xml", Text(Types)), ("word/document.xml", new byte[20 << 20]));
        var directory = zip.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteInt32LittleEndian(zip.AsSpan(directory + 24), 1_000);
        return zip;
    }

    public static byte[] TooManyParts() =>
        Zip([("[Content_Types].xml", Text(Types)), ("word/document.xml", Text("<document/>")),
            .. Enumerable.Range(0, 6_000).Select(index => ($"word/media/{index}.txt", Array.Empty<byte>()))]);

    private static byte[] Zip(params (string Name, byte[] Content)[] parts)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in parts)
            {
                using var part = archive.CreateEntry(name, CompressionLevel.Fastest).Open();
                part.Write(content);
            }
        return zip.ToArray();
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
