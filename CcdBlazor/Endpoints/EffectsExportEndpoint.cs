using System.Text;
using CcdBlazor.Components.Portraits.Effects;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits.Effects;
using CcdBlazor.Security;

namespace CcdBlazor.Endpoints;

/// <summary>The effects of assignments as CSV files: the figures, and piece by piece the customers behind one of them. Each asks for the permission itself.</summary>
public static class EffectsExportEndpoint
{
    private const string Type = "text/csv; charset=utf-8";

    public static IEndpointRouteBuilder MapEffectsExport(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/portraits/effects/export", FiguresAsync);
        routes.MapGet("/portraits/effects/customers/export", CasesAsync);
        return routes;
    }

    private static async Task<IResult> FiguresAsync(Guid? run, int? month, Guid? department, EffectsQueries effects, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var view = await effects.ViewAsync(EffectsAddress.Read(run, month, department), await current.GetAsync(), ct);
        if (!view.Ok)
            return CommonRefusals.NotFound.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(Encoding.UTF8.GetBytes(string.Concat(EffectsExport.Figures(view.Value))), Type, "分配效果.csv");
    }

    private static async Task<IResult> CasesAsync(
        Guid? run, int? month, Guid? department, string? cohort, string? result, string? excluded, Guid? manager, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "class")] string? scored, string? rated,
        EffectsExport export, EffectsQueries effects, CurrentActor current, HttpContext http, CancellationToken ct)
    {
        var by = await current.GetAsync();
        var filter = EffectsAddress.Read(EffectsAddress.Read(run, month, department), cohort, result, excluded, manager, scored, rated);
        var first = await effects.CasesAsync(filter, new PageRequest(), by, ct);
        if (!first.Ok)
            return CommonRefusals.NotFound.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        return Results.Stream(async body =>
        {
            await foreach (var piece in export.CasesAsync(filter, by, ct))
                await body.WriteAsync(Encoding.UTF8.GetBytes(piece), ct);
        }, Type, "分配效果-客户.csv");
    }
}
