using static CcdBlazor.Domain.Messages.Channels.FailureClass;

namespace CcdBlazor.Channels;

/// <summary>Codes of the Official Account and of WeCom: one world of numbers, where some mean different things.</summary>
internal static class WeChatCodes
{
    public static readonly CodeTable OfficialAccount = new(new(Common())
    {
        ["40001"] = new(Credentials, "公众号密钥或令牌无效"),
        ["40003"] = new(InvalidRecipient, "用户 openid 无效"),
        ["40013"] = new(Credentials, "公众号 AppID 不正确"),
        ["40125"] = new(Credentials, "公众号 AppSecret 不正确"),
        ["40164"] = new(Credentials, "出口地址不在公众号 IP 白名单"),
        ["40037"] = new(Rejected, "公众号模板 ID 不正确"),
        ["41030"] = new(Rejected, "跳转页面不正确"),
        ["43004"] = new(InvalidRecipient, "用户未关注公众号"),
        ["43019"] = new(InvalidRecipient, "用户在公众号黑名单中"),
        ["43101"] = new(InvalidRecipient, "用户拒绝接收订阅通知"),
        ["43117"] = new(Throttled, "该用户收到的模板消息过多", LimitEnd.Day, OwnLimit: true),
        ["45009"] = new(Throttled, "公众号接口当日调用已达上限", LimitEnd.Day),
        ["45015"] = new(InvalidRecipient, "用户超过 48 小时未互动，不能发客服消息"),
        ["45047"] = new(InvalidRecipient, "客服消息条数已达上限，等待用户回复"),
        ["45110"] = new(Credentials, "公众号接口权限被冻结"),
        ["89503"] = new(Credentials, "调用需要管理员确认"),
    });

    public static readonly CodeTable WeCom = new(new(Common())
    {
        ["40001"] = new(Credentials, "企业微信应用 Secret 不正确"),
        ["40003"] = new(InvalidRecipient, "成员账号无效"),
        ["40013"] = new(Credentials, "企业 ID 不正确"),
        ["40091"] = new(Credentials, "企业微信应用 Secret 不正确"),
        ["40031"] = new(InvalidRecipient, "成员账号无效"),
        ["40032"] = new(Rejected, "接收成员数量不正确"),
        ["40056"] = new(Credentials, "应用 AgentId 不正确"),
        ["40058"] = new(Rejected, "消息参数不合规"),
        ["44004"] = new(Rejected, "消息内容为空"),
        ["45002"] = new(Rejected, "消息内容过长"),
        ["45009"] = new(Throttled, "企业微信接口调用超过频率限制", LimitEnd.Minute),
        ["45033"] = new(Throttled, "企业微信接口并发过高", LimitEnd.Second),
        ["50003"] = new(Credentials, "企业微信应用已停用"),
        ["60011"] = new(Credentials, "应用没有该成员的权限"),
        ["60020"] = new(Credentials, "出口地址不在企业可信 IP"),
        ["60111"] = new(InvalidRecipient, "成员不存在"),
        ["81013"] = new(InvalidRecipient, "成员不存在或不在应用可见范围"),
        ["84061"] = new(InvalidRecipient, "没有外部联系人关系"),
        ["84084"] = new(InvalidRecipient, "不是企业的客户"),
        ["86004"] = new(Rejected, "群聊不存在"),
        ["93000"] = new(Credentials, "群机器人地址无效"),
        ["93004"] = new(Credentials, "群机器人已被停用"),
        ["93008"] = new(Credentials, "群机器人不在群中"),
        ["301002"] = new(Credentials, "应用与企业不匹配"),
        ["701008"] = new(InvalidRecipient, "成员没有互联许可"),
        ["6000"] = new(Transient, "企业微信数据正在修改"),
    });

    /// <summary>Wrong, invalid or expired token: a new one is fetched once. (40001 from the token endpoint itself is a wrong secret.)</summary>
    public static bool IsTokenRefused(string code) => code is "40001" or "40014" or "42001";

    private static Dictionary<string, CodeMeaning> Common() => new()
    {
        ["-1"] = new(Transient, "微信系统繁忙"),
        ["40014"] = new(Credentials, "访问令牌无效"),
        ["42001"] = new(Credentials, "访问令牌已过期"),
        ["40033"] = new(Rejected, "内容含不支持的字符"),
        ["41001"] = new(Credentials, "缺少访问令牌"),
        ["41002"] = new(Credentials, "缺少应用 ID"),
        ["41004"] = new(Credentials, "缺少应用密钥"),
        ["44002"] = new(Rejected, "请求内容为空"),
        ["45011"] = new(Throttled, "接口调用过于频繁", LimitEnd.Second),
        ["45033"] = new(Throttled, "接口并发过高", LimitEnd.Second),
        ["45035"] = new(Transient, "同一记录正在修改"),
        ["47001"] = new(Rejected, "请求格式错误"),
        ["47003"] = new(Rejected, "模板变量不符合要求"),
        ["48001"] = new(Credentials, "没有该接口的权限"),
        ["48002"] = new(InvalidRecipient, "用户关闭了接收消息"),
        ["48004"] = new(Credentials, "接口被封禁"),
        ["50001"] = new(Credentials, "接口未授权"),
        ["50002"] = new(Credentials, "应用受限"),
    };
}
