using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.CustomerAccounts;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.CustomerAccounts;

/// <summary>Where customers sign in: number, then code. What it shows is the same for numbers with and without an account.</summary>
public sealed partial class MySignInPage(CustomerSignIn accounts, SignInLimiter limiter, NavigationManager navigation, TimeProvider clock)
{
    /// <summary>
    /// No answer about a code comes sooner. Writing a message takes some milliseconds that a number without an account does not need, and who measures must not learn from them.
    /// </summary>
    private static readonly TimeSpan AnswersAfter = TimeSpan.FromMilliseconds(400);

    private Refusal? refusal;

    /// <summary>A code was asked for; the number stands.</summary>
    private bool asked;

    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    [SupplyParameterFromQuery]
    private string? ReturnUrl { get; set; }

    [SupplyParameterFromForm]
    private SignInEntry Entry { get; set; } = default!;

    private string? From => Http.Connection.RemoteIpAddress?.ToString();

    private string Shown => MobilePhone.Parse(Entry.Mobile) is { Ok: true, Value: var mobile } ? mobile.Masked : "";

    protected override async Task OnInitializedAsync()
    {
        Entry ??= new SignInEntry();
        Http.Response.Headers.CacheControl = "no-store";
        // The form that was sent has to be on the page before its handler can run.
        asked = Entry.Asked && Shown.Length > 0;
        if (HttpMethods.IsGet(Http.Request.Method) && (await Http.AuthenticateAsync(CustomerSessionCookie.Scheme)).Succeeded)
            navigation.NavigateTo(CustomerSessionCookie.Local(ReturnUrl));
    }

    private async Task SendAsync()
    {
        if (!MayTry())
            return;
        var began = clock.GetTimestamp();
        var sent = await accounts.SendCodeAsync(Entry.Mobile, From, Http.RequestAborted);
        if (AnswersAfter - clock.GetElapsedTime(began) is { Ticks: > 0 } left)
            await Task.Delay(left, clock, Http.RequestAborted);
        refusal = sent.Refusal;
        // Who was a moment too fast has a code already and can go on.
        asked = sent.Ok || refusal == CustomerAccountRefusals.CodeJustSent || asked;
        if (refusal?.Kind == RefusalKind.TooMany)
            Http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
    }

    private async Task SignInAsync()
    {
        if (!MayTry())
            return;
        var session = await accounts.SignInAsync(Entry.Mobile, Entry.Code, From, Http.RequestAborted);
        refusal = session.Refusal;
        if (!session.Ok)
            return;
        await CustomerSessionCookie.SignInAsync(Http, session.Value);
        navigation.NavigateTo(CustomerSessionCookie.Local(ReturnUrl));
    }

    private bool MayTry()
    {
        var who = MobilePhone.Parse(Entry.Mobile) is { Ok: true, Value: var mobile } ? mobile.Value : "";
        if (limiter.MayTry(From, "customer:" + who))
            return true;
        refusal = CommonRefusals.TooMany;
        Http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        return false;
    }

    private sealed class SignInEntry
    {
        public string? Mobile { get; set; }

        public string? Code { get; set; }

        public bool Asked { get; set; }
    }
}
