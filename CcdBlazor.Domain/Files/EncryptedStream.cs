using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CcdBlazor.Domain.Files;

/// <summary>
/// The form of an encrypted blob: a header of 20 bytes (magic, version, chunk size, random nonce prefix), then chunks of 64 KiB, each
/// ciphertext and tag of AES-256-GCM. Nonce = prefix + chunk number. Header, chunk number and "this is the last chunk" are bound into
/// every tag, so a changed, cut, extended, reordered or swapped blob does not open. An empty content is one empty last chunk.
/// </summary>
public static class EncryptedStream
{
    /// <summary>One chunk as stored, tag included: exactly what the shared array pool hands out below the large object heap.</summary>
    internal const int StoredChunk = 64 * 1024;

    /// <summary>Plain bytes in a full chunk.</summary>
    public const int PlainChunk = StoredChunk - KeyRing.TagSize;

    public const int HeaderSize = 20;
    internal const int BoundSize = HeaderSize + sizeof(long) + 1;
    private static ReadOnlySpan<byte> Magic => "CCDF"u8;

    /// <summary>Bytes that a content of this length takes in the store.</summary>
    public static long StoredLength(long plainLength) => HeaderSize + plainLength + ChunkCount(plainLength) * KeyRing.TagSize;

    /// <summary>A stream that encrypts what is written to it. Without <see cref="EncryptedWriteStream.CompleteAsync"/> the result does not open.</summary>
    /// <param name="key">The blob's own data key, used for nothing else.</param>
    public static EncryptedWriteStream Write(Stream stored, byte[] key) => new(stored, key);

    /// <summary>A stream of the plain content; seekable when the stored stream is. Owns the stored stream.</summary>
    /// <param name="plainLength">The length that was noted when the blob was written.</param>
    /// <exception cref="FileTamperedException">At once when the length is wrong; later, on reading, when a chunk does not open.</exception>
    public static EncryptedReadStream Read(Stream stored, byte[] key, long plainLength) => new(stored, key, plainLength);

    internal static long ChunkCount(long plainLength) => plainLength == 0 ? 1 : (plainLength + PlainChunk - 1) / PlainChunk;

    internal static void WriteHeader(Span<byte> header)
    {
        Magic.CopyTo(header);
        header[4] = 1;
        header[5..8].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], StoredChunk);
        RandomNumberGenerator.Fill(header[12..HeaderSize]);
    }

    internal static bool IsHeader(ReadOnlySpan<byte> header) =>
        header.StartsWith(Magic) && header[4] == 1 && BinaryPrimitives.ReadInt32LittleEndian(header[8..]) == StoredChunk;

    /// <summary>Fills nonce and bound data for a chunk; the header already stands at the start of <paramref name="bound"/>.</summary>
    internal static void Address(Span<byte> nonce, Span<byte> bound, long chunk, bool last)
    {
        bound[12..HeaderSize].CopyTo(nonce);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], checked((uint)chunk));
        BinaryPrimitives.WriteInt64BigEndian(bound[HeaderSize..], chunk);
        bound[^1] = last ? (byte)1 : (byte)0;
    }
}

/// <summary>Encrypts on the way through; see <see cref="EncryptedStream"/>. Does not own the stored stream.</summary>
public sealed class EncryptedWriteStream : Stream
{
    private readonly Stream stored;
    private readonly AesGcm aes;
    private readonly byte[] bound = new byte[EncryptedStream.BoundSize];
    private byte[]? chunk = ArrayPool<byte>.Shared.Rent(EncryptedStream.StoredChunk);
    private int filled;
    private long chunks;
    private bool completed;

    internal EncryptedWriteStream(Stream stored, byte[] key)
    {
        this.stored = stored;
        aes = new AesGcm(key, KeyRing.TagSize);
        EncryptedStream.WriteHeader(bound);
    }

    /// <summary>Plain bytes written so far.</summary>
    public long PlainLength { get; private set; }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => !completed;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(chunk is null || completed, this);
        while (!buffer.IsEmpty)
        {
            // A full chunk is held back until more arrives: only then is it known not to be the last.
            if (filled == EncryptedStream.PlainChunk)
                await PutChunkAsync(last: false, cancellationToken).ConfigureAwait(false);
            var take = Math.Min(buffer.Length, EncryptedStream.PlainChunk - filled);
            buffer[..take].CopyTo(chunk.AsMemory(filled));
            filled += take;
            PlainLength += take;
            buffer = buffer[take..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously.");

    /// <summary>Writes the last chunk. Nothing may be written afterwards.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(chunk is null || completed, this);
        await PutChunkAsync(last: true, ct).ConfigureAwait(false);
        completed = true;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && chunk is not null)
        {
            aes.Dispose();
            ArrayPool<byte>.Shared.Return(chunk, clearArray: true);
            chunk = null;
        }

        base.Dispose(disposing);
    }

    private async ValueTask PutChunkAsync(bool last, CancellationToken ct)
    {
        if (chunks == 0)
            await stored.WriteAsync(bound.AsMemory(0, EncryptedStream.HeaderSize), ct).ConfigureAwait(false);
        Seal(last);
        await stored.WriteAsync(chunk.AsMemory(0, filled + KeyRing.TagSize), ct).ConfigureAwait(false);
        chunks++;
        filled = 0;
    }

    private void Seal(bool last)
    {
        Span<byte> nonce = stackalloc byte[KeyRing.NonceSize];
        EncryptedStream.Address(nonce, bound, chunks, last);
        var text = chunk.AsSpan(0, filled);
        aes.Encrypt(nonce, text, text, chunk.AsSpan(filled, KeyRing.TagSize), bound);
    }
}

/// <summary>Decrypts on the way through; see <see cref="EncryptedStream"/>. Nothing is handed out before its tag was checked.</summary>
public sealed class EncryptedReadStream : Stream
{
    private readonly Stream stored;
    private readonly AesGcm aes;
    private readonly byte[] bound = new byte[EncryptedStream.BoundSize];
    private readonly long length;
    private readonly long chunkCount;
    private byte[]? chunk = ArrayPool<byte>.Shared.Rent(EncryptedStream.StoredChunk);
    private long loaded = -1;
    private long nextStored = -1;
    private long position;

    internal EncryptedReadStream(Stream stored, byte[] key, long plainLength)
    {
        this.stored = stored;
        length = plainLength;
        chunkCount = EncryptedStream.ChunkCount(plainLength);
        aes = new AesGcm(key, KeyRing.TagSize);
        if (stored.CanSeek && stored.Length != EncryptedStream.StoredLength(plainLength))
        {
            Dispose();
            throw new FileTamperedException("The stored blob does not have the length that was noted.");
        }
    }

    public override bool CanRead => chunk is not null;
    public override bool CanSeek => stored.CanSeek;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(chunk is null, this);
        var wanted = position / EncryptedStream.PlainChunk;
        if (position >= length)
        {
            // Even an empty content has a chunk, and a cut that leaves nothing must not look like an empty file.
            if (loaded != chunkCount - 1)
                await LoadAsync(chunkCount - 1, cancellationToken).ConfigureAwait(false);
            return 0;
        }

        if (wanted != loaded)
            await LoadAsync(wanted, cancellationToken).ConfigureAwait(false);
        var from = (int)(position - wanted * EncryptedStream.PlainChunk);
        var take = Math.Min(buffer.Length, PlainSize(wanted) - from);
        chunk.AsMemory(from, take).CopyTo(buffer);
        position += take;
        return take;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin)
    {
        if (!CanSeek)
            throw new NotSupportedException();
        var target = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            _ => length + offset,
        };
        ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(offset));
        return position = target;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && chunk is not null)
        {
            aes.Dispose();
            stored.Dispose();
            ArrayPool<byte>.Shared.Return(chunk, clearArray: true);
            chunk = null;
        }

        base.Dispose(disposing);
    }

    private int PlainSize(long index) =>
        index < chunkCount - 1 ? EncryptedStream.PlainChunk : (int)(length - index * EncryptedStream.PlainChunk);

    private async ValueTask LoadAsync(long index, CancellationToken ct)
    {
        loaded = -1;
        if (nextStored < 0)
        {
            if (stored.CanSeek)
                stored.Seek(0, SeekOrigin.Begin);
            var header = bound.AsMemory(0, EncryptedStream.HeaderSize);
            await FillAsync(header, ct).ConfigureAwait(false);
            if (!EncryptedStream.IsHeader(header.Span))
                throw new FileTamperedException("The stored blob has no valid header.");
            nextStored = 0;
        }

        if (nextStored != index)
        {
            if (!stored.CanSeek)
                throw new FileTamperedException("The stored blob ended early.");
            stored.Seek(EncryptedStream.HeaderSize + index * EncryptedStream.StoredChunk, SeekOrigin.Begin);
        }

        var last = index == chunkCount - 1;
        var size = PlainSize(index);
        // From here on the place in the stored stream is unknown until the chunk was read whole (a cancelled read may be tried again).
        nextStored = long.MaxValue;
        await FillAsync(chunk.AsMemory(0, size + KeyRing.TagSize), ct).ConfigureAwait(false);
        if (last && !stored.CanSeek && await stored.ReadAsync(new byte[1], ct).ConfigureAwait(false) != 0)
            throw new FileTamperedException("The stored blob goes on after its last chunk.");
        Unseal(index, size, last);
        loaded = index;
        nextStored = index + 1;
    }

    private void Unseal(long index, int size, bool last)
    {
        Span<byte> nonce = stackalloc byte[KeyRing.NonceSize];
        EncryptedStream.Address(nonce, bound, index, last);
        var text = chunk.AsSpan(0, size);
        try
        {
            aes.Decrypt(nonce, text, chunk.AsSpan(size, KeyRing.TagSize), text, bound);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new FileTamperedException("A chunk of the stored blob does not open.", e);
        }
    }

    private async ValueTask FillAsync(Memory<byte> buffer, CancellationToken ct)
    {
        var got = await stored.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        if (got < buffer.Length)
            throw new FileTamperedException("The stored blob ended early.");
    }
}
