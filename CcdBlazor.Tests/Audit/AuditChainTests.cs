using CcdBlazor.Domain.Audit;
using Npgsql;

namespace CcdBlazor.Tests.Audit;

public sealed class AuditChainTests : IAsyncLifetime
{
    private AuditDatabase database = null!;

    public async Task InitializeAsync() => database = await AuditDatabase.CreateAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Nothing_is_sealed_that_a_running_transaction_can_still_precede()
    {
        await using var slow = await database.OpenAsync();
        await using var work = await slow.BeginAsync(default);
        slow.Audit(AuditDatabase.Administrator, AuditDatabase.Now, "customer.created", new AuditSubject("customer", null));
        await slow.SaveChangesAsync();
        await database.WriteAsync(3);

        Assert.Equal(0, (await database.Sequencer.SealNextAsync(default)).Sealed);

        await work.CommitAsync(default);
        await database.SealAllAsync();
        Assert.Equal("1,2,3,4", string.Join(',', await SeqsInChainAsync()));
        Assert.True((await VerifyAsync()).Intact);
    }

    [Fact]
    public async Task Writers_and_a_long_transaction_beside_the_sequencer_leave_one_gapless_chain_in_order()
    {
        using var done = new CancellationTokenSource();
        var sealing = SealUntilAsync(done.Token);
        await using (var slow = await database.OpenAsync())
        {
            await using var work = await slow.BeginAsync(default);
            slow.Audit(AuditDatabase.Administrator, AuditDatabase.Now, "customer.created", new AuditSubject("customer", null));
            await slow.SaveChangesAsync();
            await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => database.WriteAsync(40)));
            await work.CommitAsync(default);
        }

        await done.CancelAsync();
        await sealing;
        await database.SealAllAsync();

        var report = await VerifyAsync();
        Assert.Null(report.Break);
        Assert.Equal((241, 0), (report.Verified, report.Unsealed));
        Assert.True(await database.ReadAsync<bool>(
            "select bool_and(position = place) from (select position, row_number() over (order by txid, seq) as place from audit_seals) as links"));
    }

    [Fact]
    public async Task Two_sequencers_at_once_seal_each_entry_once()
    {
        await database.RunAsync(Many(12_000));

        var counts = await Task.WhenAll(SealAndCountAsync(12_000), SealAndCountAsync(12_000));

        Assert.Equal(12_000, counts.Sum());
        Assert.Equal(12_000, await database.ReadAsync<long>("select count(distinct seq) from audit_seals"));
        Assert.Equal(12_000, (await VerifyAsync()).Verified);
    }

    [Theory]
    [InlineData("reason = 'x'")]
    [InlineData("after = '{}'")]
    [InlineData("at = at + interval '1 microsecond'")]
    [InlineData("actor_name = actor_name || ' '")]
    [InlineData("actor_id = null")]
    [InlineData("customer_id = subject_id, subject_id = customer_id, action = action || '1'")]
    public async Task A_changed_entry_is_named(string change)
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();
        Assert.True((await VerifyAsync()).Intact);

        await database.TamperAsync($"update audit_entries set {change} where seq = 13");

        var found = (await VerifyAsync()).Break!;
        Assert.Equal((AuditBreakKind.Changed, 13L, AuditDatabase.Now.AddMinutes(12).Date), (found.Kind, found.Seq, found.At!.Value.Date));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public async Task A_removed_entry_is_named(long seq)
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();

        await database.TamperAsync($"delete from audit_entries where seq = {seq}");

        var found = (await VerifyAsync()).Break!;
        Assert.Equal((AuditBreakKind.Removed, seq), (found.Kind, found.Seq));
    }

    [Fact]
    public async Task An_entry_slipped_in_among_sealed_ones_is_named()
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();

        await database.TamperAsync("""
            insert into audit_entries (seq, txid, at, actor_kind, actor_name, action, subject_type) overriding system value
            select 1000, txid, at, 'staff', '某人', 'file.approved', 'file' from audit_entries where seq = 5
            """);

        var found = (await VerifyAsync()).Break!;
        Assert.Equal((AuditBreakKind.Inserted, 1000L, AuditDatabase.Now.AddMinutes(4)), (found.Kind, found.Seq, found.At));
    }

    [Fact]
    public async Task A_link_taken_out_of_the_chain_is_named()
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();

        await database.TamperAsync("delete from audit_seals where position = 6");

        var found = (await VerifyAsync()).Break!;
        Assert.Equal((AuditBreakKind.SealRemoved, 6L, 6L), (found.Kind, found.Position, found.Seq));
    }

    [Fact]
    public async Task The_first_of_several_broken_entries_is_named()
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();

        await database.TamperAsync("delete from audit_entries where seq = 15; update audit_entries set reason = 'x' where seq = 9");

        Assert.Equal((AuditBreakKind.Changed, 9L), ((await VerifyAsync()).Break!.Kind, (await VerifyAsync()).Break!.Seq));
    }

    [Fact]
    public async Task A_chain_computed_anew_does_not_fit_the_head_kept_outside()
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();
        var file = new AuditHeadFile(database.HeadsPath);
        Assert.True(await file.AppendAsync((await database.Sequencer.HeadAsync(default))!, AuditDatabase.Now, default));
        Assert.False(await file.AppendAsync((await database.Sequencer.HeadAsync(default))!, AuditDatabase.Now, default));

        await database.TamperAsync("update audit_entries set reason = 'x' where seq = 9; delete from audit_seals");
        await database.SealAllAsync();

        var found = (await VerifyAsync()).Break!;
        Assert.Equal((AuditBreakKind.Rewritten, 20L), (found.Kind, found.Position));
        File.Delete(database.HeadsPath);
        Assert.True((await VerifyAsync()).Intact);
    }

    [Fact]
    public async Task A_shortened_chain_does_not_fit_the_head_kept_outside()
    {
        await database.WriteAsync(20);
        await database.SealAllAsync();
        await new AuditHeadFile(database.HeadsPath).AppendAsync((await database.Sequencer.HeadAsync(default))!, AuditDatabase.Now, default);

        await database.TamperAsync("delete from audit_entries where seq > 15; delete from audit_seals where seq > 15");

        var found = (await VerifyAsync()).Break!;
        Assert.Equal((AuditBreakKind.Shortened, 15L), (found.Kind, found.Position));
    }

    [Fact]
    public async Task The_chain_goes_on_after_the_last_entry_was_removed()
    {
        await database.WriteAsync(5);
        await database.SealAllAsync();
        await database.TamperAsync("delete from audit_entries where seq = 5");
        await database.WriteAsync(5);

        await database.SealAllAsync();

        Assert.Equal(10, await database.ReadAsync<long>("select max(position) from audit_seals"));
        Assert.Equal((AuditBreakKind.Removed, 5L), ((await VerifyAsync()).Break!.Kind, (await VerifyAsync()).Break!.Seq));
    }

    [Theory]
    [InlineData("update audit_entries set reason = 'x'")]
    [InlineData("update audit_entries set reason = 'x' where false")]
    [InlineData("delete from audit_entries")]
    [InlineData("truncate audit_entries")]
    [InlineData("update audit_seals set hash = ''")]
    [InlineData("delete from audit_seals")]
    [InlineData("truncate audit_seals")]
    public async Task The_database_refuses_to_change_the_audit(string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.RunAsync(sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task An_empty_audit_is_intact()
    {
        var report = await VerifyAsync();
        Assert.True(report.Intact);
        Assert.Null(report.Head);
    }

    internal static string Many(int count) => $$"""
        insert into audit_entries (at, actor_kind, actor_id, actor_name, from_address, action, subject_type, subject_id, customer_id, reason, before, after)
        select timestamptz '2026-01-01' + n * interval '1 second', 'staff', gen_random_uuid(), '王芳', '10.0.0.8', 'customer.edited', 'customer',
               gen_random_uuid(), gen_random_uuid(), case when n % 3 = 0 then '客户来电更正' end, '{"phone": "138****8000"}', '{"phone": "139****1234"}'
        from generate_series(1, {{count}}) as n
        """;

    private Task<AuditReport> VerifyAsync() => database.Verifier.VerifyAsync(null, default);

    private async Task<long[]> SeqsInChainAsync() => await database.ReadAsync<long[]>("select array_agg(seq order by position) from audit_seals");

    private async Task SealUntilAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            await database.Sequencer.SealNextAsync(CancellationToken.None);
    }

    private async Task<int> SealAndCountAsync(long wanted)
    {
        var mine = 0;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await database.ReadAsync<long>("select count(*) from audit_seals") < wanted)
        {
            mine += (await database.Sequencer.SealNextAsync(limit.Token)).Sealed;
        }

        return mine;
    }
}
