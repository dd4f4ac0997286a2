namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>What people call the channels.</summary>
public static class ChannelWords
{
    public static string Of(MessageChannel channel) => channel switch
    {
        MessageChannel.InApp => "站内通知",
        MessageChannel.Sms => "短信",
        MessageChannel.Email => "邮件",
        MessageChannel.Push => "应用推送",
        MessageChannel.OfficialAccount => "公众号",
        MessageChannel.WeCom => "企业微信",
        MessageChannel.Feishu => "飞书",
        _ => throw new ArgumentOutOfRangeException(nameof(channel), channel, null),
    };

    public static string Of(FailureClass failure) => failure switch
    {
        FailureClass.Transient => "暂时故障",
        FailureClass.Throttled => "被限流",
        FailureClass.InvalidRecipient => "接收人无效",
        FailureClass.Rejected => "内容被拒",
        FailureClass.Credentials => "账号或密钥问题",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };
}
