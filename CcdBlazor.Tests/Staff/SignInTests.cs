using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Staff;

public sealed class SignInTests(StaffHouse house) : IClassFixture<StaffHouse>
{
    [Fact]
    public async Task The_right_password_signs_in_whatever_the_case_of_the_name()
    {
        var (actor, userName) = await house.AddAsync(ShippedRoles.AccountManager);
        var ticket = await house.TicketAsync(userName.ToUpperInvariant());
        Assert.Equal(actor.StaffId, ticket.StaffId);
        Assert.NotNull(await house.Directory.FindActorAsync(ticket.StaffId, ticket.SecurityStamp, null, default));
        Assert.Contains("staff.signed_in", await house.ActionsAboutAsync(actor.StaffId));
    }

    [Fact]
    public async Task An_unknown_name_and_a_wrong_password_are_refused_with_the_same_words()
    {
        var (_, userName) = await house.AddAsync();
        var wrong = await house.SignIn.SignInAsync(userName, "not-this-1", null, null, default);
        var unknown = await house.SignIn.SignInAsync("nobody-here", "not-this-1", null, null, default);
        Assert.Equal(StaffRefusals.SignInRefused, wrong.Refusal);
        Assert.Equal(StaffRefusals.SignInRefused, unknown.Refusal);
    }

    [Fact]
    public async Task The_fifth_failure_locks_for_15_minutes_and_says_nothing_about_it()
    {
        var (actor, userName) = await house.AddAsync();
        for (var i = 0; i < 5; i++)
            Assert.Equal(StaffRefusals.SignInRefused, (await house.SignIn.SignInAsync(userName, "wrong-guess-1", null, null, default)).Refusal);
        Assert.Equal(StaffRefusals.SignInRefused, (await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default)).Refusal);
        Assert.Equal(1, (await house.ActionsAboutAsync(actor.StaffId)).Count(a => a == "staff.locked_out"));
        house.Clock.Move(TimeSpan.FromMinutes(15));
        await house.TicketAsync(userName);
    }

    [Fact]
    public async Task Four_failures_do_not_lock()
    {
        var (_, userName) = await house.AddAsync();
        for (var i = 0; i < 4; i++)
            await house.SignIn.SignInAsync(userName, "wrong-guess-1", null, null, default);
        await house.TicketAsync(userName);
    }

    [Fact]
    public async Task Guesses_that_arrive_at_once_are_all_counted()
    {
        var (actor, userName) = await house.AddAsync();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => house.SignIn.SignInAsync(userName, "wrong-guess-1", null, null, default)));
        var detail = (await house.Directory.DetailAsync(actor.StaffId, house.Administrator, default)).Value;
        Assert.Equal(StaffState.Locked, detail.State);
        var actions = await house.ActionsAboutAsync(actor.StaffId);
        Assert.Equal(12, actions.Count(a => a == "staff.sign_in_failed"));
        Assert.Equal(1, actions.Count(a => a == "staff.locked_out"));
    }

    [Fact]
    public async Task A_disabled_account_cannot_sign_in()
    {
        var (actor, userName) = await house.AddAsync();
        Assert.True((await house.Accounts.DisableAsync(actor.StaffId, "离职", house.Administrator, default)).Ok);
        Assert.Equal(StaffRefusals.AccountDisabled, (await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default)).Refusal);
    }

    [Fact]
    public async Task What_was_typed_as_an_unknown_name_is_not_written_down()
    {
        await house.SignIn.SignInAsync("My-Secret-Password-1", "x", null, "10.9.9.9", default);
        await using var db = house.Context();
        var entry = await db.AuditEntries.SingleAsync(e => e.From == "10.9.9.9");
        Assert.DoesNotContain("Secret", $"{entry.Reason}{entry.Before}{entry.After}{entry.ActorName}", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_new_account_must_change_its_password_at_the_first_sign_in()
    {
        var made = (await house.Accounts.CreateAsync(new StaffDraft { UserName = "newcomer", Name = "新人" }, house.Administrator, default)).Value;
        var ticket = await house.TicketAsync("newcomer", made.InitialPassword!);
        Assert.True(ticket.MustChangePassword);
        var actor = (await house.Directory.FindActorAsync(made.Id, ticket.SecurityStamp, null, default))!;
        Assert.Equal(StaffRefusals.PasswordNotNew, (await house.SignIn.ChangePasswordAsync(made.InitialPassword!, made.InitialPassword!, actor, default)).Refusal);
        var weak = await house.SignIn.ChangePasswordAsync(made.InitialPassword!, "newcomer2026", actor, default);
        Assert.Equal(StaffRefusals.PasswordHoldsUserName.Code, weak.Refusal!.Code);
        var changed = (await house.SignIn.ChangePasswordAsync(made.InitialPassword!, "Blue-Lantern-58", actor, default)).Value;
        Assert.False(changed.MustChangePassword);
        // The old session is over, the new ticket goes on.
        Assert.Null(await house.Directory.FindActorAsync(made.Id, ticket.SecurityStamp, null, default));
        Assert.NotNull(await house.Directory.FindActorAsync(made.Id, changed.SecurityStamp, null, default));
        Assert.False((await house.TicketAsync("newcomer", "Blue-Lantern-58")).MustChangePassword);
    }

    [Fact]
    public async Task A_wrong_current_password_changes_nothing_and_counts_as_a_failure()
    {
        var (actor, userName) = await house.AddAsync();
        for (var i = 0; i < 5; i++)
            Assert.Equal(StaffRefusals.WrongPassword, (await house.SignIn.ChangePasswordAsync("wrong-guess-1", "Blue-Lantern-58", actor, default)).Refusal);
        Assert.Equal(StaffRefusals.Locked, (await house.SignIn.ChangePasswordAsync(StaffHouse.Password, "Blue-Lantern-58", actor, default)).Refusal);
        Assert.Equal(StaffRefusals.SignInRefused, (await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default)).Refusal);
    }

    [Fact]
    public async Task With_two_factor_the_code_is_asked_for_and_each_code_works_once()
    {
        var (userName, secret, _) = await WithTwoFactorAsync();
        var first = await house.SignIn.SignInAsync(userName, StaffHouse.Password, null, null, default);
        var needed = Assert.IsType<SignInOutcome.TwoFactorNeeded>(first.Value);
        Assert.Equal(StaffRefusals.CodeRefused, (await FinishAsync("000000")).Refusal);
        house.Clock.Move(TimeSpan.FromSeconds(60));
        var code = Totp.Code(secret, Totp.StepAt(house.Clock.GetUtcNow()));
        Assert.IsType<SignInOutcome.SignedIn>((await FinishAsync(code)).Value);
        Assert.Equal(StaffRefusals.CodeRefused, (await FinishAsync(code)).Refusal);

        Task<Domain.Common.Result<SignInOutcome>> FinishAsync(string typed) =>
            house.SignIn.FinishSignInAsync(needed.StaffId, needed.SecurityStamp, typed, null, default);
    }

    [Fact]
    public async Task A_recovery_code_opens_once_in_place_of_the_app()
    {
        var (userName, _, codes) = await WithTwoFactorAsync();
        Assert.Equal(10, codes.Count);
        var typed = codes[3].Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
        Assert.IsType<SignInOutcome.SignedIn>((await house.SignIn.SignInAsync(userName, StaffHouse.Password, typed, null, default)).Value);
        Assert.Equal(StaffRefusals.CodeRefused, (await house.SignIn.SignInAsync(userName, StaffHouse.Password, codes[3], null, default)).Refusal);
    }

    [Fact]
    public async Task Five_wrong_codes_lock_the_account()
    {
        var (userName, secret, _) = await WithTwoFactorAsync();
        for (var i = 0; i < 5; i++)
            Assert.Equal(StaffRefusals.CodeRefused, (await house.SignIn.SignInAsync(userName, StaffHouse.Password, "000000", null, default)).Refusal);
        house.Clock.Move(TimeSpan.FromMinutes(1));
        var code = Totp.Code(secret, Totp.StepAt(house.Clock.GetUtcNow()));
        Assert.Equal(StaffRefusals.SignInRefused, (await house.SignIn.SignInAsync(userName, StaffHouse.Password, code, null, default)).Refusal);
    }

    [Fact]
    public async Task Secret_and_recovery_codes_are_not_readable_in_the_table()
    {
        var (userName, secret, codes) = await WithTwoFactorAsync();
        await using var db = house.Context();
        var member = await db.StaffMembers.SingleAsync(s => s.UserName == userName);
        Assert.DoesNotContain(secret, member.TotpSecret!, StringComparison.Ordinal);
        Assert.DoesNotContain(codes[0], member.RecoveryCodes);
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_every_session()
    {
        var (actor, userName) = await house.AddAsync();
        var (one, two) = (await house.TicketAsync(userName), await house.TicketAsync(userName));
        Assert.True((await house.SignIn.SignOutEverywhereAsync(actor, default)).Ok);
        Assert.Null(await house.Directory.FindActorAsync(one.StaffId, one.SecurityStamp, null, default));
        Assert.Null(await house.Directory.FindActorAsync(two.StaffId, two.SecurityStamp, null, default));
    }

    private async Task<(string UserName, string Secret, IReadOnlyList<string> Codes)> WithTwoFactorAsync()
    {
        var (actor, userName) = await house.AddAsync();
        var setup = (await house.SignIn.StartTwoFactorAsync(actor, default)).Value;
        Assert.StartsWith("otpauth://totp/", setup.Uri, StringComparison.Ordinal);
        var code = Totp.Code(setup.Secret, Totp.StepAt(house.Clock.GetUtcNow()));
        var started = (await house.SignIn.ConfirmTwoFactorAsync(code, actor, default)).Value;
        return (userName, setup.Secret, started.RecoveryCodes);
    }
}
