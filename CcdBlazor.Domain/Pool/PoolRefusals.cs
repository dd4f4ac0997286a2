using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;

namespace CcdBlazor.Domain.Pool;

/// <summary>Every "no" of the public pool.</summary>
public static class PoolRefusals
{
    public static readonly Refusal NameWrong = new("pool.name_wrong", $"公海名称为 1 至 {PoolDraft.LongestName} 个字。") { Field = nameof(PoolDraft.Name) };

    public static readonly Refusal NameTaken = new("pool.name_taken", "已有同名的公海。", RefusalKind.Conflict) { Field = nameof(PoolDraft.Name) };

    public static readonly Refusal DepartmentTaken =
        new("pool.department_taken", "该部门已有启用的公海（不选部门的公海全公司只能有一个）。", RefusalKind.Conflict) { Field = nameof(PoolDraft.DepartmentId) };

    public static readonly Refusal LimitWrong = new("pool.limit_wrong", "数量限制须为正整数；不限制请留空。") { Field = nameof(PoolDraft.PicksPerDay) };

    public static readonly Refusal DaysWrong = new("pool.days_wrong", $"天数为 0 至 {PoolDraft.MostDays}。") { Field = nameof(PoolDraft.CoolDownDays) };

    public static readonly Refusal RuleWrong =
        new("pool.rule_wrong", $"回收天数为 1 至 {PoolDraft.MostDays}，提醒日须在回收天数之内，规则最多 {PoolDraft.MostRules} 条。") { Field = nameof(PoolDraft.Rules) };

    public static readonly Refusal RuleTwice = new("pool.rule_twice", "同一级别与产品只能有一条回收规则。") { Field = nameof(PoolDraft.Rules) };

    public static readonly Refusal TargetUnknown = new("pool.target_unknown", "所选公海不存在或已停用，请重新选择。") { Field = nameof(PoolDraft.TargetPoolId) };

    public static readonly Refusal NotEmpty = new("pool.not_empty", "公海里还有客户，请先转入其他公海或指定负责人，再停用。", RefusalKind.Conflict);

    public static readonly Refusal NoPool = new("pool.no_pool", "还没有可用的公海，请联系管理员设置。", RefusalKind.Conflict);

    /// <summary>Two picked at once, and the other one won.</summary>
    public static readonly Refusal AlreadyTaken = new("pool.already_taken", "慢了一步：这位客户刚刚被其他同事领取。", RefusalKind.Conflict);

    public static readonly Refusal ReasonMissing = new("pool.reason_missing", "请写明原因。") { Field = "Reason" };

    public static readonly Refusal ReasonTooLong = new("pool.reason_too_long", $"原因最多 {CustomerWorkflow.LongestReason} 个字。") { Field = "Reason" };

    public static readonly Refusal TooManyAtOnce = new("pool.too_many_at_once", "一次最多处理 100 位客户，请缩小选择范围。", RefusalKind.TooLarge);

    public static readonly Refusal NotInPool = new("pool.not_in_pool", "该客户不在公海中。", RefusalKind.Conflict);

    public static Refusal DailyLimit(int most) => new("pool.daily_limit", $"今天在这个公海的领取数量已达上限（{most} 位），请明天再领取。", RefusalKind.Conflict);

    public static Refusal Capacity(int most) => new("pool.capacity", $"您名下在办的客户已达上限（{most} 位），办结或放入公海后才能继续领取。", RefusalKind.Conflict);

    public static Refusal CoolDown(DateTimeOffset until) =>
        new("pool.cool_down", $"您曾负责这位客户，{CustomerNumbers.OnScreen(until)} 之后才能再次领取。", RefusalKind.Conflict);

    public static Refusal Protected(DateTimeOffset until) => new("pool.protected", $"新进入公海的客户在 {CustomerNumbers.OnScreen(until)} 之前受保护，暂不能领取。", RefusalKind.Conflict);

    public static Refusal ViewLimit(int most) => new("pool.view_limit", $"今天查看公海客户详情的次数已达上限（{most} 位），请明天再查看。", RefusalKind.Conflict);
}
