using System.Diagnostics;
using CcdBlazor.Domain.Data;
using CcdBlazor.Hosting;
using CcdBlazor.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CcdBlazor.Tests.Hosting;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private const int Kill9 = 9;
    private readonly string folder = TestCluster.MakeFolder("postgres");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_fresh_folder_becomes_a_server_that_answers_as_the_owner_who_is_no_superuser()
    {
        await using var postgres = await StartAsync();

        Assert.Equal("ccd/ccd/off", await AskAsync(postgres.ConnectionString, "SELECT current_user || '/' || current_database() || '/' || current_setting('is_superuser')"));
        Assert.Equal("UTF8", await AskAsync(postgres.ConnectionString, "SHOW server_encoding"));
        Assert.Equal("on", await AskAsync(postgres.ConnectionString, "SHOW data_checksums"));
        Assert.Equal("", await AskAsync(postgres.ConnectionString, "SHOW listen_addresses"));
    }

    [Fact]
    public async Task A_durable_server_syncs_and_a_test_server_does_not()
    {
        await using (var durable = await StartAsync(durable: true))
        {
            Assert.Equal("on/on/on", await AskAsync(durable.ConnectionString, Durability));
        }
        await using var test = await StartAsync();
        Assert.Equal("off/off/off", await AskAsync(test.ConnectionString, Durability));
    }

    private const string Durability = "SELECT current_setting('fsync') || '/' || current_setting('synchronous_commit') || '/' || current_setting('full_page_writes')";

    [Fact]
    public async Task Trigrams_of_Chinese_names_are_found_through_a_GIN_index()
    {
        await using var postgres = await StartAsync();
        await AskAsync(postgres.ConnectionString, "CREATE EXTENSION pg_trgm; CREATE TABLE t (n text); CREATE INDEX ON t USING gin (n gin_trgm_ops); INSERT INTO t VALUES ('欧阳建国贸易')");

        Assert.Equal(7, await AskAsync(postgres.ConnectionString, "SELECT cardinality(show_trgm('欧阳建国贸易'))"));
        Assert.Equal(1L, await AskAsync(postgres.ConnectionString, "SET enable_seqscan = off; SELECT count(*) FROM t WHERE n LIKE '%阳建国%'"));
    }

    [Fact]
    public async Task Only_the_account_of_the_program_may_connect()
    {
        await using var postgres = await StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(SocketFolder(postgres)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder, "cluster")));
        // The program's own account passes for its two roles and for no other.
        var other = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Username = "somebody", Pooling = false };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AskAsync(other.ConnectionString, "SELECT 1"));
        Assert.Equal("28000", refused.SqlState);
    }

    [Fact]
    public async Task A_stop_leaves_no_process_and_the_data_survives_the_restart()
    {
        var postgres = await StartAsync(durable: true);
        await AskAsync(postgres.ConnectionString, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
        await postgres.StopAsync();
        Assert.Empty(postgres.AliveProcesses);

        await using var again = await StartAsync(durable: true);
        Assert.Equal(7, await AskAsync(again.ConnectionString, "SELECT n FROM kept"));
    }

    [Fact]
    public async Task A_lock_file_of_a_dead_server_does_not_block_even_when_its_number_lives_on_as_another_process()
    {
        var postgres = await StartAsync();
        await postgres.StopAsync();
        var socket = SocketFolder(postgres);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "cluster", "postmaster.pid"), $"{Environment.ProcessId}\n{folder}/cluster\n1700000000\n5432\n{socket}\n\n  5432001   4242\nready   \n");
        await File.WriteAllTextAsync(Path.Combine(socket, ".s.PGSQL.5432.lock"), $"{Environment.ProcessId}\n{folder}/cluster\n1700000000\n5432\n{socket}\n");

        await using var again = await StartAsync();
        Assert.Equal(1, await AskAsync(again.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task A_killed_server_comes_back_under_the_same_connection_string()
    {
        await using var postgres = await StartAsync(durable: true);
        var connection = postgres.ConnectionString;
        await AskAsync(connection, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
        var first = postgres.ServerId!.Value;

        ServerProcesses.Signal(first, Kill9);

        await Eventually.TrueAsync(() => postgres.ServerId is { } id && id != first);
        await Eventually.TrueAsync(() => AnswersAsync(connection));
        Assert.Equal(7, await AskAsync(connection, "SELECT n FROM kept"));
        Assert.Equal(1, postgres.Restarts);
    }

    [Fact]
    public async Task After_a_restart_no_dead_connection_is_handed_out()
    {
        await using var postgres = await StartAsync();
        await using var services = new ServiceCollection().AddLogging().AddData(postgres.ConnectionString).BuildServiceProvider();
        var (database, source) = (services.GetRequiredService<Database>(), services.GetRequiredService<NpgsqlDataSource>());
        var dropped = 0;
        postgres.Restarted += database.DropIdleConnections;
        postgres.Restarted += () => Interlocked.Increment(ref dropped);
        var open = new List<NpgsqlConnection>();
        for (var i = 0; i < 3; i++)
            open.Add(await source.OpenConnectionAsync());
        foreach (var connection in open)
            await connection.DisposeAsync();

        ServerProcesses.Signal(postgres.ServerId!.Value, Kill9);
        await Eventually.TrueAsync(() => Volatile.Read(ref dropped) == 1);

        // Each would be one failed request.
        for (var i = 0; i < 3; i++)
        {
            await using var command = source.CreateCommand("select 1");
            Assert.Equal(1, await command.ExecuteScalarAsync());
        }
    }

    [Fact]
    public async Task A_killed_watcher_takes_the_server_along_and_both_come_back()
    {
        await using var postgres = await StartAsync();
        var first = postgres.ServerId!.Value;

        ServerProcesses.Signal(postgres.WatcherId, Kill9);

        await Eventually.TrueAsync(() => postgres.ServerId is { } id && id != first);
        await Eventually.TrueAsync(() => AnswersAsync(postgres.ConnectionString));
    }

    [Fact]
    public async Task A_killed_program_leaves_no_orphan_and_the_next_start_recovers()
    {
        using var owner = await OwnerAsync();
        var cluster = Path.Combine(folder, "cluster");
        var processes = new ServerProcesses(cluster, EmbeddedPostgres.NameOf(cluster));
        Assert.NotEmpty(processes.Alive());

        owner.Kill();
        await owner.WaitForExitAsync();
        await Eventually.TrueAsync(() => processes.Alive().Count == 0);

        await using var again = await StartAsync();
        Assert.Equal(1, await AskAsync(again.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task A_start_right_after_the_program_and_its_watcher_were_killed_recovers_by_itself()
    {
        using var owner = await OwnerAsync();
        owner.Kill(entireProcessTree: true);
        await owner.WaitForExitAsync();

        await using var again = await StartAsync();
        Assert.Equal(1, await AskAsync(again.ConnectionString, "SELECT 1"));
        Assert.Equal(0, again.Restarts);
    }

    [Fact]
    public async Task A_second_program_on_the_same_folder_is_refused_with_the_reason()
    {
        await using var postgres = await StartAsync();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync());

        Assert.Contains("Another instance of the program already runs on the data folder", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await AskAsync(postgres.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task Stopped_while_it_still_starts_it_leaves_nothing_behind()
    {
        var postgres = await EmbeddedPostgres.BeginAsync(new EmbeddedPostgresOptions { DataFolder = folder, Durable = false }, NullLogger.Instance, default);
        await postgres.StopAsync();

        Assert.Empty(postgres.AliveProcesses);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => postgres.Ready);
        await using var again = await StartAsync();
        Assert.Equal(1, await AskAsync(again.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task Whoever_waits_for_a_server_that_cannot_start_is_told_why()
    {
        var options = new EmbeddedPostgresOptions { DataFolder = folder, Durable = false, Settings = new Dictionary<string, string> { ["shared_buffers"] = "much" } };
        await using var postgres = await EmbeddedPostgres.BeginAsync(options, NullLogger.Instance, default);

        var why = await Assert.ThrowsAsync<InvalidOperationException>(() => postgres.Ready);

        Assert.Contains("shared_buffers", why.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_with_a_long_path_gets_a_short_socket_folder_that_goes_with_the_server()
    {
        var deep = Path.Combine(folder, new string('x', 80), "postgres");
        var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = deep, Durable = false }, NullLogger.Instance, default);
        var socket = SocketFolder(postgres);
        Assert.DoesNotContain("xxx", socket, StringComparison.Ordinal);
        Assert.Equal(1, await AskAsync(postgres.ConnectionString, "SELECT 1"));

        await postgres.StopAsync();
        Assert.False(Directory.Exists(socket));
    }

    [Fact]
    public async Task A_data_folder_that_the_server_cannot_reach_works_too_and_keeps_its_data()
    {
        var closed = Directory.CreateDirectory(Path.Combine(folder, "closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var options = new EmbeddedPostgresOptions { DataFolder = Path.Combine(closed.FullName, "postgres"), Durable = false };
        await using (var postgres = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, default))
        {
            await AskAsync(postgres.ConnectionString, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
        }
        await using (var again = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, default))
        {
            Assert.Equal(7, await AskAsync(again.ConnectionString, "SELECT n FROM kept"));
        }
        if (new FileInfo(Path.Combine(options.DataFolder, "moved")).LinkTarget is { } moved)
        {
            Directory.Delete(moved, recursive: true);
        }
    }

    [Fact]
    public async Task Clones_of_the_template_are_independent_of_each_other()
    {
        var first = await TestCluster.CreateDatabaseAsync();
        var second = await TestCluster.CreateDatabaseAsync();
        await AskAsync(first, "CREATE TABLE only_here (n int)");

        Assert.Equal(0L, await AskAsync(second, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'"));

        await TestCluster.DropDatabaseAsync(first);
        await TestCluster.DropDatabaseAsync(second);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(first, "SELECT 1"));
    }

    private Task<EmbeddedPostgres> StartAsync(bool durable = false) =>
        EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder, Durable = durable }, NullLogger.Instance, CancellationToken.None);

    /// <summary>Another program that runs the server on this folder, ready.</summary>
    private async Task<Process> OwnerAsync()
    {
        var owner = Process.Start(new ProcessStartInfo("dotnet", [typeof(TestProgram).Assembly.Location, TestProgram.OwnPostgres, folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", await owner.StandardOutput.ReadLineAsync());
        return owner;
    }

    private static string SocketFolder(EmbeddedPostgres postgres) => new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host!;

    private static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            return await AskAsync(connectionString, "SELECT 1") is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task<object?> AskAsync(string connectionString, string sql)
    {
        // Without a pool: a connection kept from before a restart would be dead.
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
