using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Tests.Products;

public class ShippedProductsTests
{
    public static TheoryData<string> Codes() => [.. ShippedProducts.All.Select(product => product.Code)];

    [Fact]
    public void The_six_products_are_shipped() => Assert.Equal(
        ["个人信用贷款", "工薪贷", "汽车贷款", "房产抵押贷款", "企业经营贷", "税票贷"], ShippedProducts.All.Select(product => product.Name));

    [Fact]
    public void The_nine_preset_types_are_there_in_order() => Assert.Equal(
        ["身份证正面", "身份证反面", "收入证明", "银行流水", "房产证明", "征信报告", "户口本", "结婚证", "其他资料"],
        DocumentTypes.All.Where(type => type.Preset).Select(type => type.Name));

    [Fact]
    public void Codes_of_types_and_facts_are_unique()
    {
        Assert.Equal(DocumentTypes.All.Count, DocumentTypes.All.Select(type => type.Code).Distinct().Count());
        Assert.Equal(CustomerFacts.All.Count, CustomerFacts.All.Select(fact => fact.Code).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_shipped_checklist_is_valid_and_explains_itself(string code)
    {
        var product = ShippedProducts.Find(code)!;

        Assert.Empty(product.Rules.Validate());
        Assert.InRange(product.Rules.Items.Count, 10, 25);
        Assert.All(product.Rules.Items, rule => Assert.False(string.IsNullOrWhiteSpace(rule.Help), rule.Code));
        Assert.Contains(product.Rules.Items, rule => rule.TypeCode == "credit_authorization");
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_shipped_checklist_survives_storing(string code)
    {
        var rules = ShippedProducts.Find(code)!.Rules;

        Assert.Equal(rules.Items, ChecklistRules.FromJson(rules.ToJson()).Items);
    }

    [Fact]
    public void Groups_with_the_same_code_have_the_same_members_everywhere()
    {
        var groups = ShippedProducts.All.SelectMany(product => product.Rules.Items
            .Where(rule => rule.GroupCode is not null)
            .GroupBy(rule => rule.GroupCode)
            .Select(group => (group.Key, Members: string.Join(' ', group.Select(rule => rule.Code)))));

        Assert.All(groups.GroupBy(group => group.Key), same => Assert.Single(same.Select(group => group.Members).Distinct()));
    }

    [Fact]
    public void Any_two_shipped_products_merge_into_a_valid_checklist()
    {
        foreach (var one in ShippedProducts.All)
        {
            foreach (var other in ShippedProducts.All)
                Assert.Empty(ChecklistRules.Merge([one.Rules, other.Rules]).Validate());
        }
    }

    [Fact]
    public void A_married_employee_is_asked_for_other_papers_than_a_single_trader()
    {
        var rules = ShippedProducts.Find("personal_credit")!.Rules;

        var employee = Asked(rules, CustomerFacts.Married, CustomerFacts.Salaried);
        var trader = Asked(rules, CustomerFacts.Single, CustomerFacts.SelfEmployed);

        Assert.Contains("缺少结婚证", employee);
        Assert.Contains("还差 2 份配偶身份证（至少 2 份，已有 0 份）", employee);
        Assert.Contains("以下任选一项：收入证明、社保/公积金缴存证明", employee);
        Assert.Contains("缺少单身声明", trader);
        Assert.Contains("缺少营业执照", trader);
        Assert.Contains("以下任选一项：纳税申报表、购销合同", trader);
        Assert.DoesNotContain(trader, text => text.Contains("配偶", StringComparison.Ordinal));
    }

    private static List<string> Asked(ChecklistRules rules, params string[] facts) =>
        [.. Completeness.Of(rules, facts.ToHashSet(), []).Missing.Select(missing => missing.Text)];
}
