using CcdBlazor.Domain.Messages.Channels;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Limits;

/// <summary>Quota of accounts and of single recipients, kept in the database so that all nodes together never send more.</summary>
internal sealed class QuotaLedger(NpgsqlDataSource source)
{
    /// <summary>Takes up to so many sends of the account. Fewer were granted when a window is nearly full; the moment says when it lets go.</summary>
    public async Task<(int Granted, DateTimeOffset? FreeAt)> TakeAsync(AccountInUse account, int wanted, DateTimeOffset now, CancellationToken ct)
    {
        if (account.Spans.Length == 0)
            return (wanted, null);
        await using var command = source.CreateCommand("select granted, free_at from quota_take($1, $2, $3, $4, $5)");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = account.Number });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = account.Spans });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = account.Most });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = wanted });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var granted = reader.GetInt32(0);
        return (granted, reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>Which of the keys (account, rule and recipient, hashed) may be sent to now; the others with the moment from which they may.</summary>
    public async Task<Dictionary<Guid, DateTimeOffset>> TakeRecipientsAsync(IReadOnlyCollection<Guid> keys, IReadOnlyList<QuotaRule> rules, DateTimeOffset now, CancellationToken ct)
    {
        var waiting = new Dictionary<Guid, DateTimeOffset>();
        await using var command = source.CreateCommand("select key, free_at from recipient_take($1, $2, $3, $4) where free_at is not null");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. keys] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. rules.Select(r => r.Seconds)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. rules.Select(r => r.Limit)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            waiting[reader.GetGuid(0)] = reader.GetFieldValue<DateTimeOffset>(1);
        return waiting;
    }
}
