using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Tests.Documents;

namespace CcdBlazor.Tests.CustomerAccounts;

/// <summary>Codes and sessions.</summary>
public sealed class CustomerSignInTests(GivenFile given) : IClassFixture<GivenFile>, IAsyncLifetime
{
    public Task InitializeAsync() => given.FurnishAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_code_signs_in_once()
    {
        var (customer, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        var begun = await given.TrySignInAsync(mobile, code);
        Assert.Equal([customer], (await given.WhoAsync(begun.Value))!.CustomerIds);
        Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, code)).Refusal);
        Assert.Contains("customer_account.signed_in", await given.AuditOfAsync(customer));
    }

    [Fact]
    public async Task The_code_goes_out_urgently_and_stands_nowhere_in_clear()
    {
        var (_, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        var message = (await given.MessagesToAsync(mobile))[^1];
        Assert.Equal((ShippedTemplates.VerificationCode, (short)10, true, "登录", "5"), (message.Template, message.Priority, message.Urgent, message.Values["purpose"], message.Values["minutes"]));
        Assert.Matches("^[0-9]{6}$", code);
        Assert.DoesNotContain(code, message.Stored, StringComparison.Ordinal);
        var row = await given.CodeRowAsync(mobile);
        Assert.DoesNotContain(code, row.CodeHash, StringComparison.Ordinal);
        Assert.DoesNotContain(mobile, row.MobileHash, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_code_is_refused_and_the_right_one_still_holds()
    {
        var (_, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        foreach (var wrong in new[] { GivenAccount.Other(code), "", "12345", code + "0", "abcdef", "١٢٣٤٥٦" })
            Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, wrong)).Refusal);
        Assert.True((await given.TrySignInAsync(mobile, code)).Ok);
    }

    [Fact]
    public async Task The_sixth_try_is_refused_even_with_the_right_code()
    {
        var (customer, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        for (var i = 0; i < CustomerAccountRules.MostAttempts; i++)
            Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, GivenAccount.Other(code))).Refusal);
        Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, code)).Refusal);
        Assert.Equal(1, (await given.AuditOfAsync(customer)).Count(a => a == "customer_account.code_exhausted"));
        // A new code begins anew.
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        Assert.True((await given.TrySignInAsync(mobile, await given.CodeAsync(mobile))).Ok);
    }

    [Fact]
    public async Task Five_wrong_tries_at_once_leave_no_sixth()
    {
        var (_, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => given.TrySignInAsync(mobile, GivenAccount.Other(code)))));
        Assert.Equal(CustomerAccountRules.MostAttempts, (await given.CodeRowAsync(mobile)).Attempts);
        Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, code)).Refusal);
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(300, false)]
    public async Task A_code_holds_for_five_minutes(int seconds, bool good)
    {
        var (_, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        given.Clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(good, (await given.TrySignInAsync(mobile, code)).Ok);
    }

    [Fact]
    public async Task Of_two_codes_only_the_newer_one_holds()
    {
        var (_, mobile) = await given.AccountAsync();
        var older = await given.CodeAsync(mobile);
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        var newer = await given.CodeAsync(mobile);
        if (older != newer)
            Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, older)).Refusal);
        Assert.True((await given.TrySignInAsync(mobile, newer)).Ok);
    }

    [Fact]
    public async Task One_code_in_two_browsers_at_once_begins_one_session()
    {
        var (customer, mobile) = await given.AccountAsync();
        var code = await given.CodeAsync(mobile);
        var begun = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => given.TrySignInAsync(mobile, code))));
        Assert.Equal(1, begun.Count(b => b.Ok));
        Assert.Equal(1, (await given.PanelAsync(customer)).Sessions);
    }

    [Fact]
    public async Task Digits_of_an_input_method_spaces_and_country_codes_are_read_as_what_they_mean()
    {
        var (_, mobile) = await given.AccountAsync();
        static string Wide(string digits) => new([.. digits.Select(c => (char)(c + 0xFEE0))]);
        Assert.True((await given.SendCodeAsync($"+86 {Wide(mobile)}")).Ok);
        var code = await given.LatestCodeAsync(mobile);
        Assert.True((await given.TrySignInAsync($"{mobile[..3]}-{mobile[3..7]} {mobile[7..]}", $" {Wide(code[..3])} {code[3..]}")).Ok);
    }

    [Fact]
    public async Task An_unknown_number_gets_the_same_answers_and_no_message()
    {
        var (_, known) = await given.AccountAsync();
        var unknown = GivenAccount.NewMobile();
        foreach (var mobile in new[] { known, unknown })
        {
            Assert.True((await given.SendCodeAsync(mobile)).Ok);
            Assert.Equal(CustomerAccountRefusals.CodeJustSent, (await given.SendCodeAsync(mobile)).Refusal);
            Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, "0000")).Refusal);
            Assert.Equal(CustomerAccountRefusals.CodeRefused, (await given.TrySignInAsync(mobile, mobile == known ? GivenAccount.Other(await given.LatestCodeAsync(known)) : "000000")).Refusal);
            // The wrong try is counted for both.
            Assert.Equal(1, (await given.CodeRowAsync(mobile)).Attempts);
        }

        Assert.Empty(await given.MessagesToAsync(unknown));
        foreach (var wrong in new[] { "", "12", "021-55556666" })
            Assert.Equal(RefusalKind.Invalid, (await given.SendCodeAsync(wrong)).Refusal?.Kind);
    }

    [Fact]
    public async Task A_template_that_is_switched_off_does_not_tell_who_has_an_account()
    {
        var (_, mobile) = await given.AccountAsync();
        await given.ExecuteAsync($"update message_templates set state = 2 where code = {ShippedTemplates.VerificationCode}");
        try
        {
            given.Get<Domain.Changes.ChangeFeed>().Publish(new Domain.Changes.Change(Domain.Messages.MessageTopics.Templates));
            Assert.True((await given.SendCodeAsync(mobile)).Ok);
        }
        finally
        {
            await given.ExecuteAsync($"update message_templates set state = 1 where code = {ShippedTemplates.VerificationCode}");
            given.Get<Domain.Changes.ChangeFeed>().Publish(new Domain.Changes.Change(Domain.Messages.MessageTopics.Templates));
        }
    }

    [Fact]
    public async Task A_number_gets_ten_codes_a_day_and_one_a_minute_even_when_many_ask_at_once()
    {
        var (_, mobile) = await given.AccountAsync();
        var sent = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => given.SendCodeAsync(mobile))));
        Assert.Equal(1, sent.Count(s => s.Ok));
        for (var i = 1; i < CustomerAccountSettings.CodesPerNumber.Default; i++)
        {
            given.Clock.Advance(CustomerAccountRules.BetweenCodes);
            Assert.True((await given.SendCodeAsync(mobile)).Ok);
        }

        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        Assert.Equal(CustomerAccountRefusals.TooManyCodes, (await given.SendCodeAsync(mobile)).Refusal);
        given.Clock.Advance(TimeSpan.FromDays(1));
        Assert.True((await given.SendCodeAsync(mobile)).Ok);
    }

    [Fact]
    public async Task An_address_gets_sixty_codes_an_hour_whatever_numbers_it_names()
    {
        var from = GivenAccount.NewAddress();
        for (var i = 0; i < CustomerAccountSettings.CodesPerAddress.Default; i++)
            Assert.True((await given.SendCodeAsync(GivenAccount.NewMobile(), from)).Ok);
        Assert.Equal(CustomerAccountRefusals.TooManyCodes, (await given.SendCodeAsync(GivenAccount.NewMobile(), from)).Refusal);
        Assert.True((await given.SendCodeAsync(GivenAccount.NewMobile())).Ok);
        given.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True((await given.SendCodeAsync(GivenAccount.NewMobile(), from)).Ok);
    }

    [Fact]
    public async Task A_session_that_is_used_lives_on_until_its_longest_time_and_one_that_is_not_falls_asleep()
    {
        var (_, mobile) = await given.AccountAsync();
        var used = await given.SignInAsync(mobile);
        given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        var idle = await given.SignInAsync(mobile);
        var step = CustomerAccountSettings.Idle.Default - TimeSpan.FromMinutes(2);
        for (var life = CustomerAccountRules.BetweenCodes; life + step < CustomerAccountSettings.Absolute.Default; life += step)
        {
            given.Clock.Advance(step);
            Assert.NotNull(await given.WhoAsync(used));
        }

        Assert.Null(await given.WhoAsync(idle));
        given.Clock.Advance(step);
        Assert.Null(await given.WhoAsync(used));
    }

    [Fact]
    public async Task Signing_out_ends_this_browser_and_everywhere_ends_all()
    {
        var (customer, mobile) = await given.AccountAsync();
        var browsers = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            browsers.Add(await given.SignInAsync(mobile));
            given.Clock.Advance(CustomerAccountRules.BetweenCodes);
        }

        var sessions = given.Get<CustomerSessions>();
        var actor = (await given.WhoAsync(browsers[0]))!;
        await sessions.EndAsync(browsers[0], actor, default);
        Assert.Null(await given.WhoAsync(browsers[0]));
        Assert.NotNull(await given.WhoAsync(browsers[1]));
        // Nobody ends somebody else's.
        var (_, other) = await given.AccountAsync();
        await sessions.EndAsync(browsers[1], (await given.WhoAsync(await given.SignInAsync(other)))!, default);
        Assert.NotNull(await given.WhoAsync(browsers[1]));

        await sessions.EndAllAsync(actor, default);
        Assert.All(await Task.WhenAll(browsers.Select(b => given.WhoAsync(b))), Assert.Null);
        var audit = await given.AuditOfAsync(customer);
        Assert.Contains("customer_account.signed_out", audit);
        Assert.Contains("customer_account.signed_out_everywhere", audit);
    }

    [Fact]
    public async Task What_no_limit_asks_for_any_more_is_forgotten()
    {
        var (_, mobile) = await given.AccountAsync();
        var session = await given.SignInAsync(mobile);
        var cleaning = given.Get<CustomerAccountCleaning>();
        await cleaning.RunAsync(given.Clock.GetUtcNow(), default);
        Assert.NotNull(await given.WhoAsync(session));
        var (codes, sessions) = await cleaning.RunAsync(given.Clock.GetUtcNow() + CustomerAccountCleaning.SessionsKept + TimeSpan.FromMinutes(1), default);
        Assert.True(codes > 0 && sessions > 0);
        Assert.Null(await given.WhoAsync(session));
    }
}
