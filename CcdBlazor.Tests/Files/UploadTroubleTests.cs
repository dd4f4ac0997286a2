using System.Net;
using CcdBlazor.Domain.Files;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Files;

/// <summary>What goes wrong around an upload: each ends in a clear answer, and nothing that was acknowledged is lost. Each test has a server of its own.</summary>
public sealed class UploadTroubleTests : IAsyncLifetime
{
    private readonly UploadServer server = new();

    private HttpClient Client => server.Client;

    public Task InitializeAsync() => server.InitializeAsync();

    public Task DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_file_that_the_worker_turns_down_is_refused_with_its_reason()
    {
        var upload = await server.CreateAsync(1000, "key");

        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, 0, Bad(1000))), 422, "media.broken");

        Assert.Equal(410, (int)(await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload))).StatusCode);
        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, 1000, [])), 410, "media.broken");
        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Creation(1000, "key")), 410, "media.broken");
        Assert.Contains("media.broken", await Client.GetStringAsync(upload), StringComparison.Ordinal);
        Assert.False(File.Exists(server.PartOf(upload)));
        Assert.Empty(server.Target.Accepted);
    }

    [Fact]
    public async Task A_file_that_the_checklist_turns_down_leaves_no_stored_file()
    {
        server.Target.IsClosed = true;
        var upload = await server.CreateAsync(1000);

        // Not 409: that would tell the client to go on.
        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, 0, EncryptedStreamTests.Content(1000))), 422, "test.item_closed");

        await server.Files.DeleteUnreferencedAsync(default);
        Assert.Empty(Directory.EnumerateFiles(server.BlobFolder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task While_the_worker_is_away_files_are_received_and_finished_later()
    {
        var bytes = EncryptedStreamTests.Content(5000);
        server.Worker.IsAway = true;
        var upload = await server.CreateAsync(bytes.Length);

        var response = await Client.SendAsync(UploadServer.Patch(upload, 0, bytes));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("received", UploadTests.Header(response, "Upload-State"));
        Assert.Equal(0, await server.Processing.ProcessReceivedAsync(server.Clock.Now, default));
        server.Clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(1, await server.Processing.ProcessReceivedAsync(server.Clock.Now, default));
        Assert.Empty(server.Target.Accepted);
        // However long it takes: what was received does not run out.
        server.Clock.Now += TimeSpan.FromDays(40);
        await server.Processing.ExpireAsync(server.Clock.Now, default);
        server.Worker.IsAway = false;
        await server.Processing.ProcessReceivedAsync(server.Clock.Now, default);
        var head = await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload));
        Assert.Equal(bytes, await server.OriginalOfAsync(head));
        var by = server.Target.Accepted.Values.Single().By;
        Assert.Equal(("staff", UploadServer.Staff, "李客服"), (by.Kind, by.Id, by.DisplayName));
    }

    [Fact]
    public async Task Several_nodes_share_what_waits_and_nothing_is_done_twice()
    {
        server.Worker.IsAway = true;
        for (var n = 0; n < 20; n++)
            await Client.SendAsync(UploadServer.Patch(await server.CreateAsync(100 + n), 0, EncryptedStreamTests.Content(100 + n)));
        server.Worker.IsAway = false;
        server.Clock.Now += TimeSpan.FromHours(1);

        var tried = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.Processing.ProcessReceivedAsync(server.Clock.Now, default)));

        Assert.Equal(20, tried.Sum());
        Assert.Equal(20, server.Target.Accepted.Count);
        await using var db = await server.OpenDatabaseAsync();
        Assert.Equal(20, await db.Uploads.CountAsync(u => u.State == UploadState.Stored));
    }

    [Fact]
    public async Task A_program_that_dies_after_accepting_makes_no_second_document()
    {
        var bytes = EncryptedStreamTests.Content(5000);
        var upload = await server.CreateAsync(bytes.Length);
        server.Target.DiesAfterAccepting = true;
        Assert.Equal(HttpStatusCode.InternalServerError, (await Client.SendAsync(UploadServer.Patch(upload, 0, bytes))).StatusCode);
        server.Target.DiesAfterAccepting = false;

        server.Clock.Now += TimeSpan.FromHours(1);
        await server.Processing.ProcessReceivedAsync(server.Clock.Now, default);

        Assert.Single(server.Target.Accepted);
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload))));
        await using var db = await server.OpenDatabaseAsync();
        Assert.Equal(1, await db.StoredFiles.CountAsync());
    }

    [Fact]
    public async Task What_a_killed_program_had_not_acknowledged_is_sent_again()
    {
        var bytes = EncryptedStreamTests.Content(10_000);
        var upload = await server.CreateAsync(bytes.Length);
        await Client.SendAsync(UploadServer.Patch(upload, 0, bytes[..4000]));

        // Killed between disk and row: the row counts.
        await File.AppendAllTextAsync(server.PartOf(upload), "never acknowledged");
        Assert.Equal(4000, await server.OffsetAsync(upload));
        await Client.SendAsync(UploadServer.Patch(upload, 4000, bytes[4000..8000]));
        // The disk lost what it had promised: the disk counts.
        using (var part = new FileStream(server.PartOf(upload), FileMode.Open))
            part.SetLength(6000);
        Assert.Equal(6000, await server.OffsetAsync(upload));

        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, 6000, bytes[6000..]))));
    }

    [Fact]
    public async Task A_restart_of_the_database_in_the_middle_loses_nothing()
    {
        var bytes = EncryptedStreamTests.Content(6_000_000);
        var upload = await server.CreateAsync(bytes.Length);
        await Client.SendAsync(UploadServer.Patch(upload, 0, bytes[..1_000_000]));
        var slow = new PausedContent(bytes[1_000_000..], pauseAt: 2_000_000);
        var sending = Client.SendAsync(UploadServer.Patch(upload, 1_000_000, slow));
        await slow.Paused;

        await server.BreakDatabaseConnectionsAsync();
        slow.GoOn();
        var response = await sending;

        // Either a broken connection was used and the sender goes on from where he was, or a new one was made in time.
        if (response.StatusCode != HttpStatusCode.NoContent)
        {
            await UploadTests.RefusedAsync(response, 503, "upload.unavailable");
            long offset = -1;
            await Eventually.TrueAsync(async () =>
            {
                var head = await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload));
                return head.IsSuccessStatusCode && (offset = long.Parse(UploadTests.Header(head, "Upload-Offset"), System.Globalization.CultureInfo.InvariantCulture)) >= 1_000_000;
            });
            response = await Client.SendAsync(UploadServer.Patch(upload, offset, bytes[(int)offset..]));
        }

        Assert.Equal(bytes, await server.OriginalOfAsync(response));
    }

    [Fact]
    public async Task A_disk_that_is_full_is_said_so_and_the_upload_goes_on_when_there_is_room()
    {
        var bytes = EncryptedStreamTests.Content(100_000);
        var upload = await server.CreateAsync(bytes.Length);
        File.CreateSymbolicLink(server.PartOf(upload), "/dev/full");

        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, 0, bytes)), 507, "upload.storage_full");

        File.Delete(server.PartOf(upload));
        Assert.Equal(0, await server.OffsetAsync(upload));
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, 0, bytes))));
    }

    [Fact]
    public async Task A_store_that_is_full_keeps_what_was_received()
    {
        var bytes = EncryptedStreamTests.Content(1000);
        server.Blobs.IsFull = true;
        var upload = await server.CreateAsync(bytes.Length);

        Assert.Equal("received", UploadTests.Header(await Client.SendAsync(UploadServer.Patch(upload, 0, bytes)), "Upload-State"));

        server.Blobs.IsFull = false;
        server.Clock.Now += TimeSpan.FromHours(1);
        await server.Processing.ProcessReceivedAsync(server.Clock.Now, default);
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload))));
    }

    [Fact]
    public async Task Received_bytes_that_vanished_are_said_to_be_lost()
    {
        server.Worker.IsAway = true;
        var upload = await server.CreateAsync(1000);
        await Client.SendAsync(UploadServer.Patch(upload, 0, EncryptedStreamTests.Content(1000)));
        File.Delete(server.PartOf(upload));

        server.Clock.Now += TimeSpan.FromHours(1);
        await server.Processing.ProcessReceivedAsync(server.Clock.Now, default);

        Assert.Contains(UploadRefusals.Lost.Code, await Client.GetStringAsync(upload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_is_not_finished_in_a_day_runs_out_and_may_begin_anew_under_its_key()
    {
        var bytes = EncryptedStreamTests.Content(1000);
        var upload = await server.CreateAsync(bytes.Length, "key");
        server.Clock.Now += TimeSpan.FromHours(23);
        await Client.SendAsync(UploadServer.Patch(upload, 0, bytes[..500]));
        server.Clock.Now += TimeSpan.FromHours(23);
        Assert.Equal(0, await server.Processing.ExpireAsync(server.Clock.Now, default));
        Assert.Equal(500, await server.OffsetAsync(upload));

        server.Clock.Now += TimeSpan.FromHours(2);

        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, 500, bytes[500..])), 410, "upload.expired");
        Assert.Equal(1, await server.Processing.ExpireAsync(server.Clock.Now, default));
        Assert.False(File.Exists(server.PartOf(upload)));
        Assert.Equal(410, (int)(await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload))).StatusCode);
        await UploadTests.RefusedAsync(await Client.GetAsync(upload), 410, "upload.expired");
        var anew = await server.CreateAsync(bytes.Length, "key");
        Assert.NotEqual(upload, anew);
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(anew, 0, bytes))));
    }

    [Fact]
    public async Task The_cleaning_takes_what_nobody_waits_for_and_nothing_else()
    {
        var upload = await server.CreateAsync(1000);
        await Client.SendAsync(UploadServer.Patch(upload, 0, new byte[500]));
        var orphan = Path.Combine(server.UploadFolder, $"{Guid.NewGuid():N}.part");
        await File.WriteAllTextAsync(orphan, "x");
        foreach (var path in new[] { orphan, server.PartOf(upload) })
            File.SetLastWriteTimeUtc(path, server.Clock.Now.UtcDateTime.AddDays(-2));

        await server.Processing.ExpireAsync(server.Clock.Now, default);

        Assert.False(File.Exists(orphan));
        Assert.Equal(500, await server.OffsetAsync(upload));
    }

    [Fact]
    public async Task A_sender_with_too_many_unfinished_uploads_waits()
    {
        var link = Guid.NewGuid();
        await using (var db = await server.OpenDatabaseAsync())
        {
            for (var n = 0; n < 1000; n++)
                db.Add(new Upload
                {
                    Id = Guid.CreateVersion7(), SenderKind = "link", SenderId = link, SenderName = "客户本人", CustomerId = UploadServer.Customer, ItemCode = "a",
                    ClientKey = $"{n}", FileName = "a.jpg", Length = 1, FileId = Guid.CreateVersion7(), CreatedAt = server.Clock.Now, ExpiresAt = server.Clock.Now.AddHours(1),
                });
            await db.SaveChangesAsync();
        }

        await UploadTests.RefusedAsync(await Client.SendAsync(UploadServer.Creation(10, link: link)), 429, "upload.too_many_open");
        await server.CreateAsync(10);
    }

    private static byte[] Bad(int length) => [.. "BAD"u8, .. new byte[length - 3]];
}
