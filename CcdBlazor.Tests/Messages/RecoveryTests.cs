using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Messages.Sending;
using CcdBlazor.Tests.Support;
using Npgsql;

namespace CcdBlazor.Tests.Messages;

/// <summary>What a dead node held, and receipts in every order.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private readonly MessagesWorld world = new();
    private string template = "";

    public async Task InitializeAsync()
    {
        await world.InitializeAsync();
        template = await world.TemplateAsync();
    }

    public Task DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData(MessageChannel.Push, false, MessageState.Sent, 1)]
    [InlineData(MessageChannel.Push, true, MessageState.Unknown, 0)]
    [InlineData(MessageChannel.Email, false, MessageState.Sent, 1)]
    [InlineData(MessageChannel.Email, true, MessageState.Unknown, 0)]
    [InlineData(MessageChannel.Sms, false, MessageState.Sent, 1)]
    [InlineData(MessageChannel.Sms, true, MessageState.Sent, 1)]
    public async Task What_a_dead_node_held_is_taken_over(MessageChannel channel, bool begun, MessageState expected, int sends)
    {
        var id = await HeldByTheDeadAsync(channel, begun);
        await world.UntilAsync(id, expected);
        Assert.Equal(sends, new[] { world.Push, world.Mail, world.Sms }.Sum(p => p.Received.Count));
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 0);
    }

    [Fact]
    public async Task An_engine_runs_once()
    {
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Sent);
        // A second run would claim messages and write no outcome: its door and its outcomes are closed when the first one ends.
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.First.Get<DeliveryEngine>().RunAsync(default));
    }

    [Fact]
    public async Task A_doubt_outlives_the_node_that_had_not_asked_yet()
    {
        var id = await HeldByTheDeadAsync(MessageChannel.Sms, begun: false, interrupted: true);
        world.Sms.Asked = m => new SendOutcome(m.Id, SendResult.Accepted);
        await world.UntilAsync(id, MessageState.Sent);
        Assert.Empty(world.Sms.Received);
    }

    [Fact]
    public async Task Every_question_is_about_the_send_and_never_about_the_question_before()
    {
        var asked = new List<DateTimeOffset?>();
        world.Sms.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Unknown);
        world.Sms.Asked = m =>
        {
            lock (asked)
                asked.Add(m.SentAround);
            return new SendOutcome(m.Id, asked.Count < 4 ? SendResult.Unknown : SendResult.Accepted);
        };
        await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Sms, "13800000001"), MessageState.Sent);
        Assert.Single(world.Sms.Received);
        Assert.Equal(4, asked.Count);
        Assert.Single(asked.Distinct());
    }

    [Fact]
    public async Task A_doubt_is_for_a_person_when_the_account_that_sent_is_gone()
    {
        var gone = await world.AddAccountAsync(world.Sms, a => a.Enabled = false);
        var id = await HeldByTheDeadAsync(MessageChannel.Sms, begun: false, interrupted: true, account: gone);
        await world.UntilAsync(id, MessageState.Unknown);
        Assert.Empty(world.Sms.Received);
    }

    [Fact]
    public async Task What_a_receipt_settled_in_a_dead_nodes_claim_is_counted_and_not_sent_again()
    {
        var id = await HeldByTheDeadAsync(MessageChannel.Push, begun: false, settled: true);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 0);
        Assert.Equal(MessageState.Delivered, await world.StateAsync(id));
        Assert.Equal(1, await world.CountAsync("select coalesce(sum(n), 0)::bigint from message_minutes where result = 3"));
        Assert.Equal(0, await world.CountAsync("select count(*) from ready_messages"));
        Assert.Empty(world.Push.Received);
    }

    [Fact]
    public async Task A_receipt_that_overtakes_a_retry_ends_it()
    {
        world.First.Policy(p => p with { FirstBackOff = TimeSpan.FromMinutes(10) });
        world.Push.Answer = (_, m) => new SendOutcome(m.Id, SendResult.Unknown);
        var accepted = await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessagesWorld.Program, null, default);
        var id = accepted.Value.Id;
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from later_messages where id = $1", id) == 1);
        await world.First.Get<ReceiptBook>().ApplyAsync(1, [new DeliveryReceipt(id, null, true, null, null, null, DateTimeOffset.UtcNow)], default);
        await world.RunAsync("update later_messages set ready_at = now()");
        await Eventually.TrueAsync(async () => await world.CountAsync("select coalesce(sum(n), 0)::bigint from message_minutes where result = 3") == 1);
        Assert.Equal(MessageState.Delivered, await world.StateAsync(id));
        Assert.Single(world.Push.Received);
    }

    [Fact]
    public void A_lease_that_ended_never_holds_again()
    {
        var clock = TimeProvider.System;
        var lease = new NodeLease(TimeSpan.FromHours(1), clock);
        Assert.False(lease.Holds);
        lease.Beat(clock.GetTimestamp());
        Assert.True(lease.Holds);
        lease.Beat(clock.GetTimestamp() - 2 * 3600 * clock.TimestampFrequency);
        Assert.False(lease.Holds);
        lease.Beat(clock.GetTimestamp());
        Assert.True(lease.Holds);
        lease.End();
        lease.Beat(clock.GetTimestamp());
        Assert.False(lease.Holds);
    }

    [Fact]
    public async Task A_node_that_was_declared_dead_writes_nothing_more()
    {
        using var stuck = new SemaphoreSlim(0);
        world.Push.Hold = ct => stuck.WaitAsync(ct);
        var accepted = await world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessagesWorld.Program, null, default);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 1);

        // Another node gives this one up and takes over.
        await world.ScalarAsync<int>("delete from message_nodes");
        world.Push.Hold = _ => Task.CompletedTask;
        await world.UntilAsync(accepted.Value.Id, MessageState.Sent);
        stuck.Release(100);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_claims") == 0);
        Assert.Equal(1, await world.CountAsync("select n from message_minutes"));
    }

    [Fact]
    public async Task The_first_receipt_decides_every_one_is_kept_and_none_counts_twice()
    {
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Sent);
        var book = world.First.Get<ReceiptBook>();
        var now = DateTimeOffset.UtcNow;
        var good = new DeliveryReceipt(id, null, true, null, null, null, now);
        Assert.Equal(1, await book.ApplyAsync(1, [good, good], default));
        Assert.Equal(0, await book.ApplyAsync(1, [good with { Delivered = false, Failure = FailureClass.InvalidRecipient, At = now.AddMinutes(-5) }], default));
        Assert.Equal(MessageState.Delivered, await world.StateAsync(id));
        Assert.Equal(3, await world.CountAsync("select count(*) from message_traces where message_id = $1 and node = 3", id));
        Assert.Equal(1, await world.CountAsync("select sum(n)::bigint from message_minutes where result = 104"));
        Assert.Equal(0, await book.ApplyAsync(1, [good with { MessageId = Guid.CreateVersion7() }], default));
    }

    [Fact]
    public async Task A_receipt_may_come_before_the_outcome_is_written()
    {
        var book = world.First.Get<ReceiptBook>();
        world.Push.Answer = (_, m) =>
        {
            book.ApplyAsync(1, [new DeliveryReceipt(m.Id, null, true, null, null, null, DateTimeOffset.UtcNow)], default).Wait();
            return new SendOutcome(m.Id, SendResult.Accepted);
        };
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Delivered);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from message_traces where message_id = $1 and node = 2", id) == 1);
        Assert.Equal(MessageState.Delivered, await world.StateAsync(id));
    }

    [Fact]
    public async Task A_receipt_that_says_no_makes_a_sent_message_a_failed_one()
    {
        var id = await world.SendUntilAsync(MessagesWorld.Request(template, MessageChannel.Push, "d1"), MessageState.Sent);
        await world.First.Get<ReceiptBook>().ApplyAsync(1, [new DeliveryReceipt(id, null, false, FailureClass.InvalidRecipient, "UNDELIV", "空号", DateTimeOffset.UtcNow)], default);
        Assert.Equal(MessageState.Failed, await world.StateAsync(id));
        Assert.Equal("UNDELIV", await world.ScalarAsync<string>("select code from message_failures where id = $1", id));
    }

    [Fact]
    public async Task A_restart_of_the_databases_sessions_loses_and_doubles_nothing()
    {
        world.Push.Hold = async ct => await Task.Delay(2, ct);
        var sending = Task.WhenAll(Enumerable.Range(0, 2_000).Select(i =>
            world.First.Sender.SendAsync(MessagesWorld.Request(template, MessageChannel.Push, $"d{i}"), MessagesWorld.Program, null, default).AsTask()));
        for (var round = 0; round < 4; round++)
        {
            await Eventually.TrueAsync(async () =>
            {
                try
                {
                    await world.ScalarAsync<bool>("select bool_and(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            });
        }

        var answers = await sending;
        var accepted = answers.Where(a => a.Ok).Select(a => a.Value.Id).ToArray();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await world.CountAsync("select count(*) from messages where state = 1") == 0;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(60));
        var sent = world.Push.Received.Select(r => r.Id).ToHashSet();
        Assert.All(accepted, id => Assert.Contains(id, sent));
        // The provider recognises our id; what it got twice it knew.
        Assert.Equal(await world.CountAsync("select count(*) from messages"), await world.CountAsync("select sum(n)::bigint from message_minutes where result = 3"));
    }

    /// <summary>A message in the claim of a node that is no more.</summary>
    private async Task<Guid> HeldByTheDeadAsync(MessageChannel channel, bool begun, bool interrupted = false, bool settled = false, int? account = null)
    {
        var recipient = channel switch { MessageChannel.Sms => "13800000001", MessageChannel.Email => "a@example.com", _ => "d1" };
        var at = DateTimeOffset.UtcNow.AddHours(1);
        var accepted = await world.First.Sender.SendAsync(MessagesWorld.Request(template, channel, recipient) with { At = at }, MessagesWorld.Program, null, default);
        var id = accepted.Value.Id;
        account ??= await world.ScalarAsync<int>("select number from channel_accounts where channel = $1", (short)channel);
        var statements = new List<string>
        {
            $"delete from later_messages where id = '{id}'",
            $"insert into message_claims (id, node, claimed_at, lane, account, class, open, ids, turns) values (gen_random_uuid(), gen_random_uuid(), now() - interval '1 minute', {Lane.Of(channel)}, {account}, 2, 1, '{{{id}}}', '{{0}}')",
        };
        if (begun)
            statements.Add($"insert into message_traces (at, message_id, node, result, attempt, code) values (now(), '{id}', 1, 0, 0, '{account}')");
        if (interrupted)
            statements.Add($"update messages set code = 'interrupted', account = {account} where id = '{id}'");
        if (settled)
            statements.Add($"update messages set state = 4, receipt_at = now(), finished_at = now(), account = {account} where id = '{id}'");
        await using var connection = await world.First.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var sql in statements)
            await using (var command = new NpgsqlCommand(sql, connection, transaction))
                await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return id;
    }

    /// <summary>The provider may report before our own outcome is committed: neither may swallow the other, in either order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public async Task A_receipt_that_meets_the_outcome_being_written_is_applied_after_it(int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
        await world.RunAsync("insert into messages (id, accepted_at, template_id, person, template_version, channel, priority, state, recipient, variables) "
            + "select id, now(), gen_random_uuid(), gen_random_uuid(), 1, 4, 5, 1, 'x', '{}' from unnest($1::uuid[]) as u(id)", (object)ids);
        var source = world.First.Get<NpgsqlDataSource>();
        await using var writer = await source.OpenConnectionAsync();
        await using var outcome = await writer.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("update messages set state = 3, finished_at = now() where id = any($1)", writer, outcome))
        {
            write.Parameters.AddWithValue(ids);
            await write.ExecuteNonQueryAsync();
        }

        var receipts = world.First.Get<ReceiptBook>().ApplyAsync(1, [.. ids.Select(id => new DeliveryReceipt(id, null, true, null, "ok", null, DateTimeOffset.UtcNow))], default);
        await Eventually.TrueAsync(async () => await world.CountAsync("select count(*) from pg_locks where not granted") > 0);
        await outcome.CommitAsync();

        Assert.Equal(count, await receipts);
        Assert.Equal(count, await world.CountAsync($"select count(*) from messages where receipt_at is not null and was = 3 and id between '{ids.Min()}' and '{ids.Max()}'"));
    }
}
