using CcdBlazor.Domain.Files;
using CcdBlazor.Files;

namespace CcdBlazor.Tests.Files;

/// <summary>What both stores promise.</summary>
public abstract class BlobStoreContract
{
    protected static readonly string Key = new string('a', 64) + "-0123456789abcdef";

    protected abstract IBlobStore Store { get; }

    protected abstract int Stored { get; }

    [Fact]
    public async Task A_blob_comes_back_whole_and_in_part()
    {
        var bytes = EncryptedStreamTests.Content(300_000);

        Assert.Equal(Key, await PutAsync(bytes));

        await using var stream = (await Store.OpenAsync(Key, default))!;
        Assert.Equal(bytes.Length, stream.Length);
        using var whole = new MemoryStream();
        await stream.CopyToAsync(whole);
        Assert.Equal(bytes, whole.ToArray());
        stream.Seek(200_000, SeekOrigin.Begin);
        var part = new byte[10];
        await stream.ReadExactlyAsync(part);
        Assert.Equal(bytes[200_000..200_010], part);
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_deleting_it_is_harmless()
    {
        Assert.Null(await Store.OpenAsync(Key, default));
        Assert.False(await Store.ExistsAsync(Key, default));
        await Store.DeleteAsync(Key, default);
    }

    [Fact]
    public async Task A_deleted_blob_is_gone()
    {
        await PutAsync([1, 2, 3]);
        Assert.True(await Store.ExistsAsync(Key, default));

        await Store.DeleteAsync(Key, default);

        Assert.False(await Store.ExistsAsync(Key, default));
        Assert.Equal(0, Stored);
    }

    [Fact]
    public async Task Everything_stored_is_listed_under_its_key()
    {
        string[] keys = [.. "abcde".Select(letter => new string(letter, 64) + "-0123456789abcdef")];
        foreach (var key in keys)
            await Store.WriteAsync((_, _) => Task.FromResult<string?>(key), default);

        var listed = new List<BlobEntry>();
        await foreach (var entry in Store.ListAsync(default))
            listed.Add(entry);

        Assert.Equal(keys, listed.Select(e => e.Key).Order(StringComparer.Ordinal));
        Assert.All(listed, e => Assert.True(e.WrittenAt.Year >= 2026));
    }

    [Fact]
    public async Task An_empty_blob_is_a_blob()
    {
        await PutAsync([]);

        await using var stream = (await Store.OpenAsync(Key, default))!;
        Assert.Equal(0, stream.Length);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_writer_that_fails_or_changes_its_mind_leaves_nothing()
    {
        Assert.Null(await Store.WriteAsync(async (stream, ct) =>
        {
            await stream.WriteAsync(new byte[1000], ct);
            return null;
        }, default));
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.WriteAsync(async (stream, ct) =>
        {
            await stream.WriteAsync(new byte[1000], ct);
            throw new InvalidDataException();
        }, default));

        Assert.Equal(0, Stored);
    }

    protected Task<string?> PutAsync(byte[] bytes) => Store.WriteAsync(async (stream, ct) =>
    {
        await stream.WriteAsync(bytes, ct);
        return Key;
    }, default);
}

public sealed class DiskBlobStoreTests : BlobStoreContract, IDisposable
{
    private readonly ScratchFolder folder = new();

    protected override IBlobStore Store => new DiskBlobStore(new DiskBlobOptions(folder.Path, ReserveBytes: 0));

    protected override int Stored => folder.Files().Count();

    [Fact]
    public async Task Blobs_are_spread_over_folders()
    {
        await PutAsync([1]);

        Assert.True(File.Exists(folder.File($"aa/aa/{Key}")));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("abc")]
    [InlineData("AAAA/../b")]
    public async Task A_key_that_is_not_hex_is_a_bug(string key) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(key, default));

    [Fact]
    public async Task A_full_disk_is_said_so_and_leaves_nothing()
    {
        var full = new DiskBlobStore(new DiskBlobOptions(folder.Path, ReserveBytes: 0)) { OpenTemporary = _ => new FileStream("/dev/full", FileMode.Open, FileAccess.Write) };

        await Assert.ThrowsAsync<StorageFullException>(() => full.WriteAsync(async (stream, ct) =>
        {
            await stream.WriteAsync(new byte[1_000_000], ct);
            return Key;
        }, default));

        Assert.Null(await full.OpenAsync(Key, default));
        Assert.Equal(0, Stored);
    }

    [Fact]
    public async Task The_reserve_is_left_free()
    {
        var full = new DiskBlobStore(new DiskBlobOptions(folder.Path, ReserveBytes: long.MaxValue));

        await Assert.ThrowsAsync<StorageFullException>(() => full.WriteAsync((_, _) => throw new InvalidOperationException("not asked"), default));
    }

    public void Dispose() => folder.Dispose();
}

public sealed class S3BlobStoreTests : BlobStoreContract, IAsyncLifetime, IDisposable
{
    private readonly ScratchFolder folder = new();
    private FakeBucket bucket = null!;
    private S3BlobStore store = null!;

    protected override IBlobStore Store => store;

    protected override int Stored => bucket.Objects.Count + folder.Files().Count();

    public async Task InitializeAsync()
    {
        bucket = await FakeBucket.StartAsync();
        store = new S3BlobStore(new S3BlobOptions(bucket.Address, "us-east-1", "papers", "key-id", "secret", "ccd/", folder.Path));
    }

    [Fact]
    public async Task Objects_lie_under_bucket_and_prefix_and_every_request_is_signed()
    {
        await PutAsync([1, 2, 3]);

        Assert.Equal([1, 2, 3], bucket.Objects[$"/papers/ccd/{Key}"]);
        Assert.Equal(0, bucket.Unsigned);
    }

    [Fact]
    public async Task A_full_bucket_is_said_so()
    {
        bucket.IsFull = true;

        await Assert.ThrowsAsync<StorageFullException>(() => PutAsync([1]));

        Assert.Equal(0, Stored);
    }

    public async Task DisposeAsync()
    {
        store.Dispose();
        await bucket.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();
}
