using Bunit;
using CcdBlazor.Components.Documents;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Products;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Documents;

/// <summary>Real customers, products and papers on one database.</summary>
public sealed class UpgradeWorld : IAsyncLifetime
{
    private static int ordinal;
    private string connection = "";

    internal ServiceProvider Services { get; private set; } = default!;

    internal StaffActor Clerk { get; } = Staff("王芳", Permission.EditCustomers, Permission.CollectDocuments);

    internal StaffActor Onlooker { get; } = Staff("李强", Permission.ViewAllCustomers);

    internal StaffActor Stranger { get; } = Staff("赵敏", Permission.EditCustomers);

    internal RulesUpgrade Upgrade => Services.GetRequiredService<RulesUpgrade>();

    internal ProductService Products => Services.GetRequiredService<ProductService>();

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        var ring = KeyRings.With("one");
        Services = new ServiceCollection().AddLogging().AddData(connection)
            .AddSingleton(new FieldCipher(ring)).AddSingleton(new FieldHash(ring))
            .AddStaff().AddProducts().AddCustomers().AddDocuments().BuildServiceProvider();
        await SchemaForTests.EnsureAsync(Services);
        await using var db = await DbAsync();
        foreach (var person in new[] { Clerk, Onlooker, Stranger })
            db.Add(new StaffMember
            {
                Id = person.StaffId, UserName = person.StaffId.ToString("N"), NormalizedUserName = person.StaffId.ToString("N").ToUpperInvariant(),
                Name = person.Name, CreatedAt = DateTimeOffset.UnixEpoch,
            });
        await db.SaveChangesAsync();
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
    }

    internal Task<CcdDbContext> DbAsync() => Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    internal async Task<ProductRow> GivenProductAsync(params string[] types)
    {
        var code = $"p_{Interlocked.Increment(ref ordinal)}";
        var id = (await Products.OfferAsync(new ProductDraft(code, $"产品{code}", null, 1), ProductHouse.Rules(types), ProductHouse.Editor, default)).Value;
        return await ProductAsync(id);
    }

    internal async Task<ProductRow> ProductAsync(Guid id) =>
        (await Services.GetRequiredService<ProductQueries>().ListAsync(onlyActive: false, default)).Single(p => p.Id == id);

    internal async Task PublishAsync(ProductRow product, params string[] types)
    {
        var now = await ProductAsync(product.Id);
        Assert.True((await Products.PublishAsync(product.Id, ProductHouse.Rules(types), "新规定", now.Version, ProductHouse.Editor, default)).Ok);
    }

    internal async Task<Guid> GivenCustomerAsync(params ProductRow[] products)
    {
        var draft = new CustomerDraft
        {
            Name = "张三",
            Phones = [MobilePhone.SyntheticAt(Interlocked.Increment(ref ordinal)).Value],
            Loans = [.. products.Select(p => new LoanDraft { ProductId = p.Id, Amount = 50_000 })],
        };
        var created = await Services.GetRequiredService<CustomerService>().CreateAsync(draft, Clerk, default);
        Assert.True(created.Ok, created.Refusal?.Text);
        return created.Value;
    }

    /// <summary>Hands a picture in for an item, as a finished upload does.</summary>
    internal async Task<Guid> GivenPaperAsync(Guid customer, string item)
    {
        var (file, sha) = (Guid.CreateVersion7(), Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"));
        await using (var db = await DbAsync())
        {
            db.Add(new StoredBlob { Sha = sha, Location = sha, Bytes = 9, KeyId = "one", WrappedKey = [], CreatedAt = DateTimeOffset.UnixEpoch });
            db.Add(new StoredFile
            {
                Id = file, Sha = sha, Bytes = 9, Kind = ContentKind.Jpeg, MediaType = "image/jpeg", FileName = $"{item}.jpg", CreatedAt = DateTimeOffset.UnixEpoch,
            });
            await db.SaveChangesAsync();
        }

        var accepted = await Services.GetRequiredService<DocumentService>().AcceptAsync(
            Clerk, new UploadedFile(Guid.NewGuid(), file, customer, item, null, $"{item}.jpg", 9, new MediaFacts(ContentKind.Jpeg, 10, 10, 1, 1)), default);
        Assert.True(accepted.Ok, accepted.Refusal?.Text);
        return accepted.Value;
    }

    internal async Task<Customer> ReadAsync(Guid customer)
    {
        await using var db = await DbAsync();
        return await db.Customers.AsNoTracking().Include(c => c.Loans).SingleAsync(c => c.Id == customer);
    }

    internal async Task<List<string>> AuditAsync(Guid customer)
    {
        await using var db = await DbAsync();
        return await db.AuditEntries.Where(e => e.CustomerId == customer).OrderBy(e => e.Seq).Select(e => e.Action).ToListAsync();
    }

    private static StaffActor Staff(string name, params Permission[] may) => new(Guid.CreateVersion7(), name, null, may.ToHashSet(), new HashSet<Guid>());
}

public sealed class RulesUpgradeTests(UpgradeWorld world) : BunitContext, IClassFixture<UpgradeWorld>
{
    /// <summary>Shared machines are slow; the condition decides, not the clock.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_preview_says_what_changes_what_is_missing_then_and_which_papers_lose_their_line()
    {
        var product = await world.GivenProductAsync("id_card_front", "bank_card");
        var customer = await world.GivenCustomerAsync(product);
        await world.GivenPaperAsync(customer, "id_card_front");
        var losing = await world.GivenPaperAsync(customer, "bank_card");
        await world.PublishAsync(product, "id_card_front", "credit_report");

        var preview = await world.Upgrade.PreviewAsync(customer, world.Clerk, default);

        var loan = Assert.Single(preview!.Loans);
        Assert.Equal((product.Name, 1, 2, "新规定"), (loan.ProductName, loan.FromNumber, loan.ToNumber, loan.Note));
        Assert.Equal(["新增“征信报告”：必交，1 至 5 份", "取消“本人银行卡”，已上传的文件会保留"], loan.Differences.Select(d => d.Text));
        Assert.Equal((100, 50, true, false), (preview.PercentBefore, preview.PercentAfter, preview.CompleteBefore, preview.CompleteAfter));
        Assert.Equal(["缺少征信报告"], preview.NewlyMissing);
        Assert.Equal([new LosingDocument(losing, "bank_card.jpg", "本人银行卡")], preview.Losing);
        Assert.Null(preview.WhyNot);
        // Nothing moved by looking.
        Assert.Equal(product.CurrentVersionId, Assert.Single((await world.ReadAsync(customer)).Loans).RulesVersionId);
    }

    [Fact]
    public async Task Applying_moves_the_customer_and_the_state_follows_in_the_same_commit()
    {
        var product = await world.GivenProductAsync("id_card_front");
        var customer = await world.GivenCustomerAsync(product);
        await world.GivenPaperAsync(customer, "id_card_front");
        Assert.Equal(CustomerState.Complete, (await world.ReadAsync(customer)).State);
        await world.PublishAsync(product, "id_card_front", "credit_report");
        var preview = await world.Upgrade.PreviewAsync(customer, world.Clerk, default);
        var heard = 0;
        using var listening = world.Services.GetRequiredService<ChangeFeed>().Subscribe(CustomerTopics.One(customer), _ => Interlocked.Increment(ref heard));

        var applied = await world.Upgrade.ApplyAsync(customer, preview!.Steps, world.Clerk, default);

        Assert.True(applied.Ok, applied.Refusal?.Text);
        var after = await world.ReadAsync(customer);
        Assert.Equal((await world.ProductAsync(product.Id)).CurrentVersionId, Assert.Single(after.Loans).RulesVersionId);
        Assert.Equal((CustomerState.Collecting, (short)50, 1), (after.State, after.CompletenessPercent, after.MissingCount));
        Assert.True(heard > 0);
        Assert.Equal(["file.incompleted", "customer.rules_upgraded"], (await world.AuditAsync(customer)).TakeLast(2));
        Assert.Null(await world.Upgrade.PreviewAsync(customer, world.Clerk, default));
        Assert.Equal(RulesUpgradeRefusals.NothingNewer, (await world.Upgrade.ApplyAsync(customer, preview.Steps, world.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task Without_newer_rules_there_is_no_preview()
    {
        var product = await world.GivenProductAsync("id_card_front");
        Assert.Null(await world.Upgrade.PreviewAsync(await world.GivenCustomerAsync(product), world.Clerk, default));
        Assert.Null(await world.Upgrade.PreviewAsync(await world.GivenCustomerAsync(), world.Clerk, default));
    }

    [Fact]
    public async Task A_customer_of_somebody_else_is_not_found()
    {
        var (customer, steps) = await GivenNewerAsync();
        Assert.Null(await world.Upgrade.PreviewAsync(customer, world.Stranger, default));
        Assert.Equal(CommonRefusals.NotFound, (await world.Upgrade.ApplyAsync(customer, steps, world.Stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await world.Upgrade.ApplyAsync(Guid.NewGuid(), steps, world.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task Who_may_not_edit_sees_the_preview_and_is_refused()
    {
        var (customer, steps) = await GivenNewerAsync();
        Assert.Equal(CommonRefusals.Forbidden, (await world.Upgrade.PreviewAsync(customer, world.Onlooker, default))!.WhyNot);
        Assert.Equal(CommonRefusals.Forbidden, (await world.Upgrade.ApplyAsync(customer, steps, world.Onlooker, default)).Refusal);
        Assert.NotNull(await world.Upgrade.PreviewAsync(customer, world.Clerk, default));
    }

    [Fact]
    public async Task A_file_in_review_keeps_its_rules()
    {
        var (customer, steps) = await GivenNewerAsync();
        await using (var db = await world.DbAsync())
        await using (var work = await db.BeginAsync(default))
        {
            var locked = await CustomerLocks.LockAsync(db, customer, new SystemActor("test"), default);
            var submitted = locked!.Move(CustomerMove.SubmitForReview, new SystemActor("test"), null, new CompletenessReport(100, true, true, [], [], [], 0, []), TimeProvider.System.GetUtcNow());
            Assert.True(submitted.Ok, submitted.Refusal?.Text);
            Assert.True((await db.TrySaveAsync(default)).Ok);
            await work.CommitAsync(default);
        }

        var refusal = (await world.Upgrade.ApplyAsync(customer, steps, world.Clerk, default)).Refusal;

        Assert.Equal(CustomerRefusals.ChecklistFixed(CustomerState.InReview).Code, refusal?.Code);
        Assert.Equal(refusal?.Code, (await world.Upgrade.PreviewAsync(customer, world.Clerk, default))!.WhyNot?.Code);
        Assert.Equal(steps[0].FromVersionId, (await world.ReadAsync(customer)).Loans[0].RulesVersionId);
    }

    [Fact]
    public async Task A_version_that_came_after_the_preview_has_to_be_looked_at_first()
    {
        var product = await world.GivenProductAsync("id_card_front");
        var customer = await world.GivenCustomerAsync(product);
        await world.PublishAsync(product, "id_card_front", "credit_report");
        var steps = (await world.Upgrade.PreviewAsync(customer, world.Clerk, default))!.Steps;
        await world.PublishAsync(product, "id_card_front", "bank_card");

        Assert.Equal(RulesUpgradeRefusals.PreviewStale, (await world.Upgrade.ApplyAsync(customer, steps, world.Clerk, default)).Refusal);

        Assert.Equal(product.CurrentVersionId, (await world.ReadAsync(customer)).Loans[0].RulesVersionId);
        Assert.DoesNotContain("customer.rules_upgraded", await world.AuditAsync(customer));
    }

    [Fact]
    public async Task Of_two_who_apply_at_once_one_does_it()
    {
        var (customer, steps) = await GivenNewerAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => world.Upgrade.ApplyAsync(customer, steps, world.Clerk, default))));

        Assert.Single(outcomes, o => o.Ok);
        Assert.Single(await world.AuditAsync(customer), "customer.rules_upgraded");
    }

    [Fact]
    public async Task All_loans_move_together_and_only_those_with_newer_rules()
    {
        var (moved, same, alsoMoved) = (await world.GivenProductAsync("id_card_front"), await world.GivenProductAsync("bank_card"), await world.GivenProductAsync("credit_report"));
        var customer = await world.GivenCustomerAsync(moved, same, alsoMoved);
        await world.PublishAsync(moved, "id_card_front", "id_card_back");
        await world.PublishAsync(alsoMoved, "credit_report", "bank_card");
        var preview = await world.Upgrade.PreviewAsync(customer, world.Clerk, default);
        Assert.Equal([moved.Id, alsoMoved.Id], preview!.Steps.Select(s => s.ProductId));
        // The bank card was asked for already, by another product.
        Assert.Equal(["缺少身份证反面"], preview.NewlyMissing);

        Assert.True((await world.Upgrade.ApplyAsync(customer, preview.Steps, world.Clerk, default)).Ok);

        var versions = (await world.ReadAsync(customer)).Loans.ToDictionary(l => l.ProductId, l => l.RulesVersionId);
        Assert.Equal(same.CurrentVersionId, versions[same.Id]);
        Assert.Equal((await world.ProductAsync(moved.Id)).CurrentVersionId, versions[moved.Id]);
        Assert.Equal((await world.ProductAsync(alsoMoved.Id)).CurrentVersionId, versions[alsoMoved.Id]);
    }

    [Fact]
    public async Task The_panel_appears_with_the_new_version_and_goes_when_it_is_applied()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton(world.Upgrade);
        var product = await world.GivenProductAsync("id_card_front");
        var customer = await world.GivenCustomerAsync(product);
        var told = 0;
        using var watch = world.Services.GetRequiredService<SharedFileReads>().Watch(customer, _ => told++);
        async Task<IReadOnlyList<NewerRules>> NewerAsync() => (await watch.ReadAsync(world.Clerk, default))!.NewerRules;
        var panel = Render<RulesUpgradePanel>(p => p.Add(x => x.CustomerId, customer).Add(x => x.Actor, world.Clerk));
        Assert.Empty(await NewerAsync());
        Assert.Empty(panel.Markup.Trim());

        await world.PublishAsync(product, "id_card_front", "credit_report");
        Assert.Equal(1, told);
        var newer = await NewerAsync();
        Assert.Equal((1, 2), (newer[0].FromNumber, newer[0].ToNumber));
        panel.Render(p => p.Add(x => x.Newer, newer));
        Assert.Contains("产品清单有新版本", panel.Markup, StringComparison.Ordinal);
        panel.Find("#rules-upgrade-open").Click();
        await panel.WaitForAssertionAsync(() => Assert.Contains("缺少征信报告", panel.Find(".drawer").TextContent, StringComparison.Ordinal), Patience);
        panel.Find("#rules-upgrade-apply").Click();

        await panel.WaitForAssertionAsync(() => Assert.Empty(panel.FindAll(".drawer")), Patience);
        Assert.NotEqual(product.CurrentVersionId, (await world.ReadAsync(customer)).Loans[0].RulesVersionId);
        Assert.Empty(newer = await NewerAsync());
        panel.Render(p => p.Add(x => x.Newer, newer));
        Assert.Empty(panel.Markup.Trim());
    }

    private async Task<(Guid Customer, IReadOnlyList<RulesStep> Steps)> GivenNewerAsync()
    {
        var product = await world.GivenProductAsync("id_card_front");
        var customer = await world.GivenCustomerAsync(product);
        await world.GivenPaperAsync(customer, "id_card_front");
        await world.PublishAsync(product, "id_card_front", "credit_report");
        return (customer, (await world.Upgrade.PreviewAsync(customer, world.Clerk, default))!.Steps);
    }
}
