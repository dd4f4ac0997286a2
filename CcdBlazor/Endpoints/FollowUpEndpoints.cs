using System.Globalization;
using System.Text;
using CcdBlazor.Components.FollowUps;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace CcdBlazor.Endpoints;

/// <summary>Files of follow-ups, in and out, and the due list as CSV. A customer that is not visible answers like one that is not there.</summary>
public static class FollowUpEndpoints
{
    private const long Frame = 64 * 1024;

    private static readonly Refusal NoFile = new("follow_up.file_missing", "没有收到文件，请重新选择。");

    public static IEndpointRouteBuilder MapFollowUps(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/follow-ups/{id:guid}/files", AttachAsync).DisableAntiforgery();
        routes.MapGet("/api/follow-ups/{id:guid}/files/{fileId:guid}", ShowAsync);
        routes.MapGet("/api/follow-ups/export", ExportAsync).RequireAuthorization(nameof(Permission.ExportCustomers));
        return routes;
    }

    private static async Task<IResult> AttachAsync(Guid id, HttpContext http, CurrentActor current, FollowUpService followUps, CancellationToken ct)
    {
        // A header that a foreign page cannot send without asking first, and never gets allowed.
        if (http.Request.Headers["X-Requested-With"] != "ccd" || http.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin"))
            return CommonRefusals.Forbidden.ToProblem();
        var by = await current.GetAsync();
        // Before a byte of the body is taken.
        if (await followUps.RefusedAsync(id, by, ct) is { } refused)
            return refused.ToProblem();
        if (http.Request.ContentLength > FollowUpService.LargestFile + Frame)
            return UploadRefusals.TooLarge(FollowUpService.LargestFile).ToProblem();
        if (!http.Request.HasFormContentType)
            return NoFile.ToProblem();
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = FollowUpService.LargestFile + Frame;

        // Closed to other accounts: until it is encrypted, the file is plain here.
        var folder = Directory.CreateTempSubdirectory("ccd-follow-up-");
        try
        {
            var form = await http.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 4, MultipartBodyLengthLimit = FollowUpService.LargestFile + Frame }, ct);
            if (form.Files is not [{ Length: > 0 } sent])
                return NoFile.ToProblem();
            var path = Path.Combine(folder.FullName, "sent");
            await using (var file = new FileStream(path, FileMode.CreateNew))
                await sent.CopyToAsync(file, ct);
            var attached = await followUps.AttachAsync(id, path, folder.FullName, sent.FileName, by, ct);
            return attached.Ok ? Results.Ok(new { id = attached.Value }) : attached.Refusal.ToProblem();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return UploadRefusals.TooLarge(FollowUpService.LargestFile).ToProblem();
        }
        catch (InvalidDataException)
        {
            return NoFile.ToProblem();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IResult> ShowAsync(Guid id, Guid fileId, HttpContext http, CurrentActor current, FollowUpService followUps, CancellationToken ct)
    {
        if (await followUps.OpenFileAsync(id, fileId, await current.GetAsync(), ct) is not { } opened)
            return CommonRefusals.NotFound.ToProblem();
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";
        headers.CacheControl = "no-store";
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(opened.FileName);
        headers.ContentDisposition = disposition.ToString();
        return Results.Stream(opened.Content, opened.MediaType);
    }

    private static async Task<IResult> ExportAsync(
        string? when, string? whose, string? kind, DateOnly? on, FollowUpQueries followUps, CurrentActor current, TimeProvider clock, HttpContext http, CancellationToken ct)
    {
        var export = await followUps.ExportAsync(FollowUpsAddress.FilterOf(when, whose, kind, on), await current.GetAsync(), ct);
        if (!export.Ok)
            return export.Refusal.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        var name = string.Create(CultureInfo.InvariantCulture, $"follow-ups-{clock.GetUtcNow():yyyyMMdd-HHmm}.csv");
        return Results.Stream(async body =>
        {
            await foreach (var piece in export.Value.WithCancellation(ct))
                await body.WriteAsync(Encoding.UTF8.GetBytes(piece), ct);
        }, "text/csv; charset=utf-8", name);
    }
}
