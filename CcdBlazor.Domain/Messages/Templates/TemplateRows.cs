using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>What the list of templates is narrowed to; different kinds mean "and".</summary>
/// <param name="Search">Part of name or code.</param>
/// <param name="Waiting">Only those that wait for approval.</param>
public sealed record TemplateFilter(string? Search = null, MessageCategory? Category = null, MessageChannel? Channel = null, TemplateState? State = null, bool Waiting = false);

/// <summary>A template in the list.</summary>
/// <param name="ActiveVersion">Number of the version in use, or last in use; none before the first release.</param>
/// <param name="DraftVersion">Number of the version that is being written; none when there is none.</param>
/// <param name="Channels">Of the version in use, or else of the draft.</param>
/// <param name="Waiting">The draft waits for approval.</param>
/// <param name="Shipped">Came with the program, which sends through it: cannot be deleted.</param>
public sealed record TemplateRow(
    Guid Id, string Code, string Name, MessageCategory Category, TemplateState State, int? ActiveVersion, int? DraftVersion,
    IReadOnlyList<MessageChannel> Channels, bool Waiting, bool Shipped, DateTimeOffset ChangedAt, string ChangedBy);

/// <summary>A version of a template.</summary>
/// <param name="Released">It was in use at least once, so it never changes again.</param>
/// <param name="RejectedReason">Why a second person sent the draft back.</param>
public sealed record TemplateVersionRow(
    int Number, TemplateContent Content, string AuthorName, DateTimeOffset CreatedAt, bool Released, DateTimeOffset? SubmittedAt,
    string? ApprovedByName, DateTimeOffset? ApprovedAt, string? RejectedReason);

/// <summary>A template as its page shows it.</summary>
/// <param name="Versions">Newest first.</param>
/// <param name="Draft">The version that is being written; none when there is none.</param>
/// <param name="SecondPerson">A draft needs a second person's approval before it is used.</param>
/// <param name="MayApprove">This reader may approve the draft: holds the right and wrote nothing of it.</param>
/// <param name="Version">Row version for the next change.</param>
public sealed record TemplateDetail(
    Guid Id, string Code, string Name, MessageCategory Category, TemplateState State, int? ActiveVersion, bool Shipped,
    IReadOnlyList<TemplateVersionRow> Versions, TemplateVersionRow? Draft, bool SecondPerson, bool MayApprove, uint Version)
{
    /// <summary>What an editor starts from: the draft, or else the newest version.</summary>
    public TemplateVersionRow Newest => Versions[0];
}

/// <summary>A template that may be used now, for choosing one to send.</summary>
public sealed record TemplateChoice(Guid Id, string Code, string Name, MessageCategory Category, int Version, TemplateContent Content);
