using System.Diagnostics;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Data;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Files;
using CcdBlazor.Domain.Pool;
using CcdBlazor.Domain.Products;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Domain.Statistics;
using CcdBlazor.Files;
using CcdBlazor.Hosting;
using CcdBlazor.Media;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CcdBlazor.Bench;

/// <summary>A filled database of its own and the program's services over it, without the web server.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private BenchHost(EmbeddedPostgres postgres, ServiceProvider services) => (Postgres, this.services) = (postgres, services);

    public EmbeddedPostgres Postgres { get; }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Starts the server; fills the database when it is not complete in this size.</summary>
    public static async Task<BenchHost> StartAsync(BenchSettings settings, CancellationToken ct)
    {
        var postgres = await StartServerAsync(settings, ct);
        var host = new BenchHost(postgres, ServicesOver(postgres.ConnectionString, settings));
        try
        {
            await host.Get<Database>().MigrateAsync(ct);
            await new BenchData(host.services, settings).EnsureAsync(ct);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// As <see cref="StartAsync"/>, on a copy of the filled database (a copy of its files), for what changes more than it could put back. The copy of the last run is dropped first.
    /// </summary>
    public static async Task<BenchHost> StartOnCopyAsync(BenchSettings settings, string name, CancellationToken ct)
    {
        var filled = await StartAsync(settings, ct);
        try
        {
            // A database that is copied must have no connections.
            await filled.services.DisposeAsync();
            var since = Stopwatch.GetTimestamp();
            await using (var source = NpgsqlDataSource.Create(filled.Postgres.ConnectionStringFor("postgres")))
            {
                var original = new NpgsqlConnectionStringBuilder(filled.Postgres.ConnectionString).Database;
                foreach (var sql in new[] { $"drop database if exists {name} with (force)", $"create database {name} template {original} strategy file_copy" })
                {
                    await using var command = source.CreateCommand(sql);
                    command.CommandTimeout = 0;
                    await command.ExecuteNonQueryAsync(ct);
                }
            }

            Figures.Note($"works on a copy of the database, made in {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
            return new BenchHost(filled.Postgres, ServicesOver(filled.Postgres.ConnectionStringFor(name), settings));
        }
        catch
        {
            await filled.Postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>Durable as in production; only memory is that of a server with a million customers.</summary>
    public static async Task<EmbeddedPostgres> StartServerAsync(BenchSettings settings, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions
            {
                DataFolder = Path.Combine(settings.DataFolder, "postgres"),
                Settings = new Dictionary<string, string>
                {
                    ["shared_buffers"] = "1GB",
                    ["effective_cache_size"] = "6GB",
                    ["max_wal_size"] = "8GB",
                    ["maintenance_work_mem"] = "512MB",
                    ["max_connections"] = "300",
                    ["shared_preload_libraries"] = settings.Statements ? StatementFigures.Library : "",
                },
                StartPatience = TimeSpan.FromMinutes(10),
            },
            NullLogger.Instance, ct);
        if (settings.Statements)
            await StatementFigures.PrepareAsync(postgres, ct);
        Figures.Note($"database server up after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s (shared_buffers 1GB, fsync and synchronous_commit on)");
        return postgres;
    }

    public static async Task<string> EmptyDatabaseAsync(EmbeddedPostgres postgres, string name, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await DropAsync(source, name, ct);
        await using (var create = source.CreateCommand($"create database {name}"))
            await create.ExecuteNonQueryAsync(ct);
        return postgres.ConnectionStringFor(name);
    }

    private static async Task DropAsync(NpgsqlDataSource source, string name, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                await using var drop = source.CreateCommand($"drop database if exists {name} with (force)");
                await drop.ExecuteNonQueryAsync(ct);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege && attempt < 60)
            {
                // Autovacuum works there, and its process belongs to the superuser: it ends by itself.
                await Task.Delay(TimeSpan.FromSeconds(1), ct);
            }
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    private static ServiceProvider ServicesOver(string connectionString, BenchSettings settings)
    {
        var configuration = new ConfigurationBuilder().Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { ApplicationName = "CcdBlazor", ContentRootPath = settings.Root, EnvironmentName = Environments.Production });
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error).AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None).AddSimpleConsole());
        services.AddData(connectionString);
        services.AddAudit(Path.Combine(settings.DataFolder, "audit-heads.log"));
        services.AddStaff();
        services.AddProducts();
        services.AddCustomers();
        services.AddPool();
        services.AddDocuments();
        services.AddStatistics();
        services.AddFiles(KeyRingFile.Load(configuration, settings.DataFolder, mustBeConfigured: false), new UploadOptions(Path.Combine(settings.DataFolder, "uploads")));
        services.AddBlobStore(configuration, settings.DataFolder);
        services.AddMediaWorker(configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>Carries what is changed here to the nodes under test, as another node would.</summary>
    public async Task<IAsyncDisposable> RelayAsync(CancellationToken ct)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var relay = Get<ChangeRelay>();
        var running = relay.RunAsync(stop.Token);
        while (!relay.Listening)
            await Task.Delay(20, ct);
        return new Running(stop, running);
    }

    private sealed class Running(CancellationTokenSource stop, Task running) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        }
    }
}
