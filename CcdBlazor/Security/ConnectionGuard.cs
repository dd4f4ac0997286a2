using Microsoft.AspNetCore.SignalR;

namespace CcdBlazor.Security;

/// <summary>
/// Closes the connection of a session that has ended, a moment after the page was told to leave: a client that stays would go on
/// receiving what the server renders.
/// </summary>
internal sealed class ConnectionGuard(OpenSessions sessions, TimeProvider clock) : IHubFilter
{
    /// <summary>Enough for the browser to leave by itself, and well under the two seconds in which it must be over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(400);

    private static readonly object Key = new();

    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        var claims = SessionClaims.Of(context.Context.User);
        if (claims is null || claims.MustChangePassword || await sessions.WatchAsync(claims, () => _ = AbortAsync(context.Context)) is not { } session)
        {
            context.Context.Abort();
            return;
        }

        context.Context.Items[Key] = session;
        await next(context);
    }

    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) => next(invocationContext);

    public Task OnDisconnectedAsync(HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        if (context.Context.Items.TryGetValue(Key, out var session))
            ((OpenSession)session!).Dispose();
        return next(context, exception);
    }

    private async Task AbortAsync(HubCallerContext connection)
    {
        await Task.Delay(Grace, clock);
        connection.Abort();
    }
}
