namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>Recipients as they may be shown to somebody who has no business with them: enough for the one who knows it, too little for everybody else.</summary>
public static class RecipientMask
{
    public static string Of(MessageChannel channel, string recipient) => channel switch
    {
        _ when recipient.Length == 0 => "",
        MessageChannel.Sms when recipient.Length == 11 => $"{recipient[..3]}****{recipient[7..]}",
        MessageChannel.Email when recipient.LastIndexOf('@') is > 0 and var at => $"{recipient[..1]}***{recipient[at..]}",
        _ => recipient.Length <= 4 ? "***" : $"{recipient[..4]}***",
    };

    /// <summary>The same for a page, with a word where the recipient is no person's address.</summary>
    public static string Shown(MessageChannel channel, string recipient) => channel switch
    {
        _ when recipient.Length == 0 => "机器人",
        MessageChannel.InApp => "员工",
        _ => Of(channel, recipient),
    };
}
