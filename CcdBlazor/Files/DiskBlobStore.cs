using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CcdBlazor.Domain.Files;

namespace CcdBlazor.Files;

/// <summary>Where and how the folder store keeps its blobs.</summary>
/// <param name="Folder">Blobs lie below it as <c>ab/cd/{key}</c>; made when missing.</param>
/// <param name="ReserveBytes">Free bytes that the store leaves on the disk for the database and the logs.</param>
public sealed record DiskBlobOptions(string Folder, long ReserveBytes = 512L * 1024 * 1024);

/// <summary>
/// Blobs in a folder. A blob is written beside its place, flushed to the disk, renamed, and the folder entry is flushed too: after
/// that a power cut cannot lose it, and before that nobody sees it.
/// </summary>
public sealed class DiskBlobStore : IBlobStore
{
    private const int CopyBuffer = 128 * 1024;
    private readonly DiskBlobOptions options;
    private readonly string temporary;

    public DiskBlobStore(DiskBlobOptions options)
    {
        this.options = options;
        temporary = Path.Combine(options.Folder, "tmp");
        Directory.CreateDirectory(temporary);
    }

    /// <summary>Opens the temporary file; tests put a full device in its place.</summary>
    internal Func<string, FileStream> OpenTemporary { get; init; } = path =>
        new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = CopyBuffer });

    public async Task<string?> WriteAsync(Func<Stream, CancellationToken, Task<string?>> write, CancellationToken ct)
    {
        if (FreeBytes() < options.ReserveBytes)
            throw new StorageFullException($"Less than {options.ReserveBytes} bytes are free under the blob folder.");
        var path = Path.Combine(temporary, Guid.NewGuid().ToString("N"));
        try
        {
            string? key;
            await using (var file = OpenTemporary(path))
            {
                key = await write(file, ct);
                if (key is not null)
                {
                    await file.FlushAsync(ct);
                    file.Flush(flushToDisk: true);
                }
            }

            if (key is not null)
                Publish(path, key);
            return key;
        }
        catch (IOException e) when (e is not StorageFullException && StorageFullException.IsFull(e))
        {
            throw new StorageFullException("The disk of the blob folder is full.", e);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public Task<Stream?> OpenAsync(string key, CancellationToken ct)
    {
        try
        {
            // One read of the reader above is one chunk of 64 KiB: a buffer here would only copy.
            return Task.FromResult<Stream?>(new FileStream(PathOf(key), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous,
                BufferSize = 0,
            }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task<bool> ExistsAsync(string key, CancellationToken ct) => Task.FromResult(File.Exists(PathOf(key)));

    public Task DeleteAsync(string key, CancellationToken ct)
    {
        try
        {
            File.Delete(PathOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // Never stored: harmless.
        }

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<BlobEntry> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        // The walk is disk work of minutes in a large store; nobody's thread waits for it.
        await Task.Yield();
        foreach (var file in new DirectoryInfo(options.Folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            ct.ThrowIfCancellationRequested();
            if (IsKey(file.Name))
                yield return new BlobEntry(file.Name, new DateTimeOffset(file.LastWriteTimeUtc));
        }
    }

    /// <summary>Of a write that has not been published; a key holds a hyphen and is longer.</summary>
    private static bool IsTemporary(string key) => key.Length == 32;

    private static bool IsKey(string name) => name.Length >= 5 && name.All(c => char.IsAsciiHexDigitLower(c) || c == '-');

    private string PathOf(string key)
    {
        if (!IsKey(key))
            throw new ArgumentException("A blob key consists of lower-case hex digits and hyphens.", nameof(key));
        return IsTemporary(key) ? Path.Combine(temporary, key) : Path.Combine(options.Folder, key[..2], key[2..4], key);
    }

    private long FreeBytes() => options.ReserveBytes <= 0 ? long.MaxValue : new DriveInfo(Path.GetFullPath(options.Folder)).AvailableFreeSpace;

    private void Publish(string path, string key)
    {
        var target = PathOf(key);
        var leaf = Path.GetDirectoryName(target)!;
        var isNewFolder = !Directory.Exists(leaf);
        Directory.CreateDirectory(leaf);
        File.Move(path, target, overwrite: true);
        FolderFlush.Flush(leaf);
        if (isNewFolder)
        {
            FolderFlush.Flush(Path.GetDirectoryName(leaf)!);
            FolderFlush.Flush(options.Folder);
        }
    }
}

/// <summary>
/// Flushes a folder's entries: on Linux and macOS a new or renamed file survives a power cut only after its folder was flushed too,
/// and .NET has no call for it.
/// </summary>
internal static class FolderFlush
{
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, 0);
        if (handle < 0)
            return;
        try
        {
            _ = Fsync(handle);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int handle);
}
