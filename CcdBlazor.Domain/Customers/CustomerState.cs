namespace CcdBlazor.Domain.Customers;

/// <summary>Where a customer's file stands. The numbers are stored: never renumber.</summary>
public enum CustomerState
{
    /// <summary>资料收集中</summary>
    Collecting = 0,
    /// <summary>资料已齐全</summary>
    Complete = 1,
    /// <summary>审核中</summary>
    InReview = 2,
    /// <summary>已通过</summary>
    Approved = 3,
    /// <summary>已拒绝</summary>
    Rejected = 4,
}

/// <summary>What can be done with a file. Stored by name in the timeline.</summary>
public enum CustomerMove
{
    /// <summary>The completeness check found everything.</summary>
    MarkComplete,
    /// <summary>The completeness check found something missing again.</summary>
    MarkIncomplete,
    SubmitForReview,
    ReturnForMore,
    Approve,
    Reject,
    Reopen,
}

/// <summary>Words and colours of the states; the same on every page.</summary>
public static class CustomerStateWords
{
    public static IReadOnlyList<CustomerState> All { get; } =
        [CustomerState.Collecting, CustomerState.Complete, CustomerState.InReview, CustomerState.Approved, CustomerState.Rejected];

    public static string Label(this CustomerState state) => state switch
    {
        CustomerState.Collecting => "资料收集中",
        CustomerState.Complete => "资料已齐全",
        CustomerState.InReview => "审核中",
        CustomerState.Approved => "已通过",
        CustomerState.Rejected => "已拒绝",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>
    /// Colour word for the style sheet: grey waits (for papers), amber needs somebody (to submit), blue is in work, green is done, red is refused.
    /// </summary>
    public static string Colour(this CustomerState state) => state switch
    {
        CustomerState.Collecting => "grey",
        CustomerState.Complete => "amber",
        CustomerState.InReview => "blue",
        CustomerState.Approved => "green",
        CustomerState.Rejected => "red",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>True once a decision was made; papers no longer change until the file is reopened.</summary>
    public static bool IsDecided(this CustomerState state) => state is CustomerState.Approved or CustomerState.Rejected;
}
