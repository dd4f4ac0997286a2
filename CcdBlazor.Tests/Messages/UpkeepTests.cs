using System.Globalization;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Domain.Messages.Templates;
using CcdBlazor.Domain.Messages.Upkeep;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CcdBlazor.Tests.Messages;

public sealed class UpkeepTests(MessagesWorld world) : IClassFixture<MessagesWorld>
{
    private static readonly DateTime Today = DateTime.UtcNow.Date;

    private const string Waiting = """
        insert into messages (id, accepted_at, template_id, person, template_version, channel, priority, state, recipient, variables)
        select message_id_from($1), $1, gen_random_uuid(), gen_random_uuid(), 1, 4, 5, $2, 'x', '{}'
        """;

    [Fact]
    public async Task Days_of_traces_beyond_the_retention_are_dropped_as_tables_and_younger_ones_stay()
    {
        await MakeDayAsync(Today.AddDays(-20));
        await MakeDayAsync(Today.AddDays(-7));
        await world.RunAsync("insert into message_traces (at, message_id, node, result, attempt) select $1, gen_random_uuid(), 0, 0, 0 from generate_series(1, 1000)", Today.AddDays(-20).AddHours(3));

        var report = await world.First.Get<PartitionKeeper>().KeepAsync(default);

        Assert.Contains(DateOnly.FromDateTime(Today.AddDays(-20)), report.TracesDropped);
        Assert.Null(await TableAsync("message_traces", Today.AddDays(-20)));
        Assert.NotNull(await TableAsync("message_traces", Today.AddDays(-7)));
        Assert.NotNull(await TableAsync("message_traces", Today.AddDays(8)));
        Assert.Empty(report.Busy);
    }

    [Fact]
    public async Task A_day_of_messages_stays_while_one_of_them_still_waits()
    {
        await MakeDayAsync(Today.AddDays(-60));
        await MakeDayAsync(Today.AddDays(-50));
        await world.RunAsync(Waiting, Today.AddDays(-60).AddHours(5), (short)MessageState.Waiting);
        await world.RunAsync(Waiting, Today.AddDays(-50).AddHours(5), (short)MessageState.Delivered);

        var report = await world.First.Get<PartitionKeeper>().KeepAsync(default);

        Assert.Equal([DateOnly.FromDateTime(Today.AddDays(-60))], report.Waiting);
        Assert.NotNull(await TableAsync("messages", Today.AddDays(-60)));
        Assert.Null(await TableAsync("messages", Today.AddDays(-50)));
    }

    [Fact]
    public async Task Rows_from_a_clock_that_ran_ahead_are_reported_and_stop_neither_dropping_nor_sending()
    {
        await MakeDayAsync(Today.AddDays(-30));
        await world.RunAsync("insert into message_traces (at, message_id, node, result, attempt) values ($1, gen_random_uuid(), 0, 0, 0)", Today.AddDays(300));
        Assert.False((await world.First.Get<PartitionKeeper>().KeepAsync(default)).Blocked);
        await world.RunAsync($"drop table messages_{Today.AddDays(8):yyyyMMdd}");
        await world.RunAsync(Waiting, Today.AddDays(8).AddHours(1), (short)MessageState.Delivered);
        await MakeDayAsync(Today.AddDays(-30));

        var report = await world.First.Get<PartitionKeeper>().KeepAsync(default);

        Assert.True(report.Blocked);
        Assert.Equal(2, report.Strays);
        Assert.Null(await TableAsync("message_traces", Today.AddDays(-30)));
        await world.RunAsync("delete from messages_default");
        await world.RunAsync("delete from message_traces_default");
        Assert.False((await world.First.Get<PartitionKeeper>().KeepAsync(default)).Blocked);
        Assert.NotNull(await TableAsync("messages", Today.AddDays(8)));
    }

    [Fact]
    public async Task Only_what_is_over_is_removed_however_much_it_is()
    {
        await world.RunAsync("insert into message_keys (key, body, message_id, at) select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() - interval '25 hours' from generate_series(1, 11000)");
        await world.RunAsync("insert into message_keys (key, body, message_id, at) values (gen_random_uuid(), '00000000-0000-0000-0000-00000000beef', gen_random_uuid(), now() - interval '23 hours')");

        var removed = await world.First.Get<MessageCleaning>().CleanAsync(default);

        Assert.Contains(("幂等键", 11_000L), removed);
        Assert.Equal(1, await world.CountAsync("select count(*) from message_keys where body = '00000000-0000-0000-0000-00000000beef'"));
        Assert.Empty(await world.First.Get<MessageCleaning>().CleanAsync(default));
    }

    [Fact]
    public async Task A_day_computed_again_is_replaced_and_never_counted_twice()
    {
        var figures = world.First.Get<DayFigures>();
        var day = figures.Today.AddDays(-2);
        // The last minute of the day and the first of the next, by Shanghai's clock.
        var end = new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(8)).UtcDateTime;
        await MinuteAsync(end.AddMinutes(-1), 5);
        await MinuteAsync(end, 100);

        await figures.ComputeAsync(day, day, default);
        await figures.ComputeAsync(day, day, default);
        Assert.Equal(5, await DayAsync(day));

        await MinuteAsync(end.AddMinutes(-2), 3);
        await Task.WhenAll(figures.ComputeAsync(day, day, default), figures.ComputeAsync(day, day, default));
        Assert.Equal(8, await DayAsync(day));
    }

    [Fact]
    public async Task A_day_whose_minutes_are_gone_keeps_its_figures()
    {
        var figures = world.First.Get<DayFigures>();
        var day = figures.Today.AddDays(-200);
        await world.RunAsync("insert into message_days values ($1, 2, 1, gen_random_uuid(), 3, 77, 0)", day);

        Assert.Equal(0, await figures.ComputeAsync(day, day, default));

        Assert.Equal(77, await DayAsync(day));
    }

    [Fact]
    public async Task The_report_goes_to_every_address_once_however_often_the_job_runs()
    {
        var report = world.First.Get<DailyReport>();
        Assert.Equal(new ReportOutcome(0, 0, null), await report.SendAsync(report.Yesterday, new Uri("https://ccd.example/messages/monitor"), default));
        await ReportTemplateAsync();
        var admin = new StaffActor(Guid.CreateVersion7(), "管理员", null, new HashSet<Permission> { Permission.ManageSettings }, new HashSet<Guid>());
        Assert.True((await world.First.Get<SettingsService>().ChangeAsync(MessageSettings.ReportAddresses, "a@report.example, b@report.example", 0, "测试日报", admin, default)).Ok);

        Assert.Equal(2, (await report.SendAsync(report.Yesterday, new Uri("https://ccd.example/messages/monitor"), default)).Accepted);
        await report.SendAsync(report.Yesterday, new Uri("https://ccd.example/messages/monitor"), default);

        await Eventually.TrueAsync(() => Task.FromResult(world.Mail.Received.Count(m => m.Recipient.EndsWith("@report.example", StringComparison.Ordinal)) == 2));
        Assert.Equal(2, await world.CountAsync("select count(*) from messages where recipient like '%@report.example'"));
        Assert.Contains(report.Yesterday.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), world.Mail.Received.First(m => m.Recipient == "a@report.example").Text);
    }

    [Fact]
    public async Task An_account_that_is_refused_rests_and_is_used_again_as_soon_as_a_probe_succeeds()
    {
        var number = await world.AddAccountAsync(world.Bot);
        var probes = world.First.Get<AccountProbes>();
        world.Bot.Probe = new ProbeResult(false, "密钥错误", FailureClass.Credentials);

        Assert.NotEmpty((await probes.ProbeAsync(default)).Faulty);
        Assert.Equal("密钥错误", await world.ScalarAsync<string>("select last_probe_fault from channel_accounts where number = $1", number));
        Assert.Equal(1, await world.CountAsync("select count(*) from channel_accounts where number = $1 and rests_until > now()", number));

        world.Bot.Probe = new ProbeResult(true);
        Assert.Empty((await probes.ProbeAsync(default)).Faulty);
        Assert.Equal(1, await world.CountAsync("select count(*) from channel_accounts where number = $1 and rests_until is null and last_probe_fault is null", number));
    }

    [Fact]
    public async Task A_receipt_that_has_to_be_fetched_is_asked_for_less_and_less_often_and_applied_once()
    {
        var account = await world.ScalarAsync<int>("select number from channel_accounts where kind = 'aliyun-sms'");
        var id = await world.SendUntilAsync(MessagesWorld.Request(await world.TemplateAsync(), MessageChannel.Sms, "13800138001"), MessageState.Sent);
        await world.RunAsync("insert into awaited_receipts (message_id, account, sent_at, ask_at, recipient) values ($1, $2, now(), now() - interval '1 second', '13800138001')", id, account);
        var poller = new Poller();
        var node = world.First;
        var polling = new ReceiptPolling(node.Get<NpgsqlDataSource>(), node.Get<AccountBook>(), node.Get<ReceiptBook>(), [poller], TimeProvider.System, NullLogger<ReceiptPolling>.Instance);

        Assert.Equal((1, 0), await polling.PollAsync(default));
        Assert.Equal((0, 0), await polling.PollAsync(default));
        await world.RunAsync("update awaited_receipts set ask_at = now() - interval '1 second' where message_id = $1", id);
        Assert.Equal((1, 0), await polling.PollAsync(default));
        Assert.Equal(1, await world.CountAsync("select count(*) from awaited_receipts where message_id = $1 and asked = 2 and ask_at > now() + interval '4 minutes'", id));

        poller.Knows = true;
        await world.RunAsync("update awaited_receipts set ask_at = now() - interval '1 second' where message_id = $1", id);
        Assert.Equal((1, 1), await polling.PollAsync(default));
        Assert.Equal(MessageState.Delivered, await world.StateAsync(id));
        Assert.Equal(0, await world.CountAsync("select count(*) from awaited_receipts where message_id = $1", id));
    }

    [Fact]
    public async Task The_use_of_a_daily_quota_is_told_for_yesterday_and_for_now()
    {
        var number = await world.AddAccountAsync(world.Bot, a => a.Limits = [new QuotaRule(86_400, 1_000), new QuotaRule(60, 100)]);
        var midnight = new DateTimeOffset(DateTimeOffset.UtcNow.ToOffset(TimeSpan.FromHours(8)).Date, TimeSpan.FromHours(8)).UtcDateTime;
        await world.RunAsync("insert into quota_uses values ($1, 86400, $2, 40), ($1, 86400, $3, 700)", number, midnight, midnight.AddDays(-1));
        var use = world.First.Get<QuotaUse>();

        Assert.Equal(700, (await use.YesterdayAsync(default)).Single(w => w.Account == number).Used);
        var now = (await use.NowAsync(default)).Where(w => w.Account == number).ToList();
        Assert.Equal([(60, 100L), (86_400, 960L)], now.Select(w => (w.Seconds, w.Left)));
    }

    private Task MakeDayAsync(DateTime day) => world.RunAsync("select message_partitions(($1::date), 0)", DateOnly.FromDateTime(day));

    private Task<string?> TableAsync(string table, DateTime day) => world.ScalarAsync<string>("select to_regclass($1)::text", $"{table}_{day:yyyyMMdd}");

    private Task MinuteAsync(DateTime minute, long n) => world.RunAsync("insert into message_minutes (minute, channel, account, template_id, result, n) values ($1, 2, 1, gen_random_uuid(), 3, $2)", minute, n);

    private Task<long> DayAsync(DateOnly day) => world.ScalarAsync<long>("select sum(n)::bigint from message_days where day = $1", day);

    private async Task ReportTemplateAsync()
    {
        await using var db = await world.First.DbAsync();
        var template = new MessageTemplate
        {
            Id = Guid.CreateVersion7(), Code = ShippedTemplates.DailyReport, Name = "消息日报", Category = MessageCategory.Notice, State = TemplateState.Active, ActiveVersion = 1,
            CreatedAt = DateTimeOffset.UtcNow, ChangedAt = DateTimeOffset.UtcNow,
        };
        var names = new[] { "date", "sent", "rate", "failed", "p95", "details", "url" };
        db.Set<MessageTemplate>().Add(template);
        db.Set<TemplateVersion>().Add(new TemplateVersion
        {
            Id = Guid.CreateVersion7(), TemplateId = template.Id, Number = 1, AuthorName = "测试", CreatedAt = DateTimeOffset.UtcNow,
            Content = new TemplateContent([.. names.Select(n => new TemplateVariable(n, n))], [new ChannelVariant(MessageChannel.Email, "text", "{{date}} {{sent}} {{rate}} {{failed}} {{p95}} {{details}} {{url}}", Subject: "日报")]),
        });
        db.Announce(MessageTopics.Templates);
        await db.SaveChangesAsync();
    }

    private sealed class Poller : IMessageProvider, IReceiptPoller
    {
        public bool Knows { get; set; }

        public string Kind => "aliyun-sms";

        public MessageChannel Channel => MessageChannel.Sms;

        public int LargestGroup => 1;

        public ResendRule Resend => ResendRule.CanBeAsked;

        public Task<IReadOnlyList<SendOutcome>> SendAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<SendOutcome>> AskAsync(ProviderAccount account, IReadOnlyList<OutgoingMessage> group, CancellationToken ct) => throw new NotSupportedException();

        public Task<ProbeResult> ProbeAsync(ProviderAccount account, CancellationToken ct) => Task.FromResult(new ProbeResult(true));

        public Task<IReadOnlyList<DeliveryReceipt>> PollAsync(ProviderAccount account, IReadOnlyList<SentMessage> waiting, CancellationToken ct) => Task.FromResult<IReadOnlyList<DeliveryReceipt>>(
            Knows ? [.. waiting.Select(w => new DeliveryReceipt(w.MessageId, null, true, null, null, null, DateTimeOffset.UtcNow))] : []);
    }
}
