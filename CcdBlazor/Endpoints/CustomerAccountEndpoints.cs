using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace CcdBlazor.Endpoints;

/// <summary>What signed-in customers do beside their pages: signing out, and going to the page that takes papers.</summary>
public static class CustomerAccountEndpoints
{
    public static IEndpointRouteBuilder MapCustomerAccounts(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup(CustomerSessionCookie.HomePath).RequireAuthorization(CustomerSessionCookie.Policy).RequireRateLimiting(CollectionEndpoints.PublicRateLimit);
        own.MapPost("/sign-out", (HttpContext http, IAntiforgery antiforgery, CustomerSessions sessions) => SignOutAsync(http, antiforgery, sessions, everywhere: false));
        own.MapPost("/sign-out-everywhere", (HttpContext http, IAntiforgery antiforgery, CustomerSessions sessions) => SignOutAsync(http, antiforgery, sessions, everywhere: true));
        own.MapGet("/requests/{id:guid}/upload", UploadAsync);
        return routes;
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiforgery, CustomerSessions sessions, bool everywhere)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return TypedResults.LocalRedirect(CustomerSessionCookie.HomePath);
        // Once begun it is done to the end, whether or not the browser waits for it.
        var actor = CustomerSessionCookie.ActorOf(http);
        if (everywhere)
            await sessions.EndAllAsync(actor, CancellationToken.None);
        else if (CustomerSessionCookie.SessionOf(http.User) is { } session)
            await sessions.EndAsync(session, actor, CancellationToken.None);
        await http.SignOutAsync(CustomerSessionCookie.Scheme);
        return TypedResults.LocalRedirect(CustomerAccountService.SignInPath);
    }

    /// <summary>To the page behind the link that the request sent. A request that is not his, and a link that ended, lead back to where he sees what is open.</summary>
    private static async Task<IResult> UploadAsync(Guid id, HttpContext http, DocumentRequests requests, CancellationToken ct)
    {
        // The token is in the address.
        http.Response.Headers.CacheControl = "no-store";
        var token = await requests.OwnTokenAsync(id, CustomerSessionCookie.ActorOf(http), ct);
        return TypedResults.LocalRedirect(token.Ok ? $"/u/{token.Value}" : CustomerSessionCookie.HomePath);
    }
}
