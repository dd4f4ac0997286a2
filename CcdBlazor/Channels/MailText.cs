using System.Globalization;
using System.Net.Mail;
using System.Text;

namespace CcdBlazor.Channels;

/// <summary>A mail as it goes over the wire: headers by RFC 5322 and 2047, text and HTML as alternatives, every line short and ASCII.</summary>
internal static class MailText
{
    private static readonly IdnMapping Domains = new() { UseStd3AsciiRules = true };

    /// <summary>A line break in a header would begin a header of the attacker's choice; other control characters have no business there either.</summary>
    public static bool FitsHeader(string text)
    {
        foreach (var c in text)
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
                return false;
        return true;
    }

    /// <summary>The bare address with its domain in ASCII; none when it is no single plain address.</summary>
    public static string? Address(string text)
    {
        if (text.Length is 0 or > 254 || !FitsHeader(text) || !MailAddress.TryCreate(text, out var parsed) || parsed.Address != text)
            return null;
        foreach (var c in parsed.User)
            if (!char.IsAscii(c) || c is ' ' or '"' or '<' or '>' or '(' or ')' or ',' or ';' or ':' or '\\')
                return null;
        try
        {
            return $"{parsed.User}@{Domains.GetAscii(parsed.Host)}";
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The whole mail with CRLF line ends, dots at line starts doubled, and the closing dot: ready to follow DATA.</summary>
    public static void Write(
        PooledBytes to, Guid id, string from, string fromName, string replyTo, string recipient, string subject, string text, string? html, DateTimeOffset now)
    {
        var domain = from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..];
        Line(to, $"Message-ID: <{id:N}@{domain}>");
        Line(to, string.Create(CultureInfo.InvariantCulture, $"Date: {now.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000"));
        Line(to, fromName.Length == 0 ? $"From: <{from}>" : $"From: {HeaderWords("From: ", fromName, phrase: true)} <{from}>");
        Line(to, $"To: <{recipient}>");
        if (replyTo.Length > 0)
            Line(to, $"Reply-To: <{replyTo}>");
        Line(to, $"Subject: {HeaderWords("Subject: ", subject, phrase: false)}");
        Line(to, "Auto-Submitted: auto-generated");
        Line(to, "MIME-Version: 1.0");
        if (html is null)
        {
            Part(to, "text/plain", text);
        }
        else
        {
            var boundary = $"=_{id:N}";
            Line(to, $"Content-Type: multipart/alternative; boundary=\"{boundary}\"");
            Line(to, "");
            Line(to, $"--{boundary}");
            Part(to, "text/plain", text);
            Line(to, $"--{boundary}");
            Part(to, "text/html", html);
            Line(to, $"--{boundary}--");
        }

        Line(to, ".");
    }

    /// <summary>Words that are plain ASCII stay; others become encoded words of at most 75 characters each, split between characters.</summary>
    internal static string HeaderWords(string header, string text, bool phrase)
    {
        var plain = text.Length + header.Length <= 76 && !text.Contains("=?", StringComparison.Ordinal);
        foreach (var c in text)
            plain &= char.IsAscii(c) && (!phrase || char.IsAsciiLetterOrDigit(c) || c == ' ');
        if (plain)
            return text;
        // "=?UTF-8?B?" and "?=" take 12 of 75; 45 bytes become 60 characters.
        var words = new StringBuilder();
        var bytes = new byte[45];
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (length + rune.Utf8SequenceLength > bytes.Length || (words.Length == 0 && length + rune.Utf8SequenceLength > 33))
                Flush();
            length += rune.EncodeToUtf8(bytes.AsSpan(length));
        }

        Flush();
        return words.ToString();

        void Flush()
        {
            if (length == 0)
                return;
            words.Append(words.Length == 0 ? "" : "\r\n ").Append("=?UTF-8?B?").Append(Convert.ToBase64String(bytes, 0, length)).Append("?=");
            length = 0;
        }
    }

    private static void Part(PooledBytes to, string type, string text)
    {
        Line(to, $"Content-Type: {type}; charset=utf-8");
        var bytes = Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));
        var special = 0;
        foreach (var b in bytes)
            special += b is >= 0x80 or (byte)'=' ? 1 : 0;
        if (special * 6 < bytes.Length)
        {
            Line(to, "Content-Transfer-Encoding: quoted-printable");
            Line(to, "");
            QuotedPrintable(to, bytes);
            return;
        }

        Line(to, "Content-Transfer-Encoding: base64");
        Line(to, "");
        for (var at = 0; at < bytes.Length; at += 57)
            Line(to, Convert.ToBase64String(bytes, at, Math.Min(57, bytes.Length - at)));
    }

    private static void QuotedPrintable(PooledBytes to, byte[] bytes)
    {
        var line = new StringBuilder(80);
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            if (b == '\r' && i + 1 < bytes.Length && bytes[i + 1] == '\n')
            {
                Flush();
                i++;
                continue;
            }

            var endOfLine = i + 1 == bytes.Length || (bytes[i + 1] == '\r' && i + 2 < bytes.Length && bytes[i + 2] == '\n');
            var plain = b is >= 33 and <= 126 and not (byte)'=' || (b is (byte)' ' or (byte)'\t' && !endOfLine);
            if (line.Length + (plain ? 1 : 3) > 75)
            {
                line.Append('=');
                Flush();
            }

            // A dot at the start of a line is coded, so nothing need be doubled.
            if (plain && !(b == '.' && line.Length == 0))
                line.Append((char)b);
            else
                line.Append('=').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        Flush();

        void Flush()
        {
            Line(to, line.ToString());
            line.Clear();
        }
    }

    private static void Line(PooledBytes to, string line)
    {
        var span = to.GetSpan(Encoding.ASCII.GetMaxByteCount(line.Length) + 2);
        var written = Encoding.ASCII.GetBytes(line, span);
        span[written++] = (byte)'\r';
        span[written++] = (byte)'\n';
        to.Advance(written);
    }
}
