using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Limits;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

/// <summary>What pages show of batches, and the dry run before one.</summary>
public sealed class BatchReadingTests : IAsyncLifetime
{
    private static readonly StaffActor Clerk = Staff("甲", Permission.SendMessages);
    private static readonly StaffActor Lead = Staff("主管", Permission.SendMessages, Permission.ViewMessages);

    private readonly MessagesWorld world = new();
    private string template = "";

    private BatchService Batches => world.First.Get<BatchService>();

    private BatchQueries Queries => world.First.Get<BatchQueries>();

    private BatchForecast Forecast => world.First.Get<BatchForecast>();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        template = await world.TemplateAsync();
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_sender_sees_his_own_batches_and_a_lead_sees_all()
    {
        var mine = await CreateAsync(Clerk, 2, start: false);
        var other = await CreateAsync(Lead, 2, start: false);
        Assert.Equal([mine], (await Queries.ListAsync(new BatchFilter(), new PageRequest(), Clerk, default)).Value.Rows.Select(row => row.Id));
        Assert.Equal(2, (await Queries.ListAsync(new BatchFilter(Open: true), new PageRequest(), Lead, default)).Value.Total);
        Assert.Equal("common.not_found", (await Queries.FindAsync(other, Clerk, default)).Refusal?.Code);
        Assert.Equal("common.not_found", (await Queries.RecipientsAsync(other, null, 0, 10, Clerk, default)).Refusal?.Code);
        Assert.Equal("common.not_found", (await Queries.ExportAsync(other, Clerk, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Queries.ListAsync(new BatchFilter(), new PageRequest(), Staff("丙"), default)).Refusal?.Code);
        Assert.Equal([BatchMove.Start, BatchMove.Cancel], (await Queries.FindAsync(mine, Clerk, default)).Value.Moves);
    }

    [Fact]
    public async Task Recipients_come_in_their_order_by_outcome_and_whole_only_in_the_right_export()
    {
        world.Push.Answer = (_, m) => m.Recipient == "device-3"
            ? new SendOutcome(m.Id, SendResult.Failed, FailureClass.InvalidRecipient, Code: "gone", Reason: "设备不存在")
            : new SendOutcome(m.Id, SendResult.Accepted);
        var id = await CreateAsync(Clerk, 5, start: true);
        await Eventually.TrueAsync(async () => (await Queries.FindAsync(id, Clerk, default)).Value is { Row.State: BatchState.Finished, OpenFailures: 1 });
        var detail = (await Queries.FindAsync(id, Clerk, default)).Value;
        Assert.Equal((4, 1, 100, true), (detail.Row.Progress.Sent, detail.Row.Progress.Failed, detail.Row.Progress.Percent, detail.MayResend));
        var first = (await Queries.RecipientsAsync(id, null, 0, 3, Clerk, default)).Value;
        Assert.Equal([1, 2, 3], first.Rows.Select(row => row.No));
        Assert.Equal([4, 5], (await Queries.RecipientsAsync(id, null, first.Next!.Value, 3, Clerk, default)).Value.Rows.Select(row => row.No));
        var failed = Assert.Single((await Queries.RecipientsAsync(id, MessageState.Failed, 0, 10, Clerk, default)).Value.Rows);
        Assert.Equal((4, "devi***", "设备不存在"), (failed.No, failed.Recipient, failed.Why));

        var export = (await Queries.ExportAsync(id, Clerk, default)).Value;
        var lines = new List<IReadOnlyList<string>>();
        await foreach (var line in export.Rows)
            lines.Add(line);
        Assert.Equal(5, lines.Count);
        Assert.Equal(["4", "devi***", "失败", "设备不存在"], lines[3].Take(4));
        Assert.Equal(1, await world.CountAsync("select count(*) from audit_entries where action = 'message_batch.exported'"));
    }

    [Fact]
    public async Task The_dry_run_says_who_goes_waits_and_is_dropped_without_using_anything_up()
    {
        var marketing = await world.TemplateAsync(Domain.Messages.Templates.MessageCategory.Marketing);
        await world.AddAccountAsync(world.Sms, a => (a.PriceMilli, a.Weight, a.Values, a.Limits) = (45, 1_000, new() { ["SignName"] = "信贷" }, [new QuotaRule(60, 3)]));
        await using (var db = await world.First.DbAsync())
        {
            db.MessageBlocks.Add(Block(BlockKind.OptOut, "13800000001"));
            db.MessageBlocks.Add(Block(BlockKind.Blocked, "13800000002"));
            db.Announce(BlockBook.Topic);
            await db.SaveChangesAsync();
        }

        await world.ScalarAsync<int>("update channel_accounts set enabled = false where kind = 'aliyun-sms' and price_milli = 0");
        world.First.Get<Domain.Changes.ChangeFeed>().Publish(new Domain.Changes.Change(MessageTopics.Accounts));
        List<BatchRecipient> rows = [.. Enumerable.Range(1, 9).Select(i => new BatchRecipient($"1380000000{i}", Named("张三"))), new("12345", Named("坏"))];
        var draft = new BatchDraft { Name = "试算", Template = marketing, Channel = MessageChannel.Sms };
        var look = (await Forecast.OfAsync(draft, rows, Clerk, default)).Value;
        Assert.Equal((9, 1, 2, 3), (look.Good, look.Bad.Count, look.DropCount, look.Now));
        Assert.Equal(10, look.Bad[0].Row);
        Assert.Equal(["在拦截名单中", "对方已退订"], look.Dropped.Select(d => d.Reason).Order(StringComparer.Ordinal).ToList());
        Assert.Equal(new ForecastShare("账号额度", 4), Assert.Single(look.Waits));
        Assert.Contains("每分钟 3 条", look.LimitedBy);
        Assert.Equal((7 * 45L, 7), (look.CostMilli!.Value, look.Segments));
        Assert.InRange(look.EndsAt!.Value, DateTimeOffset.UtcNow.AddMinutes(1), DateTimeOffset.UtcNow.AddMinutes(4));
        Assert.Equal("您好，张三。", look.Sample);
        Assert.Equal(0, await world.CountAsync("select (select count(*) from messages) + (select count(*) from quota_uses) + (select count(*) from message_contents)"));
        Assert.Equal("messages.batch_all_bad", (await Batches.CreateAsync(draft with { AcceptGood = true }, [rows[^1]], MessagesWorld.Program, null, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Forecast.OfAsync(draft, rows, Staff("丙"), default)).Refusal?.Code);
    }

    [Fact]
    public async Task The_dry_run_sees_what_was_said_a_moment_ago_and_the_quiet_hours()
    {
        var id = await CreateAsync(Clerk, 3, start: true);
        await Eventually.TrueAsync(async () => (await Queries.FindAsync(id, Clerk, default)).Value.Row.State == BatchState.Finished);
        var draft = new BatchDraft { Name = "试算", Template = template, Channel = MessageChannel.Push };
        var look = (await Forecast.OfAsync(draft, Rows(4), Clerk, default)).Value;
        Assert.Equal((1, 3), (look.Now, look.DropCount));
        world.First.Policy(p => p with { QuietFrom = new TimeOnly(0, 0), QuietUntil = new TimeOnly(23, 59, 59) });
        var quiet = (await Forecast.OfAsync(draft, [new("device-77", Named("夜"))], Clerk, default)).Value;
        Assert.Equal((0, "免打扰时段"), (quiet.Now, Assert.Single(quiet.Waits).Reason));
    }

    private static StaffActor Staff(string name, params Permission[] rights) => new(Guid.NewGuid(), name, null, rights.ToHashSet(), new HashSet<Guid>());

    private static MessageBlock Block(BlockKind kind, string phone) => new()
    {
        Id = Guid.CreateVersion7(), Kind = kind, Recipient = RecipientRules.PersonOf(null, MessageChannel.Sms, phone), Shown = "138****", Reason = "测试", ByName = "测试", At = DateTimeOffset.UtcNow,
    };

    private static Dictionary<string, string> Named(string name) => new() { ["name"] = name };

    private static List<BatchRecipient> Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new BatchRecipient($"device-{i}", Named($"第{i}位")))];

    private async Task<Guid> CreateAsync(StaffActor by, int count, bool start)
    {
        var draft = new BatchDraft { Name = "批次", Template = template, Channel = MessageChannel.Push, Start = start };
        return (await Batches.CreateAsync(draft, Rows(count), new MessageCaller(by.StaffId, by), null, default)).Value.Id!.Value;
    }
}
