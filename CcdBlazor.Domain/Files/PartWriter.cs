using System.Buffers;
using System.Security.Cryptography;

namespace CcdBlazor.Domain.Files;

/// <summary>Moves the body of one request into the part file and knows how far it is safe.</summary>
internal sealed class PartWriter
{
    private const int BufferSize = 64 * 1024;
    private const long CommitEvery = 4L * 1024 * 1024;
    private readonly FileStream part;
    private readonly long length;
    private readonly bool commitOnTheWay;
    private long committed;

    public PartWriter(FileStream part, long start, long length, bool commitOnTheWay)
    {
        this.part = part;
        this.length = length;
        this.commitOnTheWay = commitOnTheWay;
        committed = Position = start;
        // Bytes behind the offset were never acknowledged.
        if (part.Length != start)
            part.SetLength(start);
        part.Position = start;
    }

    public long Position { get; private set; }

    /// <summary>The body ended because the connection broke.</summary>
    public bool WasCut { get; private set; }

    /// <summary>More arrived than the file has.</summary>
    public bool IsTooLong { get; private set; }

    public bool IsTimeToCommit => commitOnTheWay && Position - committed >= CommitEvery && Position < length;

    /// <summary>Takes the next piece. False when the body is at its end.</summary>
    public async Task<bool> TakeAsync(Stream body, IncrementalHash? hash, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var filled = await FillAsync(body, buffer.AsMemory(0, BufferSize), ct);
            if (filled == 0)
                return false;
            if (filled > length - Position)
            {
                IsTooLong = true;
                return true;
            }

            hash?.AppendData(buffer, 0, filled);
            await part.WriteAsync(buffer.AsMemory(0, filled), CancellationToken.None);
            Position += filled;
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    public void Flush()
    {
        if (Position != committed)
            part.Flush(flushToDisk: true);
    }

    public void Committed() => committed = Position;

    /// <summary>Back to what was committed last.</summary>
    public void Discard()
    {
        try
        {
            part.SetLength(committed);
            Position = committed;
        }
        catch (IOException)
        {
            // The bytes stay, but no row says so: the next request cuts them off.
        }
    }

    /// <summary>Gathers small network pieces, so that the disk sees few writes. A broken connection is an end like any other: what arrived counts.</summary>
    private async Task<int> FillAsync(Stream body, Memory<byte> buffer, CancellationToken ct)
    {
        var filled = 0;
        try
        {
            int got;
            while (filled < buffer.Length && !WasCut && (got = await body.ReadAsync(buffer[filled..], ct)) > 0)
                filled += got;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            WasCut = true;
        }

        return filled;
    }
}
