using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Files;

/// <summary>As much of an S3 endpoint as the store uses, on a loopback port: PUT, GET with a range, HEAD, DELETE, signed requests only.</summary>
internal sealed class FakeBucket : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeBucket(WebApplication app) => this.app = app;

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

    public int Unsigned { get; private set; }

    public bool IsFull { get; set; }

    public Uri Address => new(app.Urls.Single());

    public static async Task<FakeBucket> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var bucket = new FakeBucket(app);
        app.Run(bucket.AnswerAsync);
        await app.StartAsync();
        return bucket;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var name = http.Request.Path.Value!;
        var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        if (!IsSigned(http.Request, body.ToArray()))
        {
            Unsigned++;
            http.Response.StatusCode = 403;
            return;
        }

        switch (http.Request.Method)
        {
            case "PUT" when IsFull:
                http.Response.StatusCode = 507;
                break;
            case "PUT":
                Objects[name] = body.ToArray();
                break;
            case "DELETE":
                Objects.TryRemove(name, out _);
                http.Response.StatusCode = 204;
                break;
            case "GET" when http.Request.Query["list-type"] == "2":
                await http.Response.WriteAsync(List($"{name.TrimEnd('/')}/", http.Request.Query["prefix"].ToString(), http.Request.Query["continuation-token"].ToString()));
                break;
            case "GET" or "HEAD" when Objects.TryGetValue(name, out var bytes):
                var from = http.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0;
                http.Response.StatusCode = from > 0 ? 206 : 200;
                http.Response.ContentLength = bytes.Length - from;
                if (http.Request.Method == "GET")
                    await http.Response.Body.WriteAsync(bytes.AsMemory((int)from));
                break;
            default:
                http.Response.StatusCode = 404;
                if (http.Request.Method == "GET")
                    await http.Response.WriteAsync("<Error><Code>NoSuchKey</Code></Error>");
                break;
        }
    }

    /// <summary>Two objects a page, so that a listing has to go on.</summary>
    private string List(string bucket, string prefix, string after)
    {
        var left = Objects.Keys.Where(k => k.StartsWith(bucket + prefix, StringComparison.Ordinal)).Select(k => k[bucket.Length..])
            .Where(k => string.CompareOrdinal(k, after) > 0).Order(StringComparer.Ordinal).ToList();
        var page = left.Take(2).ToList();
        var found = string.Concat(page.Select(k => $"<Contents><Key>{k}</Key><LastModified>2026-11-18T06:00:00.000Z</LastModified><Size>1</Size></Contents>"));
        var next = left.Count > page.Count ? $"<NextContinuationToken>{page[^1]}</NextContinuationToken>" : "";
        return $"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>{(next.Length > 0 ? "true" : "false")}</IsTruncated>{found}{next}</ListBucketResult>";
    }

    private static bool IsSigned(HttpRequest request, byte[] body)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith("AWS4-HMAC-SHA256 Credential=key-id/", StringComparison.Ordinal)
            && authorization.Contains("Signature=", StringComparison.Ordinal)
            && request.Headers["x-amz-content-sha256"] == Convert.ToHexStringLower(SHA256.HashData(body));
    }
}
