using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Satisfaction;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Files;
using CcdBlazor.Tests.Customers;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Documents;

/// <summary>
/// A house with all features of the Domain on a real database and a real file store, in which customers' files are brought into any state through the
/// services. By itself for service tests; on the database and folder of a running program for tests over HTTP.
/// </summary>
public sealed class GivenFile : IAsyncLifetime
{
    /// <summary>Of every account made here.</summary>
    internal const string Password = "Right-Horse-77";

    /// <summary>The lines of <see cref="Product"/>: one photo, two or three pages, something that only married people bring, and an extra.</summary>
    internal const string Front = "front", Pages = "pages", Spouse = "spouse", Extra = "extra";

    private static int ordinal;

    private readonly bool onItsOwn;
    private string connectionString;
    private string folder;

    public GivenFile()
        : this("", "") => onItsOwn = true;

    internal GivenFile(string connectionString, string dataFolder)
    {
        this.connectionString = connectionString;
        folder = dataFolder;
    }

    internal ServiceProvider Services { get; private set; } = default!;

    internal TestClock Clock { get; } = new();

    internal DocumentService Documents => Get<DocumentService>();

    internal ReviewService Reviews => Get<ReviewService>();

    internal LinkService Links => Get<LinkService>();

    internal DocumentQueries Queries => Get<DocumentQueries>();

    internal CustomerService Customers => Get<CustomerService>();

    /// <summary>Owner of the customers made here.</summary>
    internal StaffActor Clerk { get; private set; } = default!;

    internal StaffActor OtherClerk { get; private set; } = default!;

    internal StaffActor Reviewer { get; private set; } = default!;

    internal StaffActor SecondReviewer { get; private set; } = default!;

    internal StaffActor Administrator { get; private set; } = default!;

    internal Guid Product { get; private set; }

    public async Task InitializeAsync()
    {
        if (onItsOwn)
        {
            connectionString = await TestCluster.CreateDatabaseAsync();
            folder = Directory.CreateTempSubdirectory("ccd-given-").FullName;
        }

        Connect();
        await FurnishAsync();
    }

    /// <summary>The services alone: a further node over a database that another one has furnished.</summary>
    internal void Connect()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        // A running program has the clock of the machine.
        services.AddSingleton(onItsOwn ? Clock : TimeProvider.System);
        services.AddData(connectionString);
        services.AddStaff();
        services.AddProducts();
        services.AddCustomers();
        services.AddFollowUps();
        services.AddPool();
        services.AddDocuments();
        services.AddSatisfaction();
        services.AddMessages();
        services.AddPortraits();
        services.AddCustomerAccounts();
        services.AddSingleton(new PublicAddress(() => new Uri("https://ccd.test")));
        services.AddFiles(KeyRingFile.Load(new ConfigurationBuilder().Build(), folder, mustBeConfigured: false), new UploadOptions(Path.Combine(folder, "uploads")));
        services.AddSingleton<IBlobStore>(new DiskBlobStore(new DiskBlobOptions(Path.Combine(folder, "blobs"), ReserveBytes: 0)));
        // The tests hash often and guard nothing.
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 100);
        Services = services.BuildServiceProvider();
    }

    private async Task FurnishAsync()
    {
        await Get<StaffSeed>().EnsureRolesAsync(default);
        Clerk = await StaffAsync(ShippedRoles.AccountManager);
        OtherClerk = await StaffAsync(ShippedRoles.AccountManager);
        Reviewer = await StaffAsync(ShippedRoles.Reviewer);
        SecondReviewer = await StaffAsync(ShippedRoles.Reviewer);
        Administrator = await StaffAsync(ShippedRoles.Administrator);
        Product = (await Get<ProductService>().OfferAsync(new ProductDraft("given", "测试贷", null, 1), new ChecklistRules(
        [
            new() { Code = Front, TypeCode = "id_card_front", MaxFiles = 1, Formats = DocumentFormats.Pictures, Order = 1, Name = "身份证正面" },
            new() { Code = Pages, TypeCode = "household_register", MinFiles = 2, MaxFiles = 3, Order = 2, Name = "户口本" },
            new() { Code = Spouse, TypeCode = "spouse_id", Need = Need.Conditional, Condition = FactCondition.All(CustomerFacts.Married), Order = 3, Name = "配偶身份证" },
            new() { Code = Extra, TypeCode = DocumentTypes.Other, Need = Need.Optional, MaxFiles = 2, Formats = DocumentFormats.Any, MaxBytes = 100 * 1024, Order = 4, Name = "其他资料" },
        ]), Administrator, default)).Value;
    }

    public async Task DisposeAsync()
    {
        await Services.DisposeAsync();
        if (!onItsOwn)
            return;
        await TestCluster.DropDatabaseAsync(connectionString);
        Directory.Delete(folder, recursive: true);
    }

    internal T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    internal CcdDbContext Db() => Get<IDbContextFactory<CcdDbContext>>().CreateDbContext();

    /// <summary>A new colleague with one shipped role, who signs in under the user name with <see cref="Password"/>.</summary>
    internal async Task<StaffActor> StaffAsync(string role, Guid? department = null, string? userName = null)
    {
        var number = Interlocked.Increment(ref ordinal);
        var made = await Get<StaffSeed>().AddAsync(
            new StaffDraft { UserName = userName ?? $"given{number}", Name = $"{role}{number}", DepartmentId = department }, [role], Password, mustChangePassword: false, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return (await Get<StaffDirectory>().FindActorAsync(made.Value, null, null, default))!;
    }

    /// <summary>A customer of <see cref="Clerk"/> with the product of this class and nothing handed in.</summary>
    internal async Task<Guid> CustomerAsync(StaffActor? owner = null, string? name = null, bool withProduct = true, params string[] facts)
    {
        var number = Interlocked.Increment(ref ordinal);
        var made = await Customers.CreateAsync(new CustomerDraft
        {
            Name = name ?? $"客户{number}",
            Phones = [MobilePhone.SyntheticAt(number).Value],
            IdentityNumber = CitizenNumber.SyntheticAt(number).Value,
            Facts = [.. facts],
            Loans = withProduct ? [new LoanDraft { ProductId = Product, Amount = 50_000 }] : [],
        }, owner ?? Clerk, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return made.Value;
    }

    /// <summary>A stored file with content of its own, or with the given one.</summary>
    internal async Task<UploadedFile> StoredAsync(Guid customer, string item, Guid? replaces = null, byte[]? content = null, ContentKind kind = ContentKind.Jpeg)
    {
        content ??= Guid.NewGuid().ToByteArray();
        var work = Directory.CreateTempSubdirectory("ccd-paper-").FullName;
        try
        {
            var paths = Array.ConvertAll(["paper", "preview", "thumbnail"], name => Path.Combine(work, name));
            for (var i = 0; i < paths.Length; i++)
                await File.WriteAllBytesAsync(paths[i], i == 0 ? content : [.. content, (byte)i]);
            var facts = new MediaFacts(kind, 40, 30, 1, 1);
            var stored = await Get<FileStore>().StoreAsync(
                Guid.CreateVersion7(), paths[0],
                new Renditions(facts, new Rendition(paths[2], 40, 30, content.Length + 1), new Rendition(paths[1], 40, 30, content.Length + 1)), "纸.jpg", default);
            return new UploadedFile(Guid.CreateVersion7(), stored.Value, customer, item, replaces, "纸.jpg", content.Length, facts);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    internal async Task<Result<Guid>> TryHandInAsync(Guid customer, string item, Actor? by = null, Guid? replaces = null, byte[]? content = null) =>
        await Documents.AcceptAsync(by ?? Clerk, await StoredAsync(customer, item, replaces, content), default);

    internal async Task<Guid> HandInAsync(Guid customer, string item, Actor? by = null, Guid? replaces = null)
    {
        var accepted = await TryHandInAsync(customer, item, by, replaces);
        Assert.True(accepted.Ok, accepted.Refusal?.Text);
        return accepted.Value;
    }

    /// <summary>A customer with everything handed in: one front, two pages.</summary>
    internal async Task<Guid> CompleteAsync(StaffActor? owner = null)
    {
        var customer = await CustomerAsync(owner);
        foreach (var item in (string[])[Front, Pages, Pages])
            await HandInAsync(customer, item, owner);
        return customer;
    }

    internal async Task<Guid> InReviewAsync(StaffActor? owner = null)
    {
        var customer = await CompleteAsync(owner);
        await MoveAsync(customer, CustomerMove.SubmitForReview, owner ?? Clerk);
        return customer;
    }

    internal async Task MoveAsync(Guid customer, CustomerMove move, Actor by, string? reason = null)
    {
        var moved = await Reviews.MoveAsync(customer, move, reason, by, default);
        Assert.True(moved.Ok, moved.Refusal?.Text);
    }

    internal async Task<ChecklistView> ChecklistAsync(Guid customer, Actor? by = null) => (await Queries.ChecklistAsync(customer, by ?? Administrator, default))!;

    internal async Task<IReadOnlyList<DocumentRow>> DocumentsOfAsync(Guid customer, string item, Actor? by = null) =>
        (await ChecklistAsync(customer, by)).Lines.Single(l => l.Rule.Code == item).Documents;

    internal async Task<DocumentRow> DocumentAsync(Guid customer, Guid document, Actor? by = null) =>
        (await ChecklistAsync(customer, by)).Lines.SelectMany(l => l.Documents).Single(d => d.Id == document);

    internal async Task<Result> DecideAsync(Guid customer, Guid document, DocumentVerdict verdict, Actor? by = null, string? reason = null) =>
        await Reviews.DecideAsync(document, verdict, reason, (await DocumentAsync(customer, document)).Version, by ?? Reviewer, default);

    internal async Task ReturnAsync(Guid customer, Guid document) =>
        Assert.True((await DecideAsync(customer, document, DocumentVerdict.Returned, reason: "照片模糊")).Ok);

    internal async Task AcceptAllAsync(Guid customer)
    {
        foreach (var document in (await ChecklistAsync(customer)).Lines.SelectMany(l => l.Current))
            Assert.True((await DecideAsync(customer, document.Id, DocumentVerdict.Accepted)).Ok);
    }

    /// <summary>A link of the customer, and who comes through it.</summary>
    internal async Task<(LinkActor Actor, string Token, Guid Id)> LinkAsync(Guid customer, StaffActor? by = null)
    {
        var made = await Links.CreateAsync(customer, by ?? Clerk, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        return ((await Links.OpenAsync(made.Value.Token, null, default)).Value, made.Value.Token, made.Value.Id);
    }

    internal async Task<(CustomerState State, int Percent, int Missing)> StoredStateAsync(Guid customer)
    {
        await using var db = Db();
        var found = await db.Customers.AsNoTracking().SingleAsync(c => c.Id == customer);
        return (found.State, found.CompletenessPercent, found.MissingCount);
    }

    internal async Task<IReadOnlyList<string>> AuditOfAsync(Guid customer)
    {
        await using var db = Db();
        return await db.AuditEntries.Where(e => e.CustomerId == customer).OrderBy(e => e.Seq).Select(e => e.Action).ToListAsync();
    }

    /// <summary>Everything that is announced about the customer from now on.</summary>
    internal (IDisposable Subscription, List<Change> Heard) Listen(Guid customer)
    {
        var heard = new List<Change>();
        return (Get<ChangeFeed>().Subscribe(CustomerTopics.One(customer), change =>
        {
            lock (heard)
                heard.Add(change);
        }), heard);
    }
}
