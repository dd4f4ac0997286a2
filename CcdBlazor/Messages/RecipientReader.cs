using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using ExcelDataReader;
using ExcelDataReader.Exceptions;

namespace CcdBlazor.Messages;

/// <summary>Reads lists of recipients: Excel, CSV, JSON, and what is pasted from a spreadsheet. Only values; formulas, links and macros are never looked at.</summary>
public static class RecipientReader
{
    public const long MostBytes = 10 * 1024 * 1024;

    /// <summary>Unpacked size that a workbook of 10,000 rows never reaches; beyond it it is a trap.</summary>
    private const long MostUnpacked = 200 * 1024 * 1024;

    /// <summary>A cell beyond this is no value of a message.</summary>
    private const int LongestCell = 2_000;

    public static readonly Refusal NoFile = new("messages.list_missing", "没有收到文件，请重新选择。");
    public static readonly Refusal NotReadable = new("messages.list_unreadable", "文件读不出来。请使用 Excel（xlsx、xls）、CSV 或 JSON，且不要加密。", RefusalKind.UnsupportedContent);
    public static readonly Refusal TooLarge = new("messages.list_too_large", "文件超过 10 MB，请拆成几个文件。", RefusalKind.TooLarge);
    public static readonly Refusal TooManyRows = new("messages.batch_too_many", "一批最多 10,000 个接收人，请拆成几批。", RefusalKind.TooLarge);

    static RecipientReader() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Reads a file of any of the kinds, by its content rather than by its name.</summary>
    public static Result<RecipientSheet> Read(string name, byte[] content)
    {
        if (content.Length == 0)
            return NoFile;
        if (content.Length > MostBytes)
            return TooLarge;
        try
        {
            var lines = content.AsSpan().StartsWith("PK"u8) || content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) ? Workbook(content) : Text(content);
            return lines switch
            {
                null => NotReadable,
                { Count: >= RecipientSheet.MostLines } => TooManyRows,
                { Count: 0 } => Domain.Messages.Batches.BatchRefusals.Empty,
                _ => new RecipientSheet(name.Length > 100 ? name[..100] : name, lines),
            };
        }
        catch (Exception e) when (e is ExcelReaderException or InvalidDataException or JsonException or IOException or ArgumentException or IndexOutOfRangeException or NotSupportedException or FormatException)
        {
            return NotReadable;
        }
    }

    /// <summary>Reads what a person pasted: lines with cells parted by tabs, commas or semicolons.</summary>
    public static RecipientSheet Pasted(string text) => new("粘贴的名单", Separated(text));

    private static List<IReadOnlyList<string>>? Workbook(byte[] content)
    {
        if (content[0] == (byte)'P')
        {
            using var zip = new ZipArchive(new MemoryStream(content), ZipArchiveMode.Read);
            if (zip.Entries.Sum(entry => entry.Length) > MostUnpacked)
                return null;
        }

        using var reader = ExcelReaderFactory.CreateReader(new MemoryStream(content));
        var lines = new List<IReadOnlyList<string>>();
        while (reader.Read() && lines.Count < RecipientSheet.MostLines)
        {
            var cells = new List<string>(reader.FieldCount);
            for (var i = 0; i < Math.Min(reader.FieldCount, RecipientSheet.MostColumns); i++)
                cells.Add(Cut(Words(reader.GetValue(i))));
            AddUnlessEmpty(lines, cells);
        }

        return lines;
    }

    /// <summary>As a person reads the cell: whole numbers without decimals (a phone number is one), dates as dates.</summary>
    private static string Words(object? value) => value switch
    {
        null => "",
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e15 => number.ToString("0", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTime { TimeOfDay.Ticks: 0 } day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static List<IReadOnlyList<string>> Text(byte[] content)
    {
        var text = Decoded(content);
        return text.AsSpan().TrimStart() is ['[' or '{', ..] ? Json(text) : Separated(text);
    }

    /// <summary>UTF-8, or else what Excel in China saves as CSV.</summary>
    private static string Decoded(byte[] content)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return Encoding.GetEncoding("GB18030").GetString(content);
        }
    }

    /// <summary><c>[{ "recipient": "...", "variables": { ... } }]</c>, the list under <c>recipients</c>, or flat objects.</summary>
    private static List<IReadOnlyList<string>> Json(string text)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("recipients", out var list))
            root = list;
        if (root.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException();
        var heads = new List<string> { "recipient" };
        var rows = new List<Dictionary<string, string>>();
        foreach (var item in root.EnumerateArray().Take(RecipientSheet.MostLines))
        {
            var row = new Dictionary<string, string>();
            if (item.ValueKind == JsonValueKind.String)
                row["recipient"] = item.GetString()!;
            else
                foreach (var (key, value) in item.EnumerateObject().SelectMany(p => p.NameEquals("variables") && p.Value.ValueKind == JsonValueKind.Object
                    ? p.Value.EnumerateObject().Select(v => (v.Name, v.Value)) : [(p.Name, p.Value)]))
                {
                    row[key] = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.ValueKind == JsonValueKind.Null ? "" : value.GetRawText();
                    if (!heads.Contains(key) && heads.Count < RecipientSheet.MostColumns)
                        heads.Add(key);
                }
            rows.Add(row);
        }

        return [heads, .. rows.Select(row => (IReadOnlyList<string>)[.. heads.Select(head => Cut(row.GetValueOrDefault(head, "")))])];
    }

    /// <summary>RFC 4180, with tabs or semicolons where the first line has them.</summary>
    private static List<IReadOnlyList<string>> Separated(string text)
    {
        var first = text.AsSpan().TrimStart();
        first = first.IndexOfAny('\r', '\n') is >= 0 and var end ? first[..end] : first;
        var separator = first.Contains('\t') ? '\t' : first.Contains(',') ? ',' : first.Contains(';') ? ';' : first.Contains('，') ? '，' : '\t';
        var lines = new List<IReadOnlyList<string>>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i <= text.Length && lines.Count < RecipientSheet.MostLines; i++)
        {
            var c = i < text.Length ? text[i] : '\n';
            if (quoted && i < text.Length)
            {
                if (c != '"')
                    cell.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    cell.Append(text[i++]);
                else
                    quoted = false;
            }
            else if (c == '"' && cell.Length == 0)
                quoted = true;
            else if (c == separator || c is '\n' or '\r')
            {
                if (cells.Count < RecipientSheet.MostColumns)
                    cells.Add(Cut(cell.ToString()));
                cell.Clear();
                if (c == separator)
                    continue;
                AddUnlessEmpty(lines, cells);
                cells = [];
            }
            else
                cell.Append(c);
        }

        return lines;
    }

    private static void AddUnlessEmpty(List<IReadOnlyList<string>> lines, List<string> cells)
    {
        if (cells.Any(cell => cell.Length > 0))
            lines.Add(cells);
    }

    private static string Cut(string text)
    {
        text = text.Trim();
        return text.Length > LongestCell ? text[..LongestCell] : text;
    }
}
