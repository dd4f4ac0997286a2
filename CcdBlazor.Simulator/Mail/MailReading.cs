using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CcdBlazor.Simulator;

/// <summary>What a person sees of a mail.</summary>
public sealed record ReadMail(Guid Id, string From, string Subject, string Text, string Html);

/// <summary>Reads mails as a mail program does: folded headers, encoded words, alternatives, quoted-printable and base64.</summary>
public static partial class MailReading
{
    public static ReadMail Read(string mail)
    {
        var (headers, body) = Split(mail);
        var (text, html) = ("", "");
        var type = headers.GetValueOrDefault("content-type", "text/plain");
        if (type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) && Boundary().Match(type) is { Success: true } found)
        {
            foreach (var piece in body.Split($"--{found.Groups[1].Value}").Skip(1).Where(p => !p.StartsWith("--", StringComparison.Ordinal)))
            {
                var (inner, content) = Split(piece.TrimStart('\r', '\n'));
                var decoded = Decode(inner, content);
                if (inner.GetValueOrDefault("content-type", "").StartsWith("text/html", StringComparison.OrdinalIgnoreCase))
                    html = decoded;
                else
                    text = decoded;
            }
        }
        else
        {
            text = Decode(headers, body);
        }

        var id = MessageId().Match(headers.GetValueOrDefault("message-id", "")) is { Success: true } ours ? Guid.ParseExact(ours.Groups[1].Value, "N") : Guid.Empty;
        return new ReadMail(id, Words(headers.GetValueOrDefault("from", "")), Words(headers.GetValueOrDefault("subject", "")), text, html);
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string mail)
    {
        var end = mail.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = end < 0 ? mail : mail[..end];
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in Folded().Replace(head, " ").Split("\r\n"))
            if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
                headers[line[..colon]] = line[(colon + 1)..].Trim();
        return (headers, end < 0 ? "" : mail[(end + 4)..]);
    }

    private static string Words(string header) => EncodedWord().Replace(
        BetweenWords().Replace(header, "?==?"), m => Encoding.UTF8.GetString(Convert.FromBase64String(m.Groups[1].Value)));

    private static string Decode(Dictionary<string, string> headers, string body)
    {
        switch (headers.GetValueOrDefault("content-transfer-encoding", "").ToLowerInvariant())
        {
            case "base64":
                return Encoding.UTF8.GetString(Convert.FromBase64String(body.ReplaceLineEndings("").Trim()));
            case "quoted-printable":
                var bytes = new List<byte>();
                var soft = body.Replace("=\r\n", "", StringComparison.Ordinal);
                for (var i = 0; i < soft.Length; i++)
                {
                    if (soft[i] == '=' && i + 2 < soft.Length && byte.TryParse(soft.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                    {
                        bytes.Add(value);
                        i += 2;
                    }
                    else
                    {
                        bytes.Add((byte)soft[i]);
                    }
                }

                return Encoding.UTF8.GetString([.. bytes]).TrimEnd();
            default:
                return body.TrimEnd();
        }
    }

    [GeneratedRegex("boundary=\"?([^\";]+)\"?", RegexOptions.IgnoreCase)]
    private static partial Regex Boundary();

    [GeneratedRegex("<([0-9a-f]{32})@")]
    private static partial Regex MessageId();

    [GeneratedRegex("\r\n[ \t]+")]
    private static partial Regex Folded();

    [GeneratedRegex("\\?=\\s+=\\?")]
    private static partial Regex BetweenWords();

    [GeneratedRegex("=\\?UTF-8\\?B\\?([^?]*)\\?=", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();
}
