using System.Globalization;
using System.Text.Json;
using CcdBlazor.Domain.Products;
using Microsoft.JSInterop;

namespace CcdBlazor.Components.Products;

/// <summary>A checklist that was not published yet, and the version that its editor started from.</summary>
public sealed record KeptChecklist(Guid VersionId, ChecklistRules Rules);

/// <summary>
/// Keeps unpublished changes in the browser's session storage, so that a lost circuit or a reload loses nothing. Cut into pieces, because
/// the answer of a browser may not be longer than one hub message (32 KB).
/// </summary>
public sealed class ChecklistKeeper(IJSRuntime js, Guid productId)
{
    private const int PieceLength = 5_000; // characters; three bytes each for Chinese, twice for quotation marks

    private readonly string key = $"ccd-checklist:{productId:N}";
    private int kept;

    public async Task KeepAsync(KeptChecklist checklist, CancellationToken ct)
    {
        var pieces = checklist.Rules.ToJson().Chunk(PieceLength).Select(piece => new string(piece)).ToArray();
        for (var i = 0; i < pieces.Length; i++)
            await js.InvokeVoidAsync("sessionStorage.setItem", ct, PieceKey(i), pieces[i]);
        // Written last: an interrupted write leaves the old head, whose length or text then does not fit, and is ignored.
        await js.InvokeVoidAsync("sessionStorage.setItem", ct, key, string.Create(CultureInfo.InvariantCulture, $"{checklist.VersionId:N} {pieces.Length}"));
        kept = Math.Max(kept, pieces.Length);
    }

    /// <summary>What was kept, or none. Text that cannot be read counts as none.</summary>
    public async Task<KeptChecklist?> FindAsync(CancellationToken ct)
    {
        var head = (await js.InvokeAsync<string?>("sessionStorage.getItem", ct, key))?.Split(' ');
        if (head is not [var version, var count] || !Guid.TryParse(version, out var versionId)
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out kept) || kept > 100)
            return null;
        var text = "";
        for (var i = 0; i < kept; i++)
            text += await js.InvokeAsync<string?>("sessionStorage.getItem", ct, PieceKey(i));
        try
        {
            return new KeptChecklist(versionId, ChecklistRules.FromJson(text));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public async Task ForgetAsync(CancellationToken ct)
    {
        await js.InvokeVoidAsync("sessionStorage.removeItem", ct, key);
        for (var i = 0; i < kept; i++)
            await js.InvokeVoidAsync("sessionStorage.removeItem", ct, PieceKey(i));
        kept = 0;
    }

    private string PieceKey(int piece) => string.Create(CultureInfo.InvariantCulture, $"{key}:{piece}");
}
