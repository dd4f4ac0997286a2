using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.FollowUps;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using CcdBlazor.Tests.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.CustomerAccounts;

/// <summary>What a signed-in customer may do: his own part, and nothing of what staff do.</summary>
public sealed class CustomerActorTests(GivenFile given) : IClassFixture<GivenFile>, IAsyncLifetime
{
    private CustomerAccountQueries Accounts => given.Get<CustomerAccountQueries>();

    public Task InitializeAsync() => given.FurnishAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task He_sees_the_standing_of_his_own_file_and_what_is_missing_and_nobody_elses()
    {
        var (customer, me) = await SignedInAsync();
        await given.HandInAsync(customer, GivenFile.Front);
        var file = Assert.Single(await Accounts.FilesAsync(me, default));
        Assert.Equal((customer, "陈嘉怡", CustomerState.Collecting), (file.Id, file.Name, file.State));
        var page = (await given.Queries.CollectionAsync(customer, me, default))!;
        Assert.Equal([GivenFile.Pages], page.Items.Where(i => i.Report.Needed && i.Report.State is ItemState.Missing or ItemState.Partial).Select(i => i.Report.Rule.Code));
        // He reads; handing in goes through the link of a request.
        Assert.DoesNotContain(page.Items, i => i.CanUpload || i.Documents.Any(d => d.CanWithdraw));

        var other = await given.CustomerAsync();
        Assert.Null(await given.Queries.CollectionAsync(other, me, default));
    }

    [Fact]
    public async Task He_fills_his_part_of_the_portrait_and_sees_only_what_he_wrote()
    {
        var (customer, me) = await SignedInAsync();
        var (portraits, service) = (given.Get<PortraitQueries>(), given.Get<PortraitService>());
        Assert.True((await service.FillAsync(customer, Draft(new(Traits.Income, "99"), new(Traits.Risk, "r5")), given.Administrator, default)).Ok);
        Assert.True((await service.FillAsync(customer, Draft(new TraitInput(Traits.Hobbies, Tags: ["登山"])), me, default)).Ok);
        var card = (await portraits.CardAsync(customer, me, default)).Value;
        Assert.Equal([Traits.Hobbies], card.Traits.Where(t => t.Counts is not null).Select(t => t.Trait.Code));
        Assert.DoesNotContain(card.Traits, t => t.Trait.Code == Traits.Risk);
        Assert.Equal("portrait.not_for_customers", (await service.FillAsync(customer, Draft(new TraitInput(Traits.Risk, "r1")), me, default)).Refusal?.Code);
        var seen = (await portraits.CardAsync(customer, given.Administrator, default)).Value.Traits.Single(t => t.Trait.Code == Traits.Hobbies).Counts!;
        Assert.Equal((TraitSource.Customer, "客户本人"), (seen.Source, seen.ByName));

        var other = await given.CustomerAsync();
        Assert.Equal(CommonRefusals.NotFound, (await portraits.CardAsync(other, me, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await service.FillAsync(other, Draft(new TraitInput(Traits.Income, "1")), me, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await portraits.HistoryAsync(customer, null, me, default)).Refusal);
    }

    [Fact]
    public async Task The_card_of_his_manager_has_number_languages_and_absence_and_follows_a_change_of_owner()
    {
        var (customer, me) = await SignedInAsync();
        await given.ExecuteAsync($"update staff set phone = '021-5555 6666' where id = {given.Clerk.StaffId}");
        var (managers, service) = (given.Get<ManagerQueries>(), given.Get<ManagerService>());
        var today = DateOnly.FromDateTime(given.Clock.GetUtcNow().UtcDateTime.AddHours(8));
        var saved = await service.SaveAsync(given.Clerk.StaffId, new ManagerDraft { Languages = ["zh", "yue"], AbsentFrom = today, AbsentTo = today.AddDays(3), AbsenceReason = "住院" }, 0, given.Administrator, default);
        Assert.True(saved.Ok, saved.Refusal?.Text);
        var card = (await managers.CardForAsync(customer, me, default))!;
        Assert.Equal((given.Clerk.Name, "021-5555 6666", true, today.AddDays(3)), (card.Name, card.Phone, card.Absent, card.AbsentTo));
        Assert.Equal(["yue", "zh"], card.Languages.Order());

        Assert.True((await given.Customers.ChangeOwnerAsync(customer, given.OtherClerk.StaffId, given.Administrator, default)).Ok);
        Assert.Equal((given.OtherClerk.Name, false), ((await managers.CardForAsync(customer, me, default))!.Name, (await managers.CardForAsync(customer, me, default))!.Absent));
        Assert.Null(await managers.CardForAsync(await given.CustomerAsync(), me, default));
    }

    [Fact]
    public async Task He_reads_his_requests_masked_and_gets_to_the_upload_page_while_the_link_holds()
    {
        var (customer, me) = await SignedInAsync();
        var requests = given.Get<DocumentRequests>();
        var due = DateOnly.FromDateTime(given.Clock.GetUtcNow().UtcDateTime.AddHours(8)).AddDays(3);
        var asked = await requests.AskAsync(customer, new RequestDraft(Guid.NewGuid(), [], ShippedTemplates.DocumentRequest, MessageChannel.Sms, 0, null, due), given.Clerk, default);
        Assert.True(asked.Ok, asked.Refusal?.Text);
        var row = Assert.Single(await requests.OwnAsync(customer, me, default));
        Assert.Equal((true, true, due), (row.IsOpen, row.CanUpload, row.DueOn));
        Assert.Contains("****", row.Recipient, StringComparison.Ordinal);
        var token = (await requests.OwnTokenAsync(row.Id, me, default)).Value;
        Assert.Equal(customer, (await given.Links.OpenAsync(token, null, default)).Value.CustomerId);

        var (strange, stranger) = await SignedInAsync();
        Assert.NotEqual(customer, strange);
        Assert.Empty(await requests.OwnAsync(customer, stranger, default));
        Assert.Equal(CommonRefusals.NotFound, (await requests.OwnTokenAsync(row.Id, stranger, default)).Refusal);

        given.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal((true, false), ((await requests.OwnAsync(customer, me, default))[0].IsOpen, (await requests.OwnAsync(customer, me, default))[0].CanUpload));
        Assert.Equal(LinkRefusals.Expired, (await requests.OwnTokenAsync(row.Id, me, default)).Refusal);
    }

    [Fact]
    public async Task He_reads_what_was_sent_to_him_without_words_codes_or_whole_numbers()
    {
        var (customer, me) = await SignedInAsync();
        var sent = await Accounts.MessagesAsync(customer, null, me, default);
        // The news of the account; the code that he signed in with is nobody's record.
        var row = Assert.Single(sent.Rows);
        Assert.Equal(("客户账号开通", "短信"), (row.Title, row.Channel));
        Assert.Contains("****", row.Recipient, StringComparison.Ordinal);
        var (_, stranger) = await SignedInAsync();
        Assert.Empty((await Accounts.MessagesAsync(customer, null, stranger, default)).Rows);
    }

    [Fact]
    public async Task A_deleted_file_is_gone_at_once_and_of_two_the_other_stays()
    {
        var mobile = GivenAccount.NewMobile();
        var person = await given.PersonAsync(mobile);
        var company = await given.PersonAsync(mobile, name: "云杉精密制造有限公司", kind: CustomerKind.Company);
        Assert.True((await given.TryOpenAsync(person, mobile)).Ok);
        Assert.True((await given.TryOpenAsync(company, mobile, samePerson: true)).Ok);
        var session = await given.SignInAsync(mobile);
        // What becomes of the double when two files turn out to be one.
        Assert.True((await given.Customers.DeleteAsync(person, "与另一份资料合并", given.Administrator, default)).Ok);
        Assert.Equal([company], (await given.WhoAsync(session))!.CustomerIds);
        // An actor from before the deletion opens nothing of it either.
        var stale = new CustomerActor(Guid.NewGuid(), new HashSet<Guid> { person });
        Assert.Empty(await Accounts.FilesAsync(stale, default));
        Assert.Null(await given.Queries.CollectionAsync(person, stale, default));

        Assert.True((await given.Customers.DeleteAsync(company, "客户要求", given.Administrator, default)).Ok);
        Assert.Null(await given.WhoAsync(session));
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        var before = (await given.MessagesToAsync(mobile)).Count;
        Assert.True((await given.SendCodeAsync(mobile)).Ok);
        Assert.Equal(before, (await given.MessagesToAsync(mobile)).Count);
    }

    [Fact]
    public async Task An_erased_customer_leaves_no_way_in()
    {
        var (customer, mobile) = await given.AccountAsync();
        var session = await given.SignInAsync(mobile);
        await given.ExecuteAsync($"delete from customers where id = {customer}");
        Assert.Null(await given.WhoAsync(session));
        await using var db = given.Db();
        Assert.False(await db.CustomerAccountFiles.AnyAsync(f => f.CustomerId == customer));
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        Assert.True((await given.SendCodeAsync(mobile)).Ok);
        Assert.Single(await given.MessagesToAsync(mobile), m => m.Template == ShippedTemplates.VerificationCode);
    }

    [Fact]
    public async Task Nothing_that_staff_do_is_open_to_him_even_on_his_own_file()
    {
        var (customer, me) = await SignedInAsync();
        var document = await given.HandInAsync(customer, GivenFile.Front);
        Assert.DoesNotContain(Enum.GetValues<Permission>(), me.May);
        await using var db = given.Db();
        Assert.False(await db.Customers.VisibleTo(me).AnyAsync());
        Assert.False(await db.Customers.InRecycleBin(me).AnyAsync());
        Assert.False(CustomerAccess.Of(await db.Customers.SingleAsync(c => c.Id == customer)).VisibleTo(me));

        Assert.Equal(CommonRefusals.NotFound, (await given.Get<CustomerQueries>().DetailAsync(customer, me, default)).Refusal);
        Assert.Null(await given.Queries.ChecklistAsync(customer, me, default));
        Assert.Empty((await given.Queries.TimelineAsync(customer, null, 30, me, default)).Rows);
        Assert.Empty(await given.Queries.LinksAsync(customer, me, default));
        Assert.Null(await given.Queries.OpenForViewingAsync(document, download: false, me, default));
        Assert.Null(await given.Queries.FindThumbnailAsync(document, me, default));
        Assert.Empty(await given.Get<DocumentRequests>().ListAsync(customer, me, default));
        Assert.Equal(CommonRefusals.NotFound, (await given.Documents.CheckAsync(me, new UploadRequest(customer, GivenFile.Pages, "key", "a.jpg", null, 1000), default)).Refusal);
        Assert.False((await given.Documents.WithdrawAsync(document, me, default)).Ok);
        Assert.False((await given.Links.CreateAsync(customer, me, default)).Ok);
        Assert.False((await given.Reviews.MoveAsync(customer, CustomerMove.SubmitForReview, null, me, default)).Ok);
        Assert.False((await given.Customers.DeleteAsync(customer, "不要了", me, default)).Ok);
        Assert.Equal(CommonRefusals.NotFound, (await Accounts.PanelAsync(customer, me, default)).Refusal);
        Assert.False((await given.Get<CustomerAccountService>().CloseAsync(customer, me, default)).Ok);
        Assert.Empty((await given.Get<FollowUpQueries>().OfCustomerAsync(customer, new PageRequest(), me, default)).Rows);
    }

    private static PortraitDraft Draft(params TraitInput[] traits) => new(traits, DateTimeOffset.MaxValue);

    private async Task<(Guid Customer, CustomerActor Me)> SignedInAsync()
    {
        var (customer, mobile) = await given.AccountAsync();
        return (customer, (await given.WhoAsync(await given.SignInAsync(mobile)))!);
    }
}
