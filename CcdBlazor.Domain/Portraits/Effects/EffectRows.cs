using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits.Assignment;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Domain.Portraits.Effects;

/// <summary>What figures are about. Without run and month: every counted run of the last twelve months.</summary>
/// <param name="Month">Of the approval in Shanghai, as <c>202611</c>.</param>
/// <param name="DepartmentId">With everything below it; one that the reader leads, unless he sees the figures of everybody.</param>
public sealed record EffectFilter(Guid? RunId = null, int? Month = null, Guid? DepartmentId = null);

/// <summary>Which customers of the figures a list shows.</summary>
public sealed record EffectListFilter(
    EffectFilter Of, EffectCohort? Cohort = null, EffectResult? Result = null, EffectExclusion? Exclusion = null, Guid? ManagerId = null, ScoreClass? Class = null, bool Rated = false);

/// <summary>Cases, summed.</summary>
/// <param name="Stars">Sum over those that were rated.</param>
public sealed record EffectSums(int Cases, int Approved, int Rejected, int Rated, int Stars)
{
    public static readonly EffectSums None = new(0, 0, 0, 0, 0);

    /// <summary>Counted in every denominator.</summary>
    public int Open => Cases - Approved - Rejected;

    public EffectShare Converted => new(Approved, Cases);

    public EffectShare Decided => new(Approved + Rejected, Cases);

    /// <summary>Of those that were decided.</summary>
    public EffectShare Answered => new(Rated, Approved + Rejected);

    /// <summary>None with fewer ratings than <paramref name="fewest"/>, or none at all.</summary>
    public double? MeanStars(int fewest) => Rated > 0 && Rated >= fewest ? (double)Stars / Rated : null;
}

/// <summary>A time to something, with those that have not arrived in it.</summary>
/// <param name="Cases">Under observation.</param>
/// <param name="MedianDays">Half of all arrived within so many days; none: that was not seen in the span.</param>
/// <param name="P90Days">Nine of ten.</param>
/// <param name="Thin">True when most arrived on days on which too few were under observation: then nothing is said.</param>
public sealed record EffectDuration(int Cases, int Reached, int? MedianDays, int? P90Days, bool Thin = false);

/// <summary>One of the three groups.</summary>
public sealed record CohortEffect(
    EffectCohort Cohort, EffectSums Sums, EffectDuration ToComplete, EffectDuration ToApproved, EffectDuration FromOpening, IReadOnlyList<(EffectExclusion Why, int Cases)> Excluded);

/// <summary>What became of the customers of one manager.</summary>
/// <param name="Name">None: the account is gone.</param>
/// <param name="Moved">Given to him by the runs.</param>
/// <param name="Stayed">His before, and left with him.</param>
public sealed record ManagerEffect(Guid ManagerId, string? Name, bool Disabled, EffectSums Moved, EffectSums Stayed, EffectSums Before);

/// <summary>Pairs of a class, those that the run made and those that it left together.</summary>
public sealed record ClassEffect(ScoreClass Class, EffectSums Sums);

/// <summary>The runs of a month.</summary>
/// <param name="Full">False: the span of some of its customers has not passed yet.</param>
public sealed record MonthEffect(int Month, int Runs, bool Full, EffectSums Moved, EffectSums Stayed, EffectSums Before);

/// <summary>A run that can be chosen.</summary>
/// <param name="Days">Days of the span that have passed.</param>
/// <param name="CountedAt">None: not counted yet.</param>
public sealed record EffectRunChoice(Guid Id, string Number, RunState State, DateTimeOffset At, int Month, bool OnlyOrphans, int? Span, int? Days, DateTimeOffset? CountedAt);

/// <summary>A department that the reader may narrow to.</summary>
public sealed record EffectDepartment(Guid Id, string Name);

/// <summary>Everything that the page shows.</summary>
/// <param name="Run">The chosen run.</param>
/// <param name="Runs">Applied runs of the last twelve months, newest first.</param>
/// <param name="Cohorts">In the order of <see cref="EffectCohort"/>; empty while nothing was counted.</param>
/// <param name="Against">Conversion of the moved against the staying.</param>
/// <param name="Earlier">The same against the span before.</param>
/// <param name="Fewest">Below this number there is no share.</param>
/// <param name="ListsOpen">False: the reader sees figures of customers that he may not open.</param>
/// <param name="OwnOnly">The figures are those of the reader's own customers.</param>
public sealed record EffectsView(
    EffectFilter Filter, EffectRunChoice? Run, IReadOnlyList<EffectRunChoice> Runs, IReadOnlyList<EffectDepartment> Departments, IReadOnlyList<CohortEffect> Cohorts, EffectDifference? Against,
    EffectDifference? Earlier, IReadOnlyList<ManagerEffect> Managers, IReadOnlyList<ClassEffect> Classes, IReadOnlyList<MonthEffect> Months, int Fewest, bool ListsOpen, bool OwnOnly)
{
    /// <summary>Conversion of the classes A and B against D and E: whether the score says something about the result.</summary>
    public EffectDifference? ScoreCheck => EffectDifference.Of(Both(ScoreClass.A, ScoreClass.B), Both(ScoreClass.D, ScoreClass.E), Fewest);

    public CohortEffect? Of(EffectCohort cohort) => Cohorts.FirstOrDefault(c => c.Cohort == cohort);

    /// <summary>The runs that the figures are about.</summary>
    public IEnumerable<EffectRunChoice> Shown => Runs.Where(r => Filter.RunId is { } run ? r.Id == run : Filter.Month is not { } month || r.Month == month);

    private EffectShare Both(ScoreClass one, ScoreClass other)
    {
        var sums = Classes.Where(c => c.Class == one || c.Class == other).Select(c => c.Sums).ToList();
        return new EffectShare(sums.Sum(s => s.Approved), sums.Sum(s => s.Cases));
    }
}

/// <summary>A customer behind a figure.</summary>
public sealed record EffectCaseRow(
    Guid CustomerId, string Number, string Name, string Run, EffectCohort Cohort, string? Manager, ScoreClass? Class, DateTimeOffset From, int Days, EffectResult Result, int? DecidedDay, int? CompleteDay,
    bool WasComplete, EffectExclusion Exclusion, int? Stars);

/// <summary>Words of the effects.</summary>
public static class EffectWords
{
    public static string Label(this EffectCohort cohort) => cohort switch
    {
        EffectCohort.Moved => "已更换负责人",
        EffectCohort.Stayed => "同期未更换",
        EffectCohort.Before => "分配前同样长的一段",
        _ => throw new ArgumentOutOfRangeException(nameof(cohort), cohort, null),
    };

    public static string Label(this EffectResult result) => result switch
    {
        EffectResult.Open => "未审结",
        EffectResult.Approved => "已通过",
        EffectResult.Rejected => "已拒绝",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };

    public static string Colour(this EffectResult result) => result switch
    {
        EffectResult.Open => "grey",
        EffectResult.Approved => "green",
        EffectResult.Rejected => "red",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };

    public static string Label(this EffectExclusion why) => why switch
    {
        EffectExclusion.Counted => "计入",
        EffectExclusion.Undone => "分配已撤销",
        EffectExclusion.DecidedBefore => "开始时已审结",
        EffectExclusion.ChangedHands => "审结前负责人又有变化",
        EffectExclusion.Deleted => "已删除",
        _ => throw new ArgumentOutOfRangeException(nameof(why), why, null),
    };
}

/// <summary>Refusals of the effects.</summary>
public static class EffectRefusals
{
    public static readonly Refusal DepartmentNotYours = new("effects.department", "没有找到这个部门，或您无权查看它的数字。", RefusalKind.NotFound);
    public static readonly Refusal RunNotCounted = new("effects.run", "没有找到这个方案，或它没有执行过。", RefusalKind.NotFound);
}
