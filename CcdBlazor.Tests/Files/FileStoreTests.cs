using CcdBlazor.Domain.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Files;

public sealed class FileStoreTests : IAsyncLifetime
{
    private readonly UploadServer server = new();
    private readonly ScratchFolder folder = new();

    private FileStore Files => server.Files;

    public Task InitializeAsync() => server.InitializeAsync();

    public async Task DisposeAsync()
    {
        folder.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_picture_is_stored_with_its_renditions_and_described()
    {
        var original = EncryptedStreamTests.Content(200_000);

        var id = await StoreAsync(original, preview: [1, 2, 3], thumbnail: [4, 5], name: "C:\\照片\\正面.png");

        Assert.Equal(original, await server.ContentAsync(id));
        Assert.Equal([1, 2, 3], await server.ContentAsync(id, FileVariant.Preview));
        Assert.Equal([4, 5], await server.ContentAsync(id, FileVariant.Thumbnail));
        await using (var opened = (await Files.OpenAsync(id, FileVariant.Original, default))!.Content)
        {
            Assert.True(opened.CanSeek);
            opened.Position = 150_000;
            var range = new byte[5];
            await opened.ReadExactlyAsync(range);
            Assert.Equal(original[150_000..150_005], range);
        }

        var preview = (await Files.OpenAsync(id, FileVariant.Preview, default))!;
        Assert.Equal(("image/jpeg", 3L, "正面.jpg"), (preview.MediaType, preview.Length, preview.FileName));
        await preview.Content.DisposeAsync();
        var facts = (await Files.DescribeAsync([id, Guid.NewGuid()], default)).Values.Single();
        Assert.Equal((200_000L, ContentKind.Png, "image/png", "正面.png", (int?)40, (int?)30, true), (facts.Bytes, facts.Kind, facts.MediaType, facts.FileName, facts.Width, facts.Height, facts.HasPreview));
    }

    [Fact]
    public async Task A_document_without_renditions_has_only_its_original()
    {
        var id = await StoreAsync([1], preview: null, thumbnail: null);

        Assert.Null(await Files.OpenAsync(id, FileVariant.Preview, default));
        Assert.Null(await Files.OpenAsync(id, FileVariant.Thumbnail, default));
        Assert.Null(await Files.OpenAsync(Guid.NewGuid(), FileVariant.Original, default));
    }

    [Fact]
    public async Task The_same_content_is_kept_once_even_when_stored_at_the_same_time()
    {
        var original = EncryptedStreamTests.Content(100_000);

        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StoreAsync(original, preview: [1], thumbnail: [1])));

        Assert.Equal(8, ids.Distinct().Count());
        Assert.Equal(2, BlobCount());
        foreach (var id in ids)
        {
            Assert.Equal(original, await server.ContentAsync(id));
            Assert.Equal([1], await server.ContentAsync(id, FileVariant.Thumbnail));
        }
    }

    [Fact]
    public async Task Storing_the_same_id_again_answers_the_same()
    {
        var id = Guid.CreateVersion7();

        Assert.Equal(id, await StoreAsync([1, 2], preview: [3], thumbnail: [4], id: id));
        Assert.Equal(id, await StoreAsync([1, 2], preview: [3], thumbnail: [4], id: id));

        Assert.Equal(3, BlobCount());
    }

    [Fact]
    public async Task Only_what_no_file_refers_to_is_swept()
    {
        var shared = EncryptedStreamTests.Content(1000);
        var first = await StoreAsync(shared, preview: [1], thumbnail: [2]);
        var second = await StoreAsync(shared, preview: [3], thumbnail: [4]);

        await Files.DeleteAsync(first, default);
        Assert.Equal(2, await Files.DeleteUnreferencedAsync(default));

        Assert.Null(await Files.OpenAsync(first, FileVariant.Original, default));
        Assert.Equal(shared, await server.ContentAsync(second));
        Assert.Equal(3, BlobCount());
        // And the content may come back.
        var third = await StoreAsync(shared, preview: [1], thumbnail: [2]);
        Assert.Equal([1], await server.ContentAsync(third, FileVariant.Preview));
    }

    [Fact]
    public async Task Storing_while_the_sweep_runs_never_loses_a_blob()
    {
        var stored = new List<Guid>();
        for (var round = 0; round < 15; round++)
        {
            var content = EncryptedStreamTests.Content(500 + round % 3);
            var doomed = await StoreAsync(content, preview: [9], thumbnail: [9]);
            await Files.DeleteAsync(doomed, default);

            var sweeping = Files.DeleteUnreferencedAsync(default);
            var storing = Enumerable.Range(0, 3).Select(_ => StoreAsync(content, preview: [9], thumbnail: [9])).ToList();
            await sweeping;
            foreach (var id in await Task.WhenAll(storing))
            {
                Assert.Equal(content, await server.ContentAsync(id));
                stored.Add(id);
            }

            foreach (var id in stored)
                await Files.DeleteAsync(id, default);
            stored.Clear();
        }
    }

    [Fact]
    public async Task A_blob_that_a_file_takes_while_it_is_being_swept_stays()
    {
        var content = EncryptedStreamTests.Content(1000);
        var doomed = await StoreAsync(content, preview: null, thumbnail: null);
        var sha = (await Files.DescribeAsync([doomed], default))[doomed].Sha;
        await Files.DeleteAsync(doomed, default);
        await using var db = await server.OpenDatabaseAsync();
        await using var taking = await db.BeginAsync(default);
        var taker = Guid.CreateVersion7();
        db.Add(new StoredFile { Id = taker, Sha = sha, Bytes = 1000, Kind = ContentKind.Pdf, MediaType = "application/pdf", FileName = "a.pdf", CreatedAt = server.Clock.Now });
        await db.SaveChangesAsync();

        var sweeping = Files.DeleteUnreferencedAsync(default);
        // On a connection of its own: inside a transaction the view shows for ever what it showed first.
        await using var watching = await server.OpenDatabaseAsync();
        await Eventually.TrueAsync(async () =>
            await watching.Database.SqlQuery<int>($"SELECT count(*)::int AS \"Value\" FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").SingleAsync() == 1);
        await taking.CommitAsync(default);

        Assert.Equal(0, await sweeping);
        Assert.Equal(content, await server.ContentAsync(taker));
    }

    [Fact]
    public async Task Rotation_rewraps_the_keys_and_rewrites_no_file()
    {
        var original = EncryptedStreamTests.Content(70_000);
        var id = await StoreAsync(original, preview: [1], thumbnail: [2]);
        var before = Blobs().ToDictionary(path => path, File.ReadAllBytes);

        Assert.Equal(3, await server.FilesUnder(KeyRings.With("k1", "k2")).RotateKeysAsync(default));
        Assert.Equal(0, await server.FilesUnder(KeyRings.With("k1", "k2")).RotateKeysAsync(default));

        foreach (var (path, bytes) in before)
            Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        await using var opened = (await server.FilesUnder(KeyRings.With("k2")).OpenAsync(id, FileVariant.Original, default))!.Content;
        using var read = new MemoryStream();
        await opened.CopyToAsync(read);
        Assert.Equal(original, read.ToArray());
        await Assert.ThrowsAsync<MasterKeyMissingException>(() => server.FilesUnder(KeyRings.With("k1")).OpenAsync(id, FileVariant.Original, default));
    }

    [Fact]
    public async Task A_blob_or_key_that_was_exchanged_does_not_open()
    {
        var first = await StoreAsync(EncryptedStreamTests.Content(1000), preview: null, thumbnail: null);
        var one = Blobs().Single();
        var second = await StoreAsync(EncryptedStreamTests.Content(1001)[..1000], preview: null, thumbnail: null);
        var other = Blobs().Single(path => path != one);

        File.Copy(other, one, overwrite: true);
        await Assert.ThrowsAsync<FileTamperedException>(() => server.ContentAsync(first));

        // Even together with its key, as somebody with the database and the disk could.
        await using (var db = await server.OpenDatabaseAsync())
        {
            var rows = await db.StoredBlobs.ToListAsync();
            var (mine, theirs) = one.EndsWith(rows[0].Location, StringComparison.Ordinal) ? (rows[0], rows[1]) : (rows[1], rows[0]);
            mine.WrappedKey = theirs.WrappedKey;
            await db.SaveChangesAsync();
        }

        await Assert.ThrowsAsync<FileTamperedException>(() => server.ContentAsync(first));
        File.Delete(other);
        await Assert.ThrowsAsync<FileTamperedException>(() => server.ContentAsync(second));
    }

    [Fact]
    public async Task A_full_store_refuses_and_keeps_no_rows()
    {
        server.Blobs.IsFull = true;
        var path = folder.File("a");
        await File.WriteAllBytesAsync(path, [1]);

        var refused = await Files.StoreAsync(Guid.CreateVersion7(), path, new Renditions(new MediaFacts(ContentKind.Pdf, null, null, 1, 1), null, null), "a.pdf", default);

        Assert.Equal(UploadRefusals.StorageFull, refused.Refusal);
        await using var db = await server.OpenDatabaseAsync();
        Assert.Equal(0, await db.StoredBlobs.CountAsync());
    }

    private IEnumerable<string> Blobs() => Directory.EnumerateFiles(server.BlobFolder, "*", SearchOption.AllDirectories);

    private int BlobCount() => Blobs().Count();

    private async Task<Guid> StoreAsync(byte[] original, byte[]? preview, byte[]? thumbnail, string name = "a.png", Guid? id = null)
    {
        async Task<Rendition?> MakeAsync(byte[]? bytes)
        {
            if (bytes is null)
                return null;
            var path = folder.File(Guid.NewGuid().ToString());
            await File.WriteAllBytesAsync(path, bytes);
            return new Rendition(path, 1, 1, bytes.Length);
        }

        var facts = new MediaFacts(ContentKind.Png, 40, 30, 1, 1);
        var stored = await Files.StoreAsync(
            id ?? Guid.CreateVersion7(), (await MakeAsync(original))!.Path, new Renditions(facts, await MakeAsync(thumbnail), await MakeAsync(preview)), name, default);
        return stored.Value;
    }
}
