using System.Net;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Documents;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Security;

/// <summary>The running program with one visitor of every kind, a customer whose papers are collected, and one whose file was submitted.</summary>
public sealed class RouteHouse : IAsyncLifetime
{
    private RunningProgram program = default!;
    private GivenFile given = default!;

    internal IReadOnlyList<Visitor> Visitors { get; private set; } = [];

    internal IReadOnlyList<Target> Targets { get; private set; } = [];

    /// <summary>The token of <see cref="LinkedCustomer"/>'s link.</summary>
    internal string Token { get; private set; } = "";

    /// <summary>In the company's public pool.</summary>
    internal Target Pooled { get; private set; } = default!;

    internal Target LinkedCustomer { get; private set; } = default!;

    internal Guid Product => given.Product;

    /// <summary>A decided customer with a link to rate by.</summary>
    internal async Task<(Guid Customer, string Token)> DecidedAsync()
    {
        var customer = await given.CompleteAsync();
        var token = (await given.LinkAsync(customer)).Token;
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        await given.AcceptAllAsync(customer);
        await given.MoveAsync(customer, CustomerMove.Approve, given.Reviewer);
        return (customer, token);
    }

    internal HttpClient Stranger { get; private set; } = default!;

    public async Task InitializeAsync()
    {
        program = await RunningProgram.StartAsync(arguments: "--Security:SignInsPerMinuteAndAddress=1000");
        given = new GivenFile(program.ConnectionString, program.DataFolder);
        await given.InitializeAsync();
        Stranger = program.Browser();

        var east = await DepartmentAsync("华东", "lead-east");
        await DepartmentAsync("华南", "lead-south");
        var owner = await given.StaffAsync(ShippedRoles.CustomerService, east, "owner");
        var owners = await program.SignInAsync("owner", GivenFile.Password);
        Targets = [await TargetAsync("collected", "上官收集甲", owner, owners, submitted: false), await TargetAsync("submitted", "司徒提交乙", owner, owners, submitted: true)];

        var pooled = await TargetAsync("pooled", "皇甫公海丁", owner, owners, submitted: false);
        await using (var db = given.Db())
            await db.Database.ExecuteSqlAsync(
                $"""
                update customers set owner_id = null, department_id = null, staff_ids = array[]::uuid[], collaborator_ids = array[]::uuid[],
                  pool_id = (select id from public_pools where department_id is null) where id = {pooled.Customer}
                """);
        Pooled = pooled;

        var linked = await given.CustomerAsync(owner, "诸葛链接丙");
        Token = (await given.LinkAsync(linked, owner)).Token;
        var document = await given.HandInAsync(linked, GivenFile.Front, owner);
        LinkedCustomer = await DescribeAsync("linked", linked, document, Guid.NewGuid(), submitted: false);

        var visitors = new List<Visitor>
        {
            new("客服 (owner)", owners, owner.Permissions, true, true, OwnsUploads: true),
            await VisitorAsync("主管 (leads the department)", "lead-east", true, true),
            await VisitorAsync("主管 (leads another)", "lead-south", false, false),
        };
        foreach (var (role, collected, submitted) in new[]
        {
            (ShippedRoles.Administrator, true, true), (ShippedRoles.CustomerService, false, false), (ShippedRoles.AccountManager, false, false),
            (ShippedRoles.Reviewer, false, true), (ShippedRoles.Finance, false, false), (ShippedRoles.Legal, false, true), (ShippedRoles.Execution, false, true),
        })
        {
            var userName = $"visitor{visitors.Count}";
            await given.StaffAsync(role, await DepartmentAsync($"部门{visitors.Count}", null), userName);
            visitors.Add(await VisitorAsync(role, userName, collected, submitted));
        }

        var nothing = new HashSet<Permission>();
        visitors.Add(new Visitor("nobody", Stranger, nothing, false, false));
        visitors.Add(new Visitor("another customer's link", program.Browser(), nothing, false, false, Token: Token));
        Visitors = visitors;
    }

    public async Task DisposeAsync()
    {
        foreach (var visitor in Visitors)
            visitor.Browser.Dispose();
        if (given is not null)
            await given.DisposeAsync();
        if (program is not null)
            await program.DisposeAsync();
    }

    private async Task<Visitor> VisitorAsync(string label, string userName, bool collected, bool submitted) => new(
        label, await program.SignInAsync(userName, GivenFile.Password), (await given.Get<StaffDirectory>().FindActorByUserNameAsync(userName, default))!.Permissions, collected, submitted);

    private async Task<Guid> DepartmentAsync(string name, string? leader)
    {
        var departments = given.Get<DepartmentService>();
        var id = (await departments.CreateAsync(new DepartmentDraft { Name = name }, given.Administrator, default)).Value;
        if (leader is not null)
        {
            var staff = await given.StaffAsync(ShippedRoles.SalesLead, id, leader);
            var row = (await given.Get<StaffDirectory>().DepartmentsAsync(default)).Single(d => d.Id == id);
            var led = await departments.EditAsync(id, new DepartmentDraft { Name = name, LeaderId = staff.StaffId }, row.Version, given.Administrator, default);
            Assert.True(led.Ok, led.Refusal?.Text);
        }

        return id;
    }

    private async Task<Target> TargetAsync(string label, string name, StaffActor owner, HttpClient owners, bool submitted)
    {
        var customer = await given.CustomerAsync(owner, name);
        var document = await given.HandInAsync(customer, GivenFile.Front, owner);
        for (var i = 0; i < 2; i++)
            await given.HandInAsync(customer, GivenFile.Pages, owner);
        using var created = await owners.SendAsync(RouteProbes.Creation(Target.Nothing() with { Customer = customer }));
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        if (submitted)
            await given.MoveAsync(customer, CustomerMove.SubmitForReview, owner);
        return await DescribeAsync(label, customer, document, Guid.Parse(created.Headers.Location!.OriginalString.Split('/')[^1]), submitted);
    }

    private async Task<Target> DescribeAsync(string label, Guid customer, Guid document, Guid upload, bool submitted)
    {
        await using var db = given.Db();
        var found = await db.Customers.AsNoTracking().SingleAsync(c => c.Id == customer);
        var file = await db.Documents.AsNoTracking().Where(d => d.Id == document).Select(d => d.FileId).SingleAsync();
        var now = TimeProvider.System.GetUtcNow();
        var followUp = FollowUp.Of(customer, new FollowUpDraft { What = "上门核对" }, found.OwnerId!.Value, now);
        Assert.True(followUp.Attach(file, "照片.jpg", new StaffActor(found.OwnerId.Value, "", null, new HashSet<Permission>(), new HashSet<Guid>()), now).Ok);
        db.Add(followUp);
        await db.SaveChangesAsync();
        return new Target(label, customer, document, file, upload, submitted, found.Name, [found.Name, found.Phones[0], found.Number, found.IdentityTail!]) { FollowUp = followUp.Id };
    }
}
