using System.Text.Json;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CcdBlazor.Tests.Messages;

public sealed class ChannelAccountTests(TemplateHouse house) : IClassFixture<TemplateHouse>
{
    private const string Secret = "very-secret-5f1c";

    [Fact]
    public async Task Secrets_go_in_and_never_come_out()
    {
        var id = await AddedAsync();
        var detail = (await house.AccountQueries.FindAsync(id, TemplateHouse.Keeper, default)).Value;
        Assert.Equal(["AccessKeySecret"], detail.SecretNames);
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(detail), StringComparison.Ordinal);
        await using (var db = await house.DbAsync())
        {
            var stored = await db.ChannelAccounts.SingleAsync(a => a.Id == id);
            Assert.DoesNotContain(Secret, JsonSerializer.Serialize(stored), StringComparison.Ordinal);
        }

        Assert.True((await EditAsync(id, d => d with { Secrets = new Dictionary<string, string> { ["AccessKeySecret"] = "another-9a0b" } })).Ok);
        var audit = await house.AuditAsync(id);
        Assert.Equal(["channel_account.added", "channel_account.edited"], audit.Select(e => e.Action));
        Assert.All(audit, e => Assert.DoesNotContain(Secret, e.Before + e.After, StringComparison.Ordinal));
        Assert.Contains("AccessKeySecret", audit[1].After, StringComparison.Ordinal);
        Assert.DoesNotContain("another-9a0b", string.Concat(audit.Select(e => e.Before + e.After)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_left_empty_stays_and_the_client_gets_it()
    {
        var id = await AddedAsync();
        Assert.True((await EditAsync(id, d => d with { Name = "改名" })).Ok);
        Assert.True((await house.Accounts.ProbeAsync(id, TemplateHouse.Keeper, default)).Value.Usable);
        Assert.Equal((Secret, "key-1"), (house.Sms.Probed!["AccessKeySecret"], house.Sms.Probed["AccessKeyId"]));
    }

    [Fact]
    public async Task Kept_secrets_do_not_travel_to_another_host()
    {
        var id = await AddedAsync();
        Assert.Equal(AccountRefusals.SecretsAgain, (await EditAsync(id, d => d with { BaseAddress = "https://elsewhere.example.com/" })).Refusal);
        Assert.True((await EditAsync(id, d => d with { BaseAddress = "https://elsewhere.example.com/", Secrets = new Dictionary<string, string> { ["AccessKeySecret"] = "fresh" } })).Ok);
    }

    [Theory]
    [InlineData("http://dysmsapi.example.com/")]
    [InlineData("ftp://host/")]
    [InlineData("host")]
    [InlineData("https://user:pass@host/")]
    [InlineData("")]
    public async Task An_address_to_which_secrets_must_not_travel_is_refused(string address) =>
        Assert.Equal("messages.account_address", (await house.Accounts.AddAsync(Draft() with { BaseAddress = address }, TemplateHouse.Keeper, default)).Refusal!.Code);

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        var draft = Draft() with
        {
            Name = "", Weight = -1, PriceMilli = -1, Limits = [new QuotaRule(0, 1)], RecipientLimits = [new QuotaRule(60, 1), new QuotaRule(60, 2)],
            Values = new Dictionary<string, string> { ["Unknown"] = "x", ["SignName"] = "a\nb" }, Secrets = new Dictionary<string, string>(),
        };
        var refused = (await house.Accounts.AddAsync(draft, TemplateHouse.Keeper, default)).Refusal!;
        Assert.Superset(
            new HashSet<string?> { "Name", "Weight", "PriceMilli", "Limits", "RecipientLimits", "AccessKeyId", "AccessKeySecret", "SignName", "Unknown" },
            refused.Others.Prepend(refused).Select(r => r.Field).ToHashSet());
        Assert.Equal(AccountRefusals.KindUnknown, (await house.Accounts.AddAsync(Draft() with { Kind = "fax" }, TemplateHouse.Keeper, default)).Refusal);
    }

    [Fact]
    public async Task Another_editor_is_noticed_and_a_rest_or_a_test_is_none()
    {
        var id = await AddedAsync();
        var basis = (await house.AccountQueries.FindAsync(id, TemplateHouse.Keeper, default)).Value.Basis;
        await house.Accounts.ProbeAsync(id, TemplateHouse.Keeper, default);
        await RestAsync(id);
        Assert.True((await house.Accounts.EditAsync(id, Draft() with { Name = "甲", Secrets = new Dictionary<string, string>() }, basis, TemplateHouse.Keeper, default)).Ok);
        Assert.Equal(CommonRefusals.ChangedMeanwhile, (await house.Accounts.EditAsync(id, Draft() with { Name = "乙" }, basis, TemplateHouse.Keeper, default)).Refusal);
    }

    [Fact]
    public async Task A_rest_shows_its_reason_and_is_ended_by_hand()
    {
        var id = await AddedAsync();
        await RestAsync(id);
        Assert.Equal((AccountStanding.Resting, "限流"), (await RowAsync(id)) is var row ? (row.Standing, row.RestReason) : default);
        Assert.True((await house.Accounts.WakeAsync(id, TemplateHouse.Keeper, default)).Ok);
        Assert.Equal(AccountStanding.Usable, (await RowAsync(id)).Standing);
        Assert.True((await house.Accounts.SetEnabledAsync(id, false, TemplateHouse.Keeper, default)).Ok);
        Assert.Equal(AccountStanding.Disabled, (await RowAsync(id)).Standing);
    }

    [Fact]
    public async Task A_failed_test_is_kept_and_a_deleted_account_loses_its_secrets()
    {
        var id = await AddedAsync();
        house.Sms.Answer = _ => Task.FromResult(new ProbeResult(false, "余额不足", FailureClass.Credentials));
        try
        {
            Assert.Equal("余额不足", (await house.Accounts.ProbeAsync(id, TemplateHouse.Keeper, default)).Value.Reason);
        }
        finally
        {
            house.Sms.Answer = _ => Task.FromResult(new ProbeResult(true));
        }

        Assert.Equal((AccountStanding.Faulty, "余额不足"), (await RowAsync(id)) is var row ? (row.Standing, row.LastProbeFault) : default);
        Assert.True((await house.Accounts.DeleteAsync(id, TemplateHouse.Keeper, default)).Ok);
        Assert.Equal(CommonRefusals.NotFound, (await house.AccountQueries.FindAsync(id, TemplateHouse.Keeper, default)).Refusal);
        await using var db = await house.DbAsync();
        Assert.Null((await db.ChannelAccounts.SingleAsync(a => a.Id == id)).SecretsCipher);
    }

    [Fact]
    public async Task Without_the_right_nothing_is_read_or_written()
    {
        var id = await AddedAsync();
        var clerk = TemplateHouse.Clerk;
        Assert.Equal(CommonRefusals.Forbidden, (await house.Accounts.AddAsync(Draft(), clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Accounts.EditAsync(id, Draft(), default, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Accounts.SetEnabledAsync(id, false, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Accounts.WakeAsync(id, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Accounts.DeleteAsync(id, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.Accounts.ProbeAsync(id, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.AccountQueries.ListAsync(clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await house.AccountQueries.FindAsync(id, clerk, default)).Refusal);
    }

    [Fact]
    public async Task Demonstration_data_says_the_number_of_its_account()
    {
        var added = await house.Accounts.AddAsync(Draft(), new SystemActor("demo"), default, 721);
        Assert.Equal(721, (await RowAsync(added.Value)).Number);
        // Anybody else gets the next one.
        var next = await house.Accounts.AddAsync(Draft(), TemplateHouse.Keeper, default, 900);
        Assert.Equal(722, (await RowAsync(next.Value)).Number);
    }

    [Fact]
    public void Proposed_limits_name_their_document_and_keep_the_rules()
    {
        foreach (var kind in AccountKinds.All)
            Assert.All(kind.Limits.Concat(kind.RecipientLimits), r => Assert.Contains("2026-11", r.Source, StringComparison.Ordinal));
        var bot = AccountKinds.Of("feishu-bot");
        Assert.True(bot.BoundOnly);
        Assert.Equal([(1, 5), (60, 100)], bot.Limits.Select(l => (l.Seconds, l.Limit)));
        Assert.Contains(AccountKinds.Of("aliyun-sms").RecipientLimits, r => r is { Seconds: 86_400, Limit: 10, Category: 1 });
    }

    private static AccountDraft Draft() => new(
        "aliyun-sms", "短信一", "https://dysmsapi.aliyuncs.com/", new Dictionary<string, string> { ["AccessKeyId"] = "key-1", ["SignName"] = "测试" },
        new Dictionary<string, string> { ["AccessKeySecret"] = Secret }, 100, false, 45, [], AccountKinds.Of("aliyun-sms").RecipientLimits);

    private async Task<Guid> AddedAsync()
    {
        var added = await house.Accounts.AddAsync(Draft(), TemplateHouse.Keeper, default);
        Assert.True(added.Ok, added.Refusal?.Text);
        return added.Value;
    }

    private async Task<Result> EditAsync(Guid id, Func<AccountDraft, AccountDraft> change)
    {
        var basis = (await house.AccountQueries.FindAsync(id, TemplateHouse.Keeper, default)).Value.Basis;
        return await house.Accounts.EditAsync(id, change(Draft() with { Secrets = new Dictionary<string, string>() }), basis, TemplateHouse.Keeper, default);
    }

    private async Task<AccountRow> RowAsync(Guid id) => (await house.AccountQueries.ListAsync(TemplateHouse.Keeper, default)).Value.Single(a => a.Id == id);

    private async Task RestAsync(Guid id)
    {
        await using var db = await house.DbAsync();
        var until = house.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddHours(1);
        await db.ChannelAccounts.Where(a => a.Id == id).ExecuteUpdateAsync(s => s.SetProperty(a => a.RestsUntil, until).SetProperty(a => a.RestReason, "限流"));
    }
}
