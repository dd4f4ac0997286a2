using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Portraits.Scoring;

/// <summary>How well a pair fits. The order is the order of the letters.</summary>
public enum ScoreClass
{
    A,
    B,
    C,
    D,
    E,
}

/// <summary>The settings of scores and assignments at one moment (<see cref="PortraitSettings"/>), so that a run uses one set from beginning to end.</summary>
public sealed record ScoreRules
{
    public ScoreMeasure Measure { get; init; } = PortraitSettings.Measure.Default;

    public double Needs { get; init; } = PortraitSettings.Needs.Default;

    public double Hobbies { get; init; } = PortraitSettings.Hobbies.Default;

    public double Interest { get; init; } = PortraitSettings.Interest.Default;

    public double Region { get; init; } = PortraitSettings.Region.Default;

    public double Language { get; init; } = PortraitSettings.Language.Default;

    public double Level { get; init; } = PortraitSettings.Level.Default;

    public double ClassA { get; init; } = PortraitSettings.ClassA.Default;

    public double ClassB { get; init; } = PortraitSettings.ClassB.Default;

    public double ClassC { get; init; } = PortraitSettings.ClassC.Default;

    public double ClassD { get; init; } = PortraitSettings.ClassD.Default;

    public int LiftMargin { get; init; } = PortraitSettings.LiftMargin.Default;

    public double Sticky { get; init; } = PortraitSettings.Sticky.Default;

    public RuleStrength LanguageRule { get; init; } = PortraitSettings.LanguageRule.Default;

    public RuleStrength RegionRule { get; init; } = PortraitSettings.RegionRule.Default;

    public double SoftPenalty { get; init; } = PortraitSettings.SoftPenalty.Default;

    public bool MoveFromAbsent { get; init; } = PortraitSettings.MoveFromAbsent.Default;

    public static ScoreRules Of(SettingsReader settings) => new()
    {
        Measure = settings.Get(PortraitSettings.Measure),
        Needs = settings.Get(PortraitSettings.Needs),
        Hobbies = settings.Get(PortraitSettings.Hobbies),
        Interest = settings.Get(PortraitSettings.Interest),
        Region = settings.Get(PortraitSettings.Region),
        Language = settings.Get(PortraitSettings.Language),
        Level = settings.Get(PortraitSettings.Level),
        ClassA = settings.Get(PortraitSettings.ClassA),
        ClassB = settings.Get(PortraitSettings.ClassB),
        ClassC = settings.Get(PortraitSettings.ClassC),
        ClassD = settings.Get(PortraitSettings.ClassD),
        LiftMargin = settings.Get(PortraitSettings.LiftMargin),
        Sticky = settings.Get(PortraitSettings.Sticky),
        LanguageRule = settings.Get(PortraitSettings.LanguageRule),
        RegionRule = settings.Get(PortraitSettings.RegionRule),
        SoftPenalty = settings.Get(PortraitSettings.SoftPenalty),
        MoveFromAbsent = settings.Get(PortraitSettings.MoveFromAbsent),
    };

    /// <summary>The class of a score; one up (at most to A) when needs match at least hobbies plus the margin.</summary>
    public ScoreClass ClassOf(double score, int needs, int hobbies, out bool lifted)
    {
        var found = score >= ClassA ? ScoreClass.A : score >= ClassB ? ScoreClass.B : score >= ClassC ? ScoreClass.C : score >= ClassD ? ScoreClass.D : ScoreClass.E;
        // Nothing in common is no reason to be lifted, whatever the margin.
        lifted = found != ScoreClass.A && needs > 0 && needs >= hobbies + LiftMargin;
        return lifted ? found - 1 : found;
    }
}

/// <summary>One reason for a score.</summary>
/// <param name="Code">Stable: <c>needs</c>, <c>hobbies</c>, <c>interest</c>, <c>region</c>, <c>language</c>, <c>level</c>.</param>
/// <param name="Points">Added to the score; negative for a broken soft rule.</param>
/// <param name="Text">Chinese, with what matched.</param>
public sealed record ScoreFactor(string Code, double Points, string Text);

/// <summary>How well a customer and a manager fit, and why.</summary>
/// <param name="Lifted">The class was raised by one because needs match so much better than hobbies.</param>
/// <param name="Excluded">Chinese: which hard rule excludes the pair; none when it is permitted.</param>
public sealed record PairScore(double Score, ScoreClass Class, bool Lifted, IReadOnlyList<ScoreFactor> Factors, string? Excluded);
