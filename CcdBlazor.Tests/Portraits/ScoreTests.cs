using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Domain.Portraits.Scoring;

namespace CcdBlazor.Tests.Portraits;

public sealed class ScoreTests
{
    [Theory]
    [InlineData(13, 0, 13, ScoreClass.A, false)]
    [InlineData(12, 5, 7, ScoreClass.B, false)]
    [InlineData(10, 5, 5, ScoreClass.B, false)]
    [InlineData(9, 4, 5, ScoreClass.C, false)]
    [InlineData(7, 3, 4, ScoreClass.C, false)]
    [InlineData(6, 3, 3, ScoreClass.D, false)]
    [InlineData(4, 2, 2, ScoreClass.D, false)]
    [InlineData(3, 1, 2, ScoreClass.E, false)]
    [InlineData(0, 0, 0, ScoreClass.E, false)]
    // One class up when needs match at least hobbies + 2.
    [InlineData(2, 2, 0, ScoreClass.D, true)]
    [InlineData(8, 5, 3, ScoreClass.B, true)]
    [InlineData(8, 4, 4, ScoreClass.C, false)]
    [InlineData(14, 8, 6, ScoreClass.A, false)]
    public void The_default_profile_is_the_businesss(int score, int needs, int hobbies, ScoreClass expected, bool lifted)
    {
        var found = Score(needs, hobbies);
        Assert.Equal((score, expected, lifted), ((int)found.Score, found.Class, found.Lifted));
    }

    [Fact]
    public void Each_factor_says_what_matched()
    {
        var book = new ScoreBook([Manager("李经理", ["购房", "装修"], ["钓鱼"])], new ScoreRules());
        var found = book.Explain(Customer(["购房", "教育"], ["钓鱼", "登山"]), 0);
        Assert.Equal(["需求相符 1 项：购房", "爱好相同 1 项：钓鱼"], found.Factors.Select(f => f.Text));
        Assert.Equal(found.Score, found.Factors.Sum(f => f.Points));
    }

    [Fact]
    public void The_quick_score_is_the_explained_one_for_every_setting()
    {
        var random = new Random(7);
        var words = Traits.OfferedNeeds.Take(12).ToArray();
        var hobbies = Traits.OfferedHobbies.Take(12).ToArray();
        string[] Some(string[] of) => [.. of.Where(_ => random.Next(3) == 0)];
        for (var round = 0; round < 300; round++)
        {
            var rules = new ScoreRules
            {
                Measure = (ScoreMeasure)random.Next(2), Needs = random.Next(4), Hobbies = random.Next(4), Interest = random.Next(3), Region = random.Next(5), Language = random.Next(5), Level = random.Next(5),
                LanguageRule = (RuleStrength)random.Next(3), RegionRule = (RuleStrength)random.Next(3), LiftMargin = random.Next(4),
            };
            var manager = Manager("某经理", Some(words), Some(hobbies), Some([.. Traits.LanguageChoices.Select(l => l.Code)]), Some(["11", "31", "33"]), (ManagerLevel)random.Next(4));
            var customer = new PortraitVector(
                Guid.NewGuid(), new Dictionary<string, double>(),
                new Dictionary<string, string> { [Traits.Region] = random.Next(2) == 0 ? "31" : "44", [Traits.ValueClass] = $"v{random.Next(1, 5)}" },
                new Dictionary<string, IReadOnlyList<string>>
                {
                    [Traits.Needs] = Some(words), [Traits.Hobbies] = Some(hobbies), [Traits.Interest] = Some(words), [Traits.Languages] = Some([.. Traits.LanguageChoices.Select(l => l.Code)]),
                });
            var book = new ScoreBook([manager], rules);
            var subject = book.Prepare(customer);
            var explained = book.Explain(customer, 0);
            if (book.Score(subject, 0) is not { } quick)
            {
                Assert.NotNull(explained.Excluded);
                continue;
            }

            Assert.Null(explained.Excluded);
            Assert.Equal(explained.Score, quick, 9);
            Assert.Equal(explained.Class, book.ClassOf(subject, 0, quick));
        }
    }

    [Fact]
    public void No_common_language_excludes_a_pair_when_the_rule_is_hard_and_costs_points_when_it_is_soft()
    {
        var (manager, customer) = (Manager("李经理", [], [], ["zh"]), Customer([], [], "id"));
        Assert.Equal("没有共同语言", new ScoreBook([manager], new ScoreRules { LanguageRule = RuleStrength.Hard }).Explain(customer, 0).Excluded);
        Assert.Equal(-5, new ScoreBook([manager], new ScoreRules { LanguageRule = RuleStrength.Soft }).Explain(customer, 0).Score);
        Assert.Equal(0, new ScoreBook([manager], new ScoreRules { LanguageRule = RuleStrength.Off }).Explain(customer, 0).Score);
    }

    [Fact]
    public void What_is_unknown_of_a_customer_excludes_nobody()
    {
        var rules = new ScoreRules { LanguageRule = RuleStrength.Hard, RegionRule = RuleStrength.Hard };
        Assert.Null(new ScoreBook([Manager("李经理", [], [], ["ja"], ["31"])], rules).Explain(Customer([], []), 0).Excluded);
    }

    private static PairScore Score(int needs, int hobbies)
    {
        string[] words = [.. Enumerable.Range(0, 20).Select(i => $"词{i}")];
        var book = new ScoreBook([Manager("李经理", words, words)], new ScoreRules());
        return book.Explain(Customer([.. words.Take(needs)], [.. words.Take(hobbies)]), 0);
    }

    internal static ManagerRow Manager(
        string name, string[] capabilities, string[] hobbies, string[]? languages = null, string[]? regions = null, ManagerLevel level = ManagerLevel.Middle, int maximum = 50, int minimum = 0,
        bool noAutomatic = false, bool absent = false) =>
        new(Guid.CreateVersion7(), name, null, capabilities, hobbies, languages ?? [], regions ?? [], level, minimum, maximum, noAutomatic, null, null, null, 0, 0, absent, 0);

    internal static PortraitVector Customer(string[] needs, string[] hobbies, string? language = null, string? region = null) => new(
        Guid.CreateVersion7(), new Dictionary<string, double>(), region is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [Traits.Region] = region },
        new Dictionary<string, IReadOnlyList<string>> { [Traits.Needs] = needs, [Traits.Hobbies] = hobbies, [Traits.Languages] = language is null ? [] : [language] });
}
