using System.Security.Claims;
using CcdBlazor.Domain.Common;
using Microsoft.AspNetCore.Components.Authorization;

namespace CcdBlazor.Security;

/// <summary>The signed-in member of staff behind the circuit or request.</summary>
public sealed class CurrentActor(AuthenticationStateProvider authentication)
{
    public async Task<StaffActor> GetAsync()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        var id = Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var parsed) ? parsed : Guid.Empty;
        return new StaffActor(id, user.Identity?.Name ?? "", null, new HashSet<Permission>(), new HashSet<Guid>());
    }
}
