using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace CcdBlazor.Domain.ApiKeys;

/// <summary>
/// Counts the requests of each key and minute over all nodes together. A node leases blocks out of the minute's limit and counts them down in
/// memory, so that a request costs no question to the database; what is leased over all nodes never exceeds the limit. What a node leased and
/// did not use is lost with the minute, never carried over.
/// </summary>
public sealed class ApiKeyLedger(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>Share of a minute's limit that is leased at once: small enough that an idle node holds little back from a busy one.</summary>
    private const int Blocks = 50;

    private const int LargestBlock = 5_000;

    private readonly ConcurrentDictionary<Guid, Lease> leases = new();

    /// <summary>Takes one request out of the key's minute; null when it may go on, else the time until it may be tried again.</summary>
    public ValueTask<TimeSpan?> TakeAsync(Guid key, int perMinute, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcTicks;
        var minute = now / TimeSpan.TicksPerMinute;
        var lease = leases.GetOrAdd(key, _ => new Lease());
        if (lease.Current is { } block && block.Minute == minute)
        {
            if (block.Exhausted)
                return ValueTask.FromResult(UntilNext(now));
            if (Interlocked.Decrement(ref block.Left) >= 0)
                return ValueTask.FromResult<TimeSpan?>(null);
        }

        return new ValueTask<TimeSpan?>(LeaseAsync(key, lease, perMinute, ct));
    }

    private async Task<TimeSpan?> LeaseAsync(Guid key, Lease lease, int perMinute, CancellationToken ct)
    {
        await lease.Gate.WaitAsync(ct);
        try
        {
            var now = clock.GetUtcNow().UtcTicks;
            var minute = now / TimeSpan.TicksPerMinute;
            if (lease.Current is { } block && block.Minute == minute)
            {
                if (block.Exhausted)
                    return UntilNext(now);
                if (Interlocked.Decrement(ref block.Left) >= 0)
                    return null;
            }

            var granted = await TakeBlockAsync(key, minute, perMinute, Math.Clamp(perMinute / Blocks, 1, LargestBlock), ct);
            lease.Current = new Block(minute, Exhausted: granted == 0) { Left = granted - 1 };
            return granted > 0 ? null : UntilNext(now);
        }
        finally
        {
            lease.Gate.Release();
        }
    }

    private async Task<int> TakeBlockAsync(Guid key, long minute, int limit, int want, CancellationToken ct)
    {
        await using var take = source.CreateCommand("select api_key_take($1, $2, $3, $4)");
        take.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = key });
        take.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = new DateTime(minute * TimeSpan.TicksPerMinute, DateTimeKind.Utc), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        take.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        take.Parameters.Add(new NpgsqlParameter<int> { TypedValue = want });
        return (int)(await take.ExecuteScalarAsync(ct))!;
    }

    private static TimeSpan? UntilNext(long now) => TimeSpan.FromTicks(TimeSpan.TicksPerMinute - now % TimeSpan.TicksPerMinute);

    private sealed class Lease
    {
        public readonly SemaphoreSlim Gate = new(1);

        public volatile Block? Current;
    }

    private sealed record Block(long Minute, bool Exhausted)
    {
        public int Left;
    }
}
