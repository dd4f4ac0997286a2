namespace CcdBlazor.Domain.Files;

/// <summary>
/// Where encrypted blobs lie. Two implementations: a folder and an S3-compatible bucket. The store sees only ciphertext.
/// Keys are the lower-case hex SHA-256 of the plain content.
/// </summary>
public interface IBlobStore
{
    /// <summary>Stores a blob under its key, atomically: a reader sees all of it or nothing. Writing the same key again is harmless.</summary>
    /// <exception cref="StorageFullException">No room; nothing was stored.</exception>
    Task WriteAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken ct);

    /// <summary>Opens a blob for reading, or null when there is none.</summary>
    Task<Stream?> OpenAsync(string key, CancellationToken ct);

    Task<bool> ExistsAsync(string key, CancellationToken ct);

    Task DeleteAsync(string key, CancellationToken ct);
}

/// <summary>The disk or bucket has no room left.</summary>
public sealed class StorageFullException(string message, Exception? inner = null) : IOException(message, inner);
