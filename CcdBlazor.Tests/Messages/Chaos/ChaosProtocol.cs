using System.Text.Json;
using CcdBlazor.Simulator;
using Npgsql;

namespace CcdBlazor.Tests.Messages.Chaos;

/// <summary>Compares what the providers took with what the program believes, and tells the way of every message that does not agree.</summary>
internal sealed class ChaosProtocol(string connectionString, SimulatorServer simulator, Action<string> write)
{
    private const int MostTold = 12;

    public async Task CheckAsync(IReadOnlyDictionary<string, (Guid Batch, short Channel)> batches)
    {
        var counts = simulator.World.Messages.Counts();
        foreach (var (kind, (batch, channel)) in batches)
        {
            var total = await CountAsync("select count(*) from messages where batch_id = $1", batch);
            var sent = await CountAsync("select count(*) from messages where batch_id = $1 and state in (3, 4)", batch);
            var unknown = await CountAsync("select count(*) from messages where batch_id = $1 and state = 8", batch);
            write($"{kind}: {total} recipients, {sent} sent, {unknown} unknown; {JsonSerializer.Serialize(counts[kind])}");
        }

        foreach (var (kind, (batch, channel)) in batches)
        {
            var total = await CountAsync("select count(*) from messages where batch_id = $1", batch);
            var sent = await CountAsync("select count(*) from messages where batch_id = $1 and state in (3, 4)", batch);
            var unknown = await CountAsync("select count(*) from messages where batch_id = $1 and state = 8", batch);
            Assert.Equal(0, counts[kind].DuplicateRecipients);
            // Everybody has exactly one outcome, and the counters know it without having counted.
            Assert.Equal(total, sent + unknown);
            Assert.Equal(sent, await CountAsync("select sent::bigint from message_batch_progress where batch_id = $1", batch));
            Assert.Equal(unknown, await CountAsync("select unknown::bigint from message_batch_progress where batch_id = $1", batch));
            Assert.Equal(sent, await CountAsync("select coalesce(sum(n), 0)::bigint from message_minutes where channel = $1 and result in (3, 4)", channel));
            Assert.Equal(unknown, await CountAsync("select coalesce(sum(n), 0)::bigint from message_minutes where channel = $1 and result = 8", channel));
            Assert.Equal(unknown, await CountAsync("select count(*) from message_failures where batch_id = $1", batch));
            // Sent means that the provider has it; of the unknown it may have some.
            Assert.InRange(counts[kind].DistinctRecipients, sent, sent + unknown);
            // Only where nobody can tell may a message end as unknown, and only what was in a call when its program died.
            Assert.InRange(unknown, 0, kind == "smtp" ? total / 2 : 0);
        }
    }

    /// <summary>Every message that somebody got twice, and some of those that did not end well: all that is known of them.</summary>
    public async Task TellAsync()
    {
        try
        {
            var twice = simulator.World.Messages.Find(null, null, null, 0, int.MaxValue, latest: false).GroupBy(m => (m.Kind, m.Recipient)).Where(g => g.Count() > 1).ToList();
            write($"{twice.Count} recipients heard twice");
            foreach (var group in twice.Take(MostTold))
            {
                write($"== {group.Key.Kind} {group.Key.Recipient}: shown at {string.Join(", ", group.Select(m => m.At.ToString("HH:mm:ss.fff", null)))}");
                await TellMessageAsync("m.recipient = $1", group.Key.Recipient);
            }

            write("queue: " + await TextAsync("select (select count(*) from ready_messages) || ' ready, ' || (select count(*) from later_messages) || ' later, ' || (select count(*) from message_claims) || ' claims'"));
            write("outcomes: " + await TextAsync("select string_agg(format('%s/%s: %s', channel, state, n), ', ') from (select channel, state, count(*) n from messages group by 1, 2 order by 1, 2) x"));
            write("progress: " + await TextAsync("select string_agg(p::text, ' ') from message_batch_progress p"));
            await TellMessageAsync("m.id in (select id from messages where (state = 1 or (state = 8 and channel <> $1)) limit 6)", (short)Domain.Messages.Channels.MessageChannel.Email);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            write($"Nothing more can be told: {e.Message}");
        }
    }

    private async Task TellMessageAsync(string which, object value)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            select m.id::text || ' state ' || m.state || ' turn ' || m.turn || ' code ' || coalesce(m.code, '-'), t.at, t.host, t.node, t.result, t.attempt, t.code, t.provider_id, t.detail
            from messages m left join message_traces t on t.message_id = m.id where {which} order by m.id, t.at
            """, connection);
        command.Parameters.AddWithValue(value);
        var last = "";
        await using var r = await command.ExecuteReaderAsync();
        while (await r.ReadAsync())
        {
            if (last != r.GetString(0))
                write(last = r.GetString(0));
            if (!r.IsDBNull(1))
                write($"    {r.GetDateTime(1):HH:mm:ss.fff} {r.GetValue(2)} node {(Domain.Messages.Delivery.TraceNode)r.GetInt16(3)} {(Domain.Messages.Delivery.TraceResult)r.GetInt16(4)} attempt {r.GetValue(5)} code {r.GetValue(6)} provider {r.GetValue(7)} {r.GetValue(8)}");
        }
    }

    private async Task<long> CountAsync(string sql, object value)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(value);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<string> TextAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() as string ?? "";
    }
}
