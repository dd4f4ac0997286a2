using System.Security.Claims;
using System.Text.Encodings.Web;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Api;

/// <summary>
/// Lets keys into endpoints that staff may call too (the configuration centre). Messages have a shorter way, see <see cref="ApiGate"/>.
/// The key that was accepted is a feature of the request.
/// </summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder, ApiKeyBook keys, ApiLimits limits)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string SchemeName = "ApiKey";
    private const string Beginning = "Bearer ";

    private Refusal refusal = ApiKeyRefusals.NotAccepted;
    private TimeSpan? retryAfter;

    /// <summary>The scheme of a request that shows a key; none for everybody else.</summary>
    public static string? Select(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/api/config") && http.Request.Headers.Authorization.ToString().StartsWith(Beginning, StringComparison.OrdinalIgnoreCase) ? SchemeName : null;

    /// <summary>The key's word on a permission: configuration is read and written under different scopes.</summary>
    public static bool May(HttpContext http, ApiKeyAccess access, Permission permission) =>
        permission == Permission.ManageSettings
        && access.Scopes.HasFlag(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? ApiScopes.ConfigRead : ApiScopes.ConfigWrite);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var check = await keys.CheckAsync(Request.Headers.Authorization.ToString().AsMemory(Beginning.Length), Context.RequestAborted);
        if (!check.Ok)
            return Refused(limits.NoteFailure(Context.Connection.RemoteIpAddress?.ToString()) ? check.Refusal : ApiKeyRefusals.TooMany, null);
        var permit = await limits.TakeAsync(check.Value, Context.RequestAborted);
        if (permit.Refusal is { } why)
            return Refused(why, permit.RetryAfter);
        Response.RegisterForDispose(permit.Place!);
        Context.Features.Set(check.Value);
        var who = new ClaimsIdentity([new Claim(ClaimTypes.Name, check.Value.Actor.Name)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(who), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (refusal.Kind != RefusalKind.TooMany)
            Response.Headers.WWWAuthenticate = "Bearer";
        return ApiAnswers.RefuseAsync(Context, refusal, refusal.Kind == RefusalKind.TooMany ? null : StatusCodes.Status401Unauthorized, retryAfter);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ApiAnswers.RefuseAsync(Context, ApiKeyRefusals.ScopeMissing(HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method) ? ApiScopes.ConfigRead : ApiScopes.ConfigWrite));

    private AuthenticateResult Refused(Refusal why, TimeSpan? wait)
    {
        (refusal, retryAfter) = (why, wait ?? (why.Kind == RefusalKind.TooMany ? TimeSpan.FromSeconds(10) : null));
        return AuthenticateResult.Fail(why.Code);
    }
}
