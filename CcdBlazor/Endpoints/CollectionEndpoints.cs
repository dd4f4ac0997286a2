using System.Security.Cryptography;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Mvc;

namespace CcdBlazor.Endpoints;

/// <summary>
/// What the collection page without a circuit asks for: the state of the checklist in plain words, and taking back an own upload.
/// Once for a customer behind a link (<c>/u/{token}</c>), once for staff on a phone (<c>/customers/{id}/upload</c>).
/// </summary>
public static class CollectionEndpoints
{
    /// <summary>Limits for everything public: per address, see <c>SecurityServices</c>.</summary>
    public const string PublicRateLimit = "public";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static IEndpointRouteBuilder MapCollection(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/u/{token}/state", LinkStateAsync).AllowAnonymous().RequireRateLimiting(PublicRateLimit);
        routes.MapPost("/u/{token}/withdraw", LinkWithdrawAsync).AllowAnonymous().RequireRateLimiting(PublicRateLimit).DisableAntiforgery();
        routes.MapGet("/customers/{id:guid}/upload/state", StaffStateAsync);
        routes.MapPost("/customers/{id:guid}/upload/withdraw", StaffWithdrawAsync).DisableAntiforgery();
        return routes;
    }

    private static async Task<IResult> LinkStateAsync(string token, LinkService links, DocumentQueries documents, UploadQueries uploads, HttpContext http, CancellationToken ct)
    {
        var actor = await links.OpenAsync(token, http.Connection.RemoteIpAddress?.ToString(), ct);
        return actor.Ok ? await StateAsync(actor.Value.CustomerId, actor.Value, "customer", rule => ProductExampleEndpoints.LinkOf(token, rule), documents, uploads, http, ct) : actor.Refusal.ToProblem();
    }

    private static async Task<IResult> StaffStateAsync(Guid id, CurrentActor current, DocumentQueries documents, UploadQueries uploads, HttpContext http, CancellationToken ct) =>
        await StateAsync(id, await current.GetAsync(), "staff", ProductExampleEndpoints.StaffLinkOf, documents, uploads, http, ct);

    private static async Task<IResult> LinkWithdrawAsync(string token, [FromBody] WithdrawRequest request, LinkService links, DocumentService documents, HttpContext http, CancellationToken ct)
    {
        if (!ComesFromOurPage(http))
            return CommonRefusals.Forbidden.ToProblem();
        var actor = await links.OpenAsync(token, http.Connection.RemoteIpAddress?.ToString(), ct);
        return actor.Ok ? Answer(await documents.WithdrawAsync(request.DocumentId, actor.Value, ct)) : actor.Refusal.ToProblem();
    }

    private static async Task<IResult> StaffWithdrawAsync(Guid id, [FromBody] WithdrawRequest request, CurrentActor current, DocumentService documents, HttpContext http, CancellationToken ct) =>
        ComesFromOurPage(http)
            ? Answer(await documents.WithdrawAsync(request.DocumentId, await current.GetAsync(), ct))
            : CommonRefusals.Forbidden.ToProblem();

    private static IResult Answer(Result result) => result.Ok ? Results.NoContent() : result.Refusal.ToProblem();

    /// <summary>A header that a foreign page cannot send without asking first, and never gets allowed.</summary>
    private static bool ComesFromOurPage(HttpContext http) =>
        http.Request.Headers["X-Requested-With"] == "ccd" && http.Request.Headers["Sec-Fetch-Site"] != "cross-site";

    private static async Task<IResult> StateAsync(
        Guid customerId, Actor actor, string mode, Func<ChecklistRule, string?> exampleOf, DocumentQueries documents, UploadQueries uploads, HttpContext http, CancellationToken ct)
    {
        var page = await documents.CollectionAsync(customerId, actor, ct);
        if (page is null)
            return (actor is LinkActor ? LinkRefusals.Unknown : CommonRefusals.NotFound).ToProblem();
        var underWay = await uploads.UnderWayAsync(customerId, actor, ct);
        var body = JsonSerializer.SerializeToUtf8Bytes(Describe(page, underWay, mode, exampleOf), Json);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body)[..12])}\"";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ETag = tag;
        return http.Request.Headers.IfNoneMatch == tag ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(body, "application/json");
    }

    private static object Describe(CollectionPage page, IReadOnlyList<UploadView> underWay, string mode, Func<ChecklistRule, string?> exampleOf) => new
    {
        mode,
        customerName = page.CustomerName,
        products = page.Products,
        expiresAt = page.ExpiresAt,
        closed = page.Open ? null : "资料正在审核或已经审结，目前不需要上传。如有疑问请联系您的客户经理。",
        percent = page.Percent,
        returnNote = page.ReturnNote,
        items = page.Items.Select(item => new
        {
            code = item.Report.Rule.Code,
            name = item.Report.Rule.Title,
            group = item.Group,
            required = item.Report.Needed,
            state = item.Report.State switch
            {
                ItemState.NotNeeded => "not_needed",
                // Another paper of the group is enough already; a plain extra stays on offer.
                ItemState.Optional => item.Group is null ? "missing" : "not_needed",
                ItemState.Missing => "missing",
                ItemState.Partial => "partial",
                ItemState.Uploaded => "uploaded",
                ItemState.Accepted => "accepted",
                ItemState.Returned => "returned",
            },
            reason = item.Report.Reason,
            help = item.Report.Rule.Help,
            exampleUrl = exampleOf(item.Report.Rule),
            minFiles = item.Report.Rule.MinFiles,
            maxFiles = item.Report.Rule.MaxFiles,
            formats = item.Report.Rule.Formats.Extensions(),
            maxBytes = item.Report.Rule.MaxBytes,
            canUpload = item.CanUpload,
            documents = item.Documents.Select(d => new
            {
                id = d.Id,
                fileName = d.FileName,
                state = d.State switch
                {
                    DocumentState.Uploaded => "uploaded",
                    DocumentState.Accepted => "accepted",
                    DocumentState.Returned => "returned",
                    DocumentState.Replaced or DocumentState.Withdrawn => "replaced",
                },
                returnReason = d.ReturnReason,
                uploadedAt = d.UploadedAt,
                canWithdraw = d.CanWithdraw,
            }).Concat(underWay.Where(u => u.ItemCode == item.Report.Rule.Code).Select(u => new
            {
                id = u.Id,
                fileName = u.FileName,
                state = u.State == UploadState.Refused ? "refused" : "processing",
                returnReason = u.Refusal?.Text,
                uploadedAt = u.ExpiresAt,
                canWithdraw = false,
            })),
        }),
    };

    /// <summary>The document that is taken back.</summary>
    public sealed record WithdrawRequest(Guid DocumentId);
}
