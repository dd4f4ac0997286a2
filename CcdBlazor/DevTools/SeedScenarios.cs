using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;

namespace CcdBlazor.DevTools;

/// <summary>
/// Named sets of data, built through the services, so that they obey every rule. People and numbers are synthetic; the numbers are valid by
/// their check rules. <c>demo</c>: 24 customers in every state, follow-ups, 6 customers in the public pool, and 36 of the last months
/// with two assignments and their effects. <c>many</c>: 2,000 customers without papers, for trying lists.
/// </summary>
internal static class SeedScenarios
{
    private static readonly string[] Surnames = ["陈", "林", "黄", "张", "刘", "杨", "许", "何", "郭", "罗", "梁", "宋"];
    private static readonly string[] Given = ["嘉怡", "志强", "雨桐", "浩然", "梓萱", "建国", "美玲", "子轩", "晓燕", "文博", "思远", "佳琪"];
    private static readonly string[] Companies = ["云杉精密制造", "海蓝供应链", "禾木餐饮管理", "星辰建材"];
    private static readonly string[] Sources = ["门店", "转介绍", "官网", "电话营销"];

    public static async Task<int> RunAsync(string scenario, IServiceProvider services, CancellationToken ct)
    {
        switch (scenario)
        {
            case "demo":
                if (await DemoPeople.IsEmptyAsync(services, ct))
                    await DemoPeople.CreateAsync(services, ct);
                await using (await MediaForSeedingAsync(services, ct))
                    await DemoCustomersAsync(services, ct);
                break;
            case "many":
                await CustomersAsync(services, 2_000, ct);
                break;
            default:
                Console.Error.WriteLine($"Unknown scenario '{scenario}'. Known: demo, many.");
                return 2;
        }

        Console.WriteLine($"Scenario {scenario} is in place.");
        return 0;
    }

    /// <summary>24 customers: some just begun, some complete, in review, approved, refused, sent back.</summary>
    public static async Task DemoCustomersAsync(IServiceProvider services, CancellationToken ct)
    {
        var reviewer = await services.GetRequiredService<StaffDirectory>().FindActorByUserNameAsync("shenhe", ct) ?? throw new InvalidOperationException("The demo reviewer is missing.");
        var papers = await PapersAsync(services, ct);
        await DemoPortraits.ManagersAsync(services, ct);
        await DemoHistory.CreateAsync(
            services, CustomersAsync, (past, customer, by, stop) => FillAsync(past, customer, by, reviewer, papers, 2, stop),
            async (past, customer, by, approve, stop) =>
            {
                Expect(await past.GetRequiredService<ReviewService>().MoveAsync(customer, CustomerMove.SubmitForReview, null, by, stop));
                await DecideAsync(past, customer, reviewer, approve, stop);
            }, ct);
        var customers = await CustomersAsync(services, 24, ct);
        for (var i = 0; i < customers.Count; i++)
            await FillAsync(services, customers[i].Id, customers[i].Owner, reviewer, papers, i, ct);
        await DemoPortraits.CustomersAsync(services, [.. customers.Select(c => c.Id)], ct);
        await DemoFollowUps.CreateAsync(services, customers, await CustomersAsync(services, 6, ct), ct);
        // Half of his papers are there, and he is asked for the rest.
        await DemoCustomerAccount.OpenAsync(services, customers[1].Id, customers[1].Owner, ct);
    }

    private static async Task<List<(Guid Id, StaffActor Owner)>> CustomersAsync(IServiceProvider services, int count, CancellationToken ct)
    {
        var directory = services.GetRequiredService<StaffDirectory>();
        var service = services.GetRequiredService<CustomerService>();
        var products = await services.GetRequiredService<ProductQueries>().ListAsync(onlyActive: true, ct);
        var random = new Random(20261120 + count);
        var owners = new List<StaffActor>();
        foreach (var name in new[] { "jingli", "jingli2", "kefu" })
            owners.Add(await directory.FindActorByUserNameAsync(name, ct) ?? throw new InvalidOperationException($"The demo account {name} is missing."));
        var made = new List<(Guid, StaffActor)>(count);
        for (var i = 0; i < count; i++)
        {
            var company = i % 6 == 5;
            var owner = owners[i % owners.Count];
            var candidates = products.Where(p => p.Code is "enterprise_operating" or "tax_invoice" == company).ToList();
            var product = candidates[i % candidates.Count];
            var draft = new CustomerDraft
            {
                Kind = company ? CustomerKind.Company : CustomerKind.Person,
                Name = company ? $"{Companies[i / 6 % Companies.Length]}{i + 1}有限公司" : Surnames[random.Next(Surnames.Length)] + Given[random.Next(Given.Length)],
                Phones = [MobilePhone.Synthetic(random).Value],
                IdentityNumber = company ? UnifiedCreditCode.Synthetic(random).Value : CitizenNumber.Synthetic(random).Value,
                Source = Sources[i % Sources.Length],
                Tags = i % 4 == 0 ? ["老客户"] : i % 7 == 0 ? ["加急"] : [],
                Facts = company ? [CustomerFacts.Company] : i % 2 == 0 ? [CustomerFacts.Married, CustomerFacts.Salaried] : [CustomerFacts.Single, CustomerFacts.SelfEmployed],
                Loans = [new LoanDraft { ProductId = product.Id, Amount = random.Next(5, 200) * 10_000m }],
            };
            var created = await service.CreateAsync(draft, owner, ct);
            if (!created.Ok)
                throw new InvalidOperationException($"Seeding customer {i}: {created.Refusal.Code} {created.Refusal.Text}");
            made.Add((created.Value, owner));
        }

        return made;
    }

    /// <summary>A handful of papers, prepared once by the media worker and used for all demo customers.</summary>
    private static async Task<List<(string Path, Renditions Renditions)>> PapersAsync(IServiceProvider services, CancellationToken ct)
    {
        var media = services.GetRequiredService<IMediaWorker>();
        var folder = Directory.CreateTempSubdirectory("ccd-demo-").FullName;
        var papers = new List<(string, Renditions)>();
        for (var i = 0; i < 10; i++)
        {
            var path = Path.Combine(folder, $"paper{i}.png");
            await File.WriteAllBytesAsync(path, DemoPictures.Paper(i), ct);
            var work = Directory.CreateDirectory(Path.Combine(folder, $"work{i}")).FullName;
            var prepared = await PrepareAsync(media, path, work, ct);
            papers.Add((path, prepared));
        }

        return papers;
    }

    private static async Task<Renditions> PrepareAsync(IMediaWorker media, string path, string work, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            var prepared = await media.PrepareAsync(path, work, ct);
            if (prepared.Ok)
                return prepared.Value;
            // The worker starts beside the program and may need a moment.
            if (prepared.Refusal != MediaRefusals.WorkerUnavailable || attempt == 30)
                throw new InvalidOperationException($"Demo paper: {prepared.Refusal.Code}");
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }
    }

    private static async Task FillAsync(
        IServiceProvider services, Guid customerId, StaffActor owner, StaffActor reviewer, List<(string Path, Renditions Renditions)> papers, int i, CancellationToken ct)
    {
        var stage = i % 6;
        var review = services.GetRequiredService<ReviewService>();
        var queries = services.GetRequiredService<DocumentQueries>();
        var checklist = await queries.ChecklistAsync(customerId, owner, ct) ?? throw new InvalidOperationException("A seeded customer cannot be read.");
        var groups = new HashSet<string>();
        var wanted = checklist.Lines.Where(l => l.Report.Needed && (l.Rule.GroupCode is null || l.Rule.Need != Need.OneOfGroup || groups.Add(l.Rule.GroupCode))).ToList();
        // 0 nothing yet, 1 half, 2 complete, 3 in review, 4 approved, 5 sent back with a returned paper
        var take = stage switch { 0 => 0, 1 => wanted.Count / 2, _ => wanted.Count };
        foreach (var line in wanted.Take(take))
            for (var n = 0; n < line.Rule.MinFiles; n++)
                await HandInAsync(services, customerId, line, owner, papers[(i + n + line.Rule.Order) % papers.Count], n, ct);
        if (stage < 3)
            return;
        Expect(await review.MoveAsync(customerId, CustomerMove.SubmitForReview, null, owner, ct));
        if (stage == 3)
            return;
        if (stage == 4)
        {
            await DecideAsync(services, customerId, reviewer, i % 12 == 4, ct);
            return;
        }

        checklist = await queries.ChecklistAsync(customerId, reviewer, ct) ?? throw new InvalidOperationException("A submitted customer cannot be read by the reviewer.");
        foreach (var (document, n) in checklist.Lines.SelectMany(l => l.Current).Select((d, n) => (d, n)))
            Expect(n == 0
                ? await review.DecideAsync(document.Id, DocumentVerdict.Returned, "照片反光，号码看不清，请重新拍摄。", document.Version, reviewer, ct)
                : await review.DecideAsync(document.Id, DocumentVerdict.Accepted, null, document.Version, reviewer, ct));
        Expect(await review.MoveAsync(customerId, CustomerMove.ReturnForMore, "有一份资料需要重新拍摄。", reviewer, ct));
    }

    /// <summary>Accepts every paper of a submitted file and approves it, or refuses it.</summary>
    private static async Task DecideAsync(IServiceProvider services, Guid customerId, StaffActor reviewer, bool approve, CancellationToken ct)
    {
        var review = services.GetRequiredService<ReviewService>();
        var checklist = await services.GetRequiredService<DocumentQueries>().ChecklistAsync(customerId, reviewer, ct)
            ?? throw new InvalidOperationException("A submitted customer cannot be read by the reviewer.");
        foreach (var document in checklist.Lines.SelectMany(l => l.Current))
            Expect(await review.DecideAsync(document.Id, DocumentVerdict.Accepted, null, document.Version, reviewer, ct));
        Expect(approve
            ? await review.MoveAsync(customerId, CustomerMove.Approve, null, reviewer, ct)
            : await review.MoveAsync(customerId, CustomerMove.Reject, "负债率超过产品要求。", reviewer, ct));
    }

    private static async Task HandInAsync(
        IServiceProvider services, Guid customerId, ChecklistLine line, StaffActor owner, (string Path, Renditions Renditions) paper, int n, CancellationToken ct)
    {
        var store = services.GetRequiredService<FileStore>();
        var target = services.GetRequiredService<IUploadTarget>();
        var name = $"{line.Rule.Title}{(n > 0 ? $"-{n + 1}" : "")}.png";
        var fileId = await store.StoreAsync(Guid.CreateVersion7(), paper.Path, paper.Renditions, name, ct);
        if (!fileId.Ok)
            throw new InvalidOperationException($"Seeding a file: {fileId.Refusal.Code}");
        var accepted = await target.AcceptAsync(
            owner, new UploadedFile(Guid.CreateVersion7(), fileId.Value, customerId, line.Rule.Code, null, name, new FileInfo(paper.Path).Length, paper.Renditions.Facts), ct);
        if (!accepted.Ok)
            throw new InvalidOperationException($"Seeding {line.Rule.Code}: {accepted.Refusal.Code}");
    }

    private static void Expect(Result result)
    {
        if (!result.Ok)
            throw new InvalidOperationException($"Seeding: {result.Refusal.Code} {result.Refusal.Text}");
    }

    /// <summary>The verb runs without the web server, so it starts the media worker by itself and stops it again.</summary>
    private static async Task<IAsyncDisposable> MediaForSeedingAsync(IServiceProvider services, CancellationToken ct)
    {
        var worker = services.GetServices<IHostedService>().OfType<Media.MediaWorkerProcess>().Single();
        await worker.StartAsync(ct);
        return new Stopper(worker);
    }

    private sealed class Stopper(IHostedService service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await service.StopAsync(CancellationToken.None);
    }
}
