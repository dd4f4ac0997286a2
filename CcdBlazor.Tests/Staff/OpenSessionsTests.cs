using System.Security.Claims;
using CcdBlazor.Domain.Changes;
using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using CcdBlazor.Tests.Support;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;

namespace CcdBlazor.Tests.Staff;

/// <summary>Open pages end with the session that opened them: within two seconds of the change, whatever the browser does.</summary>
public sealed class OpenSessionsTests(StaffHouse house) : IClassFixture<StaffHouse>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_disabled_account_cuts_its_pages_and_no_others()
    {
        using var node = new Node(house);
        var (one, other) = (await PersonAsync(ShippedRoles.AccountManager), await PersonAsync(ShippedRoles.AccountManager));
        var (page, colleague) = (await node.OpenPageAsync(one), await node.OpenPageAsync(other));
        await house.Accounts.DisableAsync(one.StaffId, null, house.Administrator, default);
        await Eventually.TrueAsync(() => page.Guard.IsCut, Limit);
        Assert.False(await page.AcceptsAsync());
        Assert.Equal(["location.reload"], page.Script.Calls);
        Assert.Null(await page.UserAsync());
        Assert.True(await colleague.AcceptsAsync());
    }

    [Fact]
    public async Task A_removed_role_cuts_the_page_and_an_added_one_does_not()
    {
        using var node = new Node(house);
        var claims = await PersonAsync(ShippedRoles.Reviewer);
        var page = await node.OpenPageAsync(claims);
        var (reviewer, legal) = (await house.RoleIdAsync(ShippedRoles.Reviewer), await house.RoleIdAsync(ShippedRoles.SalesLead));
        await house.Accounts.SetRolesAsync(claims.StaffId, [reviewer, legal], house.Administrator, default);
        Assert.True(await page.AcceptsAsync());
        await house.Accounts.SetRolesAsync(claims.StaffId, [legal], house.Administrator, default);
        await Eventually.TrueAsync(() => page.Guard.IsCut, Limit);
    }

    [Fact]
    public async Task A_permission_taken_from_a_role_cuts_the_pages_of_everybody_who_had_it()
    {
        using var node = new Node(house);
        var role = (await house.Roles.CreateAsync(new RoleDraft { Name = "临时角色", Permissions = [Permission.ViewAudit, Permission.ManageJobs] }, house.Administrator, default)).Value;
        var page = await node.OpenPageAsync(await PersonAsync("临时角色"));
        var row = (await house.Directory.RolesAsync(default)).Single(r => r.Id == role);
        await house.Roles.EditAsync(role, new RoleDraft { Name = row.Name, Permissions = [Permission.ViewAudit] }, row.Version, house.Administrator, default);
        await Eventually.TrueAsync(() => page.Guard.IsCut, Limit);
    }

    [Fact]
    public async Task Signing_out_everywhere_cuts_every_page_of_the_person()
    {
        using var node = new Node(house);
        var claims = await PersonAsync();
        var (one, two) = (await node.OpenPageAsync(claims), await node.OpenPageAsync(claims with { SessionId = "another browser" }));
        var actor = (await house.Directory.FindActorAsync(claims.StaffId, null, null, default))!;
        await house.SignIn.SignOutEverywhereAsync(actor, default);
        await Eventually.TrueAsync(() => one.Guard.IsCut && two.Guard.IsCut, Limit);
    }

    [Fact]
    public async Task Signing_out_cuts_the_pages_of_this_browser_only()
    {
        using var node = new Node(house);
        var claims = await PersonAsync();
        var (here, elsewhere) = (await node.OpenPageAsync(claims), await node.OpenPageAsync(claims with { SessionId = "another browser" }));
        house.Feed.Deliver(new Change(OpenSessions.Topic(claims.SessionId), "resync"));
        Assert.True(await here.AcceptsAsync());
        house.Feed.Deliver(new Change(OpenSessions.Topic(claims.SessionId), "out"));
        Assert.False(await here.AcceptsAsync());
        Assert.True(await elsewhere.AcceptsAsync());
    }

    [Fact]
    public async Task A_change_on_another_node_cuts_the_page_here()
    {
        await using var elsewhere = house.AnotherNode();
        await using var relays = await Relays.StartAsync(house.Services, elsewhere);
        using var node = new Node(house);
        var claims = await PersonAsync(ShippedRoles.AccountManager);
        var page = await node.OpenPageAsync(claims);
        var accounts = (StaffAccounts)elsewhere.GetService(typeof(StaffAccounts))!;
        Assert.True((await accounts.DisableAsync(claims.StaffId, null, house.Administrator, default)).Ok);
        await Eventually.TrueAsync(() => page.Guard.IsCut, Limit);
    }

    [Fact]
    public async Task A_page_of_an_ended_session_never_opens()
    {
        using var node = new Node(house);
        var claims = await PersonAsync();
        var page = await node.OpenPageAsync(claims with { SecurityStamp = "an old one" });
        Assert.False(await page.AcceptsAsync());
    }

    [Fact]
    public async Task A_page_before_the_forced_change_of_password_never_opens()
    {
        using var node = new Node(house);
        var page = await node.OpenPageAsync(await PersonAsync() with { MustChangePassword = true });
        Assert.False(await page.AcceptsAsync());
    }

    [Fact]
    public async Task Pages_over_the_limit_are_turned_away_and_a_closed_one_makes_room()
    {
        using var node = new Node(house, pagesPerPerson: 2);
        var claims = await PersonAsync();
        var (one, two, three) = (await node.OpenPageAsync(claims), await node.OpenPageAsync(claims), await node.OpenPageAsync(claims));
        Assert.True(await one.AcceptsAsync() && await two.AcceptsAsync());
        Assert.False(await three.AcceptsAsync());
        Assert.Equal(["location.assign"], three.Script.Calls);
        await one.Guard.OnCircuitClosedAsync(null!, default);
        Assert.True(await (await node.OpenPageAsync(claims)).AcceptsAsync());
    }

    private async Task<SessionClaims> PersonAsync(params string[] roles)
    {
        var (_, userName) = await house.AddAsync(roles);
        var ticket = await house.TicketAsync(userName);
        return new SessionClaims(ticket.StaffId, ticket.SecurityStamp, Guid.NewGuid().ToString("N"), null, false);
    }

    /// <summary>One process that holds open pages.</summary>
    private sealed class Node(StaffHouse house, int pagesPerPerson = 20) : IDisposable
    {
        private readonly OpenSessions sessions = new(house.Feed, house.Directory, NullLogger<OpenSessions>.Instance);

        public async Task<OpenPage> OpenPageAsync(SessionClaims claims)
        {
            var authentication = new CircuitAuthentication(claims);
            var script = new RecordedScript();
            var guard = new CircuitGuard(authentication, sessions, script, new CircuitScope(), Options.Create(new SecurityOptions { PagesPerPerson = pagesPerPerson }));
            await guard.OnCircuitOpenedAsync(null!, default);
            await guard.OnConnectionUpAsync(null!, default);
            return new OpenPage(guard, script, authentication);
        }

        public void Dispose() => sessions.Dispose();
    }

    private sealed record OpenPage(CircuitGuard Guard, RecordedScript Script, CircuitAuthentication Authentication)
    {
        /// <summary>Whether an event of the browser still reaches the page.</summary>
        public async Task<bool> AcceptsAsync()
        {
            var arrived = false;
            await Guard.CreateInboundActivityHandler(_ =>
            {
                arrived = true;
                return Task.CompletedTask;
            })(null!);
            return arrived;
        }

        public async Task<SessionClaims?> UserAsync() => SessionClaims.Of((await Authentication.GetAuthenticationStateAsync()).User);
    }

    private sealed class CircuitAuthentication(SessionClaims claims) : AuthenticationStateProvider, IHostEnvironmentAuthenticationStateProvider
    {
        private Task<AuthenticationState> state = Task.FromResult(new AuthenticationState(Principal(claims)));

        public override Task<AuthenticationState> GetAuthenticationStateAsync() => state;

        public void SetAuthenticationState(Task<AuthenticationState> authenticationStateTask) => state = authenticationStateTask;

        private static ClaimsPrincipal Principal(SessionClaims claims)
        {
            var principal = SessionClaims.Principal(new SessionTicket(claims.StaffId, claims.SecurityStamp, "某人", claims.MustChangePassword), claims.SessionId);
            principal.AddIdentity(SessionClaims.OfThisRequest("10.0.0.1", claims.MustChangePassword));
            return principal;
        }
    }

    private sealed class RecordedScript : IJSRuntime
    {
        public List<string> Calls { get; } = [];

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => InvokeAsync<TValue>(identifier, default, args);

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            Calls.Add(identifier);
            return default;
        }
    }

    /// <summary>The relays of two nodes, listening.</summary>
    private sealed class Relays(CancellationTokenSource stop, Task running) : IAsyncDisposable
    {
        public static async Task<Relays> StartAsync(params IServiceProvider[] nodes)
        {
            var stop = new CancellationTokenSource();
            ChangeRelay[] relays = [.. nodes.Select(n => (ChangeRelay)n.GetService(typeof(ChangeRelay))!)];
            var running = Task.WhenAll(relays.Select(r => r.RunAsync(stop.Token)));
            await Eventually.TrueAsync(() => relays.All(r => r.Listening));
            return new Relays(stop, running);
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        }
    }
}
