using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace CcdBlazor.Security;

/// <summary>
/// Bounds attempts at the sign-in page: per address, and per address and name. The lockout of the account bounds guesses from many
/// addresses; this one bounds trying one password on many names.
/// </summary>
public sealed class SignInLimiter : IDisposable
{
    private readonly PartitionedRateLimiter<(string Address, string Name)> limiter;

    public SignInLimiter(IOptions<SecurityOptions> options)
    {
        limiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<(string Address, string Name), (string, string)>(who => RateLimitPartition.GetSlidingWindowLimiter(who, _ => Window(options.Value.SignInsPerMinuteAndName))),
            PartitionedRateLimiter.Create<(string Address, string Name), string>(who => RateLimitPartition.GetSlidingWindowLimiter(who.Address, _ => Window(options.Value.SignInsPerMinuteAndAddress))));
    }

    /// <summary>True when one more attempt is allowed now.</summary>
    public bool MayTry(string? address, string userName)
    {
        using var lease = limiter.AttemptAcquire((address ?? "", userName.Trim().ToUpperInvariant()));
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();

    private static SlidingWindowRateLimiterOptions Window(int perMinute) =>
        new() { PermitLimit = perMinute, Window = TimeSpan.FromMinutes(1), SegmentsPerWindow = 6, QueueLimit = 0 };
}
