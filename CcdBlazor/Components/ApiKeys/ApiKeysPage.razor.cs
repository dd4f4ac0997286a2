using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Common;
using CcdBlazor.Security;

namespace CcdBlazor.Components.ApiKeys;

/// <summary>Keys of other systems: made with their text shown once, rotated, revoked.</summary>
public sealed partial class ApiKeysPage(ApiKeyService service, CurrentActor current, TimeProvider clock)
{
    /// <summary>Days are those of the house.</summary>
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    private IReadOnlyList<ApiKeyRow> keys = [];
    private ApiKeyDraft? draft;
    private ApiKeyRow? edited;
    private ApiKeyRow? rotating;
    private ApiKeyRow? revoking;
    private NewApiKey? fresh;
    private string freshTitle = "";
    private DateOnly? lastDay;
    private int overlapHours = 24;
    private Refusal? refusal;
    private Refusal? draftRefusal;
    private DateTimeOffset now;
    private bool busy;

    protected override IEnumerable<string> Topics() => [ApiKeyTopics.All];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        now = clock.GetUtcNow();
        var found = await service.ListAsync(await current.GetAsync(), ct);
        (keys, refusal) = found.Ok ? (found.Value, refusal) : ([], found.Refusal);
    }

    private (string Class, string Word) Chip(ApiKeyRow key) =>
        key.RevokedAt is not null ? ("chip-red", "已吊销")
        : key.ExpiresAt <= now ? ("chip-red", "已过期")
        : key.ExpiresAt < now.AddDays(14) ? ("chip-amber", "即将到期")
        : ("chip-green", "有效");

    private void Open(ApiKeyRow? key)
    {
        edited = key;
        draftRefusal = null;
        lastDay = key?.ExpiresAt is { } end ? DateOnly.FromDateTime(end.ToOffset(Shanghai).DateTime.AddTicks(-1)) : null;
        draft = key is null
            ? new ApiKeyDraft { Scopes = ApiScopes.MessagesSend | ApiScopes.MessagesRead }
            : new ApiKeyDraft { Name = key.Name, Scopes = key.Scopes, ExpiresAt = key.ExpiresAt, PerSecond = key.PerSecond, PerMinute = key.PerMinute, Concurrency = key.Concurrency };
    }

    private void Toggle(ApiScopes scope, bool on) => draft!.Scopes = on ? draft.Scopes | scope : draft.Scopes & ~scope;

    private async Task SaveAsync()
    {
        busy = true;
        draft!.ExpiresAt = lastDay is { } day ? new DateTimeOffset(day.AddDays(1).ToDateTime(default), Shanghai).ToUniversalTime() : null;
        var by = await current.GetAsync();
        if (edited is null)
        {
            var made = await service.CreateAsync(draft, by, Gone);
            draftRefusal = made.Refusal;
            if (made.Ok)
                Show(made.Value, $"“{draft.Name.Trim()}”的密钥");
        }
        else
        {
            draftRefusal = (await service.EditAsync(edited.Id, draft, edited.Version, by, Gone)).Refusal;
        }

        busy = false;
        if (draftRefusal is not null)
            return;
        draft = null;
        await ReloadAsync();
    }

    private async Task RotateAsync()
    {
        busy = true;
        var rotated = await service.RotateAsync(rotating!.Id, TimeSpan.FromHours(overlapHours), await current.GetAsync(), Gone);
        refusal = rotated.Refusal;
        if (rotated.Ok)
            Show(rotated.Value, $"“{rotating.Name}”的新密钥");
        rotating = null;
        busy = false;
        await ReloadAsync();
    }

    private async Task RevokeAsync()
    {
        busy = true;
        refusal = (await service.RevokeAsync(revoking!.Id, await current.GetAsync(), Gone)).Refusal;
        if (fresh?.Id == revoking.Id)
            fresh = null;
        revoking = null;
        busy = false;
        await ReloadAsync();
    }

    private void Show(NewApiKey key, string title) => (fresh, freshTitle) = (key, title);
}
