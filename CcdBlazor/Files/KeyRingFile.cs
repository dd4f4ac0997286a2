using System.Security.Cryptography;
using System.Text.Json;
using CcdBlazor.Domain.Files;

namespace CcdBlazor.Files;

/// <summary>
/// Where the master keys come from: configuration (<c>Files:Keys:{id}</c> = base64 of 32 bytes, <c>Files:CurrentKey</c>,
/// <c>Security:HashKey</c> = base64 of at least 32 bytes), or else a key file that the first start makes in the data folder.
/// </summary>
public static class KeyRingFile
{
    public const string FileName = "keys.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <param name="mustBeConfigured">
    /// True in Production with a database outside the program: several nodes would each invent keys of their own, and a backup of the
    /// database would not hold them.
    /// </param>
    /// <exception cref="KeyRingMissingException">Keys are missing, incomplete or unreadable; the message says which setting to give.</exception>
    public static KeyRingOptions Load(IConfiguration configuration, string dataFolder, bool mustBeConfigured)
    {
        var keys = configuration.GetSection("Files:Keys").GetChildren().ToDictionary(key => key.Key, key => Decode($"Files:Keys:{key.Key}", key.Value));
        var hashKey = configuration["Security:HashKey"] ?? configuration["Files:HashKey"];
        if (keys.Count > 0)
        {
            var current = configuration["Files:CurrentKey"] ?? (keys.Count == 1 ? keys.Keys.Single() : null)
                ?? throw new KeyRingMissingException("Several keys stand under Files:Keys, but Files:CurrentKey does not say which one is used for new files.");
            if (!keys.ContainsKey(current))
                throw new KeyRingMissingException($"Files:CurrentKey names '{current}', which is not under Files:Keys.");
            return new KeyRingOptions(keys, current, Decode("Security:HashKey", hashKey));
        }

        if (mustBeConfigured)
            throw new KeyRingMissingException(
                "No master key is configured. In Production with an external database set Files:Keys:{id} (base64 of 32 random bytes, e.g. 'openssl rand -base64 32'), "
                + "Files:CurrentKey ({id}) and Security:HashKey (base64 of 32 random bytes), the same on every node, and keep a copy away from the database: "
                + "without them the files cannot be read.");
        return FromFile(Path.Combine(dataFolder, FileName));
    }

    private static KeyRingOptions FromFile(string path)
    {
        if (!File.Exists(path))
            Create(path);
        var stored = JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(path));
        if (stored is not { Keys.Count: > 0, CurrentKey: not null, HashKey: not null })
            throw new KeyRingMissingException($"The key file {path} is incomplete. Put the copy back; without it the stored files cannot be read.");
        return new KeyRingOptions(
            stored.Keys.ToDictionary(key => key.Key, key => Decode($"{FileName}:{key.Key}", key.Value)),
            stored.CurrentKey,
            Decode($"{FileName}:HashKey", stored.HashKey));
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fresh = new Stored(new() { ["k1"] = NewKey() }, "k1", NewKey());
        var temporary = $"{path}.{Guid.NewGuid():N}";
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, creation))
        {
            JsonSerializer.Serialize(file, fresh, Indented);
            file.Flush(flushToDisk: true);
        }

        try
        {
            // Two starts at once: the first file counts, the other is thrown away.
            File.Move(temporary, path, overwrite: false);
            FolderFlush.Flush(Path.GetDirectoryName(path)!);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary);
        }
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyRing.KeySize));

    private static byte[] Decode(string setting, string? base64)
    {
        if (string.IsNullOrWhiteSpace(base64))
            throw new KeyRingMissingException($"{setting} is missing: give the base64 of {KeyRing.KeySize} random bytes.");
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64.Trim(), bytes, out var size) || size < KeyRing.KeySize)
            throw new KeyRingMissingException($"{setting} is not the base64 of {KeyRing.KeySize} bytes.");
        return bytes[..size];
    }

    private sealed record Stored(Dictionary<string, string> Keys, string CurrentKey, string HashKey);
}

/// <summary>The program cannot start because its master keys are missing or malformed.</summary>
public sealed class KeyRingMissingException(string message) : InvalidOperationException(message);
