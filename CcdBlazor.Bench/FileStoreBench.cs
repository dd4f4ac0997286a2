using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CcdBlazor.Domain.Files;
using CcdBlazor.Files;

namespace CcdBlazor.Bench;

/// <summary>
/// MB/s of the encrypted store: one pass that reads, hashes, encrypts, writes and flushes to the disk, and one that reads and decrypts;
/// beside them the same file merely copied and flushed, and merely hashed. Interleaved, five rounds, medians. The source is in the page cache.
/// </summary>
public static class FileStoreBench
{
    private const int Rounds = 5;
    private static readonly int[] Megabytes = [8, 256];

    public static async Task RunAsync(string folder, CancellationToken ct = default)
    {
        Directory.CreateDirectory(folder);
        var store = new DiskBlobStore(new DiskBlobOptions(Path.Combine(folder, "blobs"), ReserveBytes: 0));
        var key = RandomNumberGenerator.GetBytes(KeyRing.KeySize);
        foreach (var megabytes in Megabytes)
        {
            var source = Path.Combine(folder, "plain");
            await MakeAsync(source, megabytes, ct);
            var times = new Dictionary<string, List<double>>();
            for (var round = 0; round <= Rounds; round++)
            {
                var location = "";
                async Task<(string Name, double Seconds)> TimeAsync(string name, Func<Task> work)
                {
                    var since = Stopwatch.GetTimestamp();
                    await work();
                    return (name, Stopwatch.GetElapsedTime(since).TotalSeconds);
                }

                (string Name, double Seconds)[] measured =
                [
                    await TimeAsync("copy + flush", () => CopyAsync(source, Path.Combine(folder, "copy"), ct)),
                    await TimeAsync("hash + encrypt + write + flush", async () => location = (await store.WriteAsync(async (stream, token) =>
                        (await FileStore.EncryptAsync(source, stream, key, token)).Sha, ct))!),
                    await TimeAsync("hash only", async () => await HashAsync(source, ct)),
                    await TimeAsync("read + decrypt", () => ReadAsync(store, location, key, megabytes * 1024L * 1024, ct)),
                ];
                await store.DeleteAsync(location, ct);
                // The first round warms up.
                if (round > 0)
                    foreach (var (name, seconds) in measured)
                        (times.TryGetValue(name, out var list) ? list : times[name] = []).Add(seconds);
            }

            foreach (var (name, list) in times)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{megabytes,4} MB  {name,-32} {megabytes / Median(list),7:0} MB/s"));
            File.Delete(source);
        }
    }

    private static async Task MakeAsync(string path, int megabytes, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        for (var i = 0; i < megabytes; i++)
            await file.WriteAsync(RandomNumberGenerator.GetBytes(1024 * 1024), ct);
    }

    private static async Task CopyAsync(string source, string target, CancellationToken ct)
    {
        await using var from = new FileStream(source, new FileStreamOptions { Options = FileOptions.Asynchronous, BufferSize = 0 });
        await using var to = new FileStream(target, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = 0 });
        await from.CopyToAsync(to, 128 * 1024, ct);
        to.Flush(flushToDisk: true);
    }

    private static async Task HashAsync(string source, CancellationToken ct)
    {
        await using var from = new FileStream(source, new FileStreamOptions { Options = FileOptions.Asynchronous, BufferSize = 0 });
        await SHA256.HashDataAsync(from, ct);
    }

    private static async Task ReadAsync(DiskBlobStore store, string location, byte[] key, long length, CancellationToken ct)
    {
        await using var reader = EncryptedStream.Read((await store.OpenAsync(location, ct))!, key, length);
        await reader.CopyToAsync(Stream.Null, 64 * 1024, ct);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
