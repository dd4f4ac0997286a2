using System.Text;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Messages;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Http.Features;

namespace CcdBlazor.Endpoints;

/// <summary>Files of batches: lists of recipients come in past the circuit, outcomes go out row by row.</summary>
public static class MessageFileEndpoints
{
    public const string RecipientsPath = "/messages/send/recipients";

    /// <summary>Room for the multipart frame around the file.</summary>
    private const long Frame = 64 * 1024;

    private static readonly Refusal CrossSite = new("messages.list_cross_site", "来自其他网站的上传请求不被接受。", RefusalKind.Forbidden);

    public static IEndpointRouteBuilder MapMessageFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(RecipientsPath, TakeAsync).DisableAntiforgery();
        routes.MapGet("/messages/batches/{id:guid}/export", ExportAsync);
        return routes;
    }

    private static async Task<IResult> TakeAsync(HttpContext http, CurrentActor current, RecipientLists lists, CancellationToken ct)
    {
        // A page of another site can neither add the header without a preflight that nobody answers, nor pretend to be ours.
        if (http.Request.Headers["X-Requested-With"] != "ccd" || http.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin"))
            return CrossSite.ToProblem();
        var by = await current.GetAsync();
        // Before a byte of the body is taken.
        if (!by.May(Permission.SendMessages))
            return CommonRefusals.Forbidden.ToProblem();
        if (http.Request.ContentLength > RecipientReader.MostBytes + Frame)
            return RecipientReader.TooLarge.ToProblem();
        if (!http.Request.HasFormContentType)
            return RecipientReader.NoFile.ToProblem();
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = RecipientReader.MostBytes + Frame;
        try
        {
            var form = await http.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 4, MultipartBodyLengthLimit = RecipientReader.MostBytes + Frame }, ct);
            if (form.Files is not [{ Length: > 0 } file])
                return RecipientReader.NoFile.ToProblem();
            using var content = new MemoryStream((int)Math.Min(file.Length, RecipientReader.MostBytes + 1));
            await file.CopyToAsync(content, ct);
            var sheet = RecipientReader.Read(file.FileName, content.ToArray());
            return sheet.Ok ? Results.Ok(new { id = lists.Keep(by.StaffId, sheet.Value) }) : sheet.Refusal.ToProblem();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return RecipientReader.TooLarge.ToProblem();
        }
        catch (InvalidDataException)
        {
            // Not a form after all, or a part over the limit.
            return RecipientReader.NoFile.ToProblem();
        }
    }

    private static async Task<IResult> ExportAsync(Guid id, string? @as, BatchQueries batches, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var export = await batches.ExportAsync(id, await current.GetAsync(), ct);
        if (!export.Ok)
            return export.Refusal.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        var (number, heads, rows) = export.Value;
        if (@as == "xlsx")
            return Results.Stream(body => Workbook.WriteAsync(body, heads, rows, ct), Workbook.MediaType, $"{number}.xlsx");
        return Results.Stream(async body =>
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes($"\uFEFF{Csv.Line(heads)}"), ct);
            await foreach (var row in rows.WithCancellation(ct))
                await body.WriteAsync(Encoding.UTF8.GetBytes(Csv.Line(row)), ct);
        }, "text/csv; charset=utf-8", $"{number}.csv");
    }
}
