using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Channels;

namespace CcdBlazor.Domain.Audit;

/// <summary>
/// Rows of a <c>COPY … TO STDOUT (FORMAT BINARY)</c>, as the bytes that the server sent: field count, then every field with its
/// length in front (-1 for null). Those bytes are the canonical form that the chain hashes, so no column is ever converted.
/// A second task reads ahead in chunks while the caller hashes; nothing is allocated per row.
/// </summary>
internal sealed class CopyRows : IAsyncDisposable
{
    /// <summary>Signature (11 bytes), flags, and length of the header extension.</summary>
    private const int HeaderLength = 19;

    private const int ChunkLength = 256 * 1024;

    private readonly Stream stream;
    private readonly CancellationTokenSource stop;
    private readonly Channel<(byte[] Bytes, int Length)> chunks = Channel.CreateBounded<(byte[], int)>(
        new BoundedChannelOptions(8) { SingleReader = true, SingleWriter = true });

    private readonly Task reading;
    private byte[] buffer = new byte[2 * ChunkLength];
    private int start;
    private int end;
    private int rowLength;
    private bool headerPassed;

    public CopyRows(Stream stream, CancellationToken ct)
    {
        this.stream = stream;
        stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        reading = Task.Run(ReadAheadAsync, CancellationToken.None);
    }

    /// <summary>The row reached by the last <see cref="NextAsync"/>; valid until the next call.</summary>
    public ReadOnlySpan<byte> Row => buffer.AsSpan(start - rowLength, rowLength);

    /// <summary>Steps to the next row; false after the last one.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            if (!headerPassed && end - start >= HeaderLength)
            {
                start += HeaderLength + BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start + 15));
                headerPassed = true;
            }

            if (headerPassed && TryMeasure(buffer.AsSpan(start, Math.Max(0, end - start)), out var length))
            {
                rowLength = length;
                start += length;
                return length > 0;
            }

            if (!await chunks.Reader.WaitToReadAsync(ct))
                throw new EndOfStreamException("The copy ended inside a row.");

            while (chunks.Reader.TryRead(out var chunk))
                Append(chunk.Bytes, chunk.Length);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        // A failure of the reader already reached the caller through the channel.
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        await stream.DisposeAsync();
    }

    /// <summary>Length of the row at the front, 0 for the end mark; false when it is not complete yet.</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < 2)
            return false;
        var fields = BinaryPrimitives.ReadInt16BigEndian(bytes);
        if (fields == -1)
            return true;
        var at = 2;
        for (var i = 0; i < fields; i++)
        {
            if (bytes.Length < at + 4)
                return false;
            at += 4 + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(bytes[at..]));
        }

        length = at;
        return at <= bytes.Length;
    }

    private void Append(byte[] chunk, int length)
    {
        if (end + length > buffer.Length)
        {
            var rest = end - start;
            var target = rest + length > buffer.Length ? new byte[Math.Max(buffer.Length * 2, rest + length)] : buffer;
            Buffer.BlockCopy(buffer, start, target, 0, rest);
            (buffer, start, end) = (target, 0, rest);
        }

        Buffer.BlockCopy(chunk, 0, buffer, end, length);
        end += length;
        ArrayPool<byte>.Shared.Return(chunk);
    }

    private async Task ReadAheadAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                // The server sends one message per row and the stream answers with one message per read: gather before handing over.
                var chunk = ArrayPool<byte>.Shared.Rent(ChunkLength);
                var length = 0;
                int got;
                do
                {
                    got = await stream.ReadAsync(chunk.AsMemory(length), stop.Token);
                    length += got;
                }
                while (got > 0 && length < chunk.Length);
                if (length > 0)
                    await chunks.Writer.WriteAsync((chunk, length), stop.Token);
                if (got == 0)
                    return;
            }
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            chunks.Writer.TryComplete(failure);
        }
    }
}
