namespace CcdBlazor.Domain.Messages.Sending;

/// <summary>Where a message stands. The numbers are stored. Everything from <see cref="Sent"/> on is an outcome; each message ends in exactly one.</summary>
public enum MessageState : short
{
    /// <summary>Accepted: in the queue, waiting for its moment, or in a provider's call.</summary>
    Waiting = 1,
    /// <summary>The provider took it.</summary>
    Sent = 3,
    /// <summary>A receipt says that it arrived.</summary>
    Delivered = 4,
    /// <summary>Not sent, or a receipt says that it did not arrive.</summary>
    Failed = 5,
    /// <summary>Held back by a rule (same content, daily cap, opt-out, expired, white list of the test mode).</summary>
    Skipped = 6,
    /// <summary>Called back before it was sent.</summary>
    Cancelled = 7,
    /// <summary>The send was interrupted and the provider cannot tell: a person decides.</summary>
    Unknown = 8,
}

/// <summary>Why a message waits in <c>later_messages</c>. The numbers are stored.</summary>
public enum WaitReason : short
{
    Scheduled = 1,
    /// <summary>A failed attempt backs off.</summary>
    Retry = 2,
    /// <summary>The account's quota is used up until then.</summary>
    Quota = 3,
    /// <summary>The recipient's own limit (codes per number ...).</summary>
    RecipientLimit = 4,
    /// <summary>The person's quiet hours.</summary>
    QuietHours = 5,
    /// <summary>Its batch is paused; waits without end.</summary>
    Paused = 6,
    /// <summary>The provider told us to come back then.</summary>
    ProviderThrottled = 7,
    /// <summary>No usable account of the channel.</summary>
    NoAccount = 8,
}

/// <summary>Why a message was held back for good. The stored code.</summary>
public static class SkipCodes
{
    public const string SameContent = "same_content";
    public const string DailyCap = "daily_cap";
    public const string OptedOut = "opted_out";
    public const string Blocked = "blocked";
    public const string Expired = "expired";
    public const string TestMode = "not_on_white_list";
    public const string TemplateGone = "template_gone";

    /// <summary>The words for a code; the code itself when it is a provider's.</summary>
    public static string Words(string code) => code switch
    {
        SameContent => "短时间内已发过相同内容",
        DailyCap => "超过此人每日条数",
        OptedOut => "对方已退订",
        Blocked => "在拦截名单中",
        Expired => "已过有效期",
        TestMode => "测试模式：不在白名单",
        TemplateGone => "模板版本已不存在",
        _ => code,
    };
}

/// <summary>The four classes that the priorities 0 to 10 fall into; lower is sooner.</summary>
public static class PriorityClass
{
    public const int Count = 4;

    /// <summary>9 and 10 urgent, 6 to 8 high, 3 to 5 normal, 0 to 2 low.</summary>
    public static short Of(int priority) => priority switch { >= 9 => 0, >= 6 => 1, >= 3 => 2, _ => 3 };

    public static string Words(short priorityClass) => priorityClass switch { 0 => "紧急", 1 => "高", 2 => "普通", _ => "低" };
}

/// <summary>The queue a message stands in: its channel, or one account of the channel when it is bound to it (bots).</summary>
public static class Lane
{
    public static int Of(Channels.MessageChannel channel, int? account = null) => ((int)channel << 16) | (account ?? 0);

    public static Channels.MessageChannel ChannelOf(int lane) => (Channels.MessageChannel)(lane >> 16);

    /// <summary>The account that the lane is bound to.</summary>
    public static int? AccountOf(int lane) => (lane & 0xFFFF) is > 0 and var account ? account : null;
}
