using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>Why a customer's file cannot be moved.</summary>
public static partial class CustomerRefusals
{
    public static readonly Refusal ReasonMissing = new("customer.reason_missing", "请写明原因。") { Field = "Reason" };

    public static readonly Refusal ReasonTooLong =
        new("customer.reason_too_long", $"原因最多 {CustomerWorkflow.LongestReason} 个字。") { Field = "Reason" };

    /// <summary>The state does not know this move; somebody may have been quicker.</summary>
    public static Refusal MoveNotAllowed(CustomerState from, CustomerMove move) => new(
        "customer.move_not_allowed",
        $"这份资料现在是“{from.Label()}”，不能执行“{CustomerWorkflow.LabelOf(move)}”。",
        RefusalKind.Conflict);

    public static Refusal FileIncomplete(IReadOnlyList<Missing> missing) =>
        new("customer.file_incomplete", $"资料还不齐全，还有 {missing.Count} 项需要补充。", RefusalKind.Conflict) { Missing = missing };

    public static Refusal NotAllAccepted(IReadOnlyList<Missing> missing) =>
        new("customer.not_all_accepted", $"还有 {missing.Count} 项资料没有审核通过，不能批准。", RefusalKind.Conflict) { Missing = missing };

    /// <summary>The completeness check asked for "incomplete" although nothing is missing: the reading was old.</summary>
    public static readonly Refusal FileIsComplete = new("customer.file_is_complete", "资料已经齐全。", RefusalKind.Conflict);
}
