using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Channels;

/// <summary>Tencent Cloud's signature version 3, <c>TC3-HMAC-SHA256</c>.</summary>
internal static class Tc3Signature
{
    /// <param name="action">Signed too when given; lower case on the signed line.</param>
    /// <returns>The value of the header <c>Authorization</c>.</returns>
    public static string Authorization(
        string service, string host, string contentType, string? action, ReadOnlySpan<byte> body, DateTimeOffset at, string secretId, string secretKey)
    {
        var names = action is null ? "content-type;host" : "content-type;host;x-tc-action";
        var canonical = $"POST\n/\n\ncontent-type:{contentType}\nhost:{host}\n{(action is null ? "" : $"x-tc-action:{action.ToLowerInvariant()}\n")}\n{names}\n{Hash(body)}";
        // The date is of UTC, not of Beijing.
        var date = at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var scope = $"{date}/{service}/tc3_request";
        var toSign = string.Create(CultureInfo.InvariantCulture, $"TC3-HMAC-SHA256\n{at.ToUnixTimeSeconds()}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(canonical))}");
        var key = Hmac(Hmac(Hmac(Encoding.UTF8.GetBytes($"TC3{secretKey}"), date), service), "tc3_request");
        return $"TC3-HMAC-SHA256 Credential={secretId}/{scope}, SignedHeaders={names}, Signature={Convert.ToHexStringLower(Hmac(key, toSign))}";
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
