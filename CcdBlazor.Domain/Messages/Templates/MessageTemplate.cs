namespace CcdBlazor.Domain.Messages.Templates;

/// <summary>Whether a template may be used. The numbers are stored.</summary>
public enum TemplateState : short
{
    Draft = 0,
    Active = 1,
    Inactive = 2,
}

/// <summary>A template; what it says stands in its versions. Messages keep the version they were accepted with.</summary>
internal sealed class MessageTemplate
{
    public Guid Id { get; init; }

    /// <summary>Stable word for callers: <c>document_request</c>.</summary>
    public required string Code { get; init; }

    public required string Name { get; set; }

    public required MessageCategory Category { get; set; }

    public TemplateState State { get; set; }

    /// <summary>The version that new messages use; none while it is only a draft.</summary>
    public int? ActiveVersion { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ChangedAt { get; set; }

    public DateTimeOffset? DeletedAt { get; set; }

    public uint Version { get; init; }
}

/// <summary>What a template says, in one version.</summary>
internal sealed class TemplateVersion
{
    public Guid Id { get; init; }

    public Guid TemplateId { get; init; }

    public int Number { get; init; }

    public required TemplateContent Content { get; set; }

    /// <summary>Who wrote on it last.</summary>
    public Guid? AuthorId { get; set; }

    public required string AuthorName { get; set; }

    /// <summary>Everybody who wrote on it: none of them may approve it.</summary>
    public Guid[] WrittenBy { get; set; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who released it, when a second person has to.</summary>
    public Guid? ApprovedById { get; set; }

    public string? ApprovedByName { get; set; }

    public DateTimeOffset? ApprovedAt { get; set; }

    /// <summary>Asked for approval at.</summary>
    public DateTimeOffset? SubmittedAt { get; set; }

    public string? RejectedReason { get; set; }

    /// <summary>Another text for a draft. What was asked or said about the text before no longer counts.</summary>
    public void Rewrite(TemplateContent content, Guid? authorId, string authorName)
    {
        Content = content;
        AuthorId = authorId;
        AuthorName = authorName;
        if (authorId is { } person && !WrittenBy.Contains(person))
            WrittenBy = [.. WrittenBy, person];
        SubmittedAt = null;
        RejectedReason = null;
    }
}
