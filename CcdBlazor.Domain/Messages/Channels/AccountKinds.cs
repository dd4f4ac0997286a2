namespace CcdBlazor.Domain.Messages.Channels;

/// <summary>What the program knows about a kind of account beside its client: its name and the limits that its provider publishes.</summary>
/// <param name="Title">Chinese.</param>
/// <param name="BoundOnly">A bot: messages go through it only when they name it.</param>
public sealed record AccountKind(string Kind, string Title, IReadOnlyList<QuotaRule> Limits, IReadOnlyList<QuotaRule> RecipientLimits, int PriceMilli = 0, bool BoundOnly = false);

/// <summary>
/// The kinds with what is proposed for a new account. Limits change: each carries its document and the month in which it said so, and every account may
/// have its own (a raised quota, a second signature).
/// </summary>
public static class AccountKinds
{
    private const int Minute = 60;
    private const int Hour = 3_600;
    private const int Day = 86_400;
    private const int Codes = 1;
    private const int Notices = 2;
    private const string Aliyun = "阿里云帮助中心 2881383，2026-11";

    public static IReadOnlyList<AccountKind> All { get; } =
    [
        // Codes per number; other messages per number and template.
        new("aliyun-sms", "阿里云短信", [],
            [
                new(Minute, 1, Codes, Aliyun), new(Hour, 5, Codes, Aliyun), new(Day, 10, Codes, Aliyun), new(Day, 50, Notices, Aliyun, PerTemplate: true),
            ], PriceMilli: 45),
        new("tencent-sms", "腾讯云短信", [],
            [
                new(30, 1, 0, "腾讯云短信默认频率：同号码 30 秒 1 条，2026-11"), new(Hour, 5, 0, "腾讯云短信默认频率：同号码 1 小时 5 条，2026-11"),
                new(Day, 10, 0, "腾讯云短信默认频率：同号码 1 天 10 条，2026-11"),
            ], PriceMilli: 45),
        new("smtp", "邮件（SMTP）", [], []),
        new("push-webhook", "应用推送（Webhook）", [], []),
        new("oa", "微信公众号", [new(Day, 100_000, 0, "微信公众平台 模板消息接口：默认每天 10 万次，2026-11")], []),
        new("wecom-app", "企业微信应用", [new(Minute, 10_000, 0, "企业微信文档 90312：每企业每接口，2026-11"), new(Hour, 150_000, 0, "企业微信文档 90312：每企业每接口，2026-11")],
            [new(Minute, 30, 0, "企业微信文档 90312：每成员，超出静默丢弃，2026-11"), new(Hour, 1_000, 0, "企业微信文档 90312：每成员，超出静默丢弃，2026-11")]),
        new("wecom-robot", "企业微信群机器人", [new(Minute, 20, 0, "企业微信文档 99110：每机器人，2026-11")], [], BoundOnly: true),
        new("feishu-bot", "飞书群机器人", [new(1, 5, 0, "飞书开放平台 频控策略：每机器人，2026-11"), new(Minute, 100, 0, "飞书开放平台 频控策略：每机器人，2026-11")], [], BoundOnly: true),
        new("feishu-app", "飞书应用", [new(1, 50, 0, "飞书开放平台 发送消息：每应用，2026-11"), new(Minute, 1_000, 0, "飞书开放平台 发送消息：每应用，2026-11")],
            [new(1, 5, 0, "飞书开放平台 发送消息：每用户或群，2026-11")]),
        new("in-app", "站内通知", [], []),
    ];

    /// <summary>The kind, or one without a name and limits of its own where only the client knows it.</summary>
    public static AccountKind Of(string kind) => All.FirstOrDefault(k => k.Kind == kind) ?? new AccountKind(kind, kind, [], []);
}
