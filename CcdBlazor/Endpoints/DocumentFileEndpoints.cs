using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Security;
using Microsoft.Net.Http.Headers;

namespace CcdBlazor.Endpoints;

/// <summary>
/// The only way by which content leaves the store: for signed-in staff who may see the customer, with a fixed disposition and a policy under
/// which a browser runs nothing. What is not visible answers like what does not exist. Every view and download is in the audit.
/// </summary>
public static class DocumentFileEndpoints
{
    /// <summary>A file must not act on us even when opened directly: no script, no frame, no request.</summary>
    private const string FilePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox; frame-ancestors 'none'";

    public static IEndpointRouteBuilder MapDocumentFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/files/{documentId:guid}/thumbnail", ThumbnailAsync);
        routes.MapGet("/files/{documentId:guid}/view", ViewAsync);
        routes.MapGet("/files/{documentId:guid}/original", OriginalAsync);
        return routes;
    }

    private static async Task<IResult> ThumbnailAsync(Guid documentId, DocumentQueries documents, FileStore files, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var fileId = await documents.FindThumbnailAsync(documentId, await current.GetAsync(), ct);
        var opened = fileId is { } id ? await files.OpenAsync(id, FileVariant.Thumbnail, ct) : null;
        if (opened is null)
            return CommonRefusals.NotFound.ToProblem();
        // Never changes, but belongs to one person: only that browser may keep it, and asks again after five minutes.
        http.Response.Headers.CacheControl = "private, max-age=300";
        return Send(http, opened, download: false);
    }

    /// <summary>What the viewer shows: for pictures the upright preview without metadata, for PDFs the document (drawn by the page's own viewer).</summary>
    private static async Task<IResult> ViewAsync(Guid documentId, DocumentQueries documents, FileStore files, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var found = await documents.OpenForViewingAsync(documentId, download: false, await current.GetAsync(), ct);
        if (found is null)
            return CommonRefusals.NotFound.ToProblem();
        var opened = await files.OpenAsync(found.FileId, FileVariant.Preview, ct) ?? await files.OpenAsync(found.FileId, FileVariant.Original, ct);
        if (opened is null)
            return CommonRefusals.NotFound.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        return Send(http, opened, download: opened.MediaType != "image/jpeg");
    }

    /// <summary>The untouched original, as an attachment.</summary>
    private static async Task<IResult> OriginalAsync(Guid documentId, DocumentQueries documents, FileStore files, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var found = await documents.OpenForViewingAsync(documentId, download: true, await current.GetAsync(), ct);
        var opened = found is null ? null : await files.OpenAsync(found.FileId, FileVariant.Original, ct);
        if (opened is null)
            return CommonRefusals.NotFound.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        return Send(http, opened, download: true);
    }

    private static IResult Send(HttpContext http, OpenedFile file, bool download)
    {
        http.Response.Headers.ContentSecurityPolicy = FilePolicy;
        var disposition = new ContentDispositionHeaderValue(download ? "attachment" : "inline");
        disposition.SetHttpFileName(file.FileName);
        http.Response.Headers.ContentDisposition = disposition.ToString();
        return Results.Stream(file.Content, file.MediaType);
    }
}
