using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>Why a view of the list cannot be saved or shared.</summary>
public static class CustomerViewRefusals
{
    public static readonly Refusal NameMissing = new("customer_view.name_missing", "请给视图起一个名字。") { Field = "Name" };

    public static readonly Refusal NameTooLong = new("customer_view.name_too_long", $"视图名称最多 {CustomerView.LongestName} 个字。") { Field = "Name" };

    public static readonly Refusal NameTaken = new("customer_view.name_taken", "您已有同名的视图，请换一个名字。", RefusalKind.Conflict) { Field = "Name" };

    public static readonly Refusal TooMany = new("customer_view.too_many", $"每人最多保存 {CustomerViewService.MostViews} 个视图，请先删除不用的。", RefusalKind.Conflict);

    public static readonly Refusal MayNotShareWithEverybody = new("customer_view.may_not_share", "您没有把视图共享给全公司的权限，可以共享给本部门。", RefusalKind.Forbidden);

    public static readonly Refusal NoDepartment = new("customer_view.no_department", "您还没有所属部门，无法共享给本部门。", RefusalKind.Conflict);
}
