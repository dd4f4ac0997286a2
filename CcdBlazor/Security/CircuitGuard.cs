using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;

namespace CcdBlazor.Security;

/// <summary>
/// Ends a circuit whose session has ended. The browser is told to load the page anew, which shows the sign-in page; a client that does not
/// listen is refused every further event, and its connection is closed (<see cref="ConnectionGuard"/>). Also bounds open pages per person.
/// </summary>
internal sealed class CircuitGuard : CircuitHandler, IDisposable
{
    public const string TooManyPagesPath = "/account/too-many-pages";

    private static readonly TimeSpan ScriptPatience = TimeSpan.FromSeconds(2);
    private static readonly Task<AuthenticationState> Nobody = Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity())));

    private readonly AuthenticationStateProvider authentication;
    private readonly OpenSessions sessions;
    private readonly IJSRuntime script;
    private readonly SecurityOptions options;
    private OpenSession? session;
    private volatile bool isCut;

    public CircuitGuard(AuthenticationStateProvider authentication, OpenSessions sessions, IJSRuntime script, CircuitScope scope, IOptions<SecurityOptions> options)
    {
        (this.authentication, this.sessions, this.script, this.options) = (authentication, sessions, script, options.Value);
        scope.IsCircuit = true;
    }

    /// <summary>True once nothing more is accepted from the browser.</summary>
    public bool IsCut => isCut;

    public override async Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        var claims = SessionClaims.Of((await authentication.GetAuthenticationStateAsync()).User);
        if (claims is null || claims.MustChangePassword || await sessions.WatchAsync(claims, CutAndReload) is not { } watched)
        {
            CutAndReload();
            return;
        }

        session = watched;
    }

    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        if (session is null || isCut)
            return Task.CompletedTask;
        if (sessions.PagesOf(session.Claims.StaffId) >= options.PagesPerPerson)
            Cut("location.assign", TooManyPagesPath);
        else
            session.IsOpenPage = true;
        return Task.CompletedTask;
    }

    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        session?.IsOpenPage = false;
        return Task.CompletedTask;
    }

    public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) =>
        context => isCut ? Task.CompletedTask : next(context);

    public void Dispose()
    {
        session?.Dispose();
        session = null;
    }

    private void CutAndReload() => Cut("location.reload");

    private void Cut(string function, params object?[] arguments)
    {
        if (isCut)
            return;
        isCut = true;
        session?.IsOpenPage = false;
        // Components that ask who is here get nobody from now on.
        (authentication as IHostEnvironmentAuthenticationStateProvider)?.SetAuthenticationState(Nobody);
        _ = TellAsync(function, arguments);
    }

    private async Task TellAsync(string function, object?[] arguments)
    {
        try
        {
            await script.InvokeVoidAsync(function, ScriptPatience, arguments);
        }
        catch (Exception e) when (e is JSException or OperationCanceledException or InvalidOperationException)
        {
            // The page is leaving, its answer is refused, or there is no browser behind the circuit any more.
        }
    }
}
