using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Tests.Support;

/// <summary>Small PDFs, built object by object. Text is ASCII: the font is the built-in Helvetica.</summary>
public static class TestPdfs
{
    /// <summary>A document of so many A4 pages, each with the text, its number and some lines of figures.</summary>
    public static byte[] Statement(int pages, string text) => Write(Pages(pages, text));

    /// <summary>As heavy as a scan: a page, and so many bytes that no compression makes smaller.</summary>
    public static byte[] Scan(int bytes, int seed)
    {
        var noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        var objects = Pages(1, "Scan");
        objects[90] = Stream("/Type /Metadata", noise);
        return Write(objects);
    }

    /// <summary>Runs a script as soon as it is opened.</summary>
    public static byte[] WithJavaScript() =>
        Write(Pages(1, "Script", "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"));

    /// <summary>The same, with the names written by character codes.</summary>
    public static byte[] WithEscapedJavaScript() =>
        Write(Pages(1, "Script", "/OpenAction << /S /J#61vaScript /J#53 (app.alert\\(1\\)) >>"));

    /// <summary>Starts a program when it is opened.</summary>
    public static byte[] WithLaunch() => Write(Pages(1, "Launch", "/OpenAction << /S /Launch /F (calc.exe) >>"));

    /// <summary>Carries another file inside.</summary>
    public static byte[] WithEmbeddedFile()
    {
        var objects = Pages(1, "Carrier", "/Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec /F (a.exe) /EF << /F 90 0 R >> >>] >> >>");
        objects[90] = Stream("/Type /EmbeddedFile", "MZ"u8.ToArray());
        return Write(objects);
    }

    /// <summary>Only says on which page to start: harmless.</summary>
    public static byte[] WithStartPage() => Write(Pages(2, "Start", "/OpenAction << /S /GoTo /D [4 0 R /Fit] >>"));

    /// <summary>The script of its page lies deflated in an object stream, where no text search finds it.</summary>
    public static byte[] WithJavaScriptInObjectStream() => Write(PagesWithHiddenScript("Script"));

    /// <summary>The same, and a later, harmless object of its number covers the script for a reader that goes from top to bottom.</summary>
    public static byte[] WithCoveredJavaScript() =>
        [.. WithJavaScriptInObjectStream(), .. "\n80 0 obj\n<< /S /GoTo /D [4 0 R /Fit] >>\nendobj\n"u8];

    /// <summary>Encrypted by the standard handler, revision 2 (RC4, 40 bits). An empty user password opens everywhere without asking.</summary>
    public static byte[] Encrypted(string userPassword, string ownerPassword, string text = "Secret", bool withJavaScript = false)
    {
        const int permissions = -44;
        var id = MD5.HashData(Bytes(text));
        var owner = Rc4(MD5.HashData(Pad(ownerPassword))[..5], Pad(userPassword));
        byte[] seed = [.. Pad(userPassword), .. owner, .. BitConverter.GetBytes(permissions), .. id];
        var key = MD5.HashData(seed)[..5];
        var user = Rc4(key, Pad(""));
        var objects = withJavaScript ? PagesWithHiddenScript(text) : Pages(1, text);
        var encrypted = objects.ToDictionary(entry => entry.Key, entry => EncryptStream(entry.Key, entry.Value, key));
        encrypted[70] = Bytes($"<< /Filter /Standard /V 1 /R 2 /O {Hex(owner)} /U {Hex(user)} /P {permissions} >>");
        return Write(encrypted, $"/Encrypt 70 0 R /ID [{Hex(id)} {Hex(id)}]");
    }

    private static Dictionary<int, byte[]> PagesWithHiddenScript(string text)
    {
        var objects = Pages(1, text, pageEntries: "/AA << /O 80 0 R >>");
        const string hidden = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>";
        objects[81] = Stream("/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", Deflate(Bytes($"80 0 {hidden}")));
        return objects;
    }

    /// <summary>1 catalog, 2 page tree, 3 font, then page and content in turn from 4 on.</summary>
    private static Dictionary<int, byte[]> Pages(int count, string text, string catalogEntries = "", string pageEntries = "")
    {
        var kids = string.Join(' ', Enumerable.Range(0, count).Select(index => $"{PageNumber(index)} 0 R"));
        var objects = new Dictionary<int, byte[]>
        {
            [1] = Bytes($"<< /Type /Catalog /Pages 2 0 R {catalogEntries} >>"),
            [2] = Bytes($"<< /Type /Pages /Count {count} /Kids [{kids}] >>"),
            [3] = Bytes("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"),
        };
        for (var index = 0; index < count; index++)
        {
            var page = PageNumber(index);
            objects[page] = Bytes(
                $"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {page + 1} 0 R {pageEntries} >>");
            objects[page + 1] = Stream("", Bytes(Content(text, index + 1, count)));
        }
        return objects;
    }

    /// <summary>Above 100, where the single objects of the variants cannot be; the first two pages keep the low numbers that links use.</summary>
    private static int PageNumber(int index) => index < 2 ? 4 + (index * 2) : 100 + (index * 2);

    private static string Content(string text, int page, int pages)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("(", "\\(", StringComparison.Ordinal).Replace(")", "\\)", StringComparison.Ordinal);
        var lines = string.Concat(Enumerable.Range(1, 20).Select(line =>
            string.Create(CultureInfo.InvariantCulture, $"0 -24 Td (2026-{(page % 12) + 1:00}-{line:00}    {line * 1371 % 9000}.{page % 100:00} CNY) Tj ")));
        return $"BT /F1 22 Tf 60 770 Td ({escaped}) Tj /F1 11 Tf 0 -30 Td (Page {page} of {pages}) Tj {lines}ET";
    }

    private static byte[] Write(Dictionary<int, byte[]> objects, string trailerEntries = "")
    {
        using var pdf = new MemoryStream();
        var offsets = new SortedDictionary<int, long>();
        pdf.Write([.. "%PDF-1.5\n%"u8, 0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);
        foreach (var (number, body) in objects.OrderBy(entry => entry.Key))
        {
            offsets[number] = pdf.Position;
            pdf.Write([.. Bytes($"{number} 0 obj\n"), .. body, .. "\nendobj\n"u8]);
        }
        var start = pdf.Position;
        pdf.Write("xref\n0 1\n0000000000 65535 f \n"u8);
        foreach (var (number, offset) in offsets)
            pdf.Write(Bytes(string.Create(CultureInfo.InvariantCulture, $"{number} 1\n{offset:0000000000} 00000 n \n")));
        pdf.Write(Bytes($"trailer\n<< /Size {offsets.Keys.Max() + 1} /Root 1 0 R {trailerEntries} >>\nstartxref\n{start}\n%%EOF\n"));
        return pdf.ToArray();
    }

    private static byte[] Stream(string entries, byte[] data) =>
        [.. Bytes($"<< {entries} /Length {data.Length} >>\nstream\n"), .. data, .. "\nendstream"u8];

    private static byte[] EncryptStream(int number, byte[] body, byte[] key)
    {
        var at = body.AsSpan().IndexOf("\nstream\n"u8);
        if (at < 0)
            return body;
        var data = body.AsSpan()[(at + 8)..^"\nendstream".Length].ToArray();
        byte[] salted = [.. key, (byte)number, (byte)(number >> 8), (byte)(number >> 16), 0, 0];
        return [.. body[..(at + 8)], .. Rc4(MD5.HashData(salted)[..10], data), .. "\nendstream"u8];
    }

    /// <summary>The padding of the PDF standard, 7.6.3.3.</summary>
    private static byte[] Pad(string password)
    {
        byte[] padding =
        [
            0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
            0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
        ];
        return [.. Bytes(password).Concat(padding).Take(32)];
    }

    private static byte[] Rc4(byte[] key, byte[] data)
    {
        var box = Enumerable.Range(0, 256).ToArray();
        for (int i = 0, j = 0; i < 256; i++)
        {
            j = (j + box[i] + key[i % key.Length]) & 255;
            (box[i], box[j]) = (box[j], box[i]);
        }
        var result = new byte[data.Length];
        for (int at = 0, i = 0, j = 0; at < data.Length; at++)
        {
            i = (i + 1) & 255;
            j = (j + box[i]) & 255;
            (box[i], box[j]) = (box[j], box[i]);
            result[at] = (byte)(data[at] ^ box[(box[i] + box[j]) & 255]);
        }
        return result;
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal))
            zlib.Write(bytes);
        return packed.ToArray();
    }

    private static string Hex(byte[] bytes) => $"<{Convert.ToHexString(bytes)}>";

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
