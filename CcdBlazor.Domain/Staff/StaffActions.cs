using CcdBlazor.Domain.Data;

namespace CcdBlazor.Domain.Staff;

/// <summary>The verbs of this feature in the audit. Stored: never rename.</summary>
internal static class StaffActions
{
    public const string SignedIn = "staff.signed_in";
    public const string SignInFailed = "staff.sign_in_failed";
    public const string LockedOut = "staff.locked_out";
    public const string PasswordChanged = "staff.password_changed";
    public const string TwoFactorEnabled = "staff.two_factor_enabled";
    public const string TwoFactorDisabled = "staff.two_factor_disabled";
    public const string SignedOutEverywhere = "staff.signed_out_everywhere";
    public const string Created = "staff.created";
    public const string Edited = "staff.edited";
    public const string Disabled = "staff.disabled";
    public const string Enabled = "staff.enabled";
    public const string PasswordReset = "staff.password_reset";
    public const string PasswordLinkSent = "staff.password_link_sent";
    public const string PasswordSetByLink = "staff.password_set_by_link";
    public const string TwoFactorRemoved = "staff.two_factor_removed";
    public const string RolesSet = "staff.roles_set";
    public const string RoleCreated = "role.created";
    public const string RoleEdited = "role.edited";
    public const string RoleDeleted = "role.deleted";
    public const string DepartmentCreated = "department.created";
    public const string DepartmentEdited = "department.edited";
    public const string DepartmentDeleted = "department.deleted";
}

/// <summary>Why a sign-in failed, as an administrator reads and searches it in the audit; whoever tried learns less.</summary>
internal static class SignInFailures
{
    public const string UnknownName = "用户名不存在";
    public const string WrongPassword = "密码不正确";
    public const string WrongCurrentPassword = "修改账号设置时，当前密码不正确";
    public const string WrongCode = "动态验证码不正确";
    public const string Locked = "账号锁定中";
    public const string LockedOrChanged = "账号锁定中，或登录途中密码等已更改";
    public const string Disabled = "账号已停用";
}

/// <summary>What listeners of this feature subscribe to.</summary>
public static class StaffTopics
{
    /// <summary>Any account changed.</summary>
    public const string All = "staff";

    /// <summary>A role or its permissions changed.</summary>
    public const string Roles = "roles";

    /// <summary>The tree of departments changed.</summary>
    public const string Departments = "departments";

    /// <summary>This account changed.</summary>
    public static string Of(Guid staffId) => $"staff:{staffId}";
}

internal static class StaffAnnouncements
{
    /// <summary>The general topic first: caches listen to it, and the narrow topic's listeners then read fresh values.</summary>
    public static void AnnounceStaff(this CcdDbContext db, Guid staffId)
    {
        db.Announce(StaffTopics.All);
        db.Announce(StaffTopics.Of(staffId));
    }
}
