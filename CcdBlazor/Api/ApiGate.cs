using System.Data.Common;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Api;

/// <summary>Says which scope an endpoint asks of a key; for the list of routes.</summary>
internal sealed record ApiScopeMetadata(ApiScopes Scope);

/// <summary>An endpoint behind the gate.</summary>
/// <param name="http">The request.</param>
/// <param name="access">The key that was presented.</param>
internal delegate Task ApiHandler(HttpContext http, ApiKeyAccess access);

/// <summary>
/// The door of the HTTP API: key, scope, limits, and what is answered when something breaks. It stands in front of the whole pipeline of the
/// pages (no cookies, no antiforgery, no log line and no service scope per request), which is most of what a request would cost.
/// </summary>
internal sealed class ApiGate(ApiKeyBook keys, ApiLimits limits, ILogger<ApiGate> log)
{
    private const string Scheme = "Bearer ";

    /// <summary>Maps an endpoint that asks for a key with the scope.</summary>
    public void Map(IEndpointRouteBuilder routes, string method, string pattern, ApiScopes scope, ApiHandler handler) =>
        Map(routes.MapMethods(pattern, [method], http => RunAsync(http, scope, handler)), scope);

    /// <summary>Maps an endpoint for every method.</summary>
    public void MapAny(IEndpointRouteBuilder routes, string pattern, ApiScopes scope, ApiHandler handler) =>
        Map(routes.Map(pattern, http => RunAsync(http, scope, handler)), scope);

    private static void Map(IEndpointConventionBuilder endpoint, ApiScopes scope) =>
        endpoint.WithMetadata(new ApiScopeMetadata(scope)).AllowAnonymous().DisableAntiforgery().ShortCircuit();

    private async Task RunAsync(HttpContext http, ApiScopes scope, ApiHandler handler)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        try
        {
            var authorization = http.Request.Headers.Authorization.ToString();
            var presented = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization.AsMemory(Scheme.Length) : default;
            var check = await keys.CheckAsync(presented, http.RequestAborted);
            if (!check.Ok)
            {
                await RefuseStrangerAsync(http);
                return;
            }

            var access = check.Value;
            if ((access.Scopes & scope) != scope)
            {
                await ApiAnswers.RefuseAsync(http, ApiKeyRefusals.ScopeMissing(scope));
                return;
            }

            var permit = await limits.TakeAsync(access, http.RequestAborted);
            if (permit.Refusal is { } refusal)
            {
                await ApiAnswers.RefuseAsync(http, refusal, retryAfter: permit.RetryAfter);
                return;
            }

            using (permit.Place)
                await handler(http, access);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone.
        }
        catch (BadHttpRequestException e)
        {
            await ApiAnswers.RefuseAsync(http, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ApiRefusals.TooLarge : ApiRefusals.Malformed, e.StatusCode);
        }
        catch (Exception e) when (e is DbException or TimeoutException || e.InnerException is DbException)
        {
            log.LogWarning("The API could not reach the database ({Error})", e.GetType().Name);
            await ApiAnswers.RefuseAsync(http, SendRefusals.Busy, retryAfter: TimeSpan.FromSeconds(2));
        }
        catch (Exception e)
        {
            log.LogError(e, "An API request failed");
            await ApiAnswers.RefuseAsync(http, ApiRefusals.Failed, StatusCodes.Status500InternalServerError);
        }
    }

    private Task RefuseStrangerAsync(HttpContext http)
    {
        if (!limits.NoteFailure(http.Connection.RemoteIpAddress?.ToString()))
            return ApiAnswers.RefuseAsync(http, ApiKeyRefusals.TooMany, retryAfter: TimeSpan.FromSeconds(10));
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return ApiAnswers.RefuseAsync(http, ApiKeyRefusals.NotAccepted, StatusCodes.Status401Unauthorized);
    }
}
