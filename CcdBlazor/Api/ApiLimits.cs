using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;

namespace CcdBlazor.Api;

/// <summary>
/// How often a key may call: a sliding second and a sliding minute and so many at the same time on this node (the framework's limiters), and
/// its minute over all nodes (<see cref="ApiKeyLedger"/>). Failed attempts are bounded per address.
/// </summary>
internal sealed class ApiLimits(ApiKeyLedger ledger) : IDisposable
{
    private const int FailuresPerMinuteAndAddress = 120;

    private readonly ConcurrentDictionary<Guid, KeyLimiters> keys = new();

    private readonly PartitionedRateLimiter<string> failures = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetSlidingWindowLimiter(address, _ => Window(FailuresPerMinuteAndAddress, TimeSpan.FromMinutes(1), 6)));

    /// <summary>Takes one request. When it is refused, says why and for how long.</summary>
    public ValueTask<Permit> TakeAsync(ApiKeyAccess access, CancellationToken ct)
    {
        var limiters = Of(access);
        var place = limiters.Concurrency.AttemptAcquire();
        if (!place.IsAcquired)
            return Refused(place, ApiKeyRefusals.TooManyAtOnce, TimeSpan.FromSeconds(1));
        if (!limiters.Second.AttemptAcquire().IsAcquired)
            return Refused(place, ApiKeyRefusals.TooMany, TimeSpan.FromSeconds(1));
        if (!limiters.Minute.AttemptAcquire().IsAcquired)
            return Refused(place, ApiKeyRefusals.TooMany, TimeSpan.FromSeconds(5));
        var taken = ledger.TakeAsync(access.Id, access.PerMinute, ct);
        return taken.IsCompletedSuccessfully ? Answer(place, taken.Result) : AwaitAsync(place, taken);
    }

    /// <summary>Notes a failed attempt; false when the address had too many.</summary>
    public bool NoteFailure(string? address)
    {
        using var lease = failures.AttemptAcquire(address ?? "");
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        failures.Dispose();
        foreach (var limiters in keys.Values)
            limiters.Dispose();
    }

    private static async ValueTask<Permit> AwaitAsync(RateLimitLease place, ValueTask<TimeSpan?> taken)
    {
        try
        {
            return await Answer(place, await taken);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private static ValueTask<Permit> Answer(RateLimitLease place, TimeSpan? wait) =>
        wait is { } until ? Refused(place, ApiKeyRefusals.TooMany, until) : ValueTask.FromResult(new Permit(place, null, default));

    private static ValueTask<Permit> Refused(RateLimitLease place, Refusal why, TimeSpan retryAfter)
    {
        place.Dispose();
        return ValueTask.FromResult(new Permit(null, why, retryAfter));
    }

    private KeyLimiters Of(ApiKeyAccess access)
    {
        if (keys.TryGetValue(access.Id, out var known) && known.Fits(access))
            return known;
        return keys.AddOrUpdate(access.Id, _ => new KeyLimiters(access), (_, before) =>
        {
            // Edited: requests under way keep their places in the old one.
            return before.Fits(access) ? before : new KeyLimiters(access);
        });
    }

    private static SlidingWindowRateLimiterOptions Window(int most, TimeSpan window, int segments) =>
        new() { PermitLimit = most, Window = window, SegmentsPerWindow = segments, QueueLimit = 0 };

    /// <summary>A place, or why there is none.</summary>
    internal readonly record struct Permit(RateLimitLease? Place, Refusal? Refusal, TimeSpan RetryAfter);

    private sealed class KeyLimiters(ApiKeyAccess access) : IDisposable
    {
        public SlidingWindowRateLimiter Second { get; } = new(Window(access.PerSecond, TimeSpan.FromSeconds(1), 10));

        public SlidingWindowRateLimiter Minute { get; } = new(Window(access.PerMinute, TimeSpan.FromMinutes(1), 12));

        public ConcurrencyLimiter Concurrency { get; } = new(new ConcurrencyLimiterOptions { PermitLimit = access.Concurrency, QueueLimit = 0 });

        public bool Fits(ApiKeyAccess now) => now.PerSecond == access.PerSecond && now.PerMinute == access.PerMinute && now.Concurrency == access.Concurrency;

        public void Dispose()
        {
            Second.Dispose();
            Minute.Dispose();
            Concurrency.Dispose();
        }
    }
}
