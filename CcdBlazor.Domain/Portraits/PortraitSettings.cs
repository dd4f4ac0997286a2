using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Portraits;

/// <summary>How matches of tags count.</summary>
public enum ScoreMeasure
{
    /// <summary>Each match is one (the default profile).</summary>
    Count,
    /// <summary>The share of the customer's own tags that match, times ten: customers with few tags count as much as those with many.</summary>
    Share,
}

/// <summary>How strictly a rule is meant.</summary>
public enum RuleStrength
{
    Off,
    /// <summary>Costs points.</summary>
    Soft,
    /// <summary>Excludes the pair.</summary>
    Hard,
}

/// <summary>
/// What an administrator may change about scores and assignments. The defaults are the default profile of the business: score = matches of needs + matches of
/// hobbies; A from 13, B from 10, C from 7, D from 4, else E; one class up when needs match at least hobbies + 2.
/// </summary>
public static class PortraitSettings
{
    private const string Score = "画像 · 匹配评分";
    private const string Assign = "画像 · 分配规则";

    public static readonly Setting<ScoreMeasure> Measure = new("portraits.score.measure", ScoreMeasure.Count)
    {
        Group = Score, Title = "相符的计法", Allowed = [(ScoreMeasure.Count, "按相符的个数"), (ScoreMeasure.Share, "按相符的比例（全部相符计 10）")],
        Description = "按个数时，标签多的客户得分高；按比例时，标签少的客户不吃亏。",
    };

    public static readonly Setting<double> Needs = Weight("needs", "需求权重", 1, "客户需求与客户经理专长每相符一项的得分。");
    public static readonly Setting<double> Hobbies = Weight("hobbies", "爱好权重", 1, "双方爱好每相符一项的得分。");
    public static readonly Setting<double> Interest = Weight("interest", "产品兴趣权重", 0, "客户感兴趣的产品出现在客户经理专长中，每相符一项的得分。");
    public static readonly Setting<double> Region = Weight("region", "地区得分", 0, "客户所在地区在客户经理的负责地区之内时加的分。");
    public static readonly Setting<double> Language = Weight("language", "语言得分", 0, "双方除普通话外还有共同语言时加的分。");
    public static readonly Setting<double> Level = Weight("level", "级别得分", 0, "客户价值等级与客户经理级别完全对应时加的分，相差越大加得越少。");

    public static readonly Setting<double> ClassA = Threshold("a", "A 级起分", 13);
    public static readonly Setting<double> ClassB = Threshold("b", "B 级起分", 10);
    public static readonly Setting<double> ClassC = Threshold("c", "C 级起分", 7);
    public static readonly Setting<double> ClassD = Threshold("d", "D 级起分", 4);

    public static readonly Setting<int> LiftMargin = new("portraits.score.lift_margin", 2)
    {
        Group = Score, Title = "升一级的差距", Unit = "项", Bounds = (0, 100), Description = "需求相符的项数比爱好相符的项数至少多这么多时，匹配等级上调一级。设为 100 即不再上调。",
    };

    public static readonly Setting<double> Sticky = new("portraits.assign.sticky", 3)
    {
        Group = Assign, Title = "保持现有关系", Unit = "分", Bounds = (0, 1000), Description = "换一位客户经理至少要多得这么多分才值得。调大后变动更少，设为 0 则只看匹配得分。",
    };

    public static readonly Setting<RuleStrength> LanguageRule = Rule("language_rule", "语言要求", RuleStrength.Soft, "客户经理与客户没有共同语言时怎么办。未填写语言的客户不受限制；未填写语言的客户经理按会普通话处理。");
    public static readonly Setting<RuleStrength> RegionRule = Rule("region_rule", "地区要求", RuleStrength.Off, "客户不在客户经理的负责地区之内时怎么办。未填写地区的客户和不限地区的客户经理不受限制。");

    public static readonly Setting<double> SoftPenalty = new("portraits.assign.soft_penalty", 5)
    {
        Group = Assign, Title = "不符合时扣分", Unit = "分", Bounds = (0, 1000), Description = "语言或地区要求为“尽量满足”时，每一项不符合扣的分。",
    };

    public static readonly Setting<bool> MoveFromAbsent = new("portraits.assign.move_from_absent", false)
    {
        Group = Assign, Title = "转出休假同事的客户", Description = "开启后，正在休假的客户经理名下的在办客户也参与分配；关闭时他们的客户留在原处。不参与自动分配的客户经理的客户总是留在原处。",
    };

    public static readonly IReadOnlyList<Setting> Scores = [Measure, Needs, Hobbies, Interest, Region, Language, Level, ClassA, ClassB, ClassC, ClassD, LiftMargin];

    public static readonly IReadOnlyList<Setting> All = [.. Scores, Sticky, LanguageRule, RegionRule, SoftPenalty, MoveFromAbsent];

    private static Setting<double> Weight(string name, string title, double fallback, string description) => new($"portraits.score.{name}", fallback)
    {
        Group = Score, Title = title, Unit = "分", Bounds = (0, 100), Description = description, Check = Finite,
    };

    private static Setting<double> Threshold(string name, string title, double fallback) => new($"portraits.score.class_{name}", fallback)
    {
        Group = Score, Title = title, Unit = "分", Bounds = (0, 10_000), Description = "匹配得分达到此值即为该等级；应从 A 到 D 依次降低，都达不到为 E 级。", Check = Finite,
    };

    private static Setting<RuleStrength> Rule(string name, string title, RuleStrength fallback, string description) => new($"portraits.assign.{name}", fallback)
    {
        Group = Assign, Title = title, Description = description,
        Allowed = [(RuleStrength.Off, "不作要求"), (RuleStrength.Soft, "尽量满足"), (RuleStrength.Hard, "必须满足")],
    };

    private static string? Finite(double value) => double.IsFinite(value) ? null : "请填写普通数字。";
}
