using System.Text;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Security;

namespace CcdBlazor.Endpoints;

/// <summary>The customers of an assignment run as a CSV file, piece by piece; only those that the reader may see. Asks for the permission itself: a run that is not there and one that may not be seen answer alike.</summary>
public static class AssignmentExportEndpoint
{
    public static IEndpointRouteBuilder MapAssignmentExport(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/portraits/assignments/{id:guid}/export", ExportAsync);
        return routes;
    }

    private static async Task<IResult> ExportAsync(
        Guid id, string? kind, string? outcome, string? q, Guid? manager, AssignmentQueries assignments, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var by = await current.GetAsync();
        var found = await assignments.DetailAsync(id, by, ct);
        if (!found.Ok)
            return CommonRefusals.NotFound.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        var filter = new RunRowFilter(Parsed<PlanKind>(kind), Parsed<RowOutcome>(outcome), q, manager);
        return Results.Stream(async body =>
        {
            await foreach (var piece in assignments.ExportAsync(id, filter, by, ct))
                await body.WriteAsync(Encoding.UTF8.GetBytes(piece), ct);
        }, "text/csv; charset=utf-8", $"{found.Value.Run.Number}.csv");
    }

    private static T? Parsed<T>(string? text) where T : struct, Enum => Enum.TryParse<T>(text, out var value) && Enum.IsDefined(value) ? value : null;
}
