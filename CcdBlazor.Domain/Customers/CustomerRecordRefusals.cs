using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>Refusals about the record of a customer: identity, loans, owner, recycle bin.</summary>
public static partial class CustomerRefusals
{
    /// <summary>Says nothing about whose customer it is: the other one is not visible to the one who asks.</summary>
    public static readonly Refusal IdentityTakenElsewhere =
        new("customer.identity_taken", "该证件号码已有客户登记，请联系管理员。", RefusalKind.Conflict) { Field = nameof(CustomerDraft.IdentityNumber) };

    public static readonly Refusal IdentityFixed =
        new("customer.identity_fixed", "已通过的客户不能更换证件号码；确需更正请由管理员先重新打开资料。", RefusalKind.Conflict) { Field = nameof(CustomerDraft.IdentityNumber) };

    public static readonly Refusal KindFixedByIdentity =
        new("customer.kind_fixed", "已登记证件号码的客户不能在个人与企业之间切换。", RefusalKind.Conflict) { Field = nameof(CustomerDraft.Kind) };

    public static readonly Refusal IdentityMissing = new("customer.identity_missing", "该客户还没有登记证件号码。", RefusalKind.NotFound);

    public static readonly Refusal LoanTwice =
        new("customer.loan_twice", "同一贷款产品只能登记一次。", RefusalKind.Conflict) { Field = nameof(CustomerDraft.Loans) };

    public static readonly Refusal ProductNotOffered =
        new("customer.product_not_offered", "所选贷款产品不存在或已停用，请重新选择。") { Field = nameof(CustomerDraft.Loans) };

    public static readonly Refusal OwnerUnknown = new("customer.owner_unknown", "所选同事不存在或账号已停用，请重新选择。");

    public static readonly Refusal ApprovedNotDeletable =
        new("customer.approved_not_deletable", "该客户的资料已通过审核，不能删除。", RefusalKind.Conflict);

    public static readonly Refusal AlreadyDeleted = new("customer.already_deleted", "该客户已在回收站中。", RefusalKind.Conflict);

    public static readonly Refusal InPool = new("customer.in_pool", "该客户在公海中，没有负责人；请先领取或指定负责人。", RefusalKind.Conflict);

    public static readonly Refusal InThisPool = new("customer.in_this_pool", "该客户已经在这个公海中。", RefusalKind.Conflict);

    public static readonly Refusal TooManySelected = new("customer.too_many_selected", "一次最多处理 100 位客户，请缩小选择范围。", RefusalKind.TooLarge);

    public static readonly Refusal TooManyToExport =
        new("customer.too_many_to_export", "符合条件的客户超过 100,000 位，请缩小范围后再导出。", RefusalKind.TooLarge);

    /// <summary>The other customer is visible: here it is.</summary>
    public static Refusal IdentityTaken(Guid other, string number, string name) => IdentityTakenElsewhere with
    {
        Text = "该证件号码已登记在另一位客户名下。",
        Missing = [new Missing($"{name}（{number}）", Link: $"/customers/{other}")],
    };

    public static Refusal NotReleasable(CustomerState state) => new(
        "customer.not_releasable",
        state == CustomerState.InReview ? "资料正在审核中，审核结束之前不能放入公海。" : "该客户的资料已通过审核，不能放入公海。",
        RefusalKind.Conflict);

    /// <summary>Facts, loans and rules rest while somebody reviews the file, and after the decision.</summary>
    public static Refusal ChecklistFixed(CustomerState state) => new(
        "customer.checklist_fixed",
        state == CustomerState.InReview
            ? "资料正在审核中，贷款产品与客户情况暂时不能修改；请先由审核员退回补充。"
            : "资料已有审核结论，贷款产品与客户情况不能再修改；确需修改请由管理员重新打开。",
        RefusalKind.Conflict);
}
