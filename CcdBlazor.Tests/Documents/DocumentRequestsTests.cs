using System.Text.Json;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Domain.Staff;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CcdBlazor.Tests.Documents;

/// <summary>Asking a customer for papers: what is asked, what goes out, and what stands in the way.</summary>
public sealed class DocumentRequestsTests(GivenFile given) : IClassFixture<GivenFile>, IAsyncLifetime
{
    private DocumentRequests Requests => given.Get<DocumentRequests>();

    private DateOnly Today => DateOnly.FromDateTime(given.Clock.GetUtcNow().UtcDateTime.AddHours(8));

    public async Task InitializeAsync()
    {
        await given.Get<SettingsReader>().LoadAsync(default);
        await given.Get<TemplateSeed>().EnsureShippedAsync(default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_form_offers_what_is_open_and_chooses_what_is_missing()
    {
        var customer = await given.CustomerAsync();
        var form = (await Requests.FormAsync(customer, given.Clerk, default)).Value;

        Assert.Equal([(GivenFile.Front, true), (GivenFile.Pages, true), (GivenFile.Extra, false)], form.Items.Select(i => (i.Code, i.Needed)));
        Assert.Equal(ShippedTemplates.DocumentRequest, form.Templates[0].Code);
        Assert.Equal([MessageChannel.Sms, MessageChannel.Email], form.Templates[0].Channels);
        Assert.Matches(@"^1\d\d\*{4}\d{4}$", Assert.Single(form.Phones));
        Assert.Equal(Today.AddDays(7), form.Due);
        // Templates that ask for what nobody knows here are not offered.
        Assert.DoesNotContain(form.Templates, t => t.Code is ShippedTemplates.VerificationCode or ShippedTemplates.PaymentReceived);
    }

    [Fact]
    public async Task Asking_writes_request_link_message_and_timeline_in_one_commit()
    {
        var customer = await given.CustomerAsync(name: "陈嘉怡");
        var asked = await Requests.AskAsync(customer, Draft(), given.Clerk, default);
        Assert.True(asked.Ok, asked.Refusal?.Text);

        var (stored, values) = await MessageAsync(asked.Value);
        Assert.Equal("陈嘉怡", values["name"]);
        Assert.Equal("身份证正面、户口本", values["items"]);
        Assert.Equal(Today.AddDays(7).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), values["due"]);
        var token = values["url"]["https://ccd.test/u/".Length..];
        Assert.Equal(customer, (await given.Links.OpenAsync(token, null, default)).Value.CustomerId);
        // Nobody who reads the tables can open the link.
        Assert.DoesNotContain(token, stored, StringComparison.Ordinal);
        await using var db = given.Db();
        var request = await db.DocumentRequests.SingleAsync(r => r.Id == asked.Value);
        Assert.DoesNotContain(token, request.SealedToken, StringComparison.Ordinal);
        Assert.Contains("file.requested", await given.AuditOfAsync(customer));
        var line = (await given.Queries.TimelineAsync(customer, null, 30, given.Clerk, default)).Rows.First(r => r.Words == "请客户补充资料");
        Assert.Equal("身份证正面、户口本", line.Item);
        Assert.DoesNotContain(await db.AuditEntries.Where(e => e.CustomerId == customer).ToListAsync(), e => (e.After ?? "").Contains(token, StringComparison.Ordinal));

        var row = Assert.Single(await Requests.ListAsync(customer, given.Clerk, default));
        Assert.Equal((MessageState.Waiting, MessageChannel.Sms), (row.State, row.Channel));
        Assert.Contains("****", row.Recipient, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_form_twice_is_one_message()
    {
        var customer = await given.CustomerAsync();
        var draft = Draft();
        var both = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Requests.AskAsync(customer, draft, given.Clerk, default)));
        Assert.Single(both.Select(r => r.Value).Distinct());
        Assert.Equal(1, await MessagesOfAsync(customer));
        // A form of one customer is no key to another one.
        Assert.Equal(CommonRefusals.NotFound, (await Requests.AskAsync(await given.CustomerAsync(), draft, given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task The_same_again_waits_five_minutes_and_then_uses_the_same_link()
    {
        var customer = await given.CustomerAsync();
        var first = (await Requests.AskAsync(customer, Draft(), given.Clerk, default)).Value;
        Assert.Equal("document_request.sent_just_now", (await Requests.AskAsync(customer, Draft(), given.Clerk, default)).Refusal?.Code);
        Assert.Equal("document_request.sent_just_now", (await Requests.AskAgainAsync(first, Guid.NewGuid(), given.Clerk, default)).Refusal?.Code);
        // Something else may be said at once.
        Assert.True((await Requests.AskAsync(customer, Draft(items: [GivenFile.Front]), given.Clerk, default)).Ok);

        given.Clock.Advance(DocumentRequests.SameContent);
        // Both would arrive together once it is let out of the queue.
        Assert.Equal(RequestRefusals.StillWaiting, (await Requests.AskAgainAsync(first, Guid.NewGuid(), given.Clerk, default)).Refusal);
        await StateAsync(first, MessageState.Delivered);
        var again = await Requests.AskAgainAsync(first, Guid.NewGuid(), given.Clerk, default);
        Assert.True(again.Ok, again.Refusal?.Text);
        Assert.Equal((await MessageAsync(first)).Values["url"], (await MessageAsync(again.Value)).Values["url"]);
        await using var db = given.Db();
        Assert.Single(await db.CustomerLinks.Where(l => l.CustomerId == customer).ToListAsync());
    }

    [Fact]
    public async Task A_revoked_link_or_one_that_ends_before_the_last_day_is_not_sent_again()
    {
        var customer = await given.CustomerAsync();
        await Requests.AskAsync(customer, Draft(due: 3), given.Clerk, default);
        await Requests.AskAsync(customer, Draft(due: 20), given.Clerk, default);
        await using var db = given.Db();
        var links = await db.CustomerLinks.AsNoTracking().Where(l => l.CustomerId == customer).OrderBy(l => l.CreatedAt).ThenBy(l => l.ExpiresAt).ToListAsync();
        Assert.Equal(2, links.Count);
        Assert.True(links[1].ExpiresAt >= given.Clock.GetUtcNow().AddDays(20));
        foreach (var link in links)
            await given.Links.RevokeAsync(link.Id, given.Clerk, default);
        var fresh = (await Requests.AskAsync(customer, Draft(due: 4), given.Clerk, default)).Value;
        Assert.DoesNotContain((await db.DocumentRequests.SingleAsync(r => r.Id == fresh)).LinkId, links.Select(l => l.Id));
    }

    [Fact]
    public async Task What_cannot_be_asked_is_refused_and_leaves_nothing()
    {
        var customer = await given.CustomerAsync();
        async Task RefusedAsync(string code, RequestDraft draft, Guid? of = null, Actor? by = null)
        {
            var refused = await Requests.AskAsync(of ?? customer, draft, by ?? given.Clerk, default);
            Assert.Equal(code, refused.Refusal?.Code);
        }

        await RefusedAsync("document_request.item_not_open", Draft(items: ["no_such_item"]));
        await RefusedAsync("document_request.item_not_open", Draft(items: [GivenFile.Spouse]));
        await RefusedAsync("document_request.due_out_of_range", Draft(due: 0));
        await RefusedAsync("document_request.due_out_of_range", Draft(due: -3));
        await RefusedAsync("document_request.due_out_of_range", Draft(due: 30));
        await RefusedAsync("document_request.due_out_of_range", Draft() with { Due = default });
        await RefusedAsync("document_request.template_inactive", Draft() with { Template = "no_such_template" });
        await RefusedAsync("document_request.template_inactive", Draft() with { Template = ShippedTemplates.VerificationCode });
        await RefusedAsync("document_request.no_channel", Draft() with { Channel = MessageChannel.Push });
        await RefusedAsync("document_request.no_phone", Draft() with { Phone = 7 });
        await RefusedAsync("document_request.no_phone", Draft() with { Phone = -1 });
        await RefusedAsync("document_request.no_email", Draft() with { Channel = MessageChannel.Email, Email = "not an address" });
        await RefusedAsync("document_request.no_email", Draft() with { Channel = MessageChannel.Email, Email = null });
        await RefusedAsync("common.not_found", Draft(), of: Guid.NewGuid());
        await RefusedAsync("common.not_found", Draft(), by: given.OtherClerk);
        await RefusedAsync("common.forbidden", Draft(), by: given.Reviewer);
        await RefusedAsync("common.forbidden", Draft(), by: new LinkActor(Guid.NewGuid(), customer));
        await RefusedAsync("document_request.nothing_missing", Draft(), of: await given.CompleteAsync());
        await RefusedAsync("document.closed_for_upload", Draft(), of: await given.InReviewAsync());
        Assert.Equal(0, await MessagesOfAsync(customer));
        await using var db = given.Db();
        Assert.Empty(await db.CustomerLinks.Where(l => l.CustomerId == customer).ToListAsync());
        Assert.Empty(await db.DocumentRequests.Where(r => r.CustomerId == customer).ToListAsync());
    }

    [Fact]
    public async Task A_customer_with_a_landline_only_is_asked_by_mail()
    {
        var made = await given.Customers.CreateAsync(new CustomerDraft
        {
            Name = "座机客户", Phones = ["010-62345678"], IdentityNumber = CitizenNumber.SyntheticAt(990_001).Value, Loans = [new LoanDraft { ProductId = given.Product, Amount = 1 }],
        }, given.Clerk, default);
        Assert.True(made.Ok, made.Refusal?.Text);
        Assert.Empty((await Requests.FormAsync(made.Value, given.Clerk, default)).Value.Phones);
        Assert.Equal(RequestRefusals.NoPhone, (await Requests.AskAsync(made.Value, Draft(), given.Clerk, default)).Refusal);
        var mailed = await Requests.AskAsync(made.Value, Draft() with { Channel = MessageChannel.Email, Email = " Ｃhen@mail.test " }, given.Clerk, default);
        Assert.True(mailed.Ok, mailed.Refusal?.Text);
    }

    [Fact]
    public async Task A_template_that_is_switched_off_refuses_and_nothing_is_kept()
    {
        var customer = await given.CustomerAsync();
        await using var db = given.Db();
        var templates = db.MessageTemplates.Where(t => t.Code == ShippedTemplates.DocumentRequest);
        await templates.ExecuteUpdateAsync(t => t.SetProperty(x => x.State, TemplateState.Inactive));
        try
        {
            Assert.Equal(RequestRefusals.TemplateInactive, (await Requests.AskAsync(customer, Draft(), given.Clerk, default)).Refusal);
            Assert.DoesNotContain((await Requests.FormAsync(customer, given.Clerk, default)).Value.Templates, t => t.Code == ShippedTemplates.DocumentRequest);
            Assert.Equal(0, await MessagesOfAsync(customer));
        }
        finally
        {
            await templates.ExecuteUpdateAsync(t => t.SetProperty(x => x.State, TemplateState.Active));
        }
    }

    [Fact]
    public async Task The_preview_is_what_goes_out_and_sends_nothing()
    {
        var customer = await given.CustomerAsync(name: "预览客户");
        var shown = await Requests.PreviewAsync(customer, Draft(), given.Clerk, default);
        Assert.True(shown.Ok, shown.Refusal?.Text);
        Assert.Contains("预览客户", shown.Value.Content.Text, StringComparison.Ordinal);
        Assert.Equal(0, await MessagesOfAsync(customer));
        var asked = (await Requests.AskAsync(customer, Draft(), given.Clerk, default)).Value;
        // The link alone differs, and not in its length: the pieces were counted right.
        var sent = (await MessageAsync(asked)).Values;
        Assert.Equal($"您好{sent["name"]}，请在{sent["due"]}前补充：{sent["items"]}。点此用手机上传：{sent["url"]}".Length, shown.Value.Content.Text.Length);
        Assert.InRange(shown.Value.Sms!.Value.Segments, 1, 3);
    }

    [Fact]
    public async Task After_the_last_day_what_is_missing_is_overdue_and_what_came_is_not()
    {
        var customer = await given.CustomerAsync();
        var front = (await Requests.AskAsync(customer, Draft(items: [GivenFile.Front], due: 2), given.Clerk, default)).Value;
        given.Clock.Advance(TimeSpan.FromSeconds(1));
        await Requests.AskAsync(customer, Draft(items: [GivenFile.Pages], due: 2), given.Clerk, default);
        await given.HandInAsync(customer, GivenFile.Front);
        var report = (await given.ChecklistAsync(customer)).Report;
        var rows = await Requests.ListAsync(customer, given.Clerk, default);
        Assert.Equal([false, false], rows.Select(r => r.IsOverdue(report, Today.AddDays(2))));
        Assert.Equal([(GivenFile.Pages, true), (GivenFile.Front, false)], rows.Select(r => (r.ItemCodes[0], r.IsOverdue(report, Today.AddDays(3)))));
        Assert.Equal(RequestRefusals.NothingMissing, (await Requests.AskAgainAsync(front, Guid.NewGuid(), given.Clerk, default)).Refusal);
    }

    [Fact]
    public async Task Requests_are_shown_to_those_who_see_the_customer_only()
    {
        var customer = await given.CustomerAsync();
        var request = (await Requests.AskAsync(customer, Draft(), given.Clerk, default)).Value;
        Assert.Single(await Requests.ListAsync(customer, given.Administrator, default));
        Assert.Empty(await Requests.ListAsync(customer, given.OtherClerk, default));
        Assert.Empty(await Requests.ListAsync(customer, given.Reviewer, default));
        Assert.Empty(await Requests.ListAsync(customer, new LinkActor(Guid.NewGuid(), customer), default));
        Assert.Equal(CommonRefusals.NotFound, (await Requests.AskAgainAsync(request, Guid.NewGuid(), given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Requests.AskAgainAsync(request, Guid.NewGuid(), given.Reviewer, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Requests.AskAgainAsync(Guid.NewGuid(), Guid.NewGuid(), given.Clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Requests.PreviewAsync(customer, Draft(), given.OtherClerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Requests.FormAsync(customer, given.Reviewer, default)).Refusal);
        await using var db = given.Db();
        foreach (var role in (string[])[ShippedRoles.CustomerService, ShippedRoles.SalesLead, ShippedRoles.Finance, ShippedRoles.Legal, ShippedRoles.Execution])
            Assert.False((await Requests.AskAsync(customer, Draft(), await given.StaffAsync(role), default)).Ok);
    }

    [Fact]
    public async Task The_state_of_the_message_and_its_reason_are_shown()
    {
        var customer = await given.CustomerAsync();
        var request = (await Requests.AskAsync(customer, Draft(), given.Clerk, default)).Value;
        await StateAsync(request, MessageState.Failed, "号码不存在");
        var row = Assert.Single(await Requests.ListAsync(customer, given.Clerk, default));
        Assert.Equal((MessageState.Failed, "号码不存在"), (row.State, row.Reason));
        Assert.Equal(("发送失败", "red"), (RequestWords.Of(row.State), RequestWords.ColourOf(row.State)));
    }

    private RequestDraft Draft(string[]? items = null, int due = 7) =>
        new(Guid.NewGuid(), items ?? [], ShippedTemplates.DocumentRequest, MessageChannel.Sms, 0, null, Today.AddDays(due));

    private async Task<(string Stored, Dictionary<string, string> Values)> MessageAsync(Guid request)
    {
        await using var command = given.Get<NpgsqlDataSource>().CreateCommand("select id, variables from messages where subject_id = $1");
        command.Parameters.AddWithValue(request);
        await using var rows = await command.ExecuteReaderAsync();
        Assert.True(await rows.ReadAsync());
        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(rows.GetString(1))!;
        given.Get<SealedVariables>().Open(values, rows.GetGuid(0));
        return (rows.GetString(1), values);
    }

    private async Task StateAsync(Guid request, MessageState state, string? reason = null)
    {
        await using var command = given.Get<NpgsqlDataSource>().CreateCommand("update messages set state = $2, reason = $3, finished_at = now() where subject_id = $1");
        command.Parameters.AddWithValue(request);
        command.Parameters.AddWithValue((short)state);
        command.Parameters.AddWithValue((object?)reason ?? DBNull.Value);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private async Task<long> MessagesOfAsync(Guid customer)
    {
        await using var command = given.Get<NpgsqlDataSource>().CreateCommand("select count(*) from messages where customer_id = $1");
        command.Parameters.AddWithValue(customer);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
