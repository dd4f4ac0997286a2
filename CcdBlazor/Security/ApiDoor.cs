using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Endpoints;
using Microsoft.AspNetCore.Antiforgery;

namespace CcdBlazor.Security;

/// <summary>
/// Who may call the HTTP interface: the one place that decides. Another system with a key of the right scope, or signed-in staff with the permission; whoever comes with a cookie must also show, for every
/// write, the antiforgery token of one of our pages (header <c>RequestVerificationToken</c>), because browsers send cookies along for other people's pages.
/// </summary>
public static class ApiDoor
{
    private static readonly Refusal CrossSite = new("api.cross_site", "请求没有带上本程序页面的校验信息，未被接受。", RefusalKind.Forbidden);

    public static RouteGroupBuilder OpenTo(this RouteGroupBuilder routes, Permission permission)
    {
        routes.RequireAuthorization(permission.ToString());
        routes.AddEndpointFilter(RefuseForeignPagesAsync);
        return routes;
    }

    /// <summary>Who calls: the other system, or the signed-in member of staff.</summary>
    internal static async Task<Actor> ActorAsync(HttpContext http, CurrentActor current) =>
        http.Features.Get<ApiKeyAccess>() is { } key ? key.Actor : await current.GetAsync();

    private static async ValueTask<object?> RefuseForeignPagesAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var http = call.HttpContext;
        // A browser sends cookies along for other people's pages, but never a key.
        if (http.Features.Get<ApiKeyAccess>() is not null)
            return await next(call);
        var writes = !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method);
        if (writes && !await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http))
            return CrossSite.ToProblem();
        return await next(call);
    }
}
