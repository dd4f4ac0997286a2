using System.Globalization;
using CcdBlazor.Domain.Messages.Channels;

namespace CcdBlazor.Channels;

internal enum SmtpStage
{
    Greeting,
    SignIn,
    Sender,
    Recipient,
    Content,
}

/// <summary>What a refusal of a mail server means, by the stage it came at, its code and its enhanced code (RFC 3463).</summary>
internal static class SmtpReplies
{
    public static Trouble Trouble(SmtpReply reply, SmtpStage stage)
    {
        var (failure, reason) = Meaning(reply, stage);
        var code = string.Create(CultureInfo.InvariantCulture, $"{reply.Code}{(reply.Enhanced.Length > 0 ? " " : "")}{reply.Enhanced}");
        return Channels.Trouble.Failed(failure, reason, code);
    }

    private static (FailureClass, string) Meaning(SmtpReply reply, SmtpStage stage) => (reply.Code, reply.Enhanced, stage) switch
    {
        (421, _, _) => (FailureClass.Transient, "邮件服务器暂时关闭"),
        (454, _, SmtpStage.SignIn) => (FailureClass.Transient, "邮件服务器暂时无法验证账号"),
        ( >= 400 and < 500, "4.7.0" or "4.7.1" or "4.7.28" or "4.7.32", _) => (FailureClass.Throttled, "邮件服务器限制发送频率"),
        (450, "4.2.1", _) => (FailureClass.Throttled, "收件人邮箱接收过于频繁"),
        (452, "4.2.2", _) => (FailureClass.Transient, "收件人邮箱已满"),
        (452, "4.5.3", _) => (FailureClass.Throttled, "邮件服务器限制发送数量"),
        ( >= 400 and < 500, _, _) => (FailureClass.Transient, "邮件服务器暂时拒绝"),
        (530 or 534 or 535 or 538, _, _) => (FailureClass.Credentials, "邮箱账号或密码不正确"),
        (_, _, SmtpStage.SignIn) => (FailureClass.Credentials, "邮箱登录被拒绝"),
        (_, _, SmtpStage.Greeting) => (FailureClass.Credentials, "邮件服务器拒绝连接"),
        (_, _, SmtpStage.Sender) => (FailureClass.Credentials, "邮件服务器不接受发件人地址"),
        (552, "5.2.2", _) => (FailureClass.InvalidRecipient, "收件人邮箱已满"),
        (552, _, _) => (FailureClass.Rejected, "邮件超过大小上限"),
        (550 or 551 or 553 or 554, "5.7.1" or "5.7.0" or "5.7.26" or "5.7.28", _) => (FailureClass.Rejected, "邮件被对方策略拒绝"),
        (_, _, SmtpStage.Recipient) => (FailureClass.InvalidRecipient, "收件人邮箱不存在"),
        (550 or 551 or 553, "5.1.1" or "5.1.0" or "5.1.2" or "5.1.3" or "5.1.6" or "5.2.1", _) => (FailureClass.InvalidRecipient, "收件人邮箱不存在"),
        (550 or 553 or 554, _, _) => (FailureClass.Rejected, "邮件内容被拒绝"),
        _ => (FailureClass.Rejected, "邮件服务器拒绝"),
    };
}
