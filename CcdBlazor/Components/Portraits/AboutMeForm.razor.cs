using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Portraits;
using Microsoft.AspNetCore.Components;

namespace CcdBlazor.Components.Portraits;

/// <summary>The customer's own part of the portrait.</summary>
public sealed partial class AboutMeForm(PortraitService service)
{
    private static readonly char[] Separators = ['、', '，', ',', ';', '；', '\n', '\r', '\t'];

    private PortraitForm form = default!;
    private Refusal? refusal;
    private bool saved;

    /// <summary>The customer's own, as this actor reads it.</summary>
    [Parameter, EditorRequired]
    public PortraitCard Card { get; set; } = default!;

    /// <summary>The customer himself.</summary>
    [Parameter, EditorRequired]
    public Actor Actor { get; set; } = default!;

    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    protected override void OnInitialized() => form = new PortraitForm(Card);

    private async Task SaveAsync()
    {
        var posted = await Http.Request.ReadFormAsync(Http.RequestAborted);
        foreach (var trait in Card.Traits.Select(row => row.Trait))
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
            refusal = (await service.FillAsync(Card.CustomerId, draft, Actor, Http.RequestAborted)).Refusal;
        saved = refusal is null;
    }
}
