using System.Globalization;
using System.IO.Compression;
using System.Security;
using System.Text;

namespace CcdBlazor.Messages;

/// <summary>Writes one sheet of text as an Excel workbook, row by row: ten thousand rows need no more memory than one. Every cell is text, so none is a formula.</summary>
internal static class Workbook
{
    public const string MediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    private const string Head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";

    private static readonly (string Path, string Text)[] Frame =
    [
        ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/></Types>"),
        ("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"),
        ("xl/workbook.xml", "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"发送结果\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"),
    ];

    public static async Task WriteAsync(Stream to, IReadOnlyList<string> heads, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken ct)
    {
        // The archive writes synchronously, which the response does not take: through a file that goes away by itself.
        await using var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, text) in Frame)
            {
                await using var part = new StreamWriter(zip.CreateEntry(path, CompressionLevel.Fastest).Open(), new UTF8Encoding(false));
                await part.WriteAsync(Head + text);
            }

            await using var sheet = new StreamWriter(zip.CreateEntry("xl/worksheets/sheet1.xml", CompressionLevel.Fastest).Open(), new UTF8Encoding(false));
            await sheet.WriteAsync(Head + "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>");
            var number = 1;
            await sheet.WriteAsync(Line(heads, number));
            await foreach (var row in rows.WithCancellation(ct))
                await sheet.WriteAsync(Line(row, ++number));
            await sheet.WriteAsync("</sheetData></worksheet>");
        }

        file.Position = 0;
        await file.CopyToAsync(to, ct);
    }

    private static string Line(IReadOnlyList<string> cells, int number)
    {
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"<row r=\"{number}\">");
        foreach (var cell in cells)
            line.Append("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">").Append(SecurityElement.Escape(Clean(cell))).Append("</t></is></c>");
        return line.Append("</row>").ToString();
    }

    /// <summary>XML knows no control characters.</summary>
    private static string Clean(string text) => text.Any(c => char.IsControl(c) || char.IsSurrogate(c)) ? new string([.. text.Where(c => c is '\t' or '\n' || (!char.IsControl(c) && !char.IsSurrogate(c)))]) : text;
}
