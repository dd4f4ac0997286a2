using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CcdBlazor.Domain.Files;
using CcdBlazor.Media;

namespace CcdBlazor.Bench;

/// <summary>
/// 12-megapixel photos through the whole chain of an upload: probe, orient, strip, thumbnail, preview, hash, encrypt, store, flush. Four uploads are
/// under way at a time, of which the media worker looks at two. Beside it plain sharp doing the two resizes, two at a time. Interleaved, five rounds; the
/// ratio is taken within each round, because other work on the machine meets neighbours alike.
/// </summary>
internal static class PhotoBench
{
    private const int Rounds = 5;
    private const int Photos = 16;
    private const int Originals = 4;
    private const int Concurrency = 4;

    public static async Task RunAsync(BenchSettings settings, CancellationToken ct)
    {
        var folder = Path.Combine(settings.Folder, "photos");
        if (!Directory.Exists(folder) || Directory.GetFiles(folder, "photo-*.jpg").Length < Originals)
            await NodeAsync(settings, ["make", folder, Originals.ToString(CultureInfo.InvariantCulture)], ct);
        await using var host = await BenchHost.StartAsync(settings with { Customers = Math.Min(settings.Customers, 1_000) }, ct);
        var worker = host.Get<MediaWorkerProcess>();
        await worker.StartAsync(ct);
        try
        {
            var originals = Directory.GetFiles(folder, "photo-*.jpg").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
            await ChainAsync(host, folder, originals, Concurrency, ct);
            var (ours, plain) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                ours.Add(await ChainAsync(host, folder, originals, Photos, ct));
                plain.Add(double.Parse(await NodeAsync(settings, ["plain", folder, Photos.ToString(CultureInfo.InvariantCulture)], ct), CultureInfo.InvariantCulture));
            }

            var (chain, sharp) = (Figures.Percentile([.. ours], 0.5), Figures.Percentile([.. plain], 0.5));
            Figures.Note(string.Create(CultureInfo.InvariantCulture, $"{Photos} photos of 12 MP ({originals.Average(o => o.Length) / 1e6:0.0} MB) a round, half of them turned by EXIF, {Concurrency} uploads under way at a time"));
            Figures.Value("whole chain", chain, "photos/s", goalAtLeast: 6);
            Figures.Value("plain sharp, two resizes", sharp, "photos/s");
            Figures.Value("time of the chain / time of plain sharp", Figures.Percentile([.. ours.Zip(plain, (o, p) => p / o)], 0.5), "", goalBelow: 1.2);
        }
        finally
        {
            await worker.StopAsync(CancellationToken.None);
        }
    }

    private static async Task<double> ChainAsync(BenchHost host, string folder, byte[][] originals, int count, CancellationToken ct)
    {
        var media = host.Get<IMediaWorker>();
        var store = host.Get<FileStore>();
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        // The worker runs under its own limits of memory and time; the files lie where an upload's would.
        for (var i = 0; i < count; i++)
            await File.WriteAllBytesAsync(Path.Combine(work, $"{i}.jpg"), Unlike(originals[i % originals.Length]), ct);
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = ct }, async (i, token) =>
        {
            var own = Directory.CreateDirectory(Path.Combine(work, $"{i}")).FullName;
            var path = Path.Combine(work, $"{i}.jpg");
            var stored = await store.StoreAsync(Guid.CreateVersion7(), path, () => media.PrepareAsync(path, own, token), "photo.jpg", token);
            if (!stored.Ok)
                throw new InvalidOperationException(stored.Refusal.Code);
        });
        var perSecond = count / Stopwatch.GetElapsedTime(since).TotalSeconds;
        Directory.Delete(work, recursive: true);
        return perSecond;
    }

    /// <summary>The same picture with a comment of its own: other content for the store, the same work for the decoder.</summary>
    private static byte[] Unlike(byte[] jpeg)
    {
        var comment = Encoding.ASCII.GetBytes(Guid.NewGuid().ToString());
        var segment = new byte[4 + comment.Length];
        (segment[0], segment[1]) = (0xFF, 0xFE);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)(2 + comment.Length));
        comment.CopyTo(segment, 4);
        return [.. jpeg.AsSpan(0, 2), .. segment, .. jpeg.AsSpan(2)];
    }

    private static async Task<string> NodeAsync(BenchSettings settings, IEnumerable<string> arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(settings.Root, "media-worker", "bench-photo.mjs"), .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? text.Trim() : throw new InvalidOperationException($"node ended with {process.ExitCode}.");
    }
}
