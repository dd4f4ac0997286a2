namespace CcdBlazor.Domain.Common;

/// <summary>Cells of a CSV file that a spreadsheet program will open.</summary>
public static class Csv
{
    /// <summary>One line with its end.</summary>
    public static string Line(IEnumerable<string?> cells) => $"{string.Join(',', cells.Select(Cell))}\r\n";

    /// <summary>
    /// Quoted where needed. What would start a formula gets an apostrophe in front (OWASP, CSV injection): a customer's name must not
    /// become a command on a colleague's machine. Full-width signs count, as Excel's Chinese edition takes them, too.
    /// </summary>
    public static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "";
        var safe = value.TrimStart()[..Math.Min(1, value.TrimStart().Length)] is "=" or "+" or "-" or "@" or "＝" or "＋" or "－" or "＠" || value[0] is '\t' or '\r' or '\n' or '\0'
            ? "'" + value
            : value;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
