using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Messages.Failures;
using CcdBlazor.Domain.Settings;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.Messages.Upkeep;

/// <summary>
/// Sends again what failed for a passing reason within the last day, when a setting says so: at most 100 per run and three times per message,
/// replays by people included. What a provider refused, and what may have arrived, is left to people.
/// </summary>
public sealed class FailedRetry(NpgsqlDataSource source, DeadLetter failures, SettingsReader settings, TimeProvider clock)
{
    private const string Choose = """
        select f.id from message_failures f join messages m on m.id = f.id
        where f.failure = 1 and f.at >= $1 and m.state = 5 and m.receipt_at is null and (m.expires_at is null or m.expires_at > $2)
          and (select count(*) from message_traces t where t.message_id = f.id and t.node = 0 and t.result = 8) < 3
        order by f.at limit 100
        """;

    private static readonly SystemActor Program = new("hourly-retry");

    /// <summary>How many were sent again; none when the setting is off.</summary>
    public async Task<int?> RetryAsync(CancellationToken ct)
    {
        if (!settings.Get(MessageSettings.RetryFailed))
            return null;
        var now = clock.GetUtcNow();
        var ids = new List<Guid>(100);
        await using (var command = source.CreateCommand(Choose))
        {
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.AddHours(-24).UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await using var r = await command.ExecuteReaderAsync(ct);
            while (await r.ReadAsync(ct))
                ids.Add(r.GetGuid(0));
        }

        if (ids.Count == 0)
            return 0;
        var outcome = await failures.ReplayAsync(ids, Program, ct);
        return outcome.Ok ? outcome.Value.Replayed : 0;
    }
}
