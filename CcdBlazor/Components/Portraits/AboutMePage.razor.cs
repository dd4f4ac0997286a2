using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits;

/// <summary>The customer's own part of the portrait, and who looks after him.</summary>
public sealed partial class AboutMePage(LinkService links, PortraitQueries portraits, ManagerQueries managers)
{
    private Refusal? closed;
    private PortraitCard? card;
    private ManagerCard? manager;
    private LinkActor? actor;

    [Parameter]
    public string Token { get; set; } = "";

    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        // The token is in the address: it must not travel on as a referrer, nor stay in a cache.
        Http.Response.Headers.CacheControl = "no-store";
        var opened = await links.OpenAsync(Token, Http.Connection.RemoteIpAddress?.ToString(), Http.RequestAborted);
        closed = opened.Refusal;
        if (opened.Ok)
        {
            actor = opened.Value;
            await LoadAsync(actor);
        }

        if (closed is null)
            return;
        var status = closed.Kind == RefusalKind.Gone ? StatusCodes.Status410Gone : StatusCodes.Status404NotFound;
        // Only when the page goes out, as on the page for papers: for a page that says 404 while it is drawn, Blazor draws nothing.
        Http.Response.OnStarting(() =>
        {
            Http.Response.StatusCode = status;
            return Task.CompletedTask;
        });
    }

    private async Task LoadAsync(LinkActor by)
    {
        var found = await portraits.CardAsync(by.CustomerId, by, Http.RequestAborted);
        closed = found.Refusal;
        if (!found.Ok)
            return;
        card = found.Value;
        manager = await managers.CardForAsync(by.CustomerId, by, Http.RequestAborted);
    }
}
