using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace CcdBlazor.Domain.Data;

/// <summary>The database as a whole: bring it up to date, ask whether it answers.</summary>
public sealed class Database
{
    /// <summary>One lock for all nodes that start at once: only one of them migrates. The number is arbitrary and must never change.</summary>
    private const long MigrationLock = 0x4343_4401;

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly NpgsqlDataSource source;

    internal Database(IDbContextFactory<CcdDbContext> contexts, NpgsqlDataSource source)
    {
        this.contexts = contexts;
        this.source = source;
    }

    /// <summary>Builds the model of all tables, which takes a second: ahead of the first query, while something else is waited for.</summary>
    public void Warm()
    {
        using var db = contexts.CreateDbContext();
        _ = db.Model;
    }

    public async Task MigrateAsync(CancellationToken ct)
    {
        // At nearly every start nothing is to do. EF Core finds that out by building the model of the last migration and comparing all of it.
        if (await UpToDateAsync(ct))
            return;
        await using var gate = await source.OpenConnectionAsync(ct);
        // Its end releases the lock, however it comes about.
        await using var held = await gate.BeginTransactionAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_advisory_xact_lock({MigrationLock})", gate, held))
            await take.ExecuteNonQueryAsync(ct);
        await using var db = await contexts.CreateDbContextAsync(ct);
        // Asked for before it is there, the table of migrations would be the first thing that a new owner reads about: as an error.
        await db.GetService<IHistoryRepository>().CreateIfNotExistsAsync(ct);
        await db.Database.MigrateAsync(ct);
    }

    /// <summary>True when no migration of this program is missing.</summary>
    public async Task<bool> UpToDateAsync(CancellationToken ct)
    {
        var applied = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await using var command = source.CreateCommand("select \"MigrationId\" from \"__EFMigrationsHistory\"");
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                applied.Add(reader.GetString(0));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }

        await using var db = await contexts.CreateDbContextAsync(ct);
        return db.Database.GetMigrations().All(applied.Contains);
    }

    /// <summary>
    /// Drops the connections that wait in the pools, the scheduler's among them. After a restart of the server each of them is dead, and would cost somebody a
    /// failed request.
    /// </summary>
    public void DropIdleConnections()
    {
        source.Clear();
        NpgsqlConnection.ClearAllPools();
    }

    public async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            await using var command = source.CreateCommand("select 1");
            return await command.ExecuteScalarAsync(ct) is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
