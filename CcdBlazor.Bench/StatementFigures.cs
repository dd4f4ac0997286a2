using System.Globalization;
using System.Text.RegularExpressions;
using CcdBlazor.Hosting;
using Npgsql;

namespace CcdBlazor.Bench;

/// <summary>Which statements the database's time went to (pg_stat_statements), for benches that were asked with <c>--statements</c>. It costs some percent itself.</summary>
internal static partial class StatementFigures
{
    public const string Library = "pg_stat_statements";
    private const int Shown = 14;

    private static string? admin;

    public static async Task PrepareAsync(EmbeddedPostgres postgres, CancellationToken ct)
    {
        admin = postgres.AdminConnectionString;
        await ExecuteAsync($"create extension if not exists {Library}", ct);
    }

    public static Task ResetAsync(CancellationToken ct) => admin is null ? Task.CompletedTask : ExecuteAsync("select pg_stat_statements_reset()", ct);

    /// <summary>Since the last reset, the dearest first, per <paramref name="units"/> of what was measured.</summary>
    public static async Task PrintAsync(string what, double units, CancellationToken ct)
    {
        if (admin is null)
            return;
        Figures.Note($"statements of {what}, µs per unit; calls; rows per call; WAL bytes per unit, full pages per unit");
        await using var source = NpgsqlDataSource.Create(admin);
        await using var command = source.CreateCommand($"select query, total_exec_time, calls, rows, wal_bytes::float8, wal_fpi::float8 from pg_stat_statements order by total_exec_time desc limit {Shown}");
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var text = Blank().Replace(reader.GetString(0), " ").Trim();
            Figures.Note(string.Create(CultureInfo.InvariantCulture,
                $"{reader.GetDouble(1) * 1e3 / units,8:0.0} µs {reader.GetInt64(2),8} x {(double)reader.GetInt64(3) / reader.GetInt64(2),8:0.0} rows {reader.GetDouble(4) / units,6:0} B {reader.GetDouble(5) / units,6:0.000}  {text[..Math.Min(110, text.Length)]}"));
        }
    }

    private static async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(admin!);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
