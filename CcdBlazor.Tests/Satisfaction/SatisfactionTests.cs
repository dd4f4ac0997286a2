using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Satisfaction;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Tests.Documents;
using Microsoft.EntityFrameworkCore;

namespace CcdBlazor.Tests.Satisfaction;

public sealed class SatisfactionTests(GivenFile given) : IClassFixture<GivenFile>, IAsyncLifetime
{
    private SatisfactionService Service => given.Get<SatisfactionService>();

    private SatisfactionQueries Queries => given.Get<SatisfactionQueries>();

    public async Task InitializeAsync()
    {
        await given.Get<SettingsReader>().LoadAsync(default);
        await given.Get<TemplateSeed>().EnsureShippedAsync(default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_customer_rates_his_decided_file_and_colleagues_read_it_on_his_page()
    {
        var (customer, by) = await DecidedAsync();
        Assert.Equal((null, true), ((await Queries.QuestionAsync(customer, by, default))!.Score, (await Queries.QuestionAsync(customer, by, default))!.Open));
        Assert.True((await Service.RateAsync(customer, new RatingDraft(4, " 很耐心 "), by, default)).Ok);
        var read = (await Queries.OfCustomerAsync(customer, given.Clerk, default)).Value;
        var row = Assert.Single(read.Rows);
        Assert.Equal((4, "很耐心", "客户本人", true), (row.Score, row.Words, row.By, row.Approved));
        Assert.True(read is { Rated: true, MayLink: false });
        Assert.Equal("satisfaction.given", (await given.AuditOfAsync(customer))[^1]);
        // Stars are in the audit, what was said is not.
        await using var db = given.Db();
        var after = await db.AuditEntries.Where(e => e.CustomerId == customer && e.Action == "satisfaction.given").Select(e => e.After).SingleAsync();
        Assert.Contains("4", after, StringComparison.Ordinal);
        Assert.DoesNotContain("耐心", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public async Task Stars_outside_one_to_five_are_refused(int stars)
    {
        var (customer, by) = await DecidedAsync();
        Assert.Equal("common.invalid", (await Service.RateAsync(customer, new RatingDraft(stars), by, default)).Refusal!.Code);
        Assert.True((await Service.RateAsync(customer, new RatingDraft(5), by, default)).Ok);
    }

    [Fact]
    public async Task Words_that_are_too_long_or_hold_control_characters_are_refused()
    {
        var (customer, by) = await DecidedAsync();
        foreach (var words in new[] { new string('好', 501), "a\u0007b" })
            Assert.Equal(nameof(RatingDraft.Words), (await Service.RateAsync(customer, new RatingDraft(5, words), by, default)).Refusal!.Field);
        Assert.True((await Service.RateAsync(customer, new RatingDraft(5, new string('好', 500) ), by, default)).Ok);
    }

    [Fact]
    public async Task A_second_rating_changes_the_first_for_seven_days_and_no_longer()
    {
        var (customer, by) = await DecidedAsync();
        Assert.True((await Service.RateAsync(customer, new RatingDraft(2, "慢"), by, default)).Ok);
        given.Clock.Advance(TimeSpan.FromDays(7));
        Assert.True((await Service.RateAsync(customer, new RatingDraft(5), by, default)).Ok);
        var row = Assert.Single((await Queries.OfCustomerAsync(customer, given.Clerk, default)).Value.Rows);
        Assert.Equal((5, null), (row.Score, row.Words));
        Assert.NotNull(row.ChangedAt);
        Assert.Equal("satisfaction.changed", (await given.AuditOfAsync(customer))[^1]);
        given.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(SatisfactionRefusals.Settled, (await Service.RateAsync(customer, new RatingDraft(1), by, default)).Refusal);
        // The same again is no change, at any time.
        Assert.True((await Service.RateAsync(customer, new RatingDraft(5), by, default)).Ok);
        Assert.False((await Queries.QuestionAsync(customer, by, default))!.Open);
    }

    [Fact]
    public async Task An_undecided_file_cannot_be_rated_and_is_not_asked_about()
    {
        var customer = await given.CustomerAsync();
        var by = (await given.LinkAsync(customer)).Actor;
        Assert.Equal(SatisfactionRefusals.NotDecided, (await Service.RateAsync(customer, new RatingDraft(5), by, default)).Refusal);
        Assert.Null(await Queries.QuestionAsync(customer, by, default));
        Assert.Equal(SatisfactionRefusals.NotDecided, (await Service.LinkAsync(customer, given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task A_file_that_was_reopened_and_decided_again_is_rated_again()
    {
        var (customer, by) = await DecidedAsync(CustomerMove.Reject);
        Assert.True((await Service.RateAsync(customer, new RatingDraft(1), by, default)).Ok);
        await given.MoveAsync(customer, CustomerMove.Reopen, given.Administrator, "客户补充了收入证明");
        Assert.Equal(SatisfactionRefusals.NotDecided, (await Service.RateAsync(customer, new RatingDraft(3), by, default)).Refusal);
        given.Clock.Advance(TimeSpan.FromHours(1));
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        await given.AcceptAllAsync(customer);
        await given.MoveAsync(customer, CustomerMove.Approve, given.Reviewer);
        Assert.True((await Service.RateAsync(customer, new RatingDraft(5), by, default)).Ok);
        Assert.Equal([(5, true), (1, false)], (await Queries.OfCustomerAsync(customer, given.Clerk, default)).Value.Rows.Select(r => (r.Score, r.Approved)));
    }

    [Fact]
    public async Task Nobody_but_the_customer_himself_rates_or_reads_his_answer()
    {
        var (customer, by) = await DecidedAsync();
        Assert.True((await Service.RateAsync(customer, new RatingDraft(4, "只给你们看"), by, default)).Ok);
        var (_, stranger) = await DecidedAsync();
        Assert.Equal(CommonRefusals.NotFound, (await Service.RateAsync(customer, new RatingDraft(1), stranger, default)).Refusal);
        Assert.Null(await Queries.QuestionAsync(customer, stranger, default));
        Assert.Equal(CommonRefusals.NotFound, (await Queries.OfCustomerAsync(customer, stranger, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Queries.OfCustomerAsync(customer, by, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Queries.OfCustomerAsync(customer, given.OtherClerk, default)).Refusal);
        foreach (var colleague in new Actor[] { given.Clerk, given.Administrator, new SystemActor("job") })
            Assert.Equal(SatisfactionRefusals.OnlyCustomers, (await Service.RateAsync(customer, new RatingDraft(5), colleague, default)).Refusal);
        Assert.Equal(4, (await Queries.OfCustomerAsync(customer, given.Clerk, default)).Value.Rows[0].Score);
    }

    [Fact]
    public async Task A_signed_in_customer_rates_his_own_files_and_no_others()
    {
        var ((mine, _), (theirs, _)) = (await DecidedAsync(), await DecidedAsync());
        var me = new CustomerActor(Guid.CreateVersion7(), new HashSet<Guid> { mine });
        Assert.True((await Service.RateAsync(mine, new RatingDraft(5), me, default)).Ok);
        Assert.Equal(5, (await Queries.QuestionAsync(mine, me, default))!.Score);
        Assert.Equal(CommonRefusals.NotFound, (await Service.RateAsync(theirs, new RatingDraft(5), me, default)).Refusal);
        Assert.Null(await Queries.QuestionAsync(theirs, me, default));
        Assert.Equal(CommonRefusals.NotFound, (await Queries.OfCustomerAsync(mine, me, default)).Refusal);
    }

    [Fact]
    public async Task The_first_answer_is_taken_for_thirty_days()
    {
        var (customer, by) = await DecidedAsync();
        given.Clock.Advance(TimeSpan.FromDays(30));
        Assert.NotNull(await Queries.QuestionAsync(customer, by, default));
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await Queries.QuestionAsync(customer, by, default));
        Assert.Equal(SatisfactionRefusals.TooLate, (await Service.RateAsync(customer, new RatingDraft(5), by, default)).Refusal);
        Assert.Equal(SatisfactionRefusals.TooLate, (await Service.LinkAsync(customer, given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task A_colleague_makes_a_link_for_rating_that_takes_nothing_in_and_ends()
    {
        var (customer, _) = await DecidedAsync();
        Assert.Equal(CommonRefusals.NotFound, (await Service.LinkAsync(customer, given.OtherClerk, default)).Refusal);
        var made = await Service.LinkAsync(customer, given.Clerk, default);
        var by = (await given.Links.OpenAsync(made.Value.Token, null, default)).Value;
        Assert.True((await Service.RateAsync(customer, new RatingDraft(3), by, default)).Ok);
        Assert.False((await given.TryHandInAsync(customer, GivenFile.Front, by)).Ok);
        given.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal(LinkRefusals.Expired, (await given.Links.OpenAsync(made.Value.Token, null, default)).Refusal);
    }

    [Fact]
    public async Task Nobody_is_asked_by_a_message_unless_the_settings_say_so()
    {
        await DecidedAsync();
        Assert.Equal(0, await given.Get<SatisfactionAsking>().AskAsync(given.Clock.GetUtcNow(), default));
    }

    [Fact]
    public async Task A_message_asks_once_per_decision_and_not_who_rated_already()
    {
        given.Clock.Advance(TimeSpan.FromDays(2));
        var (asked, _) = await DecidedAsync();
        var (refused, _) = await DecidedAsync(CustomerMove.Reject);
        var (rated, by) = await DecidedAsync();
        Assert.True((await Service.RateAsync(rated, new RatingDraft(5), by, default)).Ok);
        await SetAsync(SatisfactionAsk.Approved);
        try
        {
            Assert.Equal(1, await given.Get<SatisfactionAsking>().AskAsync(given.Clock.GetUtcNow(), default));
            Assert.Equal(0, await given.Get<SatisfactionAsking>().AskAsync(given.Clock.GetUtcNow(), default));
            Assert.Contains("satisfaction.asked", await given.AuditOfAsync(asked));
            Assert.NotNull((await Queries.OfCustomerAsync(asked, given.Clerk, default)).Value.AskedAt);
            await SetAsync(SatisfactionAsk.Decided);
            Assert.Equal(1, await given.Get<SatisfactionAsking>().AskAsync(given.Clock.GetUtcNow(), default));
            Assert.NotNull((await Queries.OfCustomerAsync(refused, given.Clerk, default)).Value.AskedAt);
            Assert.Null((await Queries.OfCustomerAsync(rated, given.Clerk, default)).Value.AskedAt);
            // What was decided longer ago is not asked about.
            await DecidedAsync();
            given.Clock.Advance(SatisfactionAsking.Fresh + TimeSpan.FromMinutes(1));
            Assert.Equal(0, await given.Get<SatisfactionAsking>().AskAsync(given.Clock.GetUtcNow(), default));
        }
        finally
        {
            await SetAsync(SatisfactionAsk.Nobody);
        }
    }

    [Fact]
    public async Task Whom_the_platform_refuses_is_noted_and_not_tried_again()
    {
        given.Clock.Advance(TimeSpan.FromDays(2));
        var (customer, _) = await DecidedAsync();
        await using (var db = given.Db())
            await db.Database.ExecuteSqlAsync($"update customers set phones = array['021-5550001'] where id = {customer}");
        await SetAsync(SatisfactionAsk.Decided);
        try
        {
            Assert.Equal(0, await given.Get<SatisfactionAsking>().AskAsync(given.Clock.GetUtcNow(), default));
            await using var db = given.Db();
            Assert.Equal("satisfaction.no_phone", (await db.SatisfactionRequests.SingleAsync(r => r.CustomerId == customer)).Why);
            Assert.Null((await Queries.OfCustomerAsync(customer, given.Clerk, default)).Value.AskedAt);
        }
        finally
        {
            await SetAsync(SatisfactionAsk.Nobody);
        }
    }

    private async Task SetAsync(SatisfactionAsk value)
    {
        var version = (await given.Get<SettingsQueries>().ListAsync(given.Administrator, default)).Value.Single(s => s.Setting.Key == SatisfactionSettings.Ask.Key).Version;
        Assert.True((await given.Get<SettingsService>().ChangeAsync(SatisfactionSettings.Ask, value, version, "测试", given.Administrator, default)).Ok);
        await given.Get<SettingsReader>().LoadAsync(default);
    }

    /// <summary>A decided customer of <see cref="GivenFile.Clerk"/>, and who comes through his link.</summary>
    private async Task<(Guid Customer, LinkActor By)> DecidedAsync(CustomerMove move = CustomerMove.Approve)
    {
        var customer = await given.CompleteAsync();
        var by = (await given.LinkAsync(customer)).Actor;
        await given.MoveAsync(customer, CustomerMove.SubmitForReview, given.Clerk);
        await given.AcceptAllAsync(customer);
        await given.MoveAsync(customer, move, given.Reviewer, move == CustomerMove.Reject ? "流水不足" : null);
        return (customer, by);
    }
}
