using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CcdBlazor.Domain.Files;

namespace CcdBlazor.Files;

/// <summary>The headers of tus 1.0.0 (tus.io/protocols/resumable-upload), read and written without any HTTP around them.</summary>
public static class TusProtocol
{
    public const string Version = "1.0.0";
    public const string Extensions = "creation,creation-with-upload,checksum,termination,expiration";
    public const string ChecksumAlgorithms = "sha1,sha256";
    public const string BodyType = "application/offset+octet-stream";

    /// <summary>The extension's own status for a body that does not match its checksum.</summary>
    public const int ChecksumMismatchStatus = 460;

    /// <summary>A non-negative number of bytes, digits only; none for anything else (a sign, a space, more than 18 digits).</summary>
    public static long? Bytes(string? header) =>
        header is { Length: > 0 and <= 18 } && long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;

    /// <summary><c>sha256 {base64}</c>; none when the algorithm is not offered or the hash does not have its length.</summary>
    public static UploadChecksum? Checksum(string header)
    {
        if (header.Split(' ') is not [var name, var text])
            return null;
        var (algorithm, size) = name switch
        {
            "sha1" => (HashAlgorithmName.SHA1, SHA1.HashSizeInBytes),
            "sha256" => (HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
            _ => (default, 0),
        };
        var hash = new byte[size];
        return size > 0 && Convert.TryFromBase64String(text, hash, out var written) && written == size ? new UploadChecksum(algorithm, hash) : null;
    }

    /// <summary>Pairs of key and base64, divided by commas; none when malformed. A key twice is malformed; a key alone has an empty value.</summary>
    public static IReadOnlyDictionary<string, string>? Metadata(string? header)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (string.IsNullOrWhiteSpace(header))
            return values;
        foreach (var pair in header.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = pair.Split(' ');
            if (parts is not ([{ Length: > 0 }] or [{ Length: > 0 }, _]))
                return null;
            var text = parts is [_, var base64] ? Text(base64) : "";
            if (text is null || !values.TryAdd(parts[0], text))
                return null;
        }

        return values;
    }

    /// <summary>What the sender gave at the beginning, in the form in which he gave it.</summary>
    public static string Metadata(UploadView upload)
    {
        var pairs = new List<string>();
        void Add(string key, string? value)
        {
            if (value is not null)
                pairs.Add($"{key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}");
        }

        Add("customer", upload.CustomerId.ToString());
        Add("item", upload.ItemCode);
        Add("clientKey", upload.ClientKey);
        Add("filename", upload.FileName);
        Add("filetype", upload.DeclaredType);
        Add("replaces", upload.ReplacesDocumentId?.ToString());
        return string.Join(',', pairs);
    }

    /// <summary>A time as HTTP writes it.</summary>
    public static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture);

    private static string? Text(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var size) ? Encoding.UTF8.GetString(bytes, 0, size) : null;
    }
}
