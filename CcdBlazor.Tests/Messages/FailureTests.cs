using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Failures;
using CcdBlazor.Domain.Messages.Lookup;
using CcdBlazor.Domain.Messages.Records;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

/// <summary>What failed is sent again exactly once, whoever asks for it however often, and the counters stay exact.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private static readonly StaffActor Clerk = Staff("甲", Permission.SendMessages, Permission.ViewMessages);
    private static readonly StaffActor Other = Staff("乙", Permission.SendMessages, Permission.ViewMessages);
    private static readonly StaffActor Reader = Staff("丙", Permission.ViewMessages);

    private readonly MessagesWorld world = new();
    private string template = "";
    private volatile bool broken = true;

    private DeadLetter Failures => world.First.Get<DeadLetter>();

    private BatchService Batches => world.First.Get<BatchService>();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        template = await world.TemplateAsync();
        world.Push.Answer = (_, m) => broken && m.Recipient.StartsWith("bad", StringComparison.Ordinal)
            ? new SendOutcome(m.Id, SendResult.Failed, FailureClass.InvalidRecipient, Code: "no_such_device", Reason: "设备不存在")
            : new SendOutcome(m.Id, SendResult.Accepted, ProviderId: m.Id.ToString("N"));
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Two_clicks_of_two_persons_send_each_failure_once_and_the_batch_ends_exact()
    {
        var batch = await FinishedBatchAsync(good: 20, bad: 30);
        var group = Assert.Single((await Failures.GroupsAsync(Clerk, default)).Value);
        Assert.Equal((30, "设备不存在"), (group.Count, group.Reason));
        Assert.Equal(new FailureCause(MessageChannel.Push, FailureClass.InvalidRecipient, "no_such_device"), group.Cause);

        broken = false;
        var before = world.Push.Received.Count;
        var ids = (await Failures.ListAsync(group.Cause, null, null, 100, Clerk, default)).Value.Rows.Select(row => row.Id).ToList();
        var answers = await Task.WhenAll(
            Task.Run(() => Failures.ReplayGroupAsync(group.Cause, Clerk, default)), Task.Run(() => Failures.ReplayGroupAsync(group.Cause, Other, default)),
            Task.Run(() => Failures.ReplayAsync(ids, Clerk, default)), Task.Run(() => Failures.ReplayAsync(ids, Other, default)));
        Assert.Equal(30, answers.Sum(a => a.Value.Replayed));
        await StateAsync(batch, BatchState.Finished, sent: 50);
        Assert.Equal(30, world.Push.Received.Count - before);
        Assert.Equal(0, await world.CountAsync("select count(*) from message_failures"));
        Assert.Equal(30, await world.CountAsync("select count(*) from message_traces where result = 8"));
        Assert.Equal(0, (await Failures.ReplayAsync(ids, Clerk, default)).Value.Replayed);
    }

    [Fact]
    public async Task What_fails_again_comes_back_and_the_counters_agree()
    {
        var batch = await FinishedBatchAsync(good: 5, bad: 5);
        var cause = (await Failures.GroupsAsync(Clerk, default)).Value[0].Cause;
        Assert.Equal(5, (await Failures.ReplayGroupAsync(cause, Clerk, default)).Value.Replayed);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_failures") == 5);
        await StateAsync(batch, BatchState.Finished, sent: 5);
        Assert.Equal(5, await world.CountAsync("select failed::bigint from message_batch_progress where batch_id = $1", batch));
    }

    [Fact]
    public async Task A_correction_is_checked_as_at_the_door_and_then_sent()
    {
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "bad-1"), MessageState.Failed);
        var id = (await Failures.ListAsync(null, null, null, 10, Clerk, default)).Value.Rows.Single().Id;
        var draft = (await Failures.DraftAsync(id, Clerk, default)).Value;
        Assert.Equal((null, "张三"), (draft.Recipient, draft.Variables["name"]));
        Assert.Equal("bad-1", (await Failures.DraftAsync(id, Staff("管", Permission.SendMessages, Permission.ViewMessages, Permission.RevealIdentity), default)).Value.Recipient);
        Assert.Equal("messages.recipient_invalid", (await Failures.CorrectAsync(id, "two words", draft.Variables, Clerk, default)).Refusal?.Code);
        Assert.Equal("messages.variable_missing", (await Failures.CorrectAsync(id, "good-1", new Dictionary<string, string>(), Clerk, default)).Refusal?.Code);
        Assert.Equal("messages.variable_unknown", (await Failures.CorrectAsync(id, "good-1", new Dictionary<string, string> { ["name"] = "李四", ["x"] = "1" }, Clerk, default)).Refusal?.Code);
        Assert.Equal(MessageState.Failed, await world.StateAsync(id));

        var corrections = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            Failures.CorrectAsync(id, "good-1", new Dictionary<string, string> { ["name"] = "李四" }, i % 2 == 0 ? Clerk : Other, default))));
        Assert.Equal(1, corrections.Count(c => c.Ok));
        Assert.All(corrections.Where(c => !c.Ok), c => Assert.Equal("messages.failure_settled", c.Refusal!.Code));
        await world.UntilAsync(id, MessageState.Sent);
        Assert.Equal("您好，李四。", Assert.Single(world.Push.Received, r => r.Recipient == "good-1").Text);
    }

    [Fact]
    public async Task A_code_is_neither_shown_nor_corrected()
    {
        var secret = await world.TemplateAsync(Domain.Messages.Templates.MessageCategory.Verification);
        var id = await world.SendUntilAsync(MessagesWorld.Request(secret, MessageChannel.Push, "bad-1", "482913"), MessageState.Failed);
        Assert.Equal("messages.failure_secret", (await Failures.DraftAsync(id, Clerk, default)).Refusal?.Code);
        Assert.Equal("messages.failure_secret", (await Failures.CorrectAsync(id, "good-1", new Dictionary<string, string> { ["name"] = "1" }, Clerk, default)).Refusal?.Code);
        Assert.Null((await world.First.Get<MessageRecords>().FindAsync(id, Clerk, default)).Value.Text);
    }

    [Fact]
    public async Task A_person_says_what_became_of_an_unknown_send_and_nobody_says_it_twice()
    {
        world.Mail.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Unknown);
        var batch = (await Batches.CreateAsync(Draft() with { Channel = MessageChannel.Email }, Rows("a@example.com", "b@example.com"), MessagesWorld.Program, null, default)).Value.Id!.Value;
        await Eventually.TrueAsync(async () => await world.CountAsync("select unknown::bigint from message_batch_progress where batch_id = $1", batch) == 2);
        var group = Assert.Single((await Failures.GroupsAsync(Clerk, default)).Value);
        Assert.Null(group.Cause.Failure);
        var rows = (await Failures.ListAsync(group.Cause, null, null, 10, Clerk, default)).Value.Rows;
        Assert.All(rows, row => Assert.True(row.Unknown));

        var said = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Failures.ConfirmDeliveredAsync(rows[0].Id, Clerk, default))));
        Assert.Equal(1, said.Count(s => s.Ok));
        Assert.Equal(MessageState.Delivered, await world.StateAsync(rows[0].Id));
        Assert.Equal(1, await world.CountAsync("select (delivered + 10 * unknown - 10)::bigint from message_batch_progress where batch_id = $1", batch));
        world.Mail.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Accepted);
        Assert.Equal(1, (await Failures.ReplayAsync([rows[1].Id], Clerk, default)).Value.Replayed);
        await StateAsync(batch, BatchState.Finished, sent: 2);
        Assert.Equal(0, await world.CountAsync("select (failed + unknown + bounced)::bigint from message_batch_progress where batch_id = $1", batch));
    }

    [Fact]
    public async Task Resending_and_replaying_at_once_still_send_each_failure_once()
    {
        var batch = await FinishedBatchAsync(good: 3, bad: 12);
        var cause = (await Failures.GroupsAsync(Clerk, default)).Value[0].Cause;
        broken = false;
        var before = world.Push.Received.Count;
        var caller = new MessageCaller(Clerk.StaffId, Clerk);
        var resends = Enumerable.Range(0, 3).Select(_ => Task.Run(() => Batches.ResendFailedAsync(batch, caller, default))).ToList();
        var replay = Task.Run(() => Failures.ReplayGroupAsync(cause, Other, default));
        var made = (await Task.WhenAll(resends)).Where(r => r.Ok).ToList();
        var replayed = (await replay).Value.Replayed;
        Assert.Equal(12, made.Sum(m => m.Value.Accepted) + replayed);
        await Eventually.TrueAsync(() => world.Push.Received.Count - before == 12);
        foreach (var again in made)
            await StateAsync(again.Value.Id!.Value, BatchState.Finished, again.Value.Accepted);
        // A replay opened it again for a moment.
        await Eventually.TrueAsync(async () => await world.ScalarAsync<short>("select state from message_batches where id = $1", batch) == (short)BatchState.Finished);
        Assert.Equal("messages.batch_nothing_to_resend", (await Batches.ResendFailedAsync(batch, caller, default)).Refusal?.Code);
        Assert.Equal(12, world.Push.Received.Skip(before).Select(r => r.Recipient).Distinct().Count());
    }

    [Fact]
    public async Task Failures_of_a_cancelled_batch_stay_what_they_are()
    {
        var batch = await FinishedBatchAsync(good: 0, bad: 2);
        await world.ScalarAsync<int>("update message_batches set state = 5 where id = $1", batch);
        var cause = (await Failures.GroupsAsync(Clerk, default)).Value[0].Cause;
        Assert.Equal(new ReplayOutcome(0, 2), (await Failures.ReplayGroupAsync(cause, Clerk, default)).Value);
        Assert.Equal(2, await world.CountAsync("select count(*) from message_failures"));
    }

    [Fact]
    public async Task Reading_does_not_let_one_act_and_nobody_reads_without_the_right()
    {
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "bad-1"), MessageState.Failed);
        var row = (await Failures.ListAsync(null, null, null, 10, Reader, default)).Value.Rows.Single();
        Assert.Equal("bad-***", row.Recipient);
        Assert.Equal("common.forbidden", (await Failures.ReplayAsync([row.Id], Reader, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Failures.DraftAsync(row.Id, Reader, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Failures.CorrectAsync(row.Id, "x", new Dictionary<string, string>(), Reader, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Failures.ConfirmDeliveredAsync(row.Id, Reader, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Failures.ReplayGroupAsync(new FailureCause(MessageChannel.Push, null, null), Reader, default)).Refusal?.Code);
        var nobody = Staff("丁");
        Assert.Equal("common.forbidden", (await Failures.GroupsAsync(nobody, default)).Refusal?.Code);
        Assert.Equal("common.forbidden", (await Failures.ListAsync(null, null, null, 10, nobody, default)).Refusal?.Code);
    }

    [Fact]
    public async Task A_message_is_found_by_person_batch_and_number_with_its_steps_in_words()
    {
        var records = world.First.Get<MessageRecords>();
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "bad-1"), MessageState.Failed);
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "device-22"), MessageState.Sent);
        var found = (await records.SearchAsync(new MessageFilter(RecordPeople.Of("ｂad-1")), null, 10, Reader, default)).Value.Rows;
        Assert.Equal((id, "bad-***", "失败：设备不存在"), (found.Single().Id, found[0].Recipient, found[0].Says));
        Assert.Equal(2, (await records.SearchAsync(new MessageFilter(Template: template), null, 10, Reader, default)).Value.Rows.Count);
        Assert.Single((await records.SearchAsync(new MessageFilter(State: MessageState.Sent, Channel: MessageChannel.Push), null, 10, Reader, default)).Value.Rows);
        var first = (await records.SearchAsync(new MessageFilter(), null, 1, Reader, default)).Value;
        Assert.Equal(id, (await records.SearchAsync(new MessageFilter(), first.Next, 1, Reader, default)).Value.Rows.Single().Id);

        var detail = (await records.FindAsync(id, Reader, default)).Value;
        Assert.Equal(("bad-***", "您好，张三。"), (detail.Recipient, detail.Text!.Split('\n')[^1]));
        Assert.Equal(["进入队列", "开始发送", "发送失败"], detail.Steps.Select(step => step.What));
        Assert.Contains("设备不存在", detail.Steps[2].Why);
        Assert.Equal("bad-1", (await records.FindAsync(id, Staff("管", Permission.ViewMessages, Permission.RevealIdentity), default)).Value.Recipient);
        // A sender without the right to see all finds only what he handed in.
        var sender = Staff("丁", Permission.SendMessages);
        Assert.Empty((await records.SearchAsync(new MessageFilter(), null, 10, sender, default)).Value.Rows);
        Assert.Equal("common.not_found", (await records.FindAsync(id, sender, default)).Refusal?.Code);
    }

    private static StaffActor Staff(string name, params Permission[] rights) => new(Guid.NewGuid(), name, null, rights.ToHashSet(), new HashSet<Guid>());

    private BatchDraft Draft() => new() { Name = "批次", Template = template, Channel = MessageChannel.Push, Start = true };

    private static List<BatchRecipient> Rows(params string[] recipients) => [.. recipients.Select(r => new BatchRecipient(r, new Dictionary<string, string> { ["name"] = r }))];

    private async Task<Guid> FinishedBatchAsync(int good, int bad)
    {
        var rows = Rows([.. Enumerable.Range(0, good).Select(i => $"good{i}"), .. Enumerable.Range(0, bad).Select(i => $"bad{i}")]);
        var created = await Batches.CreateAsync(Draft(), rows, MessagesWorld.Program, null, default);
        await StateAsync(created.Value.Id!.Value, BatchState.Finished, good);
        return created.Value.Id!.Value;
    }

    private Task StateAsync(Guid batch, BatchState state, int sent) => Eventually.TrueAsync(async () =>
        await world.ScalarAsync<short>("select state from message_batches where id = $1", batch) == (short)state
        && await world.CountAsync("select sent::bigint from message_batch_progress where batch_id = $1", batch) == sent, what: $"{state} with {sent}");
}
