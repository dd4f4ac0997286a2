using System.Security.Claims;
using CcdBlazor.Domain.Staff;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace CcdBlazor.Security;

/// <summary>What the sign-in cookie says. Permissions are not in it: they are asked for each time.</summary>
internal sealed record SessionClaims(Guid StaffId, string SecurityStamp, string SessionId, string? From, bool MustChangePassword)
{
    private const string Stamp = "stamp";
    private const string Session = "sid";
    private const string Address = "from";
    private const string MustChange = "must-change";

    /// <summary>The principal of a session that starts or goes on.</summary>
    public static ClaimsPrincipal Principal(SessionTicket ticket, string sessionId) => new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, ticket.StaffId.ToString()),
            new Claim(ClaimTypes.Name, ticket.Name),
            new Claim(Stamp, ticket.SecurityStamp),
            new Claim(Session, sessionId),
        ],
        CookieAuthenticationDefaults.AuthenticationScheme));

    /// <summary>What is true of this request only; a circuit keeps it from the request that opened it. Not written to the cookie.</summary>
    public static ClaimsIdentity OfThisRequest(string? from, bool mustChangePassword)
    {
        var identity = new ClaimsIdentity();
        if (from is not null)
            identity.AddClaim(new Claim(Address, from));
        if (mustChangePassword)
            identity.AddClaim(new Claim(MustChange, "1"));
        return identity;
    }

    /// <summary>None when nobody is signed in, or not as staff: who came by another scheme is no colleague, whatever else he claims.</summary>
    public static SessionClaims? Of(ClaimsPrincipal? user) =>
        user?.Identity is { IsAuthenticated: true, AuthenticationType: CookieAuthenticationDefaults.AuthenticationScheme }
        && Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id)
        && user.FindFirstValue(Stamp) is { } stamp
        && user.FindFirstValue(Session) is { } session
            ? new SessionClaims(id, stamp, session, user.FindFirstValue(Address), user.HasClaim(MustChange, "1"))
            : null;
}
