using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Data.Common;
using System.Security.Cryptography;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CcdBlazor.Domain.ApiKeys;

/// <summary>
/// Tells whether a presented key is good, from memory. All keys that are not revoked are held, so that a guessed id costs no question to the
/// database; they are read again when one changes on any node.
/// </summary>
public sealed class ApiKeyBook : IDisposable
{
    /// <summary>Bounds the time in which a revoked key could be good while the relay between nodes is down.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan UseNotedEvery = TimeSpan.FromMinutes(1);

    private readonly IDbContextFactory<CcdDbContext> contexts;
    private readonly NpgsqlDataSource source;
    private readonly TimeProvider clock;
    private readonly ILogger<ApiKeyBook> log;
    private readonly IDisposable subscription;
    private readonly SemaphoreSlim reading = new(1);
    private readonly ConcurrentDictionary<Guid, UseNote> uses = new();
    private volatile Snapshot current = new(FrozenDictionary<Guid, Entry>.Empty, -1, 0);
    private long changes;

    internal ApiKeyBook(IDbContextFactory<CcdDbContext> contexts, NpgsqlDataSource source, ChangeFeed feed, TimeProvider clock, ILogger<ApiKeyBook> log)
    {
        this.contexts = contexts;
        this.source = source;
        this.clock = clock;
        this.log = log;
        subscription = feed.Subscribe(ApiKeyTopics.All, _ => Interlocked.Increment(ref changes));
    }

    /// <summary>
    /// The access that a presented text gives. Refuses with the same words whether it is unknown, wrong, expired or revoked. When keys cannot be
    /// read it throws, and nobody gets in.
    /// </summary>
    public ValueTask<Result<ApiKeyAccess>> CheckAsync(ReadOnlyMemory<char> presented, CancellationToken ct)
    {
        var snapshot = current;
        return Outdated(snapshot)
            ? new ValueTask<Result<ApiKeyAccess>>(ReadAndCheckAsync(presented, ct))
            : ValueTask.FromResult(Check(snapshot, presented.Span));
    }

    public void Dispose()
    {
        subscription.Dispose();
        reading.Dispose();
    }

    private async Task<Result<ApiKeyAccess>> ReadAndCheckAsync(ReadOnlyMemory<char> presented, CancellationToken ct)
    {
        await reading.WaitAsync(ct);
        try
        {
            if (Outdated(current))
                current = await ReadAsync(ct);
        }
        finally
        {
            reading.Release();
        }

        return Check(current, presented.Span);
    }

    /// <summary>Whoever asks after a change never gets an answer from before it, also while the keys are being read again.</summary>
    private bool Outdated(Snapshot snapshot) => snapshot.Change != Interlocked.Read(ref changes) || clock.GetElapsedTime(snapshot.ReadAt) > KeptFor;

    private Result<ApiKeyAccess> Check(Snapshot snapshot, ReadOnlySpan<char> presented)
    {
        Span<byte> hash = stackalloc byte[32];
        if (!ApiKeyText.TryRead(presented, out var id, hash) || !snapshot.Keys.TryGetValue(id, out var entry))
            return ApiKeyRefusals.NotAccepted;
        var now = clock.GetUtcNow();
        var good = CryptographicOperations.FixedTimeEquals(hash, entry.Hash)
            || (entry.FormerHash is { } former && now < entry.FormerUntil && CryptographicOperations.FixedTimeEquals(hash, former));
        if (!good || now >= entry.ExpiresAt)
            return ApiKeyRefusals.NotAccepted;
        if (entry.Use.Due(now.UtcTicks))
            _ = NoteUseAsync(id, now);
        return entry.Access;
    }

    private async Task<Snapshot> ReadAsync(CancellationToken ct)
    {
        var change = Interlocked.Read(ref changes);
        var at = clock.GetTimestamp();
        await using var db = await contexts.CreateDbContextAsync(ct);
        var stored = await db.ApiKeys.AsNoTracking().Where(k => k.RevokedAt == null).ToListAsync(ct);
        return new Snapshot(stored.ToFrozenDictionary(k => k.Id, k => new Entry(
            new ApiKeyAccess(k.Id, new ApiKeyActor(k.Id, k.Name, k.Scopes), k.Scopes, k.PerSecond, k.PerMinute, k.Concurrency),
            k.SecretHash, k.FormerHash, k.FormerUntil, k.ExpiresAt ?? DateTimeOffset.MaxValue, uses.GetOrAdd(k.Id, _ => new UseNote()))), change, at);
    }

    private async Task NoteUseAsync(Guid id, DateTimeOffset now)
    {
        try
        {
            await using var note = source.CreateCommand("""
                insert into api_key_uses (key_id, last_used_at) values ($1, $2)
                on conflict (key_id) do update set last_used_at = greatest(api_key_uses.last_used_at, excluded.last_used_at)
                """);
            note.Parameters.AddWithValue(id);
            note.Parameters.AddWithValue(now.UtcDateTime);
            await note.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException or InvalidOperationException)
        {
            // Only a hint for people; the next minute brings the next.
            log.LogDebug("The use of a key was not noted ({Error})", e.GetType().Name);
        }
    }

    private sealed record Snapshot(FrozenDictionary<Guid, Entry> Keys, long Change, long ReadAt);

    private sealed record Entry(ApiKeyAccess Access, byte[] Hash, byte[]? FormerHash, DateTimeOffset? FormerUntil, DateTimeOffset ExpiresAt, UseNote Use);

    private sealed class UseNote
    {
        private long notedTicks;

        /// <summary>True for one caller a minute.</summary>
        public bool Due(long now)
        {
            var noted = Interlocked.Read(ref notedTicks);
            return now - noted > UseNotedEvery.Ticks && Interlocked.CompareExchange(ref notedTicks, now, noted) == noted;
        }
    }
}
