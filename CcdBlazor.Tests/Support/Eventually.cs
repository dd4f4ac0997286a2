using System.Runtime.CompilerServices;

namespace CcdBlazor.Tests.Support;

/// <summary>Waits for a condition that can be observed, instead of for a time.</summary>
internal static class Eventually
{
    internal static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan? patience = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var limit = patience ?? TimeSpan.FromSeconds(20);
        var since = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < limit, $"Not true after {limit}: {what}");
            await Task.Delay(10);
        }
    }

    /// <summary>Waits for the condition, but no longer than that; for tests that go on either way. Answers whether it came.</summary>
    internal static async Task<bool> WithinAsync(Func<bool> condition, TimeSpan patience)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(since) > patience)
                return false;
            await Task.Delay(10);
        }

        return true;
    }

    internal static Task TrueAsync(Func<bool> condition, TimeSpan? patience = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), patience, what);
}
