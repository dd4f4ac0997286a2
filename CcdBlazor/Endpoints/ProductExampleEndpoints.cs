using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using Microsoft.AspNetCore.Http.Features;

namespace CcdBlazor.Endpoints;

/// <summary>
/// Example pictures of checklists: sent by a fetch of the editor's page, shown to staff by their id, and to customers by the item of their link.
/// </summary>
public static class ProductExampleEndpoints
{
    public const string Path = "/api/products/example";

    /// <summary>Room for the multipart frame around the picture.</summary>
    private const long Frame = 64 * 1024;

    private static readonly Refusal CrossSite = new("product.example_cross_site", "来自其他网站的上传请求不被接受。", RefusalKind.Forbidden);
    private static readonly Refusal NoFile = new("product.example_missing", "没有收到图片，请重新选择。");

    public static IEndpointRouteBuilder MapProductExamples(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, StoreAsync).WithName("product-example-store");
        routes.MapGet(Path + "/{fileId:guid}", ShowAsync).WithName("product-example");
        routes.MapGet("/u/{token}/example/{itemCode}", ShowToCustomerAsync).AllowAnonymous().RequireRateLimiting(CollectionEndpoints.PublicRateLimit)
            .WithName("link-example");
        return routes;
    }

    /// <summary>Where a customer behind a link sees the example of a rule; null without one.</summary>
    internal static string? LinkOf(string token, ChecklistRule rule) =>
        rule.ExampleFileId is null ? null : $"/u/{Uri.EscapeDataString(token)}/example/{Uri.EscapeDataString(rule.Code)}";

    /// <summary>Where staff see it.</summary>
    internal static string? StaffLinkOf(ChecklistRule rule) => rule.ExampleFileId is { } fileId ? $"{Path}/{fileId}" : null;

    private static async Task<IResult> StoreAsync(HttpContext http, ResolveUploadSender resolve, ProductExamples examples, CancellationToken ct)
    {
        if (!IsOwnPage(http.Request))
            return CrossSite.ToProblem();
        var sender = await resolve(http, ct);
        if (!sender.Ok)
            return sender.Refusal.ToProblem();
        // Before a byte of the body is taken.
        if (!sender.Value.May(Permission.EditProducts))
            return CommonRefusals.Forbidden.ToProblem();
        if (http.Request.ContentLength > ProductExamples.MaxBytes + Frame)
            return UploadRefusals.TooLarge(ProductExamples.MaxBytes).ToProblem();
        if (!http.Request.HasFormContentType)
            return NoFile.ToProblem();
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = ProductExamples.MaxBytes + Frame;

        // Closed to other accounts: until it is encrypted, the picture is plain here.
        var folder = Directory.CreateTempSubdirectory("ccd-example-");
        try
        {
            var form = await http.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 4, MultipartBodyLengthLimit = ProductExamples.MaxBytes + Frame }, ct);
            if (form.Files is not [{ Length: > 0 } picture])
                return NoFile.ToProblem();
            var path = System.IO.Path.Combine(folder.FullName, "sent");
            await using (var file = new FileStream(path, FileMode.CreateNew))
                await picture.CopyToAsync(file, ct);
            var stored = await examples.StoreAsync(path, folder.FullName, picture.FileName, sender.Value, ct);
            return stored.Ok ? Results.Ok(new { id = stored.Value }) : stored.Refusal.ToProblem();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return UploadRefusals.TooLarge(ProductExamples.MaxBytes).ToProblem();
        }
        catch (InvalidDataException)
        {
            // Not a form after all, or a part over the limit.
            return NoFile.ToProblem();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IResult> ShowAsync(Guid fileId, HttpContext http, ResolveUploadSender resolve, ProductExamples examples, CancellationToken ct)
    {
        var sender = await resolve(http, ct);
        return sender.Ok ? Answer(http, await examples.OpenAsync(fileId, sender.Value, ct)) : sender.Refusal.ToProblem();
    }

    /// <summary>Only an item that this link shows; everything else, and every dead link, is simply not there.</summary>
    private static async Task<IResult> ShowToCustomerAsync(
        string token, string itemCode, HttpContext http, LinkService links, DocumentQueries documents, ProductExamples examples, CancellationToken ct)
    {
        var opened = await links.OpenAsync(token, http.Connection.RemoteIpAddress?.ToString(), ct);
        if (!opened.Ok)
            return opened.Refusal.ToProblem();
        var page = await documents.CollectionAsync(opened.Value.CustomerId, opened.Value, ct);
        var item = page?.Items.FirstOrDefault(item => item.Report.Rule.Code == itemCode);
        return Answer(http, item is null ? null : await examples.OpenForAsync(item.Report.Rule, ct));
    }

    private static IResult Answer(HttpContext http, OpenedFile? opened)
    {
        if (opened is null)
            return CommonRefusals.NotFound.ToProblem();
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.ContentDisposition = "inline";
        // An example never changes under its id.
        headers.CacheControl = "private, max-age=86400, immutable";
        return Results.Stream(opened.Content, opened.MediaType, enableRangeProcessing: true);
    }

    /// <summary>A page of another site can neither add the header without a preflight that nobody answers, nor pretend to be ours.</summary>
    private static bool IsOwnPage(HttpRequest request) =>
        request.Headers["X-Requested-With"] == "ccd" && request.Headers["Sec-Fetch-Site"].ToString() is ("" or "same-origin");
}
