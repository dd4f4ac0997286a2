using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Documents;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace CcdBlazor.Components.Documents;

/// <summary>The reviewer's desk: checklist, document and facts side by side; a verdict by mouse or by one key, then the next document.</summary>
public sealed partial class ReviewPage : CustomerFileComponent
{
    private List<DocumentRow> documents = [];
    private DocumentRow? shown;
    private Refusal? refusal;
    private ReviewActions? actions;
    private ElementReference layout;
    private int decided;
    private bool busy;
    private bool focused;

    [Inject]
    private ReviewService Review { get; set; } = default!;

    protected override async Task LoadAsync(CancellationToken ct)
    {
        await base.LoadAsync(ct);
        documents = [.. (File?.Checklist.Lines ?? []).SelectMany(line => line.Current)];
        decided = documents.Count(d => d.State != DocumentState.Uploaded);
        // The paper on the screen stays on the screen, with its new state; only when it was replaced does the next one come.
        shown = documents.Find(d => d.Id == shown?.Id) ?? documents.Find(d => d.State == DocumentState.Uploaded) ?? documents.FirstOrDefault();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!focused && File is not null)
        {
            focused = true;
            await layout.FocusAsync(preventScroll: true);
        }
    }

    private string TypeOf(DocumentRow document) => File?.Checklist.Lines.FirstOrDefault(l => l.Rule.Code == document.ItemCode)?.Rule.TypeCode ?? "";

    private void Show(DocumentRow document)
    {
        shown = document;
        refusal = null;
    }

    private void Step(int by)
    {
        if (documents.Count == 0)
            return;
        var at = documents.FindIndex(d => d.Id == shown?.Id);
        Show(documents[(at + by + documents.Count) % documents.Count]);
    }

    private async Task OnKeyAsync(KeyboardEventArgs key)
    {
        if (key.CtrlKey || key.MetaKey || key.AltKey || actions is { Typing: true })
            return;
        switch (key.Key)
        {
            case "a" or "A":
                await AcceptAsync();
                break;
            case "r" when shown is { MayReview: true }:
                await actions!.AskReasonAsync();
                break;
            case "j" or "J" or "ArrowDown":
                Step(1);
                break;
            case "k" or "K" or "ArrowUp":
                Step(-1);
                break;
        }
    }

    private Task AcceptAsync() => DecideAsync(DocumentVerdict.Accepted, null);

    private Task ReturnAsync(string reason) => DecideAsync(DocumentVerdict.Returned, reason);

    private async Task DecideAsync(DocumentVerdict verdict, string? reason)
    {
        if (busy || Actor is null || shown is not { MayReview: true } document)
            return;
        busy = true;
        try
        {
            var result = await Review.DecideAsync(document.Id, verdict, reason, document.Version, Actor, CancellationToken.None);
            refusal = result.Refusal;
            if (!result.Ok)
            {
                await ReloadAsync();
                return;
            }

            actions?.Close();
            var next = documents.Find(d => d.State == DocumentState.Uploaded && d.Id != document.Id);
            await ReloadAsync();
            if (next is not null)
                shown = documents.Find(d => d.Id == next.Id) ?? shown;
            await layout.FocusAsync(preventScroll: true);
        }
        finally
        {
            busy = false;
        }
    }
}
