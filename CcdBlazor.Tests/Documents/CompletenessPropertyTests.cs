using System.Diagnostics;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;
using FsCheck;
using FsCheck.Fluent;

namespace CcdBlazor.Tests.Documents;

/// <summary>Rules that hold for every checklist, every set of facts and every pile of documents.</summary>
public class CompletenessPropertyTests
{
    private static readonly string[] Facts = [CustomerFacts.Married, CustomerFacts.SelfEmployed, CustomerFacts.OwnsProperty];
    private static readonly string[] Types = ["id_card_front", "id_card_back", "income_proof", "bank_statement", "property_proof", "credit_report"];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000);

    private static readonly Gen<FactCondition?> Conditions = Gen.Frequency(
        (3, Gen.Constant<FactCondition?>(null)),
        (1, Gen.Elements(Facts).Select(fact => (FactCondition?)FactCondition.All(fact))),
        (1, Gen.Elements(Facts).Select(fact => (FactCondition?)FactCondition.None(fact))),
        (1, Gen.SubListOf(Facts).Select(some => (FactCondition?)FactCondition.Any([.. some]))));

    private static readonly Gen<ChecklistRule> Rules =
        from need in Gen.Elements(Enum.GetValues<Need>())
        from grouped in Gen.Elements("a", "b", null)
        from condition in Conditions
        from min in Gen.Choose(1, 4)
        select new ChecklistRule
        {
            Code = "",
            TypeCode = "other",
            Need = need,
            GroupCode = grouped ?? (need == Need.OneOfGroup ? "a" : null),
            Condition = condition,
            MinFiles = min,
        };

    private static readonly Gen<DocumentFact> Documents =
        from code in Gen.Elements((string[])[.. Types, "gone"])
        from state in Gen.Elements(Enum.GetValues<DocumentState>())
        select new DocumentFact(Guid.NewGuid(), code, state);

    private static readonly Arbitrary<File> Files = (
        from lines in Gen.ArrayOf(Rules, Types.Length)
        from facts in Gen.SubListOf(Facts)
        from documents in Gen.ListOf(Documents)
        select new File(
            new ChecklistRules(lines.Select((line, i) => line with { Code = Types[i], TypeCode = Types[i] })),
            new HashSet<string>(facts),
            [.. documents])).ToArbitrary();

    [Fact]
    public void Complete_100_percent_and_nothing_missing_are_the_same() => Check.One(Many, Prop.ForAll(Files, file =>
    {
        var report = file.Report();
        return report.Percent is >= 0 and <= 100
            && report.Complete == (report.Percent == 100)
            && report.Complete == (report.Missing.Count == 0)
            && report.AllAccepted == (report.NotAccepted.Count == 0)
            && (!report.AllAccepted || report.Complete);
    }));

    [Fact]
    public void One_more_good_document_never_lowers_the_percentage() => Check.One(Many, Prop.ForAll(Files, file =>
        Types.All(code => new[] { DocumentState.Uploaded, DocumentState.Accepted }.All(state =>
            (file with { Documents = [.. file.Documents, new(Guid.NewGuid(), code, state)] }).Report().Percent >= file.Report().Percent))));

    [Fact]
    public void Accepting_a_document_changes_neither_percentage_nor_what_is_missing() => Check.One(Many, Prop.ForAll(Files, file =>
    {
        var accepted = file with
        {
            Documents = [.. file.Documents.Select(each => each.State == DocumentState.Uploaded ? each with { State = DocumentState.Accepted } : each)],
        };
        return accepted.Report().Percent == file.Report().Percent && accepted.Report().Missing.SequenceEqual(file.Report().Missing)
            && accepted.Report().AllAccepted == accepted.Report().Complete;
    }));

    [Fact]
    public void The_order_of_the_documents_does_not_matter() => Check.One(Many, Prop.ForAll(Files, file =>
    {
        var one = file.Report();
        var other = (file with { Documents = [.. file.Documents.Reverse()] }).Report();
        return one.Percent == other.Percent && one.Items.SequenceEqual(other.Items) && one.Missing.SequenceEqual(other.Missing)
            && one.NotAccepted.SequenceEqual(other.NotAccepted) && one.Unplaced.SequenceEqual(other.Unplaced);
    }));

    [Fact]
    public void Enough_accepted_documents_for_every_line_complete_every_file() => Check.One(Many, Prop.ForAll(Files, file =>
        (file with
        {
            Documents =
            [
                .. file.Rules.Items.SelectMany(rule => Enumerable.Range(0, rule.MinFiles)
                    .Select(_ => new DocumentFact(Guid.NewGuid(), rule.Code, DocumentState.Accepted))),
            ],
        }).Report() is { Percent: 100, AllAccepted: true }));

    [Fact]
    public void A_line_that_is_missing_something_says_so() => Check.One(Many, Prop.ForAll(Files, file =>
        file.Report().Items.All(item => item.State is ItemState.Uploaded or ItemState.Accepted or ItemState.Optional || item.Reason is not null)));

    [Fact]
    public void Fifty_customers_are_checked_in_well_under_a_millisecond_each()
    {
        var rules = ShippedProducts.Find("personal_credit")!.Rules;
        var facts = new HashSet<string> { CustomerFacts.Married, CustomerFacts.Salaried };
        DocumentFact[] documents =
        [
            .. Enumerable.Range(0, 20).Select(i => new DocumentFact(Guid.NewGuid(), rules.Items[i % rules.Items.Count].Code, (DocumentState)(i % 3))),
        ];
        for (var i = 0; i < 2000; i++)
            Completeness.Of(rules, facts, documents);

        // The best of several rounds: a shared machine may be busy, but the code cannot be faster than it is.
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < 50; i++)
                Completeness.Of(rules, facts, documents);
            var took = Stopwatch.GetElapsedTime(start);
            best = took < best ? took : best;
        }

        Assert.True(best < TimeSpan.FromMilliseconds(5), $"50 customers took {best.TotalMilliseconds} ms.");
    }

    public sealed record File(ChecklistRules Rules, IReadOnlySet<string> Facts, IReadOnlyList<DocumentFact> Documents)
    {
        public CompletenessReport Report() => Completeness.Of(Rules, Facts, Documents);

        public override string ToString() =>
            $"{Rules.ToJson()} facts [{string.Join(' ', Facts)}] documents [{string.Join(' ', Documents.Select(each => $"{each.ItemCode}:{each.State}"))}]";
    }
}
