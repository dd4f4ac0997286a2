using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Channels;

/// <summary>
/// Signature and encryption of WeChat's callbacks, the same for Official Accounts and WeCom: SHA-1 over the sorted parts; AES-256-CBC with a key of 43 characters,
/// plaintext of 16 random bytes, length, message and the receiver's id, padded to 32.
/// </summary>
internal static class WeChatCrypto
{
    private const int Block = 32;
    private const int Head = 20;

    public static bool Genuine(string given, params string[] parts)
    {
        Array.Sort(parts, StringComparer.Ordinal);
#pragma warning disable CA5350 // WeChat's own choice.
        var expected = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts))));
#pragma warning restore CA5350
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
    }

    /// <summary>The message; none when it is damaged, of another key, or meant for somebody else.</summary>
    public static string? Decrypt(string aesKey, string encrypted, string receiver)
    {
        if (aesKey.Length != 43)
            return null;
        try
        {
            using var aes = Aes.Create();
            aes.Key = Convert.FromBase64String(aesKey + "=");
            var plain = aes.DecryptCbc(Convert.FromBase64String(encrypted), aes.Key.AsSpan(0, 16), PaddingMode.None);
            var padding = plain.Length == 0 ? (byte)0 : plain[^1];
            if (padding is < 1 or > Block || plain.Length < Head + padding || plain.AsSpan(plain.Length - padding).ContainsAnyExcept(padding))
                return null;
            var length = BinaryPrimitives.ReadInt32BigEndian(plain.AsSpan(16));
            var end = plain.Length - padding;
            if (length < 0 || length > end - Head || Encoding.UTF8.GetString(plain, Head + length, end - Head - length) != receiver)
                return null;
            return Encoding.UTF8.GetString(plain, Head, length);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
