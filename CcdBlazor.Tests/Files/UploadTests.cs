using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CcdBlazor.Endpoints;
using CcdBlazor.Files;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Files;

/// <summary>The protocol as a browser speaks it.</summary>
public class UploadTests(UploadServer server) : IClassFixture<UploadServer>
{
    private HttpClient Client => server.Client;

    [Fact]
    public async Task The_server_says_what_it_can()
    {
        var response = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Options, UploadEndpoints.Path));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("1.0.0", Header(response, "Tus-Version"));
        Assert.Equal("creation,creation-with-upload,checksum,termination,expiration", Header(response, "Tus-Extension"));
        Assert.Equal("sha1,sha256", Header(response, "Tus-Checksum-Algorithm"));
        Assert.Equal("41943040", Header(response, "Tus-Max-Size"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(9_000_000)]
    public async Task A_file_that_arrives_whole_becomes_a_document(int length)
    {
        var bytes = EncryptedStreamTests.Content(length);
        var upload = await server.CreateAsync(bytes.Length);

        var response = await Client.SendAsync(UploadServer.Patch(upload, 0, bytes));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(bytes, await server.OriginalOfAsync(response));
        Assert.False(File.Exists(server.PartOf(upload)));
        var shown = await ShowAsync(upload);
        Assert.Equal("stored", shown.GetProperty("state").GetString());
        Assert.Equal("id_front", shown.GetProperty("item").GetString());
        Assert.Equal("身份证 正面.jpg", shown.GetProperty("fileName").GetString());
        Assert.Equal(Header(response, "Upload-Document"), shown.GetProperty("documentId").GetString());
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("refusal").ValueKind);
    }

    [Fact]
    public async Task A_file_may_come_in_pieces_and_with_its_creation()
    {
        var bytes = EncryptedStreamTests.Content(100_000);
        var creation = UploadServer.Creation(bytes.Length);
        creation.Content = new ByteArrayContent(bytes[..10_000]);
        creation.Content.Headers.ContentType = new(TusProtocol.BodyType);

        var created = await Client.SendAsync(creation);

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("10000", Header(created, "Upload-Offset"));
        Assert.Equal("Sat, 21 Nov 2026 06:00:00 GMT", Header(created, "Upload-Expires"));
        var upload = new Uri(server.Address, created.Headers.Location!);
        Assert.Equal(10_000, await server.OffsetAsync(upload));
        Assert.Equal(HttpStatusCode.NoContent, (await Client.SendAsync(UploadServer.Patch(upload, 10_000, bytes[10_000..60_000]))).StatusCode);
        Assert.Equal("receiving", (await ShowAsync(upload)).GetProperty("state").GetString());
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, 60_000, bytes[60_000..]))));
        // The answer to the last piece got lost: asking again is harmless and answers the same.
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, bytes.Length, []))));
        var head = await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload));
        Assert.Equal("100000", Header(head, "Upload-Length"));
        Assert.Equal("no-store", Header(head, "Cache-Control"));
        Assert.Equal("身份证 正面.jpg", TusProtocol.Metadata(Header(head, "Upload-Metadata"))!["filename"]);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("HEAD")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Another_version_of_the_protocol_is_refused(string method)
    {
        var upload = method == "POST" ? new Uri(server.Address, UploadEndpoints.Path) : await server.CreateAsync(10);
        foreach (var version in new[] { null, "0.2.2" })
        {
            var request = new HttpRequestMessage(new HttpMethod(method), upload);
            if (version is not null)
                request.Headers.Add("Tus-Resumable", version);

            var response = await Client.SendAsync(request);

            Assert.Equal(HttpStatusCode.PreconditionFailed, response.StatusCode);
            Assert.Equal("1.0.0", Header(response, "Tus-Version"));
        }
    }

    [Fact]
    public async Task A_page_of_another_site_is_refused()
    {
        var creation = UploadServer.Creation(10);
        creation.Headers.Add("Sec-Fetch-Site", "cross-site");

        await RefusedAsync(await Client.SendAsync(creation), 403, "upload.cross_site");
    }

    [Fact]
    public async Task A_body_of_another_type_is_refused()
    {
        var upload = await server.CreateAsync(10);
        var patch = UploadServer.Patch(upload, 0, new byte[10]);
        patch.Content!.Headers.ContentType = new("application/octet-stream");

        await RefusedAsync(await Client.SendAsync(patch), 415, "upload.body_type");
        Assert.Equal(0, await server.OffsetAsync(upload));
    }

    [Fact]
    public async Task An_offset_that_lies_is_refused_and_changes_nothing()
    {
        var bytes = EncryptedStreamTests.Content(1000);
        var upload = await server.CreateAsync(bytes.Length);
        await Client.SendAsync(UploadServer.Patch(upload, 0, bytes[..500]));

        foreach (var lie in new[] { 0, 499, 501, 1000, 5000 })
            await RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, lie, new byte[10])), 409, "upload.offset_mismatch");
        foreach (var nonsense in new[] { "-1", "abc", "" })
        {
            var patch = UploadServer.Patch(upload, 0, new byte[10]);
            patch.Headers.Remove("Upload-Offset");
            patch.Headers.TryAddWithoutValidation("Upload-Offset", nonsense);
            await RefusedAsync(await Client.SendAsync(patch), 400, "upload.malformed");
        }

        Assert.Equal(500, await server.OffsetAsync(upload));
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, 500, bytes[500..]))));
    }

    [Fact]
    public async Task A_wrong_checksum_discards_the_piece_and_only_the_piece()
    {
        var bytes = EncryptedStreamTests.Content(200_000);
        var upload = await server.CreateAsync(bytes.Length);
        await Client.SendAsync(WithChecksum(UploadServer.Patch(upload, 0, bytes[..50_000]), "sha1", SHA1.HashData(bytes.AsSpan(0, 50_000))));

        await RefusedAsync(await Client.SendAsync(WithChecksum(UploadServer.Patch(upload, 50_000, bytes[50_000..]), "sha256", SHA256.HashData("no"u8))), 460, "upload.checksum_mismatch");
        await RefusedAsync(await Client.SendAsync(WithChecksum(UploadServer.Patch(upload, 50_000, bytes[50_000..]), "md5", MD5.HashData(bytes))), 400, "upload.malformed");

        Assert.Equal(50_000, await server.OffsetAsync(upload));
        Assert.Equal(50_000, new FileInfo(server.PartOf(upload)).Length);
        Assert.Equal(bytes, await server.OriginalOfAsync(
            await Client.SendAsync(WithChecksum(UploadServer.Patch(upload, 50_000, bytes[50_000..]), "sha256", SHA256.HashData(bytes.AsSpan(50_000))))));
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_before_its_first_byte_and_the_limit_is_named() =>
        Assert.Contains("30 MB", await RefusedAsync(await Client.SendAsync(UploadServer.Creation(30 * 1024 * 1024 + 1)), 413, "upload.too_large"), StringComparison.Ordinal);

    [Fact]
    public async Task An_empty_file_is_refused() => await RefusedAsync(await Client.SendAsync(UploadServer.Creation(0)), 422, "media.empty");

    [Theory]
    [InlineData("Upload-Length", null)]
    [InlineData("Upload-Length", "-5")]
    [InlineData("Upload-Length", "1.5")]
    [InlineData("Upload-Metadata", null)]
    [InlineData("Upload-Metadata", "customer !")]
    [InlineData("Upload-Metadata", "customer bm90IGFuIGlk,item aWQ=,clientKey YQ==")]
    public async Task A_malformed_creation_is_refused(string header, string? value)
    {
        var creation = UploadServer.Creation(10);
        creation.Headers.Remove(header);
        if (value is not null)
            creation.Headers.Add(header, value);

        await RefusedAsync(await Client.SendAsync(creation), 400, "upload.malformed");
    }

    [Fact]
    public async Task An_item_or_key_with_control_characters_is_refused() =>
        await RefusedAsync(await Client.SendAsync(UploadServer.Creation(10, item: "a\0b")), 422, "upload.malformed");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_bytes_than_the_file_has_are_discarded(bool announced)
    {
        var bytes = EncryptedStreamTests.Content(100_000);
        var upload = await server.CreateAsync(bytes.Length);
        await Client.SendAsync(UploadServer.Patch(upload, 0, bytes[..30_000]));
        var patch = UploadServer.Patch(upload, 30_000, new byte[70_001]);
        patch.Headers.TransferEncodingChunked = !announced;

        await RefusedAsync(await Client.SendAsync(patch), 413, "upload.longer_than_declared");

        Assert.Equal(30_000, await server.OffsetAsync(upload));
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, 30_000, bytes[30_000..]))));
    }

    [Fact]
    public async Task When_the_connection_breaks_what_arrived_is_kept()
    {
        const int Arrived = 3 * 64 * 1024;
        var bytes = EncryptedStreamTests.Content(500_000);
        var upload = await server.CreateAsync(bytes.Length);

        await SendHalfAsync(upload, bytes, Arrived, "", beforeTheCut: () => File.Exists(server.PartOf(upload)) && new FileInfo(server.PartOf(upload)).Length == Arrived);

        await Eventually.TrueAsync(async () => await server.OffsetAsync(upload) == Arrived);
        Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, Arrived, bytes[Arrived..]))));
    }

    [Fact]
    public async Task When_the_connection_breaks_a_piece_that_a_checksum_should_prove_is_not_kept()
    {
        var bytes = EncryptedStreamTests.Content(500_000);
        var upload = await server.CreateAsync(bytes.Length);

        await SendHalfAsync(upload, bytes, 200_000, $"Upload-Checksum: sha256 {Convert.ToBase64String(SHA256.HashData(bytes))}\r\n");

        // A second request is let in only when the first one has ended.
        await Eventually.TrueAsync(async () => (int)(await Client.SendAsync(UploadServer.Patch(upload, 1, []))).StatusCode == 409);
        Assert.Equal(0, await server.OffsetAsync(upload));
    }

    [Fact]
    public async Task Two_requests_cannot_write_one_upload_at_once()
    {
        var bytes = EncryptedStreamTests.Content(1000);
        var upload = await server.CreateAsync(bytes.Length);
        var slow = new PausedContent(bytes, pauseAt: 400);
        var first = Client.SendAsync(UploadServer.Patch(upload, 0, slow));
        await slow.Paused;
        await Eventually.TrueAsync(() => File.Exists(server.PartOf(upload)));

        await RefusedAsync(await Client.SendAsync(UploadServer.Patch(upload, 0, bytes)), 423, "upload.busy");
        await RefusedAsync(await Client.SendAsync(UploadServer.Request(HttpMethod.Delete, upload)), 423, "upload.busy");

        slow.GoOn();
        Assert.Equal(bytes, await server.OriginalOfAsync(await first));
    }

    [Fact]
    public async Task Who_comes_back_too_soon_waits_for_his_own_earlier_request()
    {
        var bytes = EncryptedStreamTests.Content(1000);
        var upload = await server.CreateAsync(bytes.Length);
        var slow = new PausedContent(bytes, pauseAt: 400);
        var first = Client.SendAsync(UploadServer.Patch(upload, 0, slow));
        await slow.Paused;
        await Eventually.TrueAsync(() => File.Exists(server.PartOf(upload)));

        var back = server.OffsetAsync(upload);
        slow.GoOn();

        Assert.Equal(1000, await back);
        Assert.Equal(bytes, await server.OriginalOfAsync(await first));
    }

    [Fact]
    public async Task Somebody_elses_upload_does_not_exist()
    {
        var mine = Guid.NewGuid();
        var upload = await server.CreateAsync(10, link: mine);
        var unknown = new Uri(server.Address, $"{UploadEndpoints.Path}/{Guid.CreateVersion7()}");

        foreach (var (address, sender) in new[] { (upload, (Guid?)null), (upload, Guid.NewGuid()), (unknown, mine) })
        {
            Assert.Equal(404, (int)(await Client.SendAsync(UploadServer.Request(HttpMethod.Head, address, sender))).StatusCode);
            await RefusedAsync(await Client.SendAsync(UploadServer.Request(HttpMethod.Get, address, sender)), 404, "common.not_found");
            await RefusedAsync(await Client.SendAsync(UploadServer.Request(HttpMethod.Delete, address, sender)), 404, "common.not_found");
            await RefusedAsync(await Client.SendAsync(UploadServer.Patch(address, 0, new byte[10], sender)), 404, "common.not_found");
        }

        Assert.Equal(404, (int)(await Client.GetAsync(new Uri(server.Address, $"{UploadEndpoints.Path}/not-an-id"))).StatusCode);
        await RefusedAsync(await Client.SendAsync(UploadServer.Creation(10, customer: Guid.NewGuid())), 404, "common.not_found");
        await RefusedAsync(await Client.SendAsync(UploadServer.Creation(10, customer: Guid.NewGuid(), link: mine)), 404, "common.not_found");
        Assert.Equal(204, (int)(await Client.SendAsync(UploadServer.Patch(upload, 0, new byte[10], mine))).StatusCode);
    }

    [Fact]
    public async Task The_same_key_means_the_same_upload()
    {
        var key = Guid.NewGuid().ToString();
        var first = await server.CreateAsync(1000, key);
        await Client.SendAsync(UploadServer.Patch(first, 0, new byte[400]));

        var again = await Client.SendAsync(UploadServer.Creation(1000, key));

        Assert.Equal(first, new Uri(server.Address, again.Headers.Location!));
        Assert.Equal("400", Header(again, "Upload-Offset"));
        await RefusedAsync(await Client.SendAsync(UploadServer.Creation(1001, key)), 409, "upload.client_key_reused");
        await RefusedAsync(await Client.SendAsync(UploadServer.Creation(1000, key, item: "other")), 409, "upload.client_key_reused");
        Assert.NotEqual(first, await server.CreateAsync(1000, key, link: Guid.NewGuid()));
    }

    [Fact]
    public async Task The_same_key_at_the_same_time_means_one_upload()
    {
        var key = Guid.NewGuid().ToString();

        var created = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => server.CreateAsync(1000, key)));

        Assert.Single(created.Distinct());
    }

    [Fact]
    public async Task A_sender_may_give_up_what_is_unfinished_only()
    {
        var upload = await server.CreateAsync(10);
        await Client.SendAsync(UploadServer.Patch(upload, 0, new byte[5]));

        Assert.Equal(204, (int)(await Client.SendAsync(UploadServer.Request(HttpMethod.Delete, upload))).StatusCode);

        Assert.Equal(404, (int)(await Client.SendAsync(UploadServer.Request(HttpMethod.Head, upload))).StatusCode);
        Assert.False(File.Exists(server.PartOf(upload)));
        var stored = await server.CreateAsync(10);
        await Client.SendAsync(UploadServer.Patch(stored, 0, new byte[10]));
        await RefusedAsync(await Client.SendAsync(UploadServer.Request(HttpMethod.Delete, stored)), 409, "upload.already_received");
    }

    [Fact]
    public async Task Three_hundred_files_at_once_all_arrive()
    {
        var link = Guid.NewGuid();
        async Task<byte[]> SendAsync(int n)
        {
            var bytes = EncryptedStreamTests.Content(3000 + n);
            var upload = await server.CreateAsync(bytes.Length, link: link);
            Assert.Equal(bytes, await server.OriginalOfAsync(await Client.SendAsync(UploadServer.Patch(upload, 0, bytes, link))));
            return bytes;
        }

        var sent = await Task.WhenAll(Enumerable.Range(0, 300).Select(SendAsync));

        Assert.Equal(300, sent.Length);
        Assert.Equal(300, server.Target.Accepted.Values.Count(a => a.By.Id == link));
    }

    internal static async Task<string> RefusedAsync(HttpResponseMessage response, int status, string code)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("1.0.0", Header(response, "Tus-Resumable"));
        using var problem = JsonDocument.Parse(body);
        Assert.Equal(code, problem.RootElement.GetProperty("code").GetString());
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        var title = problem.RootElement.GetProperty("title").GetString()!;
        Assert.Contains(title, c => c >= 0x4E00);
        return title;
    }

    internal static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private async Task<JsonElement> ShowAsync(Uri upload) => JsonDocument.Parse(await Client.GetStringAsync(upload)).RootElement;

    private static HttpRequestMessage WithChecksum(HttpRequestMessage request, string algorithm, byte[] hash)
    {
        request.Headers.Add("Upload-Checksum", $"{algorithm} {Convert.ToBase64String(hash)}");
        return request;
    }

    /// <summary>Announces everything, sends a part, and cuts the line.</summary>
    private static async Task SendHalfAsync(Uri upload, byte[] bytes, int count, string header, Func<bool>? beforeTheCut = null)
    {
        using var line = new TcpClient();
        await line.ConnectAsync(IPAddress.Loopback, upload.Port);
        var head = $"PATCH {upload.AbsolutePath} HTTP/1.1\r\nHost: {upload.Authority}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n{header}"
            + $"Content-Type: {TusProtocol.BodyType}\r\nContent-Length: {bytes.Length}\r\n\r\n";
        var stream = line.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(bytes.AsMemory(0, count));
        if (beforeTheCut is not null)
            await Eventually.TrueAsync(beforeTheCut);
    }
}

/// <summary>A body that stops in the middle until it is told to go on.</summary>
internal sealed class PausedContent(byte[] bytes, int pauseAt) : HttpContent
{
    private readonly TaskCompletionSource paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Paused => paused.Task;

    public void GoOn() => goOn.SetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(bytes.AsMemory(0, pauseAt));
        await stream.FlushAsync();
        paused.SetResult();
        await goOn.Task;
        await stream.WriteAsync(bytes.AsMemory(pauseAt));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
