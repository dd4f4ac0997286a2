using CcdBlazor.Domain.Files;
using CcdBlazor.Tests.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Files;

public sealed class StrayFilesTests(GivenFile given) : IClassFixture<GivenFile>
{
    [Fact]
    public async Task Files_that_nothing_refers_to_and_blobs_without_a_row_are_removed_once_they_are_old()
    {
        // The store's files carry the machine's time, the rows that of the test: one clock for both, whatever day it is.
        given.Clock.Advance(TimeProvider.System.GetUtcNow() - given.Clock.GetUtcNow());
        var customer = await given.CustomerAsync();
        var document = await given.HandInAsync(customer, GivenFile.Front);
        var stray = (await given.StoredAsync(customer, GivenFile.Pages)).FileId;
        var blobs = given.Get<IBlobStore>();
        var key = new string('b', 64) + "-00000000000000ff";
        await blobs.WriteAsync((_, _) => Task.FromResult<string?>(key), default);
        var now = given.Clock.GetUtcNow();

        Assert.Equal(new StraysRemoved(0, 0), await given.Get<StrayFiles>().RemoveAsync(now, default));
        var removed = await given.Get<StrayFiles>().RemoveAsync(now + StrayFiles.MinimumAge + TimeSpan.FromHours(1), default);

        Assert.Equal(new StraysRemoved(1, 1), removed);
        Assert.False(await blobs.ExistsAsync(key, default));
        Assert.Null(await given.Get<FileStore>().OpenAsync(stray, FileVariant.Original, default));
        await using (var db = given.Db())
        {
            var kept = await db.Set<CcdBlazor.Domain.Documents.Document>().SingleAsync(d => d.Id == document);
            await (await given.Get<FileStore>().OpenAsync(kept.FileId, FileVariant.Original, default))!.Content.DisposeAsync();
        }

        // The blobs of the forgotten file have no file any more: the ordinary sweep takes them.
        Assert.Equal(3, await given.Get<FileStore>().DeleteUnreferencedAsync(default));
    }

    [Fact]
    public async Task An_unfinished_write_of_a_program_that_died_is_removed()
    {
        using var folder = new ScratchFolder();
        var store = new CcdBlazor.Files.DiskBlobStore(new CcdBlazor.Files.DiskBlobOptions(folder.Path, ReserveBytes: 0));
        var left = folder.File(Path.Combine("tmp", Guid.NewGuid().ToString("N")));
        await File.WriteAllBytesAsync(left, [1]);
        var listed = new List<BlobEntry>();
        await foreach (var entry in store.ListAsync(default))
            listed.Add(entry);
        await store.DeleteAsync(Assert.Single(listed).Key, default);
        Assert.False(File.Exists(left));
    }
}
