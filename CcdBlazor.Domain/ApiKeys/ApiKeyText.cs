using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Domain.ApiKeys;

/// <summary>
/// How a key looks: <c>ccd_{id}_{secret}</c>, the id in 32 hexadecimal digits, the secret 32 random bytes in base64url.
/// The id finds the record, so that no search over hashes is needed; the fixed beginning lets scanners find keys that got into a repository.
/// </summary>
public static class ApiKeyText
{
    public const string Prefix = "ccd_";
    private const int IdLength = 32;
    private const int SecretLength = 43;

    /// <summary>Characters of every key.</summary>
    public const int Length = 4 + IdLength + 1 + SecretLength;

    /// <summary>A new text for a key, with the hash that is kept of it.</summary>
    internal static (string Text, byte[] Hash) Make(Guid id)
    {
        var text = $"{Prefix}{id:N}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        return (text, SHA256.HashData(Encoding.ASCII.GetBytes(text)));
    }

    /// <summary>Reads the id out of a presented text and hashes the text; false when it is no key at all.</summary>
    internal static bool TryRead(ReadOnlySpan<char> text, out Guid id, Span<byte> hash)
    {
        id = default;
        if (text.Length != Length || !text.StartsWith(Prefix) || text[4 + IdLength] != '_' || !Guid.TryParseExact(text.Slice(4, IdLength), "N", out id))
            return false;
        Span<byte> bytes = stackalloc byte[Length];
        // What is not ASCII becomes "?" and so another hash than any that is kept.
        Encoding.ASCII.GetBytes(text, bytes);
        SHA256.HashData(bytes, hash);
        return true;
    }
}
