using System.Diagnostics.CodeAnalysis;

namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>The stable names of the channels for other systems.</summary>
public static class ChannelCodes
{
    /// <summary>Every channel with its name.</summary>
    public static IReadOnlyList<(MessageChannel Channel, string Code)> All { get; } =
    [
        (MessageChannel.InApp, "in_app"), (MessageChannel.Sms, "sms"), (MessageChannel.Email, "email"), (MessageChannel.Push, "push"),
        (MessageChannel.OfficialAccount, "official_account"), (MessageChannel.WeCom, "wecom"), (MessageChannel.Feishu, "feishu"),
    ];

    public static string Of(MessageChannel channel)
    {
        foreach (var (one, code) in All)
            if (one == channel)
                return code;
        throw new ArgumentOutOfRangeException(nameof(channel), channel, null);
    }

    /// <summary>The channel of a name; false when there is none of that name.</summary>
    public static bool TryRead([NotNullWhen(true)] string? code, out MessageChannel channel)
    {
        foreach (var (one, known) in All)
            if (known == code)
            {
                channel = one;
                return true;
            }

        channel = default;
        return false;
    }
}
