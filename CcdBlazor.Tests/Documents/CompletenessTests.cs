using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Tests.Documents;

public class CompletenessTests
{
    private static readonly HashSet<string> NoFacts = [];

    [Fact]
    public void Nothing_needed_is_complete()
    {
        var report = Completeness.Of(new([Rule("other") with { Need = Need.Optional }]), NoFacts, []);

        Assert.Equal((100, true, true), (report.Percent, report.Complete, report.AllAccepted));
        Assert.Equal(ItemState.Optional, Assert.Single(report.Items).State);
    }

    [Fact]
    public void An_empty_file_misses_every_needed_line_in_order()
    {
        var report = Completeness.Of(new([Rule("id_card_front"), Rule("bank_statement") with { MinFiles = 2 }]), NoFacts, []);

        Assert.Equal(0, report.Percent);
        Assert.False(report.Complete);
        Assert.Equal(["缺少身份证正面", "还差 2 份银行流水（至少 2 份，已有 0 份）"], report.Missing.Select(missing => missing.Text));
    }

    [Fact]
    public void Half_of_the_files_count_half()
    {
        var report = Completeness.Of(new([Rule("bank_statement") with { MinFiles = 2 }]), NoFacts, [Doc("bank_statement")]);

        Assert.Equal(50, report.Percent);
        Assert.Equal(ItemState.Partial, report.Items[0].State);
        Assert.Equal("还差 1 份银行流水（至少 2 份，已有 1 份）", report.Missing[0].Text);
    }

    [Fact]
    public void The_percentage_is_rounded_down_and_never_reaches_100_early()
    {
        var report = Completeness.Of(new([Rule("bank_statement") with { MinFiles = 49, MaxFiles = 50 }, Rule("id_card_front"), Rule("id_card_back")]), NoFacts,
            [.. Enumerable.Range(0, 48).Select(_ => Doc("bank_statement")), Doc("id_card_front"), Doc("id_card_back")]);

        Assert.Equal(99, report.Percent);
        Assert.Single(report.Missing);
    }

    [Fact]
    public void Uploaded_is_complete_but_not_accepted()
    {
        var rules = new ChecklistRules([Rule("id_card_front")]);
        var uploaded = Completeness.Of(rules, NoFacts, [Doc("id_card_front")]);
        var accepted = Completeness.Of(rules, NoFacts, [Doc("id_card_front", DocumentState.Accepted)]);

        Assert.Equal((true, false, ItemState.Uploaded, 1), (uploaded.Complete, uploaded.AllAccepted, uploaded.Items[0].State, uploaded.Waiting));
        Assert.Equal("身份证正面还没有审核通过", Assert.Single(uploaded.NotAccepted).Text);
        Assert.Equal((true, true, ItemState.Accepted, 0), (accepted.Complete, accepted.AllAccepted, accepted.Items[0].State, accepted.Waiting));
        Assert.Empty(accepted.NotAccepted);
    }

    [Theory]
    [InlineData(DocumentState.Replaced, "缺少身份证反面", ItemState.Missing)]
    [InlineData(DocumentState.Withdrawn, "缺少身份证反面", ItemState.Missing)]
    [InlineData(DocumentState.Returned, "身份证反面被退回：需要重新上传", ItemState.Returned)]
    public void A_document_that_is_not_good_does_not_count(DocumentState state, string text, ItemState item)
    {
        var report = Completeness.Of(new([Rule("id_card_back")]), NoFacts, [Doc("id_card_back", state)]);

        Assert.Equal(text, Assert.Single(report.Missing).Text);
        Assert.Equal(item, report.Items[0].State);
        Assert.True(report.Items[0].CanUploadMore);
    }

    [Fact]
    public void A_returned_document_beside_enough_good_ones_leaves_the_line_satisfied_and_is_still_mentioned()
    {
        var report = Completeness.Of(new([Rule("bank_statement")]), NoFacts,
            [Doc("bank_statement", DocumentState.Returned), Doc("bank_statement", DocumentState.Accepted)]);

        Assert.Equal(ItemState.Accepted, report.Items[0].State);
        Assert.True(report.AllAccepted);
        Assert.Contains("被退回", report.Items[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_decides_whether_a_line_is_needed()
    {
        var rules = new ChecklistRules([Rule("spouse_id") with { Need = Need.Conditional, Condition = FactCondition.All(CustomerFacts.Married) }]);
        var married = Completeness.Of(rules, new HashSet<string> { CustomerFacts.Married }, []);
        var notMarried = Completeness.Of(rules, NoFacts, []);

        Assert.Equal((0, ItemState.Missing, true), (married.Percent, married.Items[0].State, married.Items[0].CanUploadMore));
        Assert.Equal((100, ItemState.NotNeeded, false), (notMarried.Percent, notMarried.Items[0].State, notMarried.Items[0].CanUploadMore));
        Assert.Equal("不需要：仅在已婚时提供", notMarried.Items[0].Reason);
    }

    [Fact]
    public void One_member_is_enough_for_its_group()
    {
        var rules = IncomeGroup();
        var open = Completeness.Of(rules, NoFacts, []);
        var done = Completeness.Of(rules, NoFacts, [Doc("social_insurance")]);

        Assert.Equal("以下任选一项：收入证明、社保/公积金缴存证明", Assert.Single(open.Missing).Text);
        Assert.Equal(0, open.Percent);
        Assert.Equal(100, done.Percent);
        Assert.Equal([ItemState.Optional, ItemState.Uploaded], done.Items.Select(item => item.State));
        Assert.Equal("收入证明材料还没有审核通过", Assert.Single(done.NotAccepted).Text);
    }

    [Fact]
    public void A_group_that_facts_narrow_to_one_asks_for_that_one_by_name()
    {
        var rules = new ChecklistRules([.. ShippedProducts.Find("personal_credit")!.Rules.Items.Where(rule => rule.GroupCode == "marital")]);
        var divorced = Completeness.Of(rules, new HashSet<string> { CustomerFacts.Divorced }, []);
        var unknown = Completeness.Of(rules, NoFacts, []);

        Assert.Equal("缺少离婚证明", Assert.Single(divorced.Missing).Text);
        Assert.Equal("以下任选一项：结婚证、离婚证明、单身声明", Assert.Single(unknown.Missing).Text);
    }

    [Fact]
    public void A_group_without_an_applicable_member_asks_for_nothing()
    {
        var never = FactCondition.All(CustomerFacts.Company);
        var rules = new ChecklistRules(IncomeGroup().Items.Select(rule => rule with { Condition = never }));

        Assert.True(Completeness.Of(rules, NoFacts, []).Complete);
    }

    [Fact]
    public void A_member_that_is_required_by_itself_stands_for_its_group()
    {
        var rules = ChecklistRules.Merge([IncomeGroup(), new([Rule("income_proof")])]);
        var report = Completeness.Of(rules, NoFacts, []);

        Assert.Equal("缺少收入证明", Assert.Single(report.Missing).Text);
        Assert.Equal([ItemState.Missing, ItemState.Optional], report.Items.Select(item => item.State));
        Assert.False(Completeness.Of(rules, NoFacts, [Doc("social_insurance")]).Complete);
    }

    [Fact]
    public void No_more_than_the_largest_number_of_files_may_be_added_and_returned_ones_leave_room()
    {
        var rules = new ChecklistRules([Rule("id_card_front") with { MaxFiles = 2 }]);

        Assert.False(Completeness.Of(rules, NoFacts, [Doc("id_card_front"), Doc("id_card_front")]).Items[0].CanUploadMore);
        Assert.True(Completeness.Of(rules, NoFacts, [Doc("id_card_front"), Doc("id_card_front", DocumentState.Returned)]).Items[0].CanUploadMore);
    }

    [Fact]
    public void Documents_whose_line_is_gone_are_listed_and_not_counted()
    {
        var stray = Doc("vanished");
        var report = Completeness.Of(new([Rule("id_card_front")]), NoFacts, [stray]);

        Assert.Equal(stray.Id, Assert.Single(report.Unplaced));
        Assert.Equal(0, report.Percent);
    }

    private static ChecklistRules IncomeGroup() => new(
    [
        Rule("income_proof") with { Need = Need.OneOfGroup, GroupCode = "income", GroupName = "收入证明材料" },
        Rule("social_insurance") with { Need = Need.OneOfGroup, GroupCode = "income", GroupName = "收入证明材料" },
    ]);

    private static ChecklistRule Rule(string type) => new() { Code = type, TypeCode = type };

    private static DocumentFact Doc(string code, DocumentState state = DocumentState.Uploaded) => new(Guid.NewGuid(), code, state);
}
