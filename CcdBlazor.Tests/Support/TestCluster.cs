using System.Diagnostics;
using CcdBlazor.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CcdBlazor.Tests.Support;

/// <summary>
/// One PostgreSQL without fsync for the whole test process, started by the first who asks. Databases are cloned from a template that is migrated once.
/// </summary>
internal static class TestCluster
{
    private const string Template = "template_migrated";
    private static readonly Lazy<Task<EmbeddedPostgres>> cluster = new(StartAsync);
    private static readonly Lazy<Task> template = new(MakeTemplateAsync);
    private static int databases;
    private static Process? sweeper; // kept, so that its pipe stays open

    /// <summary>Brings the empty database behind the given connection string to the current schema. Set once, before the first clone.</summary>
    internal static Func<string, Task> MigrateTemplate { get; set; } = _ => Task.CompletedTask;

    /// <summary>A new database with the current schema (or a clone of the named one); answers its connection string.</summary>
    internal static async Task<string> CreateDatabaseAsync(string? templateName = null)
    {
        var postgres = await cluster.Value;
        if (templateName is null)
        {
            await template.Value;
        }
        var name = $"test_{Interlocked.Increment(ref databases)}";
        // FILE_COPY: without fsync a copy of the files is quicker than writing the same pages through the log.
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {templateName ?? Template} STRATEGY FILE_COPY");
        return postgres.ConnectionStringFor(name);
    }

    /// <summary>
    /// Drops a database that <see cref="CreateDatabaseAsync"/> made, whoever is still connected. The server waits five seconds for the connections
    /// that it ends; on a busy machine one may outlive that, and then the database stays until the whole folder is deleted: only space, no test's matter.
    /// </summary>
    internal static async Task DropDatabaseAsync(string connectionString)
    {
        await using (var connection = new NpgsqlConnection(connectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }
        try
        {
            await ExecuteAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");
        }
        catch (PostgresException left)
        {
            Console.Error.WriteLine($"{left.SqlState}: {left.MessageText} ({left.Detail})");
        }
    }

    /// <summary>A new folder that the account of the database server can reach (the system's own temporary folders are closed to others).</summary>
    internal static string MakeFolder(string purpose)
    {
        var made = Directory.CreateTempSubdirectory($"ccd-{purpose}-");
        made.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return made.FullName;
    }

    private static async Task<EmbeddedPostgres> StartAsync()
    {
        var folder = MakeFolder("tests");
        SweepAfterThisProcess(folder);
        return await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = folder, Durable = false }, NullLogger.Instance, CancellationToken.None);
    }

    /// <summary>
    /// Deletes the folder when this process is gone and the server with it. The test runner leaves its process 100 ms to end and kills it then, so
    /// nothing can be stopped or deleted in here at the end; the server ends by its own watcher.
    /// </summary>
    private static void SweepAfterThisProcess(string folder)
    {
        const string Sweeper = """
            exec >/dev/null 2>&1
            while read -r _; do :; done
            for _ in $(seq 300); do [ -e "$1/cluster/postmaster.pid" ] || break; sleep 0.1; done
            rm -rf "$1"
            """;
        sweeper = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Sweeper, "sweeper", folder]) { RedirectStandardInput = true });
    }

    private static async Task MakeTemplateAsync()
    {
        var postgres = await cluster.Value;
        await ExecuteAsync($"CREATE DATABASE {Template}");
        await using var connection = new NpgsqlConnection(postgres.ConnectionStringFor(Template));
        await MigrateTemplate(connection.ConnectionString);
        // A template can be cloned only while nobody is connected to it.
        NpgsqlConnection.ClearPool(connection);
        await ExecuteAsync($"ALTER DATABASE {Template} WITH ALLOW_CONNECTIONS false");
        await ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{Template}'");
    }

    private static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection((await cluster.Value).ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}
