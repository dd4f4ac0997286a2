using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Staff;

/// <summary>What the program mails to its own people, and what the link in it opens.</summary>
public sealed class AccountMailTests(MailHouse house) : IClassFixture<MailHouse>
{
    private const string Next = "Blue-Lantern-58";

    [Fact]
    public async Task A_new_account_with_an_address_gets_a_link_and_nobody_a_password()
    {
        var address = MailHouse.NewAddress();
        var made = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "new.mail", Name = "陈新", Email = address }, house.Administrator, default)).Value;

        Assert.Null(made.InitialPassword);
        Assert.Equal(address, made.Password.MailedTo);
        var mail = Assert.Single(await house.MailsAsync(address));
        Assert.Equal("account_new", mail.Template);
        var values = house.Opened(mail);
        Assert.Equal(("陈新", "new.mail", "24"), (values["name"], values["user_name"], values["hours"]));
        // Neither the message nor the table of links holds what opens the account.
        var token = await house.TokenAsync(address);
        Assert.DoesNotContain(token, mail.Variables, StringComparison.Ordinal);
        Assert.DoesNotContain("set-password", mail.Variables, StringComparison.Ordinal);
        Assert.Equal(43, token.Length);

        Assert.Equal("new.mail", (await house.Recovery.FindAsync(token, default)).Value.UserName);
        Assert.True((await house.Recovery.SetAsync(token, Next, "10.0.0.9", default)).Ok);
        var signedIn = Assert.IsType<SignInOutcome.SignedIn>((await house.SignIn.SignInAsync("new.mail", Next, null, null, default)).Value);
        Assert.False(signedIn.Ticket.MustChangePassword);
        await using var db = house.Context();
        Assert.Equal(["staff.created", "staff.password_link_sent", "staff.password_set_by_link", "staff.signed_in"],
            (await db.AuditEntries.Where(e => e.SubjectId == made.Id).OrderBy(e => e.Seq).Select(e => e.Action).ToListAsync()).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(await db.AuditEntries.Where(e => e.SubjectId == made.Id).ToListAsync(), e => (e.After ?? "").Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_an_address_the_administrator_hands_the_password_over()
    {
        var made = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "no.mail", Name = "无邮" }, house.Administrator, default)).Value;
        Assert.NotNull(made.InitialPassword);
        Assert.Null(made.Password.MailedTo);
        Assert.True(Assert.IsType<SignInOutcome.SignedIn>((await house.SignIn.SignInAsync("no.mail", made.InitialPassword, null, null, default)).Value).Ticket.MustChangePassword);
        Assert.NotNull((await house.Accounts.ResetPasswordAsync(made.Id, house.Administrator, default)).Value.OneTime);
    }

    [Fact]
    public async Task A_refused_account_leaves_no_mail_and_no_link()
    {
        var address = MailHouse.NewAddress();
        await house.Accounts.CreateAsync(new StaffDraft { UserName = "taken.name", Name = "甲" }, house.Administrator, default);
        var again = await house.Accounts.CreateAsync(new StaffDraft { UserName = "taken.name", Name = "乙", Email = address }, house.Administrator, default);
        Assert.Equal(StaffRefusals.UserNameTaken, again.Refusal);
        Assert.Empty(await house.MailsAsync(address));
    }

    [Fact]
    public async Task A_change_that_is_rolled_back_takes_its_mail_and_link_with_it()
    {
        var address = MailHouse.NewAddress();
        var (actor, _) = await house.AddAsync(address);
        await using (var db = house.Context())
        {
            await using var work = await db.Database.BeginTransactionAsync();
            var member = await db.StaffMembers.SingleAsync(s => s.Id == actor.StaffId);
            var mails = ActivatorUtilities.CreateInstance<AccountMails>(house.Services);
            Assert.True((await mails.WriteAsync(db, member, ShippedTemplates.AccountReset, house.Administrator, default)).Ok);
            await db.SaveChangesAsync();
            await work.RollbackAsync();
        }

        Assert.Empty(await house.MailsAsync(address));
        await using var after = house.Context();
        Assert.Empty(await after.PasswordLinks.Where(l => l.StaffId == actor.StaffId).ToListAsync());
    }

    [Fact]
    public async Task A_reset_ends_password_and_sessions_and_mails_a_link()
    {
        var address = MailHouse.NewAddress();
        var (actor, userName) = await house.AddAsync(address);
        var before = Assert.IsType<SignInOutcome.SignedIn>((await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default)).Value).Ticket;
        var reset = (await house.Accounts.ResetPasswordAsync(actor.StaffId, house.Administrator, default)).Value;

        Assert.Equal((null, address), (reset.OneTime, reset.MailedTo));
        Assert.Equal("account_reset", Assert.Single(await house.MailsAsync(address)).Template);
        Assert.Equal(StaffRefusals.SignInRefused, await house.SignInRefusalAsync(userName, StaffHouse.Password));
        Assert.Null(await house.Services.GetRequiredService<StaffDirectory>().FindSessionAsync(before.StaffId, before.SecurityStamp, default));

        // The mail does not arrive: handed over after all, and the link is void.
        var token = await house.TokenAsync(address);
        var byHand = (await house.Accounts.ResetPasswordAsync(actor.StaffId, house.Administrator, default, byHand: true)).Value;
        Assert.NotNull(byHand.OneTime);
        Assert.Equal(StaffRefusals.PasswordLinkOver, (await house.Recovery.SetAsync(token, Next, null, default)).Refusal);
        Assert.Null(await house.SignInRefusalAsync(userName, byHand.OneTime));
    }

    [Fact]
    public async Task Setting_a_password_ends_every_session_and_keeps_two_factor()
    {
        var address = MailHouse.NewAddress();
        var (actor, userName) = await house.AddAsync(address);
        var before = Assert.IsType<SignInOutcome.SignedIn>((await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default)).Value).Ticket;
        await using (var db = house.Context())
            await db.StaffMembers.Where(s => s.Id == actor.StaffId).ExecuteUpdateAsync(s => s.SetProperty(m => m.TwoFactorEnabled, true));
        await house.Recovery.AskAsync(userName, null, default);
        Assert.True((await house.Recovery.SetAsync(await house.TokenAsync(address), Next, null, default)).Ok);

        Assert.Null(await house.Services.GetRequiredService<StaffDirectory>().FindSessionAsync(before.StaffId, before.SecurityStamp, default));
        Assert.IsType<SignInOutcome.TwoFactorNeeded>((await house.SignIn.SignInAsync(userName, Next, null, null, default)).Value);
    }

    [Fact]
    public async Task A_link_works_once_until_its_end_and_not_after_a_newer_one()
    {
        var address = MailHouse.NewAddress();
        var (actor, userName) = await house.AddAsync(address);
        await house.Recovery.AskAsync(userName, null, default);
        var first = await house.TokenAsync(address);
        house.Clock.Move(PasswordRecovery.Pause);
        await house.Recovery.AskAsync(address.ToUpperInvariant(), null, default);
        var second = await house.TokenAsync(address);
        Assert.Equal(StaffRefusals.PasswordLinkOver, (await house.Recovery.FindAsync(first, default)).Refusal);

        // What the rules refuse leaves the link open.
        Assert.Equal(StaffRefusals.PasswordTooShort, (await house.Recovery.SetAsync(second, "kurz1", null, default)).Refusal! with { Others = [] });
        Assert.Equal(StaffRefusals.PasswordTooLong, (await house.Recovery.SetAsync(second, new string('a', 100_000), null, default)).Refusal);
        Assert.Equal(StaffRefusals.PasswordHoldsUserName, (await house.Recovery.SetAsync(second, userName + "-9x", null, default)).Refusal! with { Others = [] });
        Assert.True((await house.Recovery.SetAsync(second, Next, null, default)).Ok);
        Assert.Equal(StaffRefusals.PasswordLinkOver, (await house.Recovery.SetAsync(second, "Green-Lantern-59", null, default)).Refusal);

        house.Clock.Move(PasswordRecovery.Pause);
        await house.Recovery.AskAsync(userName, null, default);
        var third = await house.TokenAsync(address);
        house.Clock.Move(PasswordLink.Life - TimeSpan.FromSeconds(1));
        Assert.True((await house.Recovery.FindAsync(third, default)).Ok);
        house.Clock.Move(TimeSpan.FromSeconds(1));
        Assert.Equal(StaffRefusals.PasswordLinkOver, (await house.Recovery.SetAsync(third, "Green-Lantern-59", null, default)).Refusal);
        Assert.NotEqual(Guid.Empty, actor.StaffId);
    }

    [Fact]
    public async Task Two_tabs_with_one_link_set_one_password()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        await house.Recovery.AskAsync(userName, null, default);
        var token = await house.TokenAsync(address);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => house.Recovery.SetAsync(token, $"Blue-Lantern-{i}8", null, default)));
        Assert.Single(outcomes, o => o.Ok);
        Assert.All(outcomes.Where(o => !o.Ok), o => Assert.Equal(StaffRefusals.PasswordLinkOver, o.Refusal));
    }

    [Fact]
    public async Task Guessed_tokens_open_nothing()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        await house.Recovery.AskAsync(userName, null, default);
        var token = await house.TokenAsync(address);
        foreach (var wrong in (string[])["", "short", new string('a', 43), token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), token + "=", new string('x', 5000), "' or 1=1 --" + token, Convert.ToHexString(PasswordLink.HashOf(token))])
        {
            Assert.Equal(StaffRefusals.PasswordLinkUnknown, (await house.Recovery.FindAsync(wrong, default)).Refusal);
            Assert.Equal(StaffRefusals.PasswordLinkUnknown, (await house.Recovery.SetAsync(wrong, Next, null, default)).Refusal);
        }
    }

    [Fact]
    public async Task Disabling_an_account_changing_its_address_or_its_password_ends_the_link()
    {
        foreach (var end in (Func<StaffActor, string, Task>[])
        [
            async (a, _) => Assert.True((await house.Accounts.DisableAsync(a.StaffId, null, house.Administrator, default)).Ok),
            async (a, name) =>
            {
                var seen = (await house.Services.GetRequiredService<StaffDirectory>().DetailAsync(a.StaffId, house.Administrator, default)).Value;
                Assert.True((await house.Accounts.EditAsync(a.StaffId, new StaffDraft { UserName = name, Name = seen.Name, Email = MailHouse.NewAddress() }, seen.Version, house.Administrator, default)).Ok);
            },
            async (a, _) => Assert.True((await house.SignIn.ChangePasswordAsync(StaffHouse.Password, "Green-Lantern-59", a, default)).Ok),
        ])
        {
            var address = MailHouse.NewAddress();
            var (actor, userName) = await house.AddAsync(address);
            await house.Recovery.AskAsync(userName, null, default);
            var token = await house.TokenAsync(address);
            await end(actor, userName);
            Assert.Equal(StaffRefusals.PasswordLinkOver, (await house.Recovery.SetAsync(token, Next, null, default)).Refusal);
        }
    }

    [Fact]
    public async Task Forgetting_sends_to_active_accounts_with_an_address_only_and_not_in_a_flood()
    {
        var address = MailHouse.NewAddress();
        var (_, userName) = await house.AddAsync(address);
        var gone = MailHouse.NewAddress();
        var (disabled, disabledName) = await house.AddAsync(gone);
        await house.Accounts.DisableAsync(disabled.StaffId, null, house.Administrator, default);
        var (_, silent) = await house.AddAsync(null);

        // Nothing is answered in any of these cases, so there is nothing to tell them apart by.
        foreach (var who in (string[])["", "  ", "nobody.of.this.name", silent, disabledName, gone, "' or 1=1 --", new string('a', 5000), "%", "_"])
            await house.Recovery.AskAsync(who, null, default);
        Assert.Empty(await house.MailsAsync(gone));
        Assert.Empty(await house.MailsAsync(address));

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => house.Recovery.AskAsync($" {userName.ToUpperInvariant()} ", "10.0.0.7", default)));
        Assert.Single(await house.MailsAsync(address));
        for (var i = 0; i < 10; i++)
        {
            house.Clock.Move(PasswordRecovery.Pause);
            await house.Recovery.AskAsync(address, null, default);
        }

        Assert.Equal(PasswordRecovery.MostADay, (await house.MailsAsync(address)).Count);
        // The password stays in force: who asks for somebody else ends nothing.
        Assert.Null(await house.SignInRefusalAsync(userName, StaffHouse.Password));
    }

    [Fact]
    public async Task Who_may_not_take_an_account_over_may_not_redirect_its_mails()
    {
        var roles = house.Services.GetRequiredService<RoleService>();
        var role = (await roles.CreateAsync(new RoleDraft { Name = "只管账号", Permissions = [Permission.ManageStaff] }, house.Administrator, default)).Value;
        var (manager, _) = await house.AddAsync(null);
        Assert.True((await house.Accounts.SetRolesAsync(manager.StaffId, [role], house.Administrator, default)).Ok);
        var directory = house.Services.GetRequiredService<StaffDirectory>();
        manager = (await directory.FindActorAsync(manager.StaffId, null, null, default))!;
        var (boss, name) = await house.AddAsync(MailHouse.NewAddress(), ShippedRoles.Administrator);
        var seen = (await directory.DetailAsync(boss.StaffId, manager, default)).Value;
        var moved = await house.Accounts.EditAsync(boss.StaffId, new StaffDraft { UserName = name, Name = seen.Name, Email = MailHouse.NewAddress() }, seen.Version, manager, default);
        Assert.Equal("staff.account_holds_more", moved.Refusal?.Code);
    }

    [Fact]
    public async Task Without_an_address_of_the_program_or_with_the_template_off_the_password_is_handed_over()
    {
        var address = MailHouse.NewAddress();
        house.Address = null;
        try
        {
            var made = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "no.root", Name = "无址", Email = address }, house.Administrator, default)).Value;
            Assert.NotNull(made.InitialPassword);
            Assert.NotNull(made.Password.WhyNotMailed);
            await house.Recovery.AskAsync("no.root", null, default);
            Assert.Empty(await house.MailsAsync(address));
        }
        finally
        {
            house.Address = new Uri("https://ccd.test/");
        }
    }
}
