namespace CcdBlazor.Domain.Satisfaction;

/// <summary>What a customer sees: the question about his decided file, and what he answered.</summary>
/// <param name="Approved">The decision was an approval; it may have been a refusal.</param>
/// <param name="Score">None: not answered yet.</param>
/// <param name="Open">True while an answer is taken or may be changed.</param>
/// <param name="Until">The last moment for that.</param>
public sealed record RatingQuestion(Guid DecisionId, DateTimeOffset DecidedAt, bool Approved, int? Score, string? Words, bool Open, DateTimeOffset Until);

/// <summary>What a customer said, as colleagues read it.</summary>
public sealed record RatingRow(Guid DecisionId, DateTimeOffset DecidedAt, bool Approved, int Score, string? Words, DateTimeOffset GivenAt, DateTimeOffset? ChangedAt, string By);

/// <summary>The ratings of a customer, newest first, and where the newest decision stands.</summary>
/// <param name="DecidedAt">Of the newest decision while the file is decided; none while it is open.</param>
/// <param name="AskedAt">When a message asked about that decision; none: it did not.</param>
/// <param name="Rated">The newest decision was rated.</param>
/// <param name="MayLink">The reader may make a link for the customer to rate by.</param>
public sealed record CustomerRatings(IReadOnlyList<RatingRow> Rows, DateTimeOffset? DecidedAt, DateTimeOffset? AskedAt, bool Rated, bool MayLink);

/// <summary>What pages listen to.</summary>
public static class SatisfactionTopics
{
    /// <summary>One customer was asked, or answered. Most changes of a customer are neither, and everybody who watches him would read for each of them.</summary>
    public static string One(Guid customerId) => $"satisfaction:{customerId:N}";
}
