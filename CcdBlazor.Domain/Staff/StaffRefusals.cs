using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Staff;

/// <summary>Why something about accounts, roles or departments is turned down.</summary>
public static class StaffRefusals
{
    /// <summary>One text for an unknown name, a wrong password and a locked account: the sign-in page is no directory of colleagues.</summary>
    public static readonly Refusal SignInRefused = new("staff.sign_in_refused", "用户名或密码不正确。连续输错 5 次将锁定 15 分钟；仍无法登录请联系管理员。", RefusalKind.Forbidden);
    public static readonly Refusal CodeRefused = new("staff.code_refused", "动态验证码不正确或已使用过，请等待新的验证码后重试。", RefusalKind.Forbidden) { Field = "Code" };
    public static readonly Refusal AccountDisabled = new("staff.account_disabled", "该账号已停用，请联系管理员。", RefusalKind.Forbidden);
    public static readonly Refusal WrongPassword = new("staff.wrong_password", "当前密码不正确。", RefusalKind.Forbidden) { Field = "CurrentPassword" };
    public static readonly Refusal Locked = new("staff.locked", "密码输错次数过多，请 15 分钟后再试。", RefusalKind.TooMany);
    public static readonly Refusal UserNameTaken = new("staff.user_name_taken", "该登录名已被使用，请换一个。", RefusalKind.Conflict) { Field = nameof(StaffDraft.UserName) };
    public static readonly Refusal LastAdministrator = new("staff.last_administrator", "这是最后一位启用中的管理员，不能停用或取消其管理员角色。请先指定另一位管理员。", RefusalKind.Conflict);
    public static readonly Refusal NotOneself = new("staff.not_oneself", "不能停用自己的账号。", RefusalKind.Conflict);
    public static readonly Refusal RoleUnknown = new("staff.role_unknown", "所选角色已不存在，请刷新后重选。", RefusalKind.Conflict) { Field = nameof(StaffDraft.RoleIds) };
    public static readonly Refusal DepartmentUnknown = new("staff.department_unknown", "所选部门已不存在，请刷新后重选。", RefusalKind.Conflict) { Field = nameof(StaffDraft.DepartmentId) };
    public static readonly Refusal TwoFactorAlreadyOn = new("staff.two_factor_already_on", "两步验证已经开启。", RefusalKind.Conflict);
    public static readonly Refusal TwoFactorNotStarted = new("staff.two_factor_not_started", "请先扫描二维码再输入验证码。", RefusalKind.Conflict);

    /// <summary>One text for what never was and what somebody guessed.</summary>
    public static readonly Refusal PasswordLinkUnknown = new("staff.password_link_unknown", "链接无效。请从邮件中完整打开链接，或重新申请。", RefusalKind.NotFound);
    public static readonly Refusal PasswordLinkOver = new("staff.password_link_over", "链接已经用过、已过期或已被新的链接取代，请重新申请。", RefusalKind.Gone);

    public static readonly Refusal PasswordTooShort = Password("too_short", "密码至少 10 个字符。");
    public static readonly Refusal PasswordTooLong = Password("too_long", "密码最多 128 个字符。");
    public static readonly Refusal PasswordNeedsLettersAndDigits = Password("needs_letters_and_digits", "密码须同时包含字母和数字。");
    public static readonly Refusal PasswordHoldsUserName = Password("holds_user_name", "密码不能包含登录名。");
    public static readonly Refusal PasswordTooCommon = Password("too_common", "该密码过于常见，容易被猜中，请换一个。");
    public static readonly Refusal PasswordNotNew = Password("not_new", "新密码不能与当前密码相同。");

    public static readonly Refusal RoleNameTaken = new("role.name_taken", "已有同名角色。", RefusalKind.Conflict) { Field = nameof(RoleDraft.Name) };
    public static readonly Refusal RoleNameReserved = new("role.name_reserved", "“客户”是客户账号的角色，不能用作员工角色的名称。", RefusalKind.Conflict) { Field = nameof(RoleDraft.Name) };
    public static readonly Refusal RoleIsShipped = new("role.is_shipped", "系统自带的角色不能改名或删除，可以调整其权限。", RefusalKind.Conflict);
    public static readonly Refusal RoleInUse = new("role.in_use", "仍有员工使用该角色，请先为他们更换角色。", RefusalKind.Conflict);
    public static readonly Refusal AdministratorKeepsManageStaff = new("role.administrator_keeps_manage_staff", "“管理员”必须保留“管理员工”权限，否则将无人能够管理账号。", RefusalKind.Conflict);

    /// <summary>Who manages accounts may not hand out a permission that he does not hold himself.</summary>
    public static Refusal GrantsMoreThanHeld(IReadOnlyList<Permission> beyond) => new("role.grants_more_than_held",
        $"不能授予您自己没有的权限：{Labels(beyond)}。请联系管理员。", RefusalKind.Forbidden);

    /// <summary>Knowing the password of an account that may do more would be the same as being granted it.</summary>
    public static Refusal AccountHoldsMore(IReadOnlyList<Permission> beyond) => new("staff.account_holds_more",
        $"该账号拥有您没有的权限（{Labels(beyond)}），不能由您重置密码或取消两步验证。请联系管理员。", RefusalKind.Forbidden);

    public static readonly Refusal DepartmentNameTaken = new("department.name_taken", "同一上级下已有同名部门。", RefusalKind.Conflict) { Field = nameof(DepartmentDraft.Name) };
    public static readonly Refusal DepartmentCycle = new("department.cycle", "不能把部门移动到它自己或它的下级之下。", RefusalKind.Conflict) { Field = nameof(DepartmentDraft.ParentId) };
    public static readonly Refusal DepartmentTooDeep = new("department.too_deep", "部门层级最多 10 层。") { Field = nameof(DepartmentDraft.ParentId) };
    public static readonly Refusal DepartmentInUse = new("department.in_use", "该部门仍有员工或下级部门，请先移走后再删除。", RefusalKind.Conflict);
    public static readonly Refusal LeaderUnknown = new("department.leader_unknown", "所选负责人不存在或已停用。", RefusalKind.Conflict) { Field = nameof(DepartmentDraft.LeaderId) };

    private static string Labels(IEnumerable<Permission> permissions) => string.Join("、", permissions.Select(p => PermissionText.Of(p).Label));

    private static Refusal Password(string code, string text) => new("password." + code, text) { Field = "NewPassword" };
}
