namespace CcdBlazor.Domain.Settings;

/// <summary>One edit of a change set.</summary>
/// <param name="Value">JSON; none goes back to the default.</param>
/// <param name="Version">The version that the editor started from; 0 when the key was never changed.</param>
public sealed record SettingEdit(string Key, string? Value, int Version);

/// <summary>Edits that take effect together or not at all.</summary>
/// <param name="Reason">Why, 2 to 500 characters; read by colleagues in the history.</param>
public sealed record SettingsChange(IReadOnlyList<SettingEdit> Edits, string? Reason);

/// <summary>What came of a change.</summary>
/// <param name="Id">The change set, or the proposal that waits.</param>
/// <param name="Waiting">True when a second person has to approve it first; then nothing changed yet.</param>
/// <param name="Versions">The new version of each key that changed.</param>
public sealed record SettingsOutcome(Guid Id, bool Waiting, IReadOnlyDictionary<string, int> Versions);
