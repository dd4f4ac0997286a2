using CcdBlazor.Api;
using CcdBlazor.Domain.Staff;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace CcdBlazor.Security;

/// <summary>The sign-in cookie: how it is given out, and that each request asks again whether its session still holds.</summary>
internal static class SessionCookie
{
    public const string SignInPath = "/login";
    public const string PasswordPath = "/account/password";
    public const string SignOutPath = "/logout";
    private static readonly TimeSpan Life = TimeSpan.FromHours(12);

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "ccd";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = Life;
        options.SlidingExpiration = true;
        options.LoginPath = SignInPath;
        options.ReturnUrlParameter = "returnUrl";
        // Who shows a key is judged by the key alone.
        options.ForwardDefaultSelector = ApiKeyAuthentication.Select;
        options.Events.OnValidatePrincipal = ValidateAsync;
        options.Events.OnRedirectToLogin = context => Answer(context, StatusCodes.Status401Unauthorized);
        // A page that one may not open answers like a page that is not there.
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        };
    }

    /// <summary>Gives this browser the session. An existing session of the browser keeps its id, so that signing out ends it in all tabs.</summary>
    public static Task SignInAsync(HttpContext http, SessionTicket ticket)
    {
        var before = SessionClaims.Of(http.User);
        var sessionId = before is not null && before.StaffId == ticket.StaffId ? before.SessionId : Guid.NewGuid().ToString("N");
        return http.SignInAsync(SessionClaims.Principal(ticket, sessionId));
    }

    /// <summary>An address inside this program, or the first page: an address given from outside never leads away.</summary>
    public static string Local(string? returnUrl) =>
        returnUrl is ['/', ..] && !(returnUrl.Length > 1 && returnUrl[1] is '/' or '\\') && !returnUrl.Any(char.IsControl)
        && !returnUrl.StartsWith(SignInPath, StringComparison.OrdinalIgnoreCase) ? returnUrl : "/";

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var claims = SessionClaims.Of(context.Principal);
        var directory = context.HttpContext.RequestServices.GetRequiredService<StaffDirectory>();
        var session = claims is null ? null : await directory.FindSessionAsync(claims.StaffId, claims.SecurityStamp, context.HttpContext.RequestAborted);
        if (session is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync();
            return;
        }

        context.Principal!.AddIdentity(SessionClaims.OfThisRequest(context.HttpContext.Connection.RemoteIpAddress?.ToString(), session.MustChangePassword));
    }

    private static Task Answer(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (IsPage(context.Request))
            context.Response.Redirect(context.RedirectUri);
        else
            context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>Somebody looking at a page, as opposed to a script that wants an answer.</summary>
    public static bool IsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/_blazor") && !request.Path.StartsWithSegments("/api")
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
