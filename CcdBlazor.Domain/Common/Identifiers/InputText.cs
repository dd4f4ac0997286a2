using System.Text;

namespace CcdBlazor.Domain.Common.Identifiers;

/// <summary>Folds what people type or paste (full-width characters from an input method, spaces, dashes, invisible marks) to plain capitals and digits.</summary>
internal static class InputText
{
    /// <summary>Longer input is no identifier; cutting it keeps hostile text cheap. Long enough that the length refusal still comes out right.</summary>
    private const int LongestRead = 64;

    public static string Fold(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        var folded = new StringBuilder(Math.Min(text.Length, LongestRead));
        foreach (var raw in text)
        {
            // U+FF01..FF5E are the full-width forms of ASCII 21..7E.
            var c = raw is >= '\uFF01' and <= '\uFF5E' ? (char)(raw - 0xFEE0) : raw;
            if (char.IsWhiteSpace(c) || c is '-' or '(' or ')' or '·' or '\u200B' or '\u200E' or '\u200F' or '\u202A' or '\u202C' or '\u202D' or '\uFEFF'
                or (>= '\u2010' and <= '\u2015'))
                continue;
            folded.Append(c is >= 'a' and <= 'z' ? (char)(c - 32) : c);
            if (folded.Length == LongestRead)
                break;
        }

        return folded.ToString();
    }

    public static bool AllDigits(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is < '0' or > '9')
                return false;
        }

        return true;
    }
}
