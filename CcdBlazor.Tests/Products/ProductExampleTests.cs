using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Endpoints;
using CcdBlazor.Files;
using CcdBlazor.Tests.Files;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CcdBlazor.Tests.Products;

public sealed class ProductExampleTests : IAsyncLifetime
{
    private readonly ScratchFolder folder = new();
    private readonly StandInWorker worker = new();
    private WebApplication app = null!;
    private HttpClient client = null!;
    private string connection = "";
    private Result<Actor> sender = ProductHouse.Editor;

    private ProductService Products => app.Services.GetRequiredService<ProductService>();

    public async Task InitializeAsync()
    {
        connection = await TestCluster.CreateDatabaseAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddData(connection);
        builder.Services.AddFiles(KeyRings.Options("k1"), new UploadOptions(folder.File("uploads")) { ReserveBytes = 0 });
        builder.Services.AddSingleton<IBlobStore>(new DiskBlobStore(new DiskBlobOptions(folder.File("blobs"), ReserveBytes: 0)));
        builder.Services.AddSingleton<IMediaWorker>(worker);
        builder.Services.AddStaff().AddProducts().AddCustomers().AddDocuments();
        builder.Services.AddSingleton<ResolveUploadSender>((_, _) => new(sender));
        app = builder.Build();
        app.MapProductExamples();
        await SchemaForTests.EnsureAsync(app.Services);
        await app.StartAsync();
        client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        await TestCluster.DropDatabaseAsync(connection);
        folder.Dispose();
    }

    [Fact]
    public async Task An_example_that_no_version_ever_showed_is_forgotten_after_thirty_days()
    {
        var used = await StoreAsync("used"u8.ToArray());
        var unused = await StoreAsync("unused"u8.ToArray());
        var rule = new ChecklistRule { Code = "front", TypeCode = "id_card_front", ExampleFileId = used };
        Assert.True((await Products.OfferAsync(new ProductDraft("sweep", "清理", null, 1), new ChecklistRules([rule]), ProductHouse.Editor, default)).Ok);
        var examples = app.Services.GetRequiredService<ProductExamples>();
        var now = TimeProvider.System.GetUtcNow();

        Assert.Equal(0, await examples.ForgetUnusedAsync(now, default));
        Assert.Equal(1, await examples.ForgetUnusedAsync(now + ProductExamples.KeepUnused + TimeSpan.FromMinutes(1), default));

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/api/products/example/{used}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/products/example/{unused}")).StatusCode);
    }

    [Fact]
    public async Task An_example_is_stored_and_shown_to_every_colleague_without_its_metadata()
    {
        var id = await StoreAsync("a picture"u8.ToArray());
        sender = ProductHouse.Clerk;

        var shown = await client.GetAsync($"/api/products/example/{id}");

        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Equal("previewa picture", await shown.Content.ReadAsStringAsync());
        Assert.Equal("image/jpeg", shown.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", shown.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("default-src 'none'; sandbox", shown.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task A_customers_document_is_never_shown_as_an_example_nor_may_a_rule_point_at_it()
    {
        var document = Guid.CreateVersion7();
        var work = Directory.CreateDirectory(folder.File("work")).FullName;
        var path = folder.File("document");
        await File.WriteAllTextAsync(path, "an identity card");
        var prepared = await worker.PrepareAsync(path, work, default);
        Assert.True((await app.Services.GetRequiredService<FileStore>().StoreAsync(document, path, prepared.Value, "a.jpg", default)).Ok);

        var shown = await client.GetAsync($"/api/products/example/{document}");
        var offered = await Products.OfferAsync(new ProductDraft("spy", "窥视", null, 1), Showing(document), ProductHouse.Editor, default);

        Assert.Equal(HttpStatusCode.NotFound, shown.StatusCode);
        Assert.Equal("product.example_unknown", offered.Refusal?.Code);
        Assert.Equal("Rules[id_card_front].ExampleFileId", offered.Refusal?.Field);
        Assert.Null(await app.Services.GetRequiredService<ProductExamples>().OpenForAsync(Showing(document).Items[0], default));
    }

    [Fact]
    public async Task A_published_rule_shows_its_example()
    {
        var rules = Showing(await StoreAsync("a picture"u8.ToArray()));

        Assert.True((await Products.OfferAsync(new ProductDraft("fine", "产品", null, 1), rules, ProductHouse.Editor, default)).Ok);

        await using var opened = (await app.Services.GetRequiredService<ProductExamples>().OpenForAsync(rules.Items[0], default))!.Content;
        Assert.Equal("previewa picture", await new StreamReader(opened).ReadToEndAsync());
    }

    [Fact]
    public async Task Without_the_permission_or_from_another_site_nothing_is_taken()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(Form("x"u8.ToArray()), header: false)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(Form("x"u8.ToArray()), site: "cross-site")).StatusCode);
        sender = ProductHouse.Clerk;
        Assert.Equal("common.forbidden", await CodeAsync(await SendAsync(Form("x"u8.ToArray()))));
        sender = new LinkActor(Guid.NewGuid(), Guid.NewGuid());
        Assert.Equal("common.forbidden", await CodeAsync(await SendAsync(Form("x"u8.ToArray()))));
    }

    [Fact]
    public async Task A_customer_behind_a_link_opens_no_example_by_its_id()
    {
        var id = await StoreAsync("a picture"u8.ToArray());
        sender = new LinkActor(Guid.NewGuid(), Guid.NewGuid());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/products/example/{id}")).StatusCode);
    }

    [Fact]
    public async Task A_customer_sees_the_example_of_an_item_of_the_link_and_nothing_else()
    {
        var example = await StoreAsync("a picture"u8.ToArray());
        var clerk = new StaffActor(Guid.CreateVersion7(), "王芳", null, new HashSet<Permission> { Permission.EditCustomers, Permission.CollectDocuments }, new HashSet<Guid>());
        await using (var db = await app.Services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync())
        {
            db.Add(new StaffMember { Id = clerk.StaffId, UserName = "clerk", NormalizedUserName = "CLERK", Name = clerk.Name, CreatedAt = DateTimeOffset.UnixEpoch });
            await db.SaveChangesAsync();
        }

        ChecklistRules rules = new(
        [
            new ChecklistRule { Code = "shown", TypeCode = "id_card_front", ExampleFileId = example },
            new ChecklistRule { Code = "plain", TypeCode = "bank_card" },
            new ChecklistRule { Code = "unneeded", TypeCode = "spouse_id", ExampleFileId = example, Need = Need.Conditional, Condition = FactCondition.All(CustomerFacts.Married) },
        ]);
        var product = (await Products.OfferAsync(new ProductDraft("linked", "产品", null, 1), rules, ProductHouse.Editor, default)).Value;
        var draft = new CustomerDraft { Name = "张三", Phones = ["13800138000"], Loans = [new LoanDraft { ProductId = product, Amount = 1_000 }] };
        var customer = (await app.Services.GetRequiredService<CustomerService>().CreateAsync(draft, clerk, default)).Value;
        var links = app.Services.GetRequiredService<LinkService>();
        var link = (await links.CreateAsync(customer, clerk, default)).Value;

        var shown = await client.GetAsync($"/u/{link.Token}/example/shown");
        Assert.Equal("previewa picture", await shown.Content.ReadAsStringAsync());
        Assert.Equal("default-src 'none'; sandbox", shown.Headers.GetValues("Content-Security-Policy").Single());
        foreach (var other in new[] { "plain", "unneeded", "nothing", example.ToString() })
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/u/{link.Token}/example/{other}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/u/{new string('x', 43)}/example/shown")).StatusCode);

        Assert.True((await links.RevokeAsync(link.Id, clerk, default)).Ok);
        Assert.Equal(HttpStatusCode.Gone, (await client.GetAsync($"/u/{link.Token}/example/shown")).StatusCode);
    }

    [Fact]
    public async Task What_is_broken_too_large_or_no_file_is_refused_in_words()
    {
        Assert.Equal(MediaRefusals.Broken.Code, await CodeAsync(await SendAsync(Form("BAD"u8.ToArray()))));
        Assert.Equal("upload.too_large", await CodeAsync(await SendAsync(Form(new byte[ProductExamples.MaxBytes + 1]))));
        Assert.Equal("product.example_missing", await CodeAsync(await SendAsync(Form([]))));
        Assert.Equal("product.example_missing", await CodeAsync(await SendAsync(new StringContent("text"))));
        worker.IsAway = true;
        var away = await SendAsync(Form("x"u8.ToArray()));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Equal(MediaRefusals.WorkerUnavailable.Code, await CodeAsync(away));
    }

    private static ChecklistRules Showing(Guid example) =>
        new([new ChecklistRule { Code = "id_card_front", TypeCode = "id_card_front", ExampleFileId = example }]);

    private static MultipartFormDataContent Form(byte[] bytes)
    {
        var part = new ByteArrayContent(bytes);
        part.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        return new MultipartFormDataContent { { part, "file", "示例.jpg" } };
    }

    private async Task<Guid> StoreAsync(byte[] bytes)
    {
        var answer = await SendAsync(Form(bytes));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetGuid();
    }

    private Task<HttpResponseMessage> SendAsync(HttpContent body, bool header = true, string? site = "same-origin")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, ProductExampleEndpoints.Path) { Content = body };
        if (header)
            request.Headers.Add("X-Requested-With", "ccd");
        request.Headers.Add("Sec-Fetch-Site", site);
        return client.SendAsync(request);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString();
}
