using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Portraits;
using CcdBlazor.Domain.Portraits.Managers;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits;

/// <summary>The customer's own part of the portrait, and who looks after him.</summary>
public sealed partial class AboutMePage(LinkService links, PortraitQueries portraits, PortraitService service, ManagerQueries managers)
{
    private static readonly char[] Separators = ['、', '，', ',', ';', '；', '\n', '\r', '\t'];

    private Refusal? closed;
    private Refusal? refusal;
    private PortraitCard? card;
    private PortraitForm form = default!;
    private ManagerCard? manager;
    private LinkActor? actor;
    private bool saved;

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
            await LoadAsync();
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

    private async Task LoadAsync()
    {
        var found = await portraits.CardAsync(actor!.CustomerId, actor, Http.RequestAborted);
        closed = found.Refusal;
        if (!found.Ok)
            return;
        card = found.Value;
        form = new PortraitForm(card);
        manager = await managers.CardForAsync(actor, Http.RequestAborted);
    }

    private async Task SaveAsync()
    {
        if (actor is null || card is null)
            return;
        var posted = await Http.Request.ReadFormAsync(Http.RequestAborted);
        foreach (var trait in card.Traits.Select(row => row.Trait))
        {
            if (trait.Kind != TraitKind.Tags)
                form[trait.Code].Text = posted[trait.Code].ToString();
            else if (trait.Choices.Count > 0)
                form[trait.Code].Tags = [.. posted[trait.Code].OfType<string>()];
            else
                form[trait.Code].Tags = [.. TraitValue.TidyTags(posted[trait.Code].ToString().Split(Separators))];
        }

        var draft = form.Draft();
        if (draft.Traits.Count > 0)
            refusal = (await service.FillAsync(actor.CustomerId, draft, actor, Http.RequestAborted)).Refusal;
        saved = refusal is null;
    }
}
