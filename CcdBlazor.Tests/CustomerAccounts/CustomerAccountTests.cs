using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Tests.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.CustomerAccounts;

/// <summary>Opening and closing accounts: who may, for whom, with which number, and what it ends.</summary>
public sealed class CustomerAccountTests(GivenFile given) : IClassFixture<GivenFile>, IAsyncLifetime
{
    private CustomerAccountService Accounts => given.Get<CustomerAccountService>();

    public Task InitializeAsync() => given.FurnishAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Opening_tells_the_customer_by_text_message_and_by_mail_and_is_in_the_timeline()
    {
        var mobile = GivenAccount.NewMobile();
        var customer = await given.PersonAsync(mobile);
        Assert.Equal((CustomerAccountState.None, true), ((await given.PanelAsync(customer)).State, (await given.PanelAsync(customer)).Mobiles.Contains(mobile)));
        Assert.True((await given.TryOpenAsync(customer, mobile, email: "chen@example.com")).Ok);

        var told = Assert.Single(await given.MessagesToAsync(mobile));
        Assert.Equal((ShippedTemplates.CustomerAccountOpened, "陈嘉怡", "https://ccd.test/my/sign-in"), (told.Template, told.Values["name"], told.Values["url"]));
        Assert.Equal((short)MessageChannel.Email, Assert.Single(await given.MessagesToAsync("chen@example.com")).Channel);
        Assert.Contains("customer_account.opened", await given.AuditOfAsync(customer));
        var panel = await given.PanelAsync(customer);
        Assert.Equal((CustomerAccountState.Open, $"{mobile[..3]}****{mobile[7..]}", "c***@example.com", 0), (panel.State, panel.Mobile, panel.Email, panel.Sessions));
        Assert.Null(panel.LastSignInAt);
        await given.SignInAsync(mobile);
        Assert.NotNull((await given.PanelAsync(customer)).LastSignInAt);
    }

    [Fact]
    public async Task Only_who_may_manage_accounts_and_sees_the_customer_opens_closes_and_cuts()
    {
        var mobile = GivenAccount.NewMobile();
        var customer = await given.PersonAsync(mobile);
        var without = given.Clerk with { Permissions = given.Clerk.Permissions.Where(p => p != Permission.ManageCustomerAccounts).ToHashSet() };
        foreach (var (by, refusal) in new[] { (without, CommonRefusals.Forbidden), (given.OtherClerk, CommonRefusals.NotFound) })
        {
            Assert.Equal(refusal, (await given.TryOpenAsync(customer, mobile, by)).Refusal);
            Assert.Equal(refusal, (await Accounts.CloseAsync(customer, by, default)).Refusal);
            Assert.Equal(refusal, (await Accounts.EndSessionsAsync(customer, by, default)).Refusal);
            Assert.Equal(refusal, (await Accounts.InviteAsync(customer, by, default)).Refusal);
        }

        Assert.Empty(await given.MessagesToAsync(mobile));
        // Who sees the customer sees whether there is an account, and is offered no numbers.
        var seen = await given.PanelAsync(customer, without);
        Assert.Equal((CustomerAccountState.None, false, 0), (seen.State, seen.MayManage, seen.Mobiles.Count));
        Assert.Equal(CommonRefusals.NotFound, (await given.Get<CustomerAccountQueries>().PanelAsync(customer, given.OtherClerk, default)).Refusal);
        Assert.True((await given.TryOpenAsync(customer, mobile)).Ok);
    }

    [Fact]
    public async Task A_number_that_is_not_the_customers_a_bad_mail_address_and_opening_twice_are_refused()
    {
        var mobile = GivenAccount.NewMobile();
        var customer = await given.PersonAsync(mobile);
        foreach (var wrong in new[] { GivenAccount.NewMobile(), "", "021-55556666", "１３" })
            Assert.Equal(CustomerAccountRefusals.NoMobile, (await given.TryOpenAsync(customer, wrong)).Refusal);
        Assert.Equal(CustomerAccountRefusals.Email, (await given.TryOpenAsync(customer, mobile, email: "不是邮箱")).Refusal);
        Assert.Equal(CustomerAccountState.None, (await given.PanelAsync(customer)).State);
        Assert.True((await given.TryOpenAsync(customer, mobile)).Ok);
        Assert.Equal(CustomerAccountRefusals.AlreadyOpen, (await given.TryOpenAsync(customer, mobile)).Refusal);
        Assert.Single(await given.MessagesToAsync(mobile));
    }

    [Fact]
    public async Task Without_an_address_of_this_program_nothing_is_opened()
    {
        var mobile = GivenAccount.NewMobile();
        var customer = await given.PersonAsync(mobile);
        var nowhere = new CustomerAccountService(given.Get<IDbContextFactory<CcdDbContext>>(), given.Get<MessageSender>(), new PublicAddress(() => null), given.Clock);
        Assert.Equal(PublicAddress.NotConfigured, (await nowhere.OpenAsync(customer, new CustomerAccountDraft(mobile), given.Clerk, default)).Refusal);
        Assert.Equal(CustomerAccountState.None, (await given.PanelAsync(customer)).State);
    }

    [Fact]
    public async Task The_customer_is_told_again_after_five_minutes_and_not_before()
    {
        var (customer, mobile) = await given.AccountAsync();
        Assert.Equal(CustomerAccountRefusals.InvitedJustNow, (await Accounts.InviteAsync(customer, given.Clerk, default)).Refusal);
        given.Clock.Advance(CustomerAccountRules.BetweenInvitations);
        Assert.True((await Accounts.InviteAsync(customer, given.Clerk, default)).Ok);
        Assert.Equal(2, (await given.MessagesToAsync(mobile)).Count);
    }

    [Fact]
    public async Task Closing_ends_every_session_at_once_voids_the_code_and_opening_again_is_a_new_account()
    {
        var (customer, mobile) = await given.AccountAsync();
        var session = await given.SignInAsync(mobile);
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        var code = await given.CodeAsync(mobile);
        Assert.True((await Accounts.CloseAsync(customer, given.Clerk, default)).Ok);
        Assert.Null(await given.WhoAsync(session));
        Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, code)).Refusal);
        Assert.Equal(CustomerAccountState.Closed, (await given.PanelAsync(customer)).State);
        Assert.Equal(CustomerAccountRefusals.NotOpen, (await Accounts.CloseAsync(customer, given.Clerk, default)).Refusal);
        Assert.Equal(CustomerAccountRefusals.NotOpen, (await Accounts.EndSessionsAsync(customer, given.Clerk, default)).Refusal);

        Assert.True((await given.TryOpenAsync(customer, mobile)).Ok);
        Assert.Null(await given.WhoAsync(session));
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        Assert.NotNull(await given.WhoAsync(await given.SignInAsync(mobile)));
    }

    [Fact]
    public async Task Cutting_all_sessions_leaves_the_account_open()
    {
        var (customer, mobile) = await given.AccountAsync();
        var phone = await given.SignInAsync(mobile);
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        var desktop = await given.SignInAsync(mobile);
        Assert.Equal(2, (await given.PanelAsync(customer)).Sessions);
        Assert.True((await Accounts.EndSessionsAsync(customer, given.Clerk, default)).Ok);
        Assert.Null(await given.WhoAsync(phone));
        Assert.Null(await given.WhoAsync(desktop));
        Assert.Equal((CustomerAccountState.Open, 0), ((await given.PanelAsync(customer)).State, (await given.PanelAsync(customer)).Sessions));
    }

    [Fact]
    public async Task A_second_file_with_the_number_joins_the_account_only_when_the_same_person_is_confirmed()
    {
        var (person, mobile) = await given.AccountAsync();
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        var company = await given.PersonAsync(mobile, name: "云杉精密制造有限公司", kind: CustomerKind.Company);
        var asked = (await given.TryOpenAsync(company, mobile)).Refusal;
        Assert.Equal(("customer_account.same_person", nameof(CustomerAccountDraft.SamePerson)), (asked?.Code, asked?.Field));
        Assert.Contains("陈嘉怡", asked!.Text, StringComparison.Ordinal);
        var session = await given.SignInAsync(mobile);
        Assert.Equal([person], (await given.WhoAsync(session))!.CustomerIds);

        Assert.True((await given.TryOpenAsync(company, mobile, samePerson: true)).Ok);
        var actor = (await given.WhoAsync(session))!;
        Assert.Equal([person, company], actor.CustomerIds.Order());
        Assert.Equal([company, person], (await given.Get<CustomerAccountQueries>().FilesAsync(actor, default)).Select(f => f.Id));
        Assert.Equal(1, (await given.PanelAsync(company)).OtherFiles);
        // One of them closes the account of both.
        Assert.True((await Accounts.CloseAsync(company, given.Clerk, default)).Ok);
        Assert.Equal(CustomerAccountState.Closed, (await given.PanelAsync(person)).State);
        Assert.Contains("customer_account.closed", await given.AuditOfAsync(person));
    }

    [Fact]
    public async Task The_number_of_another_person_or_of_a_file_that_one_does_not_see_is_refused_whatever_is_confirmed()
    {
        var (_, mobile) = await given.AccountAsync();
        var other = await given.PersonAsync(mobile, name: "林志强");
        Assert.Equal(CustomerAccountRefusals.AnotherPerson, (await given.TryOpenAsync(other, mobile, samePerson: true)).Refusal);
        var elsewhere = await given.PersonAsync(mobile, given.OtherClerk, "黄雨桐", identity: false);
        var refused = (await given.TryOpenAsync(elsewhere, mobile, given.OtherClerk, samePerson: true)).Refusal;
        Assert.Equal(CustomerAccountRefusals.NumberTaken, refused);
        Assert.DoesNotContain("陈嘉怡", refused!.Text, StringComparison.Ordinal);
        // Who sees both may, as long as no identity says otherwise.
        Assert.True((await given.TryOpenAsync(elsewhere, mobile, given.Administrator, samePerson: true)).Ok);
    }

    [Fact]
    public async Task Two_colleagues_who_open_at_once_open_one_account()
    {
        var mobile = GivenAccount.NewMobile();
        var customer = await given.PersonAsync(mobile);
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => given.TryOpenAsync(customer, mobile))));
        Assert.Equal(1, opened.Count(o => o.Ok));
        Assert.All(opened.Where(o => !o.Ok), o => Assert.Equal(CustomerAccountRefusals.AlreadyOpen, o.Refusal));
        Assert.Single(await given.MessagesToAsync(mobile));
    }

    [Fact]
    public async Task A_number_that_left_the_file_opens_it_no_longer_and_its_next_holder_sees_nothing_of_it()
    {
        var (former, mobile) = await given.AccountAsync();
        var session = await given.SignInAsync(mobile);
        var fresh = GivenAccount.NewMobile();
        await given.ExecuteAsync($"update customers set phones = array[{fresh}] where id = {former}");
        Assert.Null(await given.WhoAsync(session));
        Assert.True((await given.PanelAsync(former)).NumberGone);
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        Assert.True((await given.SendCodeAsync(mobile)).Ok);
        Assert.Single(await given.MessagesToAsync(mobile), m => m.Template == ShippedTemplates.VerificationCode);

        // The number is somebody else's now.
        var holder = await given.PersonAsync(mobile, name: "林志强");
        Assert.True((await given.TryOpenAsync(holder, mobile)).Ok);
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        Assert.Equal([holder], (await given.WhoAsync(await given.SignInAsync(mobile)))!.CustomerIds);
        Assert.Null(await given.WhoAsync(session));
        // And the former holder gets an account with his new number.
        Assert.True((await given.TryOpenAsync(former, fresh)).Ok);
        Assert.Equal([former], (await given.WhoAsync(await given.SignInAsync(fresh)))!.CustomerIds);
    }

    [Fact]
    public async Task A_change_of_number_closes_the_account_that_has_no_file_left()
    {
        var (customer, mobile) = await given.AccountAsync();
        var session = await given.SignInAsync(mobile);
        var second = GivenAccount.NewMobile();
        await given.ExecuteAsync($"update customers set phones = array[{mobile}, {second}] where id = {customer}");
        Assert.True((await given.TryOpenAsync(customer, second)).Ok);
        Assert.Null(await given.WhoAsync(session));
        await using var db = given.Db();
        Assert.Equal([second], await db.CustomerAccounts.Where(a => (a.Mobile == mobile || a.Mobile == second) && a.ClosedAt == null).Select(a => a.Mobile).ToListAsync());
    }

    [Fact]
    public async Task No_role_of_staff_can_be_called_like_the_role_of_customers()
    {
        var roles = given.Get<RoleService>();
        Assert.Equal(StaffRefusals.RoleNameReserved, (await roles.CreateAsync(new RoleDraft { Name = " 客户 " }, given.Administrator, default)).Refusal);
        Assert.True((await roles.CreateAsync(new RoleDraft { Name = "客户关系" }, given.Administrator, default)).Ok);
        Assert.DoesNotContain(ShippedRoles.All, r => r.Name == CustomerRole.Name);
    }
}
