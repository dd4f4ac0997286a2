using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Satisfaction;

/// <summary>
/// What a customer says about how his file was looked after: one to five stars and, if he likes, some words. One per decision on the file; a file that is
/// reopened and decided again may be rated again.
/// </summary>
internal sealed class SatisfactionRating
{
    /// <summary>The lowest and the highest number of stars.</summary>
    public const int Least = 1, Most = 5;

    public const int LongestWords = 500;

    /// <summary>So long after it was given a customer may change it.</summary>
    public static readonly TimeSpan ChangeableFor = TimeSpan.FromDays(7);

    /// <summary>So long after the decision a first answer is taken: later nobody remembers what it was about.</summary>
    public static readonly TimeSpan AskedFor = TimeSpan.FromDays(30);

    /// <summary>The approval or refusal of the file that it is about.</summary>
    public required Guid DecisionId { get; init; }

    public required Guid CustomerId { get; init; }

    public short Score { get; private set; }

    public string? Words { get; private set; }

    public required DateTimeOffset GivenAt { get; init; }

    /// <summary>When it was changed last; none: never.</summary>
    public DateTimeOffset? ChangedAt { get; private set; }

    /// <summary>The link or account by which it came, for the audit.</summary>
    public Guid? ById { get; private set; }

    public required string ByName { get; init; }

    public uint Version { get; private set; }

    public static SatisfactionRating Give(Guid decisionId, Guid customerId, RatingDraft draft, Actor by, DateTimeOffset now) => new()
    {
        DecisionId = decisionId, CustomerId = customerId, Score = (short)draft.Score, Words = Tidy(draft.Words), GivenAt = now, ById = by.Id, ByName = by.DisplayName,
    };

    /// <summary>True while <see cref="Change"/> is possible.</summary>
    public bool MayChange(DateTimeOffset now) => now - GivenAt <= ChangeableFor;

    /// <summary>Says something else. Refused after <see cref="ChangeableFor"/>.</summary>
    public Result Change(RatingDraft draft, Actor by, DateTimeOffset now)
    {
        if (!MayChange(now))
            return SatisfactionRefusals.Settled;
        (Score, Words, ChangedAt, ById) = ((short)draft.Score, Tidy(draft.Words), now, by.Id);
        return Result.Done;
    }

    /// <summary>True when the draft says what stands here already.</summary>
    public bool Says(RatingDraft draft) => Score == draft.Score && Words == Tidy(draft.Words);

    private static string? Tidy(string? words) => string.IsNullOrWhiteSpace(words) ? null : words.Trim();
}

/// <summary>That a customer was asked by a message how it was; or why he could not be. One per decision, so that nobody is asked twice.</summary>
internal sealed class SatisfactionRequest
{
    public required Guid DecisionId { get; init; }

    public required Guid CustomerId { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>None when there was nobody to send to, or the platform refused.</summary>
    public Guid? MessageId { get; init; }

    /// <summary>Stable code of why no message went out.</summary>
    public string? Why { get; init; }
}
