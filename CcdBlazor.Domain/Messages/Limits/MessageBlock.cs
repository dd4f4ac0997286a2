using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Domain.Messages.Limits;

/// <summary>Why nobody may write to a recipient. The numbers are stored.</summary>
public enum BlockKind : short
{
    /// <summary>The person asked not to get advertising; other messages still go.</summary>
    OptOut = 1,
    /// <summary>Nothing may be sent to this recipient at all.</summary>
    Blocked = 2,
    /// <summary>In test mode only these recipients get anything.</summary>
    WhiteList = 3,
}

/// <summary>An entry of the opt-out, block or white list, with the reason that the law or a colleague gave.</summary>
internal sealed class MessageBlock
{
    public Guid Id { get; init; }

    public BlockKind Kind { get; init; }

    /// <summary>Hash of channel and recipient, see <see cref="Sending.RecipientRules.PersonOf"/>; or the customer's id for all of his channels.</summary>
    public Guid Recipient { get; init; }

    /// <summary>Only on this channel; all when none.</summary>
    public MessageChannel? Channel { get; init; }

    /// <summary>For the list: the recipient as people know it, masked.</summary>
    public required string Shown { get; init; }

    public required string Reason { get; init; }

    public required string ByName { get; init; }

    public DateTimeOffset At { get; init; }
}

/// <summary>What a person wants: his own quiet hours.</summary>
internal sealed class PersonPreference
{
    /// <summary>See <see cref="Sending.RecipientRules.PersonOf"/>.</summary>
    public Guid Person { get; init; }

    /// <summary>In Shanghai time; both none for the setting's hours; equal for no quiet hours at all.</summary>
    public TimeOnly? QuietFrom { get; set; }

    public TimeOnly? QuietUntil { get; set; }
}
