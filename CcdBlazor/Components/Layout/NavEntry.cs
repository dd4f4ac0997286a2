using CcdBlazor.Domain.Common;

namespace CcdBlazor.Components.Layout;

/// <summary>A line of the navigation: by the user's work, not by tables, and only what the person may open.</summary>
public sealed record NavEntry(string Path, string Label, string Icon, Permission[] AnyOf)
{
    private static readonly NavEntry[] All =
    [
        new("/", "今日", "◉", []),
        new("/customers", "客户", "☰", []),
        new("/review", "资料审核", "✓", [Permission.ReviewDocuments]),
        new("/statistics", "统计", "▤", []),
        new("/admin/products", "贷款产品", "▦", [Permission.EditProducts]),
        new("/admin/staff", "员工", "☺", [Permission.ManageStaff]),
        new("/admin/departments", "部门", "⌂", [Permission.ManageStaff]),
        new("/admin/roles", "角色权限", "⚿", [Permission.ManageStaff]),
        new("/admin/jobs", "定时任务", "◷", [Permission.ManageJobs]),
        new("/admin/audit", "审计日志", "≣", [Permission.ViewAudit]),
    ];

    public static IReadOnlyList<NavEntry> For(Actor actor) =>
        [.. All.Where(entry => entry.AnyOf.Length == 0 || entry.AnyOf.Any(actor.May))];
}
