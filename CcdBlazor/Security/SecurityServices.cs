using System.Threading.RateLimiting;
using CcdBlazor.Api;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Endpoints;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Security;

/// <summary>Wiring of sign-in, permissions and the guards of open pages.</summary>
public static class SecurityServices
{
    public static IServiceCollection AddSecurity(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<SecurityOptions>(configuration.GetSection("Security"));
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(SessionCookie.Configure)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null)
            .AddCookie(CustomerSessionCookie.Scheme);
        services.AddOptions<CookieAuthenticationOptions>(CustomerSessionCookie.Scheme).Configure<IHostEnvironment>((options, environment) => CustomerSessionCookie.Configure(options, environment.IsProduction()));
        services.AddSingleton<IAuthorizationPolicyProvider, PermissionPolicies>();
        services.AddSingleton<IAuthorizationHandler, PermissionHandler>();
        // Closed unless opened: a page or endpoint without any attribute needs a signed-in person.
        services.AddAuthorization(options =>
        {
            options.FallbackPolicy = options.DefaultPolicy;
            options.AddPolicy(CustomerSessionCookie.Policy, policy => policy.AddAuthenticationSchemes(CustomerSessionCookie.Scheme)
                .RequireAssertion(context => CustomerSessionCookie.SessionOf(context.User) is not null));
        });
        services.AddDataProtection().SetApplicationName("CcdBlazor");
        services.AddHttpContextAccessor();
        services.AddRateLimiter(LimitPublicRequests);
        services.AddSingleton<SignInLimiter>();
        services.AddSingleton<PendingSignIn>();
        services.AddSingleton<OpenSessions>();
        services.AddSingleton<ConnectionGuard>();
        services.Configure<HubOptions>(options => options.AddFilter<ConnectionGuard>());
        services.AddScoped<CircuitScope>();
        services.AddScoped<CurrentActor>();
        services.AddScoped<CircuitGuard>();
        services.AddScoped<CircuitHandler>(provider => provider.GetRequiredService<CircuitGuard>());
        return services;
    }

    /// <summary>Authentication, authorization, and what holds before any page. Before antiforgery and the endpoints.</summary>
    public static IApplicationBuilder UseSecurity(this IApplicationBuilder app) =>
        app.Use(RefuseForeignSockets).UseAuthentication().UseAuthorization().UseRateLimiter().Use(HoldUntilPasswordIsChanged);

    public static IEndpointRouteBuilder MapSecurityEndpoints(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(SessionCookie.SignOutPath, SignOutAsync).AllowAnonymous().WithName("sign-out");
        return endpoints;
    }

    private static void LimitPublicRequests(RateLimiterOptions limits)
    {
        limits.AddPolicy(CollectionEndpoints.PublicRateLimit, PerAddress(o => o.PublicRequestsPerMinute));
        limits.AddPolicy(ReceiptEndpoint.RateLimit, PerAddress(o => o.ReceiptsPerMinute));
        limits.OnRejected = async (refused, _) =>
        {
            refused.HttpContext.Response.Headers.RetryAfter = "10";
            await CommonRefusals.TooMany.ToProblem().ExecuteAsync(refused.HttpContext);
        };
    }

    private static Func<HttpContext, RateLimitPartition<string>> PerAddress(Func<SecurityOptions, int> perMinute) =>
        http => RateLimitPartition.GetSlidingWindowLimiter(
            http.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new SlidingWindowRateLimiterOptions
            {
                PermitLimit = perMinute(http.RequestServices.GetRequiredService<IOptions<SecurityOptions>>().Value),
                Window = TimeSpan.FromMinutes(1),
                SegmentsPerWindow = 6,
            });

    private static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiforgery, ChangeFeed feed)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return TypedResults.LocalRedirect("/");
        if (SessionClaims.Of(http.User) is { } claims)
            feed.Publish(new Change(OpenSessions.Topic(claims.SessionId), "out"));
        await http.SignOutAsync();
        return TypedResults.LocalRedirect(SessionCookie.SignInPath);
    }

    /// <summary>Browsers send cookies with WebSockets of other sites' pages under some settings, and no same-origin rule holds there: the handshake has to look.</summary>
    private static Task RefuseForeignSockets(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Path.StartsWithSegments("/_blazor") && http.Request.Headers.Origin is [{ Length: > 0 } origin]
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, http.Request.Host.Value, StringComparison.OrdinalIgnoreCase)))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        return next(http);
    }

    /// <summary>With a first or reset password nothing opens but the page that changes it.</summary>
    private static Task HoldUntilPasswordIsChanged(HttpContext http, RequestDelegate next)
    {
        var endpoint = http.GetEndpoint();
        var open = endpoint is null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null || http.Request.Path.StartsWithSegments(SessionCookie.PasswordPath);
        if (open || SessionClaims.Of(http.User) is not { MustChangePassword: true })
            return next(http);
        if (SessionCookie.IsPage(http.Request))
            http.Response.Redirect(SessionCookie.PasswordPath);
        else
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}
