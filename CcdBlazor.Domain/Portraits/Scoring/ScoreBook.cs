using System.Numerics;
using CcdBlazor.Domain.Portraits.Managers;

namespace CcdBlazor.Domain.Portraits.Scoring;

/// <summary>
/// Scores of customers against a fixed set of managers. Words become bits once (only words that a manager has can match), so that a million pairs cost a
/// fraction of a second; <see cref="Explain"/> says the same in words. Pure.
/// </summary>
public sealed class ScoreBook
{
    private readonly Dictionary<string, int> words = new(StringComparer.OrdinalIgnoreCase);
    private readonly Compiled[] managers;
    private readonly int length;

    public ScoreBook(IReadOnlyList<ManagerRow> managers, ScoreRules rules)
    {
        Managers = managers;
        Rules = rules;
        foreach (var word in managers.SelectMany(m => m.Capabilities.Concat(m.Hobbies)))
            words.TryAdd(word, words.Count);
        length = (words.Count + 63) / 64;
        this.managers = [.. managers.Select(m => new Compiled(
            Bits(m.Capabilities), Bits(m.Hobbies), LanguagesOf(m.Languages.Count == 0 ? ["zh"] : m.Languages), m.Regions.Count == 0 ? ulong.MaxValue : RegionsOf(m.Regions), (int)m.Level))];
    }

    public IReadOnlyList<ManagerRow> Managers { get; }

    public ScoreRules Rules { get; }

    /// <summary>A customer prepared for many comparisons.</summary>
    public Subject Prepare(PortraitVector customer)
    {
        var (needs, hobbies, interest) = (customer.TagsOf(Traits.Needs), customer.TagsOf(Traits.Hobbies), customer.TagsOf(Traits.Interest));
        return new Subject(
            Bits(needs), Bits(hobbies), Bits(interest), needs.Count, hobbies.Count, interest.Count, LanguagesOf(customer.TagsOf(Traits.Languages)),
            customer.Categories.TryGetValue(Traits.Region, out var region) ? RegionsOf([region]) : 0,
            customer.Categories.TryGetValue(Traits.ValueClass, out var value) ? ValueOf(value) : -1);
    }

    /// <summary>The score with broken soft rules taken off; none when a hard rule excludes the pair.</summary>
    public double? Score(Subject c, int manager)
    {
        var m = managers[manager];
        var score = Rules.Needs * Matched(Common(c.Needs, m.Capabilities), c.NeedsCount) + Rules.Hobbies * Matched(Common(c.Hobbies, m.Hobbies), c.HobbiesCount)
            + Rules.Interest * Matched(Common(c.Interest, m.Capabilities), c.InterestCount);
        if (c.Region != 0 && (c.Region & m.Regions) != 0)
            score += Rules.Region;
        if ((c.Languages & m.Languages & ~1UL) != 0)
            score += Rules.Language;
        if (c.Value >= 0)
            score += Rules.Level * LevelFit(c.Value, m.Level);
        if (StrangerByLanguage(c, m))
        {
            if (Rules.LanguageRule == RuleStrength.Hard)
                return null;
            if (Rules.LanguageRule == RuleStrength.Soft)
                score -= Rules.SoftPenalty;
        }

        if (StrangerByRegion(c, m))
        {
            if (Rules.RegionRule == RuleStrength.Hard)
                return null;
            if (Rules.RegionRule == RuleStrength.Soft)
                score -= Rules.SoftPenalty;
        }

        return score;
    }

    /// <summary>The class of a pair, as <see cref="Explain"/> finds it.</summary>
    public ScoreClass ClassOf(Subject c, int manager, double score) =>
        Rules.ClassOf(score, Common(c.Needs, managers[manager].Capabilities), Common(c.Hobbies, managers[manager].Hobbies), out _);

    /// <summary>The score in words, factor by factor.</summary>
    public PairScore Explain(PortraitVector customer, int manager)
    {
        var (c, m, row) = (Prepare(customer), managers[manager], Managers[manager]);
        var factors = new List<ScoreFactor>();
        var needs = Both(customer.TagsOf(Traits.Needs), row.Capabilities);
        var hobbies = Both(customer.TagsOf(Traits.Hobbies), row.Hobbies);
        var interest = Both(customer.TagsOf(Traits.Interest), row.Capabilities);
        AddTags(factors, "needs", "需求相符", needs, Rules.Needs, c.NeedsCount);
        AddTags(factors, "hobbies", "爱好相同", hobbies, Rules.Hobbies, c.HobbiesCount);
        AddTags(factors, "interest", "产品兴趣相符", interest, Rules.Interest, c.InterestCount);
        if (Rules.Region != 0 && c.Region != 0 && (c.Region & m.Regions) != 0)
            factors.Add(new("region", Rules.Region, $"负责{Regions.LabelOf(customer.Categories[Traits.Region])}地区"));
        if (Rules.Language != 0 && (c.Languages & m.Languages & ~1UL) != 0)
            factors.Add(new("language", Rules.Language, $"共同语言：{string.Join("、", Both(customer.TagsOf(Traits.Languages), row.Languages).Where(l => l != "zh").Select(LanguageLabel))}"));
        if (Rules.Level != 0 && c.Value >= 0)
            factors.Add(new("level", Rules.Level * LevelFit(c.Value, m.Level), $"{Traits.Find(Traits.ValueClass)!.LabelOf(customer.Categories[Traits.ValueClass])}客户与{row.Level.Label()}客户经理"));
        string? excluded = null;
        if (StrangerByLanguage(c, m))
            Break(Rules.LanguageRule, "language", "没有共同语言");
        if (StrangerByRegion(c, m))
            Break(Rules.RegionRule, "region", "客户不在其负责地区");
        var score = factors.Sum(f => f.Points);
        var found = Rules.ClassOf(score, needs.Count, hobbies.Count, out var lifted);
        return new PairScore(score, found, lifted, factors, excluded);

        void Break(RuleStrength rule, string code, string text)
        {
            if (rule == RuleStrength.Hard)
                excluded ??= text;
            if (rule == RuleStrength.Soft)
                factors.Add(new ScoreFactor(code, -Rules.SoftPenalty, text));
        }
    }

    /// <summary>A customer's words as bits.</summary>
    /// <param name="Region">0 when unknown.</param>
    /// <param name="Value">−1 when unknown.</param>
    public sealed record Subject(
        ulong[] Needs, ulong[] Hobbies, ulong[] Interest, int NeedsCount, int HobbiesCount, int InterestCount, ulong Languages, ulong Region, int Value);

    private sealed record Compiled(ulong[] Capabilities, ulong[] Hobbies, ulong Languages, ulong Regions, int Level);

    private static bool StrangerByLanguage(Subject c, Compiled m) => c.Languages != 0 && (c.Languages & m.Languages) == 0;

    private static bool StrangerByRegion(Subject c, Compiled m) => c.Region != 0 && (c.Region & m.Regions) == 0;

    private static double LevelFit(int value, int level) => 1 - (Math.Abs(value - level) / 3.0);

    private static string LanguageLabel(string code) => Traits.Find(Traits.Languages)!.LabelOf(code);

    private static List<string> Both(IReadOnlyList<string> one, IReadOnlyList<string> other) => [.. one.Where(w => other.Contains(w, StringComparer.OrdinalIgnoreCase))];

    private static int Common(ulong[] one, ulong[] other)
    {
        var count = 0;
        for (var i = 0; i < one.Length; i++)
            count += BitOperations.PopCount(one[i] & other[i]);
        return count;
    }

    private static ulong LanguagesOf(IEnumerable<string> codes) => Mask(codes, Traits.LanguageChoices);

    private static ulong RegionsOf(IEnumerable<string> codes) => Mask(codes, Regions.All);

    private static ulong Mask(IEnumerable<string> codes, IReadOnlyList<TraitChoice> all)
    {
        var mask = 0UL;
        foreach (var code in codes)
            for (var i = 0; i < all.Count; i++)
                if (all[i].Code == code)
                    mask |= 1UL << i;
        return mask;
    }

    private static int ValueOf(string code)
    {
        var choices = Traits.Find(Traits.ValueClass)!.Choices;
        for (var i = 0; i < choices.Count; i++)
            if (choices[i].Code == code)
                return i;
        return -1;
    }

    private double Matched(int common, int own) => Rules.Measure == ScoreMeasure.Count ? common : own == 0 ? 0 : 10.0 * common / own;

    private void AddTags(List<ScoreFactor> factors, string code, string title, List<string> both, double weight, int own)
    {
        if (both.Count > 0 && weight != 0)
            factors.Add(new ScoreFactor(code, weight * Matched(both.Count, own), $"{title} {both.Count} 项：{string.Join("、", both.Take(8))}{(both.Count > 8 ? "等" : "")}"));
    }

    private ulong[] Bits(IReadOnlyList<string> tags)
    {
        var bits = new ulong[length];
        foreach (var tag in tags)
            if (words.TryGetValue(tag, out var bit))
                bits[bit / 64] |= 1UL << (bit % 64);
        return bits;
    }
}
