namespace CcdBlazor.Domain.Settings;

/// <summary>A setting with what holds for it now.</summary>
/// <param name="OwnValue">JSON of the value that somebody set; none while the default holds.</param>
/// <param name="Version">0 when it was never changed.</param>
/// <param name="Problem">Why the stored value does not fit any more (Chinese); then the default holds.</param>
public sealed record SettingRow(Setting Setting, string? OwnValue, int Version, DateTimeOffset? ChangedAt, string? ChangedBy, string? Problem)
{
    /// <summary>JSON of what the program uses.</summary>
    public string Value => Problem is null && OwnValue is not null ? OwnValue : Setting.DefaultJson;

    public string Words => Setting.Words(Value);

    public bool IsDefault => OwnValue is null;
}

/// <summary>One change of one setting.</summary>
/// <param name="Before">JSON; none for the default.</param>
public sealed record SettingVersionRow(
    Guid SetId, int Version, DateTimeOffset At, string ActorName, string? ApprovedBy, string Reason, string? Before, string? After, int? RolledBackTo,
    IReadOnlyList<SettingDifference> Differences, IReadOnlyList<string> ChangedTogether);

/// <summary>A proposal that waits for a second person.</summary>
/// <param name="Mine">True for the one who asked, who cannot approve it.</param>
public sealed record SettingProposalRow(Guid Id, DateTimeOffset At, string ProposerName, bool Mine, string Reason, IReadOnlyList<ProposedEdit> Edits);

/// <summary>One edit of a proposal.</summary>
/// <param name="Outdated">True when the setting was changed since: it can no longer be approved.</param>
public sealed record ProposedEdit(Setting Setting, IReadOnlyList<SettingDifference> Differences, bool Outdated);

/// <summary>One line of a comparison; the side that is missing was added or removed.</summary>
public readonly record struct SettingDifference(string? Before, string? After);
