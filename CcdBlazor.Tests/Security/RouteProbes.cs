using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Tests.Security;

/// <summary>One customer with what belongs to it; or nothing at all, with ids that nobody has.</summary>
/// <param name="Secrets">What must not be on a page of somebody who may not see it.</param>
internal sealed record Target(
    string Label, Guid Customer, Guid Document, Guid StoredFile, Guid Upload, bool Submitted, string Name, IReadOnlyList<string> Secrets)
{
    /// <summary>A follow-up of the customer, with the stored file.</summary>
    public Guid FollowUp { get; init; } = Guid.NewGuid();

    public static Target Nothing() => new("nothing", Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), false, "", []);
}

/// <summary>Somebody with a browser.</summary>
/// <param name="SeesCollected">May see the customer whose papers are still collected.</param>
/// <param name="SeesSubmitted">May see the customer whose file was submitted.</param>
/// <param name="Token">Of the link of yet another customer, for who comes through one.</param>
internal sealed record Visitor(string Label, HttpClient Browser, IReadOnlySet<Permission> May, bool SeesCollected, bool SeesSubmitted, bool OwnsUploads = false, string? Token = null)
{
    public bool Sees(Target target) => target.Submitted ? SeesSubmitted : SeesCollected;
}

/// <summary>One request about an object.</summary>
/// <param name="Succeeds">Whether this visitor, who sees the object, gets what he asks for.</param>
/// <param name="ShowsName">A success shows the customer's name.</param>
/// <param name="Good">The status of a success.</param>
/// <param name="SenderOnly">Not for everybody who sees the customer: who does not succeed must not learn of it.</param>
/// <param name="OwnersToo">False where a try by the owner would end the object.</param>
internal sealed record Probe(
    string Route, Func<Target, HttpRequestMessage> Request, Func<Visitor, bool> Succeeds, bool ShowsName = false, int Good = 200, bool SenderOnly = false, bool OwnersToo = true);

internal static class RouteProbes
{
    public static IReadOnlyList<Probe> All { get; } =
    [
        new("GET,POST /customers/{Id:guid}", t => Page($"/customers/{t.Customer}"), _ => true, ShowsName: true),
        new("GET,POST /customers/{Id:guid}/edit", t => Page($"/customers/{t.Customer}/edit"), v => v.May.Contains(Permission.EditCustomers), ShowsName: true),
        new("GET,POST /customers/{Id:guid}/portrait", t => Page($"/customers/{t.Customer}/portrait"), v => v.May.Contains(Permission.ViewPortraits), ShowsName: true),
        new("GET,POST /customers/{Id:guid}/upload", t => Page($"/customers/{t.Customer}/upload"), _ => true, ShowsName: true),
        new("GET /customers/{id:guid}/upload/state", t => Get($"/customers/{t.Customer}/upload/state"), _ => true, ShowsName: true),
        new("POST /customers/{id:guid}/upload/withdraw", t => Withdraw($"/customers/{t.Customer}/upload/withdraw", t), _ => false),
        new("GET,POST /review/{Id:guid}", t => Page($"/review/{t.Customer}"), v => v.May.Contains(Permission.ReviewDocuments), ShowsName: true),

        new("GET /files/{documentId:guid}/thumbnail", t => Get($"/files/{t.Document}/thumbnail"), _ => true),
        new("GET /files/{documentId:guid}/view", t => Get($"/files/{t.Document}/view"), _ => true),
        new("GET /files/{documentId:guid}/original", t => Get($"/files/{t.Document}/original"),
            v => v.May.Contains(Permission.DownloadOriginals) || v.May.Contains(Permission.CollectDocuments)),
        // For nobody, whatever he may see: a paper is no example.
        new("GET /api/products/example/{fileId:guid}", t => Get($"/api/products/example/{t.StoredFile}"), _ => false, SenderOnly: true),

        new("GET /api/follow-ups/{id:guid}/files/{fileId:guid}", t => Get($"/api/follow-ups/{t.FollowUp}/files/{t.StoredFile}"), _ => true),
        new("POST /api/follow-ups/{id:guid}/files", t => Attachment(t), _ => false),

        new("POST /api/uploads/", t => Creation(t), _ => false),
        new("GET /api/uploads/{id:guid}", t => Tus(HttpMethod.Get, t), v => v.OwnsUploads, SenderOnly: true),
        new("HEAD /api/uploads/{id:guid}", t => Tus(HttpMethod.Head, t), v => v.OwnsUploads, SenderOnly: true),
        // A false offset, so that the upload stays as it is; who owns it is told so.
        new("PATCH /api/uploads/{id:guid}", t => Patch(t), v => v.OwnsUploads, Good: 409, SenderOnly: true),
        new("DELETE /api/uploads/{id:guid}", t => Tus(HttpMethod.Delete, t), _ => false, SenderOnly: true, OwnersToo: false),

        new("POST /u/{token}/withdraw", t => Withdraw("/u/{token}/withdraw", t), _ => false),
    ];

    /// <summary>Link routes that name no object beside their token; they have a test of their own.</summary>
    public static IReadOnlyList<string> ByTokenAlone { get; } = ["GET,POST /u/{Token}", "GET,POST /u/{Token}/about", "GET /u/{token}/state", "GET /u/{token}/example/{itemCode}"];

    public static HttpRequestMessage Page(string path)
    {
        var request = Get(path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        return request;
    }

    public static HttpRequestMessage Get(string path) => new(HttpMethod.Get, new Uri(path, UriKind.Relative));

    public static HttpRequestMessage Creation(Target target, string item = "extra")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/uploads", UriKind.Relative));
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", 1000.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Upload-Metadata", string.Join(',', new (string Key, string Value)[]
        {
            ("customer", target.Customer.ToString()), ("item", item), ("clientKey", Guid.NewGuid().ToString()), ("filename", "a.jpg"),
        }.Select(pair => $"{pair.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair.Value))}")));
        return request;
    }

    private static HttpRequestMessage Tus(HttpMethod method, Target target)
    {
        var request = new HttpRequestMessage(method, new Uri($"/api/uploads/{target.Upload}", UriKind.Relative));
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return request;
    }

    /// <summary>Without a file: who may attach one is told so, everybody else earlier.</summary>
    private static HttpRequestMessage Attachment(Target target)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/follow-ups/{target.FollowUp}/files", UriKind.Relative)) { Content = new StringContent("nothing") };
        request.Headers.Add("X-Requested-With", "ccd");
        return request;
    }

    private static HttpRequestMessage Patch(Target target)
    {
        var request = Tus(HttpMethod.Patch, target);
        request.Headers.Add("Upload-Offset", "500");
        request.Content = new ByteArrayContent([1]) { Headers = { ContentType = new MediaTypeHeaderValue("application/offset+octet-stream") } };
        return request;
    }

    private static HttpRequestMessage Withdraw(string path, Target target)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(new { documentId = target.Document }) };
        request.Headers.Add("X-Requested-With", "ccd");
        return request;
    }
}
