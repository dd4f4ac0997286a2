using System.Globalization;
using CcdBlazor.Domain.Settings;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>What became of the daily partitions.</summary>
/// <param name="Waiting">Days beyond the retention that stay because a message of theirs still waits.</param>
/// <param name="Busy">Days that could not be dropped because somebody read them all the time; tried again with the next run.</param>
/// <param name="Strays">Rows that no day takes (a clock that jumped), at most 10,000 counted.</param>
/// <param name="Blocked">Such rows belong to a day ahead, which could not be made because of them.</param>
public sealed record PartitionReport(IReadOnlyList<DateOnly> TracesDropped, IReadOnlyList<DateOnly> MessagesDropped, IReadOnlyList<DateOnly> Waiting, IReadOnlyList<string> Busy, long Strays, bool Blocked);

/// <summary>
/// Makes the days ahead and drops the days that are over. A dropped day costs one short lock and gives its disk space back at once; deleting
/// ten million rows would cost minutes and leave holes.
/// </summary>
public sealed class PartitionKeeper(NpgsqlDataSource source, SettingsReader settings, TimeProvider clock)
{
    private const int Ahead = 8;
    private const int Tries = 5;

    /// <summary>Nobody who sends may wait longer than this for a drop.</summary>
    private const string Patience = "set local lock_timeout = '1s'";

    /// <summary>Days in UTC, as the partitions are.</summary>
    public async Task<PartitionReport> KeepAsync(CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        await using var connection = await source.OpenConnectionAsync(ct);
        var blocked = false;
        await using (var make = new NpgsqlCommand("select message_partitions($1, $2)", connection))
        {
            make.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today, NpgsqlDbType = NpgsqlDbType.Date });
            make.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Ahead });
            try
            {
                await make.ExecuteNonQueryAsync(ct);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
            {
                // A clock ran ahead, and the default partition holds rows of a day that is still to be made. They are found there as everywhere;
                // that day's messages join them. The other days were made before, and everything else goes on.
                blocked = true;
            }
        }

        var traces = new List<DateOnly>();
        var messages = new List<DateOnly>();
        var waiting = new List<DateOnly>();
        var busy = new List<string>();
        foreach (var (name, day) in await DaysAsync(connection, "message_traces", today.AddDays(-settings.Get(MessageSettings.TraceDays)), ct))
            if (await DropAsync(connection, name, ct))
                traces.Add(day);
            else
                busy.Add(name);
        foreach (var (name, day) in await DaysAsync(connection, "messages", today.AddDays(-settings.Get(MessageSettings.MessageDays)), ct))
            if (await HoldsWaitingAsync(connection, name, ct))
                waiting.Add(day);
            else if (await DropAsync(connection, name, ct))
                messages.Add(day);
            else
                busy.Add(name);
        await using var strays = new NpgsqlCommand(
            "select count(*) from (select from messages_default union all select from message_traces_default limit 10000) s", connection);
        return new PartitionReport(traces, messages, waiting, busy, (long)(await strays.ExecuteScalarAsync(ct))!, blocked);
    }

    /// <summary>Partitions of days before the bound, oldest first.</summary>
    private static async Task<List<(string Name, DateOnly Day)>> DaysAsync(NpgsqlConnection connection, string table, DateOnly bound, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = table, NpgsqlDbType = NpgsqlDbType.Text });
        var days = new List<(string, DateOnly)>();
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            if (DateOnly.TryParseExact(r.GetString(0)[(table.Length + 1)..], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < bound)
                days.Add((r.GetString(0), day));
        return days;
    }

    /// <summary>A message may be scheduled for years ahead: its day stays until it was sent.</summary>
    private static async Task<bool> HoldsWaitingAsync(NpgsqlConnection connection, string partition, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select exists (select from {partition} where state = 1)", connection);
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task<bool> DropAsync(NpgsqlConnection connection, string partition, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(ct);
                await using (var patience = new NpgsqlCommand(Patience, connection, transaction))
                    await patience.ExecuteNonQueryAsync(ct);
                await using (var drop = new NpgsqlCommand($"drop table {partition}", connection, transaction))
                    await drop.ExecuteNonQueryAsync(ct);
                await transaction.CommitAsync(ct);
                return true;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                if (attempt == Tries)
                    return false;
                await Task.Delay(TimeSpan.FromSeconds(attempt), clock, ct);
            }
        }
    }
}
