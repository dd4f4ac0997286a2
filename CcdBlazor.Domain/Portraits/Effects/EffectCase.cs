using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>Which of the three groups that are compared. The numbers are stored.</summary>
public enum EffectCohort
{
    /// <summary>Customers that the run gave to another manager.</summary>
    Moved = 1,
    /// <summary>Customers that were part of the run and stayed where they were, in the same span.</summary>
    Stayed = 2,
    /// <summary>Customers that were open one span before the run, followed up to the run.</summary>
    Before = 3,
}

/// <summary>Where a file stood at the end of the span. The numbers are stored.</summary>
public enum EffectResult
{
    /// <summary>Not decided, or reopened: counted, as not converted.</summary>
    Open = 0,
    Approved = 1,
    Rejected = 2,
}

/// <summary>Why a case is named and not counted. The numbers are stored.</summary>
public enum EffectExclusion
{
    Counted = 0,
    /// <summary>The run, or this change of it, was undone.</summary>
    Undone = 1,
    /// <summary>Decided already when the span began.</summary>
    DecidedBefore = 2,
    /// <summary>Changed hands (again) within the span and before a decision: it would belong to both sides. The same rule for all three groups.</summary>
    ChangedHands = 3,
    /// <summary>Put into the recycle bin within the span.</summary>
    Deleted = 4,
}

/// <summary>Which time a row of times is about. The numbers are stored.</summary>
internal enum EffectTimeline : short
{
    /// <summary>From the beginning of the span to the first complete file; files that were complete before are no part of it.</summary>
    ToComplete = 1,
    /// <summary>From the beginning of the span to the approval.</summary>
    ToApproved = 2,
    /// <summary>From the registration to the approval; customers are under observation from the age at which the span began.</summary>
    FromOpening = 3,
}

/// <summary>A customer in a group of a run. Written by <see cref="EffectsFold"/> only, from rows that others keep, and may be thrown away at any time.</summary>
internal sealed class EffectCase
{
    public required Guid RunId { get; init; }

    public required EffectCohort Cohort { get; init; }

    public required Guid CustomerId { get; init; }

    /// <summary>The customer's department when it was counted; the nil id for none.</summary>
    public required Guid DepartmentId { get; init; }

    /// <summary>Who looked after it in the span; the nil id for nobody.</summary>
    public required Guid ManagerId { get; init; }

    /// <summary>Of the pair as the run scored it; none where the pair did not come about.</summary>
    public ScoreClass? Class { get; init; }

    /// <summary>Beginning of the span.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Whole days that the case was observed: the span, or what has passed of it.</summary>
    public required short Days { get; init; }

    public required EffectExclusion Exclusion { get; init; }

    public required EffectResult Result { get; init; }

    /// <summary>Within how many days it was decided; none while it is open.</summary>
    public short? DecidedDay { get; init; }

    public required bool WasComplete { get; init; }

    /// <summary>Within how many days the file was complete for the first time.</summary>
    public short? CompleteDay { get; init; }

    /// <summary>Days since registration when the span began.</summary>
    public required int Age { get; init; }

    /// <summary>What the customer said about this decision.</summary>
    public short? Stars { get; init; }
}

/// <summary>Cases of a run, summed.</summary>
internal sealed class EffectCount
{
    public required Guid RunId { get; init; }

    public required EffectCohort Cohort { get; init; }

    public required Guid DepartmentId { get; init; }

    public required Guid ManagerId { get; init; }

    /// <summary>A letter, or a minus for none: a key holds no null.</summary>
    public required string Class { get; init; }

    public required EffectExclusion Exclusion { get; init; }

    public required int Cases { get; init; }

    public required int Approved { get; init; }

    public required int Rejected { get; init; }

    public required int Rated { get; init; }

    public required int Stars { get; init; }
}

/// <summary>How many cases came under observation, arrived, ended otherwise or were left open on a day.</summary>
internal sealed class EffectTime
{
    public required Guid RunId { get; init; }

    public required EffectCohort Cohort { get; init; }

    public required Guid DepartmentId { get; init; }

    public required EffectTimeline Timeline { get; init; }

    public required int Day { get; init; }

    public required int Entered { get; init; }

    public required int Reached { get; init; }

    public required int Ended { get; init; }

    public required int Open { get; init; }
}

/// <summary>That a run was counted, when, and how far its span has passed.</summary>
internal sealed class EffectRun
{
    public required Guid RunId { get; init; }

    /// <summary>When it was approved.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Month of that in Shanghai, as <c>202611</c>.</summary>
    public required int Month { get; init; }

    public required short Span { get; init; }

    /// <summary>Days of the span that have passed for all of its cases.</summary>
    public required short Days { get; init; }

    public required DateTimeOffset CountedAt { get; init; }
}
