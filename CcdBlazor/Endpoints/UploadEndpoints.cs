using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Files;
using CcdBlazor.Files;
using Microsoft.AspNetCore.Http.Features;

namespace CcdBlazor.Endpoints;

/// <summary>Who sends: the member of staff behind the cookie, or the customer behind the link of <see cref="UploadEndpoints.TokenHeader"/>.</summary>
public delegate ValueTask<Result<Actor>> ResolveUploadSender(HttpContext http, CancellationToken ct);

/// <summary>
/// Uploads over tus 1.0.0 at <c>/api/uploads</c>, outside every circuit. A page of another site cannot send these requests without a
/// preflight, which nobody answers; a browser that says outright that it comes from another site is refused as well.
/// </summary>
public static class UploadEndpoints
{
    public const string Path = "/api/uploads";
    public const string TokenHeader = "X-Upload-Token";

    private static readonly Refusal WrongVersion = new("upload.protocol_version", "上传组件版本不匹配，请刷新页面后重试。");
    private static readonly Refusal WrongBodyType = new("upload.body_type", "上传请求格式不正确，请刷新页面后重试。", RefusalKind.UnsupportedContent);
    private static readonly Refusal CrossSite = new("upload.cross_site", "来自其他网站的上传请求不被接受。", RefusalKind.Forbidden);

    public static IEndpointRouteBuilder MapUploads(this IEndpointRouteBuilder routes)
    {
        // Open at the door, because customers behind a link have no account: each request names its sender, see ResolveUploadSender.
        var uploads = routes.MapGroup(Path).AddEndpointFilter(ProtocolAsync).AllowAnonymous();
        uploads.MapMethods("", ["OPTIONS"], DescribeServer);
        uploads.MapMethods("/{id:guid}", ["OPTIONS"], DescribeServer);
        uploads.MapPost("", CreateAsync);
        uploads.MapMethods("/{id:guid}", ["HEAD"], HeadAsync);
        uploads.MapMethods("/{id:guid}", ["PATCH"], AppendAsync);
        uploads.MapDelete("/{id:guid}", TerminateAsync);
        uploads.MapGet("/{id:guid}", ShowAsync);
        return routes;
    }

    /// <summary>What every request must bring and every answer carries.</summary>
    private static async ValueTask<object?> ProtocolAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers["Tus-Resumable"] = TusProtocol.Version;
        http.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsOptions(http.Request.Method))
            return await next(context);
        if (http.Request.Headers["Sec-Fetch-Site"] == "cross-site")
            return CrossSite.ToProblem();
        // Plain GET is ours, not the protocol's.
        if (!HttpMethods.IsGet(http.Request.Method) && http.Request.Headers["Tus-Resumable"] != TusProtocol.Version)
        {
            http.Response.Headers["Tus-Version"] = TusProtocol.Version;
            return WrongVersion.ToProblem(StatusCodes.Status412PreconditionFailed);
        }

        return await next(context);
    }

    private static IResult DescribeServer(HttpContext http, UploadService uploads)
    {
        http.Response.Headers["Tus-Version"] = TusProtocol.Version;
        http.Response.Headers["Tus-Extension"] = TusProtocol.Extensions;
        http.Response.Headers["Tus-Checksum-Algorithm"] = TusProtocol.ChecksumAlgorithms;
        http.Response.Headers["Tus-Max-Size"] = FormattableString.Invariant($"{uploads.MaxBytes}");
        return Results.NoContent();
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ResolveUploadSender resolve, UploadService uploads, CancellationToken ct)
    {
        var sender = await resolve(http, ct);
        if (!sender.Ok)
            return sender.Refusal.ToProblem();
        // A length that follows later is not supported: the limit is checked before the first byte.
        if (TusProtocol.Bytes(http.Request.Headers["Upload-Length"]) is not { } length)
            return UploadRefusals.Malformed("Upload-Length").ToProblem(StatusCodes.Status400BadRequest);
        var request = Read(TusProtocol.Metadata(http.Request.Headers["Upload-Metadata"]), length, sender.Value);
        if (!request.Ok)
            return request.Refusal.ToProblem(StatusCodes.Status400BadRequest);
        var created = await uploads.CreateAsync(request.Value, sender.Value, ct);
        if (!created.Ok)
            return created.Refusal.ToProblem();

        var upload = created.Value;
        if (http.Request.ContentType is not null)
        {
            var appended = await AppendBodyAsync(http, uploads, upload.Id, upload.Offset, sender.Value, ct);
            if (appended.Refused is not null)
                return appended.Refused;
            upload = appended.Upload!;
        }

        Tell(http.Response, upload);
        return Results.Created($"{http.Request.PathBase}{Path}/{upload.Id}", null);
    }

    private static async Task<IResult> HeadAsync(Guid id, HttpContext http, ResolveUploadSender resolve, UploadService uploads, CancellationToken ct)
    {
        var sender = await resolve(http, ct);
        if (!sender.Ok)
            return sender.Refusal.ToProblem();
        var status = await uploads.StatusForResumingAsync(id, sender.Value, ct);
        if ((status.Ok ? status.Value.Refusal : status.Refusal) is { } refusal)
            return refusal.ToProblem();
        Tell(http.Response, status.Value);
        http.Response.Headers["Upload-Length"] = FormattableString.Invariant($"{status.Value.Length}");
        http.Response.Headers["Upload-Metadata"] = TusProtocol.Metadata(status.Value);
        return Results.Ok();
    }

    private static async Task<IResult> AppendAsync(Guid id, HttpContext http, ResolveUploadSender resolve, UploadService uploads, CancellationToken ct)
    {
        var sender = await resolve(http, ct);
        if (!sender.Ok)
            return sender.Refusal.ToProblem();
        if (TusProtocol.Bytes(http.Request.Headers["Upload-Offset"]) is not { } offset)
            return UploadRefusals.Malformed("Upload-Offset").ToProblem(StatusCodes.Status400BadRequest);
        var appended = await AppendBodyAsync(http, uploads, id, offset, sender.Value, ct);
        if (appended.Refused is not null)
            return appended.Refused;
        Tell(http.Response, appended.Upload!);
        return Results.NoContent();
    }

    private static async Task<IResult> TerminateAsync(Guid id, HttpContext http, ResolveUploadSender resolve, UploadService uploads, CancellationToken ct)
    {
        var sender = await resolve(http, ct);
        if (!sender.Ok)
            return sender.Refusal.ToProblem();
        var ended = await uploads.TerminateAsync(id, sender.Value, ct);
        return ended.Ok ? Results.NoContent() : Problem(ended.Refusal);
    }

    private static async Task<IResult> ShowAsync(Guid id, HttpContext http, ResolveUploadSender resolve, UploadService uploads, CancellationToken ct)
    {
        var sender = await resolve(http, ct);
        if (!sender.Ok)
            return sender.Refusal.ToProblem();
        var status = await uploads.StatusAsync(id, sender.Value, ct);
        if (!status.Ok)
            return status.Refusal.ToProblem();
        var upload = status.Value;
        // Nothing was decided about it and its bytes are gone: the sender begins anew, under the same key if he likes.
        if (upload.State == UploadState.Expired)
            return UploadRefusals.Expired.ToProblem();
        return Results.Json(new
        {
            upload.Id,
            State = Word(upload.State),
            upload.Offset,
            upload.Length,
            Item = upload.ItemCode,
            upload.FileName,
            upload.DocumentId,
            Refusal = upload.Refusal is { } refusal ? new { refusal.Code, refusal.Text } : null,
        });
    }

    private static async Task<(UploadView? Upload, IResult? Refused)> AppendBodyAsync(
        HttpContext http, UploadService uploads, Guid id, long offset, Actor by, CancellationToken ct)
    {
        if (http.Request.ContentType != TusProtocol.BodyType)
            return (null, WrongBodyType.ToProblem());
        UploadChecksum? checksum = null;
        if (http.Request.Headers["Upload-Checksum"] is [{ } header] && (checksum = TusProtocol.Checksum(header)) is null)
            return (null, UploadRefusals.Malformed("Upload-Checksum").ToProblem(StatusCodes.Status400BadRequest));
        // The limit of the upload itself holds here; the server's own is meant for forms.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var appended = await uploads.AppendAsync(id, offset, http.Request.Body, http.Request.ContentLength, checksum, by, ct);
        return appended.Ok ? (appended.Value, null) : (null, Problem(appended.Refusal));
    }

    private static Result<UploadRequest> Read(IReadOnlyDictionary<string, string>? metadata, long length, Actor by)
    {
        if (metadata is null)
            return UploadRefusals.Malformed("Upload-Metadata");
        var customer = metadata.TryGetValue("customer", out var text) ? (Guid.TryParse(text, out var id) ? id : null) : (by as LinkActor)?.CustomerId;
        if (customer is null)
            return UploadRefusals.Malformed("customer");
        Guid? replaces = null;
        if (metadata.GetValueOrDefault("replaces") is { Length: > 0 } replaced)
        {
            if (!Guid.TryParse(replaced, out var document))
                return UploadRefusals.Malformed("replaces");
            replaces = document;
        }

        return new UploadRequest(
            customer.Value,
            metadata.GetValueOrDefault("item", ""),
            metadata.GetValueOrDefault("clientKey", ""),
            metadata.GetValueOrDefault("filename", ""),
            metadata.GetValueOrDefault("filetype"),
            length,
            replaces);
    }

    private static IResult Problem(Refusal refusal) => refusal.ToProblem(
        refusal.Code == UploadRefusals.Busy.Code ? StatusCodes.Status423Locked
        : refusal.Code == UploadRefusals.ChecksumMismatch.Code ? TusProtocol.ChecksumMismatchStatus
        : null);

    private static void Tell(HttpResponse response, UploadView upload)
    {
        response.Headers["Upload-Offset"] = FormattableString.Invariant($"{upload.Offset}");
        response.Headers["Upload-State"] = Word(upload.State);
        if (upload.State == UploadState.Receiving)
            response.Headers["Upload-Expires"] = TusProtocol.Time(upload.ExpiresAt);
        if (upload.DocumentId is { } document)
            response.Headers["Upload-Document"] = document.ToString();
    }

    private static string Word(UploadState state) => state switch
    {
        UploadState.Receiving => "receiving",
        UploadState.Received => "received",
        UploadState.Stored => "stored",
        UploadState.Refused => "refused",
        UploadState.Expired => "expired",
    };
}
