namespace CcdBlazor.Domain.Files;

/// <summary>
/// Where encrypted blobs lie. Two implementations: a folder and an S3-compatible bucket. The store sees only ciphertext.
/// A key is the lower-case hex SHA-256 of the plain content, a hyphen and 16 random hex digits: two writers of the same content
/// encrypt under different data keys, so neither may overwrite the other's blob; which of the two counts is decided by a row.
/// </summary>
public interface IBlobStore
{
    /// <summary>
    /// Stores a blob, atomically: a reader sees all of it or nothing. The callback writes the content and returns the key, which is
    /// only known after the content was read once; it returns null to throw away what it wrote (the content is stored already).
    /// </summary>
    /// <returns>What the callback returned.</returns>
    /// <exception cref="StorageFullException">No room; nothing was stored.</exception>
    Task<string?> WriteAsync(Func<Stream, CancellationToken, Task<string?>> write, CancellationToken ct);

    /// <summary>Opens a blob for reading (seekable, so that ranges are cheap), or null when there is none.</summary>
    Task<Stream?> OpenAsync(string key, CancellationToken ct);

    Task<bool> ExistsAsync(string key, CancellationToken ct);

    /// <summary>Removes a blob; harmless when there is none.</summary>
    Task DeleteAsync(string key, CancellationToken ct);

    /// <summary>Everything that lies in the store, in no particular order, unfinished writes of a program that died included. For the search for strays only.</summary>
    IAsyncEnumerable<BlobEntry> ListAsync(CancellationToken ct);
}

/// <summary>A blob as the store lists it.</summary>
public readonly record struct BlobEntry(string Key, DateTimeOffset WrittenAt);

/// <summary>The disk or bucket has no room left.</summary>
public sealed class StorageFullException(string message, Exception? inner = null) : IOException(message, inner)
{
    // ENOSPC and EDQUOT reach .NET as the raw errno; Windows and the runtime's own checks say ERROR_DISK_FULL.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int DiskFull = 0x70;

    /// <summary>True when an I/O error means "no room" rather than a broken disk.</summary>
    public static bool IsFull(IOException e) => e is StorageFullException || (e.HResult & 0xFFFF) is NoSpace or QuotaExceeded or DiskFull;
}
