using System.Security.Cryptography;
using System.Text;

namespace CcdBlazor.Domain.Files;

/// <summary>The secrets of the store as configuration gives them. Old keys stay listed until everything was re-wrapped.</summary>
/// <param name="Keys">Master keys by id; each 32 bytes. An id is 1 to 32 letters, digits, '-' or '_' and is stored beside what it protects.</param>
/// <param name="CurrentKey">The id that new secrets are protected with.</param>
/// <param name="HashKey">At least 32 bytes, for hashes that are searched by. Changing it makes the stored hashes useless.</param>
public sealed record KeyRingOptions(IReadOnlyDictionary<string, byte[]> Keys, string CurrentKey, byte[] HashKey)
{
    /// <summary>Never the keys: records print their members, and options end up in logs.</summary>
    public override string ToString() => $"KeyRingOptions({Keys.Count} keys, current {CurrentKey})";
}

/// <summary>A data key, encrypted under the master key that is named beside it.</summary>
public sealed record WrappedKey(string KeyId, byte[] Bytes);

/// <summary>
/// Master keys. Every blob has a random data key of its own, which is stored wrapped: rotating the master key re-wraps 60 bytes per
/// blob and rewrites no file. Each purpose works with a key derived from the master key, so that no key serves two algorithms' nonces.
/// </summary>
public sealed class KeyRing
{
    public const int KeySize = 32;
    internal const int NonceSize = 12;
    internal const int TagSize = 16;

    private readonly Dictionary<string, byte[]> wrapping = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> fields = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A key has the wrong length or name, or the current key is not in the ring.</exception>
    public KeyRing(KeyRingOptions options)
    {
        foreach (var (id, key) in options.Keys)
        {
            if (!IsKeyId(id))
                throw new ArgumentException($"Master key id '{id}' must be 1 to 32 letters, digits, '-' or '_'.");
            if (key.Length != KeySize)
                throw new ArgumentException($"Master key '{id}' has {key.Length} bytes instead of {KeySize}.");
            wrapping[id] = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeySize, info: "ccd.files.wrap.v1"u8.ToArray());
            fields[id] = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeySize, info: "ccd.fields.v1"u8.ToArray());
        }

        if (!wrapping.ContainsKey(options.CurrentKey))
            throw new ArgumentException($"The current master key '{options.CurrentKey}' is not in the key ring.");
        if (options.HashKey.Length < KeySize)
            throw new ArgumentException($"The hash key needs at least {KeySize} bytes.");
        CurrentKeyId = options.CurrentKey;
        HashKey = [.. options.HashKey];
    }

    /// <summary>The id that new secrets are protected with.</summary>
    public string CurrentKeyId { get; }

    internal byte[] HashKey { get; }

    /// <summary>Wraps a data key under the current master key. The context (the blob's hash) is bound: a wrapped key cannot be moved to another blob.</summary>
    public WrappedKey Wrap(ReadOnlySpan<byte> dataKey, string context)
    {
        var bytes = new byte[NonceSize + dataKey.Length + TagSize];
        var nonce = bytes.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(wrapping[CurrentKeyId], TagSize);
        aes.Encrypt(nonce, dataKey, bytes.AsSpan(NonceSize, dataKey.Length), bytes.AsSpan(NonceSize + dataKey.Length), Encoding.UTF8.GetBytes(context));
        return new WrappedKey(CurrentKeyId, bytes);
    }

    /// <exception cref="FileTamperedException">The wrapped key was changed, belongs to another context, or its master key is another one.</exception>
    /// <exception cref="MasterKeyMissingException">The master key is not in the ring (removed from configuration too early).</exception>
    public byte[] Unwrap(WrappedKey wrapped, string context)
    {
        if (!wrapping.TryGetValue(wrapped.KeyId, out var master))
            throw new MasterKeyMissingException(wrapped.KeyId);
        var size = wrapped.Bytes.Length - NonceSize - TagSize;
        if (size <= 0)
            throw new FileTamperedException("The wrapped key is too short.");
        var key = new byte[size];
        using var aes = new AesGcm(master, TagSize);
        try
        {
            aes.Decrypt(wrapped.Bytes.AsSpan(0, NonceSize), wrapped.Bytes.AsSpan(NonceSize, size), wrapped.Bytes.AsSpan(NonceSize + size), key, Encoding.UTF8.GetBytes(context));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new FileTamperedException("The wrapped key does not open.", e);
        }

        return key;
    }

    /// <summary>The same data key under the current master key.</summary>
    public WrappedKey Rewrap(WrappedKey wrapped, string context)
    {
        var key = Unwrap(wrapped, context);
        try
        {
            return Wrap(key, context);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    internal byte[]? FieldKey(string id) => fields.GetValueOrDefault(id);

    private static bool IsKeyId(string id) => id.Length is > 0 and <= 32 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}

/// <summary>Stored bytes are not what was written: changed, cut, reordered, or opened with a wrong key.</summary>
public sealed class FileTamperedException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Something is protected by a master key that configuration no longer names.</summary>
public sealed class MasterKeyMissingException(string keyId)
    : InvalidOperationException($"Master key '{keyId}' is not in the key ring. Put it back under Files:Keys; it may leave only after the key rotation job has finished.")
{
    public string KeyId { get; } = keyId;
}
