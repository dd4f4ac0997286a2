using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Staff;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Staff;

/// <summary>What people do with their own account: two-factor, and ending all sessions.</summary>
public sealed partial class AccountSecurityPage(StaffSignIn accounts, StaffDirectory directory, CurrentActor current, NavigationManager navigation)
{
    private Refusal? refusal;
    private bool enabled;
    private TwoFactorSetup? setup;
    private IReadOnlyList<string>? recoveryCodes;
    private StaffActor actor = default!;

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = default!;

    [SupplyParameterFromForm]
    private SecurityEntry Entry { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        Entry ??= new SecurityEntry();
        actor = await current.GetAsync();
        enabled = (await directory.FindSessionAsync(actor.StaffId, null, HttpContext.RequestAborted))?.TwoFactorEnabled == true;
        // A wrong first code must show the same QR code again.
        if (!enabled && HttpMethods.IsPost(HttpContext.Request.Method))
            setup = await accounts.PendingTwoFactorAsync(actor, HttpContext.RequestAborted);
    }

    private async Task StartAsync()
    {
        var started = await accounts.StartTwoFactorAsync(actor, HttpContext.RequestAborted);
        if (started.Ok)
            setup = started.Value;
        else
            refusal = started.Refusal;
    }

    private async Task ConfirmAsync()
    {
        var confirmed = await accounts.ConfirmTwoFactorAsync(Entry.Code ?? "", actor, HttpContext.RequestAborted);
        if (!confirmed.Ok)
        {
            refusal = confirmed.Refusal;
            return;
        }

        recoveryCodes = confirmed.Value.RecoveryCodes;
        await SessionCookie.SignInAsync(HttpContext, confirmed.Value.Ticket);
    }

    private async Task StopAsync()
    {
        var stopped = await accounts.DisableTwoFactorAsync(Entry.Password ?? "", actor, HttpContext.RequestAborted);
        if (!stopped.Ok)
        {
            refusal = stopped.Refusal;
            return;
        }

        await SessionCookie.SignInAsync(HttpContext, stopped.Value);
        navigation.NavigateTo("/account/security");
    }

    private async Task SignOutEverywhereAsync()
    {
        var done = await accounts.SignOutEverywhereAsync(actor, HttpContext.RequestAborted);
        if (!done.Ok)
        {
            refusal = done.Refusal;
            return;
        }

        await HttpContext.SignOutAsync();
        navigation.NavigateTo(SessionCookie.SignInPath);
    }

    /// <summary>Groups of four are what people can copy from a screen.</summary>
    private static string Grouped(string secret) => string.Join(' ', secret.Chunk(4).Select(four => new string(four)));

    private sealed class SecurityEntry
    {
        public string? Code { get; set; }

        public string? Password { get; set; }
    }
}
