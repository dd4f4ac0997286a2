using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>Whether an account can be used.</summary>
public enum StaffState
{
    Active,
    /// <summary>Too many failures; opens again by itself.</summary>
    Locked,
    Disabled,
}

/// <summary>Filters of the list of accounts.</summary>
/// <param name="Search">Part of name, sign-in name or phone.</param>
/// <param name="DepartmentId">This department and everything below it.</param>
public sealed record StaffFilter(string? Search = null, Guid? DepartmentId = null, Guid? RoleId = null, StaffState? State = null);

/// <summary>An account in the list.</summary>
public sealed record StaffRow(
    Guid Id, string UserName, string Name, string? Phone, string? Department, IReadOnlyList<string> Roles, StaffState State, bool TwoFactorEnabled, bool MustChangePassword, DateTimeOffset? LastSignInAt);

/// <summary>An account as the administrator edits it.</summary>
/// <param name="Version">To be handed back when saving.</param>
public sealed record StaffDetail(
    Guid Id, string UserName, string Name, string? Phone, string? Email, Guid? DepartmentId, IReadOnlyList<Guid> RoleIds, StaffState State, DateTimeOffset? LockedUntil,
    bool TwoFactorEnabled, bool MustChangePassword, DateTimeOffset? LastSignInAt, DateTimeOffset CreatedAt, uint Version);

/// <summary>A colleague in a picker.</summary>
public sealed record StaffPick(Guid Id, string Name, string? Department);

/// <summary>A role with what it may do.</summary>
/// <param name="People">How many accounts have it.</param>
public sealed record RoleRow(Guid Id, string Name, bool BuiltIn, bool IsAdministrator, IReadOnlySet<Permission> Permissions, int People, uint Version);

/// <summary>A department in the order of the tree.</summary>
/// <param name="Level">1 at the top.</param>
/// <param name="People">Accounts directly in it.</param>
public sealed record DepartmentRow(Guid Id, string Name, Guid? ParentId, int Level, Guid? LeaderId, string? LeaderName, int People, uint Version);

/// <summary>A session that holds: the person with the permissions of now, and what the session has to do first.</summary>
public sealed record StaffSession(StaffActor Actor, string UserName, string SecurityStamp, bool MustChangePassword, bool TwoFactorEnabled);
