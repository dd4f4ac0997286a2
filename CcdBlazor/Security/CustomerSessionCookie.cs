using System.Security.Claims;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace CcdBlazor.Security;

/// <summary>
/// The cookie with which customers come back: a scheme of its own that only the pages under <c>/my</c> ask for. It names a session and nothing else, its claims are none that staff have, and
/// the session is asked for in the database at every request.
/// </summary>
internal static class CustomerSessionCookie
{
    public const string Scheme = "customer";

    /// <summary>Of pages and endpoints that are for signed-in customers alone.</summary>
    public const string Policy = "customer";

    public const string HomePath = "/my";

    private const string Session = "customer-session";

    /// <param name="behindTls">In Production: the browser gives the cookie to this very host alone, and over TLS alone. A try on one's own machine has no TLS, and browsers refuse the prefix there.</param>
    public static void Configure(CookieAuthenticationOptions options, bool behindTls)
    {
        options.Cookie.Name = behindTls ? "__Host-ccd-customer" : "ccd-customer";
        options.Cookie.SecurePolicy = behindTls ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        options.Cookie.HttpOnly = true;
        // Not strict: who comes from the link in a message is signed in already.
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.Path = "/";
        // How long a session really lasts is decided where it is kept.
        options.ExpireTimeSpan = TimeSpan.FromDays(7);
        options.SlidingExpiration = false;
        options.LoginPath = CustomerAccountService.SignInPath;
        options.ReturnUrlParameter = "returnUrl";
        options.Events.OnValidatePrincipal = ValidateAsync;
        options.Events.OnRedirectToLogin = context =>
        {
            if (SessionCookie.IsPage(context.Request))
                context.Response.Redirect(context.RedirectUri);
            else if (context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
                // A form that was sent too late: there is nothing to come back to.
                context.Response.Redirect(CustomerAccountService.SignInPath);
            else
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        };
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        };
    }

    public static Task SignInAsync(HttpContext http, Guid sessionId) =>
        http.SignInAsync(Scheme, new ClaimsPrincipal(new ClaimsIdentity([new Claim(Session, sessionId.ToString("N"))], Scheme)));

    /// <summary>The session that the request names; none when nobody is signed in.</summary>
    public static Guid? SessionOf(ClaimsPrincipal user) =>
        user.Identity?.AuthenticationType == Scheme && Guid.TryParse(user.FindFirstValue(Session), out var id) ? id : null;

    /// <summary>The customer behind a request that the policy has let in.</summary>
    /// <exception cref="InvalidOperationException">The page or endpoint does not ask for the policy.</exception>
    public static CustomerActor ActorOf(HttpContext http) =>
        http.Features.Get<CustomerActor>() ?? throw new InvalidOperationException("Nobody has signed in as a customer here.");

    /// <summary>An address of the customer's own pages, or their first one: an address given from outside never leads elsewhere.</summary>
    public static string Local(string? returnUrl) =>
        returnUrl is not null && (returnUrl == HomePath || returnUrl.StartsWith(HomePath + "/", StringComparison.Ordinal)) && !returnUrl.Any(c => char.IsControl(c) || c == '\\')
        && !returnUrl.StartsWith(CustomerAccountService.SignInPath, StringComparison.OrdinalIgnoreCase) ? returnUrl : HomePath;

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var http = context.HttpContext;
        var sessions = http.RequestServices.GetRequiredService<CustomerSessions>();
        var actor = context.Principal is { } user && SessionOf(user) is { } id
            ? await sessions.FindAsync(id, http.Connection.RemoteIpAddress?.ToString(), http.RequestAborted)
            : null;
        if (actor is not null)
        {
            http.Features.Set(actor);
            return;
        }

        context.RejectPrincipal();
        await http.SignOutAsync(Scheme);
    }
}
