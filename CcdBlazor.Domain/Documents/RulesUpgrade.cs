using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Products;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Domain.Documents;

/// <summary>From which version of a product's rules to which.</summary>
public sealed record RulesStep(Guid ProductId, Guid FromVersionId, Guid ToVersionId);

/// <summary>One loan whose product has newer rules than the customer's.</summary>
/// <param name="Differences">In words; empty when only the order changed.</param>
public sealed record LoanUpgrade(RulesStep Step, string ProductName, int FromNumber, int ToNumber, string? Note, IReadOnlyList<ChecklistDifference> Differences);

/// <summary>A document that no line of the newer checklist asks for. It is kept, and counts for nothing.</summary>
public sealed record LosingDocument(Guid DocumentId, string FileName, string ItemTitle);

/// <summary>What moving a customer to the newer rules would change.</summary>
/// <param name="NewlyMissing">What is missing afterwards and was not before, in words.</param>
/// <param name="WhyNot">Why it cannot be done now, or by this actor; null when it can.</param>
public sealed record RulesUpgradePreview(
    IReadOnlyList<LoanUpgrade> Loans,
    int PercentBefore,
    int PercentAfter,
    bool CompleteBefore,
    bool CompleteAfter,
    IReadOnlyList<string> NewlyMissing,
    IReadOnlyList<LosingDocument> Losing,
    Refusal? WhyNot)
{
    /// <summary>What the preview was about; handed back when it is applied.</summary>
    public IReadOnlyList<RulesStep> Steps => [.. Loans.Select(loan => loan.Step)];
}

public static class RulesUpgradeRefusals
{
    public static readonly Refusal NothingNewer = new("rules_upgrade.nothing_newer", "资料清单已经是最新版本。", RefusalKind.Conflict);
    public static readonly Refusal PreviewStale = new("rules_upgrade.preview_stale", "产品清单或客户的产品刚刚有变化，请重新核对后再更新。", RefusalKind.Conflict);
}

/// <summary>
/// Moves a customer from the rules that were chosen at the start to the newest ones, after a look at what that changes. All loans move together:
/// their rules are one checklist.
/// </summary>
public sealed class RulesUpgrade
{
    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly ProductQueries products;
    private readonly TimeProvider clock;

    internal RulesUpgrade(IDbContextFactory<CcdDbContext> contexts, ProductQueries products, TimeProvider clock)
    {
        this.contexts = contexts;
        this.products = products;
        this.clock = clock;
    }

    /// <summary>What would change; null when nothing is newer, or the customer is not visible to the actor.</summary>
    public async Task<RulesUpgradePreview?> PreviewAsync(Guid customerId, Actor by, CancellationToken ct)
    {
        await using var db = await contexts.CreateDbContextAsync(ct);
        var customer = await db.Customers.AsNoTracking().Include(c => c.Loans).VisibleTo(by).SingleOrDefaultAsync(c => c.Id == customerId, ct);
        if (customer is null)
            return null;
        var steps = await StepsAsync(customer, ct);
        if (steps.Count == 0)
            return null;

        var documents = await db.Documents.AsNoTracking().Where(d => d.CustomerId == customerId)
            .Select(d => new { d.Id, d.ItemCode, d.FileName, d.State }).ToListAsync(ct);
        List<DocumentFact> papers = documents.ConvertAll(d => new DocumentFact(d.Id, d.ItemCode, d.State));
        var facts = customer.Facts.ToHashSet();
        var target = steps.ToDictionary(step => step.ProductId, step => step.ToVersionId);
        var loans = customer.Loans.OrderBy(l => l.Position).ToList();
        var oldRules = await products.MergedAsync([.. loans.Select(l => l.RulesVersionId)], ct);
        var newRules = await products.MergedAsync([.. loans.Select(l => target.GetValueOrDefault(l.ProductId, l.RulesVersionId))], ct);
        var before = Completeness.Of(oldRules, facts, papers, customer.ReturnNote);
        var after = Completeness.Of(newRules, facts, papers, customer.ReturnNote);

        return new RulesUpgradePreview(
            await DescribeAsync(steps, ct),
            before.Percent,
            after.Percent,
            before.Complete,
            after.Complete,
            [.. after.Missing.Select(m => m.Text).Except(before.Missing.Select(m => m.Text))],
            [.. after.Unplaced.Except(before.Unplaced).Select(id => documents.Find(d => d.Id == id)!)
                .Select(d => new LosingDocument(d.Id, d.FileName, oldRules.Find(d.ItemCode)?.Title ?? d.ItemCode))],
            WhyNot(customer, by));
    }

    /// <summary>
    /// Applies what was previewed. Refusals: not found, forbidden without <see cref="Permission.EditCustomers"/>, checklist fixed while in
    /// review or decided, and <see cref="RulesUpgradeRefusals.PreviewStale"/> when the world is no longer as it was previewed.
    /// </summary>
    public async Task<Result> ApplyAsync(Guid customerId, IReadOnlyList<RulesStep> expected, Actor by, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(ct);
        await using var work = await db.BeginAsync(ct);
        if (await CustomerLocks.LockAsync(db, customerId, by, ct) is not { } customer)
            return CommonRefusals.NotFound;
        if (WhyNot(customer, by) is { } refusal)
            return refusal;
        var steps = await StepsAsync(customer, ct);
        if (steps.Count == 0)
            return RulesUpgradeRefusals.NothingNewer;
        if (!steps.ToHashSet().SetEquals(expected))
            return RulesUpgradeRefusals.PreviewStale;

        var before = customer.CompletenessPercent;
        foreach (var step in steps)
        {
            var used = customer.UseRules(step.ProductId, step.ToVersionId, now);
            if (!used.Ok)
                return used;
        }

        var report = (await CustomerFile.OfAsync(db, products, customer, ct)).Settle(now);
        var loans = await DescribeAsync(steps, ct);
        db.Audit(by, now, "customer.rules_upgraded", new AuditSubject("customer", customerId, customerId),
            new { Versions = loans.Select(l => new { l.ProductName, Number = l.FromNumber }), Percent = before },
            new { Versions = loans.Select(l => new { l.ProductName, Number = l.ToNumber }), report.Percent });
        var saved = await db.TrySaveAsync(ct);
        if (saved.Ok)
            await work.CommitAsync(ct);
        return saved;
    }

    private static Refusal? WhyNot(Customer customer, Actor by) =>
        !by.May(Permission.EditCustomers) ? CommonRefusals.Forbidden
        : customer.ChecklistIsOpen ? null
        : CustomerRefusals.ChecklistFixed(customer.State);

    private async Task<List<RulesStep>> StepsAsync(Customer customer, CancellationToken ct)
    {
        if (customer.Loans.Count == 0)
            return [];
        var newest = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => p.CurrentVersionId);
        return
        [
            .. customer.Loans.OrderBy(l => l.Position)
                .Where(l => newest.TryGetValue(l.ProductId, out var version) && version != l.RulesVersionId)
                .Select(l => new RulesStep(l.ProductId, l.RulesVersionId, newest[l.ProductId])),
        ];
    }

    private async Task<IReadOnlyList<LoanUpgrade>> DescribeAsync(IReadOnlyList<RulesStep> steps, CancellationToken ct)
    {
        var names = (await products.ListAsync(onlyActive: false, ct)).ToDictionary(p => p.Id, p => p.Name);
        var described = new List<LoanUpgrade>();
        foreach (var step in steps)
        {
            var versions = (await products.VersionsAsync(step.ProductId, ct)).ToDictionary(v => v.Id);
            var (from, to) = (versions[step.FromVersionId], versions[step.ToVersionId]);
            var older = await products.RulesAsync(from.Id, ct) ?? ChecklistRules.Empty;
            var newer = await products.RulesAsync(to.Id, ct) ?? ChecklistRules.Empty;
            described.Add(new LoanUpgrade(step, names[step.ProductId], from.Number, to.Number, to.Note, ChecklistRules.Compare(older, newer)));
        }

        return described;
    }
}
