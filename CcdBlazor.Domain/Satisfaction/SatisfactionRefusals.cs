using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>Refusals of this feature.</summary>
public static class SatisfactionRefusals
{
    public static readonly Refusal NotDecided = new("satisfaction.not_decided", "您的资料还没有审结，审结之后再请您评价。", RefusalKind.Conflict);
    public static readonly Refusal TooLate = new("satisfaction.too_late", "审结已超过 30 天，不再接受评价。如有意见请联系您的客户经理。", RefusalKind.Gone);
    public static readonly Refusal Settled = new("satisfaction.settled", "评价提交已超过 7 天，不能再修改。", RefusalKind.Conflict);
    public static readonly Refusal OnlyCustomers = new("satisfaction.only_customers", "只有客户本人可以评价。", RefusalKind.Forbidden);
}
