using CcdBlazor.Domain.Common;
using FluentValidation;

namespace CcdBlazor.Domain.Staff;

/// <summary>What an administrator enters about a colleague.</summary>
public sealed record StaffDraft
{
    public string UserName { get; set; } = "";

    public string Name { get; set; } = "";

    public string? Phone { get; set; }

    public string? Email { get; set; }

    public Guid? DepartmentId { get; set; }

    public IReadOnlyCollection<Guid> RoleIds { get; set; } = [];

    /// <summary>Without stray spaces; empty optional fields are none.</summary>
    internal StaffDraft Tidied() => this with
    {
        UserName = UserName.Trim(),
        Name = Name.Trim(),
        Phone = string.IsNullOrWhiteSpace(Phone) ? null : Phone.Trim(),
        Email = string.IsNullOrWhiteSpace(Email) ? null : Email.Trim(),
    };
}

public sealed class StaffDraftValidator : AbstractValidator<StaffDraft>
{
    public StaffDraftValidator()
    {
        RuleFor(d => d.UserName).Matches(@"^[A-Za-z0-9][A-Za-z0-9._@-]{2,63}$").WithMessage("登录名为 3 至 64 位字母、数字或 . _ @ -，以字母或数字开头。");
        RuleFor(d => d.Name).Must(name => name.Trim().Length is > 0 and <= 50).WithMessage("请填写姓名（最多 50 字）。");
        RuleFor(d => d.Phone).Matches(@"^\+?[0-9][0-9 -]{4,19}$").When(d => !string.IsNullOrWhiteSpace(d.Phone)).WithMessage("电话号码格式不正确。");
        RuleFor(d => d.Email).Matches(@"^[^@\s]+@[^@\s]+\.[^@\s]+$").MaximumLength(200).When(d => !string.IsNullOrWhiteSpace(d.Email)).WithMessage("邮箱格式不正确。");
    }
}

/// <summary>What an administrator enters about a role.</summary>
public sealed record RoleDraft
{
    public string Name { get; set; } = "";

    public IReadOnlyCollection<Permission> Permissions { get; set; } = [];
}

public sealed class RoleDraftValidator : AbstractValidator<RoleDraft>
{
    public RoleDraftValidator()
    {
        RuleFor(d => d.Name).Must(name => name.Trim().Length is > 0 and <= 30).WithMessage("请填写角色名称（最多 30 字）。");
        RuleForEach(d => d.Permissions).IsInEnum().WithMessage("包含未知的权限，请刷新后重试。");
    }
}

/// <summary>What an administrator enters about a department.</summary>
public sealed record DepartmentDraft
{
    public string Name { get; set; } = "";

    public Guid? ParentId { get; set; }

    public Guid? LeaderId { get; set; }
}

public sealed class DepartmentDraftValidator : AbstractValidator<DepartmentDraft>
{
    public DepartmentDraftValidator() =>
        RuleFor(d => d.Name).Must(name => name.Trim().Length is > 0 and <= 50).WithMessage("请填写部门名称（最多 50 字）。");
}
