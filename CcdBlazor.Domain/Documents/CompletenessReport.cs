using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Domain.Documents;

/// <summary>What the completeness check needs to know about one document.</summary>
/// <param name="ItemCode">Code of the rule that it was uploaded for.</param>
public readonly record struct DocumentFact(Guid Id, string ItemCode, DocumentState State);

/// <summary>Where one line of the checklist stands for one customer.</summary>
public enum ItemState
{
    /// <summary>The rule's condition does not hold for this customer.</summary>
    NotNeeded,
    /// <summary>May be given and was not, or another paper of its group is enough already.</summary>
    Optional,
    /// <summary>Needed, nothing there.</summary>
    Missing,
    /// <summary>Some good files, fewer than asked for.</summary>
    Partial,
    /// <summary>Enough good files, not all of the asked number accepted yet.</summary>
    Uploaded,
    /// <summary>As many files as asked for are accepted.</summary>
    Accepted,
    /// <summary>A file was returned and not replaced, and the good ones are not enough.</summary>
    Returned,
}

/// <summary>One line of the checklist for one customer.</summary>
/// <param name="Needed">Must be given, alone or as one of its group.</param>
/// <param name="Counted">Good files: uploaded or accepted.</param>
/// <param name="CanUploadMore">The rule applies and there is room below its largest number of files.</param>
/// <param name="Reason">Chinese: what is missing, was returned, or why nothing is needed; null when there is nothing to say.</param>
public sealed record ItemReport(ChecklistRule Rule, ItemState State, bool Needed, int Counted, int AcceptedCount, int ReturnedCount, bool CanUploadMore, string? Reason)
{
    /// <summary>Good files that wait for the reviewer.</summary>
    public int WaitingCount => Counted - AcceptedCount;
}

/// <summary>How complete a customer's file is.</summary>
/// <param name="Percent">0 to 100; 100 exactly when nothing is missing.</param>
/// <param name="Complete">Every needed line has as many good files as asked for.</param>
/// <param name="AllAccepted">Every needed line has as many accepted files as asked for.</param>
/// <param name="Missing">Everything that is missing, in the order of the checklist, a group once.</param>
/// <param name="NotAccepted">Everything that stands between this file and its approval: what is missing, and what no reviewer accepted yet.</param>
/// <param name="Waiting">Good files that wait for the reviewer, over all lines that apply.</param>
/// <param name="Unplaced">Good documents whose line is no longer in the checklist (after a move to another version), sorted.</param>
public sealed record CompletenessReport(
    int Percent,
    bool Complete,
    bool AllAccepted,
    IReadOnlyList<ItemReport> Items,
    IReadOnlyList<Missing> Missing,
    IReadOnlyList<Missing> NotAccepted,
    int Waiting,
    IReadOnlyList<Guid> Unplaced) : FileStanding(Percent, Complete, AllAccepted, Missing, NotAccepted)
{
    public ItemReport? Find(string itemCode) => Items.FirstOrDefault(item => item.Rule.Code == itemCode);
}
