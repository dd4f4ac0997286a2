using CcdBlazor.Domain.Messages.Channels;
using CcdBlazor.Domain.Messages.Lookup;

namespace CcdBlazor.Components.Messages.Batches;

/// <summary>What is sent and through what: the part that single messages and batches share.</summary>
public sealed class SendChoice
{
    public string Template { get; set; } = "";

    public MessageChannel? Channel { get; set; }

    /// <summary>Bots are chosen by name: they have no other recipient.</summary>
    public int? Account { get; set; }

    public int Priority { get; set; } = 5;

    public bool Urgent { get; set; }

    /// <summary>As typed, Shanghai time; empty for at once.</summary>
    public string? At { get; set; }

    /// <summary>As typed; empty for no end.</summary>
    public string? ExpiresAt { get; set; }

    public TemplateOffer? TemplateOf(IReadOnlyList<TemplateOffer> templates) => templates.FirstOrDefault(t => t.Code == Template);

    /// <summary>The channel that is meant: the chosen one, or the only one there is.</summary>
    public MessageChannel? ChannelOf(TemplateOffer? template) =>
        template is null ? null : Channel is { } chosen && template.Channels.Contains(chosen) ? chosen : template.Channels is [var only] ? only : null;

    /// <summary>Accounts of the channel that a message must be bound to.</summary>
    public static List<AccountOffer> BotsOf(IReadOnlyList<AccountOffer> accounts, MessageChannel? channel) => [.. accounts.Where(a => a.Channel == channel && a.BoundOnly)];
}
