using System.Security.Cryptography;
using CcdBlazor.Domain.Files;

namespace CcdBlazor.Tests.Files;

public class EncryptedStreamTests
{
    private const int Chunk = EncryptedStream.PlainChunk;
    private static readonly byte[] Key = SHA256.HashData("one file's key"u8);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(3 * Chunk)]
    [InlineData(3 * Chunk + 17)]
    public async Task What_was_written_comes_back(int length)
    {
        var plain = Content(length);

        var stored = await EncryptAsync(plain);

        Assert.Equal(EncryptedStream.StoredLength(length), stored.Length);
        Assert.Equal(plain, await DecryptAsync(stored, length));
        Assert.Equal(plain, await DecryptAsync(stored, length, seekable: false));
        if (length > 100)
            Assert.Equal(-1, stored.AsSpan().IndexOf(plain.AsSpan(0, 32)));
    }

    [Fact]
    public async Task The_same_content_never_looks_the_same_twice() =>
        Assert.NotEqual(await EncryptAsync(Content(1000)), await EncryptAsync(Content(1000)));

    [Fact]
    public async Task Any_changed_byte_is_noticed()
    {
        const int Length = 2 * Chunk + 500;
        var stored = await EncryptAsync(Content(Length));
        // Every byte of the header, and the edges and middle of each chunk and of each tag.
        var places = Enumerable.Range(0, EncryptedStream.HeaderSize)
            .Concat(Enumerable.Range(0, 3).SelectMany(chunk => new[] { 0, 1, 250, 499, 500, 515 }.Select(at => EncryptedStream.HeaderSize + chunk * EncryptedStream.StoredChunk + at)))
            .Concat([EncryptedStream.HeaderSize + EncryptedStream.StoredChunk - 1, EncryptedStream.HeaderSize + EncryptedStream.StoredChunk - KeyRing.TagSize, stored.Length - 1]);

        foreach (var place in places)
        {
            var changed = stored.ToArray();
            changed[place] ^= 1;
            await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(changed, Length));
            await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(changed, Length, seekable: false));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(EncryptedStream.HeaderSize)]
    [InlineData(EncryptedStream.HeaderSize + EncryptedStream.StoredChunk)]
    [InlineData(EncryptedStream.HeaderSize + 2 * EncryptedStream.StoredChunk)]
    [InlineData(EncryptedStream.HeaderSize + 2 * EncryptedStream.StoredChunk + 100)]
    public async Task A_cut_is_noticed_even_at_a_chunk_border_and_with_a_length_that_fits_the_cut(int keep)
    {
        const int Length = 3 * Chunk;
        var cut = (await EncryptAsync(Content(Length)))[..keep];
        var fitting = Math.Max(0, keep - EncryptedStream.HeaderSize) / EncryptedStream.StoredChunk * Chunk;

        foreach (var seekable in new[] { true, false })
        {
            await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(cut, Length, seekable));
            await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(cut, fitting, seekable));
        }
    }

    [Fact]
    public async Task Bytes_behind_the_end_are_noticed()
    {
        var longer = (await EncryptAsync(Content(100))).Append((byte)0).ToArray();

        await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(longer, 100));
        await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(longer, 100, seekable: false));
    }

    [Fact]
    public async Task Swapped_chunks_are_noticed()
    {
        const int Length = 4 * Chunk;
        var stored = await EncryptAsync(Content(Length));
        var first = stored.AsSpan(EncryptedStream.HeaderSize, EncryptedStream.StoredChunk).ToArray();
        stored.AsSpan(EncryptedStream.HeaderSize + EncryptedStream.StoredChunk, EncryptedStream.StoredChunk).CopyTo(stored.AsSpan(EncryptedStream.HeaderSize));
        first.CopyTo(stored.AsSpan(EncryptedStream.HeaderSize + EncryptedStream.StoredChunk));

        await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(stored, Length));
    }

    [Fact]
    public async Task A_chunk_of_another_blob_under_the_same_key_is_noticed()
    {
        const int Length = 2 * Chunk;
        var stored = await EncryptAsync(Content(Length));
        var other = await EncryptAsync(Content(Length));
        other.AsSpan(EncryptedStream.HeaderSize, EncryptedStream.StoredChunk).CopyTo(stored.AsSpan(EncryptedStream.HeaderSize));

        await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(stored, Length));
    }

    [Fact]
    public async Task Another_key_does_not_open()
    {
        var stored = await EncryptAsync(Content(100));

        await Assert.ThrowsAsync<FileTamperedException>(() => ReadAllAsync(EncryptedStream.Read(new MemoryStream(stored), SHA256.HashData("other"u8), 100)));
    }

    [Fact]
    public async Task An_unfinished_blob_does_not_open()
    {
        using var stored = new MemoryStream();
        await using (var writer = EncryptedStream.Write(stored, Key))
            await writer.WriteAsync(Content(2 * Chunk));

        await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(stored.ToArray(), Chunk));
        await Assert.ThrowsAsync<FileTamperedException>(() => DecryptAsync(stored.ToArray(), 2 * Chunk));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(Chunk - 5, 10)]
    [InlineData(2 * Chunk, 1)]
    [InlineData(3 * Chunk + 10, 7)]
    [InlineData(100, 2 * Chunk)]
    public async Task A_range_is_read_without_the_rest(int from, int count)
    {
        var plain = Content(3 * Chunk + 17);
        await using var reader = EncryptedStream.Read(new MemoryStream(await EncryptAsync(plain)), Key, plain.Length);
        var range = new byte[count];

        reader.Seek(from, SeekOrigin.Begin);
        await reader.ReadExactlyAsync(range);

        Assert.Equal(plain[from..(from + count)], range);
        // And back again, as a viewer that jumps does.
        reader.Position = 0;
        await reader.ReadExactlyAsync(range.AsMemory(0, 1));
        Assert.Equal(plain[0], range[0]);
    }

    [Fact]
    public async Task A_long_content_leaves_no_large_arrays_behind()
    {
        var buffer = new byte[16 * 1024];
        async Task RoundAsync()
        {
            await using var writer = EncryptedStream.Write(Stream.Null, Key);
            for (var i = 0; i < 512; i++)
                await writer.WriteAsync(buffer);
            await writer.CompleteAsync(CancellationToken.None);
        }

        await RoundAsync();
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RoundAsync();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    internal static byte[] Content(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> EncryptAsync(byte[] plain)
    {
        using var stored = new MemoryStream();
        await using var writer = EncryptedStream.Write(stored, Key);
        // Uneven pieces, as a network delivers them.
        for (var at = 0; at < plain.Length; at += 10_007)
            await writer.WriteAsync(plain.AsMemory(at, Math.Min(10_007, plain.Length - at)));
        await writer.CompleteAsync(CancellationToken.None);
        Assert.Equal(plain.Length, writer.PlainLength);
        return stored.ToArray();
    }

    private static async Task<byte[]> DecryptAsync(byte[] stored, long length, bool seekable = true) =>
        await ReadAllAsync(EncryptedStream.Read(seekable ? new MemoryStream(stored) : new OneWayStream(stored), Key, length));

    private static async Task<byte[]> ReadAllAsync(Stream reader)
    {
        await using (reader)
        {
            using var plain = new MemoryStream();
            await reader.CopyToAsync(plain);
            return plain.ToArray();
        }
    }

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
    }
}
