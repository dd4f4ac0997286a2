using System.Diagnostics.CodeAnalysis;
using CcdBlazor.Domain.Audit;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using CcdBlazor.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CcdBlazor.Tests.Audit;

/// <summary>A database of its own with the audit's services, and hands that do what only the owner of the tables can.</summary>
[SuppressMessage("Security", "CA2100", Justification = "The statements are written in the tests.")]
internal sealed class AuditDatabase : IAsyncDisposable
{
    private readonly string connectionString;
    private readonly ServiceProvider services;

    private AuditDatabase(string connectionString, ServiceProvider services) => (this.connectionString, this.services) = (connectionString, services);

    public static readonly DateTimeOffset Now = new(2026, 11, 20, 6, 0, 0, TimeSpan.Zero);

    public static readonly StaffActor Administrator = new(Guid.CreateVersion7(), "周管理", null, new HashSet<Permission> { Permission.ViewAudit }, new HashSet<Guid>());

    public string ConnectionString => connectionString;

    public IServiceProvider Services => services;

    public string HeadsPath { get; } = Path.Combine(Path.GetTempPath(), $"audit-heads-{Guid.NewGuid():N}.log");

    public AuditSequencer Sequencer => services.GetRequiredService<AuditSequencer>();

    public AuditVerifier Verifier => services.GetRequiredService<AuditVerifier>();

    public AuditQueries Queries => services.GetRequiredService<AuditQueries>();

    public NpgsqlDataSource Source => services.GetRequiredService<NpgsqlDataSource>();

    public static async Task<AuditDatabase> CreateAsync()
    {
        var connectionString = await TestCluster.CreateDatabaseAsync();
        var collection = new ServiceCollection().AddLogging().AddData(connectionString);
        var database = default(AuditDatabase);
        var services = collection.AddSingleton(_ => new AuditHeadFile(database!.HeadsPath))
            .AddSingleton<AuditSequencer>().AddSingleton<AuditVerifier>()
            .AddSingleton(provider => new AuditQueries(provider.GetRequiredService<IDbContextFactory<CcdDbContext>>()))
            .BuildServiceProvider();
        database = new AuditDatabase(connectionString, services);
        await SchemaForTests.EnsureAsync(services);
        return database;
    }

    public async Task<CcdDbContext> OpenAsync() => await services.GetRequiredService<IDbContextFactory<CcdDbContext>>().CreateDbContextAsync();

    /// <summary>Writes entries, each in a commit of its own.</summary>
    public async Task WriteAsync(int count, string action = "customer.edited", Guid? customerId = null, string? reason = null, Actor? by = null)
    {
        for (var i = 0; i < count; i++)
        {
            await using var db = await OpenAsync();
            db.Audit(by ?? Administrator, Now.AddMinutes(i), action, new AuditSubject("customer", customerId, customerId), before: new { Name = $"旧{i}" }, after: new { Name = $"新{i}" }, reason: reason);
            await db.SaveChangesAsync();
        }
    }

    /// <summary>Seals until nothing waits. Transactions of other databases of the cluster may hold it up for a moment.</summary>
    public Task SealAllAsync() => Eventually.TrueAsync(async () =>
    {
        await Sequencer.SealNextAsync(CancellationToken.None);
        return await Sequencer.UnsealedAsync(CancellationToken.None) == 0;
    }, what: "every entry is sealed");

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task RunAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Like an intruder with the rights of the tables' owner, who switches the triggers off first.</summary>
    public Task TamperAsync(string sql) => RunAsync($"""
        begin;
        alter table audit_entries disable trigger user; alter table audit_seals disable trigger user;
        {sql};
        alter table audit_entries enable trigger user; alter table audit_seals enable trigger user;
        commit
        """);

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        File.Delete(HeadsPath);
        await TestCluster.DropDatabaseAsync(connectionString);
    }
}
