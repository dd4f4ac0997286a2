using System.Globalization;
using System.Text;
using CcdBlazor.Components.Customers;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Mvc;

namespace CcdBlazor.Endpoints;

/// <summary>The customer list as a CSV file, piece by piece. Takes the same words as the address of the list, or chosen ids.</summary>
public static class CustomerExportEndpoint
{
    public static IEndpointRouteBuilder MapCustomerExport(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/customers/export", ExportAsync).RequireAuthorization(nameof(Permission.ExportCustomers));
        return routes;
    }

    private static async Task<IResult> ExportAsync(
        [FromQuery(Name = "id")] Guid[] ids, string? q, string? state, Guid? product, Guid? owner, Guid? department, string? tag, string? source, string? kind,
        DateOnly? from, DateOnly? to, int? waiting, CustomerQueries customers, CurrentActor current, TimeProvider clock, HttpContext http, CancellationToken ct)
    {
        var address = CustomerListAddress.Read(q, state, product, owner, department, tag, source, kind, from, to, waiting, null, null, null);
        var export = await customers.ExportAsync(address.Filter, ids, await current.GetAsync(), ct);
        if (!export.Ok)
            return export.Refusal.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        var name = string.Create(CultureInfo.InvariantCulture, $"customers-{clock.GetUtcNow():yyyyMMdd-HHmm}.csv");
        return Results.Stream(async body =>
        {
            await foreach (var piece in export.Value.Pieces.WithCancellation(ct))
                await body.WriteAsync(Encoding.UTF8.GetBytes(piece), ct);
        }, "text/csv; charset=utf-8", name);
    }
}
