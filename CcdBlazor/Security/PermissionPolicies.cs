using CcdBlazor.Api;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Security;

/// <summary>Makes <c>[Authorize(Policy = nameof(Permission.X))]</c> mean "may do X". Every name that is no permission is a mistake and throws.</summary>
internal sealed class PermissionPolicies(IOptions<AuthorizationOptions> options) : DefaultAuthorizationPolicyProvider(options)
{
    public override async Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) =>
        Enum.TryParse<Permission>(policyName, out var permission) && Enum.IsDefined(permission)
            ? new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new PermissionRequirement(permission)).Build()
            : await base.GetPolicyAsync(policyName) ?? throw new InvalidOperationException($"There is no permission named '{policyName}'.");
}

internal sealed record PermissionRequirement(Permission Permission) : IAuthorizationRequirement;

/// <summary>Asks for the permissions of now, not for those at sign-in.</summary>
internal sealed class PermissionHandler(StaffDirectory directory) : AuthorizationHandler<PermissionRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, PermissionRequirement requirement)
    {
        if (context.Resource is HttpContext http && http.Features.Get<ApiKeyAccess>() is { } key)
        {
            if (ApiKeyAuthentication.May(http, key, requirement.Permission))
                context.Succeed(requirement);
            return;
        }

        if (SessionClaims.Of(context.User) is { } claims
            && await directory.FindActorAsync(claims.StaffId, claims.SecurityStamp, null, default) is { } actor
            && actor.May(requirement.Permission))
            context.Succeed(requirement);
    }
}
