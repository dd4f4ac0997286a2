using CcdBlazor.Domain.Common;
using CcdBlazor.Domain.Settings;
using CcdBlazor.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace CcdBlazor.Components.Settings;

/// <summary>Every setting by group, with the drawers to change it and to look back.</summary>
public sealed partial class SettingsPage(SettingsQueries queries, CurrentActor current, NavigationManager navigation, IJSRuntime script)
{
    private IReadOnlyList<SettingRow> rows = [];
    private IReadOnlyList<SettingProposalRow> proposals = [];
    private HashSet<string> fresh = [];
    private Refusal? refusal;
    private string? editing;
    private string? reading;

    [SupplyParameterFromQuery(Name = "q")]
    private string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "group")]
    private string? Group { get; set; }

    [SupplyParameterFromQuery(Name = "only")]
    private string? Only { get; set; }

    private List<SettingRow> Shown =>
        [.. rows.Where(row => (string.IsNullOrEmpty(Group) || row.Setting.Group == Group) && Matches(row.Setting)
            && Only switch { "changed" => !row.IsDefault, "problem" => row.Problem is not null, _ => true })];

    protected override IEnumerable<string> Topics() => [SettingsService.Topic];

    protected override async Task LoadAsync(CancellationToken ct)
    {
        var by = await current.GetAsync();
        var found = await queries.ListAsync(by, ct);
        refusal = found.Refusal;
        if (!found.Ok)
            return;
        var before = rows.ToDictionary(row => row.Setting.Key, row => row.Version);
        fresh = [.. found.Value.Where(row => before.TryGetValue(row.Setting.Key, out var version) && version != row.Version).Select(row => row.Setting.Key)];
        rows = found.Value;
        proposals = (await queries.ProposalsAsync(by, ct)) is { Ok: true } waiting ? waiting.Value : [];
    }

    private bool Matches(Setting setting) =>
        string.IsNullOrWhiteSpace(Q) || new[] { setting.Title, setting.Description, setting.Key, setting.Group }.Any(text => text.Contains(Q.Trim(), StringComparison.OrdinalIgnoreCase));

    private void Open(SettingRow row, bool edit) => (editing, reading) = edit ? (row.Setting.Key, (string?)null) : (null, row.Setting.Key);

    private void Close() => (editing, reading) = (null, null);

    private async Task SavedAsync(SettingsOutcome outcome)
    {
        Close();
        await ReloadAsync();
        await script.InvokeVoidAsync("ccd.toast", outcome.Waiting ? "已提交，等待另一位同事批准" : "已保存，正在各服务器上生效");
    }

    private void Go(string name, string? value) =>
        navigation.NavigateTo(navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);
}
