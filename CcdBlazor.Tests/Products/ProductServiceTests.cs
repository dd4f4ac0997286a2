using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Products;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Products;

public sealed class ProductServiceTests(ProductHouse house) : IClassFixture<ProductHouse>
{
    private readonly ProductService products = house.Products;
    private readonly ProductQueries queries = house.Queries;

    [Fact]
    public async Task Publishing_makes_a_new_version_and_leaves_the_old_one_as_it_was()
    {
        var product = await house.GivenProductAsync();
        var before = (await queries.RulesAsync(product.CurrentVersionId, default))!.ToJson();

        var published = await products.PublishAsync(
            product.Id, ProductHouse.Rules("id_card_front", "bank_statement", "credit_report"), " 增加征信报告 ", product.Version, ProductHouse.Editor, default);

        Assert.True(published.Ok, published.Refusal?.Text);
        var now = await house.ReadAsync(product.Id);
        Assert.Equal(published.Value, now.CurrentVersionId);
        Assert.Equal(2, now.CurrentVersionNumber);
        var versions = await queries.VersionsAsync(product.Id, default);
        Assert.Equal([2, 1], versions.Select(v => v.Number));
        Assert.Equal(("增加征信报告", "王编辑"), (versions[0].Note, versions[0].PublishedByName));
        // Read by another program, which has nothing in memory.
        await using var other = house.AnotherNode();
        var fresh = other.GetRequiredService<ProductQueries>();
        Assert.Equal(before, (await fresh.RulesAsync(product.CurrentVersionId, default))!.ToJson());
        Assert.Equal(3, (await fresh.RulesAsync(now.CurrentVersionId, default))!.Items.Count);
        Assert.Equal(["product.created", "product.rules_published"], await house.AuditAsync(product.Id));
    }

    [Fact]
    public async Task The_second_of_two_editors_is_refused_and_the_first_stays()
    {
        var product = await house.GivenProductAsync();
        var first = await products.PublishAsync(product.Id, ProductHouse.Rules("credit_report"), null, product.Version, ProductHouse.Editor, default);

        var second = await products.PublishAsync(product.Id, ProductHouse.Rules("bank_card"), null, product.Version, ProductHouse.Editor, default);

        Assert.True(first.Ok);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, second.Refusal);
        Assert.Equal(first.Value, (await house.ReadAsync(product.Id)).CurrentVersionId);
        Assert.Equal(2, (await queries.VersionsAsync(product.Id, default)).Count);
    }

    [Fact]
    public async Task Of_many_who_publish_in_the_same_moment_one_wins()
    {
        var product = await house.GivenProductAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            products.PublishAsync(product.Id, ProductHouse.Rules("credit_report"), null, product.Version, ProductHouse.Editor, default))));

        Assert.Single(outcomes, o => o.Ok);
        Assert.All(outcomes.Where(o => !o.Ok), o => Assert.Equal(CommonRefusals.ChangedMeanwhile, o.Refusal));
        Assert.Equal([2, 1], (await queries.VersionsAsync(product.Id, default)).Select(v => v.Number));
    }

    [Fact]
    public async Task Describing_a_product_that_was_published_meanwhile_is_refused()
    {
        var product = await house.GivenProductAsync();
        await products.PublishAsync(product.Id, ProductHouse.Rules("credit_report"), null, product.Version, ProductHouse.Editor, default);

        var described = await products.DescribeAsync(product.Id, new ProductDraft(product.Code, "新名称", null, 1), product.Version, ProductHouse.Editor, default);

        Assert.Equal(CommonRefusals.ChangedMeanwhile, described.Refusal);
        Assert.Equal(product.Name, (await house.ReadAsync(product.Id)).Name);
    }

    [Fact]
    public async Task Without_the_permission_everything_is_forbidden_and_nothing_changes()
    {
        var product = await house.GivenProductAsync();
        var draft = new ProductDraft("forbidden", "名称", null, 1);
        Refusal?[] refusals =
        [
            (await products.OfferAsync(draft, ProductHouse.Rules("bank_card"), ProductHouse.Clerk, default)).Refusal,
            (await products.PublishAsync(product.Id, ProductHouse.Rules("bank_card"), null, product.Version, ProductHouse.Clerk, default)).Refusal,
            (await products.DescribeAsync(product.Id, draft, product.Version, ProductHouse.Clerk, default)).Refusal,
            (await products.SetActiveAsync(product.Id, false, product.Version, ProductHouse.Clerk, default)).Refusal,
            (await products.PublishAsync(product.Id, ProductHouse.Rules("bank_card"), null, product.Version, new LinkActor(Guid.NewGuid(), Guid.NewGuid()), default)).Refusal,
        ];

        Assert.All(refusals, r => Assert.Equal(CommonRefusals.Forbidden, r));
        Assert.Equal(product, await house.ReadAsync(product.Id));
        Assert.DoesNotContain(await queries.ListAsync(onlyActive: false, default), p => p.Code == "forbidden");
    }

    [Fact]
    public async Task Rules_that_are_wrong_are_refused_with_every_problem()
    {
        var product = await house.GivenProductAsync();
        ChecklistRules wrong = new(
        [
            new ChecklistRule { Code = "id_card_front", TypeCode = "id_card_front", MinFiles = 9, MaxFiles = 2 },
            new ChecklistRule { Code = "bank_card", TypeCode = "no_such_type", Formats = DocumentFormats.None },
        ]);

        var refusal = (await products.PublishAsync(product.Id, wrong, null, product.Version, ProductHouse.Editor, default)).Refusal;

        string?[] fields = [refusal!.Field, .. refusal.Others.Select(o => o.Field)];
        Assert.Equal<IEnumerable<string?>>(["Rules[id_card_front].MaxFiles", "Rules[bank_card].TypeCode", "Rules[bank_card].Formats"], fields);
        Assert.Equal(product, await house.ReadAsync(product.Id));
        Assert.Equal("checklist.no_rules", (await products.OfferAsync(new ProductDraft("empty", "空", null, 1), ChecklistRules.Empty, ProductHouse.Editor, default)).Refusal?.Code);
    }

    [Fact]
    public async Task A_code_that_is_taken_is_refused_at_its_field()
    {
        var product = await house.GivenProductAsync();

        var again = await products.OfferAsync(new ProductDraft(product.Code, "另一个", null, 1), ProductHouse.Rules("bank_card"), ProductHouse.Editor, default);

        Assert.Equal(LoanProductRefusals.CodeTaken, again.Refusal);
        Assert.Equal(nameof(ProductDraft.Code), again.Refusal!.Field);
    }

    [Theory]
    [InlineData("Big", "名称", "product.code")]
    [InlineData("has space", "名称", "product.code")]
    [InlineData("", "名称", "product.code")]
    [InlineData("fine", "  ", "product.name")]
    public async Task A_draft_without_shape_is_refused(string code, string name, string refusal) =>
        Assert.Equal(refusal, (await products.OfferAsync(new ProductDraft(code, name, null, 1), ProductHouse.Rules("bank_card"), ProductHouse.Editor, default)).Refusal?.Code);

    [Fact]
    public async Task An_inactive_product_leaves_the_offer_and_stays_in_the_list()
    {
        var product = await house.GivenProductAsync();

        var done = await products.SetActiveAsync(product.Id, false, product.Version, ProductHouse.Editor, default);

        Assert.True(done.Ok);
        Assert.DoesNotContain(await queries.ListAsync(onlyActive: true, default), p => p.Id == product.Id);
        var row = await house.ReadAsync(product.Id);
        Assert.False(row.Active);
        Assert.True((await products.SetActiveAsync(product.Id, true, row.Version, ProductHouse.Editor, default)).Ok);
        Assert.Equal(["product.created", "product.deactivated", "product.activated"], await house.AuditAsync(product.Id));
        Assert.All(["product.deactivated", "product.activated", "product.rules_published"], a => Assert.NotEqual(AuditWords.Of("product.unknown"), AuditWords.Of(a)));
    }

    [Fact]
    public async Task An_unknown_product_is_not_found()
    {
        Assert.Equal(CommonRefusals.NotFound, (await products.PublishAsync(Guid.NewGuid(), ProductHouse.Rules("bank_card"), null, 1, ProductHouse.Editor, default)).Refusal);
        Assert.Null(await queries.RulesAsync(Guid.NewGuid(), default));
        Assert.Empty(await queries.VersionsAsync(Guid.NewGuid(), default));
    }

    [Fact]
    public async Task Every_write_is_announced_once_it_is_committed_and_refused_ones_are_not()
    {
        var product = await house.GivenProductAsync();
        var heard = 0;
        using (house.Services.GetRequiredService<ChangeFeed>().Subscribe(ProductService.Topic, _ => heard++))
        {
            await products.PublishAsync(product.Id, ChecklistRules.Empty, null, product.Version, ProductHouse.Editor, default);
            await products.PublishAsync(product.Id, ProductHouse.Rules("bank_card"), null, product.Version + 1, ProductHouse.Editor, default);
            Assert.Equal(0, heard);
            await products.PublishAsync(product.Id, ProductHouse.Rules("bank_card"), null, product.Version, ProductHouse.Editor, default);
        }

        Assert.Equal(1, heard);
    }

    [Fact]
    public async Task A_merged_checklist_is_read_once_and_kept()
    {
        var one = await house.GivenProductAsync("id_card_front", "bank_statement");
        var other = await house.GivenProductAsync("bank_statement", "credit_report");
        await using var node = house.AnotherNode();
        var fresh = node.GetRequiredService<ProductQueries>();

        var merged = await fresh.MergedAsync([one.CurrentVersionId, other.CurrentVersionId], default);

        Assert.Equal(["bank_statement", "credit_report", "id_card_front"], merged.Items.Select(r => r.Code).Order());
        var again = fresh.MergedAsync([one.CurrentVersionId, other.CurrentVersionId], default);
        Assert.True(again.IsCompletedSuccessfully); // from memory, without the database
        Assert.Same(merged, await again);
        Assert.Same(await fresh.RulesAsync(one.CurrentVersionId, default), await fresh.MergedAsync([one.CurrentVersionId], default));
        Assert.Same(ChecklistRules.Empty, await fresh.MergedAsync([], default));
    }

    [Fact]
    public async Task Rules_come_back_from_the_database_as_they_were_published()
    {
        var product = await house.GivenProductAsync();
        ChecklistRules rules = new(
        [
            new ChecklistRule
            {
                Code = "income.a", TypeCode = "income_proof", Name = "收入“证明”", Need = Need.OneOfGroup, GroupCode = "income", GroupName = "收入",
                Condition = new FactCondition { AllOf = [CustomerFacts.Married], AnyOf = [CustomerFacts.Salaried, CustomerFacts.OwnsVehicle], NoneOf = [CustomerFacts.Company] },
                MinFiles = 2, MaxFiles = 7, Formats = DocumentFormats.Pdf | DocumentFormats.Xlsx, MaxBytes = 5_000_000, Help = "说明\n第二行",
                FreshDays = 30, Order = 10,
            },
            new ChecklistRule { Code = "income.b", TypeCode = "tax_returns", Need = Need.OneOfGroup, GroupCode = "income", GroupName = "收入", Order = 20 },
        ]);

        var version = (await products.PublishAsync(product.Id, rules, null, product.Version, ProductHouse.Editor, default)).Value;

        await using var other = house.AnotherNode();
        Assert.Equal(rules.Items, (await other.GetRequiredService<ProductQueries>().RulesAsync(version, default))!.Items);
    }
}
