using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Files;
using CcdBlazor.Endpoints;
using CcdBlazor.Files;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Tests.Files;

/// <summary>The upload endpoints on a real Kestrel with a real database and a real folder; the worker and the checklist are stand-ins.</summary>
public sealed class UploadServer : IAsyncLifetime
{
    private readonly ScratchFolder folder = new();
    private WebApplication app = null!;
    private string connectionString = "";

    internal static readonly Guid Customer = Guid.Parse("01900000-0000-7000-8000-000000000001");
    internal static readonly Guid Staff = Guid.Parse("01900000-0000-7000-8000-00000000000a");

    internal StandInWorker Worker { get; } = new();
    internal StandInTarget Target { get; } = new();
    internal ManualClock Clock { get; } = new();
    internal Uri Address => new(app.Urls.Single());
    internal HttpClient Client { get; private set; } = null!;
    internal FileStore Files => app.Services.GetRequiredService<FileStore>();
    internal UploadProcessing Processing => app.Services.GetRequiredService<UploadProcessing>();
    internal string UploadFolder => folder.File("uploads");
    internal string BlobFolder => folder.File("blobs");
    internal FullableStore Blobs { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        connectionString = await TestCluster.CreateDatabaseAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddData(connectionString);
        builder.Services.AddFiles(KeyRings.Options("k1"), new UploadOptions(UploadFolder) { MaxBytes = 40 * 1024 * 1024, ReserveBytes = 0 });
        builder.Services.AddSingleton<IBlobStore>(Blobs = new FullableStore(new DiskBlobStore(new DiskBlobOptions(BlobFolder, ReserveBytes: 0))));
        builder.Services.AddSingleton<IMediaWorker>(Worker);
        builder.Services.AddSingleton<IUploadTarget>(Target);
        builder.Services.AddSingleton<ResolveUploadSender>((http, _) => new(SenderOf(http)));
        app = builder.Build();
        app.MapUploads();
        await using (var db = await OpenDatabaseAsync())
            await db.Database.EnsureCreatedAsync();
        await app.StartAsync();
        Client = new HttpClient { BaseAddress = Address };
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connectionString);
        folder.Dispose();
    }

    internal async Task<CcdDbContext> OpenDatabaseAsync() =>
        await app.Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    /// <summary>What a restart of the database does to everybody who is connected.</summary>
    internal async Task BreakDatabaseConnectionsAsync()
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", connection);
        await command.ExecuteNonQueryAsync();
    }

    internal FileStore FilesUnder(KeyRing ring) => new(
        app.Services.GetRequiredService<IDbContextFactory<CcdDbContext>>(), Blobs, ring, Clock, app.Services.GetRequiredService<ILogger<FileStore>>());

    internal string PartOf(Uri upload) => Path.Combine(UploadFolder, $"{Guid.Parse(upload.Segments[^1]):N}.part");

    internal async Task<Uri> CreateAsync(long length, string? clientKey = null, Guid? link = null)
    {
        var response = await Client.SendAsync(Creation(length, clientKey, link));
        Assert.True(201 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        return new Uri(Address, response.Headers.Location!);
    }

    internal static HttpRequestMessage Creation(long length, string? clientKey = null, Guid? link = null, string item = "id_front", Guid? customer = null)
    {
        var request = Request(HttpMethod.Post, new Uri(UploadEndpoints.Path, UriKind.Relative), link);
        request.Headers.Add("Upload-Length", length.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Upload-Metadata", string.Join(',', new[]
        {
            Pair("customer", (customer ?? Customer).ToString()),
            Pair("item", item),
            Pair("clientKey", clientKey ?? Guid.NewGuid().ToString()),
            Pair("filename", "身份证 正面.jpg"),
            Pair("filetype", "image/jpeg"),
        }));
        return request;
    }

    internal static HttpRequestMessage Patch(Uri upload, long offset, HttpContent body, Guid? link = null)
    {
        var request = Request(HttpMethod.Patch, upload, link);
        request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        request.Content = body;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(TusProtocol.BodyType);
        return request;
    }

    internal static HttpRequestMessage Patch(Uri upload, long offset, byte[] body, Guid? link = null) => Patch(upload, offset, new ByteArrayContent(body), link);

    internal static HttpRequestMessage Request(HttpMethod method, Uri path, Guid? link = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Tus-Resumable", TusProtocol.Version);
        if (link is { } id)
            request.Headers.Add(UploadEndpoints.TokenHeader, id.ToString());
        return request;
    }

    internal async Task<long> OffsetAsync(Uri upload)
    {
        var response = await Client.SendAsync(Request(HttpMethod.Head, upload));
        Assert.Equal(200, (int)response.StatusCode);
        return long.Parse(response.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
    }

    internal async Task<byte[]> OriginalOfAsync(HttpResponseMessage stored)
    {
        Assert.Equal("stored", stored.Headers.GetValues("Upload-State").Single());
        var document = Guid.Parse(stored.Headers.GetValues("Upload-Document").Single());
        return await ContentAsync(Target.Accepted.Values.Single(file => file.Document == document).File.FileId);
    }

    internal async Task<byte[]> ContentAsync(Guid fileId, FileVariant variant = FileVariant.Original)
    {
        await using var content = (await Files.OpenAsync(fileId, variant, default))!.Content;
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static string Pair(string key, string value) => $"{key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}";

    private static Result<Actor> SenderOf(HttpContext http) =>
        Guid.TryParse(http.Request.Headers[UploadEndpoints.TokenHeader], out var link)
            ? new LinkActor(link, Customer)
            : new StaffActor(Staff, "李客服", null, new HashSet<Permission>(), new HashSet<Guid>());
}

/// <summary>Stands in for the picture worker: anything is a picture, unless it begins with BAD.</summary>
internal sealed class StandInWorker : IMediaWorker
{
    public bool IsAway { get; set; }

    public async Task<Result<Renditions>> PrepareAsync(string path, string workFolder, CancellationToken ct)
    {
        if (IsAway)
            return MediaRefusals.WorkerUnavailable;
        var bytes = await File.ReadAllBytesAsync(path, ct);
        if (bytes.AsSpan().StartsWith("BAD"u8))
            return MediaRefusals.Broken;
        var head = bytes[..Math.Min(bytes.Length, 100)];
        return new Renditions(
            new MediaFacts(ContentKind.Jpeg, 4000, 3000, 1, 1),
            await MakeAsync(Path.Combine(workFolder, "t.jpg"), [.. "thumbnail"u8, .. head]),
            await MakeAsync(Path.Combine(workFolder, "p.jpg"), [.. "preview"u8, .. head]));
    }

    public Task<Result<MediaFacts>> ProbeAsync(string path, CancellationToken ct) => throw new NotSupportedException();
    public Task<Result<byte[]>> TypesetAsync(string template, object data, CancellationToken ct) => throw new NotSupportedException();
    public Task<bool> IsHealthyAsync(CancellationToken ct) => Task.FromResult(!IsAway);

    private static async Task<Rendition> MakeAsync(string path, byte[] bytes)
    {
        await File.WriteAllBytesAsync(path, bytes);
        return new Rendition(path, 1, 1, bytes.Length);
    }
}

/// <summary>Stands in for the checklist: one customer, any item, files up to 30 MB.</summary>
internal sealed class StandInTarget : IUploadTarget
{
    public static readonly Refusal ItemClosed = new("test.item_closed", "该项已通过，不能再上传。", RefusalKind.Conflict);

    public ConcurrentDictionary<Guid, (Guid Document, UploadedFile File, Actor By)> Accepted { get; } = new();

    /// <summary>Dies right after its commit, as a program that is killed does.</summary>
    public bool DiesAfterAccepting { get; set; }

    public bool IsClosed { get; set; }

    public Task<Result<UploadTargetFacts>> CheckAsync(Actor by, UploadRequest request, CancellationToken ct) => Task.FromResult<Result<UploadTargetFacts>>(
        request.CustomerId == UploadServer.Customer ? new UploadTargetFacts(30 * 1024 * 1024) : CommonRefusals.NotFound);

    public Task<Result<Guid>> AcceptAsync(Actor by, UploadedFile file, CancellationToken ct)
    {
        if (IsClosed)
            return Task.FromResult<Result<Guid>>(ItemClosed);
        var accepted = Accepted.GetOrAdd(file.UploadId, _ => (Guid.CreateVersion7(), file, by));
        if (DiesAfterAccepting)
            throw new InvalidOperationException("killed");
        return Task.FromResult<Result<Guid>>(accepted.Document);
    }
}

/// <summary>The folder store on a disk that can fill up.</summary>
internal sealed class FullableStore(IBlobStore inner) : IBlobStore
{
    public bool IsFull { get; set; }

    public Task<string?> WriteAsync(Func<Stream, CancellationToken, Task<string?>> write, CancellationToken ct) =>
        IsFull ? throw new StorageFullException("full") : inner.WriteAsync(write, ct);

    public Task<Stream?> OpenAsync(string key, CancellationToken ct) => inner.OpenAsync(key, ct);
    public Task<bool> ExistsAsync(string key, CancellationToken ct) => inner.ExistsAsync(key, ct);
    public Task DeleteAsync(string key, CancellationToken ct) => inner.DeleteAsync(key, ct);
    public IAsyncEnumerable<BlobEntry> ListAsync(CancellationToken ct) => inner.ListAsync(ct);
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class ManualClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 20, 6, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
