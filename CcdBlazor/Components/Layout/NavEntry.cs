using CcdBlazor.Domain.Common;

namespace CcdBlazor.Components.Layout;

/// <summary>A line of the navigation: by the user's work, not by tables, and only what the person may open.</summary>
/// <param name="Icon">A ligature of the icon font that comes with Radzen.</param>
public sealed record NavEntry(string? Group, string Path, string Label, string Icon, Permission[] AnyOf)
{
    private static readonly NavEntry[] All =
    [
        new(null, "/", "今日", "today", []),
        new(null, "/customers", "客户", "group", []),
        new(null, "/followups", "跟进", "event", [Permission.EditCustomers, Permission.ViewAllCustomers]),
        new(null, "/pool", "公海", "pool", [Permission.PickFromPool, Permission.ManagePools]),
        new(null, "/review", "资料审核", "fact_check", [Permission.ReviewDocuments]),
        new(null, "/statistics", "统计", "bar_chart", []),
        new("画像与分配", "/portraits/segments", "客户分群", "bubble_chart", [Permission.ViewPortraits]),
        new("画像与分配", "/portraits/managers", "客户经理", "support_agent", [Permission.ViewPortraits]),
        new("画像与分配", "/portraits/assignments", "分配方案", "compare_arrows", [Permission.ViewPortraits]),
        new("画像与分配", "/portraits/effects", "分配效果", "insights", [Permission.ViewPortraits]),
        new("画像与分配", "/portraits/scores", "匹配评分", "balance", [Permission.ManagePortraits]),
        new("消息", "/messages/monitor", "监控", "monitor_heart", [Permission.ViewMessages]),
        new("消息", "/messages/send", "发送消息", "send", [Permission.SendMessages]),
        new("消息", "/messages/batches", "发送批次", "outbox", [Permission.SendMessages, Permission.ViewMessages, Permission.ApproveTemplates]),
        new("消息", "/messages/records", "消息记录", "forum", [Permission.ViewMessages]),
        new("消息", "/messages/failures", "失败处理", "sms_failed", [Permission.ViewMessages]),
        new("消息", "/messages/templates", "消息模板", "edit_note", [Permission.ManageTemplates]),
        new("消息", "/messages/accounts", "渠道账号", "hub", [Permission.ManageChannels]),
        new("消息", "/messages/lists", "名单", "block", [Permission.ManageChannels]),
        new("消息", "/messages/api", "接口文档", "api", [Permission.ViewMessages]),
        new("管理", "/admin/products", "贷款产品", "inventory_2", [Permission.EditProducts]),
        new("管理", "/admin/staff", "员工", "badge", [Permission.ManageStaff]),
        new("管理", "/admin/departments", "部门", "account_tree", [Permission.ManageStaff]),
        new("管理", "/admin/roles", "角色权限", "lock_person", [Permission.ManageStaff]),
        new("管理", "/admin/settings", "配置中心", "tune", [Permission.ManageSettings]),
        new("管理", "/admin/api-keys", "接口密钥", "key", [Permission.ManageApiKeys]),
        new("管理", "/admin/jobs", "定时任务", "schedule", [Permission.ManageJobs]),
        new("管理", "/admin/audit", "审计日志", "history", [Permission.ViewAudit]),
        new("管理", "/customers/recycle-bin", "回收站", "delete", [Permission.DeleteCustomers]),
    ];

    /// <summary>True when the path is this entry's page or one below it.</summary>
    /// <param name="path">With its leading slash; what follows a question mark does not count.</param>
    public bool LeadsTo(string path)
    {
        path = path.Split('?', '#')[0].TrimEnd('/');
        return Path == "/" ? path.Length == 0 : path.Equals(Path, StringComparison.OrdinalIgnoreCase) || path.StartsWith($"{Path}/", StringComparison.OrdinalIgnoreCase);
    }

    public static IReadOnlyList<NavEntry> For(Actor actor) =>
        [.. All.Where(entry => entry.AnyOf.Length == 0 || entry.AnyOf.Any(actor.May))];
}
