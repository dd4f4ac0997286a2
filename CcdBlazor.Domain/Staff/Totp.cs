using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Domain.Staff;

/// <summary>Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, 6 digits, which is what every authenticator app does.</summary>
internal static class Totp
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>160 random bits in base 32, as RFC 4226 asks.</summary>
    public static string NewSecret() => RandomNumberGenerator.GetString(Base32, 32);

    public static long StepAt(DateTimeOffset now) => now.ToUnixTimeSeconds() / (long)Step.TotalSeconds;

    public static string Code(string secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(counter, step);
        // SHA-1 is what the standard and the apps use; as an HMAC it is not weakened by collisions.
#pragma warning disable CA5350
        var hash = HMACSHA1.HashData(Bytes(secret), counter);
#pragma warning restore CA5350
        var offset = hash[^1] & 0xf;
        var number = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(offset)) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step that a code belongs to, within one step of now on either side and later than <paramref name="after"/>; none when it fits no step.</summary>
    public static long? Match(string secret, string code, DateTimeOffset now, long? after)
    {
        var typed = Encoding.ASCII.GetBytes(code.Replace(" ", "", StringComparison.Ordinal));
        var current = StepAt(now);
        for (var step = current - 1; step <= current + 1; step++)
            if (CryptographicOperations.FixedTimeEquals(typed, Encoding.ASCII.GetBytes(Code(secret, step))) && !(step <= after))
                return step;
        return null;
    }

    /// <summary>What the QR code holds.</summary>
    public static string Uri(string secret, string userName, string issuer) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(userName)}?secret={secret}&issuer={System.Uri.EscapeDataString(issuer)}&digits=6&period=30";

    private static byte[] Bytes(string base32)
    {
        var bytes = new byte[base32.Length * 5 / 8];
        int buffer = 0, bits = 0, at = 0;
        foreach (var c in base32)
        {
            buffer = (buffer << 5 | Base32.IndexOf(c, StringComparison.Ordinal)) & 0xfff;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes[at++] = (byte)(buffer >> bits);
        }

        return bytes;
    }
}
