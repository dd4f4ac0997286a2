using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;

namespace CcdBlazor.Tests.Messages;

/// <summary>A batch is exact: every recipient ends in exactly one outcome, whatever is done to it on the way.</summary>
public sealed class BatchTests : IAsyncLifetime
{
    private readonly MessagesWorld world = new();
    private string template = "";

    private BatchService Batches => world.First.Get<BatchService>();

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        template = await world.TemplateAsync();
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Ten_thousand_recipients_get_one_message_each_and_one_more_is_refused()
    {
        var id = await CreateAsync(10_000, start: true);
        await FinishedAsync(id, BatchState.Finished, TimeSpan.FromSeconds(60));
        Assert.Equal(10_000, world.Push.Received.Select(r => r.Recipient).Distinct().Count());
        Assert.Equal(10_000, world.Push.Received.Count);
        Assert.Equal(10_000, await world.CountAsync("select sent::bigint from message_batch_progress where batch_id = $1", id));

        var refused = await Batches.CreateAsync(Draft(start: false), Rows(10_001), MessagesWorld.Program, null, default);
        Assert.Equal("messages.batch_too_many", refused.Refusal?.Code);
    }

    [Fact]
    public async Task Bad_rows_are_listed_and_the_good_ones_wait_for_a_word()
    {
        List<BatchRecipient> rows = [.. Rows(3), new("", Named("x")), new("d1", Named("doppelt")), new("d9", new Dictionary<string, string>()), new("d10", Named("{{name}}<b>"))];
        var checkedOnly = await Batches.CreateAsync(Draft(start: true), rows, MessagesWorld.Program, null, default);
        Assert.Null(checkedOnly.Value.Id);
        Assert.Equal([(4, "messages.recipient_invalid"), (5, "messages.batch_duplicate"), (6, "messages.variable_missing")], checkedOnly.Value.Bad.Select(b => (b.Row, b.Refusal.Code)));
        Assert.Equal(0, await world.CountAsync("select count(*) from messages"));

        var taken = await Batches.CreateAsync(Draft(start: true) with { AcceptGood = true }, rows, MessagesWorld.Program, null, default);
        Assert.Equal(4, taken.Value.Accepted);
        await FinishedAsync(taken.Value.Id!.Value, BatchState.Finished);
        Assert.Contains(world.Push.Received, r => r.Text == "您好，{{name}}<b>。");
    }

    [Fact]
    public async Task The_same_key_is_the_same_batch_and_another_body_is_refused()
    {
        var draft = Draft(start: false) with { IdempotencyKey = "k" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Batches.CreateAsync(draft, Rows(10), MessagesWorld.Program, null, default)));
        Assert.Single(answers.Select(a => a.Value.Id).Distinct());
        Assert.Equal(1, answers.Count(a => !a.Value.Repeated));
        Assert.Equal(10, await world.CountAsync("select count(*) from messages"));
        Assert.Equal("messages.key_reused", (await Batches.CreateAsync(draft, Rows(11), MessagesWorld.Program, null, default)).Refusal?.Code);
    }

    [Fact]
    public async Task Paused_and_resumed_in_the_middle_every_recipient_is_reached_once()
    {
        world.Push.Hold = async ct => await Task.Delay(5, ct);
        var id = await CreateAsync(8_000, start: true);
        await Eventually.TrueAsync(() => world.Push.Received.Count > 500);
        Assert.True((await Batches.MoveAsync(id, BatchMove.Pause, MessagesWorld.Program.Actor, default)).Ok);
        // What was in a worker's hands comes to its end; everything else stands still.
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from ready_messages") == 0 && await world.CountAsync("select count(*) from message_claims") == 0);
        var sent = world.Push.Received.Count;
        Assert.InRange(sent, 500, 7_999);
        Assert.Equal(sent, await world.CountAsync("select sent::bigint from message_batch_progress where batch_id = $1", id));

        Assert.True((await Batches.MoveAsync(id, BatchMove.Resume, MessagesWorld.Program.Actor, default)).Ok);
        await FinishedAsync(id, BatchState.Finished, TimeSpan.FromSeconds(60));
        Assert.Equal(8_000, world.Push.Received.Count);
        Assert.Equal(8_000, world.Push.Received.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task Cancelled_in_the_middle_the_counters_add_up()
    {
        world.Push.Hold = async ct => await Task.Delay(5, ct);
        var id = await CreateAsync(8_000, start: true);
        await Eventually.TrueAsync(() => world.Push.Received.Count > 500);
        Assert.True((await Batches.MoveAsync(id, BatchMove.Cancel, MessagesWorld.Program.Actor, default)).Ok);
        await Eventually.TrueAsync(async () => await world.CountAsync("select (sent + cancelled)::bigint from message_batch_progress where batch_id = $1", id) == 8_000);
        Assert.Equal(world.Push.Received.Count, await world.CountAsync("select count(*) from messages where batch_id = $1 and state = 3", id));
        Assert.Equal(8_000 - world.Push.Received.Count, await world.CountAsync("select count(*) from messages where batch_id = $1 and state = 7", id));
        Assert.Equal("messages.batch_move", (await Batches.MoveAsync(id, BatchMove.Resume, MessagesWorld.Program.Actor, default)).Refusal?.Code);
    }

    [Fact]
    public async Task A_canary_share_goes_first_and_waits_for_a_word()
    {
        var created = await Batches.CreateAsync(Draft(start: true) with { CanaryPercent = 10 }, Rows(200), MessagesWorld.Program, null, default);
        var id = created.Value.Id!.Value;
        await FinishedAsync(id, BatchState.CanaryDone);
        Assert.Equal(20, world.Push.Received.Count);
        Assert.True((await Batches.MoveAsync(id, BatchMove.Continue, MessagesWorld.Program.Actor, default)).Ok);
        await FinishedAsync(id, BatchState.Finished);
        Assert.Equal(200, world.Push.Received.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_template_that_was_taken_away_still_speaks_for_the_batch_that_has_it()
    {
        var created = await Batches.CreateAsync(Draft(start: false), Rows(5), MessagesWorld.Program, null, default);
        await world.ScalarAsync<int>("update message_templates set deleted_at = now(), state = 2 where code = $1", template);
        Assert.True((await Batches.MoveAsync(created.Value.Id!.Value, BatchMove.Start, MessagesWorld.Program.Actor, default)).Ok);
        await FinishedAsync(created.Value.Id!.Value, BatchState.Finished);
        Assert.Equal(5, world.Push.Received.Count);
    }

    [Fact]
    public async Task Steering_a_batch_needs_the_right_to_send()
    {
        var id = (await Batches.CreateAsync(Draft(start: false), Rows(2), MessagesWorld.Program, null, default)).Value.Id!.Value;
        var reader = new StaffActor(Guid.NewGuid(), "甲", null, new HashSet<Permission> { Permission.ViewMessages }, new HashSet<Guid>());
        Assert.Equal(CommonRefusals.Forbidden, (await Batches.MoveAsync(id, BatchMove.Start, reader, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Batches.ResendFailedAsync(id, new MessageCaller(reader.StaffId, reader), default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Batches.ChangePriorityAsync(id, 3, reader, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Batches.RescheduleAsync(id, DateTimeOffset.UtcNow.AddDays(1), reader, default)).Refusal);
        Assert.True((await Batches.MoveAsync(id, BatchMove.Start, reader with { Permissions = new HashSet<Permission> { Permission.SendMessages } }, default)).Ok);
    }

    [Fact]
    public async Task A_large_batch_needs_a_second_person()
    {
        Batches.ApprovalAbove = 5;
        var author = new StaffActor(Guid.NewGuid(), "甲", null, new HashSet<Permission> { Permission.SendMessages }, new HashSet<Guid>());
        var created = await Batches.CreateAsync(Draft(start: true), Rows(6), new MessageCaller(null, author), null, default);
        var id = created.Value.Id!.Value;
        Assert.Equal("messages.batch_second_person", (await Batches.MoveAsync(id, BatchMove.Approve, author, default)).Refusal?.Code);
        Assert.Equal("messages.batch_move", (await Batches.MoveAsync(id, BatchMove.Start, author, default)).Refusal?.Code);
        Assert.True((await Batches.MoveAsync(id, BatchMove.Approve, author with { StaffId = Guid.NewGuid() }, default)).Ok);
        await FinishedAsync(id, BatchState.Finished);
    }

    [Fact]
    public void Every_pair_of_state_and_move_is_decided()
    {
        var allowed = Enum.GetValues<BatchState>().SelectMany(s => BatchWorkflow.AllowedIn(s).Select(m => (s, m))).ToList();
        Assert.Equal(12, allowed.Count);
        foreach (var state in Enum.GetValues<BatchState>())
        {
            Assert.NotEmpty(BatchWorkflow.Words(state));
            foreach (var move in Enum.GetValues<BatchMove>())
                Assert.Equal(allowed.Contains((state, move)), BatchWorkflow.Next(state, move) is not null);
        }

        Assert.Empty(BatchWorkflow.AllowedIn(BatchState.Finished));
        Assert.Empty(BatchWorkflow.AllowedIn(BatchState.Cancelled));
    }

    private BatchDraft Draft(bool start) => new() { Name = "批次", Template = template, Channel = MessageChannel.Push, Start = start };

    private static Dictionary<string, string> Named(string name) => new() { ["name"] = name };

    private static List<BatchRecipient> Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new BatchRecipient($"d{i}", Named($"第{i}位")))];

    private async Task<Guid> CreateAsync(int count, bool start)
    {
        var created = await Batches.CreateAsync(Draft(start), Rows(count), MessagesWorld.Program, null, default);
        Assert.True(created.Ok, created.Refusal?.Code);
        return created.Value.Id!.Value;
    }

    private Task FinishedAsync(Guid id, BatchState state, TimeSpan? patience = null) =>
        Eventually.TrueAsync(async () => await world.ScalarAsync<short>("select state from message_batches where id = $1", id) == (short)state, patience);
}
