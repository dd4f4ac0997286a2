using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Jobs;
using CcdBlazor.Jobs;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CcdBlazor.Tests.Jobs;

public sealed class JobsTests : IAsyncLifetime
{
    private const string Cleanup = "job-runs-cleanup";

    private static readonly StaffActor Administrator =
        new(Guid.CreateVersion7(), "周管理", null, new HashSet<Permission> { Permission.ManageJobs }, new HashSet<Guid>());

    private string connectionString = "";

    public async Task InitializeAsync()
    {
        connectionString = await TestCluster.CreateDatabaseAsync();
        await using var services = new ServiceCollection().AddLogging().AddData(connectionString).BuildServiceProvider();
        await SchemaForTests.EnsureAsync(services);
    }

    public Task DisposeAsync() => TestCluster.DropDatabaseAsync(connectionString);

    [Fact]
    public async Task Every_job_is_planned_with_its_next_time_and_explains_itself()
    {
        using var node = await StartNodeAsync();

        var rows = (await Admin(node).ListAsync(Administrator, default)).Value;

        Assert.Equal(JobSchedule.All.Select(job => job.Name), rows.Select(row => row.Job.Name));
        Assert.All(rows, row => Assert.Equal(row.Job.Cron is not null, row.NextRun is not null));
        Assert.All(JobSchedule.All, job => Assert.NotEmpty(job.Sentence + job.Cadence + job.Title));
        await node.StopAsync();
    }

    [Fact]
    public async Task A_run_asked_for_is_made_written_down_and_audited()
    {
        using var node = await StartNodeAsync();

        Assert.True((await Admin(node).OrderAsync(JobOrder.Run, Cleanup, Administrator, default)).Ok);

        JobRunRow? run = null;
        await Eventually.TrueAsync(async () => (run = (await RowAsync(node)).LastRun)?.Outcome == JobOutcome.Succeeded);
        Assert.Equal(Administrator.StaffId, run!.TriggeredBy);
        Assert.Equal("删除 0 条。", run.Text);
        Assert.Equal("job.triggered", await ReadAsync("select action from audit_entries"));
        await node.StopAsync();
    }

    [Fact]
    public async Task A_pause_outlives_a_restart_and_is_undone_by_resuming()
    {
        using (var first = await StartNodeAsync())
        {
            await Admin(first).OrderAsync(JobOrder.Pause, Cleanup, Administrator, default);
            Assert.Equal(JobState.Paused, (await RowAsync(first)).State);
            await first.StopAsync();
        }

        using var second = await StartNodeAsync();
        Assert.Equal(JobState.Paused, (await RowAsync(second)).State);

        await Admin(second).OrderAsync(JobOrder.Resume, Cleanup, Administrator, default);
        Assert.Equal(JobState.Waiting, (await RowAsync(second)).State);
        await second.StopAsync();
    }

    [Fact]
    public async Task Two_nodes_share_one_plan()
    {
        using var first = await StartNodeAsync();
        using var second = await StartNodeAsync();

        await Admin(first).OrderAsync(JobOrder.Run, Cleanup, Administrator, default);

        await Eventually.TrueAsync(async () => (await RowAsync(second)).LastRun?.Outcome == JobOutcome.Succeeded);
        Assert.Single((await Admin(second).RunsAsync(Cleanup, Administrator, default)).Value);
        await first.StopAsync();
        await second.StopAsync();
    }

    [Fact]
    public async Task Orders_and_lists_are_refused_without_the_permission()
    {
        using var node = await StartNodeAsync();
        var clerk = Administrator with { Permissions = new HashSet<Permission>() };

        Assert.Equal(CommonRefusals.Forbidden, (await Admin(node).ListAsync(clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Admin(node).RunsAsync(Cleanup, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.Forbidden, (await Admin(node).OrderAsync(JobOrder.Run, Cleanup, clerk, default)).Refusal);
        Assert.Equal(CommonRefusals.NotFound, (await Admin(node).OrderAsync(JobOrder.Run, "unknown", Administrator, default)).Refusal);
        Assert.Equal("0", await ReadAsync("select count(*)::text from audit_entries"));
        await node.StopAsync();
    }

    [Fact]
    public async Task A_body_that_throws_ends_as_failed_without_quoting_the_exception()
    {
        await RunAsync((_, _, _) => throw new InvalidOperationException("customer 张三 13800138000"));

        Assert.Equal("Failed", await ReadAsync("select outcome from job_runs"));
        Assert.DoesNotContain("张三", await ReadAsync("select text from job_runs"));
    }

    [Fact]
    public async Task A_body_may_fail_with_a_sentence_for_the_administrator()
    {
        await RunAsync((_, _, _) => throw new JobFailedException("第 5 号记录已被删除。"));

        Assert.Equal("Failed 第 5 号记录已被删除。", await ReadAsync("select outcome || ' ' || text from job_runs"));
    }

    [Fact]
    public async Task A_run_cut_off_by_a_stop_of_the_program_is_closed()
    {
        using var stop = new CancellationTokenSource();
        await RunAsync(
            async (_, _, ct) =>
            {
                await stop.CancelAsync();
                ct.ThrowIfCancellationRequested();
                return "";
            },
            stop.Token);

        Assert.Equal("Cancelled", await ReadAsync("select outcome from job_runs"));
    }

    [Fact]
    public async Task A_run_whose_node_died_is_closed_by_the_next_one()
    {
        await using var services = Services();
        var runs = services.GetRequiredService<JobRuns>();
        await runs.StartedAsync("some-job", "dead-node", null, TimeProvider.System.GetUtcNow(), default);

        await RunAsync((_, _, _) => Task.FromResult("done"));

        Assert.Equal("Cancelled,Succeeded", await ReadAsync("select string_agg(outcome, ',' order by started_at) from job_runs"));
    }

    [Fact]
    public async Task Runs_older_than_thirty_days_are_forgotten()
    {
        await using var services = Services();
        var runs = services.GetRequiredService<JobRuns>();
        var now = TimeProvider.System.GetUtcNow();
        foreach (var days in (int[])[29, 31])
            await runs.FinishedAsync(await runs.StartedAsync("some-job", "node", null, now.AddDays(-days), default), JobOutcome.Succeeded, null, now, default);

        Assert.Equal(1, await runs.ForgetOldAsync(now, default));
        Assert.Equal("1", await ReadAsync("select count(*)::text from job_runs"));
    }

    private async Task RunAsync(Func<IServiceProvider, DateTimeOffset, CancellationToken, Task<string>> body, CancellationToken ct = default)
    {
        await using var services = Services();
        var job = new RunScheduledJob(services, services.GetRequiredService<JobRuns>(), TimeProvider.System, NullLogger<RunScheduledJob>.Instance);
        await job.RunAsync(new ScheduledJob("some-job", "任务", "手动", null, "做事。", body), "node", null, ct);
    }

    private ServiceProvider Services() => new ServiceCollection().AddLogging().AddData(connectionString).AddJobRuns().BuildServiceProvider();

    private async Task<IHost> StartNodeAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddData(connectionString);
        builder.Services.AddJobs(connectionString);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static JobAdmin Admin(IHost node) => node.Services.GetRequiredService<JobAdmin>();

    private static async Task<JobRow> RowAsync(IHost node) =>
        (await Admin(node).ListAsync(Administrator, default)).Value.Single(row => row.Job.Name == Cleanup);

    private async Task<string> ReadAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
