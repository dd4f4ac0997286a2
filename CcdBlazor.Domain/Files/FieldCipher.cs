using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Domain.Files;

/// <summary>
/// Encrypts short secrets in columns (identity numbers, TOTP secrets) with AES-256-GCM: <c>1.{key id}.{base64url of nonce, text, tag}</c>.
/// The context names column and row kind and is bound, so that a value copied into another column does not open.
/// </summary>
public sealed class FieldCipher(KeyRing ring)
{
    private const string Version = "1";

    public string Encrypt(string plain, string context)
    {
        var text = Encoding.UTF8.GetBytes(plain);
        var bytes = new byte[KeyRing.NonceSize + text.Length + KeyRing.TagSize];
        var nonce = bytes.AsSpan(0, KeyRing.NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(ring.FieldKey(ring.CurrentKeyId)!, KeyRing.TagSize);
        aes.Encrypt(nonce, text, bytes.AsSpan(KeyRing.NonceSize, text.Length), bytes.AsSpan(KeyRing.NonceSize + text.Length), Bound(ring.CurrentKeyId, context));
        return $"{Version}.{ring.CurrentKeyId}.{Base64Url.EncodeToString(bytes)}";
    }

    /// <exception cref="FieldTamperedException">The value was changed, or was written for another context.</exception>
    /// <exception cref="MasterKeyMissingException">The master key is not in the ring.</exception>
    public string Decrypt(string cipher, string context)
    {
        var parts = cipher.Split('.');
        if (parts.Length != 3 || parts[0] != Version)
            throw new FieldTamperedException("The value is not in the expected form.");
        var key = ring.FieldKey(parts[1]) ?? throw new MasterKeyMissingException(parts[1]);
        try
        {
            var bytes = Base64Url.DecodeFromChars(parts[2]);
            var size = bytes.Length - KeyRing.NonceSize - KeyRing.TagSize;
            if (size < 0)
                throw new FieldTamperedException("The value is too short.");
            var plain = new byte[size];
            using var aes = new AesGcm(key, KeyRing.TagSize);
            aes.Decrypt(bytes.AsSpan(0, KeyRing.NonceSize), bytes.AsSpan(KeyRing.NonceSize, size), bytes.AsSpan(KeyRing.NonceSize + size), plain, Bound(parts[1], context));
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or FormatException)
        {
            throw new FieldTamperedException("The value does not open.", e);
        }
    }

    /// <summary>True when the value is protected by an older master key and should be encrypted again.</summary>
    public bool IsOutdated(string cipher) => !cipher.StartsWith($"{Version}.{ring.CurrentKeyId}.", StringComparison.Ordinal);

    private static byte[] Bound(string keyId, string context) => Encoding.UTF8.GetBytes($"{Version}.{keyId}.{context}");
}

/// <summary>
/// Keyed hash for finding an encrypted value by equality: HMAC-SHA256, 64 lower-case hex digits. Without the key a stolen table
/// cannot be searched by trying all identity numbers. The caller brings the value into one form first (upper case, no spaces).
/// </summary>
public sealed class FieldHash(KeyRing ring)
{
    /// <param name="context">Names the kind of value: equal values of different kinds get different hashes.</param>
    public string Of(string value, string context) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(ring.HashKey, Encoding.UTF8.GetBytes($"{context}\0{value}")));
}

/// <summary>An encrypted column value is not what was written.</summary>
public sealed class FieldTamperedException(string message, Exception? inner = null) : CryptographicException(message, inner);
