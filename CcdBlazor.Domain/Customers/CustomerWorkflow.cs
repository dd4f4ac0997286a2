using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Customers;

/// <summary>What must be true of the documents for a move.</summary>
public enum CustomerMoveCondition
{
    None,
    /// <summary>Every needed line has enough good documents.</summary>
    FileComplete,
    FileIncomplete,
    /// <summary>Every needed line has enough accepted documents.</summary>
    AllAccepted,
    /// <summary>The words with which a reviewer sent the file back are all that is open; the move answers them.</summary>
    OnlyReturnOpen,
}

/// <summary>One allowed move.</summary>
/// <param name="Permission">Who may; null for moves of the program itself.</param>
/// <param name="NeedsReason">The actor must say why; customer or colleague reads it.</param>
/// <param name="Label">Chinese, the word on the button.</param>
/// <param name="Colour">Colour word of the button: blue for the next step, amber for going back, green and red for decisions.</param>
public sealed record CustomerTransition(
    CustomerState From,
    CustomerMove Move,
    CustomerState To,
    Permission? Permission,
    bool NeedsReason,
    CustomerMoveCondition Condition,
    string Label,
    string Colour)
{
    /// <summary>Only for a file that was sent back and not answered yet.</summary>
    public bool AnswersReturn => Condition == CustomerMoveCondition.OnlyReturnOpen;

    /// <summary>Only the program moves here, after the completeness check.</summary>
    public bool SystemOnly => Permission is null;
}

/// <summary>
/// The table of moves of a customer's file, and the only place that decides them. Pages draw what <see cref="AllowedMoves"/> gives;
/// services ask <see cref="Decide"/> again before they write. A file stays in review while single documents are returned: only
/// 退回补充 sends it back.
/// </summary>
public static class CustomerWorkflow
{
    /// <summary>Characters of a reason.</summary>
    public const int LongestReason = 500;

    public static IReadOnlyList<CustomerTransition> Table { get; } =
    [
        new(CustomerState.Collecting, CustomerMove.MarkComplete, CustomerState.Complete,
            null, NeedsReason: false, CustomerMoveCondition.FileComplete, "资料齐全", "amber"),
        new(CustomerState.Complete, CustomerMove.MarkIncomplete, CustomerState.Collecting,
            null, NeedsReason: false, CustomerMoveCondition.FileIncomplete, "资料不齐", "grey"),
        new(CustomerState.Complete, CustomerMove.SubmitForReview, CustomerState.InReview,
            Permission.CollectDocuments, NeedsReason: false, CustomerMoveCondition.FileComplete, "提交审核", "blue"),
        new(CustomerState.Collecting, CustomerMove.SubmitForReview, CustomerState.InReview,
            Permission.CollectDocuments, NeedsReason: true, CustomerMoveCondition.OnlyReturnOpen, "再次提交", "blue"),
        new(CustomerState.InReview, CustomerMove.ReturnForMore, CustomerState.Collecting,
            Permission.ReviewDocuments, NeedsReason: true, CustomerMoveCondition.None, "退回补充", "amber"),
        new(CustomerState.InReview, CustomerMove.Approve, CustomerState.Approved,
            Permission.ReviewDocuments, NeedsReason: false, CustomerMoveCondition.AllAccepted, "通过", "green"),
        new(CustomerState.InReview, CustomerMove.Reject, CustomerState.Rejected,
            Permission.ReviewDocuments, NeedsReason: true, CustomerMoveCondition.None, "拒绝", "red"),
        new(CustomerState.Approved, CustomerMove.Reopen, CustomerState.Collecting,
            Permission.ReopenFiles, NeedsReason: true, CustomerMoveCondition.None, "重新打开", "amber"),
        new(CustomerState.Rejected, CustomerMove.Reopen, CustomerState.Collecting,
            Permission.ReopenFiles, NeedsReason: true, CustomerMoveCondition.None, "重新打开", "amber"),
    ];

    public static CustomerTransition? Find(CustomerState from, CustomerMove move)
    {
        foreach (var row in Table)
        {
            if (row.From == from && row.Move == move)
                return row;
        }

        return null;
    }

    /// <summary>The moves that this actor may try from here, for buttons. Conditions on the documents are asked when the move is made.</summary>
    /// <param name="returnOpen">Sent back and not answered yet: only then is there something to submit again.</param>
    public static IReadOnlyList<CustomerTransition> AllowedMoves(CustomerState state, bool returnOpen, Actor by) =>
        [.. Table.Where(row => row.From == state && (returnOpen || !row.AnswersReturn) && MayMake(row, by))];

    /// <summary>Whether the move may be made now, and where it leads.</summary>
    /// <returns>
    /// The row of the table, or <see cref="CustomerRefusals.MoveNotAllowed"/>, <see cref="CommonRefusals.Forbidden"/>,
    /// <see cref="CustomerRefusals.ReasonMissing"/>, <see cref="CustomerRefusals.FileIncomplete"/>,
    /// <see cref="CustomerRefusals.NotAllAccepted"/>, <see cref="CustomerRefusals.FileIsComplete"/>.
    /// </returns>
    public static Result<CustomerTransition> Decide(CustomerState from, CustomerMove move, Actor by, string? reason, FileStanding file)
    {
        var row = Find(from, move);
        if (row is null || (row.AnswersReturn && !file.ReturnOpen))
            return CustomerRefusals.MoveNotAllowed(from, move);
        if (!MayMake(row, by))
            return CommonRefusals.Forbidden;
        if (row.NeedsReason && string.IsNullOrWhiteSpace(reason))
            return CustomerRefusals.ReasonMissing;
        if (reason?.Length > LongestReason)
            return CustomerRefusals.ReasonTooLong;

        return row.Condition switch
        {
            CustomerMoveCondition.FileComplete when !file.Complete => CustomerRefusals.FileIncomplete(file.Missing),
            CustomerMoveCondition.OnlyReturnOpen when file.Missing.Count > 1 => CustomerRefusals.FileIncomplete(file.Missing),
            CustomerMoveCondition.FileIncomplete when file.Complete => CustomerRefusals.FileIsComplete,
            CustomerMoveCondition.AllAccepted when !file.AllAccepted => CustomerRefusals.NotAllAccepted(file.NotAccepted),
            _ => row,
        };
    }

    /// <summary>The move that the completeness check makes by itself, if any: into 资料已齐全 and out of it.</summary>
    public static CustomerMove? AutomaticMove(CustomerState state, FileStanding file) => (state, file.Complete) switch
    {
        (CustomerState.Collecting, true) => CustomerMove.MarkComplete,
        (CustomerState.Complete, false) => CustomerMove.MarkIncomplete,
        _ => null,
    };

    /// <summary>The word on the button and in the timeline.</summary>
    public static string LabelOf(CustomerMove move) => Table.First(row => row.Move == move).Label;

    private static bool MayMake(CustomerTransition row, Actor by) =>
        row.Permission is { } permission ? by.May(permission) : by is SystemActor;
}
