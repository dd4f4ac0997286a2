using CcdBlazor.Domain.Products;

namespace CcdBlazor.Tests.Products;

public class ChecklistRulesTests
{
    private static readonly ChecklistRule Good = new() { Code = "income", TypeCode = "income_proof" };

    public static TheoryData<string, string> WrongRules()
    {
        var data = new TheoryData<string, string>();
        foreach (var (code, wrong) in Wrong)
            data.Add(code, new ChecklistRules([wrong]).ToJson());
        return data;
    }

    private static IEnumerable<(string Code, ChecklistRule Rule)> Wrong =>
    [
        ("checklist.code", Good with { Code = "" }),
        ("checklist.code", Good with { Code = "Income 1" }),
        ("checklist.unknown_type", Good with { TypeCode = "nothing" }),
        ("checklist.name_empty", Good with { Name = "  " }),
        ("checklist.name_too_long", Good with { Name = new string('长', 61) }),
        ("checklist.help_too_long", Good with { Help = new string('长', 501) }),
        ("checklist.min_files", Good with { MinFiles = 0 }),
        ("checklist.max_files", Good with { MaxFiles = 51 }),
        ("checklist.min_above_max", Good with { MinFiles = 3, MaxFiles = 2 }),
        ("checklist.no_formats", Good with { Formats = DocumentFormats.None }),
        ("checklist.max_bytes", Good with { MaxBytes = 1 }),
        ("checklist.fresh_days", Good with { FreshDays = 0 }),
        ("checklist.condition_missing", Good with { Need = Need.Conditional }),
        ("checklist.condition_missing", Good with { Need = Need.Conditional, Condition = new() }),
        ("checklist.unknown_fact", Good with { Condition = FactCondition.All("rich") }),
        ("checklist.condition_impossible", Good with { Condition = new() { AllOf = ["married"], NoneOf = ["married"] } }),
        ("checklist.group_missing", Good with { Need = Need.OneOfGroup }),
        ("checklist.group_of_one", Good with { Need = Need.OneOfGroup, GroupCode = "g" }),
    ];

    [Theory]
    [MemberData(nameof(WrongRules))]
    public void A_wrong_rule_is_refused_with_its_field(string code, string json)
    {
        var refusal = Assert.Single(ChecklistRules.FromJson(json).Validate());

        Assert.Equal(code, refusal.Code);
        Assert.StartsWith("Rules[", refusal.Field, StringComparison.Ordinal);
        Assert.DoesNotContain("checklist", refusal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_used_twice_and_an_empty_list_are_refused()
    {
        Assert.Equal("checklist.code_twice", Assert.Single(new ChecklistRules([Good, Good]).Validate()).Code);
        Assert.Equal(ProductRefusals.NoRules, ChecklistRules.Empty.Check().Refusal);
    }

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var refusal = new ChecklistRules([Good with { MinFiles = 0, FreshDays = 0 }, Good with { Code = "x", TypeCode = "?" }]).Check().Refusal!;

        Assert.Equal("checklist.min_files", refusal.Code);
        Assert.Equal(["checklist.fresh_days", "checklist.unknown_type"], refusal.Others.Select(other => other.Code));
    }

    [Fact]
    public void A_rule_without_a_name_takes_that_of_its_type()
    {
        Assert.Equal("收入证明", Good.Title);
        Assert.Equal("单位收入证明", (Good with { Name = "单位收入证明" }).Title);
    }

    [Fact]
    public void Stored_text_keeps_everything_and_stays_readable()
    {
        var rule = new ChecklistRule
        {
            Code = "a", TypeCode = "other", Name = "社保", Need = Need.OneOfGroup, GroupCode = "g", GroupName = "收入",
            Condition = new() { AllOf = ["married"], AnyOf = ["salaried", "self_employed"], NoneOf = ["company"], Or = FactCondition.All("single") },
            MinFiles = 2, MaxFiles = 7, Formats = DocumentFormats.Pdf | DocumentFormats.Xlsx, MaxBytes = 1_000_000, Help = "说明 <b>&",
            ExampleFileId = Guid.NewGuid(), FreshDays = 30, Order = 5,
        };
        var json = new ChecklistRules([rule]).ToJson();

        Assert.Equal(rule, Assert.Single(ChecklistRules.FromJson(json).Items));
        Assert.Contains("社保", json, StringComparison.Ordinal);
        Assert.Contains("\"OneOfGroup\"", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("married", false)]
    [InlineData("married salaried", true)]
    [InlineData("married self_employed", true)]
    [InlineData("married salaried company", false)]
    [InlineData("single company", true)]
    public void A_condition_asks_for_all_any_and_none_or_its_alternative(string facts, bool holds)
    {
        var condition = new FactCondition
        {
            AllOf = ["married"], AnyOf = ["salaried", "self_employed"], NoneOf = ["company"], Or = FactCondition.All("single"),
        };

        Assert.Equal(holds, condition.Holds(facts.Split(' ').ToHashSet()));
        Assert.Equal("已婚且（受薪或自雇/个体经营）且非企业客户，或单身（未婚或丧偶）", condition.InWords());
    }

    [Fact]
    public void Differences_between_versions_are_told_in_words()
    {
        var older = new ChecklistRules([Good, Good with { Code = "gone", TypeCode = "household_register" }, Good with { Code = "same", TypeCode = "other" }]);
        var newer = new ChecklistRules(
        [
            Good with { MinFiles = 2, Need = Need.Conditional, Condition = FactCondition.All("salaried"), MaxBytes = 5 * 1024 * 1024, FreshDays = 30, Help = "新" },
            Good with { Code = "bank", TypeCode = "bank_statement", MinFiles = 2 },
            Good with { Code = "same", TypeCode = "other", Order = 3 },
        ]);

        Assert.Equal(
            [
                "“收入证明”：要求由“必交”改为“必交（受薪时）”",
                "“收入证明”：最少份数由“1”改为“2”",
                "“收入证明”：单个文件上限由“20 MB”改为“5 MB”",
                "“收入证明”：开具时间由“不限”改为“30 天内”",
                "“收入证明”：说明有更新",
                "新增“银行流水”：必交，2 至 5 份",
                "取消“户口本”，已上传的文件会保留",
            ],
            ChecklistRules.Compare(older, newer).Select(difference => difference.Text));
        Assert.Empty(ChecklistRules.Compare(newer, newer));
    }

    [Fact]
    public void Merging_takes_the_stricter_of_each()
    {
        var one = Good with { Need = Need.Optional, MinFiles = 1, MaxFiles = 9, MaxBytes = 9_000_000, Formats = DocumentFormats.PicturesAndPdf, FreshDays = 60 };
        var two = Good with { Need = Need.Required, MinFiles = 2, MaxFiles = 4, MaxBytes = 5_000_000, Formats = DocumentFormats.Pdf | DocumentFormats.Xlsx, FreshDays = 30 };

        foreach (var order in new[] { (one, two), (two, one) })
        {
            var merged = Assert.Single(ChecklistRules.Merge([new([order.Item1]), new([order.Item2])]).Items);

            Assert.Equal((Need.Required, 2, 9, 5_000_000L, DocumentFormats.Pdf, 30),
                (merged.Need, merged.MinFiles, merged.MaxFiles, merged.MaxBytes, merged.Formats, merged.FreshDays));
        }
    }

    [Fact]
    public void Merging_formats_that_exclude_each_other_keeps_the_first() => Assert.Equal(
        DocumentFormats.Pdf,
        Assert.Single(ChecklistRules.Merge([new([Good with { Formats = DocumentFormats.Pdf }]), new([Good with { Formats = DocumentFormats.Jpg }])]).Items).Formats);

    [Fact]
    public void Merging_two_conditions_needs_the_paper_when_either_holds()
    {
        var one = Good with { Need = Need.Conditional, Condition = FactCondition.All("married") };
        var two = Good with { Need = Need.Conditional, Condition = FactCondition.All("salaried") };
        var merged = Assert.Single(ChecklistRules.Merge([new([one]), new([two]), new([one])]).Items);

        Assert.Equal("已婚，或受薪", merged.Condition!.InWords());
        Assert.True(merged.AppliesTo(new HashSet<string> { "salaried" }));
        Assert.False(merged.AppliesTo(new HashSet<string> { "company" }));
        Assert.Null(Assert.Single(ChecklistRules.Merge([new([one]), new([Good])]).Items).Condition);
    }

    [Fact]
    public void Merging_the_same_code_of_another_type_keeps_both_apart()
    {
        var merged = ChecklistRules.Merge([new([Good]), new([Good with { TypeCode = "bank_statement" }]), new([Good with { TypeCode = "bank_statement", MinFiles = 2 }])]);

        Assert.Equal(["income", "income.bank_statement"], merged.Items.Select(rule => rule.Code));
        Assert.Equal(2, merged.Items[1].MinFiles);
    }

    [Fact]
    public void Formats_are_told_in_words_and_as_extensions()
    {
        Assert.Equal("JPG、PNG、WEBP、PDF", DocumentFormats.PicturesAndPdf.InWords());
        Assert.Equal(["jpg", "jpeg", "pdf"], (DocumentFormats.Jpg | DocumentFormats.Pdf).Extensions());
        Assert.All(DocumentFormats.Any.Extensions(), extension => Assert.True(DocumentFormats.Any.HasFlag(DocumentFormatWords.FromExtension(extension))));
        Assert.Equal(DocumentFormats.None, DocumentFormatWords.FromExtension("exe"));
    }
}
