namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>A way to reach a person. Each channel has its own lanes, so that a slow one never holds another. The numbers are stored.</summary>
public enum MessageChannel : short
{
    /// <summary>The bell inside this program.</summary>
    InApp = 1,
    /// <summary>Text message to a mobile number.</summary>
    Sms = 2,
    /// <summary>E-mail over SMTP.</summary>
    Email = 3,
    /// <summary>Notification of a mobile app, through the documented webhook.</summary>
    Push = 4,
    /// <summary>WeChat Official Account: template, subscribe and customer-service messages.</summary>
    OfficialAccount = 5,
    /// <summary>WeCom: application messages and group robots.</summary>
    WeCom = 6,
    /// <summary>Feishu: custom bots and application messages.</summary>
    Feishu = 7,
}

/// <summary>What a provider can tell about a message whose answer was lost (the program or the connection died in the middle).</summary>
public enum ResendRule : short
{
    /// <summary>The provider recognises our id (for the time it documents): sending again is safe.</summary>
    RecognisesOurId = 1,
    /// <summary>The provider can be asked what became of our id: ask first, send again only when it never arrived.</summary>
    CanBeAsked = 2,
    /// <summary>Neither: an interrupted send ends as "unknown" for a person to decide, never as a second message.</summary>
    CannotTell = 3,
}

/// <summary>Why a send did not succeed. Decides whether, when and through whom it is tried again.</summary>
public enum FailureClass : short
{
    /// <summary>Network, time-out before the request left, HTTP 5xx, "busy": the same account may try again after a back-off.</summary>
    Transient = 1,
    /// <summary>The provider pushes back; <see cref="SendOutcome.RetryAt"/> says until when, if it told.</summary>
    Throttled = 2,
    /// <summary>This recipient cannot be reached through this channel (bad number, not a follower, blocked us): never the same again.</summary>
    InvalidRecipient = 3,
    /// <summary>The content or template is refused: never the same again, on any account of this provider.</summary>
    Rejected = 4,
    /// <summary>Keys, signature, address list or balance of the account: the account rests and alarms, another may send.</summary>
    Credentials = 5,
}

/// <summary>What came of one message in a call to a provider.</summary>
public enum SendResult : short
{
    /// <summary>The provider took it; the receipt comes later, or never.</summary>
    Accepted = 1,
    /// <summary>Delivered for certain (in-app; providers that confirm in the answer).</summary>
    Delivered = 2,
    /// <summary>Not sent, for the reason in <see cref="SendOutcome.Failure"/>.</summary>
    Failed = 3,
    /// <summary>The request may have arrived but the answer did not.</summary>
    Unknown = 4,
    /// <summary>Asked afterwards: the provider never got it. Sending again is safe.</summary>
    NeverArrived = 5,
}
