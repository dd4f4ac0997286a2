using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Settings;

/// <summary>What holds for one key now. A key that nobody ever changed has no row; one that went back to its default keeps its row without a value.</summary>
internal sealed class StoredSetting
{
    public required string Key { get; init; }

    /// <summary>JSON; none for the default.</summary>
    public string? Value { get; private set; }

    /// <summary>Counts the changes of this key, from 1; the version that editors must name.</summary>
    public int Version { get; private set; }

    public DateTimeOffset ChangedAt { get; private set; }

    public string ChangedBy { get; private set; } = "";

    /// <summary>Takes the new value and answers the row of history that belongs to it.</summary>
    public SettingVersion Change(string? value, SettingStep step, Actor by, DateTimeOffset now)
    {
        var version = new SettingVersion
        {
            SetId = step.SetId,
            Key = Key,
            Version = Version + 1,
            At = now,
            ActorId = by.Id,
            ActorName = by.DisplayName,
            ApprovedBy = step.ApprovedBy,
            Reason = step.Reason,
            Before = Value,
            After = value,
            RolledBackTo = step.RolledBackTo,
        };
        Value = value;
        Version++;
        ChangedAt = now;
        ChangedBy = by.DisplayName;
        return version;
    }
}

/// <summary>What several changes in one commit have in common.</summary>
/// <param name="ApprovedBy">Name of the second person, when one was needed.</param>
/// <param name="RolledBackTo">The version whose value was taken up again.</param>
internal readonly record struct SettingStep(Guid SetId, string Reason, string? ApprovedBy = null, int? RolledBackTo = null);

/// <summary>One change of one key. Never updated, never deleted (triggers refuse both).</summary>
internal sealed class SettingVersion
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>Changes of one commit share it.</summary>
    public required Guid SetId { get; init; }

    public required string Key { get; init; }

    public required int Version { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who asked for the change.</summary>
    public Guid? ActorId { get; init; }

    public required string ActorName { get; init; }

    public string? ApprovedBy { get; init; }

    public required string Reason { get; init; }

    /// <summary>JSON before; none for the default.</summary>
    public string? Before { get; init; }

    public string? After { get; init; }

    public int? RolledBackTo { get; init; }
}

/// <summary>A change set that waits for a second person.</summary>
internal sealed class SettingProposal
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required DateTimeOffset At { get; init; }

    public Guid? ProposerId { get; init; }

    public required string ProposerName { get; init; }

    public required string Reason { get; init; }

    /// <summary>The edits, as JSON.</summary>
    public required string Edits { get; init; }

    public int? RolledBackTo { get; init; }

    public SettingProposalState State { get; private set; } = SettingProposalState.Waiting;

    public DateTimeOffset? DecidedAt { get; private set; }

    public string? DecidedBy { get; private set; }

    public string? DecisionReason { get; private set; }

    public uint RowVersion { get; private set; }

    /// <summary>A second person says yes. The one who asked cannot be that person.</summary>
    public Result Approve(Actor by, DateTimeOffset now)
    {
        if (State != SettingProposalState.Waiting)
            return SettingRefusals.ProposalDecided;
        if (by.Id is null || by.Id == ProposerId)
            return SettingRefusals.SecondPersonNeeded;
        Decide(SettingProposalState.Approved, null, by, now);
        return Result.Done;
    }

    /// <summary>Anybody who may change settings says no, the one who asked included (then it is a withdrawal).</summary>
    public Result Refuse(string reason, Actor by, DateTimeOffset now)
    {
        if (State != SettingProposalState.Waiting)
            return SettingRefusals.ProposalDecided;
        Decide(by.Id == ProposerId ? SettingProposalState.Withdrawn : SettingProposalState.Refused, reason, by, now);
        return Result.Done;
    }

    private void Decide(SettingProposalState state, string? reason, Actor by, DateTimeOffset now)
    {
        State = state;
        DecisionReason = reason;
        DecidedBy = by.DisplayName;
        DecidedAt = now;
    }
}

/// <summary>What became of a proposal. The names are stored.</summary>
public enum SettingProposalState
{
    Waiting,
    Approved,
    Refused,
    Withdrawn,
}
