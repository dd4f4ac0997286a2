using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>Recipients in the form that their channel takes, and the key under which a person's limits are kept.</summary>
public static class RecipientRules
{
    /// <summary>Longest recipient of any channel (an e-mail address: RFC 5321, 254).</summary>
    public const int Longest = 254;

    /// <summary>The recipient in the channel's form, or null when it is none. Full-width digits and letters are read as what they mean.</summary>
    public static string? Normalise(MessageChannel channel, string recipient, bool toBot = false)
    {
        var text = recipient.Length > 4 * Longest ? "" : recipient.Normalize(NormalizationForm.FormKC).Trim();
        if (text.Length == 0)
            return toBot && recipient.Length == 0 ? "" : null;
        return text.Length > Longest || text.Any(char.IsControl)
            ? null
            : channel switch
            {
                MessageChannel.Sms => Mobile(text),
                MessageChannel.Email => Address(text),
                MessageChannel.InApp => Guid.TryParse(text, out var staff) ? staff.ToString("D") : null,
                _ => text.Any(char.IsWhiteSpace) ? null : text,
            };
    }

    /// <summary>Whom limits count: the customer, or else this recipient.</summary>
    public static Guid PersonOf(Guid? customer, MessageChannel channel, string recipient) =>
        customer ?? HashOf($"{(int)channel}:{recipient}");

    /// <summary>The first 128 bits of SHA-256: a key, never shown.</summary>
    public static Guid HashOf(string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new Guid(hash[..16]);
    }

    /// <summary>A mobile number of the mainland: 11 digits, 13 to 19 in front (numbering plan of MIIT); separators and +86 are dropped.</summary>
    private static string? Mobile(string text)
    {
        Span<char> digits = stackalloc char[Longest];
        var count = 0;
        foreach (var c in text)
            if (char.IsAsciiDigit(c))
                digits[count++] = c;
            else if (c is not (' ' or '-' or '(' or ')' or '+'))
                return null;
        var number = digits[..count];
        if (number.Length == 13 && number.StartsWith("86"))
            number = number[2..];
        else if (number.Length == 15 && number.StartsWith("0086"))
            number = number[4..];
        return number is ['1', >= '3' and <= '9', ..] && number.Length == 11 ? new string(number) : null;
    }

    private static string? Address(string text) =>
        MailAddress.TryCreate(text, out var address) && address.Address == text && text.IndexOfAny([',', ';', '<', '>', '"']) < 0 ? text : null;
}
