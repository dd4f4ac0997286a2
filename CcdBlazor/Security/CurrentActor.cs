using System.Security.Claims;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using Microsoft.AspNetCore.Components.Authorization;

namespace CcdBlazor.Security;

/// <summary>The signed-in member of staff behind the circuit or request, with the permissions of now.</summary>
public class CurrentActor(AuthenticationStateProvider authentication, IHttpContextAccessor http, CircuitScope circuit, StaffDirectory directory)
{
    /// <summary>Who acts.</summary>
    /// <exception cref="SessionEndedException">The session has ended: signed out, disabled, or cut. The page is about to be left.</exception>
    public virtual async Task<StaffActor> GetAsync() => await FindAsync() ?? throw new SessionEndedException();

    /// <summary>Who acts, or none when nobody is signed in.</summary>
    public virtual async Task<StaffActor?> FindAsync() =>
        SessionClaims.Of(await UserAsync()) is { } claims ? await directory.FindActorAsync(claims.StaffId, claims.SecurityStamp, claims.From, default) : null;

    // Inside a circuit the request of the connection is still reachable, but it does not know that the circuit was cut.
    private async Task<ClaimsPrincipal?> UserAsync() =>
        circuit.IsCircuit ? (await authentication.GetAuthenticationStateAsync()).User : http.HttpContext?.User;
}

/// <summary>Says whether this service scope belongs to a circuit.</summary>
public sealed class CircuitScope
{
    public bool IsCircuit { get; internal set; }
}

/// <summary>Something was asked for in a session that has ended.</summary>
public sealed class SessionEndedException() : InvalidOperationException("The session has ended.");
