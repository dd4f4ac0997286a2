using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Channels;

/// <summary>The signature of our push protocol, the same for sends and for receipts: <c>hex(HMAC-SHA256(secret, timestamp + "." + body))</c>.</summary>
internal static class PushSignature
{
    public const string KeyHeader = "X-Push-Key";
    public const string TimestampHeader = "X-Push-Timestamp";
    public const string SignatureHeader = "X-Push-Signature";

    public static string Of(string secret, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        Span<byte> stamp = stackalloc byte[24];
        timestamp.TryFormat(stamp, out var written, default, CultureInfo.InvariantCulture);
        stamp[written] = (byte)'.';
        hmac.AppendData(stamp[..(written + 1)]);
        hmac.AppendData(body);
        Span<byte> hash = stackalloc byte[32];
        hmac.GetHashAndReset(hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Genuine, and not older or newer than the skew: a recorded request cannot be played again for ever.</summary>
    public static bool Genuine(string secret, string timestamp, string signature, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan skew) =>
        secret.Length > 0
        && long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && Math.Abs(now.ToUnixTimeSeconds() - seconds) <= skew.TotalSeconds
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Of(secret, seconds, body)), Encoding.ASCII.GetBytes(signature));
}
